"""Diagnostics as plain values, for those who keep them: tuples of texts, numbers and nil."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, Edit

if TYPE_CHECKING:
    from typing import Any


def values_of(diagnostic: Diagnostic) -> tuple[Any, ...]:
    """What `diagnostic_of` makes an equal diagnostic of."""
    each = diagnostic
    fixes = tuple([(edit.start, edit.end, edit.text) for edit in each.fixes])
    return each.severity, each.message, tuple(each.span), each.label, each.help, each.code, fixes


def diagnostic_of(values: Any) -> Diagnostic:
    """The diagnostic of these values, in tuples or lists. Raises TypeError or ValueError for anything else."""
    severity, message, span, label, help, code, fixes = values
    edits = [Edit(_number(start), _number(end), _text(text)) for start, end, text in fixes]
    where = Span(*map(_number, span))
    return Diagnostic(
        _text(severity), _text(message), where, _optional(label), _optional(help), _text(code), tuple(edits)
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text expected")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("number expected")
    return value

"""The filters of `{{ value | filter: argument }}`. Each is a plain function; what it refuses is a Fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harnpy.builtins.case_conversion import title_case
from harnpy.builtins.display_json import display_json
from harnpy.builtins.template.coercion import as_text, is_true
from harnpy.builtins.template.errors import Fault
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.values import HarnSet, Range, Value, type_name

_MAX_INDENT = 10_000
_MARKDOWN = str.maketrans({char: "\\" + char for char in "\\`*_{}[]()#+-.!|<>"})


@dataclass(frozen=True, slots=True)
class _Filter:
    apply: Callable[..., Value]
    min_arguments: int = 0
    max_arguments: int = 0


def apply_filter(name: str, value: Value, arguments: list[Value]) -> Value:
    """value through the filter called name. Raises Fault for an unknown name or a wrong number of arguments."""
    found = _FILTERS.get(name)
    if found is None:
        raise Fault(f"unknown filter `{name}`")
    if not found.min_arguments <= len(arguments) <= found.max_arguments:
        raise Fault(f"filter `{name}` got wrong number of arguments")
    return found.apply(value, *arguments)


def _upper(value: Value) -> str:
    return as_text(value).upper()


def _lower(value: Value) -> str:
    return as_text(value).lower()


def _trim(value: Value) -> str:
    return as_text(value).strip(WHITE_SPACE)


def _capitalize(value: Value) -> str:
    text = as_text(value)
    return text[:1].upper() + text[1:].lower()


def _title(value: Value) -> str:
    return title_case(as_text(value))


def _length(value: Value) -> int:
    if value is None:
        return 0
    if type(value) is Range:
        return max(0, value.end - value.start + value.inclusive)
    if type(value) in (str, list, dict, HarnSet):
        return len(value)
    raise Fault(f"`length` not defined for {type_name(value)}")


def _first(value: Value) -> Value:
    return next(iter(value), None) if type(value) in (str, list, HarnSet) else None


def _last(value: Value) -> Value:
    items = list(value) if type(value) is HarnSet else value
    return items[-1] if type(items) in (str, list) and items else None


def _reverse(value: Value) -> Value:
    return value[::-1] if type(value) in (str, list) else value


def _join(value: Value, separator: Value) -> str:
    if type(value) is str:
        return value
    if type(value) not in (list, HarnSet):
        raise Fault(f"`join` requires a list (got {type_name(value)})")
    return as_text(separator).join([as_text(item) for item in value])


def _default(value: Value, otherwise: Value) -> Value:
    return value if is_true(value) else otherwise


def _json(value: Value, pretty: Value = None) -> str:
    return display_json(value, is_true(pretty))


def _indent(value: Value, width: Value, first: Value = None) -> str:
    if type(width) is not int:
        raise Fault("`indent` requires an integer width")
    if width > _MAX_INDENT:
        raise Fault(f"`indent` width is too large (at most {_MAX_INDENT})")
    margin = " " * width
    lines = as_text(value).split("\n")
    start = 0 if is_true(first) else 1
    return "\n".join([*lines[:start], *[margin + line if line else line for line in lines[start:]]])


def _lines(value: Value) -> list[str]:
    return as_text(value).split("\n")


def _escape_md(value: Value) -> str:
    return as_text(value).translate(_MARKDOWN)


def _replace(value: Value, old: Value, new: Value) -> str:
    return as_text(value).replace(as_text(old), as_text(new))


_FILTERS = {
    "upper": _Filter(_upper),
    "lower": _Filter(_lower),
    "trim": _Filter(_trim),
    "capitalize": _Filter(_capitalize),
    "title": _Filter(_title),
    "length": _Filter(_length),
    "first": _Filter(_first),
    "last": _Filter(_last),
    "reverse": _Filter(_reverse),
    "join": _Filter(_join, 1, 1),
    "default": _Filter(_default, 1, 1),
    "json": _Filter(_json, 0, 1),
    "indent": _Filter(_indent, 1, 2),
    "lines": _Filter(_lines),
    "escape_md": _Filter(_escape_md),
    "replace": _Filter(_replace, 2, 2),
}

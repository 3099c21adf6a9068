"""`@deprecated` functions and the calls of them (chapter 09, 11.1)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import type_rules
from harnpy.records import field_names, replace
from harnpy.syntax import ast
from harnpy.syntax.walk import without_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.checker.context import Checker

# What the walk over the whole program leaves out; calls there are reported where the checker comes upon them.
_SKIPPED: dict[type[ast.Node], str] = {
    ast.Interp: "pieces",
    ast.MatchArm: "pattern",
    ast.Param: "default",
    ast.While: "condition",
    ast.Retry: "count",
    ast.Parallel: "operand",
}


def deprecated_functions(program: ast.Program) -> dict[str, tuple[str, str | None]]:
    """The deprecated functions of the top level: since when, as messages say it, and what to use instead."""
    found = {}
    for item in program.items:
        inner: ast.Stmt = item
        while isinstance(inner, ast.Attributed):
            for attribute in inner.attributes:
                function = _function(inner)
                if attribute.name == "deprecated" and function is not None:
                    since, use = _text(attribute, "since"), _text(attribute, "use")
                    found[function.name] = ("" if since is None else f" (since {since})", use)
            inner = inner.inner
    return found


def report_deprecated(checker: Checker, node: ast.Call, name: str) -> None:
    """Report a call of a deprecated function, unless it has been."""
    if id(node) in checker.reported_calls:
        return
    checker.reported_calls.add(id(node))
    since, use = checker.deprecated[name]
    diagnostic = type_rules.DEPRECATED.at(node.span, name=name, since=since, use=use)
    checker.diagnostics.append(diagnostic if use is not None else replace(diagnostic, help=None))


def report_all_deprecated(checker: Checker, program: ast.Program) -> None:
    """Report the calls of deprecated functions all over a program, in source order."""
    if checker.deprecated:
        for node in _calls(program):
            if isinstance(node.callee, ast.Name) and node.callee.name in checker.deprecated:
                report_deprecated(checker, node, node.callee.name)


def _calls(program: ast.Program) -> Iterator[ast.Call]:
    pending: list[object] = [program]
    while pending:
        value = pending.pop()
        if isinstance(value, ast.Node):
            if isinstance(value, ast.Call):
                yield value
            skipped = _SKIPPED.get(type(value))
            # The first field of every node is its span.
            pending.extend([getattr(value, name) for name in field_names(type(value))[:0:-1] if name != skipped])
        elif isinstance(value, tuple):
            pending.extend(reversed(value))


def _function(statement: ast.Stmt) -> ast.Fn | None:
    inner = without_attributes(statement)
    return inner if isinstance(inner, ast.Fn) else None


def _text(attribute: ast.Attribute, name: str) -> str | None:
    for argument in attribute.args:
        if argument.name == name and isinstance(argument.value, ast.Str | ast.RawStr):
            return argument.value.value
    return None

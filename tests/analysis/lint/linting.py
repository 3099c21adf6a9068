"""What the tests of the linter share: linting a text, and applying the fixes of some rules."""

from __future__ import annotations

from harnpy.analysis.fixes import apply
from harnpy.analysis.lint.lint import lint_program
from harnpy.analysis.lint.options import LintOptions
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.records import replace
from harnpy.syntax.diagnostics import Diagnostic
from harnpy.syntax.parser import parse_program

BUILTINS = frozenset(BUILTIN_MODULES)
OPTIONS = LintOptions(builtins=BUILTINS)


def lint(source: str, path: str = "a.harn", **options: object) -> list[Diagnostic]:
    """All findings about a program, which knows the builtins of the runtime."""
    return lint_program(parse_program(source, path), source, path, replace(OPTIONS, **options))


def found(source: str, code: str, **options: object) -> list[Diagnostic]:
    """The findings of one rule."""
    return [each for each in lint(source, **options) if each.code == code]


def places(source: str, code: str, **options: object) -> list[tuple[int, int]]:
    """Line and column of the findings of one rule."""
    return [(each.span.line, each.span.column) for each in found(source, code, **options)]


def texts(source: str, code: str, **options: object) -> list[tuple[str, str | None]]:
    """Message and help of the findings of one rule."""
    return [(each.message, each.help) for each in found(source, code, **options)]


def fixed(source: str, code: str, **options: object) -> str:
    """The program with the fixes of one rule, all of which parse."""
    result, _ = apply(source, found(source, code, **options))
    parse_program(result, "fixed.harn")
    return result


def fully_fixed(source: str) -> tuple[str, int]:
    """The program with all fixes, again and again until none is left, and how many rounds that took."""
    for rounds in range(50):
        result, count = apply(source, lint(source))
        if not count:
            return source, rounds
        parse_program(result, "fixed.harn")
        source = result
    raise AssertionError(f"fixing never ends: {source}")

"""What can be said about a file from its own text: by the type checker, the linter and the compiler, in this order.

A verdict is kept: a file that has not changed is not even parsed again.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax.diagnostic_values import diagnostic_of, values_of

if TYPE_CHECKING:
    from typing import Any

    from harnpy.cli.source_files import SourceFile, Sources
    from harnpy.syntax.ast import Program
    from harnpy.syntax.diagnostics import Diagnostic


class CheckOptions(Record):
    """strict_types: whether unvalidated values are reported. disabled: lint rules that are off.

    imported_elsewhere: names that selective imports bring to other files.
    """

    strict_types: bool = False
    disabled: tuple[str, ...] = ()
    imported_elsewhere: frozenset[str] = frozenset()


class Verdict(Record):
    """What each of the passes has found, in order."""

    types: tuple[Diagnostic, ...]
    lint: tuple[Diagnostic, ...]
    structure: tuple[Diagnostic, ...]

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """Everything. What the compiler stops at has often been said before in other words."""
        said = {each.span.line for each in (*self.types, *self.lint) if each.severity == "error"}
        return (*self.types, *self.lint, *(each for each in self.structure if each.span.line not in said))


def verdict_of(file: SourceFile, sources: Sources, options: CheckOptions) -> Verdict:
    """The verdict on a file that parses: from an earlier run, if nothing that it depends on has changed."""
    own = sorted(options.imported_elsewhere.intersection(file.facts.declared))
    key = [file.path, options.strict_types, sorted(options.disabled), own]
    kept = _verdict_of_values(sources.cache.load("verdict", file.data, key))
    if kept is not None:
        return kept
    made = _examine(file.program(), file.text, file.path, options)
    file.forget_program()
    passes = (made.types, made.lint, made.structure)
    sources.cache.save("verdict", file.data, [[values_of(each) for each in found] for found in passes], key)
    return made


def partial_findings(file: SourceFile, options: CheckOptions) -> list[Diagnostic]:
    """What can be said about the whole items of a file that does not parse."""
    from harnpy.analysis.partial_findings import believable
    from harnpy.cli.builtin_types import BUILTIN_TYPES
    from harnpy.cli.catalog import BUILTIN_MODULES
    from harnpy.syntax.partial import parse_partial

    text = file.text
    partial = parse_partial(text)
    if not partial.program.items:
        return []
    found = _examine(partial.program, text, file.path, options)
    known = frozenset((*BUILTIN_MODULES, *BUILTIN_TYPES, *_BASIC_TYPES))
    return believable((*found.types, *found.lint), partial, text, known)


_BASIC_TYPES = (
    *("any", "bool", "bytes", "channel", "closure", "dict", "duration", "float", "int", "iter", "list", "never", "nil"),
    *("range", "set", "string", "unknown", "Result", "Schema"),
)


def _examine(program: Program, text: str, path: str, options: CheckOptions) -> Verdict:
    from harnpy.analysis.checker.check import check_program
    from harnpy.analysis.lint.lint import lint_program
    from harnpy.analysis.lint.options import LintOptions
    from harnpy.cli.builtin_types import BUILTIN_TYPES
    from harnpy.cli.catalog import BUILTIN_MODULES
    from harnpy.stack_room import make_room

    make_room()
    lint_options = LintOptions(
        disabled=frozenset(options.disabled),
        builtins=frozenset(BUILTIN_MODULES),
        imported_elsewhere=options.imported_elsewhere,
    )
    return Verdict(
        tuple(check_program(program, BUILTIN_TYPES, options.strict_types, text)),
        _with_spellings(lint_program(program, text, path, lint_options), program, text, options),
        tuple(_structure(program, text, path)),
    )


def _with_spellings(
    lint: list[Diagnostic], program: Program, text: str, options: CheckOptions
) -> tuple[Diagnostic, ...]:
    """What the linter has found, and behind it the foreign spellings, which say more of an unknown function."""
    from harnpy.analysis.rules.lint_rules import UNDEFINED_FUNCTION
    from harnpy.cli.spellings import spelling_findings

    foreign = [each for each in spelling_findings(program, text) if each.code not in options.disabled]
    starts = {each.span.start for each in foreign}
    return (
        *(each for each in lint if each.code != UNDEFINED_FUNCTION.code or each.span.start not in starts),
        *foreign,
    )


def _structure(program: Program, text: str, path: str) -> list[Diagnostic]:
    """The structural error that keeps a program which parses from being compiled."""
    from harnpy.analysis.rules.syntax_rules import COMPILE
    from harnpy.bytecode.assembler import assemble
    from harnpy.bytecode.errors import CompileError
    from harnpy.cli.catalog import BUILTIN_MODULES
    from harnpy.records import replace
    from harnpy.syntax.ast import Span

    try:
        assemble(program, path, "entry", frozenset(BUILTIN_MODULES))
    except CompileError as error:
        column = max(error.column, 1)
        begin = sum(len(line) + 1 for line in text.split("\n", error.line - 1)[: error.line - 1])
        offset = min(begin + column - 1, len(text))
        found = COMPILE.at(Span(offset, offset, error.line, column, error.line), text=error)
        return [replace(found, help=error.help)]
    return []


def _verdict_of_values(values: Any) -> Verdict | None:
    try:
        types, lint, structure = values
        return Verdict(*(tuple([diagnostic_of(each) for each in found]) for found in (types, lint, structure)))
    except (TypeError, ValueError):
        return None

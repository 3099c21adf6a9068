"""Errors of the bytecode layer: source that cannot be compiled, and bytecode that cannot be trusted."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.syntax.diagnostics import Diagnostic


class CompileError(Exception):
    """A structural error found after parsing (chapter 01 section 11.5).

    findings is what was found before, all of it warnings, if the program has been checked.
    """

    findings: tuple[Diagnostic, ...] = ()

    def __init__(self, path: str, line: int, message: str, column: int = 0, help: str | None = None) -> None:
        super().__init__(f"Compile error at line {line}: {message}")
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.help = help


class BadBytecode(Exception):
    """Bytecode that breaks a rule of the opcode table; it is never executed."""

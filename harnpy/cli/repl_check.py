"""The type checker in a REPL: each input is judged together with what the session has kept of the inputs before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harnpy.syntax import ast
from harnpy.syntax.diagnostics import CheckFailed, Diagnostic, HarnSyntaxError
from harnpy.syntax.imports import IMPORTS
from harnpy.syntax.parser import parse_program
from harnpy.syntax.patterns import pattern_names
from harnpy.syntax.walk import without_attributes
from harnpy.vm.runtime import REPL_PATH

# What later inputs can see of earlier ones. A type name and a variable may share a name, so these stand apart.
_VALUES = (ast.Fn, ast.Tool, ast.Pipeline)
_TYPES = (ast.Struct, ast.Enum, ast.Interface, ast.TypeAlias_)


class SessionCheck:
    """The declarations of one session. check finds what is wrong with a program."""

    def __init__(self, check: Callable[[ast.Program], Sequence[Diagnostic]]) -> None:
        self._check = check
        self._kept: list[ast.Stmt] = []
        self._lines = 0

    def warnings(self, text: str) -> tuple[str, ...]:
        """The messages of the warnings that an input deserves. Raises CheckFailed for one that is not to be run.

        Text that does not parse deserves none: running it says why.
        """
        # On lines of its own: what is found there is about this input, and the others have been judged before.
        begin = self._lines
        items = self._items(text)
        found = self._check(ast.Program(ast.NO_SPAN, (*_without(self._kept, items), *items)))
        own = tuple(each for each in found if each.span.line > begin)
        if any(each.severity == "error" for each in own):
            raise CheckFailed(REPL_PATH, text, own)
        return tuple(each.message for each in own)

    def keep(self, text: str) -> None:
        """Let later inputs see what this one, which has been run, declares."""
        items = self._items(text)
        self._kept = _without(self._kept, items)
        self._kept += [each for each in items if isinstance(each, IMPORTS) or _declared(each)]
        self._lines += text.count("\n") + 1

    def _items(self, text: str) -> Sequence[ast.Stmt]:
        try:
            return parse_program("\n" * self._lines + text, REPL_PATH).items
        except HarnSyntaxError:
            return ()


def _without(kept: Sequence[ast.Stmt], items: Sequence[ast.Stmt]) -> list[ast.Stmt]:
    """What is kept once items have declared some of its names anew."""
    again = {each for item in items for each in _declared(item)}
    return [item for item in kept if isinstance(item, IMPORTS) or not again.issuperset(_declared(item))]


def _declared(item: ast.Stmt) -> set[tuple[str, str]]:
    """The names that a statement declares, each with the kind of name that it is; none for a statement that only runs."""
    item = without_attributes(item)
    if isinstance(item, ast.Let):
        return {("value", name) for name in pattern_names(item.pattern)}
    if isinstance(item, _VALUES):
        return {("value", item.name)}
    if isinstance(item, _TYPES):
        return {("type", item.name)}
    return {("impl", item.type_name)} if isinstance(item, ast.Impl) else set()

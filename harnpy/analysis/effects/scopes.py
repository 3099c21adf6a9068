"""Lexical scopes for the effect analysis: what a name may mean where it stands, in all readings that a run could find.

Resolution at run time depends on what has been declared by then and on which variables hold functions (bytecode/names.py);
here every reading counts, up to the first that is certain.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.effects.functions import Function

# Values that are no functions, whatever happens.
_PLAIN = (
    ast.Int,
    ast.Float,
    ast.Bool,
    ast.Nil,
    ast.Interp,
    ast.ListLit,
    ast.DurationLit,
    ast.RangeExpr,
    ast.DictLit,
    ast.StructLit,
)


class Binding(Record):
    """One declaration of a name.

    start: offset of the declaration, -1 for imports. function: what the name certainly stands for. tool: the handler of a
    tool, which is a dict. value: what a `let` in scope binds it to. owner and position: the function of which it is a parameter.
    python: what a Python import binds it to.
    """

    start: int
    function: Function | None = None
    tool: Function | None = None
    value: ast.Expr | None = None
    scope: Scope | None = None
    owner: Function | None = None
    position: int = -1
    python: str = ""
    is_struct: bool = False

    @property
    def is_callable(self) -> bool:
        """Whether the name certainly stands for something that can be called."""
        return self.function is not None or self.is_struct or bool(self.python)

    @property
    def is_plain(self) -> bool:
        """Whether it certainly stands for no function and no name of one."""
        return isinstance(self.value, _PLAIN)


class Scope:
    """The declarations of one block; up is the scope around it."""

    __slots__ = ("enums", "names", "up")

    def __init__(self, up: Scope | None, enums: frozenset[str] | None = None) -> None:
        self.up = up
        self.names: dict[str, list[Binding]] = {}
        self.enums: frozenset[str] = enums if enums is not None else up.enums if up is not None else frozenset()

    def declare(self, name: str, binding: Binding) -> None:
        self.names.setdefault(name, []).append(binding)

    def meanings(self, name: str, start: int, *, call: bool) -> tuple[list[Binding], bool]:
        """What name may mean at an offset, nearest first, and whether it may also be something that no scope declares.

        call: the name is called, so variables that hold no functions are passed over.
        """
        found: list[Binding] = []
        scope: Scope | None = self
        while scope is not None:
            here = scope.names.get(name, ())
            found += here
            if any(each.start < start and (each.is_callable or not call) for each in here):
                return found, False
            scope = scope.up
        return found, True

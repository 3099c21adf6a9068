"""The nodes of the call graph: functions, and what each does itself. Nothing here knows how they are found."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.effects.model import Use
    from harnpy.analysis.effects.scopes import Scope
    from harnpy.syntax.ast import Span


class Argument(Record):
    """An argument of a call and where it stands. name: the parameter that it is for, or "" for the position."""

    expression: ast.Expr
    scope: Scope
    name: str = ""


class Call(Record):
    """caller calls function; args is None where it only hands it on. shift: how many arguments come before args."""

    function: Function
    span: Span
    args: tuple[Argument, ...] | None
    shift: int = 0
    is_pipe: bool = False  # then a string is the name of a function


class CallbackCall(Record):
    """A call of a builtin or method that calls the arguments at some positions."""

    name: str
    positions: frozenset[int]
    args: tuple[Argument, ...]
    span: Span


class MethodUse(Record):
    """A method call, to be resolved once the methods and entries of all files are known."""

    name: str
    span: Span
    args: tuple[Argument, ...]


class Function:
    """A node: uses, calls and callback calls are what it does itself; given and unknown why that may not be all."""

    def __init__(self, name: str, kind: str, file: str, span: Span, params: tuple[ast.Param, ...] = ()) -> None:
        self.name = name
        self.kind = kind
        self.file = file
        self.span = span
        self.params = tuple(param.name for param in params)
        self.uses: list[Use] = []
        self.calls: list[Call] = []
        self.callbacks: list[CallbackCall] = []
        self.methods: list[MethodUse] = []
        self.given: list[tuple[str, Span]] = []
        self.unknown: list[tuple[str, Span]] = []
        self.called_params: dict[int, tuple[str, Span, bool]] = {}  # how and where, and whether a string will do
        self.within: Function | None = None  # of a closure without a name: the function with one in which it is written

"""The syntax tree of a template. line and column are those of the directive's `{{`, for errors while rendering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harnpy.vm.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Path:
    """`head.key["key"][0]`: a bound name, then dict keys (str) and list or string positions (int)."""

    head: str
    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """operator is one of == != < <= > >=."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class FilterCall:
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """`operand | filter: arguments | ...`, filters from left to right."""

    operand: Expression
    filters: tuple[FilterCall, ...]


Expression: TypeAlias = Literal | Path | Or | And | Not | Comparison | Filtered


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """`{{name}}`: the value of a bound name; an unbound one is copied as it stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Interpolation:
    expression: Expression
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Expression
    body: Body
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[Branch, ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class For:
    """names holds one variable (item), or two (key or index, item)."""

    names: tuple[str, ...]
    iterable: Expression
    body: Body
    otherwise: Body
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Include:
    path: Expression
    bindings: tuple[tuple[str, Expression], ...]
    line: int
    column: int


Node: TypeAlias = Text | Name | Interpolation | If | For | Include
Body: TypeAlias = tuple[Node, ...]

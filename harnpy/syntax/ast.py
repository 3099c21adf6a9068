"""The abstract syntax tree: one frozen, slotted dataclass per node kind, as chapter 01 section 9 lists them.

Nodes know nothing of scopes, types or bytecode. Every node carries the span of its text; runtime errors report
the line and column at which the span starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Span(NamedTuple):
    """Where a node or token stands: offsets into the text in code points, lines and columns counted from 1."""

    start: int
    end: int
    line: int
    column: int
    end_line: int


NO_SPAN = Span(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


# --- types ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """A name in type position: int, string, any, T, MyStruct, bool (also for true and false), nil, ..."""

    name: str


@dataclass(frozen=True, slots=True)
class UnionType(Node):
    members: tuple[TypeExpr, ...]


@dataclass(frozen=True, slots=True)
class ShapeField(Node):
    name: str
    type: TypeExpr
    optional: bool


@dataclass(frozen=True, slots=True)
class ShapeType(Node):
    fields: tuple[ShapeField, ...]


@dataclass(frozen=True, slots=True)
class ListType(Node):
    element: TypeExpr


@dataclass(frozen=True, slots=True)
class DictType(Node):
    key: TypeExpr
    value: TypeExpr


@dataclass(frozen=True, slots=True)
class IterType(Node):
    element: TypeExpr


@dataclass(frozen=True, slots=True)
class AppliedType(Node):
    name: str
    args: tuple[TypeExpr, ...]


@dataclass(frozen=True, slots=True)
class FnType(Node):
    params: tuple[TypeExpr, ...]
    result: TypeExpr


@dataclass(frozen=True, slots=True)
class NeverType(Node):
    pass


@dataclass(frozen=True, slots=True)
class LitStringType(Node):
    value: str


@dataclass(frozen=True, slots=True)
class LitIntType(Node):
    value: int


TypeExpr: TypeAlias = (
    NamedType
    | UnionType
    | ShapeType
    | ListType
    | DictType
    | IterType
    | AppliedType
    | FnType
    | NeverType
    | LitStringType
    | LitIntType
)


# --- small parts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: str
    type: TypeExpr | None
    default: Expr | None
    rest: bool


@dataclass(frozen=True, slots=True)
class TypeParam(Node):
    name: str
    variance: str  # "", "in" or "out"


@dataclass(frozen=True, slots=True)
class WhereBound(Node):
    type_name: str
    bound: str


@dataclass(frozen=True, slots=True)
class AttributeArg(Node):
    name: str | None
    value: Expr  # Str, RawStr, Int, Float, Bool, Nil or Name


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    name: str
    args: tuple[AttributeArg, ...]


# --- patterns of let, var, for ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamePattern(Node):
    name: str


@dataclass(frozen=True, slots=True)
class DictPatternField(Node):
    key: str
    alias: str | None
    default: Expr | None
    is_rest: bool  # key is then the name of the rest variable


@dataclass(frozen=True, slots=True)
class DictPattern(Node):
    fields: tuple[DictPatternField, ...]


@dataclass(frozen=True, slots=True)
class ListPatternElement(Node):
    name: str
    default: Expr | None
    is_rest: bool


@dataclass(frozen=True, slots=True)
class ListPattern(Node):
    elements: tuple[ListPatternElement, ...]


@dataclass(frozen=True, slots=True)
class PairPattern(Node):
    first: str
    second: str


Pattern: TypeAlias = NamePattern | DictPattern | ListPattern | PairPattern


# --- declarations -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import(Node):
    path: str


@dataclass(frozen=True, slots=True)
class ImportNames(Node):
    names: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    name: str
    params: tuple[str, ...]
    result: TypeExpr | None
    extends: str | None
    body: Body
    is_pub: bool


@dataclass(frozen=True, slots=True)
class Override(Node):
    name: str
    params: tuple[str, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Fn(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    params: tuple[Param, ...]
    result: TypeExpr | None
    where: tuple[WhereBound, ...]
    body: Body
    is_pub: bool


@dataclass(frozen=True, slots=True)
class Tool(Node):
    name: str
    description: str | None
    params: tuple[Param, ...]
    result: TypeExpr | None
    body: Body
    is_pub: bool


@dataclass(frozen=True, slots=True)
class StructField(Node):
    name: str
    type: TypeExpr | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Struct(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    fields: tuple[StructField, ...]
    is_pub: bool


@dataclass(frozen=True, slots=True)
class Variant(Node):
    name: str
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class Enum(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    variants: tuple[Variant, ...]
    is_pub: bool


@dataclass(frozen=True, slots=True)
class AssociatedType(Node):
    name: str
    default: TypeExpr | None


@dataclass(frozen=True, slots=True)
class InterfaceMethod(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    params: tuple[Param, ...]
    result: TypeExpr | None


@dataclass(frozen=True, slots=True)
class Interface(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    associated_types: tuple[AssociatedType, ...]
    methods: tuple[InterfaceMethod, ...]


@dataclass(frozen=True, slots=True)
class Impl(Node):
    type_name: str
    methods: tuple[Fn, ...]


@dataclass(frozen=True, slots=True)
class TypeAlias_(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    type: TypeExpr


@dataclass(frozen=True, slots=True)
class Attributed(Node):
    attributes: tuple[Attribute, ...]
    inner: Stmt


# --- statements -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Let(Node):
    pattern: Pattern
    type: TypeExpr | None
    value: Expr
    mutable: bool  # True for var


@dataclass(frozen=True, slots=True)
class Assign(Node):
    target: Expr  # Name, Prop or Index
    value: Expr
    op: str | None  # None or one of + - * / %


@dataclass(frozen=True, slots=True)
class For(Node):
    pattern: Pattern
    iterable: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class While(Node):
    condition: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Return(Node):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Yield(Node):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Throw(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Break(Node):
    pass


@dataclass(frozen=True, slots=True)
class Continue(Node):
    pass


@dataclass(frozen=True, slots=True)
class Guard(Node):
    condition: Expr
    else_body: Body


@dataclass(frozen=True, slots=True)
class Require(Node):
    condition: Expr
    message: Expr | None


@dataclass(frozen=True, slots=True)
class Mutex(Node):
    body: Body


@dataclass(frozen=True, slots=True)
class Defer(Node):
    body: Body


# --- expressions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SelectCase(Node):
    variable: str
    channel: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Select(Node):
    """Statement in Harn; harnpy also takes it as an expression."""

    cases: tuple[SelectCase, ...]
    timeout: tuple[Expr, Body] | None
    default: Body | None


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Expr
    then: Body
    else_body: Body | None  # an `else if` is a body of one If


@dataclass(frozen=True, slots=True)
class MatchArm(Node):
    pattern: Expr
    guard: Expr | None
    body: Body


@dataclass(frozen=True, slots=True)
class Match(Node):
    value: Expr
    arms: tuple[MatchArm, ...]


@dataclass(frozen=True, slots=True)
class Retry(Node):
    count: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Deadline(Node):
    duration: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Parallel(Node):
    mode: str  # "count", "each" or "settle"
    operand: Expr
    variable: str | None
    options: tuple[tuple[str, Expr], ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Spawn(Node):
    body: Body


@dataclass(frozen=True, slots=True)
class TryCatch(Node):
    body: Body
    has_catch: bool
    error_name: str | None
    error_type: TypeExpr | None
    catch_body: Body
    finally_body: Body | None


@dataclass(frozen=True, slots=True)
class TryExpr(Node):
    """`try { }` alone: its value is a Result."""

    body: Body


@dataclass(frozen=True, slots=True)
class TryStar(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class TryOp(Node):
    """Postfix `?`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(args)`; callee is any expression, nearly always a Name."""

    callee: Expr
    args: tuple[Expr, ...]  # Spread among them


@dataclass(frozen=True, slots=True)
class MethodCall(Node):
    object: Expr
    method: str
    args: tuple[Expr, ...]
    optional: bool  # ?.method()


@dataclass(frozen=True, slots=True)
class Prop(Node):
    object: Expr
    name: str
    optional: bool  # ?.name


@dataclass(frozen=True, slots=True)
class Index(Node):
    object: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Slice(Node):
    object: Expr
    start: Expr | None
    end: Expr | None


@dataclass(frozen=True, slots=True)
class Binary(Node):
    op: str  # + - * / % ** == != < > <= >= in not_in && || ?? |>
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: str  # ! or -
    operand: Expr


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class RangeExpr(Node):
    start: Expr
    end: Expr
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """One entry of a dict or struct literal. An identifier key is a Str; a spread entry has no key."""

    key: Expr | None
    value: Expr


@dataclass(frozen=True, slots=True)
class StructLit(Node):
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class DictLit(Node):
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Spread(Node):
    expression: Expr


@dataclass(frozen=True, slots=True)
class ListLit(Node):
    elements: tuple[Expr, ...]  # Spread among them


@dataclass(frozen=True, slots=True)
class ClosureExpr(Node):
    params: tuple[Param, ...]
    body: Body
    fn_syntax: bool


@dataclass(frozen=True, slots=True)
class Interp(Node):
    pieces: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Str(Node):
    value: str


@dataclass(frozen=True, slots=True)
class RawStr(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Int(Node):
    value: int


@dataclass(frozen=True, slots=True)
class Float(Node):
    value: float


@dataclass(frozen=True, slots=True)
class Bool(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Nil(Node):
    pass


@dataclass(frozen=True, slots=True)
class DurationLit(Node):
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


Expr: TypeAlias = (
    Select
    | If
    | Match
    | Retry
    | Deadline
    | Parallel
    | Spawn
    | TryCatch
    | TryExpr
    | TryStar
    | TryOp
    | Call
    | MethodCall
    | Prop
    | Index
    | Slice
    | Binary
    | Unary
    | Ternary
    | RangeExpr
    | StructLit
    | DictLit
    | Spread
    | ListLit
    | ClosureExpr
    | Interp
    | Str
    | RawStr
    | Int
    | Float
    | Bool
    | Nil
    | DurationLit
    | Name
)

Stmt: TypeAlias = (
    Expr
    | Import
    | ImportNames
    | Pipeline
    | Override
    | Fn
    | Tool
    | Struct
    | Enum
    | Interface
    | Impl
    | TypeAlias_
    | Attributed
    | Let
    | Assign
    | For
    | While
    | Return
    | Yield
    | Throw
    | Break
    | Continue
    | Guard
    | Require
    | Mutex
    | Defer
)

Body: TypeAlias = tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Program(Node):
    items: Body

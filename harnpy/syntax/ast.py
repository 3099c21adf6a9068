"""The abstract syntax tree: one frozen record per node kind, as chapter 01 section 9 lists them.

Nodes know nothing of scopes, types or bytecode. Every node carries the span of its text; runtime errors report
the line and column at which the span starts.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple, Record

if TYPE_CHECKING:
    from typing import TypeAlias


class Span(NamedTuple):
    """Where a node or token stands: offsets into the text in code points, lines and columns counted from 1."""

    start: int
    end: int
    line: int
    column: int
    end_line: int


NO_SPAN = Span(0, 0, 0, 0, 0)


class Node(Record):
    span: Span


# --- types ------------------------------------------------------------------------------------------------------


class NamedType(Node):
    """A name in type position: int, string, any, T, MyStruct, bool (also for true and false), nil, ..."""

    name: str


class UnionType(Node):
    members: tuple[TypeExpr, ...]


class ShapeField(Node):
    name: str
    type: TypeExpr
    optional: bool


class ShapeType(Node):
    fields: tuple[ShapeField, ...]


class ListType(Node):
    element: TypeExpr


class DictType(Node):
    key: TypeExpr
    value: TypeExpr


class IterType(Node):
    element: TypeExpr


class AppliedType(Node):
    name: str
    args: tuple[TypeExpr, ...]


class FnType(Node):
    params: tuple[TypeExpr, ...]
    result: TypeExpr


class NeverType(Node):
    pass


class LitStringType(Node):
    value: str


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


class Param(Node):
    name: str
    type: TypeExpr | None
    default: Expr | None
    rest: bool


class TypeParam(Node):
    name: str
    variance: str  # "", "in" or "out"


class WhereBound(Node):
    type_name: str
    bound: str


class AttributeArg(Node):
    name: str | None
    value: Expr  # Str, RawStr, Int, Float, Bool, Nil or Name


class Attribute(Node):
    name: str
    args: tuple[AttributeArg, ...]


# --- patterns of let, var, for ----------------------------------------------------------------------------------


class NamePattern(Node):
    name: str


class DictPatternField(Node):
    key: str
    alias: str | None
    default: Expr | None
    is_rest: bool  # key is then the name of the rest variable


class DictPattern(Node):
    fields: tuple[DictPatternField, ...]


class ListPatternElement(Node):
    name: str
    default: Expr | None
    is_rest: bool


class ListPattern(Node):
    elements: tuple[ListPatternElement, ...]


class PairPattern(Node):
    first: str
    second: str


Pattern: TypeAlias = NamePattern | DictPattern | ListPattern | PairPattern


# --- declarations -----------------------------------------------------------------------------------------------


class Import(Node):
    path: str


class ImportAs(Node):
    """`import "py:json" as json`: the module itself, under a name."""

    path: str
    name: str


class ImportNames(Node):
    names: tuple[str, ...]
    path: str


class Pipeline(Node):
    name: str
    params: tuple[str, ...]
    result: TypeExpr | None
    extends: str | None
    body: Body
    is_pub: bool


class Override(Node):
    name: str
    params: tuple[str, ...]
    body: Body


class Fn(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    params: tuple[Param, ...]
    result: TypeExpr | None
    where: tuple[WhereBound, ...]
    body: Body
    is_pub: bool


class Tool(Node):
    name: str
    description: str | None
    params: tuple[Param, ...]
    result: TypeExpr | None
    body: Body
    is_pub: bool


class StructField(Node):
    name: str
    type: TypeExpr | None
    optional: bool


class Struct(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    fields: tuple[StructField, ...]
    is_pub: bool


class Variant(Node):
    name: str
    params: tuple[Param, ...]


class Enum(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    variants: tuple[Variant, ...]
    is_pub: bool


class AssociatedType(Node):
    name: str
    default: TypeExpr | None


class InterfaceMethod(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    params: tuple[Param, ...]
    result: TypeExpr | None


class Interface(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    associated_types: tuple[AssociatedType, ...]
    methods: tuple[InterfaceMethod, ...]


class Impl(Node):
    type_name: str
    methods: tuple[Fn, ...]


class TypeAlias_(Node):
    name: str
    type_params: tuple[TypeParam, ...]
    type: TypeExpr


class Attributed(Node):
    attributes: tuple[Attribute, ...]
    inner: Stmt


# --- statements -------------------------------------------------------------------------------------------------


class Let(Node):
    pattern: Pattern
    type: TypeExpr | None
    value: Expr
    mutable: bool  # True for var


class Assign(Node):
    target: Expr  # Name, Prop or Index
    value: Expr
    op: str | None  # None or one of + - * / %


class For(Node):
    pattern: Pattern
    iterable: Expr
    body: Body


class While(Node):
    condition: Expr
    body: Body


class Return(Node):
    value: Expr | None


class Yield(Node):
    value: Expr | None


class Throw(Node):
    value: Expr


class Break(Node):
    pass


class Continue(Node):
    pass


class Guard(Node):
    condition: Expr
    else_body: Body


class Require(Node):
    condition: Expr
    message: Expr | None


class Mutex(Node):
    body: Body


class Defer(Node):
    body: Body


# --- expressions ------------------------------------------------------------------------------------------------


class SelectCase(Node):
    variable: str
    channel: Expr
    body: Body


class Select(Node):
    """Statement in Harn; harnpy also takes it as an expression."""

    cases: tuple[SelectCase, ...]
    timeout: tuple[Expr, Body] | None
    default: Body | None


class If(Node):
    condition: Expr
    then: Body
    else_body: Body | None  # an `else if` is a body of one If


class MatchArm(Node):
    pattern: Expr
    guard: Expr | None
    body: Body


class Match(Node):
    value: Expr
    arms: tuple[MatchArm, ...]


class Retry(Node):
    count: Expr
    body: Body


class Deadline(Node):
    duration: Expr
    body: Body


class Parallel(Node):
    mode: str  # "count", "each" or "settle"
    operand: Expr
    variable: str | None
    options: tuple[tuple[str, Expr], ...]
    body: Body


class Spawn(Node):
    body: Body


class TryCatch(Node):
    body: Body
    has_catch: bool
    error_name: str | None
    error_type: TypeExpr | None
    catch_body: Body
    finally_body: Body | None


class TryExpr(Node):
    """`try { }` alone: its value is a Result."""

    body: Body


class TryStar(Node):
    operand: Expr


class TryOp(Node):
    """Postfix `?`."""

    operand: Expr


class Call(Node):
    """`name(args)`; callee is any expression, nearly always a Name."""

    callee: Expr
    args: tuple[Expr, ...]  # Spread and NamedArg among them


class NamedArg(Node):
    """`name: value` among the arguments of a call, behind all that have no name."""

    name: str
    value: Expr


class MethodCall(Node):
    object: Expr
    method: str
    args: tuple[Expr, ...]
    optional: bool  # ?.method()


class Prop(Node):
    object: Expr
    name: str
    optional: bool  # ?.name


class Index(Node):
    object: Expr
    index: Expr


class Slice(Node):
    object: Expr
    start: Expr | None
    end: Expr | None


class Binary(Node):
    op: str  # + - * / % ** == != < > <= >= in not_in && || ?? |>
    left: Expr
    right: Expr


class Unary(Node):
    op: str  # ! or -
    operand: Expr


class Ternary(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


class RangeExpr(Node):
    start: Expr
    end: Expr
    inclusive: bool


class Entry(Node):
    """One entry of a dict or struct literal. An identifier key is a Str; a spread entry has no key."""

    key: Expr | None
    value: Expr


class StructLit(Node):
    name: str
    entries: tuple[Entry, ...]


class DictLit(Node):
    entries: tuple[Entry, ...]


class Spread(Node):
    expression: Expr


class ListLit(Node):
    elements: tuple[Expr, ...]  # Spread among them


class ClosureExpr(Node):
    params: tuple[Param, ...]
    body: Body
    fn_syntax: bool


class Interp(Node):
    pieces: tuple[str | Expr, ...]


class Str(Node):
    value: str


class RawStr(Node):
    value: str


class Int(Node):
    value: int


class Float(Node):
    value: float


class Bool(Node):
    value: bool


class Nil(Node):
    pass


class DurationLit(Node):
    milliseconds: int


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
    | NamedArg
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
    | ImportAs
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


class Program(Node):
    items: Body

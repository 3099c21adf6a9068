"""The types of expressions (chapter 09, 5.1). None stands for untyped throughout."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker import access_types, call_types
from harnpy.analysis.checker.blocks import body_exits, declared_names
from harnpy.analysis.checker.conditions import assume
from harnpy.analysis.checker.operator_types import LOGICAL, ORDERING, result_type, union
from harnpy.analysis.checker.scopes import HIDDEN
from harnpy.analysis.checker.type_parts import annotation, is_large
from harnpy.analysis.types.forms import (
    ANY,
    BOOL,
    CLOSURE,
    DICT,
    FLOAT,
    INT,
    LIST,
    NEVER,
    NIL,
    STRING,
    WILDCARD,
    Applied,
    Field,
    Function,
    ListOf,
    Named,
    Shape,
)
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

# What has a scope of its own is looked into down to this level: what is learnt there about names is good for nothing
# else, so that deeper nesting would take time again and again.
_MOST_SCOPES = 5
# Of a list with more kinds of elements nothing is said about the elements.
_MOST_ELEMENT_TYPES = 32

_RANGE = Named("range")
_DURATION = Named("duration")

_CONSTANTS: dict[type[ast.Node], Type] = {
    ast.Int: INT,
    ast.Float: FLOAT,
    ast.Str: STRING,
    ast.RawStr: STRING,
    ast.Interp: STRING,
    ast.Bool: BOOL,
    ast.Nil: NIL,
    ast.DurationLit: _DURATION,
    ast.RangeExpr: _RANGE,
    ast.Throw: NEVER,
    ast.Return: NEVER,
    ast.Break: NEVER,
    ast.Continue: NEVER,
}


def infer(checker: Checker, node: ast.Node) -> Type | None:
    """The type of an expression, or of a statement that ends a block; None if it has none that could be told."""
    kind = type(node)
    if kind is ast.Name:
        binding = checker.scopes.find(node.name)  # type: ignore[attr-defined]
        return None if binding is None else binding.type
    constant = _CONSTANTS.get(kind)
    if constant is not None:
        return constant
    handler = _HANDLERS.get(kind)
    if handler is None:
        return None
    version = checker.scopes.version
    known = checker.inferred.get(id(node))
    if known is not None and known[0] == version and not checker.conditions_narrow:
        return known[1]
    found = _infer_scoped(checker, handler, node) if kind in _SCOPED else handler(checker, node)
    if found is not None and type(found) is not Named and is_large(found):
        found = None
    if not checker.inference_gave_up and not checker.conditions_narrow:
        checker.inferred[id(node)] = (version, found)
    return found


def _infer_scoped(checker: Checker, handler: Callable[[Checker, Any], Type | None], node: ast.Node) -> Type | None:
    """The type of an expression with scopes of its own."""
    if checker.inferred_scopes >= _MOST_SCOPES:
        checker.inference_gave_up = True
        return None
    checker.inferred_scopes += 1
    found = handler(checker, node)
    checker.inferred_scopes -= 1
    if checker.inferred_scopes == 0 and checker.inference_gave_up:
        # What was found without knowing all parts may be narrower than the truth.
        checker.inference_gave_up = False
        return None
    return found


def _unary(checker: Checker, node: ast.Unary) -> Type | None:
    operand: ast.Expr = node
    while isinstance(operand, ast.Unary):
        if operand.op == "!":
            return BOOL
        operand = operand.operand
    return infer(checker, operand)


def _binary(checker: Checker, node: ast.Binary) -> Type | None:
    chain = []
    first: ast.Expr = node
    while isinstance(first, ast.Binary):
        if first.op in LOGICAL or first.op in ORDERING or first.op == "|>":
            break
        chain.append(first)
        first = first.left
    type_: Type | None
    if isinstance(first, ast.Binary):
        type_ = None if first.op == "|>" else BOOL
    else:
        type_ = infer(checker, first)
    for link in reversed(chain):
        type_ = result_type(checker, link.op, type_, infer(checker, link.right))
    return type_


def _ternary(checker: Checker, node: ast.Ternary) -> Type | None:
    """Conditions narrow the arms; a chain of conditionals is gone through in a loop."""
    scopes = checker.scopes
    types: list[Type | None] = []
    last: ast.Expr = node
    while isinstance(last, ast.Ternary):
        scopes.enter()
        assume(checker, last.condition, True)
        types.append(infer(checker, last.then))
        scopes.leave()
        scopes.enter()
        assume(checker, last.condition, False)
        last = last.otherwise
    found = infer(checker, last)
    for type_ in reversed(types):
        scopes.leave()
        if found is None or type_ is None:
            found = found or type_
        elif found != type_:
            found = union([type_, found])
    return found


def _if(checker: Checker, node: ast.If) -> Type | None:
    """As the chapter has it, conditions do not narrow here, unless the checker is told to look at them."""
    scopes = checker.scopes
    types: list[Type | None] = []
    current: ast.If | None = node
    found: Type | None = None
    entered = 0
    while current is not None:
        if checker.conditions_narrow:
            scopes.enter()
            assume(checker, current.condition, True)
        types.append(block_type(checker, current.then))
        if checker.conditions_narrow:
            scopes.leave()
            scopes.enter()
            entered += 1
            assume(checker, current.condition, False)
        other = current.else_body
        current = None
        if other is None:
            found = types.pop()
        elif len(other) == 1 and isinstance(other[0], ast.If):
            current = other[0]
        else:
            found = block_type(checker, other)
    for _ in range(entered):
        scopes.leave()
    for type_ in reversed(types):
        found = _either(type_, found)
    return found


def _either(then: Type | None, otherwise: Type | None) -> Type | None:
    """The type of an `if` from those of its branches."""
    if then is None or otherwise is None or then == otherwise:
        return then
    members = [each for each in (then, otherwise) if each != NEVER]
    return union(members) if members else NEVER


def block_type(checker: Checker, body: ast.Body) -> Type | None:
    """The type of what a block ends with; never if it does not get there. Its own variables are untyped."""
    if body_exits(checker, body):
        return NEVER
    return _last_type(checker, body, ())


def _last_type(checker: Checker, body: ast.Body, hidden: Iterable[str]) -> Type | None:
    if not body:
        return None
    checker.scopes.enter()
    _hide(checker, hidden)
    _hide(checker, declared_names(body[:-1]))
    found = infer(checker, body[-1])
    checker.scopes.leave()
    return found


def _hide(checker: Checker, names: Iterable[str]) -> None:
    for name in names:
        checker.scopes.define(name, HIDDEN)


def _list(checker: Checker, node: ast.ListLit) -> Type:
    types: dict[Type, None] = {}
    for element in node.elements:
        type_ = infer(checker, element)  # a spread has none
        if type_ is None:
            return LIST
        types[type_] = None
        if len(types) > _MOST_ELEMENT_TYPES:
            return LIST
    return ListOf(union(list(types))) if types else LIST


def _dict(checker: Checker, node: ast.DictLit) -> Type:
    fields: dict[str, Type] = {}
    for entry in node.entries:
        if not isinstance(entry.key, ast.Str | ast.RawStr):
            return DICT
        fields[entry.key.value] = infer(checker, entry.value) or ANY
    return Shape(tuple([Field(name, type_, False) for name, type_ in fields.items()])) if fields else DICT


def _closure(checker: Checker, node: ast.ClosureExpr) -> Type:
    """Parameters are unknown where the result is inferred."""
    types: list[Type] = []
    for param in node.params:
        type_ = annotation(param.type)
        if type_ is None or param.rest:
            return CLOSURE
        types.append(type_)
    if not types:
        return CLOSURE
    result = _last_type(checker, node.body, [param.name for param in node.params])
    return CLOSURE if result is None else Function(tuple(types), result)


def _try(checker: Checker, node: ast.TryExpr) -> Type:
    value = block_type(checker, node.body)
    return Applied("Result", (value or WILDCARD, _thrown(checker, node.body)))


def _thrown(checker: Checker, body: ast.Body) -> Type:
    """The types of what the statements of a body throw; `_` if there is nothing, or something untyped among it."""
    checker.scopes.enter()
    found: dict[Type, None] = {}
    pending: list[ast.Stmt] = list(reversed(body))
    _hide(checker, declared_names(body))
    known = True
    while pending and known:
        statement = pending.pop()
        if isinstance(statement, ast.Throw):
            type_ = infer(checker, statement.value)
        elif isinstance(statement, ast.TryOp):
            type_ = _error_type(checker, statement)
            if type_ is None:
                continue
        else:
            for inner in _inner_bodies(statement):
                _hide(checker, declared_names(inner))
                pending.extend(reversed(inner))
            continue
        known = type_ is not None
        if type_ is not None:
            found[type_] = None
    checker.scopes.leave()
    return union(list(found)) if found and known else WILDCARD


def _inner_bodies(statement: ast.Stmt) -> tuple[ast.Body, ...]:
    """The bodies in a statement whose throws are its own, last first."""
    match statement:
        case ast.If(then=then, else_body=other):
            return (then,) if other is None else (other, then)
        case (
            ast.While(body=body)
            | ast.Retry(body=body)
            | ast.Defer(body=body)
            | ast.Mutex(body=body)
            | ast.Deadline(body=body)
            | ast.Spawn(body=body)
            | ast.TryExpr(body=body)
        ):
            return (body,)
        case _:
            return ()


def _error_type(checker: Checker, node: ast.TryOp) -> Type | None:
    result = infer(checker, node.operand)
    if isinstance(result, Applied) and result.name == "Result" and len(result.args) == 2:
        return result.args[1]
    return None


def _try_op(checker: Checker, node: ast.TryOp) -> Type | None:
    result = infer(checker, node.operand)
    result = None if result is None else checker.head(result)
    if isinstance(result, Applied) and result.name == "Result" and len(result.args) == 2:
        return None if result.args[0] == WILDCARD else result.args[0]
    return None


def _try_star(checker: Checker, node: ast.TryStar) -> Type | None:
    return infer(checker, node.operand)


_SCOPED = frozenset({ast.Ternary, ast.If, ast.ClosureExpr, ast.TryExpr})

_HANDLERS: dict[type[ast.Node], Callable[[Checker, Any], Type | None]] = {
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Ternary: _ternary,
    ast.If: _if,
    ast.ListLit: _list,
    ast.DictLit: _dict,
    ast.ClosureExpr: _closure,
    ast.TryExpr: _try,
    ast.TryOp: _try_op,
    ast.TryStar: _try_star,
    ast.StructLit: call_types.struct_type,
    ast.Call: call_types.call_type,
    ast.MethodCall: access_types.method_type,
    ast.Prop: access_types.property_type,
    ast.Index: access_types.index_type,
    ast.Slice: access_types.slice_type,
}

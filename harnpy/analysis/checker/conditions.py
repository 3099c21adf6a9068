"""What a condition says about variables when it holds and when it does not (chapter 09, section 8)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.blocks import body_exits, else_if
from harnpy.analysis.checker.tested_paths import note_tested
from harnpy.analysis.types.aliases import union_of
from harnpy.analysis.types.forms import NIL, UNKNOWN, Loose, Union
from harnpy.analysis.types.narrowed import (
    TYPE_NAMES,
    has_nil,
    intersect,
    removed,
    selected,
    subtract,
    with_field,
    without_nil,
)
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

_SCHEMA_TESTS = frozenset({"schema_is", "is_type"})


def assume(checker: Checker, condition: ast.Expr, holds: bool) -> None:
    """Let the current scope know that condition holds, or that it does not."""
    while isinstance(condition, ast.Unary) and condition.op == "!":
        condition, holds = condition.operand, not holds
    match condition:
        case ast.Binary(op="&&" | "||" as op):
            # Of `a && b` something is known if it holds, of `a || b` if it does not.
            if holds == (op == "&&"):
                for part in _parts(condition, op):
                    assume(checker, part, holds)
            else:
                _assume_one_of(checker, _parts(condition, op), holds)
        case ast.Binary(op="==" | "!=" as op, left=left, right=right):
            assume_compared(checker, left, right, holds == (op == "=="))
        case ast.Name(name=name):
            _truthy(checker, name, holds)
        case ast.Prop() | ast.Index() if holds:
            note_tested(checker, condition)
        case ast.MethodCall(object=ast.Name(name=name), method="has", args=(ast.Str(value=key),)):
            if holds:
                _has(checker, name, key)
        case ast.Call(callee=ast.Name(name=test), args=(ast.Name(name=name), schema)) if test in _SCHEMA_TESTS:
            _matches(checker, name, schema, holds)
        case ast.Call(callee=ast.Name(name=test), args=(ast.Prop() | ast.Index() as path, _)) if test in _SCHEMA_TESTS:
            note_tested(checker, path)
        case _:
            pass


def _assume_one_of(checker: Checker, alternatives: list[ast.Expr], holds: bool) -> None:
    """Let the current scope know what all alternatives, one of which holds (or does not), say about a variable.

    The chapter has it that they say nothing, and so types are printed: `type_of(x) == "int" || type_of(x) == "float"`.
    """
    found: dict[str, list[Type]] = {}
    for number, alternative in enumerate(alternatives):
        checker.scopes.enter()
        assume(checker, alternative, holds)
        said = {name: now.type for name, _, now in checker.scopes.changes()}
        checker.scopes.leave()
        before = found if number else {name: [] for name in said}
        found = {name: [*types, type_] for name, types in before.items() if (type_ := said.get(name)) is not None}
        if not found:
            return
    for name, types in found.items():
        checker.scopes.loosen(name, union_of(types))


def assume_after(checker: Checker, node: ast.If) -> None:
    """Let the current scope know what the statements behind an `if` may rely on.

    Behind a chain of `else if` that is what all conditions say whose branches exit, up to the first whose does not. The
    chapter hears only the first one there; where what an `unknown` may be is listed (9.3), the list is as it has it.
    """
    link: ast.If | None = node
    while link is not None:
        then_exits = body_exits(checker, link.then)
        else_exits = link.else_body is not None and body_exits(checker, link.else_body)
        if then_exits == else_exits:
            return
        checker.behind_chain = link is not node
        assume(checker, link.condition, else_exits)
        checker.behind_chain = False
        link = else_if(link) if then_exits else None


def _parts(condition: ast.Expr, op: str) -> list[ast.Expr]:
    """The operands of a chain of one operator, in order."""
    parts = []
    while isinstance(condition, ast.Binary) and condition.op == op:
        parts.append(condition.right)
        condition = condition.left
    parts.append(condition)
    return parts[::-1]


def _type_of_variable(checker: Checker, name: str) -> Type | None:
    """The type of a variable with the aliases at its top expanded, None if it is untyped."""
    binding = checker.scopes.find(name)
    if binding is None or binding.type is None:
        return None
    if isinstance(binding.type, Loose) and not isinstance(binding.declared, Loose):
        return checker.head(binding.type.shown)  # which is where conditions begin again
    return checker.head(binding.type)


def assume_compared(checker: Checker, left: ast.Expr, right: ast.Expr, equal: bool) -> None:
    """Let the current scope know that two values are equal, or that they are not."""
    if isinstance(left, ast.Nil | ast.Str):
        left, right = right, left
    match left, right:
        case ast.Name(name=name), ast.Nil():
            _nil(checker, name, equal)
        case ast.Call(callee=ast.Name(name="type_of"), args=(ast.Name(name=name),)), ast.Str(value=text):
            _type_of(checker, name, text, equal)
        case ast.Prop() | ast.Index(), ast.Nil() if not equal:
            note_tested(checker, left)
        case ast.Call(callee=ast.Name(name="type_of"), args=(ast.Prop() | ast.Index() as path,)), ast.Str():
            note_tested(checker, path)
        case ast.Prop() | ast.Index(), _ if equal and not isinstance(right, ast.Nil):
            note_tested(checker, left)
        case _:
            pass


def _nil(checker: Checker, name: str, is_nil: bool) -> None:
    type_ = _type_of_variable(checker, name)
    if type_ is None:
        return
    if isinstance(type_, Loose):
        checker.scopes.refine(name, NIL if is_nil else _without_nil(type_))
        return
    if is_nil:
        if has_nil(type_) or isinstance(type_, Union):
            checker.scopes.refine(name, NIL)
    elif has_nil(type_):
        checker.scopes.refine(name, without_nil(type_))


def _without_nil(type_: Loose) -> Type:
    return Loose(without_nil(type_.shown), without_nil(type_.other))


def _truthy(checker: Checker, name: str, holds: bool) -> None:
    type_ = _type_of_variable(checker, name)
    if isinstance(type_, Loose):
        if holds:
            checker.scopes.refine(name, _without_nil(type_))
    elif type_ is not None and has_nil(type_) and type_ != NIL:
        checker.scopes.refine(name, without_nil(type_) if holds else NIL)


def _type_of(checker: Checker, name: str, text: str, is_that: bool) -> None:
    type_ = _type_of_variable(checker, name)
    if type_ is None or text not in TYPE_NAMES:
        return
    if isinstance(type_, Loose):
        checker.scopes.refine(name, None)
    elif is_that:
        only = selected(type_, text)
        if only is not None:
            checker.scopes.refine(name, only)
    elif type_ == UNKNOWN:
        checker.partly_known.add(name)
        checker.scopes.exclude(name, text, not checker.behind_chain)
    else:
        left = removed(type_, text)
        if left is not None:
            checker.scopes.refine(name, left)


def _has(checker: Checker, name: str, key: str) -> None:
    type_ = _type_of_variable(checker, name)
    narrowed = None if type_ is None else with_field(type_, key)
    if narrowed is not None:
        checker.scopes.refine(name, narrowed)


def _matches(checker: Checker, name: str, schema: ast.Expr, holds: bool) -> None:
    type_ = _type_of_variable(checker, name)
    wanted = None if type_ is None else checker.schema_of(schema)
    if type_ is None or wanted is None:
        return
    wanted = checker.head(wanted)
    if isinstance(type_, Loose):
        checker.scopes.refine(name, None)
    elif holds:
        common = intersect(type_, wanted)
        if common is not None:
            checker.scopes.refine(name, common)
    else:
        left = subtract(type_, wanted)
        if left != type_:
            checker.scopes.refine(name, left)

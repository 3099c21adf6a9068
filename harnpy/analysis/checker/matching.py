"""`match`: patterns, what they say about the value, and whether all cases are there (chapter 09, sections 8 and 9)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.blocks import check_statements
from harnpy.analysis.checker.call_types import enum_named
from harnpy.analysis.checker.conditions import assume, assume_compared
from harnpy.analysis.checker.scopes import HIDDEN
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import BOOL, FLOAT, INT, NIL, STRING, Named, Union, show
from harnpy.analysis.types.narrowed import without_nil
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import EnumType

# The types of literal patterns.
_LITERALS: dict[type[ast.Node], Named] = {
    ast.Str: STRING,
    ast.Int: INT,
    ast.Float: FLOAT,
    ast.Bool: BOOL,
    ast.Nil: NIL,
}
_NUMBERS = (INT, FLOAT)


def check_match(checker: Checker, node: ast.Match) -> None:
    checker.walk(node.value)
    inferred = checker.infer(node.value)
    type_ = None if inferred is None else checker.head(inferred)
    checker.scopes.enter()
    for arm in node.arms:
        _check_arm(checker, node, arm, inferred, type_)
        if arm.guard is None:
            _exclude_pattern(checker, node.value, arm.pattern)
    checker.scopes.leave()
    _check_exhaustiveness(checker, node, type_)


def _check_arm(checker: Checker, node: ast.Match, arm: ast.MatchArm, inferred: Type | None, type_: Type | None) -> None:
    scopes = checker.scopes
    scopes.enter()
    for name in _bound_names(checker, arm.pattern):
        scopes.define(name, HIDDEN)
    _walk_pattern(checker, arm.pattern)
    literal = _LITERALS.get(type(arm.pattern))
    if literal is not None and literal != NIL and inferred is not None and not _takes(checker, inferred, literal):
        checker.report(type_rules.PATTERN_TYPE, arm.pattern, type=show(inferred), literal=literal.name)
    if isinstance(node.value, ast.Name) and isinstance(type_, Union) and literal is not None:
        if literal in type_.members:
            scopes.refine(node.value.name, literal)
    if literal is not None and not isinstance(node.value, ast.Name):
        assume_compared(checker, node.value, arm.pattern, True)
    if arm.guard is not None:
        checker.walk(arm.guard)
        assume(checker, arm.guard, True)
    check_statements(checker, arm.body)
    scopes.leave()


def _exclude_pattern(checker: Checker, value: ast.Expr, pattern: ast.Expr) -> None:
    """Let the arms that follow know that a literal pattern did not fit.

    The chapter has it that they do not; so all types are printed, and the types of an `unknown` listed, as it says.
    """
    if type(pattern) not in _LITERALS:
        return
    before, checker.behind_chain = checker.behind_chain, True
    if not isinstance(value, ast.Name):
        assume_compared(checker, value, pattern, False)
    elif isinstance(pattern, ast.Nil):
        type_ = checker.infer(value)
        head = None if type_ is None else checker.head(type_)
        if isinstance(head, Union):
            checker.scopes.loosen(value.name, without_nil(head))
    checker.behind_chain = before


def _takes(checker: Checker, type_: Type, literal: Type) -> bool:
    """Whether a value of a type may equal a literal; ints and floats may equal each other."""
    if literal in _NUMBERS:
        return checker.accepts(type_, INT) or checker.accepts(type_, FLOAT)
    return checker.accepts(type_, literal)


def _bound_names(checker: Checker, pattern: ast.Expr) -> Iterator[str]:
    """The variables that a pattern binds."""
    match pattern:
        case ast.Name(name=name):
            yield name
        case ast.MethodCall(args=args) if enum_named(checker, pattern.object) is not None:
            yield from [each.name for each in args if isinstance(each, ast.Name)]
        case ast.ListLit(elements=elements):
            yield from [each.name for each in elements if isinstance(each, ast.Name)]
        case ast.DictLit(entries=entries):
            yield from [each.value.name for each in entries if isinstance(each.value, ast.Name)]
        case _:
            pass


def _walk_pattern(checker: Checker, pattern: ast.Expr) -> None:
    """Walk a pattern; what looks like the construction of an enum value there takes one apart and may leave fields out."""
    if isinstance(pattern, ast.Prop | ast.MethodCall) and enum_named(checker, pattern.object) is not None:
        if isinstance(pattern, ast.MethodCall):
            for arg in pattern.args:
                _walk_pattern(checker, arg)
    elif isinstance(pattern, ast.ListLit):
        for element in pattern.elements:
            _walk_pattern(checker, element)
    elif isinstance(pattern, ast.DictLit):
        for entry in pattern.entries:
            if entry.key is not None:
                checker.walk(entry.key)
            _walk_pattern(checker, entry.value)
    else:
        checker.walk(pattern)


def _check_exhaustiveness(checker: Checker, node: ast.Match, type_: Type | None) -> None:
    enum = _matched_enum(checker, node.value, type_)
    if enum is not None:
        _check_variants(checker, node, enum)
    elif isinstance(type_, Union):
        _check_members(checker, node, type_)


def _matched_enum(checker: Checker, value: ast.Expr, type_: Type | None) -> EnumType | None:
    """The plain enum that a value, or the value whose `.variant` it is, belongs to."""
    if isinstance(value, ast.Prop) and value.name == "variant" and not value.optional:
        owner = checker.infer(value.object)
        type_ = None if owner is None else checker.head(owner)
    enum = checker.world.enums.get(type_.name) if isinstance(type_, Named) else None
    return None if enum is None or enum.parameters else enum


def _check_variants(checker: Checker, node: ast.Match, enum: EnumType) -> None:
    covered = set()
    for arm in node.arms:
        pattern = arm.pattern
        if isinstance(pattern, ast.Str):
            covered.add(pattern.value)
        elif isinstance(pattern, ast.Prop) and enum_named(checker, pattern.object) is not None:
            covered.add(pattern.name)
        else:
            return
    missing = [f'"{name}"' for name in enum.variants if name not in covered]
    if missing:
        checker.report(type_rules.MISSING_VARIANTS, node, enum=enum.name, missing=", ".join(missing))


def _check_members(checker: Checker, node: ast.Match, union: Union) -> None:
    covered = set()
    for arm in node.arms:
        literal = _LITERALS.get(type(arm.pattern))
        if literal is None:
            return
        covered.add(literal)
    if all([isinstance(each, Named) for each in union.members]):
        missing = [show(each) for each in dict.fromkeys(union.members) if each not in covered]
        if missing:
            checker.report(type_rules.MISSING_MEMBERS, node, missing=", ".join(missing))

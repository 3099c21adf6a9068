"""Struct literals and enum values (chapter 09, 4.7)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.call_types import enum_named, field_bindings, variant_bindings
from harnpy.analysis.checker.fitting import fits
from harnpy.analysis.checker.strict import check_property
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import show, substituted
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.world import EnumType, StructType


def check_struct_literal(checker: Checker, node: ast.StructLit) -> None:
    check_entries(checker, node.entries)
    struct = checker.world.structs.get(node.name)
    if struct is not None:
        _check_fields(checker, struct, node)


def check_entries(checker: Checker, entries: tuple[ast.Entry, ...]) -> None:
    """Walk the keys and values of a literal."""
    for entry in entries:
        if entry.key is not None:
            checker.walk(entry.key)
        checker.walk(entry.value)


def _check_fields(checker: Checker, struct: StructType, node: ast.StructLit) -> None:
    fields = {field.name: field for field in struct.fields}
    given = [(entry.key, entry.value) for entry in node.entries if isinstance(entry.key, ast.Str)]
    for key, _ in given:
        if key.value not in fields:
            checker.report(type_rules.UNKNOWN_FIELD, key, field=key.value, struct=struct.name)
    if len(given) == len(node.entries):  # a spread may bring any field
        present = {key.value for key, _ in given}
        for field in struct.fields:
            if not field.optional and field.name not in present:
                checker.report(type_rules.MISSING_FIELD, node, field=field.name, struct=struct.name)
    bindings = field_bindings(checker, struct, node)
    world = checker.with_generics(frozenset([each.name for each in struct.parameters]))
    for key, value in given:
        found = fields.get(key.value)
        if found is None or found.type is None:
            continue
        actual = checker.infer(value)
        expected = substituted(found.type, bindings)
        if actual is not None and not fits(checker, expected, value, actual, world):
            checker.report(
                type_rules.FIELD_TYPE,
                value,
                field=key.value,
                struct=struct.name,
                expected=show(expected),
                actual=show(actual),
            )


def check_variant(checker: Checker, enum: EnumType, node: ast.MethodCall) -> None:
    """`E.V(args)` outside patterns."""
    if not _known_variant(checker, enum, node.method, node):
        return
    fields, args = enum.variants[node.method], node.args
    if any([isinstance(arg, ast.Spread | ast.NamedArg) for arg in args]):
        return
    if len(args) != len(fields):
        checker.report(
            type_rules.VARIANT_ARGUMENT_COUNT,
            node,
            enum=enum.name,
            variant=node.method,
            expected=len(fields),
            given=len(args),
        )
    bindings = variant_bindings(checker, enum, node.method, args)
    world = checker.with_generics(frozenset([each.name for each in enum.parameters]))
    for (name, type_), arg in zip(fields, args):
        actual = None if type_ is None else checker.infer(arg)
        if type_ is None or actual is None:
            continue
        expected = substituted(type_, bindings)
        if not fits(checker, expected, arg, actual, world):
            checker.report(
                type_rules.VARIANT_ARGUMENT_TYPE,
                arg,
                enum=enum.name,
                variant=node.method,
                field=name,
                expected=show(expected),
                actual=show(actual),
            )


def check_property_access(checker: Checker, node: ast.Prop) -> None:
    """`o.p`, which is also how enum values without fields are written."""
    enum = None if node.optional else enum_named(checker, node.object)
    if enum is not None:
        _known_variant(checker, enum, node.name, node)
        return
    if checker.strict:
        check_property(checker, node)
    checker.walk(node.object)


def _known_variant(checker: Checker, enum: EnumType, variant: str, node: ast.Expr) -> bool:
    if variant in enum.variants:
        return True
    checker.report(type_rules.UNKNOWN_VARIANT, node, variant=variant, enum=enum.name)
    return False

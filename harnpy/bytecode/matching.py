"""Code for match arm patterns and for the destructuring patterns of let, var and for."""

from __future__ import annotations

from harnpy.bytecode import expressions, statements
from harnpy.bytecode.builder import FunctionBuilder, Label
from harnpy.bytecode.opcodes import Op
from harnpy.syntax import ast

SPREAD_TEXT = "spread (...) can only be used inside list literals, dict literals, or function call arguments"


def compile_pattern_test(builder: FunctionBuilder, pattern: ast.Expr, subject: int, failed: Label) -> None:
    """Test the value in slot subject against an arm's pattern; branch to failed, or bind and go on."""
    builder.at(pattern)
    if isinstance(pattern, ast.Name):
        if pattern.name != "_":
            builder.emit(Op.LOAD, subject)
            builder.store(builder.bind(pattern.name, False))
        return
    variant = _variant(builder, pattern)
    if variant is not None:
        _test_variant(builder, *variant, subject, failed)
    elif isinstance(pattern, ast.DictLit) and all(isinstance(entry.key, ast.Str) for entry in pattern.entries):
        builder.emit(Op.LOAD, subject)
        builder.emit(Op.IS_DICT)
        builder.branch(Op.BR_UNLESS, failed)
        tests = [
            (entry.value, Op.DICT_ITEM, builder.constant(entry.key.value))
            for entry in pattern.entries
            if isinstance(entry.key, ast.Str)
        ]
        _test_parts(builder, tests, subject, failed)
    elif isinstance(pattern, ast.ListLit):
        for element in pattern.elements:
            if isinstance(element, ast.Spread):
                raise builder.error(element, SPREAD_TEXT)
        builder.emit(Op.LOAD, subject)
        builder.emit(Op.IS_LIST, len(pattern.elements))
        builder.branch(Op.BR_UNLESS, failed)
        _test_parts(
            builder, [(each, Op.LIST_ITEM, index) for index, each in enumerate(pattern.elements)], subject, failed
        )
    else:
        builder.emit(Op.LOAD, subject)
        expressions.compile_expression(builder, pattern)
        builder.emit(Op.EQUAL)
        builder.branch(Op.BR_UNLESS, failed)


def _variant(builder: FunctionBuilder, pattern: ast.Expr) -> tuple[str, str, tuple[ast.Expr, ...]] | None:
    if isinstance(pattern, ast.Prop | ast.MethodCall) and isinstance(pattern.object, ast.Name):
        if pattern.object.name in builder.file.enums and not pattern.optional:
            if isinstance(pattern, ast.Prop):
                return pattern.object.name, pattern.name, ()
            return pattern.object.name, pattern.method, pattern.args
    return None


def _test_variant(
    builder: FunctionBuilder, enum: str, variant: str, args: tuple[ast.Expr, ...], subject: int, failed: Label
) -> None:
    builder.emit(Op.LOAD, subject)
    builder.emit(Op.MATCH_ENUM, builder.constant(enum), builder.constant(variant))
    builder.branch(Op.BR_UNLESS, failed)
    _test_parts(builder, [(arg, Op.ENUM_FIELD, index) for index, arg in enumerate(args)], subject, failed)


def _test_parts(builder: FunctionBuilder, parts: list[tuple[ast.Expr, Op, int]], subject: int, failed: Label) -> None:
    """All constraints first, then the bindings, as chapter 02 section 8.1 orders them."""
    for pattern, get, operand in parts:
        if isinstance(pattern, ast.Spread):
            raise builder.error(pattern, SPREAD_TEXT)
        if not isinstance(pattern, ast.Name):
            builder.emit(Op.LOAD, subject)
            builder.emit(get, operand)
            expressions.compile_expression(builder, pattern)
            builder.emit(Op.EQUAL)
            builder.branch(Op.BR_UNLESS, failed)
    for pattern, get, operand in parts:
        if isinstance(pattern, ast.Name) and pattern.name != "_":
            builder.emit(Op.LOAD, subject)
            builder.emit(get, operand)
            builder.store(builder.bind(pattern.name, False))


def compile_destructuring(builder: FunctionBuilder, pattern: ast.Pattern, mutable: bool) -> None:
    """Pop the value on top and bind the names of the pattern, in order."""
    builder.at(pattern)
    if isinstance(pattern, ast.NamePattern):
        statements.declare(builder, pattern, pattern.name, mutable)
        return
    if isinstance(pattern, ast.DictPattern):
        builder.emit(Op.CHECK_DICT)
    elif isinstance(pattern, ast.ListPattern):
        builder.emit(Op.CHECK_LIST)
    whole = builder.new_slot()
    builder.emit(Op.STORE, whole)
    if isinstance(pattern, ast.PairPattern):
        for name, part in ((pattern.first, "first"), (pattern.second, "second")):
            builder.emit(Op.LOAD, whole)
            builder.emit(Op.PROP, builder.constant(part))
            statements.declare(builder, pattern, name, mutable)
    elif isinstance(pattern, ast.DictPattern):
        keys = [field.key for field in pattern.fields if not field.is_rest]
        for field in pattern.fields:
            builder.emit(Op.LOAD, whole)
            if field.is_rest:
                builder.emit(Op.DICT_REST, builder.constant(keys))
            else:
                builder.emit(Op.DICT_ITEM, builder.constant(field.key))
                _default(builder, field.default)
            statements.declare(builder, field, field.alias or field.key, mutable)
    else:
        for index, element in enumerate(pattern.elements):
            builder.emit(Op.LOAD, whole)
            builder.emit(Op.LIST_REST if element.is_rest else Op.LIST_ITEM, index)
            if not element.is_rest:
                _default(builder, element.default)
            statements.declare(builder, element, element.name, mutable)
    builder.emit(Op.CLEAR, whole)


def _default(builder: FunctionBuilder, default: ast.Expr | None) -> None:
    if default is not None:
        with builder.block(Op.COALESCE):
            expressions.compile_expression(builder, default)

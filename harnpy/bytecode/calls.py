"""Code for calls: by name, by value, of methods, through pipes, in tail position, with spreads."""

from __future__ import annotations

from harnpy.bytecode import expressions
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.names import emit_callee, emit_name, known_text
from harnpy.bytecode.opcodes import Op
from harnpy.syntax import ast
from harnpy.syntax.placeholder import has_placeholder

# Builtins whose second argument may be a type alias, and the one whose first may.
_SCHEMA_SECOND = frozenset({"schema_is", "schema_expect", "schema_parse", "schema_check", "is_type", "json_validate"})


def compile_call(builder: FunctionBuilder, node: ast.Call) -> None:
    """`callee(args)`: arguments first, then the callee, then CALL."""
    _emit_call(builder, node, tail=False)


def compile_tail_call(builder: FunctionBuilder, node: ast.Call) -> None:
    """The same as operand of `return` with nothing pending: the frame is replaced."""
    _emit_call(builder, node, tail=True)


def _emit_call(builder: FunctionBuilder, node: ast.Call, tail: bool) -> None:
    name = node.callee.name if isinstance(node.callee, ast.Name) else ""
    if any(isinstance(arg, ast.NamedArg) for arg in node.args):
        _emit_arguments(builder, node.args)
        builder.at(node)
        if name:
            emit_callee(builder, name)
        else:
            expressions.compile_expression(builder, node.callee)
        builder.at(node)
        builder.call_builtin("__call_named", 3)
        return
    spread = any(isinstance(arg, ast.Spread) for arg in node.args)
    if spread:
        expressions.compile_elements(builder, node.args)
    else:
        for index, arg in enumerate(node.args):
            alias = (name == "schema_of" and index == 0) or (name in _SCHEMA_SECOND and index == 1)
            schema = expressions.alias_schema(builder, arg) if alias else None
            if schema is not None:
                builder.emit(Op.DATA, builder.constant(schema))
            else:
                expressions.compile_expression(builder, arg)
    builder.at(node)
    if name:
        emit_callee(builder, name)
    else:
        expressions.compile_expression(builder, node.callee)
    builder.at(node)
    if spread:
        builder.emit(Op.TAIL_CALL_SPREAD if tail else Op.CALL_SPREAD)
    else:
        builder.emit(Op.TAIL_CALL if tail else Op.CALL, len(node.args))


def _emit_arguments(builder: FunctionBuilder, args: tuple[ast.Expr, ...]) -> None:
    """Push the arguments without names as a list, and those with names as a dict."""
    count = next(place for place, arg in enumerate(args) if isinstance(arg, ast.NamedArg))
    expressions.compile_elements(builder, args[:count])
    for arg in args[count:]:
        assert isinstance(arg, ast.NamedArg)
        builder.at(arg)
        builder.push_constant(arg.name)
        expressions.compile_expression(builder, arg.value)
    builder.emit(Op.DICT, len(args) - count)


def compile_method_call(builder: FunctionBuilder, node: ast.MethodCall) -> None:
    """`obj.m(args)`, `obj?.m(args)`, and `Enum.Variant(args)`."""
    spread = any(isinstance(arg, ast.Spread) for arg in node.args)
    if any(isinstance(arg, ast.NamedArg) for arg in node.args):
        if isinstance(node.object, ast.Name) and node.object.name in builder.file.enums and not node.optional:
            raise builder.error(node, "enum values take no named arguments")
        expressions.compile_expression(builder, node.object)
        _emit_arguments(builder, node.args)
        builder.push_constant(node.method)
        builder.emit(Op.TRUE if node.optional else Op.FALSE)
        builder.at(node)
        builder.call_builtin("__call_method_named", 5)
        return
    if isinstance(node.object, ast.Name) and node.object.name in builder.file.enums and not node.optional:
        names = builder.constant(node.object.name), builder.constant(node.method)
        if spread:
            expressions.compile_elements(builder, node.args)
            builder.at(node)
            builder.emit(Op.ENUM, *names, 0)
            builder.emit(Op.ENUM_EXTEND)
            return
        for arg in node.args:
            expressions.compile_expression(builder, arg)
        builder.at(node)
        builder.emit(Op.ENUM, *names, len(node.args))
        return
    expressions.compile_expression(builder, node.object)
    name = builder.constant(node.method)
    if spread:
        expressions.compile_elements(builder, node.args)
        builder.at(node)
        builder.emit(Op.METHOD_SPREAD_OPTIONAL if node.optional else Op.METHOD_SPREAD, name)
        return
    for arg in node.args:
        expressions.compile_expression(builder, arg)
    builder.at(node)
    builder.emit(Op.METHOD_OPTIONAL if node.optional else Op.METHOD, name, len(node.args))


def pipes_into_call(node: ast.Binary) -> bool:
    """Whether `return a |> rhs` ends in calling a function value, which may replace the frame."""
    return isinstance(node.right, ast.Name) and node.right.name != "_"


def compile_tail_pipe(builder: FunctionBuilder, node: ast.Binary) -> None:
    """`return a |> f` with nothing pending: the frame is replaced."""
    expressions.compile_expression(builder, node.left)
    assert isinstance(node.right, ast.Name)
    builder.at(node)
    emit_name(builder, node.right.name)
    builder.emit(Op.TAIL_PIPE)


def compile_pipe(builder: FunctionBuilder, node: ast.Binary) -> None:
    """`a |> rhs`. A rhs that mentions `_` is evaluated with `_` bound to a; any other is called with a."""
    expressions.compile_expression(builder, node.left)
    if has_placeholder(node.right):
        with builder.scope():
            binding = builder.bind("_", False)
            builder.store(binding)
            expressions.compile_expression(builder, node.right)
            builder.emit(Op.CLEAR, binding.slot)
        return
    builder.at(node)
    known = known_text(builder, node.right.name) if isinstance(node.right, ast.Name) else None
    if known is not None:
        emit_callee(builder, known)
    elif isinstance(node.right, ast.Name):
        emit_name(builder, node.right.name)
    elif isinstance(node.right, ast.Str):
        emit_callee(builder, node.right.value)
    else:
        expressions.compile_expression(builder, node.right)
    builder.at(node)
    builder.emit(Op.PIPE)

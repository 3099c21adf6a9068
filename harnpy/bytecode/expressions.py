"""Code for expressions: each leaves exactly one value on the operand stack."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.type_schema import schema_of_type
from harnpy.bytecode import calls, control, functions
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.names import candidates, emit_name
from harnpy.bytecode.opcodes import Op
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BINARY = {
    "+": Op.ADD,
    "-": Op.SUBTRACT,
    "*": Op.MULTIPLY,
    "/": Op.DIVIDE,
    "%": Op.MODULO,
    "**": Op.POWER,
    "==": Op.EQUAL,
    "!=": Op.NOT_EQUAL,
    "<": Op.LESS,
    ">": Op.GREATER,
    "<=": Op.LESS_EQUAL,
    ">=": Op.GREATER_EQUAL,
    "in": Op.CONTAINS,
}


def compile_expression(builder: FunctionBuilder, node: ast.Expr) -> None:
    """Emit code that pushes the value of node."""
    _HANDLERS[type(node)](builder, node)


def _literal(builder: FunctionBuilder, node: ast.Int | ast.Float | ast.Str | ast.RawStr | ast.Bool) -> None:
    builder.at(node)
    builder.push_constant(node.value)


def _nil(builder: FunctionBuilder, node: ast.Nil) -> None:
    builder.at(node)
    builder.emit(Op.NIL)


def _duration(builder: FunctionBuilder, node: ast.DurationLit) -> None:
    builder.at(node)
    builder.emit(Op.CONST, builder.constant(("ms", node.milliseconds)))


def _name(builder: FunctionBuilder, node: ast.Name) -> None:
    builder.at(node)
    emit_name(builder, node.name)


def _interp(builder: FunctionBuilder, node: ast.Interp) -> None:
    for piece in node.pieces:
        if isinstance(piece, str):
            builder.push_constant(piece)
        else:
            compile_expression(builder, piece)
    builder.at(node)
    builder.emit(Op.CONCAT, len(node.pieces))


def _binary(builder: FunctionBuilder, node: ast.Binary) -> None:
    if node.op in ("&&", "||", "??"):
        compile_expression(builder, node.left)
        builder.at(node)
        with builder.block({"&&": Op.AND, "||": Op.OR, "??": Op.COALESCE}[node.op]):
            compile_expression(builder, node.right)
            if node.op != "??":
                builder.emit(Op.TO_BOOL)
        return
    if node.op == "|>":
        calls.compile_pipe(builder, node)
        return
    # A chain of left operands is walked in a loop, so that long sums do not nest.
    chain = [node]
    while isinstance(chain[-1].left, ast.Binary) and chain[-1].left.op not in ("&&", "||", "??", "|>"):
        chain.append(chain[-1].left)
    compile_expression(builder, chain[-1].left)
    for link in reversed(chain):
        compile_expression(builder, link.right)
        builder.at(link)
        if link.op == "not_in":
            builder.emit(Op.CONTAINS)
            builder.emit(Op.NOT)
        else:
            builder.emit(_BINARY[link.op])


def _unary(builder: FunctionBuilder, node: ast.Unary) -> None:
    compile_expression(builder, node.operand)
    builder.at(node)
    builder.emit(Op.NOT if node.op == "!" else Op.NEGATE)


def _ternary(builder: FunctionBuilder, node: ast.Ternary) -> None:
    compile_expression(builder, node.condition)
    builder.at(node)
    with builder.block(Op.IF, 1):
        compile_expression(builder, node.then)
        builder.emit(Op.ELSE)
        compile_expression(builder, node.otherwise)


def _range(builder: FunctionBuilder, node: ast.RangeExpr) -> None:
    compile_expression(builder, node.start)
    compile_expression(builder, node.end)
    builder.at(node)
    builder.emit(Op.RANGE, int(node.inclusive))


def _list(builder: FunctionBuilder, node: ast.ListLit) -> None:
    compile_elements(builder, node.elements)


def compile_elements(builder: FunctionBuilder, elements: tuple[ast.Expr, ...]) -> None:
    """Push a list of the elements, spreads spliced in."""
    started = False
    run = 0
    for element in (*elements, None):
        if element is not None and not isinstance(element, ast.Spread):
            compile_expression(builder, element)
            run += 1
            continue
        if run or not started:
            builder.emit(Op.LIST, run)
            if started:
                builder.emit(Op.LIST_EXTEND)
            started, run = True, 0
        if isinstance(element, ast.Spread):
            compile_expression(builder, element.expression)
            builder.at(element)
            builder.emit(Op.LIST_EXTEND)


def compile_entries(builder: FunctionBuilder, entries: tuple[ast.Entry, ...]) -> None:
    """Push a dict of the entries, spreads merged in order."""
    started = False
    run = 0
    for entry in (*entries, None):
        if entry is not None and entry.key is not None:
            compile_expression(builder, entry.key)
            schema = None
            if isinstance(entry.key, ast.Str) and entry.key.value == "output_schema":
                schema = alias_schema(builder, entry.value)
            if schema is not None:
                builder.emit(Op.DATA, builder.constant(schema))
            else:
                compile_expression(builder, entry.value)
            run += 1
            continue
        if run or not started:
            builder.emit(Op.DICT, run)
            if started:
                builder.emit(Op.DICT_MERGE)
            started, run = True, 0
        if entry is not None:
            value = entry.value.expression if isinstance(entry.value, ast.Spread) else entry.value
            compile_expression(builder, value)
            builder.at(entry)
            builder.emit(Op.DICT_MERGE)


def alias_schema(builder: FunctionBuilder, node: ast.Expr) -> Any:
    """The schema of a type alias written as a value, or None when node is none or has none."""
    if not isinstance(node, ast.Name) or node.name not in builder.file.aliases:
        return None
    if node.name in builder.file.imported_aliases and next(candidates(builder, node.name), None) is not None:
        return None  # nothing that an import brings hides what is declared here
    return schema_of_type(builder.file.aliases[node.name], builder.file.aliases, True)


def _dict(builder: FunctionBuilder, node: ast.DictLit) -> None:
    builder.at(node)
    compile_entries(builder, node.entries)


def _struct(builder: FunctionBuilder, node: ast.StructLit) -> None:
    compile_entries(builder, node.entries)
    builder.at(node)
    builder.emit(Op.STRUCT, builder.constant(node.name))


def _prop(builder: FunctionBuilder, node: ast.Prop) -> None:
    if isinstance(node.object, ast.Name) and node.object.name in builder.file.enums and not node.optional:
        builder.at(node)
        builder.emit(Op.ENUM, builder.constant(node.object.name), builder.constant(node.name), 0)
        return
    compile_expression(builder, node.object)
    builder.at(node)
    builder.emit(Op.PROP_OPTIONAL if node.optional else Op.PROP, builder.constant(node.name))


def _index(builder: FunctionBuilder, node: ast.Index) -> None:
    compile_expression(builder, node.object)
    compile_expression(builder, node.index)
    builder.at(node)
    builder.emit(Op.INDEX)


def _slice(builder: FunctionBuilder, node: ast.Slice) -> None:
    compile_expression(builder, node.object)
    for bound in (node.start, node.end):
        if bound is None:
            builder.emit(Op.NIL)
        else:
            compile_expression(builder, bound)
    builder.at(node)
    builder.emit(Op.SLICE)


def _try_star(builder: FunctionBuilder, node: ast.TryStar) -> None:
    if not builder.allows_rethrow:
        raise builder.error(
            node, "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target"
        )
    compile_expression(builder, node.operand)


def _try_op(builder: FunctionBuilder, node: ast.TryOp) -> None:
    compile_expression(builder, node.operand)
    builder.at(node)
    with builder.block(Op.RESULT_OR):
        builder.emit(Op.RETURN)


def _spread(builder: FunctionBuilder, node: ast.Spread) -> None:
    raise builder.error(
        node, "spread (...) can only be used inside list literals, dict literals, or function call arguments"
    )


def _named_arg(builder: FunctionBuilder, node: ast.NamedArg) -> None:
    raise builder.error(node, "a named argument can only be used in a call")


_HANDLERS: dict[type[ast.Node], Callable[[FunctionBuilder, Any], None]] = {
    ast.Int: _literal,
    ast.Float: _literal,
    ast.Str: _literal,
    ast.RawStr: _literal,
    ast.Bool: _literal,
    ast.Nil: _nil,
    ast.DurationLit: _duration,
    ast.Name: _name,
    ast.Interp: _interp,
    ast.Binary: _binary,
    ast.Unary: _unary,
    ast.Ternary: _ternary,
    ast.RangeExpr: _range,
    ast.ListLit: _list,
    ast.DictLit: _dict,
    ast.StructLit: _struct,
    ast.Prop: _prop,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.TryStar: _try_star,
    ast.TryOp: _try_op,
    ast.Spread: _spread,
    ast.NamedArg: _named_arg,
    ast.Call: calls.compile_call,
    ast.MethodCall: calls.compile_method_call,
    ast.ClosureExpr: functions.compile_closure,
    ast.Spawn: functions.compile_spawn,
    ast.Parallel: functions.compile_parallel,
    ast.If: control.if_value,
    ast.Match: control.match_value,
    ast.Retry: control.retry_value,
    ast.Deadline: control.deadline_value,
    ast.Select: control.select_value,
    ast.TryCatch: control.try_value,
    ast.TryExpr: control.try_result,
}
EXPRESSION_NODES = tuple(_HANDLERS)

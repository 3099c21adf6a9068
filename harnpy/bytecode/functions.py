"""Code for function values: fn, closures, tools, impl methods, structs, task bodies, defer bodies."""

from __future__ import annotations

from harnpy.analysis.tool_schema import json_schema_of_type
from harnpy.analysis.type_schema import schema_of_type
from harnpy.bytecode import expressions, statements
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.names import emit_name
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Binding, Kind, declared_names
from harnpy.syntax import ast
from harnpy.syntax.walk import walk, walk_function


def compile_function(
    parent: FunctionBuilder,
    name: str,
    params: tuple[ast.Param, ...],
    body: ast.Body,
    *,
    implicit_value: bool,
    self_name: str | None = None,
    may_yield: bool = True,
    shares_cells: bool = False,
    by_name: bool = False,
) -> int:
    """Compile a function inside parent; the index of the child chunk.

    implicit_value: without `return` the value is that of the last statement, else nil. self_name is the name by
    which the body reaches the function itself. by_name: calls may give arguments by the names of the parameters.
    """
    builder = FunctionBuilder(parent.file, parent, name)
    builder.position = parent.position
    builder.self_name = self_name
    builder.shares_cells = shares_cells
    builder.is_generator = may_yield and any(isinstance(node, ast.Yield) for node in walk_function(body))
    defer_names, builder.has_defer = shared_with_defers(body)
    builder.cell_names = defer_names
    builder.parameters = tuple(param.name for param in params)
    builder.has_rest = bool(params) and params[-1].rest
    if by_name:
        builder.needed = tuple(param.name for param in params if param.default is None and not param.rest)
    builder.push_block(declared_names(body))
    for param in params:
        slot = builder.new_slot()
        builder.blocks[-1].bindings[param.name] = Binding(param.name, False, Kind.DATA, slot=slot)
        builder.blocks[-1].upcoming.pop(param.name, None)
    _prologue(builder, params)
    if builder.is_generator:
        builder.emit(Op.GENERATOR)
    compile_function_body(builder, body, implicit_value)
    builder.blocks.pop()
    parent.children.append(builder.finish())
    return len(parent.children) - 1


def _prologue(builder: FunctionBuilder, params: tuple[ast.Param, ...]) -> None:
    """Defaults left to right, then the checks of annotated parameters left to right."""
    for slot, param in enumerate(params):
        if param.default is not None and not param.rest:
            builder.at(param)
            with builder.block(Op.IF_MISSING, slot):
                expressions.compile_expression(builder, param.default)
                builder.emit(Op.STORE, slot)
    for slot, param in enumerate(params):
        if param.type is not None and not param.rest:
            schema = schema_of_type(param.type, builder.file.aliases, False)
            if schema is not None:
                builder.at(param)
                builder.emit(Op.CHECK_PARAM, slot, builder.constant(param.name), builder.constant(schema))


def compile_function_body(builder: FunctionBuilder, body: ast.Body, implicit_value: bool) -> None:
    """Statements, deferred blocks and the final return."""
    if builder.has_defer:
        with builder.block(Op.TRY_FINALLY, builder.new_slot(), protected=True):
            statements.compile_statements(builder, body, implicit_value)
            if not implicit_value:
                builder.emit(Op.NIL)
            builder.emit(Op.FINALLY)
            builder.emit(Op.RUN_DEFERS)
    else:
        statements.compile_statements(builder, body, implicit_value)
        if not implicit_value:
            builder.emit(Op.NIL)
    builder.emit(Op.RETURN)


def shared_with_defers(body: ast.Body) -> tuple[frozenset[str], bool]:
    """The names that defer bodies of this function mention, and whether there are any defer statements."""
    defers = [node for node in walk_function(body) if isinstance(node, ast.Defer)]
    names = {node.name for defer in defers for node in walk(defer.body) if isinstance(node, ast.Name)}
    return frozenset(names), bool(defers)


def compile_closure(builder: FunctionBuilder, node: ast.ClosureExpr) -> None:
    emit_closure(builder, node, None)


def emit_closure(builder: FunctionBuilder, node: ast.ClosureExpr, self_name: str | None) -> None:
    """Push a closure; self_name is the variable it is about to be bound to, so that it can call itself."""
    builder.at(node)
    child = compile_function(builder, "<closure>", node.params, node.body, implicit_value=True, self_name=self_name)
    builder.at(node)
    builder.emit(Op.CLOSURE, child)


def compile_fn(builder: FunctionBuilder, node: ast.Fn) -> None:
    builder.at(node)
    child = compile_function(builder, node.name, node.params, node.body, implicit_value=False, self_name=node.name)
    builder.at(node)
    builder.emit(Op.CLOSURE, child)
    statements.declare(builder, node, node.name, False, Kind.FUNCTION)


def compile_struct(builder: FunctionBuilder, node: ast.Struct) -> None:
    builder.at(node)
    builder.emit(Op.STRUCT_TYPE, builder.constant(node.name))
    statements.declare(builder, node, node.name, False, Kind.FUNCTION)


def compile_impl(builder: FunctionBuilder, node: ast.Impl) -> None:
    names = []
    for method in node.methods:
        builder.at(method)
        child = compile_function(
            builder,
            f"{node.type_name}.{method.name}",
            method.params,
            method.body,
            implicit_value=False,
            may_yield=False,
        )
        builder.at(method)
        builder.emit(Op.CLOSURE, child)
        names.append(method.name)
    builder.at(node)
    builder.emit(Op.IMPL, builder.constant(node.type_name), builder.constant(names), len(names))


def compile_tool(builder: FunctionBuilder, node: ast.Tool) -> None:
    """A tool declaration binds a registry dict with this one tool (chapter 02 section 14.1)."""
    builder.at(node)

    def text(value: str) -> None:
        builder.push_constant(value)

    text("_type")
    text("tool_registry")
    text("tools")
    text("name")
    text(node.name)
    text("description")
    text(node.description or "")
    text("handler")
    child = compile_function(builder, node.name, node.params, node.body, implicit_value=True, by_name=True)
    builder.at(node)
    builder.emit(Op.CLOSURE, child)
    text("parameters")
    for param in node.params:
        schema = json_schema_of_type(param.type, builder.file.aliases) if param.type is not None else None
        schema = {"type": "any"} if schema is None else dict(schema)
        text(param.name)
        if param.default is not None:
            schema["required"] = False
            builder.emit(Op.DATA, builder.constant(schema))
            if _mentions_parameter(param.default, node.params):
                continue  # only a call knows what it is
            text("default")
            expressions.compile_expression(builder, param.default)
            builder.emit(Op.DICT, 1)
            builder.emit(Op.DICT_MERGE)
        else:
            builder.emit(Op.DATA, builder.constant(schema))
    builder.emit(Op.DICT, len(node.params))
    count = 4
    output = json_schema_of_type(node.result, builder.file.aliases) if node.result is not None else None
    if output is not None:
        text("outputSchema")
        builder.emit(Op.DATA, builder.constant(output))
        count += 1
    builder.emit(Op.DICT, count)
    builder.emit(Op.LIST, 1)
    builder.emit(Op.DICT, 2)
    statements.declare(builder, node, node.name, False)


def _mentions_parameter(default: ast.Expr, params: tuple[ast.Param, ...]) -> bool:
    names = {param.name for param in params}
    return any(isinstance(node, ast.Name) and node.name in names for node in walk(default))


def compile_acp_tool(builder: FunctionBuilder, attribute: ast.Attribute, function: ast.Fn) -> None:
    """`@acp_tool(...)` defines a tool of a registry that nobody keeps (chapter 02 section 14.3)."""
    named = {argument.name: argument.value for argument in attribute.args if argument.name is not None}
    name = named.pop("name", None)
    builder.at(attribute)

    def literal(value: ast.Expr) -> None:
        if isinstance(value, ast.Name):
            builder.push_constant(value.name)
        else:
            expressions.compile_expression(builder, value)

    builder.call_builtin("tool_registry", 0)
    if name is None:
        builder.push_constant(function.name)
    else:
        literal(name)
    builder.push_constant("")
    builder.push_constant("handler")
    emit_name(builder, function.name)
    builder.push_constant("annotations")
    for key, value in named.items():
        builder.push_constant(key)
        literal(value)
    builder.emit(Op.DICT, len(named))
    builder.emit(Op.DICT, 2)
    builder.call_builtin("tool_define", 4)
    builder.emit(Op.POP)


def compile_spawn(builder: FunctionBuilder, node: ast.Spawn) -> None:
    builder.at(node)
    child = compile_function(builder, "<spawn>", (), node.body, implicit_value=True, may_yield=False)
    builder.at(node)
    builder.emit(Op.CLOSURE, child)
    builder.emit(Op.SPAWN)


def compile_parallel(builder: FunctionBuilder, node: ast.Parallel) -> None:
    """Limit, operand, body closure, PARALLEL: the order in which chapter 03 section 2.1 evaluates them."""
    limits = [value for _, value in node.options]
    for value in limits[:-1]:
        expressions.compile_expression(builder, value)
        builder.emit(Op.POP)
    if limits:
        expressions.compile_expression(builder, limits[-1])
    else:
        builder.emit(Op.NIL)
    expressions.compile_expression(builder, node.operand)
    builder.at(node)
    name = {"count": "<parallel>", "each": "<parallel_each>", "settle": "<parallel_settle>"}[node.mode]
    params: tuple[ast.Param, ...] = ()
    if node.variable is not None:
        params = (ast.Param(node.span, node.variable, None, None, False),)
    child = compile_function(builder, name, params, node.body, implicit_value=True, may_yield=False)
    builder.at(node)
    builder.emit(Op.CLOSURE, child)
    builder.emit(Op.PARALLEL, builder.constant(node.mode))


def emit_defer(builder: FunctionBuilder, node: ast.Defer) -> None:
    """Register the body; it shares the variables around it instead of taking a snapshot."""
    builder.at(node)
    child = compile_function(
        builder, "<defer>", (), node.body, implicit_value=False, may_yield=False, shares_cells=True
    )
    builder.at(node)
    builder.emit(Op.CLOSURE, child)
    builder.emit(Op.DEFER)

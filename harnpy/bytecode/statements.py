"""Code for statements and bodies. A body may be asked for the value of its last statement."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode import assignment, calls, control, expressions, functions, matching
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Kind, declared_names
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def compile_body(builder: FunctionBuilder, body: ast.Body, want: bool) -> None:
    """A body in its own scope."""
    with builder.scope(declared_names(body)):
        compile_statements(builder, body, want)


def compile_statements(builder: FunctionBuilder, body: ast.Body, want: bool) -> None:
    """Statements in the scope that is open; with want, the value of the last one (else nil) is left."""
    for statement in body[:-1] if want else body:
        compile_statement(builder, statement)
    if not want:
        return
    if body and isinstance(body[-1], expressions.EXPRESSION_NODES):
        expressions.compile_expression(builder, body[-1])  # type: ignore[arg-type]
        return
    if body:
        compile_statement(builder, body[-1])
    builder.emit(Op.NIL)


def compile_statement(builder: FunctionBuilder, node: ast.Stmt) -> None:
    """One statement; nothing is left on the stack."""
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        handler(builder, node)
        return
    # What has no handler is an expression.
    expressions.compile_expression(builder, node)  # type: ignore[arg-type]
    builder.emit(Op.POP)


def declare(
    builder: FunctionBuilder, node: ast.Node, name: str, mutable: bool, kind: Kind = Kind.DATA, alias: bool = False
) -> None:
    """Bind the value on top to name in the innermost scope; a clash of immutables is an error when it runs."""
    block = builder.blocks[-1]
    top_level = builder.parent is None and len(builder.blocks) == 1
    if top_level and builder.file.mode in ("module", "session"):
        _declare_module_variable(builder, name, mutable, kind)
        return
    earlier = block.bindings.get(name)
    if name != "_" and not mutable:
        if (earlier is not None and not earlier.mutable) or (
            _at_entry_level(builder) and name in builder.file.imported
        ):
            _redeclared(builder, name)
            return
        if builder.file.has_wildcard and _at_entry_level(builder):
            builder.emit(Op.CHECK_IMPORTED, builder.constant(name))
    binding = builder.bind(name, mutable, kind)
    if alias:
        block.aliases.append(binding.slot)
    builder.store(binding)


def _at_entry_level(builder: FunctionBuilder) -> bool:
    return (builder.parent is None and len(builder.blocks) == 1) or (
        builder.is_pipeline_body and len(builder.blocks) == 2
    )


def _redeclared(builder: FunctionBuilder, name: str) -> None:
    builder.emit(Op.POP)
    message = f"Cannot redeclare immutable variable '{name}' in the same scope (use 'var' for mutable bindings)"
    builder.emit(Op.RAISE, 1, builder.constant(message))


def _declare_module_variable(builder: FunctionBuilder, name: str, mutable: bool, kind: Kind) -> None:
    variable = builder.file.module_variables.get(name)
    if builder.file.mode == "module" and name != "_" and not mutable:
        if name in builder.file.imported:
            _redeclared(builder, name)
            return
        if builder.file.has_wildcard:
            builder.emit(Op.CHECK_IMPORTED, builder.constant(name))
    if variable is None:
        variable = builder.new_module_variable(name, mutable, kind)
    elif builder.file.mode == "session":
        variable.mutable, variable.kind = mutable, kind
    elif name != "_" and name in builder.declared_variables and not (mutable or variable.mutable):
        _redeclared(builder, name)
        return
    builder.declared_variables.add(name)
    builder.blocks[-1].upcoming.pop(name, None)
    builder.store(variable)


def _let(builder: FunctionBuilder, node: ast.Let) -> None:
    kind = Kind.DATA
    if isinstance(node.pattern, ast.NamePattern):
        name = node.pattern.name
        if isinstance(node.value, ast.ClosureExpr):
            functions.emit_closure(builder, node.value, name)
            kind = Kind.DATA if node.mutable else Kind.FUNCTION
        else:
            expressions.compile_expression(builder, node.value)
        builder.at(node)
        alias = isinstance(node.value, ast.Name | ast.Prop | ast.Index)
        declare(builder, node, name, node.mutable, kind, alias)
        binding = builder.blocks[-1].bindings.get(name)
        if binding is not None and not node.mutable and isinstance(node.value, ast.Str):
            binding.text = node.value.value
        return
    expressions.compile_expression(builder, node.value)
    matching.compile_destructuring(builder, node.pattern, node.mutable)


def _for(builder: FunctionBuilder, node: ast.For) -> None:
    iterator = builder.new_slot()
    with builder.block(Op.BLOCK, 0) as done:
        expressions.compile_expression(builder, node.iterable)
        builder.at(node)
        with builder.block(Op.FOR, iterator) as again:
            builder.loops.append((done, again))
            with builder.scope():
                matching.compile_destructuring(builder, node.pattern, True)
                compile_body(builder, node.body, False)
            builder.loops.pop()
    builder.emit(Op.CLEAR, iterator)


def _while(builder: FunctionBuilder, node: ast.While) -> None:
    builder.at(node)
    with builder.block(Op.BLOCK, 0) as done, builder.block(Op.LOOP) as again:
        expressions.compile_expression(builder, node.condition)
        builder.branch(Op.BR_UNLESS, done)
        builder.loops.append((done, again))
        compile_body(builder, node.body, False)
        builder.loops.pop()


def _break(builder: FunctionBuilder, node: ast.Break) -> None:
    if not builder.loops:
        raise builder.error(node, "break outside of loop")
    builder.at(node)
    builder.branch(Op.BR, builder.loops[-1][0])


def _continue(builder: FunctionBuilder, node: ast.Continue) -> None:
    if not builder.loops:
        raise builder.error(node, "continue outside of loop")
    builder.at(node)
    builder.branch(Op.BR, builder.loops[-1][1])


def _return(builder: FunctionBuilder, node: ast.Return) -> None:
    value = node.value
    free = not builder.protected and not builder.is_generator
    if free and isinstance(value, ast.Call):
        calls.compile_tail_call(builder, value)
    elif free and isinstance(value, ast.Binary) and value.op == "|>" and calls.pipes_into_call(value):
        calls.compile_tail_pipe(builder, value)
    elif value is not None:
        expressions.compile_expression(builder, value)
    else:
        builder.at(node)
        builder.emit(Op.NIL)
    builder.at(node)
    builder.emit(Op.RETURN)


def _yield(builder: FunctionBuilder, node: ast.Yield) -> None:
    if node.value is not None:
        expressions.compile_expression(builder, node.value)
    else:
        builder.emit(Op.NIL)
    builder.at(node)
    builder.emit(Op.YIELD if builder.is_generator else Op.POP)


def _throw(builder: FunctionBuilder, node: ast.Throw) -> None:
    expressions.compile_expression(builder, node.value)
    builder.at(node)
    builder.emit(Op.THROW)


def _guard(builder: FunctionBuilder, node: ast.Guard) -> None:
    expressions.compile_expression(builder, node.condition)
    builder.at(node)
    builder.emit(Op.NOT)
    with builder.block(Op.IF, 0):
        compile_body(builder, node.else_body, False)


def _require(builder: FunctionBuilder, node: ast.Require) -> None:
    expressions.compile_expression(builder, node.condition)
    builder.at(node)
    builder.emit(Op.NOT)
    with builder.block(Op.IF, 0):
        if node.message is not None:
            expressions.compile_expression(builder, node.message)
        else:
            builder.push_constant("require condition failed")
        builder.at(node)
        builder.emit(Op.THROW)


def _defer(builder: FunctionBuilder, node: ast.Defer) -> None:
    functions.emit_defer(builder, node)


def _attributed(builder: FunctionBuilder, node: ast.Attributed) -> None:
    check_attributes(builder, node)
    compile_statement(builder, node.inner)
    for attribute in node.attributes:
        if attribute.name == "acp_tool" and isinstance(node.inner, ast.Fn):
            functions.compile_acp_tool(builder, attribute, node.inner)


def check_attributes(builder: FunctionBuilder, node: ast.Attributed) -> None:
    """Raises the error of an attribute that does not belong on what it is put on."""
    for attribute in node.attributes:
        if attribute.name == "acp_tool" and not isinstance(node.inner, ast.Fn):
            raise builder.error(node, "@acp_tool can only be applied to function declarations")


def _nothing(builder: FunctionBuilder, node: ast.Node) -> None:
    """Declarations without code of their own: enum, interface, type, override; imports and pipelines run elsewhere."""


_HANDLERS: dict[type[ast.Node], Callable[[FunctionBuilder, Any], None]] = {
    ast.Let: _let,
    ast.Assign: assignment.compile_assign,
    ast.For: _for,
    ast.While: _while,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Return: _return,
    ast.Yield: _yield,
    ast.Throw: _throw,
    ast.Guard: _guard,
    ast.Require: _require,
    ast.Defer: _defer,
    ast.Mutex: lambda builder, node: control.compile_mutex(builder, node),
    ast.Attributed: _attributed,
    ast.Fn: lambda builder, node: functions.compile_fn(builder, node),
    ast.Tool: lambda builder, node: functions.compile_tool(builder, node),
    ast.Struct: lambda builder, node: functions.compile_struct(builder, node),
    ast.Impl: lambda builder, node: functions.compile_impl(builder, node),
    ast.If: lambda builder, node: control.compile_if(builder, node, False),
    ast.Match: lambda builder, node: control.compile_match(builder, node, False),
    ast.Retry: lambda builder, node: control.compile_retry(builder, node, False),
    ast.Deadline: lambda builder, node: control.compile_deadline(builder, node, False),
    ast.Select: lambda builder, node: control.compile_select(builder, node, False),
    ast.Enum: _nothing,
    ast.Interface: _nothing,
    ast.TypeAlias_: _nothing,
    ast.Override: _nothing,
    ast.Import: _nothing,
    ast.ImportAs: _nothing,
    ast.ImportNames: _nothing,
    ast.Pipeline: _nothing,
}

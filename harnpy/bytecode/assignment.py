"""Code for assignments: names, parts of values at any depth, compound forms, and the in-place idioms.

`xs = xs + [v]` and `d = d.merge(e)` become one instruction that may work in place: Harn has no statement that grows
a collection, so these idioms are every loop.
"""

from __future__ import annotations

from harnpy.bytecode import expressions
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.names import assignable, emit_name
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Binding
from harnpy.syntax import ast
from harnpy.syntax.walk import walk

# Methods that give a changed copy of their receiver; the runtime knows which it can do in place.
COPYING_METHODS = frozenset({"push", "pop", "merge", "remove", "add", "delete"})
_OPS = {"+": Op.ADD, "-": Op.SUBTRACT, "*": Op.MULTIPLY, "/": Op.DIVIDE, "%": Op.MODULO}


def compile_assign(builder: FunctionBuilder, node: ast.Assign) -> None:
    """Emit an assignment statement; nothing is left on the stack."""
    if isinstance(node.target, ast.Name):
        _assign_name(builder, node, node.target)
    else:
        _assign_path(builder, node)


def _assign_name(builder: FunctionBuilder, node: ast.Assign, target: ast.Name) -> None:
    binding = assignable(builder, target.name)
    usable = binding is not None and binding.mutable
    value = node.value
    if usable and binding is not None:
        grown = _grown(node, target.name)
        if grown is not None and _leaves_alone(grown, module=binding.module_index >= 0):
            _insist_on_value(builder, target, binding)
            if grown is not node.value and isinstance(value, ast.ListLit | ast.DictLit):
                builder.at(value)
                builder.load(binding)
                builder.emit(Op.CHECK_LIST if isinstance(value, ast.ListLit) else Op.CHECK_DICT)
                builder.emit(Op.POP)
            expressions.compile_expression(builder, grown)
            builder.at(node)
            builder.emit(Op.ADD_STORE, *builder.place(binding))
            return
        if (
            node.op is None
            and isinstance(value, ast.MethodCall)
            and not value.optional
            and value.method in COPYING_METHODS
            and isinstance(value.object, ast.Name)
            and value.object.name == target.name
            and not any(isinstance(arg, ast.Spread | ast.NamedArg) for arg in value.args)
            and _leaves_alone(value.args, module=binding.module_index >= 0)
        ):
            _insist_on_value(builder, target, binding)
            for arg in value.args:
                expressions.compile_expression(builder, arg)
            builder.at(node)
            place, index = builder.place(binding)
            builder.emit(Op.METHOD_STORE, place, index, builder.constant(value.method), len(value.args))
            return
    if node.op is not None:
        builder.at(target)
        emit_name(builder, target.name)
    expressions.compile_expression(builder, value)
    builder.at(node)
    if node.op is not None:
        builder.emit(_OPS[node.op])
    _store_name(builder, target.name, binding)


def _store_name(builder: FunctionBuilder, name: str, binding: Binding | None) -> None:
    if binding is not None and binding.mutable:
        builder.store(binding)
        return
    builder.emit(Op.POP)
    if binding is None and builder.file.has_wildcard:
        with builder.block(Op.IMPORTED, builder.constant(name)):
            builder.emit(Op.RAISE, 2, builder.constant(f"Undefined variable: {name}"))
            builder.emit(Op.NIL)
        builder.emit(Op.POP)
    elif binding is None:
        builder.emit(Op.RAISE, 2, builder.constant(f"Undefined variable: {name}"))
        return
    builder.emit(Op.RAISE, 2, builder.constant(f"Cannot assign to immutable binding: {name}"))


def _insist_on_value(builder: FunctionBuilder, node: ast.Name, binding: Binding) -> None:
    """Raise the error of an undefined variable where a local that is changed in place may not be declared yet."""
    if binding.checked:
        builder.at(node)
        builder.load(binding)
        builder.emit(Op.POP)


def _grown(node: ast.Assign, name: str) -> ast.Expr | None:
    """What x grows by: e of `x += e` and `x = x + e`, `[e]` of `x = [...x, e]`, `{k: e}` of `x = {...x, k: e}`; or None."""
    value = node.value
    if node.op is not None:
        return value if node.op == "+" else None
    if isinstance(value, ast.Binary) and value.op == "+" and _is_name(value.left, name):
        return value.right
    if isinstance(value, ast.ListLit) and value.elements and _is_spread(value.elements[0], name):
        return ast.ListLit(value.span, value.elements[1:])
    if isinstance(value, ast.DictLit) and value.entries and value.entries[0].key is None:
        if _is_name(value.entries[0].value, name) or _is_spread(value.entries[0].value, name):
            return ast.DictLit(value.span, value.entries[1:])
    return None


def _is_name(node: ast.Expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.name == name


def _is_spread(node: ast.Expr, name: str) -> bool:
    return isinstance(node, ast.Spread) and _is_name(node.expression, name)


def _leaves_alone(node: object, module: bool) -> bool:
    """Whether evaluating node cannot assign a variable of this function (nor, with module, call anything)."""
    disturbing = (ast.Assign, ast.Let, ast.Yield, *((ast.Call, ast.MethodCall) if module else ()))
    own = walk(node, lambda each: not isinstance(each, ast.ClosureExpr | ast.Fn | ast.Spawn))
    return not any(isinstance(each, disturbing) for each in own)


def _assign_path(builder: FunctionBuilder, node: ast.Assign) -> None:
    steps: list[ast.Prop | ast.Index] = []
    root: ast.Expr = node.target
    while isinstance(root, ast.Prop | ast.Index) and not (isinstance(root, ast.Prop) and root.optional):
        steps.append(root)
        root = root.object
    if not isinstance(root, ast.Name):
        raise builder.error(
            node,
            "cannot assign to a part of a value that no variable holds",
            "assign the value to a `var` first, then to its part",
        )
    steps.reverse()
    binding = assignable(builder, root.name)
    path = [step.name if isinstance(step, ast.Prop) else None for step in steps]
    indexes = [step.index for step in steps if isinstance(step, ast.Index)]
    if node.op is None:
        expressions.compile_expression(builder, node.value)
        for index in indexes:
            expressions.compile_expression(builder, index)
    else:
        _read_and_combine(builder, node, root, steps)
    builder.at(node)
    if binding is not None and binding.mutable:
        _insist_on_value(builder, root, binding)
    else:
        for _ in indexes:
            builder.emit(Op.POP)
        _store_name(builder, root.name, binding)
        return
    builder.emit(Op.STORE_PATH, *builder.place(binding), builder.constant(path), len(indexes))


def _read_and_combine(
    builder: FunctionBuilder, node: ast.Assign, root: ast.Name, steps: list[ast.Prop | ast.Index]
) -> None:
    """Compound form: read the target, then the right side; each index is evaluated once."""
    slots: list[int] = []
    builder.at(root)
    emit_name(builder, root.name)
    for step in steps:
        if isinstance(step, ast.Prop):
            builder.at(step)
            builder.emit(Op.PROP, builder.constant(step.name))
        else:
            expressions.compile_expression(builder, step.index)
            builder.emit(Op.DUP)
            slots.append(builder.new_slot())
            builder.emit(Op.STORE, slots[-1])
            builder.at(step)
            builder.emit(Op.INDEX)
    expressions.compile_expression(builder, node.value)
    builder.at(node)
    assert node.op is not None
    builder.emit(_OPS[node.op])
    for slot in slots:
        builder.emit(Op.LOAD, slot)

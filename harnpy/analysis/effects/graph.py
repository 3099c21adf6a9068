"""The call graph of a program: its functions, what each uses itself, and which it calls or hands on.

Every function of every file becomes a node, closures included. Trees are walked with a list of what is left to do, since
programs nest as deep as they like.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.effects.calls import CallRecorder
from harnpy.analysis.effects.functions import Argument, Call, Function
from harnpy.analysis.effects.model import PYTHON_EFFECT, TOP_LEVEL, Catalog, Module, Use
from harnpy.analysis.effects.parts import (
    bind_pattern,
    pattern_parts,
)
from harnpy.analysis.effects.scopes import Binding, Scope
from harnpy.import_paths import PYTHON
from harnpy.records import field_names
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_defaults
from harnpy.syntax.walk import walk, without_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_BODIES = frozenset({"body", "then", "else_body", "catch_body", "finally_body", "default"})
# What runs when the file has pipelines, or is imported.
_DECLARATIONS = (ast.Let, ast.Fn, ast.Tool, ast.Struct, ast.Impl)


class Graph(CallRecorder):
    """The functions of all files of a program. roots: the top level of each file by its key."""

    def __init__(self, modules: Mapping[str, Module], entry: str, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.entry = entry
        self.functions: list[Function] = []
        self.roots: dict[str, Function] = {}
        self.run_roots: list[Function] = []
        self._modules = modules
        self._exports: dict[str, dict[str, tuple[Function, bool]]] = {}
        self._scopes: dict[str, Scope] = {}
        for key, module in modules.items():
            self._declare_file(key, module)
        for key, module in modules.items():
            self._import(key, module)
        for key, module in modules.items():
            self._enter_file(key, module)
        while self._pending:
            node, scope, owner = self._pending.pop()
            visitor = _VISITORS.get(type(node))
            if visitor is None:
                self._visit_children(node, scope, owner)
            else:
                visitor(self, node, scope, owner)
        for function in list(self.functions):
            for method in function.methods:
                self._resolve_method(function, method)

    # --- files ------------------------------------------------------------------------------------------------------------

    def _declare_file(self, key: str, module: Module) -> None:
        program = module.program
        enums = frozenset(node.name for node in walk(program) if isinstance(node, ast.Enum)) | {"Result"}
        name = TOP_LEVEL if key == self.entry else f"import {module.path}"
        root = self._add(Function(name, "top level", key, program.span))
        self.roots[key] = root
        scope = self._scopes[key] = Scope(Scope(None, enums))
        self._declare(program.items, scope, root, "")
        exports: dict[str, tuple[Function, bool]] = {}
        for item in program.items:
            inner = without_attributes(item)
            if isinstance(inner, ast.Fn):
                for binding in scope.names[inner.name]:
                    if binding.function is not None and binding.start == inner.span.start:
                        exports[inner.name] = (binding.function, inner.is_pub)
        self._exports[key] = exports

    def _import(self, key: str, module: Module) -> None:
        """Bind what the imports of a file bring, in the scope around it."""
        root, scope = self.roots[key], self._scopes[key].up
        assert scope is not None
        for item in module.program.items:
            if not isinstance(item, ast.Import | ast.ImportAs | ast.ImportNames):
                continue
            if item.path.startswith(PYTHON):
                self.has_python = True
                name = item.path.removeprefix(PYTHON)
                root.uses.append(Use(f"import {item.path}", frozenset({PYTHON_EFFECT}), item.span, (name,)))
                if isinstance(item, ast.ImportAs):
                    scope.declare(item.name, Binding(-1, python=name))
                elif isinstance(item, ast.ImportNames):
                    for each in item.names:
                        scope.declare(each, Binding(-1, python=f"{name}.{each}"))
                continue
            target = module.imports.get(item.path)
            if target is None:
                root.unknown.append((f"imports '{item.path}', which cannot be read", item.span))
                continue
            root.calls.append(Call(self.roots[target], item.span, ()))
            exports = self._exports[target]
            if isinstance(item, ast.ImportNames):
                wanted = {name: exports[name] for name in item.names if name in exports}
            else:
                has_public = any(is_pub for _, is_pub in exports.values())
                wanted = {name: each for name, each in exports.items() if each[1] or not has_public}
            for name, (function, _) in wanted.items():
                scope.declare(name, Binding(-1, function))

    def _enter_file(self, key: str, module: Module) -> None:
        items = module.program.items
        pipelines = {inner.name: inner for inner in map(without_attributes, items) if isinstance(inner, ast.Pipeline)}
        root, scope = self.roots[key], self._scopes[key]
        only_declarations = key != self.entry or bool(pipelines)
        for item in reversed(items):
            inner = without_attributes(item)
            if not isinstance(inner, ast.Import | ast.ImportAs | ast.ImportNames | ast.Pipeline | ast.Override):
                if isinstance(inner, _DECLARATIONS) or not only_declarations:
                    self._pending.append((inner, scope, root))
        if key != self.entry:
            return
        nodes = {name: self._add(Function(name, "pipeline", key, each.span)) for name, each in pipelines.items()}
        for name, pipeline in pipelines.items():
            inside = Scope(scope)
            for param in pipeline.params:
                inside.declare(param, Binding(pipeline.span.start, value=ast.Nil(pipeline.span)))
            self._enter_body(pipeline.body, inside, nodes[name])
            if pipeline.extends in nodes:
                nodes[name].calls.append(Call(nodes[pipeline.extends], pipeline.span, ()))
        self.run_roots = [root]
        if nodes:
            self.run_roots.append(nodes.get("default") or next(iter(nodes.values())))

    def _add(self, function: Function) -> Function:
        self.functions.append(function)
        return function

    # --- declarations -----------------------------------------------------------------------------------------------------

    def _enter_body(self, body: ast.Body, scope: Scope, owner: Function) -> None:
        """Do the statements of a body in a scope of their own."""
        inside = Scope(scope)
        self._declare(body, inside, owner, "" if owner.kind in ("top level", "") else f"{owner.name}.")
        self._pending += [(statement, inside, owner) for statement in reversed(body)]

    def _declare(self, body: ast.Body, scope: Scope, owner: Function, prefix: str) -> None:
        """Declare what the statements of a body bind, wherever in the body they stand."""
        for statement in body:
            inner = without_attributes(statement)
            start = inner.span.start
            if isinstance(inner, ast.Fn):
                function = self._add(Function(prefix + inner.name, "fn", owner.file, inner.span, inner.params))
                self._closures[id(inner)] = function
                scope.declare(inner.name, Binding(start, function))
            elif isinstance(inner, ast.Tool):
                function = self._add(Function(prefix + inner.name, "tool", owner.file, inner.span, inner.params))
                self._closures[id(inner)] = function
                scope.declare(inner.name, Binding(start, tool=function))
            elif isinstance(inner, ast.Struct):
                scope.declare(inner.name, Binding(start, is_struct=True))
            elif isinstance(inner, ast.Let):
                self._declare_let(inner, scope, owner, prefix)

    def _declare_let(self, let: ast.Let, scope: Scope, owner: Function, prefix: str) -> None:
        start = let.span.start
        if not isinstance(let.pattern, ast.NamePattern):
            bind_pattern(let.pattern, scope, start)
            return
        name = let.pattern.name
        if isinstance(let.value, ast.ClosureExpr) and not let.mutable:
            value = let.value
            function = self._add(Function(prefix + name, "closure", owner.file, let.span, value.params))
            self._closures[id(value)] = function
            scope.declare(name, Binding(start, function, value=value))
        elif let.mutable:
            scope.declare(name, Binding(start))
        else:
            scope.declare(name, Binding(start, value=let.value, scope=scope))

    def _function_body(self, function: Function, params: tuple[ast.Param, ...], body: ast.Body, scope: Scope) -> None:
        inside = Scope(scope)
        for position, param in enumerate(params):
            inside.declare(
                param.name, Binding(param.span.start, owner=function, position=-1 if param.rest else position)
            )
            if param.default is not None:
                self._pending.append((param.default, inside, function))
        self._enter_body(body, inside, function)

    # --- nodes of the tree ------------------------------------------------------------------------------------------------

    def _visit_children(self, node: ast.Node, scope: Scope, owner: Function) -> None:
        """Visit what is below a node; what is a body gets a scope of its own."""
        for name in field_names(type(node))[:0:-1]:
            value: Any = getattr(node, name)
            if isinstance(value, ast.Node):
                self._pending.append((value, scope, owner))
            elif isinstance(value, tuple) and value:
                if name in _BODIES:
                    self._enter_body(value, scope, owner)
                else:
                    self._pending += [(each, scope, owner) for each in reversed(value) if isinstance(each, ast.Node)]

    def _visit_nothing(self, node: ast.Node, scope: Scope, owner: Function) -> None:
        """Types and imports touch nothing; overrides never run."""

    def _visit_attributed(self, node: ast.Attributed, scope: Scope, owner: Function) -> None:
        self._pending.append((node.inner, scope, owner))

    def _visit_fn(self, node: ast.Fn, scope: Scope, owner: Function) -> None:
        self._function_body(self._closures[id(node)], node.params, node.body, scope)

    def _visit_tool(self, node: ast.Tool, scope: Scope, owner: Function) -> None:
        self._function_body(self._closures[id(node)], node.params, node.body, scope)
        # The schema of the tool has the defaults, evaluated when it is declared.
        self._pending += [(param.default, scope, owner) for param in node.params if param.default is not None]

    def _visit_impl(self, node: ast.Impl, scope: Scope, owner: Function) -> None:
        for method in node.methods:
            name = f"{node.type_name}.{method.name}"
            function = self._add(Function(name, "method", owner.file, method.span, method.params))
            self._impls.setdefault(method.name, []).append(function)
            self._function_body(function, method.params, method.body, scope)

    def _visit_closure(self, node: ast.ClosureExpr, scope: Scope, owner: Function) -> None:
        function = self._closures.get(id(node))
        if function is None:
            function = self._closures[id(node)] = self._add(Function("", "", owner.file, node.span, node.params))
            function.within = owner if owner.kind else owner.within
            owner.calls.append(Call(function, node.span, None))
        self._function_body(function, node.params, node.body, scope)

    def _visit_for(self, node: ast.For, scope: Scope, owner: Function) -> None:
        inside = Scope(scope)
        bind_pattern(node.pattern, inside, node.span.start)
        self._enter_body(node.body, inside, owner)
        self._pending += [(each, scope, owner) for each in pattern_defaults(node.pattern)]
        self._pending.append((node.iterable, scope, owner))

    def _visit_let(self, node: ast.Let, scope: Scope, owner: Function) -> None:
        self._pending += [(each, scope, owner) for each in pattern_defaults(node.pattern)]
        self._pending.append((node.value, scope, owner))

    def _visit_assign(self, node: ast.Assign, scope: Scope, owner: Function) -> None:
        if isinstance(node.target, ast.Prop):
            self._entries.setdefault(node.target.name, []).append(Argument(node.value, scope))
        self._visit_children(node, scope, owner)

    def _visit_dict(self, node: ast.DictLit, scope: Scope, owner: Function) -> None:
        for entry in node.entries:
            if isinstance(entry.key, ast.Str):
                self._entries.setdefault(entry.key.value, []).append(Argument(entry.value, scope))
        self._visit_children(node, scope, owner)

    def _visit_try(self, node: ast.TryCatch, scope: Scope, owner: Function) -> None:
        self._enter_body(node.body, scope, owner)
        if node.has_catch:
            inside = Scope(scope)
            if node.error_name is not None:
                inside.declare(node.error_name, Binding(node.span.start))
            self._enter_body(node.catch_body, inside, owner)
        if node.finally_body is not None:
            self._enter_body(node.finally_body, scope, owner)

    def _visit_parallel(self, node: ast.Parallel, scope: Scope, owner: Function) -> None:
        inside = Scope(scope)
        if node.variable is not None:
            inside.declare(node.variable, Binding(node.span.start))
        self._enter_body(node.body, inside, owner)
        self._pending += [(value, scope, owner) for _, value in node.options]
        self._pending.append((node.operand, scope, owner))

    def _visit_select(self, node: ast.Select, scope: Scope, owner: Function) -> None:
        effects = {"schedule"}
        for case in node.cases:
            inside = Scope(scope)
            inside.declare(case.variable, Binding(case.span.start))
            self._enter_body(case.body, inside, owner)
            self._pending.append((case.channel, scope, owner))
        if node.timeout is not None:
            effects.add("time")
            self._enter_body(node.timeout[1], scope, owner)
            self._pending.append((node.timeout[0], scope, owner))
        if node.default is not None:
            self._enter_body(node.default, scope, owner)
        owner.uses.append(Use("select", frozenset(effects), node.span))

    def _visit_deadline(self, node: ast.Deadline, scope: Scope, owner: Function) -> None:
        owner.uses.append(Use("deadline", frozenset({"time"}), node.span))
        self._visit_children(node, scope, owner)

    def _visit_arm(self, node: ast.MatchArm, scope: Scope, owner: Function) -> None:
        inside = Scope(scope)
        for each in pattern_parts(node.pattern, scope.enums):
            if isinstance(each, ast.Name):
                inside.declare(each.name, Binding(node.span.start))
            else:
                self._pending.append((each, scope, owner))
        if node.guard is not None:
            self._pending.append((node.guard, inside, owner))
        self._enter_body(node.body, inside, owner)


_VISITORS: dict[type, Callable[[Graph, Any, Scope, Function], None]] = {
    ast.Attributed: Graph._visit_attributed,
    ast.Fn: Graph._visit_fn,
    ast.Tool: Graph._visit_tool,
    ast.Impl: Graph._visit_impl,
    ast.ClosureExpr: Graph._visit_closure,
    ast.For: Graph._visit_for,
    ast.Let: Graph._visit_let,
    ast.Assign: Graph._visit_assign,
    ast.DictLit: Graph._visit_dict,
    ast.TryCatch: Graph._visit_try,
    ast.Parallel: Graph._visit_parallel,
    ast.Select: Graph._visit_select,
    ast.Deadline: Graph._visit_deadline,
    ast.MatchArm: Graph._visit_arm,
    ast.Name: Graph._visit_name,
    ast.Call: Graph._visit_call,
    ast.MethodCall: Graph._visit_method,
    ast.Prop: Graph._visit_prop,
    ast.Binary: Graph._visit_binary,
    **dict.fromkeys(
        [ast.Struct, ast.Enum, ast.Interface, ast.TypeAlias_, ast.Override, ast.Pipeline],
        Graph._visit_nothing,
    ),
}

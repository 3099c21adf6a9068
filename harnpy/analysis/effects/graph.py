"""The call graph of a program: its functions, what each uses itself, and which it calls or hands on.

Every function of every file becomes a node, closures included. Trees are walked with a list of what is left to do, since
programs nest as deep as they like.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.effects.model import PYTHON_EFFECT, TOP_LEVEL, Catalog, Module, Use
from harnpy.analysis.effects.scopes import Binding, Scope
from harnpy.records import Record, field_names
from harnpy.syntax import ast
from harnpy.syntax.placeholder import has_placeholder
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from harnpy.syntax.ast import Span

    # What is left to do: a node, the scope that it stands in, the function that it belongs to.
    Task: TypeAlias = tuple[ast.Node, Scope, "Function"]

PYTHON = "py:"
_BODIES = frozenset({"body", "then", "else_body", "catch_body", "finally_body", "default"})
_TASK_OPERATIONS = frozenset({"await", "cancel", "cancel_graceful", "is_cancelled"})
# What runs when the file has pipelines, or is imported.
_DECLARATIONS = (ast.Let, ast.Fn, ast.Tool, ast.Struct, ast.Impl)


class Argument(Record):
    """An argument of a call and where it stands. name: the parameter that it is for, or "" for the position."""

    expression: ast.Expr
    scope: Scope
    name: str = ""


class Call(Record):
    """caller calls function; args is None where it only hands it on. shift: how many arguments come before args."""

    function: Function
    span: Span
    args: tuple[Argument, ...] | None
    shift: int = 0
    is_pipe: bool = False  # then a string is the name of a function


class CallbackCall(Record):
    """A call of a builtin or method that calls the arguments at some positions."""

    name: str
    positions: frozenset[int]
    args: tuple[Argument, ...]
    span: Span


class MethodUse(Record):
    """A method call, to be resolved once the methods and entries of all files are known."""

    name: str
    span: Span
    args: tuple[Argument, ...]


class Function:
    """A node: uses, calls and callback calls are what it does itself; given and unknown why that may not be all."""

    def __init__(self, name: str, kind: str, file: str, span: Span, params: tuple[ast.Param, ...] = ()) -> None:
        self.name = name
        self.kind = kind
        self.file = file
        self.span = span
        self.params = tuple(param.name for param in params)
        self.uses: list[Use] = []
        self.calls: list[Call] = []
        self.callbacks: list[CallbackCall] = []
        self.methods: list[MethodUse] = []
        self.given: list[tuple[str, Span]] = []
        self.unknown: list[tuple[str, Span]] = []
        self.called_params: dict[int, tuple[str, Span, bool]] = {}  # how and where, and whether a string will do
        self.within: Function | None = None  # of a closure without a name: the function with one in which it is written


class Graph:
    """The functions of all files of a program. roots: the top level of each file by its key."""

    def __init__(self, modules: Mapping[str, Module], entry: str, catalog: Catalog) -> None:
        self.catalog = catalog
        self.entry = entry
        self.functions: list[Function] = []
        self.roots: dict[str, Function] = {}
        self.run_roots: list[Function] = []
        self.has_python = False
        self._modules = modules
        self._impls: dict[str, list[Function]] = {}
        self._entries: dict[str, list[Argument]] = {}
        self._closures: dict[int, Function] = {}
        self._pending: list[Task] = []
        self._exports: dict[str, dict[str, tuple[Function, bool]]] = {}
        self._scopes: dict[str, Scope] = {}
        self._known_pipelines: dict[str, Function] = {}
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
            inner = _inner(item)
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
        pipelines = {inner.name: inner for inner in map(_inner, items) if isinstance(inner, ast.Pipeline)}
        root, scope = self.roots[key], self._scopes[key]
        only_declarations = key != self.entry or bool(pipelines)
        for item in reversed(items):
            inner = _inner(item)
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
            inner = _inner(statement)
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
            _bind(let.pattern, scope, start)
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
        _bind(node.pattern, inside, node.span.start)
        self._enter_body(node.body, inside, owner)
        self._pending += [(each, scope, owner) for each in _defaults(node.pattern)]
        self._pending.append((node.iterable, scope, owner))

    def _visit_let(self, node: ast.Let, scope: Scope, owner: Function) -> None:
        self._pending += [(each, scope, owner) for each in _defaults(node.pattern)]
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
        for each in _pattern_parts(node.pattern, scope.enums):
            if isinstance(each, ast.Name):
                inside.declare(each.name, Binding(node.span.start))
            else:
                self._pending.append((each, scope, owner))
        if node.guard is not None:
            self._pending.append((node.guard, inside, owner))
        self._enter_body(node.body, inside, owner)

    # --- names and calls --------------------------------------------------------------------------------------------------

    def _visit_name(self, node: ast.Name, scope: Scope, owner: Function) -> None:
        """A name that is not called: what it stands for is handed on, so it counts here."""
        for function in self._functions_of(node, scope, owner):
            owner.calls.append(Call(function, node.span, None))

    def _functions_of(self, node: ast.Name, scope: Scope, owner: Function) -> list[Function]:
        """The functions that a name which is not called may stand for; uses of builtins are noted with owner."""
        meanings, may_be_global = scope.meanings(node.name, node.span.start, call=False)
        found = []
        for each in meanings:
            function = each.function or each.tool
            if function is not None:
                found.append(function)
            elif each.python:
                owner.uses.append(Use(f"py:{each.python}", frozenset({PYTHON_EFFECT}), node.span))
        if may_be_global:
            self._use(node.name, None, node.span, owner)
        return found

    def _use(self, name: str, args: tuple[ast.Expr, ...] | None, span: Span, owner: Function) -> bool:
        """Note the use of a builtin; False if there is none of that name."""
        count = None if args is None or any(_is_open(arg) for arg in args) else len(args)
        effects = self.catalog.effects(name, count)
        if effects is None:
            return False
        if effects:
            texts = tuple(_text(arg) for arg in args) if args is not None and count is not None else ()
            owner.uses.append(Use(name, effects, span, texts))
        return True

    def _visit_call(self, node: ast.Call, scope: Scope, owner: Function) -> None:
        args = _arguments(node.args, scope)
        callee = node.callee
        if isinstance(callee, ast.Name):
            self._call_name(callee.name, callee.span.start, node.args, args, node.span, scope, owner)
        else:
            self._call_value(callee, args, node.span, scope, owner)
        self._pending += [(arg, scope, owner) for arg in reversed(node.args)]

    def _call_name(
        self,
        name: str,
        start: int,
        args: tuple[ast.Expr, ...],
        arguments: tuple[Argument, ...],
        span: Span,
        scope: Scope,
        owner: Function,
        *,
        is_pipe: bool = False,
    ) -> None:
        """`name(args)`, or `a |> name`, which calls what the name holds, or the builtin whose name it holds."""
        meanings, may_be_global = ([], True) if name in _TASK_OPERATIONS else scope.meanings(name, start, call=True)
        is_known = False
        for each in meanings:
            is_known = True
            function = each.function or each.tool
            if function is not None:
                owner.calls.append(Call(function, span, arguments))
            elif each.python:
                owner.uses.append(Use(f"py:{each.python}", frozenset({PYTHON_EFFECT}), span))
            elif each.owner is not None:
                self._call_parameter(name, each, span, owner, is_pipe)
            elif not each.is_struct and not each.is_plain:
                self._call_variable(name, each, arguments, span, scope, owner, is_pipe)
        if not may_be_global:
            return
        if self._use(name, args, span, owner):
            positions = self.catalog.callbacks(name)
            if positions:
                owner.callbacks.append(CallbackCall(name, positions, arguments, span))
        elif not is_known:
            owner.given.append((f"calls `{name}`, which nothing here declares", span))

    def _call_parameter(self, name: str, parameter: Binding, span: Span, owner: Function, is_pipe: bool) -> None:
        assert parameter.owner is not None
        if parameter.position < 0 or parameter.owner.kind == "":
            text = (
                f"calls `{name}`, a parameter of a closure" if parameter.position >= 0 else f"calls `{name}`, a value"
            )
            self._note_value_call(text, span, owner, is_pipe)
            return
        verb = "pipes into" if is_pipe else "calls"
        reason = (f"{verb} its parameter `{name}`", span, is_pipe)
        parameter.owner.called_params.setdefault(parameter.position, reason)
        if is_pipe:
            text, at, _ = parameter.owner.called_params[parameter.position]
            parameter.owner.called_params[parameter.position] = (text, at, True)
        inside = owner if owner.kind else owner.within
        if inside is not None and inside is not parameter.owner:
            inside.given.append((f"calls `{name}`, a parameter of `{parameter.owner.name}`", span))

    def _call_variable(
        self,
        name: str,
        variable: Binding,
        arguments: tuple[Argument, ...],
        span: Span,
        scope: Scope,
        owner: Function,
        is_pipe: bool,
    ) -> None:
        """A call of what a variable holds: of what its `let` says, if that is a name, else of something unknown."""
        value = variable.value
        if isinstance(value, ast.Str) and is_pipe:
            self._call_name(value.value, span.start, (), arguments, span, scope, owner)
            return
        if isinstance(value, ast.Str | ast.RawStr):
            return
        if isinstance(value, ast.Name) and value.name != name:
            functions = [
                each.function
                for each in (variable.scope or scope).meanings(value.name, value.span.start, call=False)[0]
                if each.function
            ]
            if functions:
                owner.calls += [Call(function, span, arguments) for function in functions]
                return
            if self._use(value.name, None, span, owner):
                return
        self._note_value_call(f"calls `{name}`, a value", span, owner, is_pipe)

    def _note_value_call(self, text: str, span: Span, owner: Function, is_pipe: bool) -> None:
        if is_pipe:
            owner.unknown.append((text.replace("calls", "pipes into", 1) + ", maybe the name of a builtin", span))
        else:
            owner.given.append((text, span))

    def _call_value(
        self,
        callee: ast.Expr,
        args: tuple[Argument, ...],
        span: Span,
        scope: Scope,
        owner: Function,
        is_pipe: bool = False,
    ) -> None:
        """A call of what an expression gives."""
        if isinstance(callee, ast.Prop) and self._python_of(callee, scope):
            owner.uses.append(Use(f"py:{self._python_of(callee, scope)}", frozenset({PYTHON_EFFECT}), span))
        elif not isinstance(callee, ast.ClosureExpr):
            self._note_value_call("calls what an expression gives", span, owner, is_pipe)
        self._pending.append((callee, scope, owner))

    def _visit_method(self, node: ast.MethodCall, scope: Scope, owner: Function) -> None:
        receiver = node.object
        python = self._python_of(receiver, scope)
        args = _arguments(node.args, scope)
        is_enum = isinstance(receiver, ast.Name) and receiver.name in scope.enums and not node.optional
        if python:
            owner.uses.append(Use(f"py:{python}.{node.method}", frozenset({PYTHON_EFFECT}), node.span))
        elif not is_enum:
            owner.methods.append(MethodUse(node.method, node.span, args))
        self._pending += [(arg, scope, owner) for arg in reversed(node.args)]
        if not is_enum and not python:
            self._pending.append((receiver, scope, owner))

    def _visit_prop(self, node: ast.Prop, scope: Scope, owner: Function) -> None:
        python = self._python_of(node, scope)
        if python:
            owner.uses.append(Use(f"py:{python}", frozenset({PYTHON_EFFECT}), node.span))
        else:
            self._pending.append((node.object, scope, owner))

    def _python_of(self, node: ast.Expr, scope: Scope) -> str:
        """The dotted name of the Python object that a name, or a property of one, stands for; "" for none."""
        names: list[str] = []
        while isinstance(node, ast.Prop):
            names.append(node.name)
            node = node.object
        if isinstance(node, ast.Name):
            for each in scope.meanings(node.name, node.span.start, call=False)[0]:
                if each.python:
                    return ".".join([each.python, *reversed(names)])
        return ""

    def _visit_binary(self, node: ast.Binary, scope: Scope, owner: Function) -> None:
        if node.op != "|>" or has_placeholder(node.right):
            self._visit_children(node, scope, owner)
            return
        right, arguments = node.right, (Argument(node.left, scope),)
        if isinstance(right, ast.Name):
            self._call_name(
                right.name, right.span.start, (node.left,), arguments, node.span, scope, owner, is_pipe=True
            )
        elif isinstance(right, ast.Str):
            self._call_name(right.value, right.span.start, (node.left,), arguments, node.span, scope, owner)
        elif isinstance(right, ast.ClosureExpr):
            self._pending.append((right, scope, owner))
        else:
            self._call_value(right, arguments, node.span, scope, owner, is_pipe=True)
        self._pending.append((node.left, scope, owner))

    def use_by_name(self, name: str, span: Span, owner: Function) -> None:
        """Note the use of the builtin that a string names."""
        self._use(name, None, span, owner)

    # --- once everything is known -----------------------------------------------------------------------------------------

    def _resolve_method(self, owner: Function, use: MethodUse) -> None:
        """Every method of that name in an impl, every function that a dict holds under it, a method of a built-in kind."""
        is_known = use.name in self.catalog.methods
        if is_known:
            positions = self.catalog.callbacks(f".{use.name}")
            if positions:
                owner.callbacks.append(CallbackCall(f".{use.name}", positions, use.args, use.span))
        for function in self._impls.get(use.name, ()):
            is_known = True
            owner.calls.append(Call(function, use.span, use.args, shift=1))
        for entry in self._entries.get(use.name, ()):
            functions, others = self.values_of(entry)
            owner.calls += [Call(function, use.span, use.args) for function in functions]
            is_known = is_known or bool(functions)
            if others and not is_known:
                is_known = True
                owner.given.append((f"calls the entry `{use.name}` of a dict, a value", use.span))
        if not is_known:
            if self.has_python:
                owner.uses.append(Use(f"py:.{use.name}", frozenset({PYTHON_EFFECT}), use.span))
            else:
                owner.given.append((f"calls the method `{use.name}`, which nothing here declares", use.span))

    def values_of(self, argument: Argument) -> tuple[list[Function], list[Binding | None]]:
        """The functions that an expression may be, and what else: parameters, or None for something unknown.

        What it stands for counts as handed on where the expression stands, so uses of builtins need no note here.
        """
        functions: list[Function] = []
        others: list[Binding | None] = []
        pending: list[tuple[ast.Expr, Scope]] = [(argument.expression, argument.scope)]
        seen: set[int] = set()
        while pending:
            expression, scope = pending.pop()
            if id(expression) in seen:
                continue
            seen.add(id(expression))
            if isinstance(expression, ast.ClosureExpr):
                function = self._closures.get(id(expression))
                functions += [function] if function is not None else []
            elif isinstance(expression, ast.Ternary):
                pending += [(expression.then, scope), (expression.otherwise, scope)]
            elif isinstance(expression, ast.Binary) and expression.op == "??":
                pending += [(expression.left, scope), (expression.right, scope)]
            elif isinstance(expression, ast.Binary | ast.Unary) and getattr(expression, "op", "") != "|>":
                continue  # numbers, strings, lists: no function
            elif isinstance(expression, ast.Prop) and self._entries.get(expression.name):
                pending += [(entry.expression, entry.scope) for entry in self._entries[expression.name]]
            elif isinstance(expression, ast.Name):
                meanings, may_be_global = scope.meanings(expression.name, expression.span.start, call=False)
                for each in meanings:
                    function = each.function or each.tool
                    if function is not None:
                        functions.append(function)
                    elif each.value is not None and not each.is_plain:
                        pending.append((each.value, each.scope or scope))
                    elif not (each.is_plain or each.is_struct or each.python):
                        others.append(each if each.owner is not None else None)
                if may_be_global and not meanings and self.catalog.effects(expression.name, None) is None:
                    others.append(None)
            elif not Binding(0, value=expression).is_plain and not isinstance(expression, ast.Str | ast.RawStr):
                others.append(None)
        return functions, others


def _inner(item: ast.Stmt) -> ast.Stmt:
    while isinstance(item, ast.Attributed):
        item = item.inner
    return item


def _is_open(arg: ast.Expr) -> bool:
    """Whether an argument leaves open how many there are, or which."""
    return isinstance(arg, ast.Spread | ast.NamedArg)


def _text(arg: ast.Expr) -> str | None:
    return arg.value if isinstance(arg, ast.Str | ast.RawStr) else None


def _arguments(args: tuple[ast.Expr, ...], scope: Scope) -> tuple[Argument, ...]:
    return tuple(
        Argument(arg.value, scope, arg.name) if isinstance(arg, ast.NamedArg) else Argument(arg, scope) for arg in args
    )


def _bind(pattern: ast.Pattern, scope: Scope, start: int) -> None:
    """Declare the names of a pattern, of whose values nothing is known."""
    names: list[str]
    if isinstance(pattern, ast.NamePattern):
        names = [pattern.name]
    elif isinstance(pattern, ast.PairPattern):
        names = [pattern.first, pattern.second]
    elif isinstance(pattern, ast.DictPattern):
        names = [field.alias or field.key for field in pattern.fields]
    else:
        names = [element.name for element in pattern.elements]
    for name in names:
        scope.declare(name, Binding(start))


def _defaults(pattern: ast.Pattern) -> list[ast.Expr]:
    if isinstance(pattern, ast.DictPattern):
        return [field.default for field in pattern.fields if field.default is not None]
    if isinstance(pattern, ast.ListPattern):
        return [element.default for element in pattern.elements if element.default is not None]
    return []


def _pattern_parts(pattern: ast.Expr, enums: frozenset[str]) -> list[ast.Expr]:
    """What a match pattern consists of: names that it binds, and expressions that it compares with."""
    if isinstance(pattern, ast.MethodCall) and isinstance(pattern.object, ast.Name) and pattern.object.name in enums:
        return list(pattern.args)
    if isinstance(pattern, ast.DictLit):
        return [entry.value for entry in pattern.entries]
    if isinstance(pattern, ast.ListLit):
        return list(pattern.elements)
    return [pattern]


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

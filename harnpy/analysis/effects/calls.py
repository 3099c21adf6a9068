"""What names, calls, methods and pipes in a function mean for the call graph: whom it calls, or hands on, and what it uses.

Methods and entries of dicts are told apart by name, once those of all files are known.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.effects.functions import Argument, Call, CallbackCall, Function, MethodUse
from harnpy.analysis.effects.model import PYTHON_EFFECT, Catalog, Use
from harnpy.analysis.effects.parts import arguments_of, is_open, text_of
from harnpy.analysis.effects.scopes import Binding, Scope
from harnpy.syntax import ast
from harnpy.syntax.placeholder import has_placeholder

if TYPE_CHECKING:
    from typing import TypeAlias

    from harnpy.syntax.ast import Span

    # What is left to do: a node, the scope that it stands in, the function that it belongs to.
    Task: TypeAlias = tuple[ast.Node, Scope, Function]

_TASK_OPERATIONS = frozenset({"await", "cancel", "cancel_graceful", "is_cancelled"})


class CallRecorder:
    """Notes with each function what it calls and uses. impls and entries: methods, and what dicts hold, by name."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.has_python = False
        self._impls: dict[str, list[Function]] = {}
        self._entries: dict[str, list[Argument]] = {}
        self._closures: dict[int, Function] = {}
        self._pending: list[Task] = []

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
        count = None if args is None or any(is_open(arg) for arg in args) else len(args)
        effects = self.catalog.effects(name, count)
        if effects is None:
            return False
        if effects:
            texts = tuple(text_of(arg) for arg in args) if args is not None and count is not None else ()
            owner.uses.append(Use(name, effects, span, texts))
        return True

    def _visit_call(self, node: ast.Call, scope: Scope, owner: Function) -> None:
        args = arguments_of(node.args, scope)
        callee = node.callee
        if isinstance(callee, ast.Name):
            self._call_name(callee.name, callee.span.start, node.args, args, node.span, scope, owner)
        else:
            self._call_value(callee, node.span, scope, owner)
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
        args = arguments_of(node.args, scope)
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
            self._pending += [(node.right, scope, owner), (node.left, scope, owner)]
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
            self._call_value(right, node.span, scope, owner, is_pipe=True)
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

"""The walk over a program in source order: keeps scopes, collects names, and asks the rules about each construct.

A stack of visitors replaces recursion, so that programs may be nested as deep as they like. Here are the walk itself and the
visitors of statements and of expressions with bodies; the others are in declarations.py and operands.py.
"""

from __future__ import annotations

from types import GeneratorType

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.blocks import deletion, without_else
from harnpy.analysis.lint.declarations import DeclarationVisitor
from harnpy.analysis.lint.expressions import check_arms, is_pure
from harnpy.analysis.lint.laziness import check_conversion, expected_sink, known_kind
from harnpy.analysis.lint.names import assigned_root
from harnpy.analysis.lint.operands import OperandVisitor
from harnpy.analysis.lint.visitor import Place
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_defaults, pattern_names
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.analysis.lint.options import LintOptions
    from harnpy.analysis.lint.text import SourceText
    from harnpy.analysis.lint.visitor import Visits
    from harnpy.syntax.diagnostics import Edit


class Walker(DeclarationVisitor, OperandVisitor):
    """One walk. Afterwards found has the findings in source order, and names what the rules over the file need."""

    def __init__(self, text: SourceText, options: LintOptions) -> None:
        super().__init__(text, options)
        self._visitors: dict[type, Callable[[Any], Visits | None]] = {
            ast.Name: self._name,
            ast.Call: self._call,
            ast.MethodCall: self._method_call,
            ast.Prop: self._access,
            ast.Index: self._access,
            ast.Binary: self._binary,
            ast.Unary: lambda node: iter((node.operand,)),
            ast.Ternary: self._ternary,
            ast.Interp: self._interp,
            ast.ListLit: lambda node: iter(node.elements),
            ast.DictLit: lambda node: iter(node.entries),
            ast.Entry: lambda node: iter((node.key, node.value)),
            ast.StructLit: self._struct_literal,
            ast.NamedArg: lambda node: iter((node.value,)),
            ast.Spread: lambda node: iter((node.expression,)),
            ast.Slice: lambda node: iter((node.object, node.start, node.end)),
            ast.RangeExpr: lambda node: iter((node.start, node.end)),
            ast.TryOp: lambda node: iter((node.operand,)),
            ast.TryStar: lambda node: iter((node.operand,)),
            ast.ClosureExpr: self._closure,
            ast.Let: self._let,
            ast.Assign: self._assign,
            ast.If: self._if,
            ast.For: self._for,
            ast.While: self._while,
            ast.Return: self._return,
            ast.Yield: lambda node: iter((node.value,)),
            ast.Throw: lambda node: iter((node.value,)),
            ast.Break: self._break,
            ast.Continue: self._break,
            ast.Guard: self._guard,
            ast.Require: self._require,
            ast.Mutex: lambda node: self._scope(node.body),
            ast.Defer: lambda node: self._body(node.body),
            ast.Match: self._match,
            ast.Retry: self._retry,
            ast.Deadline: self._deadline,
            ast.Parallel: self._parallel,
            ast.Spawn: self._spawn,
            ast.TryCatch: self._try_catch,
            ast.TryExpr: lambda node: self._scope(node.body, has_value=self._is_valued()),
            ast.Select: self._select,
            ast.Pipeline: self._pipeline,
            ast.Override: self._override,
            ast.Fn: self._fn,
            ast.Tool: self._tool,
            ast.Impl: self._impl,
            ast.Struct: self._struct,
            ast.Enum: self._enum,
            ast.Interface: self._interface,
            ast.TypeAlias_: self._alias,
            ast.Attributed: self._attributed,
            ast.Import: self._import,
            ast.ImportNames: self._import,
            ast.ImportAs: self._import,
        }

    def walk(self, program: ast.Program) -> None:
        """Visit everything."""
        visitors = self._visitors
        stack: list[Visits] = [self._items(program.items)]
        while stack:
            for child in stack[-1]:
                visitor = visitors.get(type(child))
                if visitor is not None:
                    child = visitor(child)
                    if child is None:
                        continue
                elif type(child) is not GeneratorType:
                    continue
                stack.append(child)
                break
            else:
                stack.pop()

    # --- statements ---------------------------------------------------------------------------------------------------

    def _let(self, node: ast.Let) -> Visits:
        self.names.mention_types(node.type)
        names = [name for name in pattern_names(node.pattern) if name != "_"]
        for name in names:
            self.names.variables.append((name, node))
            if not node.mutable and self._scopes.has_variable_here(name):
                self.found.append(rules.REDECLARED_VARIABLE.at(node.span, name=name))
            self._check_outer(name, node)
        yield from pattern_defaults(node.pattern)
        yield node.value
        sink = expected_sink(node.type)
        self._report(check_conversion(node.value, sink, self._scopes))
        kind = known_kind(node.type, node.value)
        if node.mutable and kind in ("list", "dict") and node.type is None:
            kind = ""  # it may become something else
        for name in names:
            before = self._scopes.here(name)
            if before is not None:
                self.names.irreplaceable.update((id(node), id(before.statement)))
            self._scopes.declare(name, kind if isinstance(node.pattern, ast.NamePattern) else "", node)

    def _assign(self, node: ast.Assign) -> Visits:
        root = assigned_root(node.target)
        if root is not None:
            self.names.assigned.add(root)
        return iter((node.target, node.value))

    def _for(self, node: ast.For) -> Visits:
        place = self._taken_place()
        yield node.iterable
        if not node.body:
            edits: tuple[Edit, ...] = ()
            if place is not None and not place.is_needed and self._is_left_alone(node.iterable):
                edits = deletion(node, self.text)
            self.found.append(rules.EMPTY_FOR.at(node.span, edits))
        self._scopes.enter()
        for name in pattern_names(node.pattern):
            self._give(name)
        yield from pattern_defaults(node.pattern)
        self._loops += 1
        yield self._scope(node.body)
        self._loops -= 1
        self._scopes.leave()

    def _is_left_alone(self, iterable: ast.Expr) -> bool:
        """Whether going through a value changes nothing; what a call has made may be an iterator, or a channel."""
        made = isinstance(iterable, ast.Name) and self._scopes.kind_of(iterable.name) == "made"
        return is_pure(iterable) and not made

    def _while(self, node: ast.While) -> Visits:
        yield node.condition
        if not node.body:
            self.found.append(rules.EMPTY_WHILE.at(node.span))
        self._loops += 1
        yield self._scope(node.body)
        self._loops -= 1

    def _return(self, node: ast.Return) -> Visits:
        yield node.value
        self._report(check_conversion(node.value, self._sink, self._scopes))

    def _break(self, node: ast.Break | ast.Continue) -> None:
        if not self._loops:
            keyword = "break" if isinstance(node, ast.Break) else "continue"
            self.found.append(rules.BREAK_OUTSIDE_LOOP.at(node.span, keyword=keyword))

    def _guard(self, node: ast.Guard) -> Visits:
        yield node.condition
        yield self._scope(node.else_body)

    def _require(self, node: ast.Require) -> Visits:
        if self._in_test:
            self.found.append(rules.REQUIRE_IN_TEST.at(node.span))
        return iter((node.condition, node.message))

    # --- expressions with bodies --------------------------------------------------------------------------------------

    def _if(self, node: ast.If) -> Visits:
        place = self._taken_place()
        otherwise = node.else_body
        if otherwise and isinstance(otherwise[-1], ast.Return) and node.then and isinstance(node.then[-1], ast.Return):
            may_follow = place is not None and place.may_follow
            edits = without_else(node, self.text, self._scopes) if may_follow else ()
            self.found.append(rules.UNNECESSARY_ELSE_RETURN.at(node.span, edits))
        yield node.condition
        if not node.then:
            is_removable = place is not None and not place.is_needed and otherwise is None and is_pure(node.condition)
            self.found.append(rules.EMPTY_IF.at(node.span, deletion(node, self.text) if is_removable else ()))
        is_valued = place is None or place.has_value
        yield self._scope(node.then, has_value=is_valued)
        leaves = self._leaves
        if otherwise is None:
            self._leaves = False
            return
        first = otherwise[0] if len(otherwise) == 1 else None
        if isinstance(first, ast.If) and self.text.kind(self.text.index_at(first.span.start) - 1) == "ELSE":
            self._scopes.enter()
            may_follow = place is not None and place.may_follow and leaves
            self._place = Place(is_valued, is_needed=True, may_follow=may_follow)
            yield first
            self._scopes.leave()
        else:
            yield self._scope(otherwise, has_value=is_valued)
        self._leaves = leaves and self._leaves

    def _match(self, node: ast.Match) -> Visits:
        is_valued = self._is_valued()
        self.found += check_arms(node)
        yield node.value
        for arm in node.arms:
            self.names.given.update(each.name for each in walk(arm.pattern) if isinstance(each, ast.Name))
            yield arm.pattern
            self._scopes.enter()
            yield arm.guard
            yield self._body(arm.body, is_valued)
            self._scopes.leave()

    def _retry(self, node: ast.Retry) -> Visits:
        is_valued = self._is_valued()
        yield node.count
        yield self._scope(node.body, has_value=is_valued)

    def _deadline(self, node: ast.Deadline) -> Visits:
        is_valued = self._is_valued()
        yield node.duration
        yield self._scope(node.body, has_value=is_valued)

    def _parallel(self, node: ast.Parallel) -> Visits:
        yield node.operand
        for _, value in node.options:
            yield value
        yield self._task(node.body, node.variable)

    def _spawn(self, node: ast.Spawn) -> Visits:
        yield self._task(node.body)

    def _task(self, body: ast.Body, *variables: str | None) -> Visits:
        """Visit the body of a task, out of which no `break` leads."""
        loops, self._loops = self._loops, 0
        self._scopes.enter()
        for name in variables:
            self._give(name)
        yield self._body(body, has_value=True)
        self._scopes.leave()
        self._loops = loops

    def _try_catch(self, node: ast.TryCatch) -> Visits:
        is_valued = self._is_valued()
        if not node.body:
            self.found.append(rules.EMPTY_TRY.at(node.span))
        yield self._scope(node.body, has_value=is_valued)
        self.names.mention_types(node.error_type)
        yield self._scope(node.catch_body, node.error_name, has_value=is_valued)
        if node.finally_body is not None:
            yield self._scope(node.finally_body)

    def _select(self, node: ast.Select) -> Visits:
        is_valued = self._is_valued()
        for case in node.cases:
            yield case.channel
            yield self._scope(case.body, case.variable, has_value=is_valued)
        if node.timeout is not None:
            yield node.timeout[0]
            yield self._scope(node.timeout[1], has_value=is_valued)
        if node.default is not None:
            yield self._scope(node.default, has_value=is_valued)

    def _closure(self, node: ast.ClosureExpr) -> Visits:
        return self._callable(node, None, has_value=True)

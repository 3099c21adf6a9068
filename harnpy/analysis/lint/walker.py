"""The walk over a program in source order: keeps scopes, collects names, and asks the rules about each construct.

Visitors are generators that yield what is to be visited next, a node or another visitor, and go on when that is done; a
stack of them replaces recursion, so that programs may be nested as deep as they like.
"""

from __future__ import annotations

from types import GeneratorType

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.blocks import deletion, without_else
from harnpy.analysis.lint.complexity import complexity
from harnpy.analysis.lint.documentation import check_harndoc
from harnpy.analysis.lint.expressions import (
    ASSERTIONS,
    check_arithmetic,
    check_arms,
    check_comparison,
    check_prompt,
    check_raw_access,
    check_ternary,
    is_pure,
)
from harnpy.analysis.lint.laziness import check_conversion, expected_sink, known_kind
from harnpy.analysis.lint.names import Names, assigned_root, interpolated_words, pattern_defaults, pattern_names
from harnpy.analysis.lint.naming import check_function_name, check_type_name
from harnpy.analysis.lint.scopes import Scopes
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from harnpy.analysis.lint.options import LintOptions
    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic, Edit

    # What a visitor yields: nodes and visitors, which are visited, and None, which is skipped.
    Visits: TypeAlias = Iterator[Any]

_ENTRY_PIPELINES = ("default", "main", "auto")
_LEAVING = (ast.Return, ast.Throw, ast.Break, ast.Continue)
# Statements whose value is nil, whatever they hold.
_WITHOUT_VALUE = (
    *(ast.Let, ast.Assign, ast.Require, ast.Defer, ast.For, ast.While, ast.Guard, ast.Mutex, ast.Fn, ast.Tool),
    *(ast.Struct, ast.Enum, ast.Interface, ast.Impl, ast.TypeAlias_, ast.Attributed),
)


# Statements to which it matters where they stand.
_PLACED = (*(ast.If, ast.For, ast.Match, ast.TryCatch, ast.TryExpr, ast.Retry, ast.Deadline, ast.Select),)


class _Place:
    """Where a statement stands in its body.

    has_value: whether somebody may use its value. is_needed: whether the body would have another value without it.
    may_follow: whether what stands in its `else` may as well stand behind it.
    """

    __slots__ = ("has_value", "is_needed", "may_follow")

    def __init__(self, has_value: bool, is_needed: bool, may_follow: bool) -> None:
        self.has_value = has_value
        self.is_needed = is_needed
        self.may_follow = may_follow


# A statement at the top of a file, of whose value nobody learns.
_AT_TOP = _Place(has_value=False, is_needed=False, may_follow=True)


class Walker:
    """One walk. Afterwards found has the findings in source order, and names what the rules over the file need."""

    def __init__(self, text: SourceText, options: LintOptions) -> None:
        self.text = text
        self.options = options
        self.found: list[Diagnostic] = []
        self.names = Names()
        self.attributed_lines: dict[int, int] = {}  # line of the first attribute -> line of the declaration
        self._scopes = Scopes()
        self._loops = 0  # loops around the place, in the same function
        self._sink: str | None = None  # the collection that the function around the place promises to return
        self._in_test = False
        self._complexity_allowed = False
        self._attributes: tuple[ast.Attribute, ...] = ()  # of the declaration that is visited next
        self._attributes_line: int | None = None
        self._place: _Place | None = None  # of the statement that is visited next, if it is one that asks
        self._leaves = False  # whether the statement or body visited last always leaves
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

    def _report(self, finding: Diagnostic | None) -> None:
        if finding is not None:
            self.found.append(finding)

    # --- bodies and scopes --------------------------------------------------------------------------------------------

    def _items(self, items: ast.Body) -> Visits:
        for item in items:
            self._place = _AT_TOP if isinstance(item, _PLACED) else None
            yield item

    def _body(self, body: ast.Body, has_value: bool = False) -> Visits:
        """Visit statements; has_value says that somebody may use the value of the last one."""
        leaves = False
        last = len(body) - 1
        for index, statement in enumerate(body):
            if leaves:
                self.found.append(rules.UNREACHABLE_CODE.at(statement.span))
                start, end = statement.span.start, body[last].span.end
                self.names.unwalked.update(self.text.words(start, end))
                break
            self._place = None
            if isinstance(statement, _PLACED):
                is_valued = has_value and index == last
                is_needed = is_valued and index > 0 and not isinstance(body[index - 1], _WITHOUT_VALUE)
                self._place = _Place(is_valued, is_needed, may_follow=True)
            yield statement
            leaves = isinstance(statement, _LEAVING) or (isinstance(statement, ast.If) and self._leaves)
        self._place = None
        self._leaves = leaves

    def _scope(self, body: ast.Body, *variables: str | None, has_value: bool = False) -> Visits:
        """Visit a body in a scope of its own, with variables in the scope around it, which count as used.

        So it is at run time: what the body declares may have the name of a loop or catch variable, or of a parameter of
        its pipeline, and hides it.
        """
        self._scopes.enter()
        for name in variables:
            self._give(name)
        self._scopes.enter()
        yield self._body(body, has_value)
        self._scopes.leave()
        self._scopes.leave()

    def _give(self, name: str | None) -> None:
        if name is not None:
            self.names.given.add(name)
            if name != "_":
                self._scopes.declare(name)

    def _taken_place(self) -> _Place | None:
        """Where the node that is being visited stands as a statement; None for a node inside an expression."""
        place, self._place = self._place, None
        return place

    def _is_valued(self) -> bool:
        """Whether somebody may use the value of the node that is being visited."""
        place = self._taken_place()
        return place is None or place.has_value

    # --- declarations -------------------------------------------------------------------------------------------------

    def _import(self, node: ast.Import | ast.ImportNames | ast.ImportAs) -> None:
        self.names.imports.append(node)
        names = (
            node.names if isinstance(node, ast.ImportNames) else (node.name,) if isinstance(node, ast.ImportAs) else ()
        )
        for name in names:
            self._scopes.declare(name, "function")

    def _attributed(self, node: ast.Attributed) -> Visits:
        allows = self._complexity_allowed
        self._complexity_allowed = allows or any(_allows_complexity(attribute) for attribute in node.attributes)
        self.attributed_lines[node.span.line] = node.inner.span.line
        self._attributes, self._attributes_line = node.attributes, node.span.line
        yield node.inner
        self._attributes, self._attributes_line = (), None
        self._complexity_allowed = allows

    def _taken_attributes(self) -> tuple[frozenset[str], int | None]:
        """The attributes of the declaration that is being visited, by name, and the line of the first."""
        names, line = frozenset(attribute.name for attribute in self._attributes), self._attributes_line
        self._attributes, self._attributes_line = (), None
        return names, line

    def _pipeline(self, node: ast.Pipeline) -> Visits:
        attributes, _ = self._taken_attributes()
        is_test = node.name == "test" or node.name.startswith("test_") or "test" in attributes
        if node.is_pub and node.result is None and node.name not in _ENTRY_PIPELINES and not is_test:
            self.found.append(rules.PIPELINE_RETURN_TYPE.at(node.span, name=node.name))
        self.names.mention_types(node.result)
        self.names.given.update((node.name, *node.params))
        if node.extends is not None:
            self.names.mentioned.add(node.extends)
        outside, self._in_test = self._in_test, is_test
        yield self._scope(node.body, *node.params)
        self._in_test = outside

    def _override(self, node: ast.Override) -> None:
        self.names.mention_all(self.text.words(node.span.start, node.span.end))

    def _fn(self, node: ast.Fn, *, is_method: bool = False) -> Visits:
        attributes, line = self._taken_attributes()
        names = self.names
        if not is_method:
            names.functions.append((node, not attributes.isdisjoint(("test", "acp_tool"))))
            self._scopes.declare(node.name, "function")
        self._report(check_function_name(node))
        if node.is_pub:
            self._report(check_harndoc(node, line, self.text))
        names.mention_types(node.result)
        names.types.update(bound.bound for bound in node.where)
        exempt = "self" if is_method else None
        yield self._callable(node, expected_sink(node.result), exempt=exempt, in_test="test" in attributes)

    def _tool(self, node: ast.Tool) -> Visits:
        self._taken_attributes()
        self.names.functions.append((node, False))
        self._scopes.declare(node.name, "function")
        self._report(check_function_name(node))
        self.names.mention_types(node.result)
        yield self._callable(node, expected_sink(node.result), has_value=True)

    def _callable(
        self,
        node: ast.Fn | ast.Tool | ast.ClosureExpr,
        sink: str | None,
        *,
        exempt: str | None = None,
        in_test: bool = False,
        has_value: bool = False,
    ) -> Visits:
        """Visit parameters and body; the parameter called exempt need not be used."""
        if not isinstance(node, ast.ClosureExpr):
            self._check_complexity(node)
        outside = self._loops, self._sink, self._in_test
        self._loops, self._sink, self._in_test = 0, sink, self._in_test or in_test
        self._scopes.enter()
        for parameter in node.params:
            self._parameter(parameter, node, exempt)
        for parameter in node.params:
            yield parameter.default
        yield self._body(node.body, has_value)
        self._scopes.leave()
        self._loops, self._sink, self._in_test = outside

    def _check_complexity(self, node: ast.Fn | ast.Tool) -> None:
        if self._complexity_allowed:
            return
        score, threshold = complexity(node.body), self.options.complexity_threshold
        if score > threshold:
            self.found.append(
                rules.CYCLOMATIC_COMPLEXITY.at(node.span, name=node.name, score=score, threshold=threshold)
            )

    def _parameter(self, parameter: ast.Param, owner: ast.Node, exempt: str | None) -> None:
        name = parameter.name
        self.names.mention_types(parameter.type)
        if name == "_":
            return
        if name == exempt:
            self.names.given.add(name)
        else:
            self.names.parameters.append((name, owner))
        self._check_outer(name, owner)
        self._scopes.declare(name, known_kind(parameter.type, None))

    def _impl(self, node: ast.Impl) -> Visits:
        self._taken_attributes()
        self.names.types.add(node.type_name)
        for method in node.methods:
            yield self._fn(method, is_method=True)

    def _struct(self, node: ast.Struct) -> None:
        self.names.type_declarations.append(node)
        self._report(check_type_name(node))
        self.names.mention_types(*(field.type for field in node.fields))

    def _enum(self, node: ast.Enum) -> Visits:
        self.names.type_declarations.append(node)
        self._report(check_type_name(node))
        for variant in node.variants:
            for parameter in variant.params:
                self.names.mention_types(parameter.type)
                yield parameter.default

    def _interface(self, node: ast.Interface) -> Visits:
        self.names.type_declarations.append(node)
        self._report(check_type_name(node))
        self.names.mention_types(*(each.default for each in node.associated_types))
        for method in node.methods:
            self.names.mention_types(method.result)
            for parameter in method.params:
                self.names.mention_types(parameter.type)
                yield parameter.default

    def _alias(self, node: ast.TypeAlias_) -> None:
        self._report(check_type_name(node))
        self.names.mention_types(node.type)

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

    def _check_outer(self, name: str, node: ast.Node) -> None:
        if self._scopes.has_variable_outside(name):
            self.found.append(rules.SHADOW_VARIABLE.at(node.span, name=name))

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
            self._place = _Place(is_valued, is_needed=True, may_follow=may_follow)
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

    # --- other expressions --------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name) -> None:
        self.names.mentioned.add(node.name)

    def _call(self, node: ast.Call) -> Visits:
        callee = node.callee
        if isinstance(callee, ast.Name):
            name = callee.name
            self.names.calls.append((name, node))
            self._report(check_prompt(node, name))
            if name in ASSERTIONS and not self._in_test:
                self.found.append(rules.ASSERT_OUTSIDE_TEST.at(node.span, function=name))
        return iter((callee, *node.args))

    def _method_call(self, node: ast.MethodCall) -> Visits:
        return iter((node.object, *node.args))

    def _access(self, node: ast.Prop | ast.Index) -> Visits:
        self._report(check_raw_access(node))
        return iter((node.object, node.index if isinstance(node, ast.Index) else None))

    def _binary(self, node: ast.Binary) -> Visits:
        if node.op in ("==", "!="):
            self._report(check_comparison(node, self.text))
        else:
            self._report(check_arithmetic(node, self.text))
            if node.op == "|>" and isinstance(node.right, ast.Str):
                self.names.mentioned.add(node.right.value)  # a pipe may name what it calls
        return iter((node.left, node.right))

    def _ternary(self, node: ast.Ternary) -> Visits:
        yield node.condition
        yield node.then
        yield node.otherwise
        self._report(check_ternary(node, self.text))

    def _struct_literal(self, node: ast.StructLit) -> Visits:
        self.names.types.add(node.name)
        return iter(node.entries)

    def _interp(self, node: ast.Interp) -> None:
        self.names.mentioned.update(interpolated_words(node, self.text))
        for piece in node.pieces:
            if isinstance(piece, (ast.Name, ast.Prop, str)):
                continue  # nearly all of them, and nothing is assigned there
            for inner in walk(piece):
                root = assigned_root(inner.target) if isinstance(inner, ast.Assign) else None
                if root is not None:
                    self.names.assigned.add(root)


def _allows_complexity(attribute: ast.Attribute) -> bool:
    return attribute.name == "complexity" and any(
        argument.name is None and isinstance(argument.value, ast.Name) and argument.value.name == "allow"
        for argument in attribute.args
    )

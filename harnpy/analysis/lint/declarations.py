"""The visitors of declarations."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.complexity import complexity
from harnpy.analysis.lint.documentation import check_harndoc
from harnpy.analysis.lint.laziness import expected_sink, known_kind
from harnpy.analysis.lint.naming import check_function_name, check_type_name
from harnpy.analysis.lint.visitor import Visitor
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.lint.visitor import Visits

_ENTRY_PIPELINES = ("default", "main", "auto")


class DeclarationVisitor(Visitor):
    """Visits declarations, and the parameters and bodies of whatever can be called."""

    def _import(self, node: ast.Import | ast.ImportNames | ast.ImportAs) -> None:
        self.names.imports.append(node)
        if isinstance(node, ast.ImportNames):
            for name in node.names:
                self._scopes.declare(name, "function")
        elif isinstance(node, ast.ImportAs):
            self._scopes.declare(node.name, "function")

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
        self.names.pipelines.append(node.name)
        self.names.given.update((node.name, *node.params))
        if node.extends is not None:
            self.names.mentioned.add(node.extends)
        outside, self._in_test = self._in_test, is_test
        yield self._scope(node.body, *node.params)
        self._in_test = outside

    def _override(self, node: ast.Override) -> None:
        self.names.mention_all(self.text.words(node.span.start, node.span.end))

    def _fn(self, node: ast.Fn, *, is_method: bool = False) -> Visits:
        _, line = self._taken_attributes()
        names = self.names
        if not is_method:
            names.functions.append(node)
            self._scopes.declare(node.name, "function")
        self._report(check_function_name(node))
        if node.is_pub:
            self._report(check_harndoc(node, line, self.text))
        names.mention_types(node.result)
        names.types.update(bound.bound for bound in node.where)
        yield self._callable(node, expected_sink(node.result))

    def _tool(self, node: ast.Tool) -> Visits:
        self._taken_attributes()
        self.names.functions.append(node)
        self._scopes.declare(node.name, "function")
        self._report(check_function_name(node))
        self.names.mention_types(node.result)
        yield self._callable(node, expected_sink(node.result), has_value=True)

    def _callable(
        self,
        node: ast.Fn | ast.Tool | ast.ClosureExpr,
        sink: str | None,
        *,
        has_value: bool = False,
    ) -> Visits:
        """Visit parameters and body."""
        if not isinstance(node, ast.ClosureExpr):
            self._check_complexity(node)
        outside = self._loops, self._sink
        self._loops, self._sink = 0, sink
        self._scopes.enter()
        for parameter in node.params:
            self._parameter(parameter, node)
        for parameter in node.params:
            yield parameter.default
        yield self._body(node.body, has_value)
        self._scopes.leave()
        self._loops, self._sink = outside

    def _check_complexity(self, node: ast.Fn | ast.Tool) -> None:
        if self._complexity_allowed:
            return
        score, threshold = complexity(node.body), self.options.complexity_threshold
        if score > threshold:
            self.found.append(
                rules.CYCLOMATIC_COMPLEXITY.at(node.span, name=node.name, score=score, threshold=threshold)
            )

    def _parameter(self, parameter: ast.Param, owner: ast.Node) -> None:
        name = parameter.name
        self.names.mention_types(parameter.type)
        if name == "_":
            return
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


def _allows_complexity(attribute: ast.Attribute) -> bool:
    return attribute.name == "complexity" and any(
        argument.name is None and isinstance(argument.value, ast.Name) and argument.value.name == "allow"
        for argument in attribute.args
    )

"""The visitors of expressions without bodies."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.expressions import (
    ASSERTIONS,
    check_arithmetic,
    check_comparison,
    check_prompt,
    check_raw_access,
    check_ternary,
)
from harnpy.analysis.lint.names import assigned_root, interpolated_words
from harnpy.analysis.lint.visitor import Visitor
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from harnpy.analysis.lint.visitor import Visits


class OperandVisitor(Visitor):
    """Visits expressions that are made of expressions."""

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

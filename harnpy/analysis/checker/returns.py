"""Whether functions give back what they declare (chapter 09, section 6).

Looked at are the `return` statements of the body itself and those in the branches of `if` there, each with what the
conditions on the way to it say about the parameters. Local variables are untyped.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.blocks import else_if, exits, hide_functions
from harnpy.analysis.checker.conditions import assume, assume_after
from harnpy.analysis.checker.fitting import fits
from harnpy.analysis.checker.scopes import HIDDEN
from harnpy.analysis.checker.type_parts import annotation
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import show
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type


def check_returns(checker: Checker, result: ast.TypeExpr, body: ast.Body) -> None:
    """Check the returns of a function, in a scope that has its parameters."""
    expected = annotation(result)
    if expected is not None:
        _check_statements(checker, expected, body)


def _check_statements(checker: Checker, expected: Type, body: ast.Body) -> None:
    hide_functions(checker, body)
    for statement in body:
        match statement:
            case ast.Return(value=value) if value is not None:
                actual = checker.infer(value)
                if actual is not None and not fits(checker, expected, value, actual):
                    checker.report(type_rules.RETURN_TYPE, statement, expected=show(expected), actual=show(actual))
            case ast.If():
                _check_if(checker, expected, statement)
            case ast.Guard(condition=condition) | ast.Require(condition=condition):
                assume(checker, condition, True)
            case ast.Let(pattern=pattern):
                for name in pattern_names(pattern):
                    checker.scopes.define(name, HIDDEN)
            case ast.Assign(target=ast.Name(name=name)):
                checker.scopes.forget(name)
            case _:
                pass
        if exits(checker, statement):
            break


def _check_if(checker: Checker, expected: Type, node: ast.If) -> None:
    scopes = checker.scopes
    link: ast.If | None = node
    branches = 0
    while link is not None:
        scopes.enter()
        assume(checker, link.condition, True)
        _check_statements(checker, expected, link.then)
        scopes.leave()
        if link.else_body is not None:
            scopes.enter()
            branches += 1
            assume(checker, link.condition, False)
            if else_if(link) is None:
                _check_statements(checker, expected, link.else_body)
        link = else_if(link)
    for _ in range(branches):
        scopes.leave()
    assume_after(checker, node)

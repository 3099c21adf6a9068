"""Functions, tools, methods, pipelines and closures (chapter 09, sections 3, 5 and 6)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.blocks import check_statements
from harnpy.analysis.checker.declarations import check_variance
from harnpy.analysis.checker.returns import check_returns
from harnpy.analysis.checker.scopes import Parameter, Signature, function, variable
from harnpy.analysis.checker.type_parts import annotation
from harnpy.analysis.types.forms import ANY, ListOf, Named
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

_NOTHING: frozenset[str] = frozenset()


def check_fn(checker: Checker, node: ast.Fn) -> None:
    """A function inside another body: a variable too."""
    checker.scopes.define(node.name, function(_signature(node), True))
    _check_function_declaration(checker, node)


def check_global_fn(checker: Checker, node: ast.Fn) -> None:
    checker.scopes.define(node.name, function(_signature(node), False))
    _check_function_declaration(checker, node)


def check_tool(checker: Checker, node: ast.Tool) -> None:
    """A tool inside a body, where the code behind it may call it."""
    checker.scopes.define(node.name, function(_signature(node), True))
    check_global_tool(checker, node)


def check_global_tool(checker: Checker, node: ast.Tool) -> None:
    _check_body(checker, node, _NOTHING, {})


def check_methods(checker: Checker, node: ast.Impl) -> None:
    """The methods of an `impl` block, in which the type parameters of the type are known."""
    declared = checker.world.structs.get(node.type_name) or checker.world.enums.get(node.type_name)
    of_type = _NOTHING if declared is None else frozenset([each.name for each in declared.parameters])
    for method in node.methods:
        _check_body(checker, method, of_type | _type_parameters(method), _bounds(method))


def check_pipeline(checker: Checker, node: ast.Pipeline) -> None:
    _enter(checker, [(name, None) for name in node.params])
    check_statements(checker, node.body)
    _leave(checker)
    if node.result is not None:
        checker.scopes.enter_function()
        for name in node.params:
            checker.scopes.define(name, variable(None))
        check_returns(checker, node.result, node.body)
        checker.scopes.leave_function()


def check_override(checker: Checker, node: ast.Override) -> None:
    _enter(checker, [(name, None) for name in node.params])
    check_statements(checker, node.body)
    _leave(checker)


def check_closure(checker: Checker, node: ast.ClosureExpr) -> None:
    """A closure sees everything around it."""
    checker.scopes.enter()
    checker.functions_around += 1
    for param in node.params:
        checker.scopes.define(param.name, variable(_parameter_type(param)))
    check_statements(checker, node.body)
    checker.functions_around -= 1
    checker.scopes.leave()


def _check_function_declaration(checker: Checker, node: ast.Fn) -> None:
    check_variance(checker, node)
    _check_body(checker, node, _type_parameters(node), _bounds(node))


def _check_body(
    checker: Checker, node: ast.Fn | ast.Tool, generics: frozenset[str], bounds: dict[str, list[str]]
) -> None:
    """A body that sees only its parameters and what is global; what it gives back is checked in the end."""
    world, outer_bounds = checker.world, checker.bounds
    checker.world = checker.with_generics(generics)
    checker.bounds = bounds
    parameters = [(param.name, _parameter_type(param)) for param in node.params]
    _enter(checker, parameters)
    for param in node.params:
        if param.default is not None:
            checker.walk(param.default)
    check_statements(checker, node.body)
    _leave(checker)
    if node.result is not None:
        checker.scopes.enter_function()
        for name, type_ in parameters:
            checker.scopes.define(name, variable(type_))
        check_returns(checker, node.result, node.body)
        checker.scopes.leave_function()
    checker.world, checker.bounds = world, outer_bounds


def _enter(checker: Checker, parameters: list[tuple[str, Type | None]]) -> None:
    checker.scopes.enter_function()
    checker.functions_around += 1
    checker.outer_partly_known.append(checker.partly_known)
    checker.partly_known = set()
    for name, type_ in parameters:
        checker.scopes.define(name, variable(type_))


def _leave(checker: Checker) -> None:
    checker.partly_known = checker.outer_partly_known.pop()
    checker.functions_around -= 1
    checker.scopes.leave_function()


def _signature(node: ast.Fn | ast.Tool) -> Signature:
    parameters = tuple([Parameter(param.name, _argument_type(param), param.rest) for param in node.params])
    required = len([param for param in node.params if param.default is None])
    result = annotation(node.result)
    if isinstance(node, ast.Tool):
        return Signature(node.name, _NOTHING, parameters, required, result, ())
    where = tuple([(bound.type_name, bound.bound) for bound in node.where])
    return Signature(node.name, _type_parameters(node), parameters, required, result, where)


def _type_parameters(node: ast.Fn) -> frozenset[str]:
    return frozenset([each.name for each in node.type_params]) if node.type_params else _NOTHING


def _bounds(node: ast.Fn) -> dict[str, list[str]]:
    bounds: dict[str, list[str]] = {}
    for bound in node.where:
        bounds.setdefault(bound.type_name, []).append(bound.bound)
    return bounds


def _parameter_type(param: ast.Param) -> Type | None:
    """The type of a parameter in the body: that of a rest parameter is a list."""
    type_ = annotation(param.type)
    if type_ is None or not param.rest or isinstance(type_, ListOf) or type_ == Named("list"):
        return type_
    return ListOf(type_)


def _argument_type(param: ast.Param) -> Type | None:
    """The type of each argument that a parameter takes."""
    type_ = annotation(param.type)
    if not param.rest:
        return type_
    if isinstance(type_, ListOf):
        return type_.element
    return ANY if type_ == Named("list") else type_

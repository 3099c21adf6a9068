"""Calls: of functions whose signature is known, and of methods (chapter 09, 4.4 and 4.5)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker import strict
from harnpy.analysis.checker.call_types import enum_named, paired
from harnpy.analysis.checker.construction import check_variant
from harnpy.analysis.checker.deprecation import report_deprecated
from harnpy.analysis.checker.fitting import fits
from harnpy.analysis.checker.unknown_coverage import check_never_site
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.binding import bind
from harnpy.analysis.types.forms import NEVER, Named, show, substituted
from harnpy.analysis.types.interfaces import unsatisfied
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.checker.scopes import Signature
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World


def check_call(checker: Checker, node: ast.Call) -> None:
    callee = node.callee
    if isinstance(callee, ast.Name):
        _check_named(checker, node, callee.name)
    else:
        checker.walk(callee)
    checker.walk_all(node.args)
    if checker.strict:
        strict.check_validation(checker, node)


def check_method_call(checker: Checker, node: ast.MethodCall) -> None:
    enum = None if node.optional else enum_named(checker, node.object)
    if enum is not None:
        check_variant(checker, enum, node)
    elif checker.bounds:
        _check_bound_method(checker, node)
    checker.walk(node.object)
    checker.walk_all(node.args)


def _check_named(checker: Checker, node: ast.Call, name: str) -> None:
    if name in checker.deprecated:
        report_deprecated(checker, node, name)
    binding = checker.scopes.find(name)
    if binding is None:
        if name == "unreachable":
            _check_unreachable(checker, node)
        return
    signature = binding.signature
    if signature is None:
        return
    if signature.result == NEVER:
        check_never_site(checker, node, f"{name}()")
    _check_count(checker, node, signature)
    world = checker.with_generics(signature.type_parameters)
    bindings = _check_arguments(checker, node, signature, world)
    for parameter, interface in signature.bounds:
        bound = bindings.get(parameter)
        reason = None if bound is None else unsatisfied(bound, Named(interface), checker.world)
        if bound is not None and reason is not None:
            checker.report(
                type_rules.CONSTRAINT,
                node,
                type=show(bound),
                interface=interface,
                reason=reason,
                parameter=parameter,
            )


def _check_unreachable(checker: Checker, node: ast.Call) -> None:
    """`unreachable(x)` says that all cases of x have been handled (9.4)."""
    if node.args and isinstance(node.args[0], ast.Name):
        type_ = checker.infer(node.args[0])
        if type_ is not None and type_ != NEVER:
            checker.report(type_rules.UNREACHABLE_ARGUMENT, node, type=show(type_))
    check_never_site(checker, node, "unreachable()")


def _check_count(checker: Checker, node: ast.Call, signature: Signature) -> None:
    parameters, given = signature.parameters, len(node.args)
    total = len(parameters)
    if signature.required <= given <= total or signature.name in checker.builtins:
        return
    if parameters and parameters[-1].rest:
        return
    if any([isinstance(arg, ast.Spread | ast.NamedArg) for arg in node.args]):
        return
    expected = str(total) if signature.required == total else f"{signature.required}-{total}"
    checker.report(type_rules.ARGUMENT_COUNT, node, name=signature.name, expected=expected, given=given)


def _check_arguments(checker: Checker, node: ast.Call, signature: Signature, world: World) -> dict[str, Type]:
    """Report arguments that do not fit; what the arguments say about the type parameters."""
    names = signature.type_parameters
    bindings: dict[str, Type] = {}
    typed: list[tuple[int, str, Type, ast.Expr, Type | None]] = []
    for position, parameter, arg in paired(signature, node.args):
        wanted = parameter.type
        if wanted is None:
            continue
        actual = checker.infer(arg)
        typed.append((position, parameter.name, wanted, arg, actual))
        if not names:
            continue
        for conflict in bind(wanted, arg, actual, names, bindings, checker.infer, checker.schema_of):
            parameter_name, first, other = conflict
            checker.report(
                type_rules.TYPE_PARAMETER_CONFLICT, arg, parameter=parameter_name, first=show(first), other=show(other)
            )
    for position, name, wanted, arg, actual in typed:
        if actual is None:
            continue
        wanted = substituted(wanted, bindings)
        if not fits(checker, wanted, arg, actual, world):
            checker.report(
                type_rules.ARGUMENT_TYPE,
                arg,
                number=position + 1,
                parameter=name,
                expected=show(wanted),
                actual=show(actual),
            )
    return bindings


def _check_bound_method(checker: Checker, node: ast.MethodCall) -> None:
    """Of a value whose type is a type parameter, only the methods of its interfaces are known to exist."""
    receiver = checker.infer(node.object)
    if not isinstance(receiver, Named):
        return
    interfaces = [checker.world.interfaces.get(each) for each in checker.bounds.get(receiver.name, ())]
    known = [each for each in interfaces if each is not None]
    if len(known) < len(interfaces) or not known:
        return
    if not any([method.name == node.method for interface in known for method in interface.methods]):
        checker.report(
            type_rules.UNKNOWN_METHOD, node, method=node.method, interface=known[0].name, parameter=receiver.name
        )

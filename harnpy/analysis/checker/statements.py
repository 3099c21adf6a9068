"""Statements and constructs with bodies (chapter 09, section 4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker import strict
from harnpy.analysis.checker.blocks import (
    body_exits,
    check_body,
    check_statements,
    declared_names,
    else_if,
)
from harnpy.analysis.checker.conditions import assume, assume_after
from harnpy.analysis.checker.construction import check_entries
from harnpy.analysis.checker.fitting import fits, of_variable
from harnpy.analysis.checker.operator_types import result_type
from harnpy.analysis.checker.operators import check_arithmetic
from harnpy.analysis.checker.scopes import HIDDEN, variable
from harnpy.analysis.checker.tested_paths import note_tested
from harnpy.analysis.checker.type_parts import annotation
from harnpy.analysis.checker.unknown_coverage import check_never_site
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import ANY, INT, STRING, Applied, IterOf, ListOf, Loose, Named, Shape, Union, show
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

# Initial values that may be schemas.
_SCHEMA_EXPRESSIONS = (ast.DictLit, ast.Call, ast.Name)


# --- variables --------------------------------------------------------------------------------------------------


def check_let(checker: Checker, node: ast.Let) -> None:
    """Of initial values only arithmetic is checked, and whether the value fits the annotation."""
    value = node.value
    check_arithmetic(checker, value)
    if not isinstance(node.pattern, ast.NamePattern):
        _define_pattern(checker, node)
        return
    name = node.pattern.name
    declared = annotation(node.type)
    actual = checker.infer(value)
    if declared is not None and actual is not None and not fits(checker, declared, value, actual):
        detail = _shape_detail(declared, actual)
        checker.report(
            type_rules.DECLARATION_TYPE,
            node,
            name=name,
            expected=show(declared),
            actual=show(actual),
            detail=f" ({detail})" if detail else "",
        )
    if declared is None:
        declared = of_variable(checker, value, actual, node.mutable)
    schema = checker.schema_of(value) if isinstance(value, _SCHEMA_EXPRESSIONS) else None
    taint = strict.taint_of(checker, value, annotation(node.type)) if checker.strict else None
    checker.scopes.define(name, variable(declared, node.mutable, schema, taint))


def _define_pattern(checker: Checker, node: ast.Let) -> None:
    pattern = node.pattern
    if isinstance(pattern, ast.DictPattern):
        defaults = [field.default for field in pattern.fields]
    elif isinstance(pattern, ast.ListPattern):
        defaults = [element.default for element in pattern.elements]
    else:
        defaults = []
    for default in defaults:
        if default is not None:
            check_arithmetic(checker, default)
    for name in pattern_names(pattern):
        checker.scopes.define(name, variable(None, node.mutable))


def _shape_detail(expected: Type, actual: Type) -> str:
    """Which fields are wrong, where both types are written-out shapes."""
    if not (isinstance(expected, Shape) and isinstance(actual, Shape)):
        return ""
    given = {field.name: show(field.type) for field in actual.fields}
    details = []
    for field in expected.fields:
        if field.optional:
            continue
        wanted, found = show(field.type), given.get(field.name)
        if found is None:
            details.append(f"missing field '{field.name}' ({wanted})")
        elif found != wanted:
            details.append(f"field '{field.name}' has type {found}, expected {wanted}")
    return "; ".join(details)


def check_assign(checker: Checker, node: ast.Assign) -> None:
    checker.walk(node.value)
    if not isinstance(node.target, ast.Name):
        note_tested(checker, node.target)
        return
    name = node.target.name
    binding = checker.scopes.find(name)
    if binding is None or not binding.is_variable:
        return
    if not binding.mutable:
        checker.report(type_rules.IMMUTABLE_ASSIGNMENT, node, name=name)
    if binding.declared is not None:
        actual = checker.infer(node.value)
        if node.op is None:
            wrong = actual is not None and not fits(checker, binding.declared, node.value, actual)
        else:
            actual = result_type(checker, node.op, binding.type, actual)
            wrong = actual is not None and not checker.accepts(binding.declared, actual)
        if wrong and actual is not None:
            checker.report(
                type_rules.ASSIGNMENT_TYPE, node, name=name, expected=show(binding.declared), actual=show(actual)
            )
    checker.scopes.forget(name)


# --- control flow -----------------------------------------------------------------------------------------------


def check_if(checker: Checker, node: ast.If) -> None:
    scopes = checker.scopes
    link: ast.If | None = node
    branches = 0
    while link is not None:
        checker.walk(link.condition)
        scopes.enter()
        assume(checker, link.condition, True)
        if checker.strict:
            strict.assume_validated(checker, link.condition)
        check_statements(checker, link.then)
        scopes.leave()
        if link.else_body is not None:
            scopes.enter()
            branches += 1
            assume(checker, link.condition, False)
            if else_if(link) is None:
                check_statements(checker, link.else_body)
        link = else_if(link)
    for _ in range(branches):
        scopes.leave()
    assume_after(checker, node)
    if node.else_body is None and not body_exits(checker, node.then):
        _assume_defaults(checker, node)


def _assume_defaults(checker: Checker, node: ast.If) -> None:
    """Let the current scope know what `if x == nil { x = 1 }` makes of x.

    The chapter has it that x is what it was declared as, and so it is printed.
    """
    scopes = checker.scopes
    for statement in node.then:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.target, ast.Name)):
            continue
        name = statement.target.name
        binding = scopes.find(name)
        if statement.op is not None or binding is None or binding.declared is None or not binding.mutable:
            continue
        scopes.enter()
        assume(checker, node.condition, False)
        otherwise = checker.infer(statement.target)
        for local in declared_names(node.then):
            scopes.define(local, HIDDEN)
        assigned = checker.infer(statement.value)
        scopes.leave()
        if otherwise is not None and otherwise != binding.declared:
            other = ANY if assigned is None else Union((otherwise, assigned))
            scopes.refine(name, Loose(binding.declared, other))


def check_ternary(checker: Checker, node: ast.Ternary) -> None:
    checker.walk(node.condition)
    for arm, holds in ((node.then, True), (node.otherwise, False)):
        checker.scopes.enter()
        assume(checker, node.condition, holds)
        checker.walk(arm)
        checker.scopes.leave()


def check_for(checker: Checker, node: ast.For) -> None:
    checker.walk(node.iterable)
    inferred = checker.infer(node.iterable)
    iterated = None if inferred is None else checker.head(inferred)
    checker.scopes.enter()
    pattern = node.pattern
    for name in pattern_names(pattern):
        checker.scopes.define(name, variable(None))
    element = _element(iterated)
    if isinstance(pattern, ast.NamePattern):
        checker.scopes.define(pattern.name, variable(element))
    elif isinstance(pattern, ast.PairPattern) and not isinstance(iterated, ListOf):
        element = None if element is None else checker.head(element)
        if isinstance(element, Applied) and element.name == "Pair" and len(element.args) == 2:
            checker.scopes.define(pattern.first, variable(element.args[0]))
            checker.scopes.define(pattern.second, variable(element.args[1]))
    check_statements(checker, node.body)
    checker.scopes.leave()


def _element(iterated: Type | None) -> Type | None:
    """What iterating over a type gives."""
    match iterated:
        case ListOf(element=element) | IterOf(element=element) | Applied(name="Iter", args=(element,)):
            return element
        case Named(name="string"):
            return STRING
        case Named(name="range"):
            return INT
        case _:
            return None


def check_while(checker: Checker, node: ast.While) -> None:
    checker.walk(node.condition)
    checker.scopes.enter()
    assume(checker, node.condition, True)
    check_statements(checker, node.body)
    checker.scopes.leave()


def check_guard(checker: Checker, node: ast.Guard) -> None:
    checker.walk(node.condition)
    checker.scopes.enter()
    assume(checker, node.condition, False)
    check_statements(checker, node.else_body)
    checker.scopes.leave()
    assume(checker, node.condition, True)


def check_require(checker: Checker, node: ast.Require) -> None:
    checker.walk(node.condition)
    if node.message is not None:
        checker.walk(node.message)
    assume(checker, node.condition, True)


def check_return(checker: Checker, node: ast.Return | ast.Yield) -> None:
    if node.value is not None:
        checker.walk(node.value)


def check_throw(checker: Checker, node: ast.Throw) -> None:
    checker.walk(node.value)
    check_never_site(checker, node, "throw")


# --- errors and tasks -------------------------------------------------------------------------------------------


def check_try_catch(checker: Checker, node: ast.TryCatch) -> None:
    check_body(checker, node.body)
    if node.has_catch:
        checker.scopes.enter()
        if node.error_name is not None:
            checker.scopes.define(node.error_name, variable(annotation(node.error_type)))
        check_statements(checker, node.catch_body)
        checker.scopes.leave()
    if node.finally_body is not None:
        check_body(checker, node.finally_body)


def check_try_star(checker: Checker, node: ast.TryStar) -> None:
    if not checker.functions_around:
        checker.report(type_rules.RETHROW_OUTSIDE_FUNCTION, node)
    checker.walk(node.operand)


def check_parallel(checker: Checker, node: ast.Parallel) -> None:
    checker.walk(node.operand)
    for name, value in node.options:
        checker.walk(value)
        type_ = checker.infer(value) if name == "max_concurrent" else None
        if type_ is not None and not checker.accepts(INT, type_):
            checker.report(type_rules.MAX_CONCURRENT_TYPE, value, actual=show(type_))
    checker.scopes.enter()
    if node.variable is not None:
        checker.scopes.define(node.variable, variable(_task_variable(checker, node)))
    check_statements(checker, node.body)
    checker.scopes.leave()


def _task_variable(checker: Checker, node: ast.Parallel) -> Type | None:
    if node.mode == "count":
        return INT
    inferred = checker.infer(node.operand)
    operand = None if inferred is None else checker.head(inferred)
    return operand.element if isinstance(operand, ListOf) else None


def check_select(checker: Checker, node: ast.Select) -> None:
    for case in node.cases:
        checker.walk(case.channel)
        checker.scopes.enter()
        checker.scopes.define(case.variable, variable(None))
        check_statements(checker, case.body)
        checker.scopes.leave()
    if node.timeout is not None:
        duration, body = node.timeout
        checker.walk(duration)
        check_body(checker, body)
    if node.default is not None:
        check_body(checker, node.default)


def check_retry(checker: Checker, node: ast.Retry) -> None:
    checker.walk(node.count)
    check_body(checker, node.body)


def check_deadline(checker: Checker, node: ast.Deadline) -> None:
    checker.walk(node.duration)
    check_body(checker, node.body)


def check_block(checker: Checker, node: ast.Spawn | ast.Defer | ast.Mutex | ast.TryExpr) -> None:
    check_body(checker, node.body)


# --- expressions ------------------------------------------------------------------------------------------------


def check_subscript(checker: Checker, node: ast.Index) -> None:
    if checker.strict:
        strict.check_subscript(checker, node)
    checker.walk(node.object)
    checker.walk(node.index)


def check_slice(checker: Checker, node: ast.Slice) -> None:
    checker.walk(node.object)
    for bound in (node.start, node.end):
        if bound is not None:
            checker.walk(bound)


def check_list(checker: Checker, node: ast.ListLit) -> None:
    checker.walk_all(node.elements)


def check_dict(checker: Checker, node: ast.DictLit) -> None:
    check_entries(checker, node.entries)


def check_range(checker: Checker, node: ast.RangeExpr) -> None:
    checker.walk(node.start)
    checker.walk(node.end)


def check_spread(checker: Checker, node: ast.Spread) -> None:
    checker.walk(node.expression)


def check_named_argument(checker: Checker, node: ast.NamedArg) -> None:
    checker.walk(node.value)


def check_try_operand(checker: Checker, node: ast.TryOp) -> None:
    checker.walk(node.operand)

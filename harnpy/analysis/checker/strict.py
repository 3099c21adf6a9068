"""Strict mode: values that come from outside have to be validated before their parts are used (chapter 09, section 13)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.call_types import option
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import ANY, DICT, LitInt, LitString, Named, Never, Union
from harnpy.records import replace
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.rules.model import Rule
    from harnpy.analysis.types.forms import Type

_BOUNDARY = frozenset(
    {
        "json_parse",
        "json_extract",
        "yaml_parse",
        "toml_parse",
        "llm_call",
        "llm_call_safe",
        "llm_completion",
        "http_get",
        "http_post",
        "http_put",
        "http_patch",
        "http_delete",
        "http_request",
        "host_call",
        "mcp_call",
    }
)
_TAKES_SCHEMA = frozenset({"llm_call", "llm_completion"})
_SCHEMA_TESTS = frozenset({"schema_is", "is_type"})
_VAGUE = (DICT, ANY, Named("_"))


def taint_of(checker: Checker, value: ast.Expr, declared: Type | None) -> str | None:
    """The boundary function that an initial value comes from unvalidated; a concrete annotation validates it."""
    if declared is not None and not (declared in _VAGUE or isinstance(declared, Union | LitString | LitInt | Never)):
        return None
    if isinstance(value, ast.Name):
        binding = checker.scopes.find(value.name)
        return None if binding is None else binding.taint
    return _boundary(checker, value)


def check_property(checker: Checker, node: ast.Prop) -> None:
    _check_access(checker, node, node.object, type_rules.DIRECT_PROPERTY, type_rules.TAINTED_PROPERTY)


def check_subscript(checker: Checker, node: ast.Index) -> None:
    _check_access(checker, node, node.object, type_rules.DIRECT_SUBSCRIPT, type_rules.TAINTED_SUBSCRIPT)


def check_validation(checker: Checker, node: ast.Call) -> None:
    """`schema_expect(x, S)` as a statement or an operand: x is an S from there on."""
    match node:
        case ast.Call(callee=ast.Name(name="schema_expect"), args=(ast.Name(name=name), schema)):
            binding = checker.scopes.find(name)
            if binding is not None and binding.is_variable:
                type_ = checker.schema_of(schema) or binding.type
                checker.scopes.define(name, replace(binding, type=type_, taint=None))
        case _:
            pass


def assume_validated(checker: Checker, condition: ast.Expr) -> None:
    """In the branch where `schema_is(x, S)` holds, x is validated."""
    match condition:
        case ast.Call(callee=ast.Name(name=test), args=(ast.Name(name=name), _)) if test in _SCHEMA_TESTS:
            binding = checker.scopes.find(name)
            if binding is not None and binding.taint is not None:
                checker.scopes.define(name, replace(binding, taint=None))
        case _:
            pass


def _check_access(checker: Checker, node: ast.Expr, source: ast.Expr, direct: Rule, tainted: Rule) -> None:
    function = _boundary(checker, source)
    if function is not None:
        checker.report(direct, node, function=function)
    elif isinstance(source, ast.Name):
        binding = checker.scopes.find(source.name)
        if binding is not None and binding.taint is not None:
            checker.report(tainted, node, variable=source.name, function=binding.taint)


def _boundary(checker: Checker, node: ast.Expr) -> str | None:
    """The name of the boundary function that an expression calls without giving it a schema to validate by."""
    if not (isinstance(node, ast.Call) and isinstance(node.callee, ast.Name)):
        return None
    name = node.callee.name
    if name not in _BOUNDARY or name in checker.declared or checker.scopes.find(name) is not None:
        return None
    if name in _TAKES_SCHEMA and len(node.args) > 2:
        for key in ("schema", "output_schema"):
            schema = option(node.args[2], key)
            if schema is not None and checker.schema_of(schema) is not None:
                return None
    return name

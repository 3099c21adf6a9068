"""The types of what calls give, and of what is constructed (chapter 09, 5.1 to 5.3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.binding import bind
from harnpy.analysis.types.declared import RESULT
from harnpy.analysis.types.forms import (
    INT,
    LIST,
    NIL,
    STRING,
    WILDCARD,
    Applied,
    Field,
    Loose,
    Named,
    Shape,
    Union,
    substituted,
)
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.checker.scopes import Parameter, Signature
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import EnumType, StructType, TypeParameter

_SCHEMA_RESULTS = frozenset({"schema_parse", "schema_check"})
_MODEL_CALLS = frozenset({"llm_call", "llm_completion"})

# What builtins give of which the table of chapter 09, section 14, says something else.
_REALLY: dict[str, Type] = {"range": Named("range"), "regex_match": Union((LIST, NIL))}


def call_type(checker: Checker, node: ast.Call) -> Type | None:
    """The type of `name(args)`; calls of anything else are untyped."""
    callee = node.callee
    if not isinstance(callee, ast.Name):
        return None
    name = callee.name
    binding = checker.scopes.find(name)
    if binding is not None:
        return None if binding.signature is None else _result(checker, binding.signature, node.args)
    struct = checker.world.structs.get(name)
    if struct is not None:
        return _of(struct, {})
    if name in checker.declared:
        return None
    if name in RESULT.variants:
        return constructed(checker, RESULT, name, node.args)
    schema_result = _schema_result(checker, name, node.args)
    if schema_result is not None:
        return schema_result
    type_ = checker.builtins.get(name)
    really = _REALLY.get(name)
    return type_ if type_ is None or really is None else Loose(type_, really)


def paired(signature: Signature, args: tuple[ast.Expr, ...]) -> Iterator[tuple[int, Parameter, ast.Expr]]:
    """The arguments of which it is known what parameter takes them, with the position of the parameter, counted from 0."""
    parameters = signature.parameters
    for position, arg in enumerate(args):
        if isinstance(arg, ast.Spread):
            return  # nobody knows how many there are
        if isinstance(arg, ast.NamedArg):
            for index, parameter in enumerate(parameters):
                if parameter.name == arg.name and not parameter.rest:
                    yield index, parameter, arg.value
        elif position < len(parameters):
            yield position, parameters[position], arg
        elif parameters and parameters[-1].rest:
            yield position, parameters[-1], arg


def _result(checker: Checker, signature: Signature, args: tuple[ast.Expr, ...]) -> Type | None:
    """What a user function gives, with what the arguments say about its type parameters."""
    result, names = signature.result, signature.type_parameters
    if result is None or not names:
        return result
    bindings: dict[str, Type] = {}
    for _, parameter, arg in paired(signature, args):
        if parameter.type is not None:
            bind(parameter.type, arg, checker.infer(arg), names, bindings, checker.infer, checker.schema_of)
    filled = substituted(result, {**dict.fromkeys(names, WILDCARD), **bindings})
    return None if filled == WILDCARD else filled


def _schema_result(checker: Checker, name: str, args: tuple[ast.Expr, ...]) -> Type | None:
    """What builtins that take a schema give, if its type is known."""
    if name in _SCHEMA_RESULTS or name == "schema_expect":
        schema = checker.schema_of(args[1]) if len(args) > 1 else None
        if schema is None:
            return None
        return schema if name == "schema_expect" else Applied("Result", (schema, STRING))
    if name in _MODEL_CALLS and len(args) > 2:
        schema_entry = option(args[2], "output_schema")
        schema = None if schema_entry is None else checker.schema_of(schema_entry)
        return None if schema is None else _model_answer(schema)
    return None


def option(options: ast.Expr, name: str) -> ast.Expr | None:
    """The value that a dict literal gives to a key, if it is one and has that key."""
    if isinstance(options, ast.DictLit):
        for entry in options.entries:
            if isinstance(entry.key, ast.Str) and entry.key.value == name:
                return entry.value
    return None


def _model_answer(data: Type) -> Shape:
    required = (
        ("text", STRING),
        ("model", STRING),
        ("provider", STRING),
        ("input_tokens", INT),
        ("output_tokens", INT),
    )
    optional = (("visible_text", STRING), ("tool_calls", LIST), ("thinking", STRING), ("stop_reason", STRING))
    return Shape(
        tuple(
            [Field(name, type_, False) for name, type_ in (*required, ("data", data))]
            + [Field(name, type_, True) for name, type_ in optional]
        )
    )


def struct_type(checker: Checker, node: ast.StructLit) -> Type:
    """The type of `S { f: v }`."""
    struct = checker.world.structs.get(node.name)
    if struct is None:
        return Named(node.name)
    return _of(struct, field_bindings(checker, struct, node))


def field_bindings(checker: Checker, struct: StructType, node: ast.StructLit) -> dict[str, Type]:
    """What the fields of a struct literal say about the type parameters of the struct."""
    if not struct.parameters:
        return {}
    types = {field.name: field.type for field in struct.fields}
    values = [(types.get(entry.key.value), entry.value) for entry in node.entries if isinstance(entry.key, ast.Str)]
    return _bindings(checker, struct.parameters, values)


def enum_named(checker: Checker, node: ast.Expr) -> EnumType | None:
    """The enum whose name an expression is."""
    if not isinstance(node, ast.Name):
        return None
    found = checker.world.enums.get(node.name)
    return found if found is not None and checker.scopes.find(node.name) is None else None


def constructed(checker: Checker, enum: EnumType, variant: str, args: tuple[ast.Expr, ...]) -> Type:
    """The type of `E.V(args)`."""
    return _of(enum, variant_bindings(checker, enum, variant, args))


def variant_bindings(checker: Checker, enum: EnumType, variant: str, args: tuple[ast.Expr, ...]) -> dict[str, Type]:
    """What the fields of an enum value say about the type parameters of the enum."""
    if not enum.parameters:
        return {}
    fields = enum.variants.get(variant, ())
    return _bindings(checker, enum.parameters, [(type_, arg) for (_, type_), arg in zip(fields, args)])


def _bindings(
    checker: Checker, parameters: tuple[TypeParameter, ...], values: Iterable[tuple[Type | None, ast.Expr]]
) -> dict[str, Type]:
    names = frozenset([each.name for each in parameters])
    bindings: dict[str, Type] = {}
    for type_, value in values:
        if type_ is not None:
            bind(type_, value, checker.infer(value), names, bindings, checker.infer, checker.schema_of)
    return bindings


def _of(declared: StructType | EnumType, bindings: dict[str, Type]) -> Type:
    if not declared.parameters:
        return Named(declared.name)
    return Applied(declared.name, tuple([bindings.get(each.name, WILDCARD) for each in declared.parameters]))

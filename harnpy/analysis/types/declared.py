"""The pre-pass over a file: what it declares about types, wherever in it that is said (chapter 09, sections 2.3 and 3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import Named, annotated
from harnpy.analysis.types.world import (
    Alias,
    EnumType,
    InterfaceType,
    Method,
    StructField,
    StructType,
    TypeParameter,
    World,
)
from harnpy.syntax import ast
from harnpy.syntax.walk import without_attributes

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type

RESULT = EnumType(
    "Result",
    (TypeParameter("T", "out"), TypeParameter("E", "out")),
    {"Ok": (("value", Named("T")),), "Err": (("error", Named("E")),)},
)


def world_of(program: ast.Program) -> World:
    """The types that hold everywhere in a program: those of its top level and of the bodies of its pipelines.

    Attributes are looked through. Of two declarations of a name the last one counts. `Result` is declared beforehand.
    """
    world = World({}, {RESULT.name: RESULT}, {}, {}, {})
    for item in program.items:
        inner = without_attributes(item)
        _declare(inner, world)
        if isinstance(inner, ast.Pipeline):
            for statement in inner.body:
                _declare(without_attributes(statement), world)
    return world


def type_parameters(params: tuple[ast.TypeParam, ...]) -> tuple[TypeParameter, ...]:
    """Type parameters as a world has them."""
    return tuple([TypeParameter(each.name, each.variance) for each in params])


def method_of(method: ast.Fn | ast.InterfaceMethod) -> Method:
    """The signature of a method of an `impl` block or an interface."""
    parameters = [(each.name, _optional(each.type)) for each in method.params if each.name != "self"]
    return Method(method.name, tuple(parameters), _optional(method.result))


def _declare(statement: ast.Stmt, world: World) -> None:
    match statement:
        case ast.TypeAlias_(name=name, type_params=params, type=type_):
            world.aliases[name] = Alias(name, type_parameters(params), annotated(type_))
        case ast.Enum(name=name, type_params=params, variants=variants):
            fields = {
                each.name: tuple([(field.name, _optional(field.type)) for field in each.params]) for each in variants
            }
            world.enums[name] = EnumType(name, type_parameters(params), fields)
        case ast.Struct(name=name, type_params=params, fields=struct_fields):
            made = [StructField(each.name, _optional(each.type), each.optional) for each in struct_fields]
            world.structs[name] = StructType(name, type_parameters(params), tuple(made))
        case ast.Interface(name=name, type_params=params, associated_types=associated, methods=methods):
            defaults = tuple([(each.name, _optional(each.default)) for each in associated])
            signatures = tuple([method_of(each) for each in methods])
            world.interfaces[name] = InterfaceType(name, type_parameters(params), defaults, signatures)
        case ast.Impl(type_name=name, methods=functions):
            world.impls[name] = {each.name: method_of(each) for each in functions}
        case _:
            pass


def _optional(expression: ast.TypeExpr | None) -> Type | None:
    return None if expression is None else annotated(expression)

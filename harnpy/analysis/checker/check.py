"""The gradual type checker: what is wrong with a program as far as its types tell, before it runs (chapter 09).

Where nothing is known about a type, nothing is reported: programs without annotations, and correct ones, pass.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker import (
    attributes,
    calls,
    construction,
    declarations,
    functions,
    matching,
    operators,
    statements,
)
from harnpy.analysis.checker.context import Checker
from harnpy.analysis.checker.deprecation import deprecated_functions, report_all_deprecated
from harnpy.analysis.checker.open_names import declares_type
from harnpy.analysis.checker.scopes import HIDDEN, variable
from harnpy.analysis.types.declared import world_of
from harnpy.analysis.types.world import World
from harnpy.stack_room import make_room
from harnpy.syntax import ast
from harnpy.syntax.walk import without_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from harnpy.analysis.types.forms import Type
    from harnpy.syntax.diagnostics import Diagnostic

_CALLABLE = (ast.Fn, ast.Tool, ast.Pipeline, ast.Struct)


def check_program(
    program: ast.Program, builtins: Mapping[str, Type | None], strict_types: bool = False, source: str | None = None
) -> list[Diagnostic]:
    """The findings about a program, in the order of chapter 09, 1.2.

    builtins: the type that calls of each builtin have, None if it is untyped. strict_types: also report values that come
    from outside and are taken apart without having been validated. source: the text of the program; with it, findings
    that can be mended mechanically carry the edits. Never raises: what is nested beyond all measure is not looked into.
    """
    make_room()
    imported = _imported_names(program)
    world = world_of(program)
    # What an imported name means as a type is unknown, so it goes with everything, as type parameters do.
    types = frozenset([name for name in imported if not declares_type(world, name)])
    world = World(world.aliases, world.enums, world.structs, world.interfaces, world.impls, types)
    callables = [inner.name for item in program.items if isinstance(inner := without_attributes(item), _CALLABLE)]
    checker = Checker(
        _HANDLERS,
        world,
        builtins,
        strict_types,
        source,
        imported.union(callables),
        _global_declarations(program),
    )
    checker.imports_everything = any([isinstance(item, ast.Import) for item in program.items])
    checker.deprecated = deprecated_functions(program)
    report_all_deprecated(checker, program)
    try:
        for name in imported:
            checker.scopes.define(name, HIDDEN)
        for item in program.items:
            _check_item(checker, item)
    except RecursionError:
        pass  # deeper than the machine: the compiler says so
    return checker.diagnostics


def _check_item(checker: Checker, item: ast.Stmt) -> None:
    if isinstance(item, ast.Attributed):
        attributes.check_attributes(checker, item)
        item = without_attributes(item)
    match item:
        case ast.Fn():
            functions.check_global_fn(checker, item)
        case ast.Tool():
            functions.check_global_tool(checker, item)
        case ast.Pipeline() | ast.Struct() | ast.Enum() | ast.Interface() | ast.Impl() | ast.TypeAlias_():
            checker.walk(item)
        case _:
            _check_top_level_statement(checker, item)


def _check_top_level_statement(checker: Checker, statement: ast.Stmt) -> None:
    """Of the statements of a script, only the variables that they declare are there for what follows."""
    scopes = checker.scopes
    scopes.enter_function()
    checker.walk(statement)
    changes = list(scopes.changes())
    scopes.leave_function()
    for name, before, now in changes:
        if not now.is_variable:
            continue
        if before is None or not before.is_variable:
            scopes.define(name, variable(now.declared, now.mutable))
        elif before.declared != now.declared or before.mutable != now.mutable:
            # Declared again: the first type stays, unless the second one says something else.
            type_ = before.declared if before.declared == now.declared else None
            scopes.define(name, variable(type_, now.mutable))


def _imported_names(program: ast.Program) -> frozenset[str]:
    names: set[str] = set()
    for item in program.items:
        if isinstance(item, ast.ImportNames):
            names.update(item.names)
        elif isinstance(item, ast.ImportAs):
            names.add(item.name)
    return frozenset(names)


def _global_declarations(program: ast.Program) -> frozenset[int]:
    """The ids of the declarations that the whole file sees: of the top level, and of the bodies of its pipelines."""
    found = set()
    for item in program.items:
        inner = without_attributes(item)
        found.add(id(inner))
        if isinstance(inner, ast.Pipeline):
            found.update([id(without_attributes(statement)) for statement in inner.body])
    return frozenset(found)


def _impl(checker: Checker, node: ast.Impl) -> None:
    declarations.declare_local(checker, node)
    functions.check_methods(checker, node)


_HANDLERS: dict[type[ast.Node], Callable[[Checker, Any], None]] = {
    ast.Attributed: attributes.check_attributed,
    ast.Pipeline: functions.check_pipeline,
    ast.Override: functions.check_override,
    ast.Fn: functions.check_fn,
    ast.Tool: functions.check_tool,
    ast.Impl: _impl,
    ast.TypeAlias_: declarations.check_type,
    ast.Enum: declarations.check_type,
    ast.Struct: declarations.check_type,
    ast.Interface: declarations.check_type,
    ast.Let: statements.check_let,
    ast.Assign: statements.check_assign,
    ast.For: statements.check_for,
    ast.While: statements.check_while,
    ast.Return: statements.check_return,
    ast.Yield: statements.check_return,
    ast.Throw: statements.check_throw,
    ast.Guard: statements.check_guard,
    ast.Require: statements.check_require,
    ast.Mutex: statements.check_block,
    ast.Defer: statements.check_block,
    ast.Spawn: statements.check_block,
    ast.TryExpr: statements.check_block,
    ast.TryCatch: statements.check_try_catch,
    ast.TryStar: statements.check_try_star,
    ast.TryOp: statements.check_try_operand,
    ast.Select: statements.check_select,
    ast.Parallel: statements.check_parallel,
    ast.Retry: statements.check_retry,
    ast.Deadline: statements.check_deadline,
    ast.If: statements.check_if,
    ast.Match: matching.check_match,
    ast.Call: calls.check_call,
    ast.MethodCall: calls.check_method_call,
    ast.Prop: construction.check_property_access,
    ast.Index: statements.check_subscript,
    ast.Slice: statements.check_slice,
    ast.Binary: operators.check_binary,
    ast.Unary: operators.check_unary,
    ast.Ternary: statements.check_ternary,
    ast.RangeExpr: statements.check_range,
    ast.StructLit: construction.check_struct_literal,
    ast.DictLit: statements.check_dict,
    ast.ListLit: statements.check_list,
    ast.Spread: statements.check_spread,
    ast.NamedArg: statements.check_named_argument,
    ast.ClosureExpr: functions.check_closure,
}

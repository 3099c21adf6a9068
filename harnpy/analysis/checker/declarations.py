"""Declarations of types: the variance of their parameters (chapter 09, section 10), and those inside bodies."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.declared import world_of
from harnpy.analysis.types.variance import marker_word, violations
from harnpy.analysis.types.world import World
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker


def check_type(checker: Checker, node: ast.TypeAlias_ | ast.Enum | ast.Struct | ast.Interface) -> None:
    """A declaration of a type. One inside a body holds from there to the end of the body."""
    declare_local(checker, node)
    check_variance(checker, node)


def check_variance(checker: Checker, node: ast.TypeAlias_ | ast.Enum | ast.Struct | ast.Interface | ast.Fn) -> None:
    for parameter, marker, position, kind, name in violations(node, checker.world):
        checker.report(
            type_rules.VARIANCE,
            node,
            parameter=parameter,
            marker=marker,
            variance=marker_word(marker),
            position=position,
            kind=kind,
            name=name,
        )


def declare_local(checker: Checker, node: ast.Stmt) -> None:
    """Let a declaration that the whole file does not see hold in the body around it; bodies restore the world."""
    if id(node) in checker.global_declarations:
        return
    own, world = world_of(ast.Program(node.span, (node,))), checker.world
    checker.world = World(
        {**world.aliases, **own.aliases} if own.aliases else world.aliases,
        # `Result` is in every world.
        {**world.enums, **own.enums} if isinstance(node, ast.Enum) else world.enums,
        {**world.structs, **own.structs} if own.structs else world.structs,
        {**world.interfaces, **own.interfaces} if own.interfaces else world.interfaces,
        {**world.impls, **own.impls} if own.impls else world.impls,
        world.generics,
    )
    checker.scopes.touch()

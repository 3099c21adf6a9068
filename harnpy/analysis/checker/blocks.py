"""Bodies: the order of their statements, what is never reached, and the names that they declare."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.scopes import HIDDEN
from harnpy.analysis.rules import type_rules
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.checker.context import Checker

_EXITS = frozenset({ast.Return, ast.Throw, ast.Break, ast.Continue})
_FUNCTIONS = frozenset({ast.Fn, ast.Tool})


def check_body(checker: Checker, body: ast.Body) -> None:
    """Check a body in a scope of its own."""
    checker.scopes.enter()
    check_statements(checker, body)
    checker.scopes.leave()


def check_statements(checker: Checker, body: ast.Body) -> None:
    """Check statements in the current scope, up to the first that is never reached."""
    world = checker.world
    hide_functions(checker, body)
    exited = False
    for statement in body:
        if exited:
            checker.report(type_rules.UNREACHABLE, statement)
            break
        checker.walk(statement)
        exited = exits(checker, statement)
    checker.world = world  # types that the body declares end with it


def hide_functions(checker: Checker, body: ast.Body) -> None:
    """Let the functions that a body declares be unknown until they are reached: they are not what is called so outside."""
    for statement in body:
        while type(statement) is ast.Attributed:
            statement = statement.inner
        if type(statement) in _FUNCTIONS:
            checker.scopes.define(statement.name, HIDDEN)  # type: ignore[union-attr]


def exits(checker: Checker, statement: ast.Stmt) -> bool:
    """Whether a statement definitely leaves the block that it stands in."""
    kind = type(statement)
    if kind in _EXITS:
        return True
    if kind is not ast.If:
        return False
    assert isinstance(statement, ast.If)
    known = checker.exits.get(id(statement))
    if known is None:
        known = (
            statement.else_body is not None
            and body_exits(checker, statement.then)
            and body_exits(checker, statement.else_body)
        )
        checker.exits[id(statement)] = known
    return known


def body_exits(checker: Checker, body: ast.Body) -> bool:
    """Whether a block definitely exits: any of its statements does."""
    for statement in body:  # noqa: SIM110, a generator would take room on the C stack at each level of nesting
        if exits(checker, statement):
            return True
    return False


def else_if(node: ast.If) -> ast.If | None:
    """The `if` that is all there is in the else branch."""
    if node.else_body is not None and len(node.else_body) == 1 and isinstance(node.else_body[0], ast.If):
        return node.else_body[0]
    return None


def declared_names(body: ast.Body) -> Iterator[str]:
    """The names that the statements of a body declare, not those in blocks inside it."""
    for statement in body:
        while type(statement) is ast.Attributed:
            statement = statement.inner
        if isinstance(statement, ast.Let):
            yield from pattern_names(statement.pattern)
        elif isinstance(statement, ast.Fn | ast.Tool):
            yield statement.name

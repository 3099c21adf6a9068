"""Finding one's way in a syntax tree: all nodes, whatever their kind, without recursion; what stands below attributes."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import field_names
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FUNCTIONS = (ast.Fn, ast.ClosureExpr, ast.Tool, ast.Impl, ast.Spawn, ast.Parallel, ast.Pipeline)


def walk(root: object, enters: Callable[[ast.Node], bool] | None = None) -> Iterator[ast.Node]:
    """Every node of root (a node, or a body) in source order, root itself included.

    Nodes for which enters is false are yielded, but what is below them is not.
    """
    pending: list[object] = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, ast.Node):
            yield value
            if enters is None or enters(value):
                # The first field of every node is its span.
                pending.extend(getattr(value, name) for name in field_names(type(value))[:0:-1])
        elif isinstance(value, tuple):
            pending.extend(reversed(value))


def walk_function(body: ast.Body) -> Iterator[ast.Node]:
    """The nodes that run in the same call as body: nested functions, closures and task bodies are left out."""
    return walk(body, lambda node: not isinstance(node, _FUNCTIONS))


def without_attributes(statement: ast.Stmt) -> ast.Stmt:
    """The declaration that attributes stand above; any other statement itself."""
    while isinstance(statement, ast.Attributed):
        statement = statement.inner
    return statement

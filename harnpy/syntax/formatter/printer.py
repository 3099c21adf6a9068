"""The printer: dispatches nodes to the functions that print them, and knows what they share.

Functions that print call each other through it, so that their modules need not know each other.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter import chains, constructs, declarations, expressions, literals, operators, statements
from harnpy.syntax.formatter.place import Place, value_place
from harnpy.syntax.formatter.text import Text, join

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.source_map import SourceMap

# Called with the printer, a node and the level of the enclosing statement.
_EXPRESSIONS: dict[type, Callable[[Any, Any, int], Text]] = {
    **literals.PRINTERS,
    **expressions.PRINTERS,
    **operators.PRINTERS,
    **chains.PRINTERS,
}

# Called with the printer, a node and its place.
_CONSTRUCTS: dict[type, Callable[[Any, Any, Place], Text]] = {
    **statements.PRINTERS,
    **constructs.PRINTERS,
    **declarations.PRINTERS,
}

# What the statement printer prints itself, and so raises the level for.
_OF_STATEMENT_PRINTER = frozenset(
    (
        *declarations.PRINTERS,
        *(ast.If, ast.For, ast.While, ast.Retry, ast.TryCatch, ast.TryExpr, ast.Guard, ast.Deadline, ast.Mutex),
        *(ast.Spawn, ast.Parallel, ast.Match),
    )
)
# What continues from its own level in a body that the expression printer prints.
_CONTINUING = frozenset((*declarations.PRINTERS, ast.If, ast.For, ast.While, ast.TryCatch, ast.TryExpr))


class Printer:
    """Prints the nodes of one file. width, separator_width: in bytes, as for `format_source`."""

    def __init__(self, source: SourceMap, width: int, separator_width: int) -> None:
        self.source = source
        self.width = width
        self.separator_width = separator_width

    def expression(self, node: ast.Expr, base: int) -> Text:
        """The text of an expression in a statement at a level."""
        print_expression = _EXPRESSIONS.get(type(node))
        if print_expression is not None:
            return print_expression(self, node, base)
        return _CONSTRUCTS[type(node)](self, node, value_place(base))

    def statement(self, node: ast.Stmt, place: Place) -> Text:
        """The text of a statement or declaration, without what belongs before its first line."""
        kind = type(node)
        print_construct = _CONSTRUCTS.get(kind)
        if print_construct is None:
            return statements.expression_statement(self, node, place.base)  # type: ignore[arg-type]  # all else is one
        if kind not in (_OF_STATEMENT_PRINTER if place.is_statement else _CONTINUING):
            place = value_place(place.base)
        return print_construct(self, node, place)

    def unit(self, first: int, last: int, text: Text) -> Text:
        """text, which stands for the tokens from first to last; these as they are if comments in there are in nobody's care."""
        return join(self.source.verbatim(first, last)) if self.source.claim_rest(first, last) else text

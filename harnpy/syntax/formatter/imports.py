"""Imports: how one is written."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.items import Item, later
from harnpy.syntax.formatter.literals import quoted
from harnpy.syntax.formatter.sequences import sequence
from harnpy.syntax.formatter.text import Text, byte_length, join
from harnpy.syntax.imports import bytes_of

if TYPE_CHECKING:
    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer
    from harnpy.syntax.imports import AnyImport

# Of the line of a selective import, what counts besides the names and the path: `import { `, ` } ` and so on.
_REST_OF_LINE = 9 + 3 + 6


def import_text(printer: Printer, node: AnyImport, place: Place) -> Text:
    """An import as it is written."""
    path = quoted(node.path)
    if isinstance(node, ast.Import):
        return join(f"import {path}")
    if isinstance(node, ast.ImportAs):
        return join(f"import {path} as {node.name}")
    source = printer.source
    opener = source.find("LBRACE", node.span.start)
    inside = range(opener + 1, source.partner[opener])
    items = [Item(at, later(join, source.tokens[at].value)) for at in inside if source.kind(at) == "NAME"]
    prefix = 2 * place.base + _REST_OF_LINE + byte_length(node.path)
    names = sequence(printer, opener, items, prefix, place.base, " ", lambda text: bytes_of(str(text)))
    return join("import ", names, f" from {path}")

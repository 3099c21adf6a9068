"""Imports: how one is written, and the order of those at the top of a file."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.items import Item, later
from harnpy.syntax.formatter.literals import quoted
from harnpy.syntax.formatter.sequences import sequence
from harnpy.syntax.formatter.text import Text, byte_length, join

if TYPE_CHECKING:
    from typing import TypeAlias

    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer

    AnyImport: TypeAlias = ast.Import | ast.ImportAs | ast.ImportNames

IMPORTS = (ast.Import, ast.ImportAs, ast.ImportNames)

# Of the line of a selective import, what counts besides the names and the path: `import { `, ` } ` and so on.
_REST_OF_LINE = 9 + 3 + 6


def import_key(node: AnyImport) -> tuple[int, bytes, int, bytes]:
    """What imports at the top of a file are sorted by: `std/` first, then the path, bare before named before selective."""
    is_standard = node.path.startswith("std/")
    if isinstance(node, ast.Import):
        kind, names = 0, ""
    elif isinstance(node, ast.ImportAs):
        kind, names = 1, node.name
    else:
        kind, names = 2, ",".join(sorted(node.names, key=_bytes_of))
    return 0 if is_standard else 1, _bytes_of(node.path), kind, _bytes_of(names)


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
    names = sequence(printer, opener, items, prefix, place.base, " ", lambda text: _bytes_of(str(text)))
    return join("import ", names, f" from {path}")


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

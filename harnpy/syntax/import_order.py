"""The canonical order of the imports at the top of a file, which the linter demands and the formatter makes."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast

if TYPE_CHECKING:
    from typing import TypeAlias

    AnyImport: TypeAlias = ast.Import | ast.ImportAs | ast.ImportNames

IMPORTS = (ast.Import, ast.ImportAs, ast.ImportNames)


def import_key(node: AnyImport) -> tuple[int, bytes, int, bytes]:
    """What imports are sorted by: `std/` first, then the path, bare before named before selective, then the names."""
    is_standard = node.path.startswith("std/")
    if isinstance(node, ast.Import):
        kind, names = 0, ""
    elif isinstance(node, ast.ImportAs):
        kind, names = 1, node.name
    else:
        kind, names = 2, ",".join(sorted(node.names, key=bytes_of))
    return 0 if is_standard else 1, bytes_of(node.path), kind, bytes_of(names)


def bytes_of(text: str) -> bytes:
    """What names and paths are compared by."""
    return text.encode("utf-8", "surrogatepass")

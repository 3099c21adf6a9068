"""Imports as they are written: their kinds, and the order of those at the top of a file (chapter 10 section 3.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.import_paths import STANDARD
from harnpy.syntax import ast

if TYPE_CHECKING:
    from typing import TypeAlias

    AnyImport: TypeAlias = ast.Import | ast.ImportAs | ast.ImportNames

IMPORTS = (ast.Import, ast.ImportAs, ast.ImportNames)


def import_key(node: AnyImport) -> tuple[int, bytes, int, bytes]:
    """What imports at the top of a file are sorted by: `std/` first, then the path, bare before named before selective."""
    if isinstance(node, ast.Import):
        kind, names = 0, ""
    elif isinstance(node, ast.ImportAs):
        kind, names = 1, node.name
    else:
        kind, names = 2, ",".join(sorted(node.names, key=bytes_of))
    return 0 if node.path.startswith(STANDARD) else 1, bytes_of(node.path), kind, bytes_of(names)


def bytes_of(text: str) -> bytes:
    """What names and paths are sorted by."""
    return text.encode("utf-8", "surrogatepass")

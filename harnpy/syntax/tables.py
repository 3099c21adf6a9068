"""The file with the parser tables of grammar/harn.lark: loaded if there is one, made by Lark if there is none or a stale one.

The file begins with a digest over the grammar's text and the tables. A wheel brings it along (build_tables.py); a
checkout keeps it beside this module, a read-only one in the user's cache directory.
"""

from __future__ import annotations

import os

from harnpy.digest import blake2b
from harnpy.syntax.lalr import Tables
from harnpy.syntax.tree import TreeBuilder

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
# To be changed with what lalr.py reads.
_LAYOUT = "3"
_DIGEST_LENGTH = 32

_loaded: list[Tables] = []  # at most one: all parses of a process share it


def parser_tables() -> Tables:
    """The tables of Harn, with node building embedded."""
    if not _loaded:
        _loaded.append(Tables(load_tables(), TreeBuilder()))
    return _loaded[0]


def load_tables() -> bytes:
    """The tables for the grammar at hand; made (about 2 s) and kept if no usable file exists."""
    grammar = grammar_text()
    candidates = [os.path.join(_PACKAGE, "_tables.bin"), *_user_cache()]
    for path in candidates:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            continue
        tables = content[_DIGEST_LENGTH:]
        if content[:_DIGEST_LENGTH] == _seal(grammar, tables):
            return tables
    content = table_file(grammar)
    for path in candidates:
        if _write_atomically(path, content):
            break
    return content[_DIGEST_LENGTH:]


def grammar_text() -> str:
    """Text of harn.lark: in a wheel inside the package, in a checkout beside it."""
    above = os.path.dirname(_PACKAGE)
    for directory in (above, os.path.dirname(above)):
        try:
            with open(os.path.join(directory, "grammar", "harn.lark"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            continue
    raise FileNotFoundError("harn.lark is missing from this installation of harnpy")


def table_file(grammar: str) -> bytes:
    """Content of a table file: seal and tables."""
    from harnpy.syntax.grammar import build_tables

    tables = build_tables(grammar)
    return _seal(grammar, tables) + tables


def _seal(grammar: str, tables: bytes) -> bytes:
    """Changes with the grammar, with the layout, and if the file is damaged."""
    return blake2b(f"{_LAYOUT}\0{grammar}\0".encode() + tables, digest_size=_DIGEST_LENGTH).digest()


def _user_cache() -> list[str]:
    """The table file in the user's cache directory; none for a user without a home."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return [os.path.join(base, "harnpy", "tables.bin")] if not base.startswith("~") else []


def _write_atomically(path: str, content: bytes) -> bool:
    """Whether the file could be written; readers see the old file or the new one, never a part."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        return False
    return True

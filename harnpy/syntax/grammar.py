"""The LALR tables of grammar/harn.lark: loaded from a file made beforehand, built when there is none or it is stale.

The file holds plain data only (no code is run by loading it) and begins with a digest over grammar text, Lark version
and the data. A wheel brings it along (build_tables.py); a checkout keeps it beside this module, a read-only one in the user's
cache directory. Importing this module imports Lark.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import tempfile
from functools import cache
from pathlib import Path

import lark
from lark.lexer import Lexer

from harnpy import TYPE_CHECKING
from harnpy.syntax.tree import TreeBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PACKAGE = Path(__file__).resolve().parent
_LAYOUT = "2"
_DIGEST_LENGTH = 32


class HarnLexer(Lexer):
    """Stands where Lark wants a lexer: every terminal is declared, and parser.py feeds the tokens itself."""

    def __init__(self, _configuration: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[lark.Token]:
        raise NotImplementedError("feed tokens to parse_interactive()")


@cache
def load_parser() -> lark.Lark:
    """The parser with node building embedded: callbacks run at each reduction, so depth of nesting costs no recursion."""
    return _from_tables(load_tables())


def load_tables() -> bytes:
    """Serialized tables for the grammar at hand; made (about 2 s) and kept if no usable file exists."""
    grammar = grammar_text()
    candidates = [_PACKAGE / "_tables.bin", *_user_cache()]
    for path in candidates:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        tables = content[_DIGEST_LENGTH:]
        if content[:_DIGEST_LENGTH] == _seal(grammar, tables):
            return tables
    tables = build_tables(grammar)
    for path in candidates:
        if _write_atomically(path, _seal(grammar, tables) + tables):
            break
    return tables


def grammar_text() -> str:
    """Text of harn.lark: in a wheel inside the package, in a checkout beside it."""
    for directory in (_PACKAGE.parent / "grammar", _PACKAGE.parent.parent / "grammar"):
        path = directory / "harn.lark"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError("harn.lark is missing from this installation of harnpy")


def table_file(grammar: str) -> bytes:
    """Content of a table file: seal and tables."""
    tables = build_tables(grammar)
    return _seal(grammar, tables) + tables


def build_tables(grammar: str) -> bytes:
    """Run Lark's LALR construction and serialize its result as plain data."""
    parser = lark.Lark(grammar, parser="lalr", lexer=HarnLexer, start="program", maybe_placeholders=True)
    data, memo = parser.memo_serialize([lark.lexer.TerminalDef, lark.grammar.Rule])
    # The lexer is a class; a name in its place keeps code out of the file.
    data["options"]["lexer"] = None
    data["parser"]["lexer_conf"]["lexer_type"] = None
    data["options"]["transformer"] = None
    return pickle.dumps((data, memo), protocol=4)


def _from_tables(tables: bytes) -> lark.Lark:
    data, memo = _PlainUnpickler(io.BytesIO(tables)).load()
    data["options"]["lexer"] = HarnLexer
    data["parser"]["lexer_conf"]["lexer_type"] = HarnLexer
    parser: lark.Lark = lark.Lark._load_from_dict(data, memo, transformer=TreeBuilder())  # type: ignore[no-untyped-call]
    return parser


class _PlainUnpickler(pickle.Unpickler):
    """Refuses everything but lists, dicts, strings and numbers: a cache file must not be able to run code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"table file names {module_name}.{global_name}")


def _seal(grammar: str, tables: bytes) -> bytes:
    """Changes with the grammar, with Lark, and if the file is damaged."""
    return hashlib.sha256(f"{_LAYOUT}\0{lark.__version__}\0{grammar}\0".encode() + tables).digest()


def _user_cache() -> list[Path]:
    """The table file in the user's cache directory; none for a user without a home."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        directory = Path(base) if base else Path.home() / ".cache"
    except RuntimeError:
        return []
    return [directory / "harnpy" / "tables.bin"]


def _write_atomically(path: Path, content: bytes) -> bool:
    """Whether the file could be written; readers see the old file or the new one, never a part."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        return False
    return True

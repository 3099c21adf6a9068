"""What a program declares for others: its exported functions, and the types that their signatures may name."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.doc_comments import comments_of, doc_above
from harnpy.records import Record
from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program

if TYPE_CHECKING:
    from typing import Any


class Declarations(Record):
    """The declarations of one program by name, in source order. docs are the comments above them, where there are any."""

    functions: dict[str, ast.Fn]
    structs: dict[str, ast.Struct]
    enums: dict[str, ast.Enum]
    aliases: dict[str, ast.TypeAlias_]
    docs: dict[str, str]


def declarations_of(source: str | bytes, path: str) -> Declarations:
    """What a program declares; its functions are the `pub` ones, or all if none is. Raises HarnSyntaxError."""
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    found = Declarations({}, {}, {}, {}, {})
    tables: tuple[tuple[type, dict[str, Any]], ...] = (
        (ast.Fn, found.functions),
        (ast.Struct, found.structs),
        (ast.Enum, found.enums),
        (ast.TypeAlias_, found.aliases),
    )
    comments = comments_of(text)
    for item in parse_program(source, path).items:
        inner = item.inner if isinstance(item, ast.Attributed) else item
        for kind, table in tables:
            if isinstance(inner, kind):
                name = inner.name  # type: ignore[union-attr]
                table[name] = inner
                doc = doc_above(item, comments)
                if doc:
                    found.docs[name] = doc
    public = {name: function for name, function in found.functions.items() if function.is_pub}
    return Declarations(public or found.functions, found.structs, found.enums, found.aliases, found.docs)

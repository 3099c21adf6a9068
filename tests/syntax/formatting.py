"""What has to hold for whatever is formatted: the same program, the same comments, and nothing left to do."""

from __future__ import annotations

import re
from typing import Any

from harnpy.records import field_names
from harnpy.syntax import ast
from harnpy.syntax.formatter import format_source
from harnpy.syntax.lexer import lex_lenient
from harnpy.syntax.parser import parse_program

_IMPORTS = (ast.Import, ast.ImportAs, ast.ImportNames)


def check_formatting(source: str, width: int = 100, separator_width: int = 80) -> str:
    """The formatted source, after having made sure that it is what it should be."""
    formatted = format_source(source, width, separator_width)
    assert same_program(source, formatted), f"another program:\n{formatted}"
    assert format_source(formatted, width, separator_width) == formatted, f"formatting goes on:\n{formatted}"
    assert comment_words(formatted) == comment_words(source), f"other comments:\n{formatted}"
    assert formatted.endswith("\n") and not formatted.endswith("\n\n")
    return formatted


def same_program(first: str, second: str) -> bool:
    """Whether two texts are the same program, but for positions and the order of imports and of imported names."""
    return _shape(parse_program(first, "first.harn")) == _shape(parse_program(second, "second.harn"))


def _shape(program: ast.Program) -> list[object]:
    """The tree as a flat list: kinds, tuples with their lengths, and all values but the spans."""
    items = list(program.items)
    count = next((at for at, item in enumerate(items) if not isinstance(item, _IMPORTS)), len(items))
    leading = sorted([_flat(item) for item in items[:count]], key=repr)
    return [*leading, *_flat(tuple(items[count:]))]


def _flat(root: object) -> list[object]:
    flat: list[object] = []
    pending: list[Any] = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, ast.Node):
            flat.append(type(value))
            fields = [getattr(value, name) for name in field_names(type(value)) if name != "span"]
            if isinstance(value, ast.ImportNames):
                fields = [sorted(value.names), value.path]
            pending.extend(reversed(fields))
        elif isinstance(value, tuple):
            flat.append(len(value))
            pending.extend(reversed(value))
        else:
            flat.append((type(value), value))
    return flat


def comment_words(source: str) -> list[str]:
    """The words of all comments in order, those of imports and above them aside from their order.

    Words, because lines of documentation are joined; bars of section headers are left out, because headers may gain them.
    """
    comments = [token for token in lex_lenient(source) if token.type in ("COMMENT", "DOC_COMMENT")]
    items = parse_program(source, "source.harn").items
    count = next((at for at, item in enumerate(items) if not isinstance(item, _IMPORTS)), len(items))
    last_line = items[count - 1].span.end_line if count else 0
    moved: list[str] = []
    kept: list[str] = []
    for comment in comments:
        into = moved if comment.span.line <= last_line else kept
        is_block = comment.type == "DOC_COMMENT" and source.startswith("/**", comment.span.start)
        for number, line in enumerate(comment.value.split("\n")):
            words = [word for word in line.split() if re.fullmatch(r"-{4,}", word) is None]
            if is_block and number and words and words[0].startswith("*"):
                words[0] = words[0][1:]
            into.extend(word for word in words if word)
    return [*sorted(moved), *kept]

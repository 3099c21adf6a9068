"""From the bytes of a file to the text that is lexed: UTF-8, byte order mark, NUL.

Offsets, lines and columns of all spans count in the text that `decode_source` returns.
"""

from __future__ import annotations

from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError

BYTE_ORDER_MARK = "\ufeff"


def decode_source(source: str | bytes, path: str) -> str:
    """The program text without its byte order mark.

    Raises HarnSyntaxError (lexical) for bytes that are no UTF-8 and for NUL characters.
    """
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _invalid_utf8(source, error, path) from None
    else:
        text = source
    text = text.removeprefix(BYTE_ORDER_MARK)
    nul = text.find("\0")
    if nul >= 0:
        line, column = line_and_column(text, nul)
        raise _lexical_error(
            path,
            text,
            f"Unexpected NUL character at {line}:{column}",
            Span(nul, nul + 1, line, column, line),
            "remove the character U+0000; if it is wanted as data, read it from a file at run time",
        )
    return text


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Where an offset stands, both counted from 1; only LF ends a line."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _invalid_utf8(source: bytes, error: UnicodeDecodeError, path: str) -> HarnSyntaxError:
    before = source[: error.start].decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    line, column = line_and_column(before, len(before))
    return _lexical_error(
        path,
        source.decode("utf-8", errors="replace").removeprefix(BYTE_ORDER_MARK),
        f"Invalid UTF-8 byte 0x{source[error.start]:02X} at {line}:{column}",
        Span(len(before), len(before) + 1, line, column, line),
        "save the file as UTF-8",
    )


def _lexical_error(path: str, text: str, message: str, span: Span, help: str) -> HarnSyntaxError:
    return HarnSyntaxError(path, text, [Diagnostic("error", message, span, "here", help, "lex")])

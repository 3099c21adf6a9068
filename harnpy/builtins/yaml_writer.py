"""Values -> YAML text in block style, keys sorted, lists flush with the key they belong to.

A string is written plain where it reads back as itself, else in quotes, and as a `|` block where it has lines.
"""

from __future__ import annotations

import math
import re

from harnpy.builtins.number_text import float_with_point
from harnpy.builtins.yaml_scalars import resolve_plain
from harnpy.vm.display import display_int
from harnpy.vm.values import Value

# Words that older readers of YAML take for bools.
_OLD_BOOLS = frozenset(
    spelling for word in ("y", "n", "yes", "no", "on", "off") for spelling in (word, word.capitalize(), word.upper())
)
# Digits that are text only because of a leading zero.
_DIGITS = re.compile(r"[+-]?[0-9]+\Z")
_LONGEST_SIMPLE_KEY = 128
_LINE_BREAK = re.compile("[\n\r\x85\u2028\u2029]")
# What only double quotes can hold: controls, other line breaks than LF, the byte order mark, non-characters.
_SPECIAL = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# A plain scalar may not begin like this, contain this, or end like this.
_INDICATOR = re.compile(r"[#,\[\]{}&*!|>'\"%@`]|[-?:](?:\s|\Z)|---|\.\.\.")
_COMMENT_OR_KEY = re.compile(r":(?=[\s]|\Z)|(?<=\s)#")
_ESCAPES = {
    **{"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"},
    **{"\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"},
}


def to_yaml(value: Value) -> str:
    """The YAML text of a value that holds nothing but data; ends with a newline."""
    return _node(value, 0, "") + "\n"


def _node(value: Value, indent: int, lead: str) -> str:
    """A value that begins on the current line, after lead, which stands for the indicator before it (`- ` or `: `).

    Further lines begin at column indent.
    """
    kind = type(value)
    if kind is list and value:
        return _list(value, indent, lead)
    if kind is dict and value:
        return _dict(value, indent, lead)
    return lead + (_string(value, indent) if kind is str else _scalar(value))


def _list(items: list[Value], indent: int, lead: str) -> str:
    separator = "\n" + " " * indent
    return lead + separator.join([_node(item, indent + 2, "- ") for item in items])


def _dict(entries: dict[str, Value], indent: int, lead: str) -> str:
    separator = "\n" + " " * indent
    return lead + separator.join([_entry(key, entries[key], indent) for key in sorted(entries)])


def _entry(key: str, value: Value, indent: int) -> str:
    margin = " " * indent
    if _LINE_BREAK.search(key) or len(key) > _LONGEST_SIMPLE_KEY:
        return f"? {_string(key, indent + 2)}\n{margin}" + _node(value, indent + 2, ": ")
    text = _string(key, indent)
    if type(value) is list and value:
        return f"{text}:\n{margin}" + _list(value, indent, "")
    if type(value) is dict and value:
        return f"{text}:\n{margin}  " + _dict(value, indent + 2, "")
    return text + _node(value, indent + 2, ": ")


def _scalar(value: Value) -> str:
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return display_int(value)
    if kind is float:
        return float_with_point(value) if math.isfinite(value) else "null"
    if kind is list:
        return "[]"
    return "{}" if kind is dict else "null"


def _string(text: str, indent: int) -> str:
    """A string as a scalar; the lines of a block begin at column indent."""
    if _SPECIAL.search(text):
        return _double_quoted(text)
    if "\n" in text:
        # A block cannot hold a line of nothing but spaces in front of a break, or end in spaces.
        return _double_quoted(text) if " \n" in text or text.endswith(" ") else _block(text, max(indent, 2))
    if text in _OLD_BOOLS or not isinstance(resolve_plain(text), str) or not _may_be_plain(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _may_be_plain(text: str) -> bool:
    if text[0] == " " or text[-1] == " ":
        return False
    return not (_INDICATOR.match(text) or _COMMENT_OR_KEY.search(text) or _DIGITS.match(text))


def _block(text: str, indent: int) -> str:
    """A literal block: the header says how the text ends, and its indentation where the first line has spaces."""
    hint = "2" if text[0] in " \n" else ""
    body = text
    if not text.endswith("\n"):
        chomping = "-"
    else:
        chomping = "+" if text == "\n" or text.endswith("\n\n") else ""
        body = text[:-1]
    margin = " " * indent
    lines = [margin + line if line else "" for line in body.split("\n")]
    return f"|{hint}{chomping}\n" + "\n".join(lines)


def _double_quoted(text: str) -> str:
    return '"' + re.sub(r'["\\]|' + _SPECIAL.pattern + "|\n", lambda found: _escape(found[0]), text) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"

"""The value grammar of tool calls that models write as text (chapter 12 section 12.3.4): JSON and what people add to it.

Unquoted keys, both quotes, comments, trailing commas, template literals and heredocs are accepted. Containers are kept
on a stack of this module's own, so that no nesting uses up Python's.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from harnpy.llm.json_values import Json
from harnpy.llm.source_text import SourceText

# No tool has such arguments; what writes, compares or shows a value recurses, so that its depth must stay bounded.
MAX_DEPTH = 128

# What a message shows of a key or number: messages go back to the model.
_SHOWN = 120

# The length from which on Python refuses to convert decimal digits to an integer.
_MOST_DIGITS = 4300

# White space and comments; a comment that is not closed takes the rest.
_TRIVIA = re.compile(r"(?:[ \t\r\n]++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+")
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*+")
_NUMBER = re.compile(r"-?[0-9.eE+-]*+")
_INTEGER = re.compile(r"-?[0-9]+")
# An entry of an object up to the comma or brace behind it, as most are written. The lengths bound what is read in vain.
_PLAIN_ENTRY = re.compile(
    r"""[ \t\r\n]{0,99}+(?:([A-Za-z_$][A-Za-z0-9_$]{0,99}+)|"([^"\\]{0,99}+)")[ \t\r\n]{0,99}+:[ \t\r\n]{0,99}+"""
    r"""(?:"((?!<<)[^"\\]{0,999}+)"|(-?[0-9]{1,18}+)|(true|false|null))[ \t\r\n]{0,99}+([,}])"""
)
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_KEYWORDS: dict[str, tuple[tuple[str, Json], ...]] = {
    "t": (("true", True), ("false", False)),
    "f": (("true", True), ("false", False)),
    "n": (("null", None),),
    "u": (("undefined", None),),
}
_PLAIN = {quote: re.compile(rf"[^{quote}\\]*+") for quote in "\"'"}
_TEMPLATE_PLAIN = re.compile(r"(?:[^`\\$]++|\$(?!\{))*+")
_BRACE = re.compile(r"[{}]")
_STRING_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\n": ""}
_TEMPLATE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "`": "`", "$": "$", "\n": ""}
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_UNICODE_ESCAPE = re.compile(r"\{([0-9A-Fa-f]++)\}|([0-9A-Fa-f]{4})")
_LOW_SURROGATE = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_HEREDOC = re.compile(r"<<(['\"]?)([A-Za-z0-9_]++)\1\r?\n")
_HEREDOC_TAG = re.compile(r"<<['\"]?([A-Za-z0-9_]++)")


class ArgumentError(ValueError):
    """A value that is none. The text is a value-parser message of section 12.3.7; position is where reading stopped."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def parse_argument(source: SourceText, position: int) -> tuple[Json, int]:
    """The value that begins at position, white space and comments aside, and where it ends. Raises ArgumentError."""
    if source.at(position) == "{":
        # Most arguments are one object, and most objects are plainly written.
        members: dict[str, Json] = {}
        end, is_closed = _plain_entries(source, position + 1, members)
        if is_closed:
            return members, end
    parser = _Parser(source, position)
    return parser.value(), parser.position


def _plain_entries(source: SourceText, position: int, members: dict[str, Json]) -> tuple[int, bool]:
    """Take the plainly written entries that come next; the position behind them, and whether they close the object."""
    while True:
        entry = source.match(_PLAIN_ENTRY, position)
        if entry is None:
            return position, False
        position = entry.end()
        name, quoted_name, text, digits, word, ending = entry.groups()
        value = text if text is not None else int(digits) if digits is not None else _WORDS[word]
        members[quoted_name if name is None else name] = value
        if ending == "}":
            return position, True


def skip_trivia(source: SourceText, position: int) -> int:
    """The position behind the white space and the comments at position."""
    found = source.match(_TRIVIA, position)
    return found.end() if found else position


def heredoc_opening(source: SourceText, position: int) -> re.Match[str] | None:
    """The `<<TAG` with its newline at position; group 2 is the tag."""
    return source.match(_HEREDOC, position)


@dataclass(slots=True)
class _Container:
    """An object or array that is not closed yet; key is the one whose value comes next."""

    members: dict[str, Json] | None
    items: list[Json]
    key: str = ""

    @property
    def value(self) -> Json:
        return self.items if self.members is None else self.members

    def put(self, value: Json) -> None:
        if self.members is None:
            self.items.append(value)
        else:
            self.members[self.key] = value


class _Parser:
    def __init__(self, source: SourceText, position: int) -> None:
        self._source = source
        self.position = position

    def value(self) -> Json:
        open_containers: list[_Container] = []
        while True:
            value, opened = self._begin_value()
            if opened is not None:
                if len(open_containers) == MAX_DEPTH:
                    raise self._error(f"value nested more than {MAX_DEPTH} levels deep")
                if self._begins_entry(opened):
                    open_containers.append(opened)
                    continue
                value = opened.value
            while open_containers:
                container = open_containers[-1]
                container.put(value)
                if self._continues(container):
                    break
                value = open_containers.pop().value
            else:
                return value

    def _begin_value(self) -> tuple[Json, _Container | None]:
        """A whole scalar, or a container of which the bracket is read."""
        self.position = skip_trivia(self._source, self.position)
        first = self._source.at(self.position)
        if first == "{":
            self.position += 1
            return None, _Container({}, [])
        if first == "[":
            self.position += 1
            return None, _Container(None, [])
        return self._scalar(first), None

    def _scalar(self, first: str) -> Json:
        if first == "":
            raise self._error("unexpected end of input")
        if first in _PLAIN:
            return self._string(first)
        if first == "`":
            return self._template()
        if first == "<" and self._source.at(self.position + 1) == "<":
            return self._heredoc()
        if first == "-" or (first.isascii() and first.isdigit()):
            return self._number()
        if first in _KEYWORDS:
            return self._keyword(_KEYWORDS[first])
        raise self._error(f"unexpected character `{first}` starting a value")

    def _begins_entry(self, container: _Container) -> bool:
        """Whether another entry begins here; if so, its key is read. If not, the closing bracket is."""
        if container.members is not None:
            self.position, is_closed = _plain_entries(self._source, self.position, container.members)
            if is_closed:
                return False
        self.position = skip_trivia(self._source, self.position)
        following = self._source.at(self.position)
        is_object = container.members is not None
        if following == "":
            raise self._error(f"unexpected end of input inside {'object' if is_object else 'array'} literal")
        if following == ("}" if is_object else "]"):
            self.position += 1
            return False
        if is_object:
            container.key = self._key(following)
        return True

    def _continues(self, container: _Container) -> bool:
        """Whether the container goes on behind a value."""
        self.position = skip_trivia(self._source, self.position)
        following = self._source.at(self.position)
        is_object = container.members is not None
        if following == ",":
            self.position += 1
            return self._begins_entry(container)
        if following == ("}" if is_object else "]"):
            self.position += 1
            return False
        if following == "":
            raise self._error(f"unexpected end of input inside {'object' if is_object else 'array'} literal")
        if is_object:
            raise self._error(f"expected `,` or `}}` after value inside object literal, got `{following}`")
        raise self._error(f"expected `,` or `]` inside array literal, got `{following}`")

    def _key(self, first: str) -> str:
        identifier = self._source.match(_IDENTIFIER, self.position)
        if identifier:
            key = identifier[0]
            self.position = identifier.end()
        elif first in _PLAIN:
            key = self._quoted(first)
        else:
            raise self._error("expected an object key (identifier or string) inside `{ ... }`")
        self.position = skip_trivia(self._source, self.position)
        if self._source.at(self.position) != ":":
            raise self._error(f"expected `:` after key `{_shown(key)}` inside object literal")
        self.position += 1
        return key

    def _string(self, quote: str) -> str:
        # A heredoc in quotes is a frequent slip; other strings that begin with `<<` are what they are.
        if not heredoc_opening(self._source, self.position + 1):
            return self._quoted(quote)
        self.position += 1
        body = self._heredoc()
        if self._source.at(self.position) == quote:
            self.position += 1
        return body

    def _quoted(self, quote: str) -> str:
        pieces: list[str] = []
        self.position += 1
        while True:
            plain = self._source.match(_PLAIN[quote], self.position)
            if plain:
                pieces.append(plain[0])
                self.position = plain.end()
            ending = self._source.at(self.position)
            self.position += 1
            if ending == "":
                raise self._error("unterminated string literal")
            if ending == quote:
                return "".join(pieces)
            pieces.append(self._string_escape())

    def _string_escape(self) -> str:
        """The character that the escape names whose backslash is read."""
        kind = self._source.at(self.position)
        self.position += 1
        if kind == "":
            raise self._error("unterminated escape sequence in string literal")
        if kind == "x":
            return self._hex_escape()
        if kind == "u":
            return self._unicode_escape()
        if kind == "\r" and self._source.at(self.position) == "\n":
            self.position += 1
            return ""
        return _STRING_ESCAPES.get(kind, kind)

    def _hex_escape(self) -> str:
        digits = self._source.match(_HEX_PAIR, self.position)
        if digits is None:
            is_cut = self.position + 2 > self._source.length
            raise self._error("invalid \\x escape" + (" in string literal" if is_cut else ""))
        self.position = digits.end()
        return chr(int(digits[0], 16))

    def _unicode_escape(self) -> str:
        digits = self._source.match(_UNICODE_ESCAPE, self.position)
        if digits is None:
            raise self._error("invalid \\u escape in string literal")
        code = int(digits[1] or digits[2], 16)
        end = digits.end()
        if 0xD800 <= code < 0xDC00 and digits[2]:
            low = self._source.match(_LOW_SURROGATE, end)
            if low:
                code = 0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00
                end = low.end()
        if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            raise self._error("invalid \\u escape in string literal")
        self.position = end
        return chr(code)

    def _template(self) -> str:
        pieces: list[str] = []
        self.position += 1
        while True:
            plain = self._source.match(_TEMPLATE_PLAIN, self.position)
            if plain:
                pieces.append(plain[0])
                self.position = plain.end()
            ending = self._source.at(self.position)
            if ending == "":
                raise self._error("unterminated template literal")
            if ending == "$":
                pieces.append(self._interpolation())
                continue
            self.position += 1
            if ending == "`":
                return "".join(pieces)
            pieces.append(self._template_escape())

    def _template_escape(self) -> str:
        kind = self._source.at(self.position)
        self.position += 1
        if kind == "":
            raise self._error("unterminated escape in template literal")
        if kind == "\r" and self._source.at(self.position) == "\n":
            self.position += 1
            return ""
        return _TEMPLATE_ESCAPES.get(kind, "\\" + kind)

    def _interpolation(self) -> str:
        """`${...}` as it stands: no expression is evaluated for a model."""
        start = self.position
        depth = 0
        while True:
            brace = self._source.search(_BRACE, self.position)
            if brace is None:
                self.position = self._source.length
                raise self._error("unterminated ${...} interpolation in template literal")
            self.position = brace.end()
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                return self._source.text[start : self.position]

    def _heredoc(self) -> str:
        opening = heredoc_opening(self._source, self.position)
        if opening is None:
            tag = self._source.match(_HEREDOC_TAG, self.position)
            if tag is None:
                raise self._error("heredoc requires a tag after << (e.g. <<EOF)")
            raise self._error(f"expected newline after heredoc tag <<{tag[1]}")
        closing = self._source.heredoc_end(opening[2], opening.end())
        if closing is None:
            self.position = self._source.length
            raise self._error(f"unterminated heredoc: expected closing {opening[2]} at the start of a line")
        line_start, self.position = closing
        return self._source.text[opening.end() : max(line_start - 1, opening.end())].removesuffix("\r")

    def _number(self) -> int | float:
        found = self._source.match(_NUMBER, self.position)
        literal = found[0] if found else ""
        if _INTEGER.fullmatch(literal) and len(literal) <= _MOST_DIGITS:
            self.position += len(literal)
            return int(literal)
        try:
            number = float(literal)
        except ValueError:
            raise self._error(f"invalid number literal `{_shown(literal)}`") from None
        if not math.isfinite(number):
            raise self._error("non-finite number literal")
        self.position += len(literal)
        return number

    def _keyword(self, expected: tuple[tuple[str, Json], ...]) -> Json:
        for word, value in expected:
            if self._source.text.startswith(word, self.position):
                self.position += len(word)
                return value
        raise self._error("expected " + " or ".join(f"`{word}`" for word, _ in expected))

    def _error(self, message: str) -> ArgumentError:
        return ArgumentError(message, min(self.position, self._source.length))


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

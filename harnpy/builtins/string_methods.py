"""The methods of strings. Positions and lengths are in characters (code points).

Arguments are taken as text. Most are text already: those are spared the call that makes it of other values.
"""

from __future__ import annotations

from harnpy.builtins.arguments import count_of, int_or
from harnpy.builtins.strings import slice_text, split_text
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.operators import multiply
from harnpy.vm.registry import method
from harnpy.vm.values import MISSING, Value


@method("string.count() -> int", pure=True, aliases=("len",))
def string_count(text: str) -> int:
    """How many characters the string has."""
    return len(text)


@method("string.empty() -> bool", pure=True)
def string_empty(text: str) -> bool:
    """Whether the string has no characters."""
    return not text


@method("string.contains(part: string) -> bool", pure=True)
def string_contains(text: str, part: Value = "") -> bool:
    """Whether part occurs in the string."""
    return (part if type(part) is str else display(part)) in text


@method("string.starts_with(prefix: string) -> bool", pure=True)
def string_starts_with(text: str, prefix: Value = "") -> bool:
    """Whether the string begins with prefix."""
    return text.startswith(prefix if type(prefix) is str else display(prefix))


@method("string.ends_with(suffix: string) -> bool", pure=True)
def string_ends_with(text: str, suffix: Value = "") -> bool:
    """Whether the string ends with suffix."""
    return text.endswith(suffix if type(suffix) is str else display(suffix))


@method("string.replace(old: string, new: string) -> string", pure=True)
def string_replace(text: str, old: Value = MISSING, new: Value = MISSING) -> str | None:
    """The string with every old replaced by new; nil unless both are given."""
    if type(old) is str and type(new) is str:
        return text.replace(old, new)
    return None if new is MISSING else text.replace(display(old), display(new))


@method('string.split(separator: string = ",") -> list<string>', pure=True)
def string_split(text: str, separator: Value = ",") -> list[str]:
    """The pieces between separators. An empty separator gives every character, with an empty string around."""
    if type(separator) is str and separator:
        return text.split(separator)
    return split_text(text, display(separator))


@method("string.trim() -> string", pure=True)
def string_trim(text: str) -> str:
    """The string without white space at both ends."""
    return text.strip(WHITE_SPACE)


@method("string.trim_start() -> string", pure=True)
def string_trim_start(text: str) -> str:
    """The string without white space at its start."""
    return text.lstrip(WHITE_SPACE)


@method("string.trim_end() -> string", pure=True)
def string_trim_end(text: str) -> str:
    """The string without white space at its end."""
    return text.rstrip(WHITE_SPACE)


@method("string.lowercase() -> string", pure=True, aliases=("lower", "to_lower"))
def string_lowercase(text: str) -> str:
    """The string in lower case."""
    return text.lower()


@method("string.uppercase() -> string", pure=True, aliases=("upper", "to_upper"))
def string_uppercase(text: str) -> str:
    """The string in upper case."""
    return text.upper()


@method("string.substring(start: int = 0, end: int = nil) -> string", pure=True)
def string_substring(text: str, start: Value = 0, end: Value = None) -> str:
    """The characters from start up to, not including, end. Both are clamped; without an end, to the end."""
    if type(start) is int and type(end) is int and start >= 0 <= end:
        return text[start:end]
    return slice_text(text, start, end)


@method("string.index_of(part: string) -> int", pure=True)
def string_index_of(text: str, part: Value = "") -> int:
    """The first position of part, or -1."""
    return text.find(part if type(part) is str else display(part))


@method("string.last_index_of(part: string) -> int", pure=True)
def string_last_index_of(text: str, part: Value = "") -> int:
    """The last position of part, or -1."""
    return text.rfind(part if type(part) is str else display(part))


@method("string.chars() -> list<string>", pure=True)
def string_chars(text: str) -> list[str]:
    """The characters as strings."""
    return list(text)


@method("string.char_at(index: int = 0) -> string | nil", pure=True)
def string_char_at(text: str, index: Value = 0) -> str | None:
    """The character at index, counted from 0; nil outside the string and for a negative index."""
    wanted = index if type(index) is int else 0
    return text[wanted] if 0 <= wanted < len(text) else None


@method("string.repeat(times: int = 1) -> string", pure=True)
def string_repeat(text: str, times: Value = 1) -> str:
    """The string that many times in a row; an empty string for a negative number."""
    return multiply(text, int_or(times, 1))  # type: ignore[no-any-return]


@method("string.reverse() -> string", pure=True)
def string_reverse(text: str) -> str:
    """The characters in reverse order."""
    return text[::-1]


@method('string.pad_left(width: int, fill: string = " ") -> string', pure=True)
def string_pad_left(text: str, width: Value = 0, fill: Value = " ") -> str:
    """The string with the first character of fill put before it until it has that width."""
    return _padding(text, width, fill) + text


@method('string.pad_right(width: int, fill: string = " ") -> string', pure=True)
def string_pad_right(text: str, width: Value = 0, fill: Value = " ") -> str:
    """The string with the first character of fill put after it until it has that width."""
    return text + _padding(text, width, fill)


@method("string.lines() -> list<string>", pure=True)
def string_lines(text: str) -> list[str]:
    """The lines without their line ends (`\\n` or `\\r\\n`); a final line end opens no further line."""
    lines = text.split("\n")
    if "\r" in text:
        lines[:-1] = [line.removesuffix("\r") for line in lines[:-1]]
    if not lines[-1]:
        lines.pop()
    return lines


def _padding(text: str, width: Value, fill: Value) -> str:
    return multiply(display(fill)[:1] or " ", count_of(width) - len(text))  # type: ignore[no-any-return]

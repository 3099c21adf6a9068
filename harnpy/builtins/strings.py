"""Builtin functions on strings. Arguments are taken as text; the methods of strings are in string_methods.py."""

from __future__ import annotations

from harnpy.builtins.arguments import count_of, int_or
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.search import position
from harnpy.vm.values import Value


@builtin("trim(text: string) -> string", pure=True)
def trim(text: Value = "") -> str:
    """The text without white space at both ends."""
    return display(text).strip(WHITE_SPACE)


@builtin("lowercase(text: string) -> string", pure=True)
def lowercase(text: Value = "") -> str:
    """The text in lower case."""
    return display(text).lower()


@builtin("uppercase(text: string) -> string", pure=True)
def uppercase(text: Value = "") -> str:
    """The text in upper case."""
    return display(text).upper()


@builtin('split(text: string, separator: string = " ") -> list<string>', pure=True, checked_as="any")
def split(text: Value = "", separator: Value = " ") -> list[str]:
    """The pieces of text between separators. An empty separator gives every character, with an empty string around."""
    return split_text(display(text), display(separator))


@builtin("starts_with(text: string, prefix: string) -> bool", pure=True, checked_as="any")
def starts_with(text: Value = "", prefix: Value = "") -> bool:
    """Whether text begins with prefix."""
    return display(text).startswith(display(prefix))


@builtin("ends_with(text: string, suffix: string) -> bool", pure=True, checked_as="any")
def ends_with(text: Value = "", suffix: Value = "") -> bool:
    """Whether text ends with suffix."""
    return display(text).endswith(display(suffix))


@builtin("contains(collection: string | list, item: any) -> bool", pure=True, checked_as="any")
def contains(collection: Value = "", item: Value = "") -> bool:
    """Whether a string contains item as text, or a list an equal element; false for other collections."""
    if type(collection) is str:
        return display(item) in collection
    return type(collection) is list and position(collection, item) >= 0


@builtin("replace(text: string, old: string, new: string) -> string", pure=True)
def replace(text: Value = "", old: Value = "", new: Value = "") -> str:
    """The text with every old replaced by new; an empty old inserts new before every character and at the end."""
    return display(text).replace(display(old), display(new))


@builtin('join(items: list, separator: string = "") -> string', pure=True)
def join(items: Value, separator: Value = "") -> str:
    """The items of a list as text, with separator between them; an empty string for what is no list."""
    if type(items) is not list:
        return ""
    return join_texts(items, display(separator))


@builtin("substring(text: string, start: int = 0, length: int = nil) -> string", pure=True)
def substring(text: Value = "", start: Value = 0, length: Value = None) -> str:
    """Up to length characters from start, to the end without a length. Positions outside the text are clamped."""
    whole = display(text)
    first = count_of(start)
    return whole[first : first + count_of(length)] if type(length) is int else whole[first:]


@builtin("format(template: string, ...values: any) -> string", pure=True)
def format_template(template: Value = "", *values: Value) -> str:
    """Fills a template: with a dict, every `{key}` that it has; otherwise every `{}` with the next value as text."""
    pattern = display(template)
    if values and type(values[0]) is dict:
        return _fill_named(pattern, values[0])
    pieces = pattern.split("{}")
    filled = [pieces[0]]
    for number, piece in enumerate(pieces[1:]):
        filled.append(display(values[number]) if number < len(values) else "{}")
        filled.append(piece)
    return "".join(filled)


def join_texts(items: list[Value], separator: str) -> str:
    """The items as text, with separator between them."""
    try:
        return separator.join(items)
    except TypeError:  # not all of them are text
        return separator.join(map(display, items))


def split_text(text: str, separator: str) -> list[str]:
    """The pieces of text between separators; an empty separator also matches at both ends."""
    return text.split(separator) if separator else ["", *text, ""]


def slice_text(text: str, start: Value, end: Value) -> str:
    """text from start up to end, both clamped; an end that is negative or no int means the length."""
    first = count_of(start)
    last = int_or(end, len(text))
    return text[first:last] if last >= 0 else text[first:]


def _fill_named(template: str, values: dict[str, Value]) -> str:
    filled: list[str] = []
    done = 0
    while True:
        opening = template.find("{", done)
        closing = template.find("}", opening) if opening >= 0 else -1
        if closing < 0:
            filled.append(template[done:])
            return "".join(filled)
        filled.append(template[done:opening])
        key = template[opening + 1 : closing]
        filled.append(display(values[key]) if key in values else template[opening : closing + 1])
        done = closing + 1

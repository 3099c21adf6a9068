"""Conversions between naming styles: snake_case, kebab-case, camelCase, PascalCase and Title Case."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence


@builtin("snake_to_camel(text: string) -> string", pure=True)
def snake_to_camel(text: Value = "") -> str:
    """`user_name` to `userName`."""
    return _camel(_words(text, "_"))


@builtin("snake_to_pascal(text: string) -> string", pure=True)
def snake_to_pascal(text: Value = "") -> str:
    """`user_name` to `UserName`."""
    return _pascal(_words(text, "_"))


@builtin("snake_to_kebab(text: string) -> string", pure=True)
def snake_to_kebab(text: Value = "") -> str:
    """`user_name` to `user-name`."""
    return "-".join(_words(text, "_"))


@builtin("kebab_to_camel(text: string) -> string", pure=True)
def kebab_to_camel(text: Value = "") -> str:
    """`user-name` to `userName`."""
    return _camel(_words(text, "-"))


@builtin("kebab_to_snake(text: string) -> string", pure=True)
def kebab_to_snake(text: Value = "") -> str:
    """`user-name` to `user_name`."""
    return "_".join(_words(text, "-"))


@builtin("camel_to_snake(text: string) -> string", pure=True, aliases=("pascal_to_snake",))
def camel_to_snake(text: Value = "") -> str:
    """`userName` or `UserName` to `user_name`; a run of capitals is one word."""
    return "_".join(_camel_words(display(text)))


@builtin("camel_to_kebab(text: string) -> string", pure=True)
def camel_to_kebab(text: Value = "") -> str:
    """`userName` to `user-name`; a run of capitals is one word."""
    return "-".join(_camel_words(display(text)))


@builtin("lowercase_first(text: string) -> string", pure=True, aliases=("pascal_to_camel",))
def lowercase_first(text: Value = "") -> str:
    """The text with its first character in lower case."""
    whole = display(text)
    return whole[:1].lower() + whole[1:]


@builtin("uppercase_first(text: string) -> string", pure=True, aliases=("camel_to_pascal",))
def uppercase_first(text: Value = "") -> str:
    """The text with its first character in upper case."""
    return _capitalized(display(text))


@builtin("title_case(text: string) -> string", pure=True)
def title_case(text: Value = "") -> str:
    """The text with the first character of every word in upper case and all others in lower case."""
    converted: list[str] = []
    starts_word = True
    for character in display(text):
        converted.append(character.upper() if starts_word else character.lower())
        starts_word = character in WHITE_SPACE
    return "".join(converted)


def _words(text: Value, separator: str) -> list[str]:
    return [word.lower() for word in display(text).split(separator) if word]


def _camel(words: Sequence[str]) -> str:
    return "".join(words[:1]) + _pascal(words[1:])


def _pascal(words: Sequence[str]) -> str:
    return "".join([_capitalized(word) for word in words])


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:]


def _camel_words(text: str) -> list[str]:
    starts = [0]
    for index in range(1, len(text)):
        if not text[index].isupper():
            continue
        previous = text[index - 1]
        after_word = previous.islower() or previous in "0123456789"
        last_of_capitals = previous.isupper() and text[index + 1 : index + 2].islower()
        if after_word or last_of_capitals:
            starts.append(index)
    return [text[start:end].lower() for start, end in zip(starts, [*starts[1:], len(text)])]

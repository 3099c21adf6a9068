"""Reading policies out of options: nil is the same as absent, unknown keys are ignored, a wrong shape is an error.

Errors are thrown strings that say where, what was expected and what was found: `policy.tools must be a list of strings,
got int`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.values import Value, type_name


class PolicyReader:
    """One dict of a policy. place is how errors call it: the option, and the way from there.

    Raises a thrown string if value is neither a dict nor nil.
    """

    def __init__(self, place: str, value: Value) -> None:
        self.place = place
        if value is not None and type(value) is not dict:
            raise self._wrong(place, "a dict", value)
        self._fields: dict[str, Value] = value or {}

    def has(self, key: str) -> bool:
        return self._fields.get(key) is not None

    def text(self, key: str) -> str | None:
        """A string, None if absent."""
        value = self._fields.get(key)
        if value is not None and type(value) is not str:
            raise self._wrong(self._at(key), "a string", value)
        return value

    def word(self, key: str, words: Sequence[str], default: str) -> str:
        """One of words."""
        word = self.text(key)
        if word is None:
            return default
        if word not in words:
            raise thrown(f'{self._at(key)} must be one of {", ".join(words)}, got "{word}"')
        return word

    def flag(self, key: str, default: bool) -> bool:
        value = self._fields.get(key)
        if value is None:
            return default
        if type(value) is not bool:
            raise self._wrong(self._at(key), "a bool", value)
        return value

    def count(self, key: str) -> int | None:
        """An int that is not negative, None if absent."""
        value = self._fields.get(key)
        if value is None:
            return None
        if type(value) is not int:
            raise self._wrong(self._at(key), "an int", value)
        if value < 0:
            raise thrown(f"{self._at(key)} must not be negative, got {value}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty if absent."""
        items = self._items(key, "a list of strings")
        for index, item in enumerate(items):
            if type(item) is not str:
                raise self._wrong(f"{self._at(key)}[{index}]", "a string", item)
        return tuple(items)

    def text_lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A dict of lists of strings, sorted by key."""
        inner = self.part(key)
        return {name: inner.texts(name) for name in inner.names}

    def text_dict(self, key: str) -> dict[str, str]:
        """A dict of strings, sorted by key."""
        inner = self.part(key)
        return {name: text for name in inner.names if (text := inner.text(name)) is not None}

    def part(self, key: str) -> PolicyReader:
        """A dict within this one; an empty one if absent."""
        return PolicyReader(self._at(key), self._fields.get(key))

    def part_list(self, key: str) -> Iterator[PolicyReader]:
        """A list of dicts."""
        for index, item in enumerate(self._items(key, "a list of dicts")):
            place = f"{self._at(key)}[{index}]"
            if type(item) is not dict:
                raise self._wrong(place, "a dict", item)
            yield PolicyReader(place, item)

    def required_text(self, key: str) -> str:
        """A string that has to be there."""
        text = self.text(key)
        if text is None:
            raise self._wrong(self._at(key), "a string", None)
        return text

    @property
    def names(self) -> list[str]:
        """The keys, sorted."""
        return sorted(self._fields)

    def _items(self, key: str, expected: str) -> list[Value]:
        value = self._fields.get(key)
        if value is None:
            return []
        if type(value) is not list:
            raise self._wrong(self._at(key), expected, value)
        return value

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}"

    @staticmethod
    def _wrong(place: str, expected: str, value: Value) -> HarnError:
        return thrown(f"{place} must be {expected}, got {type_name(value)}")

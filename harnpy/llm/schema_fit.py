"""Fitting an almost conforming answer to its schema: what a model plainly meant, in the form that was asked for.

Nothing here decides that an answer conforms: whoever fits a value validates it afterwards. A number is never changed
into one of another kind, and nothing becomes a text, since both would hide that the model misunderstood.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harnpy.llm.json_values import finite_float, parse_json
from harnpy.vm.schema import Schema
from harnpy.vm.schema.references import resolve_reference
from harnpy.vm.values import Value, type_name

# Unions inside unions multiply, so each weighs as much as many other levels.
_MAX_DEPTH = 100
_UNION_DEPTH = 20

_INT = re.compile(r"-?[0-9]{1,400}")
_FLOAT = re.compile(r"-?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, dict[str, Value]] = {
    "bool": {"true": True, "false": False},
    "nil": {"null": None, "none": None, "nil": None},
}

# Says whether a value conforms to a schema.
Conforms = Callable[[Value, Schema], bool]


def fitted(value: Value, schema: Schema, conforms: Conforms) -> Value:
    """value in the form that schema, which is canonical, asks for, as far as it is plain what that would be.

    A text that spells a value of the wanted type becomes that value; a single value where a list is wanted becomes a
    list of it; a text that differs from a member of an enumeration by letter case or white space becomes the member; a
    null for a key that need not be there goes.
    """
    return _Fitting(schema, conforms).fit(value, schema, 0)


class _Fitting:
    """One fitting; root is what references are resolved against."""

    def __init__(self, root: Schema, conforms: Conforms) -> None:
        self._root = root
        self._conforms = conforms

    def fit(self, value: Value, schema: Schema, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            return value
        if "$ref" in schema:
            target = resolve_reference(self._root, schema["$ref"])
            return value if target is None else self.fit(value, target, depth + 1)
        if value is None and "nullable" in schema:
            return value
        for branch in schema.get("all_of", ()):
            value = self.fit(value, branch, depth + 1)
        if "union" in schema:
            return self._fit_union(value, schema["union"], depth)
        value = _fit_type(value, schema.get("type"))
        if type(value) is dict:
            return self._fit_fields(value, schema, depth)
        if type(value) is list and "items" in schema:
            return [self.fit(element, schema["items"], depth + 1) for element in value]
        return _fit_choice(value, schema)

    def _fit_union(self, value: Value, branches: list[Schema], depth: int) -> Value:
        """value as it is if it conforms to a branch, else fitted to the first branch for which that helps."""
        if any(self._conforms(value, branch) for branch in branches):
            return value
        for branch in branches:
            candidate = self.fit(value, branch, depth + _UNION_DEPTH)
            if self._conforms(candidate, branch):
                return candidate
        return value

    def _fit_fields(self, fields: dict[str, Value], schema: Schema, depth: int) -> dict[str, Value]:
        properties: dict[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        others = schema.get("additional_properties")
        result: dict[str, Value] = {}
        for name, value in fields.items():
            described = properties.get(name, others if type(others) is dict else None)
            if described is None:
                result[name] = value
            elif value is not None or name in required or self._conforms(None, described):
                result[name] = self.fit(value, described, depth + 1)
        return result


def _fit_type(value: Value, expected: Value) -> Value:
    if type(expected) is not str or value is None or type_name(value) == expected:
        return value
    if type(value) is str:
        spelled, found = _spelled(value.strip(), expected)
        if found:
            return spelled
    return [value] if expected == "list" else value


def _spelled(text: str, expected: str) -> tuple[Value, bool]:
    """The value of type expected that text spells, and whether it does."""
    if expected == "int":
        return (int(text), True) if _INT.fullmatch(text) else (None, False)
    if expected == "float":
        return _spelled_float(text) if _FLOAT.fullmatch(text) else (None, False)
    if expected in _WORDS:
        word = text.lower()
        return _WORDS[expected].get(word), word in _WORDS[expected]
    if expected in ("list", "dict"):
        try:
            value = parse_json(text)
        except ValueError:
            return None, False
        return value, type_name(value) == expected
    return None, False


def _spelled_float(text: str) -> tuple[Value, bool]:
    try:
        return finite_float(text), True
    except ValueError:
        return None, False


def _fit_choice(value: Value, schema: Schema) -> Value:
    """The member of an enumeration, or the constant, that a text means in other letters; value if it is not plain."""
    if type(value) is not str:
        return value
    members = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if value in members:
        return value
    meant = value.strip().casefold()
    found = [member for member in members if type(member) is str and member.casefold() == meant]
    return found[0] if len(found) == 1 else value

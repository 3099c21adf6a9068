"""Methods of dicts and the functions keys, values, entries. Everything goes by ascending key."""

from __future__ import annotations

import pytest
from builtin_calls import call, call_method, callback, iter_of

from harnpy.vm.values import StructInstance, StructType

SAMPLE = {"b": 2, "a": 1, "c": None}


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("keys", (), ["a", "b", "c"]),
        ("values", (), [1, 2, None]),
        ("entries", (), [{"key": "a", "value": 1}, {"key": "b", "value": 2}, {"key": "c", "value": None}]),
        ("count", (), 3),
        ("has", ("c",), True),
        ("has", ("x",), False),
        ("has", (), False),
        ("get", ("a",), 1),
        ("get", ("x",), None),
        ("get", ("x", 9), 9),
        ("get", ("c", 9), None),
        ("get", (), None),
        ("merge", ({"a": 5, "d": 4},), {"a": 5, "b": 2, "c": None, "d": 4}),
        ("merge", ([1],), SAMPLE),
        ("merge", (), SAMPLE),
        ("remove", ("a",), {"b": 2, "c": None}),
        ("remove", ("x",), SAMPLE),
        ("remove", (), SAMPLE),
        ("map_values", (callback(lambda value: [value]),), {"a": [1], "b": [2], "c": [None]}),
        ("filter", (callback(lambda value: value),), {"a": 1, "b": 2}),
        ("rekey", (callback(lambda key: key + "!"),), {"a!": 1, "b!": 2, "c!": None}),
        ("map_keys", (callback(lambda key: len(key)),), {"1": None}),
        ("map_values", (), None),
        ("filter", (1,), None),
        ("rekey", (None,), None),
        ("map_keys", (), None),
    ],
)
def test_dict_method(name, args, result):
    sample = dict(SAMPLE)
    assert call_method(sample, name, *args) == result
    assert sample == SAMPLE


def test_keys_are_taken_as_text():
    entries = {"1": "one", "nil": "none", "": "empty"}
    assert call_method(entries, "get", 1) == "one"
    assert call_method(entries, "has", None) is True
    assert call_method(entries, "remove", 1) == {"nil": "none", "": "empty"}
    assert call_method(entries, "has") is True
    assert call_method(entries, "get") == "empty"
    assert call_method(entries, "remove") == {"1": "one", "nil": "none"}


@pytest.mark.parametrize("name", ["map_values", "filter", "rekey"])
def test_callbacks_are_called_in_key_order(name):
    seen = []

    def note(value):
        seen.append(value)
        return value

    call_method({"c": "c", "a": "a", "b": "b"}, name, callback(note))
    assert seen == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["keys", "values", "entries"])
def test_functions_equal_the_methods(name):
    assert call(name, SAMPLE) == call_method(SAMPLE, name)


@pytest.mark.parametrize("name", ["keys", "values", "entries"])
@pytest.mark.parametrize("value", [None, [1], "abc", StructInstance(StructType("S"), {"a": 1})])
def test_functions_give_an_empty_list_for_what_is_no_dict(name, value):
    assert call(name, value) == []
    assert call(name) == []


def test_iter_of_a_dict_gives_pairs_in_key_order():
    pairs = call_method(iter_of({"b": 2, "a": 1}), "to_list")
    assert [(pair.first, pair.second) for pair in pairs] == [("a", 1), ("b", 2)]

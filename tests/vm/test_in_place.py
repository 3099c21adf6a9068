"""The methods that may reuse their receiver give what the copying methods give."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.builtins import dict_methods, list_methods, set_methods
from harnpy.vm.compare import make_set
from harnpy.vm.in_place import IN_PLACE
from harnpy.vm.registry import declarations_of, make_builtin
from harnpy.vm.values import HarnSet

COPYING = {
    (declaration.receiver, declaration.name): make_builtin(declaration)
    for family in (dict_methods, list_methods, set_methods)
    for declaration in declarations_of(family)
}

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([1.0, 0.0]), st.text("ab", max_size=1)
)
LISTS = st.lists(SCALARS, max_size=4)
DICTS = st.dictionaries(st.text("ab1", max_size=1), SCALARS, max_size=3)
SETS = LISTS.map(make_set)
RECEIVERS = {"list": LISTS, "dict": DICTS, "set": SETS}


def copied(kind, name, receiver, args):
    function = COPYING[kind, name]
    padded = [receiver, *args][: function.max_args]
    return function.fn(*padded, *[None] * (function.min_args - len(padded)))


def content(value):
    values = list(value.items.items()) if type(value) is HarnSet else value
    return repr(values)


KIND_NAMES = {list: "list", dict: "dict", HarnSet: "set"}
METHODS = {(KIND_NAMES[kind], name): method for name, kinds in IN_PLACE.items() for kind, method in kinds.items()}


@pytest.mark.parametrize(("kind", "name"), sorted(METHODS))
@given(data=st.data())
def test_in_place_and_copying_give_the_same(kind, name, data):
    receiver = data.draw(RECEIVERS[kind])
    args = data.draw(st.lists(st.one_of(SCALARS, LISTS, DICTS, SETS), max_size=2))
    expected = copied(kind, name, copy.deepcopy(receiver), args)
    result = METHODS[kind, name](receiver, *args)
    assert result is receiver
    assert content(result) == content(expected)


@pytest.mark.parametrize(("kind", "name"), sorted(METHODS))
@given(data=st.data())
def test_copying_leaves_the_receiver_alone(kind, name, data):
    receiver = data.draw(RECEIVERS[kind])
    before = content(receiver)
    copied(kind, name, receiver, data.draw(st.lists(st.one_of(SCALARS, DICTS, SETS), max_size=2)))
    assert content(receiver) == before

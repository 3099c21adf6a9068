"""The methods that can reuse their receiver: `xs.push(x)` on a list that nothing else holds need not copy it.

Each function changes its receiver and returns it. Whether the receiver is uniquely held is the caller's to know; the
copying methods call the same functions on a copy, so both give the same results. Missing and surplus arguments are
treated as in any method call.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.set_membership import add_element, add_elements, remove_element
from harnpy.vm.values import MISSING, HarnSet, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def push_in_place(items: list[Value], item: Value = MISSING, *_surplus: Value) -> list[Value]:
    """Append item, if one was passed."""
    if item is not MISSING:
        items.append(item)
    return items


def pop_in_place(items: list[Value], *_surplus: Value) -> list[Value]:
    """Drop the last item, if there is one."""
    if items:
        items.pop()
    return items


def merge_in_place(entries: dict[str, Value], other: Value = None, *_surplus: Value) -> dict[str, Value]:
    """Take over the entries of other, if it is a dict."""
    if type(other) is dict:
        entries.update(other)
    return entries


def remove_entry_in_place(entries: dict[str, Value], key: Value = "", *_surplus: Value) -> dict[str, Value]:
    """Drop the entry of that key, if there is one."""
    entries.pop(key if type(key) is str else display(key), None)
    return entries


def add_in_place(elements: HarnSet, value: Value = None, *_surplus: Value) -> HarnSet:
    """Add value unless an element == value is there."""
    kind = type(value)
    if kind is str or (kind is int and elements.plain):
        elements.items.setdefault(value, value)
    else:
        add_element(elements, value)
    return elements


def remove_element_in_place(elements: HarnSet, value: Value = None, *_surplus: Value) -> HarnSet:
    """Drop every element == value."""
    remove_element(elements, value)
    return elements


def union_in_place(elements: HarnSet, other: Value = None, *_surplus: Value) -> HarnSet:
    """Add every element of other, if it is a set."""
    if type(other) is HarnSet:
        add_elements(elements, other)
    return elements


# By method name and the type of the receiver.
IN_PLACE: Mapping[str, Mapping[type, Callable[..., Value]]] = {
    "push": {list: push_in_place},
    "pop": {list: pop_in_place},
    "merge": {dict: merge_in_place},
    "remove": {dict: remove_entry_in_place, HarnSet: remove_element_in_place},
    "add": {HarnSet: add_in_place},
    "delete": {HarnSet: remove_element_in_place},
    "union": {HarnSet: union_in_place},
}
NOT_IN_PLACE: Mapping[type, Callable[..., Value]] = {}

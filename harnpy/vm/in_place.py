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


# By receiver kind (as `type_of` names it) and method name.
IN_PLACE: Mapping[tuple[str, str], Callable[..., Value]] = {
    ("list", "push"): push_in_place,
    ("list", "pop"): pop_in_place,
    ("dict", "merge"): merge_in_place,
    ("dict", "remove"): remove_entry_in_place,
    ("set", "add"): add_in_place,
    ("set", "remove"): remove_element_in_place,
    ("set", "delete"): remove_element_in_place,
    ("set", "union"): union_in_place,
}

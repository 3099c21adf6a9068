"""Reading `value.name` and `value?.name` (chapter 02 sections 3.3 and 3.4). Method calls are no concern of this file."""

from __future__ import annotations

from harnpy.vm.errors import type_error
from harnpy.vm.values import EnumVariant, Pair, PyObject, StructInstance, Value, type_name


def get_property(value: Value, name: str) -> Value:
    """`value.name`. Raises a type error for nil, for an unknown half of a pair and for kinds without properties."""
    kind = type(value)
    if kind is dict:
        return value.get(name)
    if kind is StructInstance:
        return value.fields.get(name)
    if kind is list:
        return _list_property(value, name)
    if kind is str:
        if name == "count":
            return len(value)
        return not value if name == "empty" else None
    if kind is EnumVariant:
        if name == "variant":
            return value.variant
        return list(value.fields) if name == "fields" else None
    if kind is Pair:
        if name == "first":
            return value.first
        if name == "second":
            return value.second
        raise type_error(f"cannot access property `{name}` on pair (expected `first` or `second`)")
    if kind is PyObject:
        from harnpy.vm.python.objects import attribute

        return attribute(value, name)
    raise type_error(f"cannot access property `{name}` on {type_name(value)}")


def get_property_optional(value: Value, name: str) -> Value:
    """`value?.name`: as get_property, with nil where that would fail."""
    kind = type(value)
    if kind in (dict, StructInstance, list, str, EnumVariant) or (kind is Pair and name in ("first", "second")):
        return get_property(value, name)
    if kind is PyObject:
        from harnpy.vm.python.objects import attribute_or_nil

        return attribute_or_nil(value, name)
    return None


def _list_property(items: list[Value], name: str) -> Value:
    if name == "count":
        return len(items)
    if name == "empty":
        return not items
    if name == "first":
        return items[0] if items else None
    if name == "last":
        return items[-1] if items else None
    return None

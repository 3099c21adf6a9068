"""Handlers that make, read and take apart collections, structs and enum variants."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, type_error
from harnpy.vm.frames import Frame
from harnpy.vm.instructions.operands import as_list, take
from harnpy.vm.properties import get_property, get_property_optional
from harnpy.vm.subscripts import get_index, slice_value
from harnpy.vm.values import (
    Closure,
    EnumVariant,
    StructInstance,
    Value,
    type_name,
)


def list_(frame: Frame, count: int) -> None:
    values = take(frame, count)
    frame.stack.append(values)


def list_expected(value: Value) -> HarnError:
    return type_error(f"cannot destructure {type_name(value)} with [...] pattern — expected list")


def dict_expected(value: Value) -> HarnError:
    return type_error(f"cannot destructure {type_name(value)} with {{...}} pattern — expected dict")


def as_dict(value: Value) -> dict[str, Value]:
    """value, which has to be a dict (destructuring, spread)."""
    if type(value) is not dict:
        raise dict_expected(value)
    return value


def list_extend(frame: Frame, operand: None) -> None:
    more = as_list(frame.stack.pop())
    as_list(frame.stack[-1]).extend(more)


def dict_(frame: Frame, count: int) -> None:
    parts = take(frame, 2 * count)
    result = {}
    for at in range(0, len(parts), 2):
        key = parts[at]
        result[key if type(key) is str else display(key)] = parts[at + 1]
    frame.stack.append(result)


def dict_merge(frame: Frame, operand: None) -> None:
    more = as_dict(frame.stack.pop())
    as_dict(frame.stack[-1]).update(more)


def struct(frame: Frame, name: str) -> None:
    struct_type_ = frame.function.module.struct_type(name)
    frame.stack[-1] = StructInstance(struct_type_, as_dict(frame.stack[-1]))


def struct_type(frame: Frame, name: str) -> None:
    module = frame.function.module
    frame.stack.append(Closure(None, (), module, module.struct_type(name)))


def impl(frame: Frame, operand: tuple[str, list[str], int]) -> None:
    name, names, count = operand
    methods = frame.function.module.struct_type(name).methods
    for method_name, closure_ in zip(names, take(frame, count)):
        if type(closure_) is not Closure:
            raise type_error(f"expected callable, got {type_name(closure_)}")
        methods[method_name] = closure_
    tier = frame.fiber.runtime.tier
    if tier is not None:
        tier.methods_changed()


def enum(frame: Frame, operand: tuple[str, str, int]) -> None:
    name, variant, count = operand
    fields = tuple(take(frame, count))
    frame.stack.append(EnumVariant(name, variant, fields))


def enum_extend(frame: Frame, operand: None) -> None:
    variant = frame.stack.pop()
    if type(variant) is not EnumVariant:
        raise type_error(f"expected enum, got {type_name(variant)}")
    frame.stack[-1] = EnumVariant(variant.enum, variant.variant, tuple(as_list(frame.stack[-1])))


def index(frame: Frame, operand: None) -> None:
    key = frame.stack.pop()
    frame.stack[-1] = get_index(frame.stack[-1], key)


def slice_(frame: Frame, operand: None) -> None:
    end = frame.stack.pop()
    start = frame.stack.pop()
    frame.stack[-1] = slice_value(frame.stack[-1], start, end)


def prop(frame: Frame, name: str) -> None:
    frame.stack[-1] = get_property(frame.stack[-1], name)


def prop_optional(frame: Frame, name: str) -> None:
    frame.stack[-1] = get_property_optional(frame.stack[-1], name)


def check_dict(frame: Frame, operand: None) -> None:
    as_dict(frame.stack[-1])


def check_list(frame: Frame, operand: None) -> None:
    as_list(frame.stack[-1])


def dict_item(frame: Frame, key: str) -> None:
    frame.stack[-1] = as_dict(frame.stack[-1]).get(key)


def list_item(frame: Frame, place: int) -> None:
    values = as_list(frame.stack[-1])
    frame.stack[-1] = values[place] if place < len(values) else None


def dict_rest(frame: Frame, keys: list[str]) -> None:
    frame.stack[-1] = {key: value for key, value in as_dict(frame.stack[-1]).items() if key not in keys}


def list_rest(frame: Frame, place: int) -> None:
    frame.stack[-1] = as_list(frame.stack[-1])[place:]


def match_enum(frame: Frame, operand: tuple[str, str]) -> None:
    value = frame.stack[-1]
    frame.stack[-1] = type(value) is EnumVariant and value.variant == operand[1] and value.enum == operand[0]


def enum_field(frame: Frame, place: int) -> None:
    variant = frame.stack[-1]
    fields = variant.fields if type(variant) is EnumVariant else ()
    frame.stack[-1] = fields[place] if place < len(fields) else None


def is_dict(frame: Frame, operand: None) -> None:
    frame.stack[-1] = type(frame.stack[-1]) is dict


def is_list(frame: Frame, at_least: int) -> None:
    value = frame.stack[-1]
    frame.stack[-1] = type(value) is list and len(value) >= at_least

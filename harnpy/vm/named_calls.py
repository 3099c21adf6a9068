"""Calls with named arguments: `f(a, key: v)` and `x.m(a, key: v)`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.bytecode.chunk import unpack
from harnpy.bytecode.opcodes import Op
from harnpy.vm.calls import construct, find_method
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, type_error
from harnpy.vm.values import MISSING, Builtin, Closure, PyObject, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.runtime import Runtime


class _Defaults:
    """Which parameters of a function have a default, by place; looked up once for each function of a runtime."""

    def __init__(self) -> None:
        self._found: dict[LinkedFunction, frozenset[int]] = {}

    def of(self, function: LinkedFunction) -> frozenset[int]:
        places = self._found.get(function)
        if places is None:
            code = unpack(function.chunk.code)
            places = self._found[function] = frozenset(each[1] for each in code if each[0] == Op.IF_MISSING)
        return places


def defaults_of(runtime: Runtime, function: LinkedFunction) -> frozenset[int]:
    """The places of the parameters that have a default."""
    return runtime.state(_Defaults).of(function)


def call_named(fiber: Fiber, callee: Value, args: list[Value], named: Mapping[str, Value]) -> Value:
    """Call callee with arguments by place and by name.

    Names are those of a closure's parameters, the fields of a struct, or the keywords of a Python callable. Raises a
    type error for a name that the callee does not have or that has its argument already, and for builtins.
    """
    kind = type(callee)
    if kind is PyObject:
        from harnpy.vm.python.objects import call

        return call(fiber, callee, args, named)
    if kind is Builtin:
        raise type_error(f"builtin `{callee.name}` takes no named arguments")
    if kind is not Closure:
        raise type_error(f"Cannot call {display(callee)}")
    if callee.function is None:
        if args:
            raise type_error(f"struct `{callee.name}` takes its fields either as one dict or by name")
        return construct(callee, [dict(named)])
    return fiber.call(callee, *_positional(fiber, callee.function, args, named))


def call_method_named(fiber: Fiber, receiver: Value, name: str, args: list[Value], named: Mapping[str, Value]) -> Value:
    """`receiver.name(args, named)`; nil for an unknown method, as without names."""
    found, leading = find_method(fiber, receiver, name)
    if found is None:
        return None
    if leading and isinstance(found, Builtin):
        raise type_error(f"method `{name}` takes no named arguments")
    return call_named(fiber, found, [*leading, *args], named)


def _positional(fiber: Fiber, function: LinkedFunction, args: list[Value], named: Mapping[str, Value]) -> list[Value]:
    names = function.parameter_names[: function.fixed_count]
    defaults = defaults_of(fiber.runtime, function)
    places = {name: place for place, name in enumerate(names)}
    given = list(args)
    for name, value in named.items():
        place = places.get(name)
        if place is None:
            raise _unknown(function, name)
        if place < len(args):
            raise type_error(f"`{name}` of {_title(function)} is given twice, by place and by name")
        while len(given) <= place:
            given.append(MISSING if len(given) in defaults else None)
        given[place] = value
    return given


def _unknown(function: LinkedFunction, name: str) -> HarnError:
    names = function.parameter_names
    if function.has_rest and name == names[-1]:
        return type_error(f"the rest parameter `{name}` of {_title(function)} cannot be given by name")
    hint = suggest(name, names)
    known = f" (did you mean `{hint}`?)" if hint else f"; it has {', '.join(names)}" if names else "; it has none"
    return type_error(f"{_title(function)} has no parameter `{name}`{known}")


def _title(function: LinkedFunction) -> str:
    return f"`{function.name}`" if function.name and function.name[0] != "<" else "the function"

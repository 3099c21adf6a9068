"""Running the handler of a tool (chapter 12 sections 12.5.3 and 12.6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.arguments import missing_text
from harnpy.builtins.tools import entry_name
from harnpy.llm.answer_repair import conformity
from harnpy.llm.schema_fit import fitted
from harnpy.llm.tools_wire import declared_schema
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.patterns import PatternCache
from harnpy.vm.schema import canonicalize
from harnpy.vm.values import MISSING, Closure, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction

_SCALARS = {str: ("string",), int: ("integer", "int"), float: ("number", "float"), bool: ("boolean", "bool")}
# What says nothing about which values of its type a parameter takes.
_PLAIN_KEYS = frozenset(("type", "description", "required", "default"))


def call_handler(fiber: Fiber, entry: dict[str, Value], arguments: Value) -> Value:
    """The handler's value. It gets the argument dict; that of a declared `tool` its parameters by name,
    each fitted to its annotation.

    Raises what the handler raises, and for a declared tool a thrown string that names the arguments that it needs and
    does not get.
    """
    handler = entry.get("handler")
    function = handler.function if type(handler) is Closure else None
    if function is None or function.chunk.needed is None:
        return fiber.call(handler, arguments)
    given: dict[str, Value] = arguments if type(arguments) is dict else {}
    missing = [name for name in function.chunk.needed if name not in given]
    if missing:
        raise thrown(missing_text(entry_name(entry), missing))
    shapes = entry.get("parameters")
    if type(shapes) is dict:
        patterns = fiber.runtime.state(PatternCache)
        given = {name: _fitted(value, shapes.get(name), patterns) for name, value in given.items()}
    return fiber.call(handler, *_positional(function, function.chunk.needed, given))


def _fitted(value: Value, shape: Value, patterns: PatternCache) -> Value:
    """An argument in the form that the parameter asks for, if it is plain what that would be: "5" is a 5 for an int."""
    if type(shape) is not dict or _is_plainly_of(value, shape):
        return value
    try:
        schema = canonicalize(declared_schema(shape))
    except HarnError:
        return value
    return fitted(value, schema, conformity(schema, patterns))


def _is_plainly_of(value: Value, shape: dict[str, Value]) -> bool:
    """Whether a value is a scalar of the very type that a parameter asks for, which asks for nothing else."""
    return shape.get("type") in _SCALARS.get(type(value), ()) and shape.keys() <= _PLAIN_KEYS


def _positional(function: LinkedFunction, needed: Sequence[str], given: dict[str, Value]) -> list[Value]:
    """The arguments in the order of the parameters; MISSING stands for those that take their default."""
    # Models write null for what they have nothing to say about; the default is what the tool wants then.
    positional = [
        MISSING if given.get(name) is None and name not in needed else given[name]
        for name in function.parameter_names[: function.fixed_count]
    ]
    if function.has_rest and given.get(function.parameter_names[-1]) is not None:
        more = given[function.parameter_names[-1]]
        return [*positional, *(more if type(more) is list else [more])]
    while positional and positional[-1] is MISSING:
        positional.pop()
    return positional

"""What the language does to Python objects: call them, read and set their parts, walk them, combine and compare them.

Values are taken across by conversion.py, exceptions by failures.py. Whatever runs Python code runs it in the thread and
on the fiber that asks; what can be awaited is awaited by the fiber.
"""

from __future__ import annotations

import operator
from types import GeneratorType

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.vm.errors import thrown
from harnpy.vm.iteration import stepped
from harnpy.vm.python.conversion import SCALARS, defines, to_harn, to_python
from harnpy.vm.python.failures import failure, text_of, translated
from harnpy.vm.python.threads import Bridge
from harnpy.vm.values import END, Iter, PyObject, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from harnpy.vm.fiber import Fiber

_CO_ITERABLE_COROUTINE = 0x100
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


# --- calls ----------------------------------------------------------------------------------------------------------


def call(fiber: Fiber, callee: PyObject, args: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
    """Call a Python object with positional and keyword arguments; its result, awaited if it can be."""
    runtime = fiber.runtime
    given = [to_python(runtime, arg) for arg in args]
    keywords = {name: to_python(runtime, value) for name, value in named.items()} if named else {}
    bridge = runtime.state(Bridge)
    bridge.enter()
    try:
        result = callee.object(*given, **keywords)
    except BaseException as error:
        raise failure(error) from None
    finally:
        bridge.leave()
    return received(fiber, result)


def received(fiber: Fiber, result: Any) -> Value:
    """What Python code has returned, as a Harn value."""
    if type(result) in SCALARS:
        return result
    if defines(type(result), "__await__") or _is_old_coroutine(result):
        result = awaited(fiber, result)
    return to_harn(fiber.runtime, result)


def _is_old_coroutine(result: Any) -> bool:
    """Whether result is a generator that `types.coroutine` has made awaitable."""
    return type(result) is GeneratorType and bool(result.gi_code.co_flags & _CO_ITERABLE_COROUTINE)


def awaited(fiber: Fiber, awaitable: Any) -> Any:
    """The result of a Python awaitable; other fibers run meanwhile."""

    async def waiting() -> Any:
        return await awaitable

    with translated():
        return fiber.wait(waiting())


# --- parts ----------------------------------------------------------------------------------------------------------


def attribute(owner: PyObject, name: str) -> Value:
    """`owner.name`. Raises the exception of Python, with a suggestion, for a name that is not there."""
    return to_harn(owner.home, raw_attribute(owner, name))


def attribute_or_nil(owner: PyObject, name: str) -> Value:
    """As attribute, with nil for a name that is not there."""
    try:
        return to_harn(owner.home, getattr(owner.object, name, None))
    except BaseException as error:
        raise failure(error) from None


def raw_attribute(owner: PyObject, name: str) -> Any:
    """As attribute, as the Python object that it is."""
    try:
        return getattr(owner.object, name)
    except AttributeError as error:
        raise thrown(text_of(error) + _hint(owner.object, name)) from None
    except BaseException as error:
        raise failure(error) from None


def _hint(owner: Any, name: str) -> str:
    try:
        found = suggest(name, [each for each in dir(owner) if type(each) is str and not each.startswith("__")])
    except Exception:
        return ""
    return f" (did you mean `{found}`?)" if found and found != name else ""


def method(owner: PyObject, name: str) -> PyObject | None:
    """What `owner.name(...)` calls; None for what can be iterated and has nothing of that name: it may be an iter's.

    Raises as attribute does.
    """
    try:
        found = getattr(owner.object, name)
    except AttributeError:
        if is_iterable(owner):
            return None
        found = raw_attribute(owner, name)
    except BaseException as error:
        raise failure(error) from None
    return PyObject(owner.home, found)


def set_attribute(owner: PyObject, name: str, value: Value) -> None:
    """`owner.name = value`, in the object itself."""
    with translated():
        setattr(owner.object, name, to_python(owner.home, value))


def item(owner: PyObject, index: Value) -> Value:
    """`owner[index]`; a pair is a tuple to Python. Raises the exception of Python for a part that is not there."""
    with translated():
        return to_harn(owner.home, owner.object[to_python(owner.home, index)])


def set_item(owner: PyObject, index: Value, value: Value) -> None:
    """`owner[index] = value`, in the object itself."""
    with translated():
        owner.object[to_python(owner.home, index)] = to_python(owner.home, value)


def part(owner: Value, start: Value, end: Value) -> Value:
    """`owner[start:end]`."""
    with translated():
        return to_harn(owner.home, owner.object[to_python(owner.home, start) : to_python(owner.home, end)])


def store(owner: PyObject, step: Value, is_name: bool, value: Value) -> None:
    """Set an attribute or an item."""
    if is_name:
        set_attribute(owner, step, value)
    else:
        set_item(owner, step, value)


def read(owner: PyObject, step: Value, is_name: bool) -> Value:
    """Read an attribute or an item."""
    return attribute(owner, step) if is_name else item(owner, step)


def length(owner: PyObject) -> int:
    """`len(owner)`; 0 for what has no length."""
    if not defines(type(owner.object), "__len__"):
        return 0
    with translated():
        return len(owner.object)


def as_number(owner: PyObject, kind: Callable[[Any], Any]) -> Any:
    """owner as an int or a float; None if it is no number."""
    if not any(defines(type(owner.object), name) for name in ("__int__", "__index__", "__float__")):
        return None
    with translated():
        return kind(owner.object)


# --- iteration ------------------------------------------------------------------------------------------------------


def is_iterable(value: PyObject) -> bool:
    """Whether `for` can walk over value."""
    kind = type(value.object)
    return any(defines(kind, name) for name in ("__iter__", "__aiter__", "__getitem__"))


def stream(value: PyObject) -> Iter:
    """A lazy iter over a Python iterable, or an asynchronous one, whose items the fiber that asks awaits."""
    kind = type(value.object)
    if defines(kind, "__aiter__") and not defines(kind, "__iter__"):
        with translated():
            source = value.object.__aiter__()

        def step_later(fiber: Fiber) -> Value:
            found = awaited(fiber, _next(source))
            return found if found is END else to_harn(value.home, found)

        return stepped(step_later)
    with translated():
        items = iter(value.object)

    def step(fiber: Fiber) -> Value:
        try:
            found = next(items, END)
        except BaseException as error:
            raise failure(error) from None
        return found if found is END else to_harn(value.home, found)

    return stepped(step)


async def _next(source: Any) -> Any:
    try:
        return await source.__anext__()
    except StopAsyncIteration:
        return END


# --- operators ------------------------------------------------------------------------------------------------------


def _home(a: Value, b: Value) -> Any:
    return a.home if type(a) is PyObject else b.home


def binary(symbol: str, a: Value, b: Value) -> Value:
    """`a symbol b`, one of them a Python object, as Python has it."""
    home = _home(a, b)
    x, y = to_python(home, a), to_python(home, b)
    try:
        return to_harn(home, _BINARY[symbol](x, y))
    except BaseException as error:
        raise failure(error) from None


def equality(symbol: str, a: Value, b: Value) -> Value:
    """`a == b` or `a != b`; nil is no Python object."""
    if a is None or b is None:
        return symbol == "!="
    return binary(symbol, a, b)


def negated(a: PyObject) -> Value:
    """`-a`."""
    with translated():
        return to_harn(a.home, -a.object)


def contains(item: Value, collection: PyObject) -> bool:
    """`item in collection`."""
    with translated():
        return to_python(collection.home, item) in collection.object


class Order:
    """The result of comparing Python objects: what `<` and its like say of it and 0, Python says of the objects.

    So who compares need not know that objects may have no order, or one by element.
    """

    __slots__ = ("_a", "_b")

    def __init__(self, a: Value, b: Value) -> None:
        self._a = a
        self._b = b

    def __lt__(self, zero: int) -> Value:
        return binary("<", self._a, self._b)

    def __gt__(self, zero: int) -> Value:
        return binary(">", self._a, self._b)

    def __le__(self, zero: int) -> Value:
        return binary("<=", self._a, self._b)

    def __ge__(self, zero: int) -> Value:
        return binary(">=", self._a, self._b)

    def __bool__(self) -> bool:
        return not binary("==", self._a, self._b)


def truth(value: PyObject) -> bool:
    """What Python's `bool` says. Raises the exception of Python for what has no truth value."""
    with translated():
        return bool(value.object)


def text(value: PyObject) -> str:
    """What Python's `str` says; never an error."""
    try:
        found = str(value.object)
        return found if type(found) is str else str.__str__(found)
    except Exception:
        return f"<{type(value.object).__name__} object>"


def key(value: PyObject) -> object:
    """What tells elements of sets and groups apart: Python's equality for what can be hashed, else identity."""
    try:
        hash(value.object)
    except Exception:
        return ("python", id(value.object))
    return ("python", value.object)

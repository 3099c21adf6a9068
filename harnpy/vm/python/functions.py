"""What stands for Harn functions, iterators, structs and handles on the Python side. Each comes back as what it stands for."""

from __future__ import annotations

from collections.abc import Mapping

from harnpy import TYPE_CHECKING
from harnpy.vm.iteration import lift
from harnpy.vm.named_calls import call_named
from harnpy.vm.python.conversion import to_harn, to_python
from harnpy.vm.python.handles import HarnHandle
from harnpy.vm.python.threads import Bridge
from harnpy.vm.values import END, Builtin, Closure, Generator, Iter, StructInstance, Value, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.runtime import Runtime


def standing_for(runtime: Runtime, value: Value) -> Any:
    """The Python object for a Harn value that is neither a scalar nor a collection."""
    if runtime.stand_in is not None:
        return runtime.stand_in(value)
    kind = type(value)
    if kind is Closure or kind is Builtin:
        return HarnFunction(runtime, value)
    if kind is StructInstance:
        return HarnStruct(runtime, value)
    if kind is Iter or kind is Generator or type_name(value) == "channel":
        return HarnIterator(runtime, value)
    return HarnHandle(runtime, value)


class HarnFunction(HarnHandle):
    """A Harn function as a Python callable. Keywords are the names of its parameters.

    It runs on the fiber that has called the Python code which calls it.
    """

    __slots__ = ()

    def __call__(self, /, *args: Any, **named: Any) -> Any:
        return self._run(lambda fiber: self._called(fiber, args, named))

    def _called(self, fiber: Fiber, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        home = self._home
        given = [to_harn(home, arg) for arg in args]
        if named:
            keywords = {name: to_harn(home, value) for name, value in named.items()}
            return to_python(home, call_named(fiber, self._value, given, keywords))
        return to_python(home, fiber.call(self._value, *given))

    def coroutine_function(self) -> Callable[..., Coroutine[Any, Any, Any]]:
        """The function as Python's `async def`, for its event loop: it may wait."""
        import asyncio

        async def called(*args: Any, **named: Any) -> Any:
            assert self._owner is not None
            future = asyncio.get_running_loop().create_future()

            def settle(task: Any) -> None:
                if future.done():
                    return
                if task.error is not None:
                    future.set_exception(task.error)
                else:
                    future.set_result(task.value)

            bridge = self._home.state(Bridge)
            bridge.start(self._owner, lambda fiber: self._called(fiber, args, named), settle)
            return await future

        called.__name__ = self.__name__
        return called

    @property
    def __name__(self) -> str:
        return self._value.name or "closure"

    @property
    def __signature__(self) -> Any:
        from inspect import Parameter, Signature

        if type(self._value) is not Closure:
            return Signature([Parameter("args", Parameter.VAR_POSITIONAL)])
        function = self._value.function
        names = list(self._value.parameter_names)
        rest = names.pop() if function is not None and function.has_rest else None
        parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None) for name in names]
        if rest is not None:
            parameters.append(Parameter(rest, Parameter.VAR_POSITIONAL))
        return Signature(parameters)


class HarnIterator(HarnHandle):
    """A Harn iterator, generator or channel as a Python iterator."""

    __slots__ = ("_items",)

    def __init__(self, home: Runtime, value: Value) -> None:
        super().__init__(home, value)
        self._items: Iter | None = None

    def __iter__(self) -> HarnIterator:
        return self

    def __next__(self) -> Any:
        found = self._run(self._step)
        if found is END:
            raise StopIteration
        return to_python(self._home, found)

    def _step(self, fiber: Fiber) -> Value:
        if self._items is None:
            self._items = lift(fiber, self._value)
        return self._items.next_value(fiber)


class HarnStruct(HarnHandle, Mapping[str, "Any"]):
    """A Harn struct: a mapping of its fields that does not change, which are attributes, too."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        return to_python(self._home, self._value.fields[name])

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a {self._value.type.name} has no field '{name}'") from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._value.fields))

    def __len__(self) -> int:
        return len(self._value.fields)

    __eq__ = HarnHandle.__eq__
    __hash__ = HarnHandle.__hash__

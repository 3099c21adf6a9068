"""Translations of functions for callers that know the very closure and the kinds of the arguments.

Such a function takes nothing but the arguments, tests none of them whose kind its callers have proved, and promises
the kinds of its result. Where a wrong guess lets the interpreter end the call with a value of another kind, the caller
learns of it by OtherKind, an exception, and hands over to the interpreter behind the call.
"""

from __future__ import annotations

from types import FunctionType

from harnpy import TYPE_CHECKING
from harnpy.jit.kinds import ANY, INT, kind_of
from harnpy.vm.values import Closure, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from harnpy.jit.recovery import Unit
    from harnpy.vm.linker import LinkedFunction


# Calls that find a translation out of use before another one is made.
_PATIENCE = 30


class OtherKind(TypeError):
    """A call has given a value of a kind that its translation had excluded."""

    def __init__(self, value: Value) -> None:
        self.value = value


class Direct:
    """One such translation.

    kinds are those of the parameters; natural tells which of them, if they are ints, are not negative. promised are the
    kinds of the result, ANY while they are being found out. call is the Python function, which callers may keep: when
    the translation is out of use it finds the way, after a while by what again gives for the same. callers are the units
    that call it.

    A function that ends_in_calls may give TAIL, with the call to make in its place in fiber.tail. call makes it. inner
    leaves that to its caller; it takes one argument more, for how many tail calls it may itself make by Python's calls.
    """

    def __init__(
        self,
        closure: Closure,
        kinds: tuple[int, ...],
        natural: tuple[bool, ...],
        ends_in_calls: bool,
        namespace: dict[str, Any],
        again: Callable[[Closure, tuple[int, ...], tuple[bool, ...]], Direct | None],
    ) -> None:
        assert closure.function is not None
        self.closure = closure
        self.function: LinkedFunction = closure.function
        self.kinds = kinds
        self.natural = natural
        self.promised = ANY
        self.retired = False
        self._again = again
        self._detours = 0
        self.callers: list[Unit] = []
        self.scope: dict[str, Any] = {"__builtins__": namespace, "direct": self, "detour": detour}
        # With its globals from the start, so that functions that call each other can refer to it.
        self.call = FunctionType(_detour.__code__, self.scope)
        self.ends_in_calls = ends_in_calls
        self.inner = FunctionType(_inner_detour.__code__, self.scope)

    def takes(self, kinds: Sequence[int], natural: Sequence[bool]) -> bool:
        """Whether arguments of these kinds need no test."""
        return all(
            not given & ~kind and (known or not wanted or not given & INT)
            for kind, wanted, given, known in zip(self.kinds, self.natural, kinds, natural)
        )

    def checked(self, value: Value) -> Value:
        """value, for the caller. Raises OtherKind if it is of a kind that was excluded."""
        if kind_of(value) & self.promised:
            return value
        raise OtherKind(value) from None

    def retire(self) -> None:
        """Let calls go the general way from now on."""
        self.retired = True
        self.call.__code__ = _detour.__code__
        self.inner.__code__ = _inner_detour.__code__

    def look_for_successor(self) -> None:
        """Once it is worth it, let calls go to another translation, if that keeps the promise of this one."""
        self._detours += 1
        if not self.retired or self._detours != _PATIENCE:
            return
        other = self._again(self.closure, self.kinds, self.natural)
        if other is not None and not other.retired and not other.promised & ~self.promised:
            self.scope["successor"] = other.call
            self.call.__code__ = _pass_on.__code__


def detour(direct: Direct, args: tuple[Value, ...]) -> Value:
    """What direct.call does while its translation is not in use."""
    fiber = direct.function.module.runtime.scheduler.flag.current
    assert fiber is not None
    direct.look_for_successor()
    return direct.checked(direct.function.entry(fiber, direct.closure, *args))


def _inner_detour(*args: Value) -> Value:
    """Runs with the scope of a Direct for its globals."""
    return detour(direct, args[:-1])  # type: ignore[name-defined]  # noqa: F821


def _pass_on(*args: Value) -> Value:
    """Runs with the scope of a Direct for its globals."""
    return successor(*args)  # type: ignore[name-defined]  # noqa: F821


def _detour(*args: Value) -> Value:
    """Runs with the scope of a Direct for its globals."""
    return detour(direct, args)  # type: ignore[name-defined]  # noqa: F821

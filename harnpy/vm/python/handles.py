"""The base of what stands for Harn values on the Python side."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.compare import equal
from harnpy.vm.display import display
from harnpy.vm.python.threads import Bridge
from harnpy.vm.values import EnumVariant, StructInstance, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.runtime import Runtime


class HarnHandle:
    """A Harn value that Python only hands on. It equals what stands for an equal value."""

    __slots__ = ("__weakref__", "_home", "_owner", "_value")

    def __init__(self, home: Runtime, value: Value) -> None:
        self._home = home
        self._value = value
        self._owner: Fiber | None = home.scheduler.flag.current

    @property
    def harn_value(self) -> Value:
        """What this stands for."""
        return self._value

    def __repr__(self) -> str:
        return display(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HarnHandle):
            return NotImplemented
        return bool(equal(self._value, other._value))

    def __hash__(self) -> int:
        if type(self._value) is EnumVariant or type(self._value) is StructInstance:
            return hash(display(self._value))
        return id(self._value)

    def _run(self, work: Callable[[Fiber], Any]) -> Any:
        """work(the fiber that is to do it)."""
        assert self._owner is not None
        return self._home.state(Bridge).run(self._owner, work)

"""The argument dict of a call, as a model wrote it: what a tool takes out of it, and what the model is told otherwise."""

from __future__ import annotations

from contextlib import suppress

from harnpy.agents.workspace.failures import ToolFailure
from harnpy.vm.values import Value, type_name


class ToolArguments:
    """Arguments by name; nil counts as not given. Every method raises ToolFailure for a value of a wrong kind."""

    def __init__(self, arguments: Value) -> None:
        if type(arguments) is not dict:
            raise ToolFailure(
                f"the arguments have to be an object with a value for each parameter, not {_kind(arguments)}"
            )
        self._arguments = {name: value for name, value in arguments.items() if value is not None}

    def get(self, name: str) -> Value:
        return self._arguments.get(name)

    def has(self, name: str) -> bool:
        return name in self._arguments

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without default it has to be there."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        if type(value) is not str:
            raise ToolFailure(f"'{name}' has to be a string, not {_kind(value)}")
        return value

    def path(self, default: str | None = None) -> str:
        """The argument `path`, which must not be empty."""
        value = self.text("path", default)
        if not value:
            raise ToolFailure("missing path parameter")
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number, moved into the range from low to high; digits in a string will do."""
        value = self.get(name)
        if value is None:
            return default
        if type(value) is str and len(value) < 20:
            with suppress(ValueError):
                value = int(value)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise ToolFailure(f"'{name}' has to be a whole number, not {_kind(value)}")
        return min(max(value, low), high)

    def flag(self, name: str) -> bool:
        """A bool, false if it is not given; its name in a string will do."""
        value = self.get(name)
        if type(value) is str and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is not None and type(value) is not bool:
            raise ToolFailure(f"'{name}' has to be true or false, not {_kind(value)}")
        return value is True


def _kind(value: Value) -> str:
    return "nothing" if value is None else f"a value of type {type_name(value)}"

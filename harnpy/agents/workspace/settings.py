"""The options of workspace_tools, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.workspace.operations import workspace_root
from harnpy.agents.workspace.paths import Workspace
from harnpy.builtins.file_access import execution_root, resolve
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_OPTIONS = ("root", "only", "timeout_ms", "max_output", "allow_hidden", "env")
_DEFAULT_TIMEOUT_MS = 120_000
_DEFAULT_OUTPUT = 30_000
# A result has to have room for what it says about what was cut.
_LEAST_OUTPUT = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """root is None for the execution root of whoever calls; timeout_ms bounds a command; max_output is in characters
    (of commands in bytes); env is added to the environment of commands.
    """

    root: str | None = None
    timeout_ms: int = _DEFAULT_TIMEOUT_MS
    max_output: int = _DEFAULT_OUTPUT
    allow_hidden: bool = True
    env: tuple[tuple[str, str], ...] = ()

    def workspace(self, fiber: Fiber) -> Workspace:
        """The workspace of a call. Raises OSError when its root has gone."""
        root = self.root if self.root is not None else str(fiber.effect(workspace_root, execution_root(fiber)))
        return Workspace(root, self.allow_hidden)


def read_settings(fiber: Fiber, options: Value, tools: tuple[str, ...]) -> tuple[Settings, tuple[str, ...]]:
    """The settings, and which of tools are wanted, in their order. Raises a thrown string that names what is wrong."""
    if options is None:
        options = {}
    if type(options) is not dict:
        raise _wrong("options", "a dict")
    for name in options:
        if name not in _OPTIONS:
            raise thrown(f"workspace_tools: unknown option '{name}'; there are: {', '.join(_OPTIONS)}")
    given = {name: value for name, value in options.items() if value is not None}
    allow_hidden = given.get("allow_hidden", True)
    if type(allow_hidden) is not bool:
        raise _wrong("allow_hidden", "a bool")
    settings = Settings(
        _root(fiber, given.get("root")),
        _whole(given, "timeout_ms", _DEFAULT_TIMEOUT_MS, 1),
        _whole(given, "max_output", _DEFAULT_OUTPUT, _LEAST_OUTPUT),
        allow_hidden,
        _env(given.get("env")),
    )
    return settings, _only(given.get("only"), tools)


def _root(fiber: Fiber, value: Value) -> str | None:
    if value is None:
        return None
    if type(value) is not str or not value:
        raise _wrong("root", "the path of a directory")
    try:
        return str(fiber.effect(workspace_root, resolve(fiber, value)))
    except (OSError, ValueError) as error:
        raise thrown(f"workspace_tools: root '{value}': {reason(error)}") from None


def _whole(given: dict[str, Value], name: str, default: int, least: int) -> int:
    value = given.get(name, default)
    if type(value) is not int or value < least:
        raise _wrong(name, f"an int of at least {least}")
    return value


def _env(value: Value) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if type(value) is not dict:
        raise _wrong("env", "a dict of names and values")
    pairs = tuple((name, display(text)) for name, text in value.items())
    if any(not name or "=" in name or "\0" in name + text for name, text in pairs):
        raise _wrong("env", "a dict of names and values, without '=' in names and without NUL")
    return pairs


def _only(value: Value, tools: tuple[str, ...]) -> tuple[str, ...]:
    if value is None:
        return tools
    if type(value) is not list:
        raise _wrong("only", "a list of tool names")
    for name in value:
        if name not in tools:
            raise thrown(f"workspace_tools: unknown tool '{display(name)}'; there are: {', '.join(tools)}")
    return tuple(name for name in tools if name in value)


def _wrong(option: str, wanted: str) -> Exception:
    return thrown(f"workspace_tools: {option} must be {wanted}")

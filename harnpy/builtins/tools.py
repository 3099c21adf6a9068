"""Tool registries as values: making them and looking into them (chapter 12 section 12.6.1, chapter 02 section 14.2)."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

_KIND = "tool_registry"
_FIRST = "first argument must be a tool registry"


def is_registry(value: Value) -> bool:
    """Whether value is a dict that tool_registry or a tool declaration made."""
    return type(value) is dict and value.get("_type") == _KIND and type(value.get("tools")) is list


def checked_registry(function: str, value: Value, otherwise: str = "requires a tool registry") -> dict[str, Value]:
    """value if it is a registry; otherwise is what function throws when it is not even a dict."""
    if type(value) is not dict:
        raise thrown(f"{function}: {otherwise}")
    if not is_registry(value):
        raise thrown(f"{function}: argument must be a tool registry (created with tool_registry())")
    return value


def tool_entries(registry: dict[str, Value]) -> list[dict[str, Value]]:
    """The entries of a registry in its order; what is no dict is no entry."""
    tools = registry.get("tools")
    return [tool for tool in tools if type(tool) is dict] if type(tools) is list else []


def entry_text(entry: dict[str, Value], key: str) -> str:
    """A text of an entry; "" if it is not there."""
    value = entry.get(key)
    return "" if value is None else display(value)


def entry_name(entry: dict[str, Value]) -> str:
    """The name of an entry; "" if it has none."""
    return entry_text(entry, "name")


def without_handler(entry: dict[str, Value]) -> dict[str, Value]:
    """The data of an entry."""
    return {key: value for key, value in entry.items() if key != "handler"}


@builtin("tool_registry() -> dict", pure=True)
def tool_registry() -> Value:
    """An empty tool registry."""
    return {"_type": _KIND, "tools": []}


@builtin("tool_define(registry: dict, name: string, description: string, config: dict) -> dict", pure=True)
def tool_define(
    registry: Value = MISSING, name: Value = MISSING, description: Value = MISSING, config: Value = MISSING
) -> Value:
    """A registry with one more tool; one of the same name is replaced and the new one goes last.

    config holds `parameters` (a dict), `handler` (a closure), `returns` (an output schema), `annotations`; further
    keys are kept, and a `name` or `description` in it goes before the arguments. Throws a string when an argument is
    missing or of the wrong kind.
    """
    if config is MISSING:
        raise thrown("tool_define: requires registry, name, description, and config dict")
    known = checked_registry("tool_define", registry, _FIRST)
    if type(config) is not dict:
        raise thrown("tool_define: config must be a dict with parameters and handler")
    if "params" in config and "parameters" not in config:
        raise thrown("tool_define: use 'parameters', not 'params'")
    entry = {"name": display(name), "description": display(description), "handler": None, **config}
    output = entry.pop("returns", None)
    if output is not None:
        entry["outputSchema"] = output
    if entry.get("parameters") is None:
        entry["parameters"] = {}
    return {**known, "tools": [*_without(known, entry_name(entry)), entry]}


@builtin("tool_list(registry: dict) -> list", pure=True)
def tool_list(registry: Value = None) -> Value:
    """The entries of a registry without their handlers, in its order. Throws a string for what is no registry."""
    return [without_handler(entry) for entry in tool_entries(checked_registry("tool_list", registry))]


@builtin("tool_find(registry: dict, name: string) -> dict | nil", pure=True)
def tool_find(registry: Value = MISSING, name: Value = MISSING) -> Value:
    """The entry of that name, handler included, or nil. Throws a string when an argument is missing or no registry."""
    if name is MISSING:
        raise thrown("tool_find: requires registry and name")
    known = checked_registry("tool_find", registry, _FIRST)
    wanted = display(name)
    return next((entry for entry in tool_entries(known) if entry_name(entry) == wanted), None)


@builtin("tool_select(registry: dict, names: list) -> dict", pure=True)
def tool_select(registry: Value = MISSING, names: Value = MISSING) -> Value:
    """The registry with only the tools of these names, in its own order; names that it does not have are passed over.

    Throws a string when an argument is missing or of the wrong kind.
    """
    if names is MISSING:
        raise thrown("tool_select: requires registry and names list")
    known = checked_registry("tool_select", registry, _FIRST)
    if type(names) is not list:
        raise thrown("tool_select: second argument must be a list of tool names")
    wanted = {display(name) for name in names}
    return {**known, "tools": [entry for entry in tool_entries(known) if entry_name(entry) in wanted]}


@builtin("tool_remove(registry: dict, name: string) -> dict", pure=True)
def tool_remove(registry: Value = MISSING, name: Value = MISSING) -> Value:
    """The registry without the tool of that name, if it has one.

    Throws a string when an argument is missing or no registry.
    """
    if name is MISSING:
        raise thrown("tool_remove: requires registry and name")
    known = checked_registry("tool_remove", registry, _FIRST)
    return {**known, "tools": _without(known, display(name))}


@builtin("tool_count(registry: dict) -> int", pure=True)
def tool_count(registry: Value = None) -> Value:
    """How many tools a registry has. Throws a string for what is no registry."""
    return len(tool_entries(checked_registry("tool_count", registry)))


def _without(registry: dict[str, Value], name: str) -> list[dict[str, Value]]:
    return [entry for entry in tool_entries(registry) if entry_name(entry) != name]

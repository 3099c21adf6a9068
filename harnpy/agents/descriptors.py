"""Agents as values: a name and the options of its loops (chapter 12 section 12.16)."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

_KIND = "agent"
_OPTIONS = (
    "provider",
    "model",
    "tools",
    "max_iterations",
    "tool_format",
    "context_callback",
    "context_filter",
    "tool_retries",
    "tool_backoff_ms",
)


@builtin("agent(name: string, config?: dict) -> dict", pure=True)
def agent(name: Value = None, config: Value = MISSING) -> Value:
    """An agent: config with `_type: "agent"` and its name. Throws a string when config is no dict."""
    if config is MISSING:
        config = {}
    if type(config) is not dict:
        raise thrown("agent: second argument must be a config dict")
    return {**config, "_type": _KIND, "name": display(name)}


@builtin("agent_config(agent: dict, prompt: string) -> dict", pure=True)
def agent_config(agent: Value = MISSING, prompt: Value = MISSING) -> Value:
    """The arguments of agent_loop for an agent: `{prompt, system, options}`, system nil if the agent has none.

    Throws a string when an argument is missing or the first one is no agent.
    """
    if prompt is MISSING:
        raise thrown("agent_config: requires agent and prompt")
    if type(agent) is not dict:
        raise thrown("agent_config: first argument must be an agent")
    if agent.get("_type") != _KIND:
        raise thrown("agent_config: first argument must be an agent (created with agent())")
    options = {key: agent[key] for key in _OPTIONS if key in agent}
    return {"prompt": prompt, "system": agent.get("system"), "options": options}


@builtin("agent_name(agent: dict) -> string | nil", pure=True)
def agent_name(agent: Value = None) -> Value:
    """The name of an agent, nil if it has none. Throws a string for anything but a dict."""
    if type(agent) is not dict:
        raise thrown("agent_name: argument must be an agent")
    return agent.get("name")

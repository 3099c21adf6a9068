"""What is probably a mistake in the arguments of `agent_loop`, though it has a meaning: told on stderr, each thing once.

Options that nobody knows and values of another kind than an option takes are the same as absent (chapter 12 sections 12.1
and 12.1.1), and a loop that does something else than its author wanted costs money.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from harnpy.analysis.suggest import closest
from harnpy.llm.context import CallContext
from harnpy.llm.tools_wire import tool_definitions
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.values import Closure, Value, truthy, type_name


class Kind(Enum):
    """What an option takes; value is how people call it. Texts take everything, since everything can be displayed."""

    INTEGER = "an int"
    NUMBER = "a number"
    FLAG = "a bool"
    LIST = "a list"
    CLOSURE = "a closure"
    OTHER = ""


_OF_CALLS: Mapping[str, Kind] = {
    **dict.fromkeys(("max_tokens", "top_k", "seed", "schema_retries", "timeout", "idle_timeout"), Kind.INTEGER),
    **dict.fromkeys(("llm_retries", "llm_backoff_ms"), Kind.INTEGER),
    **dict.fromkeys(("temperature", "top_p", "frequency_penalty", "presence_penalty"), Kind.NUMBER),
    **dict.fromkeys(("cache", "stream", "user_visible"), Kind.FLAG),
    **dict.fromkeys(("stop", "messages"), Kind.LIST),
    **dict.fromkeys(("provider", "model", "model_tier", "response_format", "schema", "output_schema"), Kind.OTHER),
    **dict.fromkeys(("output_validation", "schema_retry_nudge", "thinking", "tools", "tool_choice"), Kind.OTHER),
    **dict.fromkeys(("tool_format", "prefill", "transcript", "assets"), Kind.OTHER),
}

_OF_LOOPS: Mapping[str, Kind] = {
    **dict.fromkeys(("max_iterations", "max_nudges", "tool_retries", "tool_backoff_ms"), Kind.INTEGER),
    **dict.fromkeys(("loop_detect_warn", "loop_detect_block", "loop_detect_skip"), Kind.INTEGER),
    **dict.fromkeys(("compact_threshold", "compact_keep_last", "tool_output_max_chars"), Kind.INTEGER),
    **dict.fromkeys(("hard_limit_tokens", "wake_interval_ms", "idle_watchdog_attempts"), Kind.INTEGER),
    **dict.fromkeys(("persistent", "exit_when_verified", "auto_compact", "daemon"), Kind.FLAG),
    "consolidate_on_idle": Kind.FLAG,
    **dict.fromkeys(("stop_after_successful_tools", "require_successful_tools", "deliverables"), Kind.LIST),
    **dict.fromkeys(("post_turn_callback", "context_callback", "context_filter"), Kind.CLOSURE),
    **dict.fromkeys(("compact_callback", "mask_callback", "compress_callback"), Kind.OTHER),
    **dict.fromkeys(("name", "nudge", "done_sentinel", "break_unless_phase", "tool_examples"), Kind.OTHER),
    **dict.fromkeys(("session_id", "task_ledger", "root_task", "compact_strategy", "hard_limit_strategy"), Kind.OTHER),
    **dict.fromkeys(("policy", "approval_policy", "turn_policy"), Kind.OTHER),
    **dict.fromkeys(("persist_path", "resume_path", "watch_paths"), Kind.OTHER),
}

KNOWN_OPTIONS: Mapping[str, Kind] = {**_OF_CALLS, **_OF_LOOPS}

# A policy with a misspelt key allows more than its author meant to.
POLICY_KEYS: Mapping[str, tuple[str, ...]] = {
    "policy": (
        *("tools", "capabilities", "side_effect_level", "workspace_roots", "recursion_limit"),
        *("tool_arg_constraints", "tool_annotations"),
    ),
    "approval_policy": ("auto_approve", "auto_deny", "require_approval", "write_path_allowlist"),
    "turn_policy": ("require_action_or_yield", "allow_done_sentinel", "max_prose_chars"),
}

_TOOL_FORMATS = ("native", "text")
_SHORTEST_HINTED = 5
_LONG = 8


def check_arguments(context: CallContext, system: Value, options: Value) -> None:
    """Warn about what is ignored. Throws a string for options in the place of the system prompt."""
    if type(system) is dict and options is None:
        raise thrown(
            "agent_loop: system must be a string or nil, got dict: options are the third argument, as in "
            "agent_loop(prompt, nil, {...})"
        )
    if options is not None and type(options) is not dict:
        _warn(context, "options", f"options must be a dict, got {type_name(options)}: they are ignored")
    given: dict[str, Value] = options if type(options) is dict else {}
    for key, value in given.items():
        kind = KNOWN_OPTIONS.get(key)
        if kind is None:
            _check_name(context, key)
        elif value is not None and kind is not Kind.OTHER:
            _check_kind(context, key, kind, value)
    for option, known in POLICY_KEYS.items():
        policy = given.get(option)
        if type(policy) is dict:
            for key in policy:
                if key not in known:
                    _warn(context, f"{option}.{key}", f"{option} has no key '{key}'{_hint(key, known)}: it is ignored")
    _check_tool_format(context, given.get("tool_format"))


def check_tools(context: CallContext, tools: Value) -> None:
    """Warn about tools that no model will hear of. tools is a tools value that has been accepted, or nil."""
    seen: set[str] = set()
    for number, tool in enumerate(tool_definitions(tools) if tools is not None else (), start=1):
        name = tool.get("name")
        if name is None:
            keys = ", ".join(sorted(tool)) or "no keys"
            _warn(context, f"tool {number}", f"tool {number} has no `name` and is not offered (it has: {keys})")
        elif display(name) in seen:
            _warn(context, f"tool {name}", f"there are two tools named '{display(name)}': the first one is offered")
        else:
            seen.add(display(name))


def _check_name(context: CallContext, key: str) -> None:
    """Any key may be there for somebody else, so that only what looks like a known one is worth a word."""
    if key not in context.configuration.providers:
        hint = _hint(key, KNOWN_OPTIONS)
        if hint:
            _warn(context, key, f"unknown option '{key}'{hint}")


def _check_kind(context: CallContext, key: str, kind: Kind, value: Value) -> None:
    match kind:
        case Kind.INTEGER:
            fits = type(value) is int
        case Kind.NUMBER:
            fits = type(value) in (int, float)
        case Kind.LIST:
            fits = type(value) is list
        case Kind.CLOSURE:
            fits = type(value) is Closure
        case _:
            fits = type(value) is not str
    if fits:
        return
    if kind is Kind.FLAG:
        effect = f"which counts as {str(truthy(value)).lower()}"
        if key == "consolidate_on_idle":
            effect = "which counts as false"
        _warn(context, key, f"option '{key}' must be {kind.value}, got {type_name(value)}, {effect}")
        return
    _warn(context, key, f"option '{key}' must be {kind.value}, got {type_name(value)}: it is ignored")


def _check_tool_format(context: CallContext, value: Value) -> None:
    if value is None or display(value) in _TOOL_FORMATS:
        return
    shown = display(value)
    hint = _hint(shown, _TOOL_FORMATS)
    _warn(context, "tool_format", f"unknown tool_format '{shown}'{hint}: tools are offered as text")


def _hint(name: str, known: Mapping[str, Kind] | tuple[str, ...]) -> str:
    """` (did you mean 'key'?)` for a known key that is close to name, else nothing."""
    if f"{name}s" in known:
        return f" (did you mean '{name}s'?)"
    # Short words are close to many others that somebody may well mean.
    limit = 0 if len(name) < _SHORTEST_HINTED else 1 if len(name) < _LONG else 2
    close = closest(name, known, limit) if limit else None
    return "" if close is None else f" (did you mean '{close}'?)"


def _warn(context: CallContext, key: str, text: str) -> None:
    context.warn_once(("agent_loop", key), f"agent_loop: {text}")

"""The builtins of agent sessions (chapter 12 section 12.11)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.agents.loop_compaction import read_session_compaction
from harnpy.agents.sessions import Session, SessionStore, empty_transcript
from harnpy.llm.context import CallContext
from harnpy.llm.transcript import ID_EFFECTS, build, parts_of
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("agent_session_open(id: string | nil = nil) -> string", effects=ID_EFFECTS)
def agent_session_open(fiber: Fiber, id: Value = None) -> str:
    """The id of a session that exists from now on: a given one, which may exist already, or a new one.

    With more than 128 sessions the one that was not used for longest is gone. Throws
    "agent_session_open: `id` must be a string or nil".
    """
    if id is not None and type(id) is not str:
        raise thrown("agent_session_open: `id` must be a string or nil")
    return fiber.runtime.state(SessionStore).open(fiber, id)


@builtin("agent_session_exists(id: string) -> bool")
def agent_session_exists(fiber: Fiber, id: Value = None) -> bool:
    """Whether there is a session with that id. Throws "agent_session_exists: `id` must be a string"."""
    return fiber.runtime.state(SessionStore).exists(_text("agent_session_exists", "id", id))


@builtin("agent_session_length(id: string) -> int")
def agent_session_length(fiber: Fiber, id: Value = None) -> int:
    """How many messages a session has. Throws for an id that is no string and for an unknown one."""
    return len(_session(fiber, "agent_session_length", id).messages)


@builtin("agent_session_snapshot(id: string) -> dict | nil")
def agent_session_snapshot(fiber: Fiber, id: Value = None) -> dict[str, Value] | None:
    """The transcript of a session as it is now; nil if there is no such session.

    Throws "agent_session_snapshot: `id` must be a string".
    """
    session = fiber.runtime.state(SessionStore).find(_text("agent_session_snapshot", "id", id))
    return None if session is None else session.transcript


@builtin("agent_session_reset(id: string) -> nil")
def agent_session_reset(fiber: Fiber, id: Value = None) -> None:
    """Empties the transcript of a session, which keeps its id and its subscribers.

    Returns nil; throws for an id that is no string and for an unknown one.
    """
    session = _session(fiber, "agent_session_reset", id)
    session.transcript = empty_transcript(id)


@builtin("agent_session_fork(src: string, dst: string | nil = nil) -> string", effects=ID_EFFECTS)
def agent_session_fork(fiber: Fiber, src: Value = None, dst: Value = None) -> str:
    """Copies a session, without its subscribers, under another id: dst, whatever was there, or a new one, which it returns.

    Throws for ids that are no strings, for an unknown src, and for a dst that is src itself.
    """
    store = fiber.runtime.state(SessionStore)
    _text("agent_session_fork", "src", src)
    if dst is not None and type(dst) is not str:
        raise thrown("agent_session_fork: `dst` must be a string or nil")
    source = _session(fiber, "agent_session_fork", src, "src")
    if dst == src:
        # A copy over the original would take its subscribers away and give nothing.
        raise thrown(f"agent_session_fork: failed to fork session '{src}'")
    copied = CallContext(fiber).new_id() if dst is None else dst
    store.put(copied, {**source.transcript, "id": copied})
    return copied


@builtin("agent_session_trim(id: string, keep_last: int) -> int", effects=ID_EFFECTS)
def agent_session_trim(fiber: Fiber, id: Value = None, keep_last: Value = None) -> int:
    """Leaves a session its newest messages, keep_last of them at most, and returns how many these are.

    Throws for an id that is no string, for a keep_last that is no int or below 0, and for an unknown id.
    """
    _text("agent_session_trim", "id", id)
    if type(keep_last) is not int:
        raise thrown("agent_session_trim: `keep_last` must be an int")
    if keep_last < 0:
        raise thrown("agent_session_trim: `keep_last` must be >= 0")
    session = _session(fiber, "agent_session_trim", id)
    messages = session.messages
    kept = messages[max(0, len(messages) - keep_last) :]
    _say_instead(fiber, id, session, kept)
    return len(kept)


@builtin("agent_session_inject(id: string, message: dict) -> nil", effects=ID_EFFECTS)
def agent_session_inject(fiber: Fiber, id: Value = None, message: Value = MISSING) -> None:
    """Adds a message to a session as it is: a dict with a `role` and whatever else.

    Returns nil; throws for an id that is no string or unknown, and for what is no message.
    """
    session = _session(fiber, "agent_session_inject", id)
    if message is MISSING:
        raise thrown("agent_session_inject: `message` required")
    if type(message) is not dict:
        raise thrown("agent_session_inject: message must be a dict")
    if type(message.get("role")) is not str:
        roles = "user|assistant|tool_result|system"
        raise thrown(f"agent_session_inject: message must have a string `role` ({roles})")
    _say_instead(fiber, id, session, [*session.messages, message])


@builtin("agent_session_compact(id: string, opts: dict | nil = nil) -> int", effects=ID_EFFECTS)
def agent_session_compact(fiber: Fiber, id: Value = None, opts: Value = None) -> int:
    """Replaces all but the last messages of a session by one that sums them up, and returns how many messages it has then.

    Options: `keep_last` (12 messages), `compact_strategy` (`observation_mask`, `truncate`, or `custom` with a closure as
    `custom_compactor`), `mask_callback` (a closure that shortens messages for `observation_mask`), and
    `hard_limit_tokens` with `hard_limit_strategy`. The other options of loops are taken and mean nothing here. Throws
    for an id that is no string or unknown and for bad options; raises runtime errors for unknown strategies, for the
    strategy `llm`, which only loops can have, and those of the callbacks.
    """
    session = _session(fiber, "agent_session_compact", id)
    if opts is not None and type(opts) is not dict:
        raise thrown("agent_session_compact: `opts` must be a dict or nil")
    compaction = read_session_compaction(opts or {})
    messages = session.messages
    compacted = compaction.compact(fiber, messages, None)
    if compacted is not None:
        # A callback may have added to the session meanwhile.
        added = session.messages[len(messages) :]
        _say_instead(fiber, id, session, [*compacted.messages, *added])
    return len(session.messages)


@builtin("agent_session_close(id: string) -> nil")
def agent_session_close(fiber: Fiber, id: Value = None) -> None:
    """Forgets a session and its subscribers. Returns nil; throws for an id that is no string and for an unknown one."""
    _session(fiber, "agent_session_close", id)
    fiber.runtime.state(SessionStore).close(id)


def _text(name: str, argument: str, value: Value) -> str:
    if type(value) is not str:
        raise thrown(f"{name}: `{argument}` must be a string")
    return value


def _session(fiber: Fiber, name: str, session_id: Value, argument: str = "id") -> Session:
    session = fiber.runtime.state(SessionStore).find(_text(name, argument, session_id))
    if session is None:
        raise thrown(f"{name}: unknown session id '{session_id}'")
    return session


def _say_instead(fiber: Fiber, session_id: str, session: Session, messages: list[Value]) -> None:
    """Give a session other messages; its events are then those of the messages, and all else stays."""
    parts = replace(parts_of(session.transcript), id=session_id, messages=messages, other_events=[])
    session.transcript = build(CallContext(fiber).ids(), parts)

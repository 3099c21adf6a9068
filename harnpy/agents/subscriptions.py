"""The builtins that watch a session and speak to it: agent_subscribe and agent_inject_feedback (chapter 12 section 12.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.sessions import QueuedFeedback, SessionStore
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("agent_subscribe(session_id: string, callback: closure) -> nil")
def agent_subscribe(fiber: Fiber, session_id: Value = None, callback: Value = MISSING) -> None:
    """Calls callback with each event of the loops on a session, after those that subscribed before; opens the session.

    An event is a dict of `type`, `session_id` and what else its type has. The loop waits for the callback, and an error
    in it is only a warning. A subscription ends with the session. Returns nil; raises runtime errors for a session id
    that is no string and a callback that is no closure.
    """
    problem = "agent_subscribe(session_id, callback): "
    if type(session_id) is not str:
        raise runtime_error(problem + "session_id must be a string")
    if callback is MISSING:
        raise runtime_error(problem + "callback closure required")
    if not is_callable(callback):
        raise runtime_error(problem + "callback must be a closure")
    fiber.runtime.state(SessionStore).subscribe(session_id, callback)


@builtin("agent_inject_feedback(session_id: string, kind: string, content: string) -> nil")
def agent_inject_feedback(fiber: Fiber, session_id: Value = None, kind: Value = None, content: Value = None) -> None:
    """Queues feedback for a session: the model hears of it in the next turn of a loop on that session.

    Feedback of kind `prefill_assistant` is what the next answer begins with. Returns nil; raises a runtime error for an
    argument that is no string.
    """
    for name, value in (("session_id", session_id), ("kind", kind), ("content", content)):
        if type(value) is not str:
            raise runtime_error(f"agent_inject_feedback(session_id, kind, content): {name} must be a string")
    fiber.runtime.state(QueuedFeedback).add(session_id, kind, content)

"""Running programs about sessions, with builtins for what only a loop does: it sends events and drains feedback."""

from __future__ import annotations

from dataclasses import dataclass

from support import ErrorKeepingWorld

from harnpy.agents.sessions import SessionStore, drain_feedback, new_anonymous_id, notify
from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import VirtualClock
from harnpy.vm.fiber import Fiber
from harnpy.vm.registry import Registry, builtin
from harnpy.vm.values import Value


@builtin("loop_event(session_id: string, kind: string, fields: dict) -> nil")
def loop_event(fiber: Fiber, session_id: Value, kind: Value, fields: Value) -> None:
    """What a loop does with an event."""
    notify(fiber, session_id, kind, fields)


@builtin("loop_feedback(session_id: string) -> list")
def loop_feedback(fiber: Fiber, session_id: Value) -> list[Value]:
    """What a loop reads before a turn."""
    return [[kind, content] for kind, content in drain_feedback(fiber, session_id)]


@builtin("loop_messages(session_id: string) -> list")
def loop_messages(fiber: Fiber, session_id: Value) -> list[Value]:
    """What a loop begins with."""
    return fiber.runtime.state(SessionStore).messages(session_id)


@builtin("loop_end(session_id: string, transcript: dict) -> nil")
def loop_end(fiber: Fiber, session_id: Value, transcript: Value) -> None:
    """What a loop leaves."""
    fiber.runtime.state(SessionStore).store(session_id, transcript)


@builtin("loop_anonymous_id() -> string")
def loop_anonymous_id(fiber: Fiber) -> str:
    """The id of a loop without a session."""
    return new_anonymous_id(fiber)


_OF_LOOPS = ("loop_event", "loop_feedback", "loop_messages", "loop_end", "loop_anonymous_id")
_BUILTINS = {**BUILTIN_MODULES, **dict.fromkeys(_OF_LOOPS, __name__)}


class SessionWorld(ErrorKeepingWorld):
    """Every wait is over at once, and the time never changes but by waits."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()


@dataclass
class SessionRun:
    """What a program printed, by lines, and what went to standard error."""

    lines: list[str]
    errors: str


def run(source: str) -> SessionRun:
    """Run a program in a runtime of its own. Raises whatever ended it."""
    world = SessionWorld()
    runtime = make_runtime(world=world, registry=Registry(_BUILTINS, METHOD_MODULES))
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return SessionRun(world.output.splitlines(), world.errors)

"""Agent sessions: conversations by id that loops go on with (chapter 12 section 12.11). The builtins are in session_builtins.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

MAX_SESSIONS = 128


class SessionStore:
    """All sessions of a runtime; the least recently used one makes room when there are too many."""

    def open(self, fiber: Fiber, session_id: str | None) -> str:
        """The id of a session that exists from now on; None mints one."""
        raise NotImplementedError

    def exists(self, session_id: str) -> bool:
        raise NotImplementedError

    def messages(self, session_id: str) -> list[Value]:
        """The messages of a session; none for one that does not exist."""
        raise NotImplementedError

    def store(self, session_id: str, transcript: dict[str, Value]) -> None:
        """Replace the transcript of a session."""
        raise NotImplementedError


def new_anonymous_id(fiber: Fiber) -> str:
    """`agent_session_<uuid>`, of a loop whose transcript is not kept."""
    raise NotImplementedError


def drain_feedback(fiber: Fiber, session_id: str) -> list[tuple[str, str]]:
    """Kind and content of what agent_inject_feedback has queued for a session, which is then empty."""
    raise NotImplementedError


def notify(fiber: Fiber, session_id: str, kind: str, fields: dict[str, Value]) -> None:
    """Call the subscribers of a session with the event `{type: kind, session_id, ...fields}`; their errors are warnings."""
    raise NotImplementedError

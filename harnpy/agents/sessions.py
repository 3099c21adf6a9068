"""Agent sessions: conversations by id that loops go on with (chapter 12 section 12.11). The builtins are in session_builtins.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from harnpy.llm.context import CallContext
from harnpy.llm.transcript import VERSION, message_list
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

MAX_SESSIONS = 128


class Session:
    """transcript is a Harn value: it is replaced, never changed. subscribers are closures in order of subscription."""

    __slots__ = ("subscribers", "transcript")

    def __init__(self, transcript: dict[str, Value]) -> None:
        self.transcript = transcript
        self.subscribers: tuple[Value, ...] = ()

    @property
    def messages(self) -> list[Value]:
        """A list of the caller's own. Throws for a transcript whose messages are no list."""
        return list(message_list(self.transcript))


class SessionStore:
    """All sessions of a runtime; the least recently used one makes room when there are too many."""

    def __init__(self) -> None:
        # In order of use, the latest last: times of a clock may be equal or go backwards.
        self._sessions: dict[str, Session] = {}

    def open(self, fiber: Fiber, session_id: str | None) -> str:
        """The id of a session that exists from now on; None mints one."""
        chosen = CallContext(fiber).new_id() if session_id is None else session_id
        self._opened(chosen)
        return chosen

    def exists(self, session_id: str) -> bool:
        """Whether there is such a session; to ask is no use of it."""
        return session_id in self._sessions

    def find(self, session_id: str) -> Session | None:
        """A session that somebody uses now; None if there is none."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self._sessions[session_id] = session
        return session

    def messages(self, session_id: str) -> list[Value]:
        """The messages of a session; none for one that does not exist."""
        session = self.find(session_id)
        return [] if session is None else session.messages

    def store(self, session_id: str, transcript: dict[str, Value]) -> None:
        """Replace the transcript of a session, which is opened if it had to make room for others meanwhile."""
        self._opened(session_id).transcript = transcript

    def put(self, session_id: str, transcript: dict[str, Value]) -> None:
        """A session that nobody subscribes to, in place of the one with that id if there is one."""
        self.close(session_id)
        self.store(session_id, transcript)

    def close(self, session_id: str) -> None:
        """Forget a session and its subscribers."""
        self._sessions.pop(session_id, None)

    def subscribe(self, session_id: str, callback: Value) -> None:
        """Let callback, a closure, have the events of a session, which is opened if need be."""
        session = self._opened(session_id)
        session.subscribers = (*session.subscribers, callback)

    def subscribers(self, session_id: str) -> tuple[Value, ...]:
        """Who has the events of a session; to have events is no use of it."""
        session = self._sessions.get(session_id)
        return () if session is None else session.subscribers

    def _opened(self, session_id: str) -> Session:
        session = self.find(session_id)
        if session is None:
            session = self._sessions[session_id] = Session(empty_transcript(session_id))
            if len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        return session


class QueuedFeedback:
    """What agent_inject_feedback has queued in a runtime, by session; the session need not exist yet."""

    def __init__(self) -> None:
        self._queued: dict[str, list[tuple[str, str]]] = {}

    def add(self, session_id: str, kind: str, content: str) -> None:
        """Queue feedback behind what a session has already."""
        self._queued.setdefault(session_id, []).append((kind, content))

    def drain(self, session_id: str) -> list[tuple[str, str]]:
        """Kind and content of what is queued for a session, in order; nothing is left."""
        return self._queued.pop(session_id, [])


# Has an event and may not change it.
EventSink: TypeAlias = Callable[[dict[str, Value]], None]


class EventSinks:
    """What a host has registered in a runtime to have the events of sessions, which need not exist."""

    def __init__(self) -> None:
        self._sinks: dict[str, tuple[EventSink, ...]] = {}
        self._for_all: tuple[EventSink, ...] = ()

    def add_for_all(self, sink: EventSink) -> None:
        """Give sink the events of all sessions for as long as the runtime lives."""
        self._for_all = (*self._for_all, sink)

    def add(self, session_id: str, sink: EventSink) -> None:
        """Give sink the events of a session until a loop on it ends."""
        self._sinks[session_id] = (*self._sinks.get(session_id, ()), sink)

    def of(self, session_id: str) -> tuple[EventSink, ...]:
        """Who has the events of a session, those for all sessions first."""
        return (*self._for_all, *self._sinks.get(session_id, ()))

    def drop(self, session_id: str) -> None:
        """A loop on the session has ended."""
        self._sinks.pop(session_id, None)


def empty_transcript(session_id: str) -> dict[str, Value]:
    """The transcript of a session in which nothing has been said."""
    return {"_type": "transcript", "version": VERSION, "id": session_id, "messages": [], "events": [], "assets": []}


def new_anonymous_id(fiber: Fiber) -> str:
    """`agent_session_<uuid>`, of a loop whose transcript is not kept."""
    return f"agent_session_{CallContext(fiber).new_id()}"


def drain_feedback(fiber: Fiber, session_id: str) -> list[tuple[str, str]]:
    """Kind and content of what agent_inject_feedback has queued for a session, which is then empty."""
    return fiber.runtime.state(QueuedFeedback).drain(session_id)


class SessionEvents:
    """The events of one session, told on behalf of one fiber."""

    __slots__ = ("_fiber", "_session_id", "_sessions", "_sinks")

    def __init__(self, fiber: Fiber, session_id: str) -> None:
        self._fiber = fiber
        self._session_id = session_id
        self._sinks = fiber.runtime.state(EventSinks)
        self._sessions = fiber.runtime.state(SessionStore)

    @property
    def is_followed(self) -> bool:
        """Whether anybody has the events now: what goes into them need not be made otherwise."""
        return bool(self._sinks.of(self._session_id) or self._sessions.subscribers(self._session_id))

    def notify(self, kind: str, fields: dict[str, Value]) -> None:
        """Tell of the event `{type: kind, session_id, ...fields}`: first sinks of the host, then subscribers.

        Errors of subscribers are warnings.
        """
        sinks = self._sinks.of(self._session_id)
        subscribers = self._sessions.subscribers(self._session_id)
        if not sinks and not subscribers:
            return
        event: dict[str, Value] = {**fields, "type": kind, "session_id": self._session_id}
        for sink in sinks:
            sink(event)
        for callback in subscribers:
            try:
                self._fiber.call(callback, event)
            except HarnError as error:
                CallContext(self._fiber).warn(
                    f"a subscriber to events of agent session '{self._session_id}' failed: {error.text}"
                )


def notify(fiber: Fiber, session_id: str, kind: str, fields: dict[str, Value]) -> None:
    """Tell of one event of a session on behalf of fiber."""
    SessionEvents(fiber, session_id).notify(kind, fields)

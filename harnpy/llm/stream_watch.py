"""Puts an `llm_stream` on the bus: its beginning, its pieces as they come, its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType

from harnpy.llm.agent_events import AgentScope
from harnpy.llm.context import CallContext
from harnpy.llm.observe import CallDelta, StreamEnded, StreamStarted
from harnpy.llm.options import LlmOptions
from harnpy.llm.spans import current_span_id


class StreamWatch:
    """A context around the work of one stream. deliver, which it passes pieces on to, says whether more is wanted."""

    def __init__(
        self, context: CallContext, options: LlmOptions, call_id: str, deliver: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._bus = context.state.bus
        self._options = options
        self._call_id = call_id
        self._deliver = deliver
        self._chunks: list[str] = []
        self._left = False
        self._error = ""
        self._watched = self._bus.watched
        if self._watched:
            _announce_start(context, options, call_id)

    async def deliver(self, chunk: str) -> bool:
        """Pass a piece of text on; false means that nobody wants more."""
        if self._watched:
            self._chunks.append(chunk)
            self._bus.emit(CallDelta(self._call_id, chunk, ""))
        wanted = await self._deliver(chunk)
        self._left = not wanted
        return wanted

    async def fail(self, text: str) -> None:
        """Pass on, as the last piece, the text form of the error that ended the stream."""
        self._error = text
        await self._deliver(f"error: {text}")

    def __enter__(self) -> StreamWatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watched:
            complete = kind is None and not self._error and not self._left
            ended = StreamEnded(self._call_id, self._options, tuple(self._chunks), self._error, complete)
            self._bus.emit(ended)


def announce_ready(context: CallContext, options: LlmOptions, call_id: str, pieces: Sequence[str]) -> None:
    """Put a whole stream on the bus whose pieces were ready: those of the mock provider, or of a recording."""
    bus = context.state.bus
    if not bus.watched:
        return
    _announce_start(context, options, call_id)
    for piece in pieces:
        bus.emit(CallDelta(call_id, piece, ""))
    bus.emit(StreamEnded(call_id, options, tuple(pieces), "", complete=True, from_provider=False))


def _announce_start(context: CallContext, options: LlmOptions, call_id: str) -> None:
    agent_id = context.fiber.task.get(AgentScope).agent_id
    context.state.bus.emit(StreamStarted(call_id, options, current_span_id(context.fiber), agent_id))

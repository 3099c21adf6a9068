"""What a loop knows: what is fixed for its whole run, what changes from turn to turn, and one turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harnpy.agents.host import Delivery, Host
from harnpy.agents.ledger import Ledger
from harnpy.agents.loop_detection import RepeatedCalls
from harnpy.agents.loop_options import LoopOptions
from harnpy.agents.sessions import SessionEvents
from harnpy.agents.tool_set import ToolSet
from harnpy.llm.agent_events import AgentEvent, MessageAppended
from harnpy.llm.context import CallContext
from harnpy.llm.deltas import RawResult, ToolCall
from harnpy.llm.json_values import Json
from harnpy.llm.options import LlmOptions
from harnpy.llm.spans import current_span_id
from harnpy.llm.tagged import Tagged
from harnpy.llm.transcript import plain_event
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

FIRST_BACKOFF_MS = 100

DONE = "done"
ACTIVE = "active"
IDLE = "idle"


@dataclass(frozen=True, slots=True)
class LoopSetup:
    """What a loop has from its start to its end. model is its model calls without messages, session_id its session.

    anonymous: its transcript is not kept. contract is the tool contract prompt, "" without tools. system is the whole system
    prompt, parent_id the agent that this one works for, started when it began by the clock, expired whether a deadline had passed by then already.
    """

    fiber: Fiber
    context: CallContext
    options: LoopOptions
    model: LlmOptions
    tools: ToolSet
    system: str | None
    session_id: str
    anonymous: bool
    agent_id: str
    parent_id: str | None
    host: Host | None
    ids: Iterator[str]
    started: float
    expired: bool
    _events: SessionEvents = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_events", SessionEvents(self.fiber, self.session_id))

    @property
    def has_tools(self) -> bool:
        return bool(self.tools.schemas)

    @property
    def native(self) -> bool:
        return self.options.native

    def emit(self, event: AgentEvent) -> None:
        """Put an event of this loop onto the bus."""
        self.context.state.bus.emit(event)

    def is_wanted(self, kind: type[AgentEvent]) -> bool:
        """Whether anybody on the bus wants events of a type: those of every turn need not be made otherwise."""
        return self.context.state.bus.wants(kind)

    @property
    def is_followed(self) -> bool:
        """Whether anybody has the events of the session: those of every turn need not be made otherwise."""
        return self._events.is_followed

    def notify(self, kind: str, fields: dict[str, Value]) -> None:
        """Tell the subscribers of the session."""
        self._events.notify(kind, fields)

    def check_deadline(self) -> None:
        """Raise the error of a deadline around the loop that has passed: it may have met a callback that survived it."""
        if self.fiber.has_passed_deadline and not self.expired:
            raise thrown("Deadline exceeded")

    def milliseconds_since(self, started: float) -> int:
        return int((self.context.monotonic() - started) * 1000)


@dataclass(slots=True)
class LoopState:
    """What changes while a loop runs. visible is what the model sees, recorded the whole conversation.

    rejected and successful hold each name once. turn is the number of the running turn, counted from 0 in this run of
    the loop; iterations counts from the first turn, also over a resumed one.
    """

    setup: LoopSetup
    ledger: Ledger
    repeated: RepeatedCalls
    visible: list[Value] = field(default_factory=list)
    recorded: list[Value] = field(default_factory=list)
    events: list[Value] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    visible_text: str = ""
    last_text: str = ""
    turn: int = 0
    iterations: int = 0
    resumed_iterations: int = 0
    tools_used: list[str] = field(default_factory=list)
    successful: dict[str, None] = field(default_factory=dict)
    rejected: dict[str, None] = field(default_factory=dict)
    text_only_turns: int = 0
    backoff_ms: int = FIRST_BACKOFF_MS
    single_tool_turns: int = 0
    last_run_exit_code: int | None = None
    ledger_rejections: int = 0
    prefill: str | None = None
    deferred: list[str] = field(default_factory=list)
    summary: str | None = None
    daemon_state: str = DONE
    status: str = DONE
    watch_state: dict[str, int] = field(default_factory=dict)

    def append(self, message: dict[str, Json], *, initial: bool = False) -> None:
        """Let a message join the conversation."""
        self.recorded.append(message)
        shown = _sendable(message)
        if shown is not None:
            self.visible.append(shown)
        setup = self.setup
        if setup.is_wanted(MessageAppended):
            iteration = None if initial else self.iterations
            setup.emit(MessageAppended(message, iteration, current_span_id(setup.fiber), setup.agent_id))

    def record(self, kind: str, role: str, visibility: str, text: str, metadata: Value = None) -> None:
        """Add an event to the transcript."""
        self.events.append(plain_event(self.setup.ids, kind, role, visibility, text, metadata))

    def take_host_messages(self, delivery: Delivery) -> bool:
        """Let what the host has queued for this moment join the conversation; whether there was anything."""
        host = self.setup.host
        texts = [] if host is None else host.take_messages(self.setup.fiber, delivery)
        for text in texts:
            self.append({"role": "user", "content": text})
            self.record("host_input", "user", "public", text, {"delivery": delivery.value})
        return bool(texts)

    def reset_patience(self) -> None:
        """Something has happened: turns of mere text and idle waits count from the beginning again."""
        self.text_only_turns = 0
        self.backoff_ms = FIRST_BACKOFF_MS


@dataclass(slots=True)
class Turn:
    """One answer of the model, taken apart. calls are those to dispatch, in order.

    from_provider: the calls came over the provider's tool channel. own_calls are then all of them, those of the ledger
    included, as the history has to show them; ledger_answers are the answers of these. pending are messages that join
    the conversation after the assistant's.
    """

    result: RawResult
    text: str
    tagged: Tagged
    calls: list[ToolCall]
    from_provider: bool
    own_calls: list[ToolCall]
    parse_errors: tuple[str, ...]
    narration: str
    prose_too_long: bool = False
    sentinel_hit: bool = False
    ledger_answers: list[tuple[str, str]] = field(default_factory=list)
    pending: list[dict[str, Json]] = field(default_factory=list)


def _sendable(message: dict[str, Json]) -> dict[str, Json] | None:
    """A message as providers take it: without what only transcripts know; None for an assistant that said nothing."""
    content = message.get("content")
    if message.get("role") == "assistant" and "tool_calls" not in message and (content is None or not content):
        return None
    if "metadata" in message:
        return {key: value for key, value in message.items() if key != "metadata"}
    return message

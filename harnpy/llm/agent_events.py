"""What agent loops put on the bus beside their model calls (chapter 11 sections 21.2 and 22).

They tell what tools ran, what was refused, how the loop went on and how it ended; tool arguments and results are plain
JSON data, and no event holds a key. agent_id is the loop that an event belongs to, not the one that started that loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harnpy.llm.json_values import Json


class ToolScope:
    """A run of a tool. asked_model is whether a model has been asked in the course of it."""

    __slots__ = ("asked_model",)

    def __init__(self) -> None:
        self.asked_model = False


class AgentScope:
    """Which agent a task works for, and in which runs of tools; its child tasks work for the same.

    tools are told of only where somebody wants to know whether they ask models.
    """

    __slots__ = ("agent_id", "tools")

    def __init__(self, agent_id: str | None = None, tools: tuple[ToolScope, ...] = ()) -> None:
        self.agent_id = agent_id
        self.tools = tools

    def inherit(self) -> AgentScope:
        """What a child task begins with."""
        return AgentScope(self.agent_id, self.tools)

    def note_model_call(self) -> None:
        """A model is asked, or will be by what has been started."""
        for tool in self.tools:
            tool.asked_model = True


@dataclass(frozen=True, slots=True)
class AgentStarted:
    """A loop begins. name is what people call the agent; parent_id is the agent that started this one."""

    agent_id: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool begins to run. ToolExecuted or ToolRejected follows, unless what ends the loop ends the tool too."""

    tool_name: str
    tool_use_id: str
    iteration: int
    agent_id: str | None = None
    arguments: Json = None


@dataclass(frozen=True, slots=True)
class ToolExecuted:
    """A tool has run. status is `ok` or `error`; arguments and result are what went in and came out.

    Tools that ran side by side are told of one after the other, when all of them have ended: started_at (Unix seconds)
    says when this one began.
    """

    tool_name: str
    tool_use_id: str
    duration_ms: int
    status: str
    classification: str
    iteration: int
    agent_id: str | None = None
    arguments: Json = None
    result: Json = None
    started_at: float | None = None


@dataclass(frozen=True, slots=True)
class ToolRejected:
    """A tool was begun and refused to run, or was not allowed something that it needs."""

    tool_name: str
    reason: str
    iteration: int
    agent_id: str | None = None
    tool_use_id: str = ""
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class ToolNotRun:
    """A call did not get as far as its tool. kind is `denied` (by a policy, an approval or a hook), `invalid` (its
    arguments are missing or unreadable) or `repeated` (once too often).
    """

    tool_name: str
    tool_use_id: str
    kind: str
    reason: str
    iteration: int
    agent_id: str | None = None
    arguments: Json = None


@dataclass(frozen=True, slots=True)
class LoopIntervention:
    """A repeated tool call was answered by something else than the tool. kind is warn, block, skip or proceed."""

    tool_name: str
    kind: str
    count: int
    iteration: int
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ContextCompacted:
    """Messages were replaced by a summary; saved_tokens is an estimate, new_summary_len counts characters."""

    saved_tokens: int
    new_summary_len: int
    iteration: int
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    from_phase: str
    to_phase: str
    iteration: int
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class LoopCompleted:
    """The last event of a loop. Both lists of tools hold each name once, in the order of first use."""

    agent_id: str
    status: str
    iterations: int
    total_duration_ms: int
    tools_used: tuple[str, ...]
    successful_tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageAppended:
    """A message joined those of a loop; iteration is None for the ones that it began with."""

    message: dict[str, Json]
    iteration: int | None
    span_id: int | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseInterpreted:
    """An answer was taken apart into prose and tool calls."""

    iteration: int
    tool_format: str
    prose: str
    tool_calls: tuple[Json, ...]
    tool_parse_errors: tuple[str, ...]
    span_id: int | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class WorkerChanged:
    """A delegated worker has come into a status; agent_id is the agent that it works for, if any."""

    worker_id: str
    name: str
    status: str
    error: str | None = None
    agent_id: str | None = None


AgentEvent: TypeAlias = (
    AgentStarted
    | ToolStarted
    | ToolExecuted
    | ToolRejected
    | ToolNotRun
    | LoopIntervention
    | ContextCompacted
    | PhaseChanged
    | LoopCompleted
    | MessageAppended
    | ResponseInterpreted
    | WorkerChanged
)

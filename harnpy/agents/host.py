"""What a loop may ask of a host: an attached client that sees the conversation and can step in (chapter 12 section 12.14).

A plain script run has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from harnpy.agents.approval import Ask, Decision
from harnpy.llm.json_values import Json, to_json
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# The code of a host's refusal to call a builtin.
REJECTED = -32001

_GRANTED = ("selected", "allow")
_FAILED = "approval request failed or host does not implement session/request_permission"


class Delivery(Enum):
    """When a message that a host has queued reaches the model."""

    INTERRUPT_IMMEDIATE = "InterruptImmediate"
    FINISH_STEP = "FinishStep"
    WAIT_FOR_COMPLETION = "WaitForCompletion"


class HostError(Exception):
    """A request that a host answered by an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Host(Protocol):
    """Every method may suspend the fiber that it is called with."""

    def take_messages(self, fiber: Fiber, delivery: Delivery) -> list[str]:
        """The messages queued for that moment, which are then no longer queued."""

    def notify_idle(self, fiber: Fiber, notice: dict[str, Json]) -> None:
        """Tell that a daemon loop waits: `{iteration, backoff_ms, persist_path, watch_paths}`."""

    def notify(self, fiber: Fiber, method: str, params: dict[str, Json]) -> None:
        """Send a notification that needs no answer."""

    def take_resume_signal(self, fiber: Fiber) -> bool:
        """Whether a waiting daemon loop was told to go on; the signal is used up."""

    def builtin_call(self, fiber: Fiber, name: str, arguments: Json) -> Json:
        """Run a tool of the host's own. Raises HostError."""

    def request_permission(self, fiber: Fiber, request: dict[str, Json]) -> Json:
        """Ask for consent to a tool call. Raises HostError."""


class HostAttachment:
    """The host of a runtime, if one is attached."""

    def __init__(self) -> None:
        self.host: Host | None = None


def attached_host(fiber: Fiber) -> Host | None:
    return fiber.runtime.state(HostAttachment).host


def permission_asker(fiber: Fiber, host: Host, session_id: str, call_id: str) -> Ask:
    """Asks the host about one call (section 12.8.1)."""

    def ask(tool: str, arguments: Value, paths: Sequence[str]) -> Decision:
        call = {"toolCallId": call_id, "toolName": tool, "rawInput": to_json(arguments)}
        request = {"sessionId": session_id, "toolCall": call, "mutation": None, "declaredPaths": list(paths)}
        try:
            return _decision(host.request_permission(fiber, request))
        except HostError:
            return Decision("host_denied", _FAILED)

    return ask


def _decision(response: Json) -> Decision:
    fields = response if isinstance(response, dict) else {}
    outcome = fields.get("outcome")
    word = outcome.get("outcome") if isinstance(outcome, dict) else outcome
    if fields.get("granted") is True or (isinstance(word, str) and word in _GRANTED):
        return Decision("host_granted", arguments=fields.get("args"))
    reason = fields.get("reason")
    return Decision("host_denied", reason if isinstance(reason, str) and reason else "host did not grant approval")

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
_ALLOW = "allow"
_OPTIONS = (
    {"optionId": _ALLOW, "name": "Allow", "kind": "allow_once"},
    {"optionId": "reject", "name": "Reject", "kind": "reject_once"},
)
_FAILED = "approval request failed or host does not implement session/request_permission"


class Delivery(Enum):
    """When a message that a host has queued reaches the model."""

    INTERRUPT_IMMEDIATE = "InterruptImmediate"
    FINISH_STEP = "FinishStep"
    WAIT_FOR_COMPLETION = "WaitForCompletion"


_MESSAGE_METHODS = ("user_message", "session/input", "agent/user_message")
_RESUME_METHOD = "agent/resume"
_MODES = {
    "interrupt_immediate": Delivery.INTERRUPT_IMMEDIATE,
    "interrupt": Delivery.INTERRUPT_IMMEDIATE,
    "finish_step": Delivery.FINISH_STEP,
    "after_current_operation": Delivery.FINISH_STEP,
}


class HostError(Exception):
    """A request that a host answered by an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Host(Protocol):
    """Everything that a host has to offer. What takes a fiber may suspend it; a notification must not.

    session_id is the session of the host's that the program runs in, and script what it calls the program.
    """

    @property
    def session_id(self) -> str: ...

    @property
    def script(self) -> str: ...

    def take_messages(self, fiber: Fiber, delivery: Delivery) -> list[str]:
        """The messages queued for that moment, which are then no longer queued."""

    def take_resume_signal(self, fiber: Fiber) -> bool:
        """Whether a waiting daemon loop was told to go on; the signal is used up."""

    def notify(self, method: str, params: dict[str, Json]) -> None:
        """Send a notification that needs no answer; also from outside of fibers, while an answer streams in."""

    def builtin_call(self, fiber: Fiber, name: str, arguments: Json) -> Json:
        """Run a tool of the host's own: its request `builtin_call {name, args: [arguments]}`. Raises HostError."""

    def request_permission(self, fiber: Fiber, request: dict[str, Json]) -> Json:
        """Ask for consent to a tool call: its request `session/request_permission`. Raises HostError."""


class HostInbox:
    """What a host has sent to the program that runs: messages for loops, and the signal to go on.

    A host keeps one and answers take_messages and take_resume_signal from it.
    """

    def __init__(self) -> None:
        self._messages: dict[Delivery, list[str]] = {delivery: [] for delivery in Delivery}
        self._resumed = False

    def receive(self, method: str, params: Json) -> bool:
        """Take a notification of the host's; whether it was one of those that are meant for loops."""
        if method in _MESSAGE_METHODS:
            fields = params if isinstance(params, dict) else {}
            content, mode = fields.get("content"), fields.get("mode")
            if isinstance(content, str) and content:
                self._messages[_delivery(mode)].append(content)
            return True
        if method == _RESUME_METHOD:
            self._resumed = True
            return True
        return False

    def take_messages(self, delivery: Delivery) -> list[str]:
        """The messages for that moment in the order of their arrival."""
        taken, self._messages[delivery] = self._messages[delivery], []
        return taken

    def take_resume_signal(self) -> bool:
        """Whether the signal to go on has come since this was asked last."""
        taken, self._resumed = self._resumed, False
        return taken


def _delivery(mode: Json) -> Delivery:
    return _MODES.get(mode, Delivery.WAIT_FOR_COMPLETION) if isinstance(mode, str) else Delivery.WAIT_FOR_COMPLETION


class HostAttachment:
    """The host of a runtime, if one is attached."""

    def __init__(self) -> None:
        self.host: Host | None = None


def session_update(host: Host, update: dict[str, Json]) -> None:
    """Tell a host about its session: the notification `session/update`."""
    host.notify("session/update", {"sessionId": host.session_id, "update": update})


def attached_host(fiber: Fiber) -> Host | None:
    return fiber.runtime.state(HostAttachment).host


def permission_asker(fiber: Fiber, host: Host, call_id: str) -> Ask:
    """Asks the host about one call (section 12.8.1)."""

    def ask(tool: str, arguments: Value, paths: Sequence[str]) -> Decision:
        call = {"toolCallId": call_id, "toolName": tool, "rawInput": to_json(arguments)}
        request = {
            "sessionId": host.session_id,
            "toolCall": call,
            "mutation": None,
            "declaredPaths": list(paths),
            "options": [dict(option) for option in _OPTIONS],
        }
        try:
            return _decision(host.request_permission(fiber, request))
        except HostError:
            return Decision("host_denied", _FAILED)

    return ask


def _decision(response: Json) -> Decision:
    fields = response if isinstance(response, dict) else {}
    outcome = fields.get("outcome")
    answer = outcome if isinstance(outcome, dict) else {"outcome": outcome, "optionId": fields.get("optionId")}
    word, option = answer.get("outcome"), answer.get("optionId")
    granted = fields.get("granted") is True or (isinstance(word, str) and word in _GRANTED)
    if granted and option in (None, _ALLOW):
        return Decision("host_granted", arguments=fields.get("args"))
    reason = fields.get("reason")
    return Decision("host_denied", reason if isinstance(reason, str) and reason else "host did not grant approval")

"""Phase A of a turn: what has been queued joins the conversation, and the model call is put together (section 12.1.4)."""

from __future__ import annotations

from harnpy.agents.context_callback import shaped_context
from harnpy.agents.feedback import feedback, ledger_injection
from harnpy.agents.host import Delivery
from harnpy.agents.loop_state import ACTIVE, LoopState
from harnpy.agents.sessions import drain_feedback
from harnpy.llm.options import LlmOptions

PREFILL_KIND = "prefill_assistant"


def preflight(loop: LoopState) -> LlmOptions:
    """Begin the turn loop.turn; the model call to make. Raises what a context callback raises."""
    loop.iterations = loop.resumed_iterations + loop.turn + 1
    loop.daemon_state = ACTIVE
    if loop.take_host_messages(Delivery.INTERRUPT_IMMEDIATE):
        loop.reset_patience()
    if loop.setup.is_followed:
        loop.setup.notify("turn_start", {"iteration": loop.turn})
    _take_feedback(loop)
    # A copy: the conversation goes on while whoever watches may keep the request.
    messages = list(loop.visible)
    rendered = loop.ledger.render()
    if rendered:
        messages.append(ledger_injection(rendered))
    messages, system = shaped_context(loop, messages, loop.setup.system)
    return loop.setup.model.for_turn(messages, system, loop.prefill)


def _take_feedback(loop: LoopState) -> None:
    """What agent_inject_feedback has queued; a prefill is for this turn alone and joins nothing."""
    loop.prefill = None
    for kind, content in drain_feedback(loop.setup.fiber, loop.setup.session_id):
        loop.setup.notify("feedback_injected", {"kind": kind, "content": content})
        if kind == PREFILL_KIND:
            loop.prefill = content or None
        else:
            loop.append(feedback(kind, content))

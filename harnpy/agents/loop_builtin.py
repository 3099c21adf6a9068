"""The builtin `agent_loop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.calls import CALL_EFFECTS
from harnpy.llm.spans import SPAN_KIND
from harnpy.vm.registry import builtin
from harnpy.vm.span_log import traced_span
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin(
    "agent_loop(prompt: string, system: string | nil = nil, options: dict | nil = nil) -> dict",
    effects=CALL_EFFECTS | {"fs.write"},
)
def agent_loop(fiber: Fiber, prompt: Value = None, system: Value = None, options: Value = None) -> Value:
    """Lets a model work on a task with tools, turn by turn, until it is done; `status`, `text`, `transcript` and more.

    options hold those of llm_call and the loop's own, such as `tools`, `persistent`, `max_iterations`, `policy` and
    `session_id`. Throws for options of a wrong shape and when a model call fails for good.
    """
    from harnpy.agents.loop import run_loop

    with traced_span(fiber, SPAN_KIND, "agent_loop"):
        return run_loop(fiber, prompt, system, options)

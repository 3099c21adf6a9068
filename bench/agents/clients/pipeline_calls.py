"""The model calls of agent loops without the loops: harnpy's call pipeline with the options of each turn ready-made.

That is the strictest thing that a loop can be compared with: llm_call itself reads options and builds a transcript.
Arguments as those of loop.harn; the way is always `calls`.
"""

from __future__ import annotations

import gc
import sys

from harnpy.cli import main as command
from harnpy.cli.compose import make_registry, make_runtime
from harnpy.llm.context import CallContext
from harnpy.llm.observe import CallStarted, Event
from harnpy.llm.options import LlmOptions
from harnpy.llm.pipeline import observed_call
from harnpy.llm.state import LlmState
from harnpy.vm.fiber import Fiber
from harnpy.vm.values import Builtin, Value

PROGRAM = """
tool step(n: int) -> string {{
  description "Takes one step."
  "step ${{n}} is done, and the next one is ${{n + 1}}"
}}
pipeline default(task) {{
  let result = agent_loop("Take one step after the other, and say so when all are done.", nil, {{
    provider: "local", model: "{model}", stream: false, llm_retries: 0, tools: step, tool_format: "{form}",
    max_iterations: {turns} + 1,
  }})
  assert(result.iterations == {turns})
  begin_calls()
  parallel {count} with {{max_concurrent: {width}}} {{ n -> make_calls() }}
}}
"""


def main() -> None:
    count, turns, width, form = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    seen: list[LlmOptions] = []

    def notice(event: Event) -> None:
        if type(event) is CallStarted:
            seen.append(event.options)

    def begin_calls(fiber: Fiber) -> Value:
        fiber.runtime.state(LlmState).bus.unsubscribe(notice)

    def make_calls(fiber: Fiber) -> Value:
        for number, options in enumerate(seen):
            text = observed_call(CallContext(fiber), options, number)["text"]
        assert "quick" in text and len(seen) == turns

    # As the command has it, which runs the loops.
    gc.set_threshold(*command.COLLECTOR_THRESHOLDS)
    gc.freeze()
    registry = make_registry()
    for function in (begin_calls, make_calls):
        registry.define(Builtin(function.__name__, function, f"{function.__name__}()", frozenset(), True, 0, 0, False))
    runtime = make_runtime(registry=registry)
    runtime.state(LlmState).bus.subscribe(notice, deltas=False)
    model = f"loop-{turns}" if form == "native" else f"textloop-{turns}"
    source = PROGRAM.format(model=model, form=form, turns=turns, count=count, width=width)
    try:
        runtime.run(runtime.compile(source, "calls.harn", use_cache=False))
    finally:
        runtime.close()


main()

"""One long agent loop in this process; every 100 turns a line of JSON with numbers of bytes, and the turn.

resident is what the kernel says of the process after a collection. Of that, transcript is the messages, events and
texts that the loop has to give back, trace its entries in the agent trace, detection what tells repeated calls: all
objects that can be reached from them, each counted once with sys.getsizeof, under the first that reaches it.
Arguments: `native` or `text`, turns.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable

from harnpy.agents.loop_state import LoopState
from harnpy.cli.compose import make_runtime
from harnpy.llm.agent_events import MessageAppended
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.observe import Event
from harnpy.llm.state import LlmState

EVERY = 100
PROGRAM = """
tool step(n: int) -> string {{
  description "Takes one step."
  "step ${{n}} is done, and the next one is ${{n + 1}}"
}}
// The translator of hot code takes a few megabytes, once; it is to have them before anything is measured.
let handler = step.tools[0].handler
for n in range(0, 5000) {{
  handler(n)
}}
let result = agent_loop("Take one step after the other, and say so when all are done.", nil, {{
  provider: "local", model: "{model}", stream: false, llm_retries: 0, tools: step, tool_format: "{form}",
  max_iterations: {turns} + 1,
}})
assert(result.status == "done" && result.iterations == {turns})
"""


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def size(roots: Iterable[object], seen: set[int]) -> int:
    """Bytes of everything that can be reached and was not seen before, each object once."""
    pending, total = list(roots), 0
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        if type(each) is dict:
            pending += [*each.keys(), *each.values()]
        elif type(each) in (list, tuple):
            pending += each
    return total


def main() -> None:
    form, turns = sys.argv[1], int(sys.argv[2])
    runtime = make_runtime()
    loops: list[LoopState] = []

    def sample(event: Event) -> None:
        if type(event) is not MessageAppended or event.message["role"] != "assistant":
            return
        loops[:] = loops or [each for each in gc.get_objects() if type(each) is LoopState]
        (loop,) = loops
        if loop.iterations % EVERY:
            return
        gc.collect()
        now = resident()
        entries = runtime.state(AgentTrace).kept
        # Counting takes memory that would be counted from then on, so a copy of the process does it.
        child = os.fork()
        if child == 0:
            seen: set[int] = set()
            parts = {
                "transcript": [loop.recorded, loop.visible, loop.events, loop.texts, loop.tools_used],
                "trace": [entries],
                "detection": vars(loop.repeated).values(),
            }
            sizes = {name: size(roots, seen) for name, roots in parts.items()}
            os.write(1, (json.dumps({"turn": loop.iterations, "resident": now, **sizes}) + "\n").encode())
            os._exit(0)
        os.waitpid(child, 0)

    runtime.state(LlmState).bus.subscribe(sample, deltas=False)
    model = f"loop-{turns}" if form == "native" else f"textloop-{turns}"
    try:
        runtime.run(runtime.compile(PROGRAM.format(model=model, form=form, turns=turns), "long.harn", use_cache=False))
    finally:
        runtime.close()


main()

"""Files of events as runs write them, made by hand: with agents in agents, side by side, of any size."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

Event = dict[str, Any]

START = 1_800_000_000.0


class EventMaker:
    """Collects events on a clock that the maker sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self._ids = 0

    def tell(self, kind: str, /, **values: Any) -> None:
        self.events.append({"type": kind, "time": round(START + self.now, 6), **values})

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def begin_call(self, agent: str | None = None, iteration: int | None = None, **values: Any) -> str:
        call_id = self.new_id()
        asked = {"model": "gpt-4o", "provider": "openai", "attempt": 0, "retry_of": None, "message_count": 2}
        self.tell(
            "call_start",
            **(asked | {"call_id": call_id, "agent_id": agent, "iteration": iteration, "stream": True} | values),
        )
        return call_id

    def end_call(self, call_id: str, duration_ms: int, **values: Any) -> None:
        answered = {"status": "ok", "attempt": 0, "model": "gpt-4o", "provider": "openai", "stop_reason": "stop"}
        used = {"input_tokens": 1000, "output_tokens": 50, "cache_read_tokens": 0, "cache_write_tokens": 0}
        ending = {"call_id": call_id, "duration_ms": duration_ms, "cost_usd": 0.003, "tool_calls": 0}
        self.tell("call_end", **(answered | used | ending | values))

    def call(
        self, agent: str | None, iteration: int | None, seconds: float, answer: str = "fine", **values: Any
    ) -> None:
        call_id = self.begin_call(agent, iteration)
        self.wait(seconds)
        self.tell("delta", call_id=call_id, text=answer, thinking="")
        self.end_call(call_id, round(seconds * 1000), **values)

    def tool(self, agent: str | None, iteration: int, name: str, seconds: float, **values: Any) -> None:
        self.wait(seconds)
        told = {"tool_use_id": self.new_id(), "status": "ok", "classification": "read", "result": "line"}
        arguments = {"agent_id": agent, "iteration": iteration, "arguments": '{"path":"a.py"}'}
        self.tell("tool", **({"tool_name": name, "duration_ms": round(seconds * 1000)} | told | arguments | values))

    def end_agent(self, agent: str, status: str, iterations: int, duration_ms: int) -> None:
        tools = {"tools_used": ["read"], "successful_tools": ["read"]}
        ended = {"agent_id": agent, "status": status, "iterations": iterations, "duration_ms": duration_ms}
        self.tell("agent_end", **(ended | tools))

    def lines(self) -> str:
        return "".join(json.dumps(event) + "\n" for event in self.events)

    def write(self, path: Path) -> Path:
        path.write_text(self.lines())
        return path


def agent_run() -> EventMaker:
    """A planner that retries a call, starts a helper, is refused a tool, and is done; the helper runs out of turns."""
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="planner", parent_id=None)
    run.tell("message", agent_id="a", iteration=None, role="user", text="Mend the tests.")
    first = run.begin_call("a", 1, prompt="Mend the tests.")
    run.wait(0.4)
    busy = {"category": "overloaded", "error": "Error [overloaded]: the provider is busy"}
    run.tell("retry", call_id=first, attempt=0, duration_ms=400, wait_ms=500, **busy)
    run.wait(0.5)
    second = run.begin_call("a", 1, attempt=1, retry_of=first, prompt="Mend the tests.")
    run.wait(0.8)
    run.tell("delta", call_id=second, text="I read <the> file.", thinking="")
    run.end_call(second, 800, tool_calls=2)
    run.tell("message", agent_id="a", iteration=1, role="assistant", text="I read <the> file.")
    run.tool("a", 1, "read", 0.2)
    run.tool("a", 1, "read", 0.1, status="error", result="Error: no such file: b.py")
    run.call("a", 2, 1.0, "I ask a helper.")
    run.tell("agent_start", agent_id="b", name="helper", parent_id="a")
    for turn in (1, 2):
        run.call("b", turn, 0.7, model="claude-haiku-4-5", cost_usd=None)
        run.tool("b", turn, "search", 0.3)
    run.tell("intervention", agent_id="b", tool_name="search", kind="warn", count=2, iteration=2)
    run.end_agent("b", "budget_exhausted", 2, 2000)
    run.tell("tool_rejected", agent_id="a", tool_name="rm", reason="Tool 'rm' is not permitted.", iteration=2)
    run.tell("compaction", agent_id="a", saved_tokens=1200, new_summary_len=300, iteration=2)
    run.call("a", 3, 0.9, "All tests pass.")
    run.tell("message", agent_id="a", iteration=3, role="assistant", text="All tests pass.")
    run.end_agent("a", "done", 3, 5900)
    return run


def large_run(events: int, seed: int = 1) -> EventMaker:
    """Agents side by side, each turn a call and some tools, until there are so many events."""
    chance = random.Random(seed)
    run = EventMaker()
    agents = [f"agent {number}" for number in range(8)]
    for agent in agents:
        run.tell("agent_start", agent_id=agent, name=agent, parent_id=None)
    turn = 0
    while len(run.events) < events - len(agents):
        turn += 1
        for agent in agents:
            run.call(agent, turn, chance.uniform(0.05, 0.4))
            for _ in range(chance.randrange(3)):
                bad = chance.random() < 0.02
                run.tool(agent, turn, "run", 0.02, **({"status": "error", "result": "Error: no"} if bad else {}))
    for agent in agents:
        run.end_agent(agent, "done", turn, round(run.now * 1000))
    return run

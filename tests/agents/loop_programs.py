"""Running agent loops whose model says what a test has written down; only the model and the clock are made up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from programs import LlmWorld

from harnpy.agents.host import Host
from harnpy.agents.host_updates import attach_host
from harnpy.cli.compose import make_runtime
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.mock import MockCall, read_mock_answer
from harnpy.llm.observe import Event
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.state import LlmState
from harnpy.vm.runtime import Runtime

# A tool that adds, one that says the same each time, one that throws, one that says what it is told to.
TOOLS = """
var tools = tool_registry()
tools = tool_define(tools, "add", "Adds two numbers", {
  parameters: {a: "int", b: "int"},
  handler: { args -> args.a + args.b },
})
tools = tool_define(tools, "look", "Looks", {parameters: {}, handler: { args -> "nothing new" }})
tools = tool_define(tools, "boom", "Throws", {parameters: {}, handler: { args -> throw "it broke" }})
tools = tool_define(tools, "run", "Runs", {parameters: {what: "string"}, handler: { args -> args.what }})
"""

Answer = str | dict[str, Any]


@dataclass
class LoopRun:
    """values are the JSON values that the program printed, calls what the model was asked."""

    values: list[Any]
    calls: list[MockCall]
    errors: str
    waits: list[float]
    runtime: Runtime
    events: list[Event] = field(default_factory=list)

    @property
    def result(self) -> dict[str, Any]:
        """The result of the loop: the last value that is one."""
        found: dict[str, Any] = next(value for value in reversed(self.values) if _is_result(value))
        return found

    @property
    def printed(self) -> list[Any]:
        """The other values, which callbacks and tools have printed."""
        return [value for value in self.values if not _is_result(value)]

    @property
    def trace(self) -> list[Any]:
        """What agent_trace() gives."""
        return self.runtime.state(AgentTrace).entries

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The recorded conversation."""
        found: list[dict[str, Any]] = self.result["transcript"]["messages"]
        return found

    @property
    def contents(self) -> list[str]:
        return [message["content"] for message in self.messages]

    def feedback(self, kind: str) -> list[str]:
        """What the model was told by feedback of that kind."""
        opening, closing = f'<runtime_feedback kind="{kind}">\n', "\n</runtime_feedback>"
        return [
            text.removeprefix(opening).removesuffix(closing)
            for text in self.contents
            if isinstance(text, str) and text.startswith(opening) and text.endswith(closing)
        ]

    def trace_events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.result["transcript"]["events"] if event["kind"] == kind]


def _is_result(value: Any) -> bool:
    return isinstance(value, dict) and "transcript" in value


def execute(
    source: str,
    answers: Sequence[Answer] = (),
    *,
    variables: dict[str, str] | None = None,
    host: Host | None = None,
    world: LlmWorld | None = None,
    watched: bool = True,
) -> LoopRun:
    """Run a program; strings among the answers are texts of the model. Each line that it prints is JSON.

    Unless it is watched, nobody but the runtime itself has the events of its calls and loops.
    """
    world = world or LlmWorld({"HARN_LLM_PROVIDER": "mock"} if variables is None else variables)
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    state.configuration = BUILT_IN
    if host is not None:
        attach_host(runtime, host)
    for answer in answers:
        state.mock.register(read_mock_answer({"text": answer} if isinstance(answer, str) else answer))
    events: list[Event] = []
    if watched:
        state.bus.subscribe(events.append)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    values = [json.loads(line) for line in world.output.splitlines()]
    return LoopRun(values, state.mock.calls, world.errors, world.waits, runtime, events)


def agent(
    *answers: Answer,
    options: str = "",
    tools: str = TOOLS,
    prompt: str = "do it",
    host: Host | None = None,
    world: LlmWorld | None = None,
) -> LoopRun:
    """One loop with these tools, whose options are Harn source such as `persistent: true`."""
    offered = "tools: tools, " if tools else ""
    program = f"""
    {tools}
    let result = agent_loop({json.dumps(prompt)}, nil, {{{offered}{options}}})
    println(json_stringify(result))
    """
    return execute(program, answers, host=host, world=world)


def prose(text: str) -> str:
    return f"<assistant_prose>{text}</assistant_prose>"


def call(name: str, /, **arguments: Any) -> str:
    """A call in the tagged protocol."""
    return f"<tool_call>\n{name}({json.dumps(arguments)})\n</tool_call>"


def native(*calls: tuple[str, dict[str, Any]], text: str = "") -> dict[str, Any]:
    """An answer whose calls come over the provider's tool channel."""
    return {"text": text, "tool_calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}


DONE = "<done>##DONE##</done>"

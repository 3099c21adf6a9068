"""A turn of a loop costs the same however long the conversation is, and nothing for those who do not watch; counted."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from loop_programs import TOOLS, agent, execute, native
from programs import openai_variables
from provider_server import ProviderServer, openai_reply

from harnpy.agents import dispatch, loop_state, model_call, tool_execution
from harnpy.agents.loop_state import LoopState
from harnpy.agents.sessions import SessionEvents
from harnpy.llm import own_blocks
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.json_values import Json
from harnpy.llm.observe import CallStarted
from harnpy.llm.own_blocks import provider_message
from harnpy.llm.providers.styles import Style

# A transcript of Harn that a loop goes on from: two of its messages have to be converted for each request.
EARLIER = """
let earlier = [
  {role: "user", content: "first"},
  {role: "assistant", content: [{type: "output_text", text: "I see.", visibility: "public"}]},
  {role: "user", content: "second"},
  {role: "assistant", content: [{type: "reasoning", text: "hm"}, {type: "output_text", text: "Right."}]},
]
"""


def answers(turns: int) -> list[Any]:
    calls = [
        openai_reply(
            None,
            "tool_calls",
            tool_calls=[
                {
                    "id": f"call_{number}",
                    "type": "function",
                    "function": {"name": "add", "arguments": f'{{"a": {number}, "b": 1}}'},
                }
            ],
        )
        for number in range(turns - 1)
    ]
    return [*calls, openai_reply("That is all.")]


def loop_over_http(server: ProviderServer, turns: int, options: str, before: str = "") -> Any:
    """A loop with real requests. Each of them has to hold what a first call with its messages would send."""
    server.script(*answers(turns))
    program = f"""
    {TOOLS}
    {EARLIER}
    {before}
    let result = agent_loop("go on", nil, {{
      tools: tools, tool_format: "native", stream: false, model: "m-1", {options}
    }})
    println(json_stringify(result))
    """
    run = execute(program, variables=openai_variables(server))
    assert run.result["iterations"] == turns
    asked = [event.options for event in run.events if type(event) is CallStarted]
    sent = [body["messages"] for body in server.bodies]
    assert len(asked) == len(sent)
    for options_of_call, messages in zip(asked, sent, strict=True):
        expected = [provider_message(message, Style.OPENAI) for message in options_of_call.messages]
        assert [message for message in messages if message["role"] != "system"] == expected
    return sent


def test_each_message_is_converted_for_the_provider_once(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted: list[Json] = []

    def counting(message: dict[str, Json], style: Style) -> dict[str, Json]:
        converted.append(message)
        return provider_message(message, style)

    monkeypatch.setattr(own_blocks, "provider_message", counting)
    sent = loop_over_http(server, 12, "messages: earlier")
    assert len(sent[-1]) >= 4 + 2 * 11
    assert len(converted) == 4 + 2 * 11


def test_what_a_callback_makes_of_the_history_is_sent(server: ProviderServer) -> None:
    """The callback edits the middle of the history in one turn, cuts it in the next, and leaves it alone otherwise."""
    callback = """
    context_callback: { shown ->
      if shown.iteration == 2 {
        var changed = shown.messages
        changed[1] = {role: "assistant", content: [{type: "output_text", text: "Edited."}]}
        return changed
      }
      if shown.iteration == 3 { return [shown.messages[0], shown.messages[3]] }
      nil
    }
    """
    sent = loop_over_http(server, 6, f"messages: earlier, {callback}")
    texts = [[message["content"] for message in messages if message["role"] != "system"] for messages in sent]
    assert [each[1] for each in texts] == ["I see.", "I see.", "Edited.", "Right.", "I see.", "I see."]
    assert texts[3] == ["first", "Right."]


def test_what_compaction_makes_of_the_history_is_sent(server: ProviderServer) -> None:
    options = """
    messages: earlier, auto_compact: true, compact_threshold: 1, compact_keep_last: 4,
    compact_strategy: "truncate"
    """
    sent = loop_over_http(server, 8, options)
    assert "first" not in [message["content"] for message in sent[-1]]


def test_what_a_session_holds_is_sent(server: ProviderServer) -> None:
    """The session is trimmed between two loops, and its transcript comes back in the shape of Harn."""
    before = """
    let session = agent_session_open("s")
    for message in earlier { agent_session_inject("s", message) }
    agent_session_trim("s", 3)
    """
    sent = loop_over_http(server, 4, 'session_id: "s"', before)
    assert [message["content"] for message in sent[0] if message["role"] != "system"][:3] == [
        "I see.",
        "second",
        "Right.",
    ]


# --- nothing for nobody ----------------------------------------------------------------------------------------------


class Unwanted:
    def __init__(self, *_: Any) -> None:
        raise AssertionError("an event was made that nobody wants")


UNWATCHED = """
let result = agent_loop("do it", nil, {tools: tools, tool_format: "native"})
println(json_stringify(result))
"""


def test_events_that_nobody_wants_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (loop_state, "MessageAppended"),
        (model_call, "ResponseInterpreted"),
        (tool_execution, "ToolStarted"),
    ):
        monkeypatch.setattr(module, name, Unwanted)
    run = execute(TOOLS + UNWATCHED, [native(("add", {"a": 1, "b": 2})), "Done."], watched=False)
    assert [entry["type"] for entry in run.trace] == ["llm_call", "tool_execution", "llm_call", "loop_complete"]
    assert run.result["trace"]["tool_executions"] == 1


def test_session_events_are_made_as_soon_as_somebody_subscribes(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    notify = SessionEvents.notify

    def counting(self: SessionEvents, kind: str, fields: dict[str, Any]) -> None:
        told.append(kind)
        notify(self, kind, fields)

    monkeypatch.setattr(SessionEvents, "notify", counting)
    program = """
    var heard = []
    tools = tool_define(tools, "listen", "Subscribes", {parameters: {}, handler: { args ->
      agent_subscribe("s", { event -> println(json_stringify(event.type)) })
      "now"
    }})
    let result = agent_loop("do it", nil, {tools: tools, tool_format: "native", session_id: "s"})
    println(json_stringify(result))
    """
    run = execute(
        TOOLS + program, [native(("add", {"a": 1, "b": 2})), native(("listen", {})), native(("look", {})), "Done."]
    )
    heard = ["tool_call_update", "turn_end", "turn_start", "tool_call", *["tool_call_update"] * 2, "turn_end"]
    assert run.printed[: len(heard)] == heard
    assert told[: len(heard)] == heard


# --- what a turn leaves behind ---------------------------------------------------------------------------------------


def test_a_turn_leaves_little_in_the_agent_trace() -> None:
    """An entry holds its few values and none of the texts of the turn."""
    run = agent(native(("run", {"what": "x" * 10_000})), "y" * 10_000, options='tool_format: "native"')
    trace = run.runtime.state(AgentTrace)
    assert [entry[0] for entry in trace.kept] == ["llm_call", "tool_execution", "llm_call", "loop_complete"]
    for entry in trace.kept[:3]:
        assert sys.getsizeof(entry) + sum(map(sys.getsizeof, entry)) < 700
    assert trace.entries[1]["tool_name"] == "run"


def test_loop_detection_keeps_no_long_arguments_and_no_copies_of_results(monkeypatch: pytest.MonkeyPatch) -> None:
    loops: list[LoopState] = []
    take = dispatch.dispatch

    def keeping(loop: LoopState, turn: Any) -> Any:
        loops[:] = [loop]
        return take(loop, turn)

    monkeypatch.setattr("harnpy.agents.loop.dispatch", keeping)
    run = agent(native(("run", {"what": "x" * 10_000})), native(("look", {})), "Done.", options='tool_format: "native"')
    results = loops[0].repeated._results
    long_key, short_key = results
    assert type(long_key) is bytes and short_key == "look\0{}"
    shown = [event["text"] for event in loops[0].events if event["kind"] == "tool_execution"]
    assert all(any(result is text for text in shown) for result in results.values())
    assert run.result["status"] == "done"

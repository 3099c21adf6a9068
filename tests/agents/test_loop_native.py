"""Native loops with providers on a socket: what they are sent is a valid conversation in their own shape.

Whatever happens to a call, it is answered exactly once, right behind the message that made it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from loop_programs import TOOLS, LoopRun, execute
from programs import LlmWorld, anthropic_variables, openai_variables
from provider_server import (
    ProviderServer,
    anthropic_end,
    anthropic_reply,
    anthropic_start,
    anthropic_stream,
    anthropic_text,
    anthropic_thinking,
    anthropic_tool,
    openai_chunk,
    openai_reply,
    openai_stream,
    stream_answer,
)


def loop(server: ProviderServer, provider: str, options: str = "", tools: str = TOOLS) -> LoopRun:
    variables = openai_variables(server) if provider == "openai" else anthropic_variables(server)
    source = f"""
    {tools}
    println(json_stringify(agent_loop("do it", "S", {{tools: tools, tool_format: "native", model: "m-1", {options}}})))
    """
    return execute(source, world=LlmWorld(variables))


def asked(provider: str, *calls: tuple[str, str, dict[str, Any] | str], text: str = "") -> Any:
    """A reply with these calls: id, name and arguments, a string for what is no JSON."""
    if provider == "openai":
        listed = [
            {
                "id": each,
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for each, name, given in calls
        ]
        return openai_reply(text or None, "tool_calls", tool_calls=listed)
    blocks = [{"type": "tool_use", "id": each, "name": name, "input": given} for each, name, given in calls]
    return anthropic_reply(*([text] if text else []), *blocks, stop_reason="tool_use")


def answered(provider: str, text: str) -> Any:
    return openai_reply(text) if provider == "openai" else anthropic_reply(text)


def exchanges(provider: str, messages: list[dict[str, Any]]) -> list[tuple[list[str], list[str]]]:
    """For each message with calls their ids, and those of the results right behind it."""
    found: list[tuple[list[str], list[str]]] = []
    open_results = False
    for message in messages:
        if provider == "openai":
            made = [each["id"] for each in message.get("tool_calls", [])]
            given = [message["tool_call_id"]] if message["role"] == "tool" else []
        else:
            blocks = message["content"] if isinstance(message["content"], list) else []
            made = [each["id"] for each in blocks if each["type"] == "tool_use"]
            given = [each["tool_use_id"] for each in blocks if each["type"] == "tool_result"]
        if made:
            found.append((made, []))
        if given:
            assert made or open_results, "a result that nothing in front of it asked for"
            found[-1][1].extend(given)
        open_results = bool(made or given)
    return found


PROVIDERS = pytest.mark.parametrize("provider", ["openai", "anthropic"])


@PROVIDERS
def test_calls_and_results_have_the_shape_of_the_provider(server: ProviderServer, provider: str) -> None:
    server.script(asked(provider, ("c1", "add", {"a": 1, "b": 2}), text="Adding."), answered(provider, "3"))
    run = loop(server, provider, "stream: false")
    assert (run.result["status"], run.result["visible_text"], run.result["text"]) == ("done", "3", "Adding.3")
    sent = server.bodies[1]["messages"]
    if provider == "openai":
        assert sent == [
            {"role": "system", "content": sent[0]["content"]},
            {"role": "user", "content": "do it"},
            {
                "role": "assistant",
                "content": "Adding.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":2}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "3"},
        ]
        assert [tool["function"]["name"] for tool in server.bodies[0]["tools"]] == ["add", "look", "boom", "run"]
    else:
        assert sent == [
            {"role": "user", "content": "do it"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Adding."},
                    {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1, "b": 2}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "3"}]},
        ]
        assert [tool["name"] for tool in server.bodies[0]["tools"]] == ["add", "look", "boom", "run"]


@PROVIDERS
def test_every_call_is_answered_once_whatever_becomes_of_it(server: ProviderServer, provider: str) -> None:
    calls = [
        ("c1", "add", {"a": 1, "b": 2}),
        ("c2", "boom", {}),
        ("c3", "unknown", {}),
        ("c4", "add", {}),
        ("c5", "run", {"what": "denied"}),
        ("c6", "ledger", {"action": "note", "text": "n"}),
        ("c7", "look", {}),
    ]
    server.script(asked(provider, *calls), answered(provider, "ready"))
    run = loop(server, provider, 'stream: false, approval_policy: {auto_deny: ["run"]}, root_task: "r"')
    assert run.result["status"] == "done"
    ((made, given),) = exchanges(provider, server.bodies[1]["messages"])
    assert made == [each for each, _, _ in calls]
    assert sorted(given) == sorted(made)
    assert run.result["rejected_tools"] == ["unknown", "run"]
    assert "ledger: observation recorded" in json.dumps(server.bodies[1]["messages"])


@PROVIDERS
def test_a_skipped_call_is_answered_too(server: ProviderServer, provider: str) -> None:
    for number in range(4):
        server.script(asked(provider, (f"c{number}", "look", {})))
    server.script(answered(provider, "ready"))
    loop(server, provider, "stream: false")
    assert exchanges(provider, server.bodies[-1]["messages"]) == [
        ([f"c{number}"], [f"c{number}"]) for number in range(4)
    ]


def test_arguments_that_are_no_json_are_answered_with_the_error(server: ProviderServer) -> None:
    server.script(asked("openai", ("c1", "add", '{"a": 1')), answered("openai", "ready"))
    loop(server, "openai", "stream: false")
    result = server.bodies[1]["messages"][-1]
    assert result["tool_call_id"] == "c1"
    assert result["content"].startswith("ERROR: Could not parse tool arguments as JSON: ")


def test_ids_that_are_empty_or_there_twice_are_told_apart(server: ProviderServer) -> None:
    calls = [("", "look", {}), ("x", "add", {"a": 1, "b": 1}), ("x", "add", {"a": 2, "b": 2})]
    server.script(asked("openai", *calls), answered("openai", "ready"))
    loop(server, "openai", "stream: false")
    ((made, given),) = exchanges("openai", server.bodies[1]["messages"])
    assert made == given
    assert len(set(made)) == 3
    assert all(made)


def test_events_of_a_call_without_an_id_count_the_tools_of_the_turn(server: ProviderServer) -> None:
    server.script(asked("openai", ("", "look", {}), ("x", "look", {}), ("", "boom", {})), answered("openai", "ok"))
    source = f"""
    {TOOLS}
    agent_subscribe("s", {{ e -> if e.type == "tool_call" {{ println(json_stringify(e.tool_call_id)) }} }})
    println(json_stringify(agent_loop("do it", nil, {{tools: tools, session_id: "s", stream: false}})))
    """
    run = execute(source, world=LlmWorld(openai_variables(server)))
    assert run.printed == ["tool-iter-0-1", "tool-x", "tool-iter-0-3"]


@PROVIDERS
def test_calls_written_as_text_become_calls_of_the_provider(server: ProviderServer, provider: str) -> None:
    text = '<assistant_prose>so</assistant_prose><tool_call>add({ "a": 1, "b": 2 })</tool_call>'
    server.script(answered(provider, text), answered(provider, text.replace("1", "4")), answered(provider, "ready"))
    run = loop(server, provider, "stream: false")
    assert run.result["tools_used"] == ["add", "add"]
    assert "native-mode stage accepted text-mode tool calls (model fell back to text)" in run.errors
    (first, first_given), (second, second_given) = exchanges(provider, server.bodies[2]["messages"])
    assert (first, second) == (first_given, second_given)
    assert first != second
    assert "tool_call>" not in json.dumps(server.bodies[2]["messages"][1:])


@PROVIDERS
def test_feedback_of_a_turn_follows_the_results(server: ProviderServer, provider: str) -> None:
    broken = '<tool_call>add(a=1)</tool_call><tool_call>add({ "a": 1, "b": 2 })</tool_call>'
    server.script(answered(provider, broken), answered(provider, "ready"))
    loop(server, provider, "stream: false")
    sent = server.bodies[1]["messages"]
    ((made, given),) = exchanges(provider, sent)
    assert made == given
    kinds = [
        message["content"].split("\n")[0] for message in sent if "runtime_feedback" in str(message["content"])[:20]
    ]
    assert kinds == ['<runtime_feedback kind="parse_guidance">', '<runtime_feedback kind="parse_error">']
    assert "runtime_feedback" in sent[-1]["content"]


def test_text_beside_a_ledger_call_alone_is_answered_in_the_shape_of_the_provider(server: ProviderServer) -> None:
    server.script(asked("anthropic", ("c1", "ledger", {"action": "huh"})), asked("anthropic", ("c2", "look", {})))
    server.script(answered("anthropic", "##DONE##"))
    run = loop(server, "anthropic", "stream: false, persistent: true")
    assert run.result["status"] == "done"
    assert exchanges("anthropic", server.bodies[2]["messages"]) == [(["c1"], ["c1"]), (["c2"], ["c2"])]


# --- thinking --------------------------------------------------------------------------------------------------------


def test_sealed_thinking_goes_back_unchanged(server: ProviderServer) -> None:
    thought = stream_answer(
        anthropic_start(),
        *anthropic_thinking(0, "Hm", "m."),
        *anthropic_text(1, "Adding."),
        *anthropic_tool(2, "t1", "add", '{"a":1,', '"b":2}'),
        *anthropic_end("tool_use"),
    )
    server.script(thought, anthropic_stream("3"))
    run = loop(server, "anthropic", "thinking: true")
    assert server.bodies[1]["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hmm.", "signature": "c2ln"},
                {"type": "text", "text": "Adding."},
                {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": 2}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "3"}]},
    ]
    assert [event["text"] for event in run.trace_events("private_reasoning")] == ["Hmm."]


def test_a_session_goes_on_with_whole_exchanges(server: ProviderServer) -> None:
    server.script(asked("anthropic", ("c1", "look", {})), answered("anthropic", "seen"), answered("anthropic", "again"))
    source = f"""
    {TOOLS}
    let options = {{tools: tools, tool_format: "native", model: "m-1", stream: false, session_id: "s"}}
    agent_loop("one", nil, options)
    println(json_stringify(agent_loop("two", nil, options)))
    """
    run = execute(source, world=LlmWorld(anthropic_variables(server)))
    assert exchanges("anthropic", server.bodies[2]["messages"]) == [(["c1"], ["c1"])]
    assert [message["role"] for message in server.bodies[2]["messages"]] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert len(run.messages) == 6


# --- formats and choices -----------------------------------------------------------------------------------------------


@PROVIDERS
def test_text_loops_offer_no_tools_on_the_channel(server: ProviderServer, provider: str) -> None:
    server.script(answered(provider, "<assistant_prose>x</assistant_prose>"))
    run = loop(server, provider, 'stream: false, tool_format: "text", tool_choice: "required"')
    assert run.result["tool_calling_mode"] == "text"
    assert "tools" not in server.bodies[0]
    assert "tool_choice" not in server.bodies[0]


@PROVIDERS
def test_a_policy_of_action_chooses_a_tool(server: ProviderServer, provider: str) -> None:
    server.script(answered(provider, "x"), answered(provider, "x"))
    loop(server, provider, "stream: false, turn_policy: {require_action_or_yield: true}")
    assert server.bodies[0]["tool_choice"] == ("required" if provider == "openai" else {"type": "any"})
    loop(server, provider, 'stream: false, tool_choice: "auto", turn_policy: {require_action_or_yield: true}')
    assert server.bodies[1]["tool_choice"] == "auto"


def test_text_before_a_streamed_call_is_no_final_answer(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(),
            *anthropic_text(0, "The answer is 3."),
            *anthropic_tool(1, "t1", "add", '{"a":1,"b":2}'),
            *anthropic_end("tool_use"),
        ),
        anthropic_stream("4"),
    )
    run = loop(server, "anthropic")
    assert (run.result["visible_text"], run.result["iterations"]) == ("4", 2)


@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
@pytest.mark.parametrize("text_first", [True, False])
@pytest.mark.parametrize("streams", [True, False])
def test_text_beside_a_call_is_no_final_answer_whatever_the_reason_for_the_stop(
    server: ProviderServer, finish: str, text_first: bool, streams: bool
) -> None:
    text = openai_chunk(content="The answer is 3. <done>##DONE##")
    wanted = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":2}'}}
    asks = openai_chunk(tool_calls=[{"index": 0, **wanted}])
    first, second = (text, asks) if text_first else (asks, text)
    if streams:
        server.script(stream_answer(first, second, openai_chunk(finish), "[DONE]"), openai_stream("4"))
    else:
        server.script(openai_reply("The answer is 3.", finish, tool_calls=[wanted]), openai_reply("4"))
    run = loop(server, "openai", f"stream: {str(streams).lower()}")
    assert (run.result["visible_text"], run.result["iterations"], run.result["tools_used"]) == ("4", 2, ["add"])
    ((made, given),) = exchanges("openai", server.bodies[1]["messages"])
    assert made == given == ["c1"]


def test_a_streamed_text_loop_dispatches_what_it_reads(server: ProviderServer) -> None:
    server.script(
        openai_stream("<assistant_prose>so</assist", 'ant_prose><tool_call>add({ "a": 1, ', '"b": 2 })</tool_call>'),
        openai_stream("<assistant_prose>3</assistant_prose>"),
    )
    run = loop(server, "openai", 'tool_format: "text"')
    assert (run.result["visible_text"], run.result["tools_used"]) == ("3", ["add"])


@PROVIDERS
def test_ledger_calls_are_answered_at_their_place_among_the_others(server: ProviderServer, provider: str) -> None:
    note = {"action": "note", "text": "n"}
    calls = [
        ("c1", "ledger", note),
        ("c2", "look", {}),
        ("c3", "ledger", note),
        ("c4", "boom", {}),
        ("c5", "ledger", {}),
    ]
    server.script(asked(provider, *calls), answered(provider, "ok"))
    loop(server, provider, "stream: false")
    ((made, given),) = exchanges(provider, server.bodies[1]["messages"])
    assert made == given == ["c1", "c2", "c3", "c4", "c5"]

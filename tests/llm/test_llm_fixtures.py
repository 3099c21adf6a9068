"""Recordings: what is written, that it answers without key and network, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from programs import SECRET, LlmWorld, Run, anthropic_variables, openai_variables
from provider_server import (
    ProviderServer,
    anthropic_end,
    anthropic_start,
    anthropic_stream,
    anthropic_text,
    anthropic_thinking,
    anthropic_tool,
    json_answer,
    openai_chunk,
    openai_reply,
    openai_stream,
    stream_answer,
)

from harnpy.cli.compose import make_runtime
from harnpy.cli.model_calls import ModelCallSettings, attach
from harnpy.llm.fixtures import fixture_hash
from harnpy.llm.observe import CallDelta, Event, StreamEnded, StreamStarted
from harnpy.llm.providers import anthropic
from harnpy.llm.siphash import siphash13
from harnpy.llm.state import LlmState
from harnpy.vm.errors import HarnError

NO_NETWORK = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}


def run(source: str, variables: dict[str, str], directory: Path, mode: str, watch: bool = False) -> Run:
    """Run a program that records to, or replays from, directory."""
    world = LlmWorld(variables)
    runtime = make_runtime(world=world)
    attach(runtime, ModelCallSettings(record=mode == "record", replay=mode == "replay", fixtures=str(directory)))
    events: list[Event] = []
    if watch:
        runtime.state(LlmState).bus.subscribe(events.append)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return Run(world.output, world.errors, world.waits, events)


def recordings(directory: Path) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted(directory.glob("????????????????.json"))]


def test_the_hash_is_that_of_the_specification() -> None:
    messages = [{"role": "user", "content": "hi"}]
    assert fixture_hash({"model": "m", "messages": messages, "system": None}) == "12744d7ae7f4ee31"
    assert fixture_hash({"model": "m", "messages": messages, "system": "s"}) == "bec04cc35023557e"
    distinct = {siphash13(bytes(length)) for length in range(40)}
    assert len(distinct) == 40


CALL = """
let r = llm_call("question", "system", {provider: "openai", model: "gpt-x", llm_retries: 0})
println("${r.text} ${r.input_tokens} ${r.output_tokens} ${r.provider} ${r.model} ${r.stop_reason} ${r.blocks}")
"""


def test_an_answer_is_recorded_and_replayed_without_key_and_network(tmp_path: Path, server: ProviderServer) -> None:
    server.script(openai_stream("one ", "two"))
    recorded = run(CALL, openai_variables(server), tmp_path, "record")
    assert recorded.output.startswith("one two 7 3 openai gpt-x stop ")
    (recording,) = recordings(tmp_path)
    assert recording["request"] == {
        "model": "gpt-x",
        "messages": [{"content": "question", "role": "user"}],
        "system": "system",
    }
    assert recording["chunks"] == ["one ", "two"]
    name = fixture_hash(recording["request"])
    text = (tmp_path / f"{name}.json").read_text()
    assert text == json.dumps(recording, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    replayed = run(CALL, NO_NETWORK, tmp_path, "replay", watch=True)
    assert replayed.output == recorded.output
    assert [event.text for event in replayed.events if isinstance(event, CallDelta)] == ["one ", "two"]
    assert len(server.requests) == 1


def test_thinking_tool_calls_and_cache_counts_survive(tmp_path: Path, server: ProviderServer) -> None:
    program = """
    let r = llm_call("q", nil, {provider: "anthropic", model: "claude-x", tools: [{name: "f"}]})
    println("${r.thinking} ${r.tool_calls} ${r.cache_read_tokens} ${r.cache_write_tokens} ${r.stop_reason}")
    println(r.blocks)
    """
    start = anthropic_start(input_tokens=1, cache_read_input_tokens=5, cache_creation_input_tokens=6)
    thinking, text = anthropic_thinking(0, "hm"), anthropic_text(1, "see")
    tool = anthropic_tool(2, "t1", "f", '{"a":', " 1}")
    server.script(stream_answer(start, *thinking, *text, *tool, *anthropic_end("tool_use")))
    variables = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url}
    recorded = run(program, variables, tmp_path, "record")
    assert recorded.output.startswith("hm [{arguments: {a: 1}, id: t1, name: f}] 5 6 tool_use\n")
    assert run(program, NO_NETWORK, tmp_path, "replay").output == recorded.output


def test_a_structured_answer_that_came_as_a_tool_call_survives(tmp_path: Path, server: ProviderServer) -> None:
    program = """
    let o = {provider: "anthropic", model: "claude-x", output_schema: {type: "object", required: ["k"]},
      response_format: "json", schema: {type: "object", required: ["k"]}, output_validation: "error"}
    println(llm_call("q", nil, o).data.k)
    """
    server.script(
        stream_answer(
            anthropic_start(), *anthropic_tool(0, "t", anthropic.JSON_TOOL, '{"k": 5}'), *anthropic_end("tool_use")
        )
    )
    variables = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url}
    recorded = run(program, variables, tmp_path, "record")
    assert recorded.lines == [run(program, NO_NETWORK, tmp_path, "replay").output.strip()]


STREAM = """
for piece in llm_stream("go", nil, {provider: "openai", model: "gpt-x"}) { println("[${piece}]") }
"""


def test_streams_are_recorded_and_replayed_piece_by_piece(tmp_path: Path, server: ProviderServer) -> None:
    server.script(openai_stream("a b", " c", "\n"))
    recorded = run(STREAM, openai_variables(server), tmp_path, "record")
    assert recorded.output == "[a b]\n[ c]\n[\n]\n"
    assert run(STREAM, NO_NETWORK, tmp_path, "replay").output == recorded.output


def test_a_stream_replays_from_a_recorded_call_and_the_other_way_round(tmp_path: Path, server: ProviderServer) -> None:
    call = 'println(llm_call("go", nil, {provider: "openai", model: "gpt-x"}).text)'
    server.script(openai_stream("x", "y"), openai_stream("p", "q"))
    run(call, openai_variables(server), tmp_path / "1", "record")
    assert run(STREAM, NO_NETWORK, tmp_path / "1", "replay").lines == ["[x]", "[y]"]
    run(STREAM, openai_variables(server), tmp_path / "2", "record")
    assert run(call, NO_NETWORK, tmp_path / "2", "replay").lines == ["pq"]


def test_a_stream_that_failed_is_not_recorded(tmp_path: Path, server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="half")), json_answer({}, 500))
    run(STREAM, openai_variables(server), tmp_path, "record")
    run(STREAM, openai_variables(server), tmp_path, "record")
    assert recordings(tmp_path) == []


def test_failed_calls_are_not_recorded(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({}, 500))
    with pytest.raises(HarnError):
        run(CALL, openai_variables(server), tmp_path, "record")
    assert recordings(tmp_path) == []


def test_mock_calls_bypass_recording_and_replay(tmp_path: Path) -> None:
    program = """
    println(llm_call("x", nil, {provider: "mock"}).provider)
    for piece in llm_stream("a b", nil, {provider: "mock"}) { println(piece) }
    """
    for mode in ("record", "replay"):
        assert run(program, {}, tmp_path, mode).lines == ["mock", "a", "b"]
    assert list(tmp_path.iterdir()) == []


def test_a_replayed_stream_is_on_the_bus_like_the_one_that_was_recorded(tmp_path: Path, server: ProviderServer) -> None:
    server.script(openai_stream("a b", " c"))
    recorded = run(STREAM, openai_variables(server), tmp_path, "record", watch=True).events
    replayed = run(STREAM, NO_NETWORK, tmp_path, "replay", watch=True).events
    assert [type(event) for event in replayed] == [type(event) for event in recorded]
    assert isinstance(replayed[0], StreamStarted)
    assert [event.text for event in replayed if isinstance(event, CallDelta)] == ["a b", " c"]
    ends = [event for event in (recorded[-1], replayed[-1]) if isinstance(event, StreamEnded)]
    assert [(end.chunks, end.complete) for end in ends] == [(("a b", " c"), True)] * 2
    assert len({event.call_id for event in replayed}) == 1  # type: ignore[union-attr]


def test_minimal_recordings_of_other_implementations_are_read(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "question"}]
    name = fixture_hash({"model": "gpt-x", "messages": messages, "system": "system"})
    (tmp_path / f"{name}.json").write_text('{"text": "old"}')
    assert run(CALL, {}, tmp_path, "replay").output == "old 0 0 mock  nil []\n"


@pytest.mark.parametrize(
    ("recording", "shown"),
    [
        (
            '{"text": 5, "tool_calls": null, "input_tokens": "a", "output_tokens": true, "thinking": 7}',
            " 0 0 mock  nil []",
        ),
        ('{"text": "a", "tool_calls": [5, {}], "blocks": [null], "chunks": [1]}', "a 0 0 mock  nil []"),
        ('{"text": "a", "blocks": {"type": "output_text"}, "stop_reason": 1, "model": []}', "a 0 0 mock  nil []"),
    ],
)
def test_what_a_recording_holds_in_a_wrong_form_is_empty(tmp_path: Path, recording: str, shown: str) -> None:
    messages = [{"role": "user", "content": "question"}]
    name = fixture_hash({"model": "gpt-x", "messages": messages, "system": "system"})
    (tmp_path / f"{name}.json").write_text(recording)
    assert run(CALL, {}, tmp_path, "replay").output == f"{shown}\n"
    stream = 'for piece in llm_stream("question", "system", {provider: "openai", model: "gpt-x"}) { println(piece) }'
    assert run(stream, {}, tmp_path, "replay").output == shown.partition(" ")[0] + ("\n" if shown[0] != " " else "")


def miss(program: str, directory: Path) -> str:
    with pytest.raises(HarnError) as raised:
        run(program, {}, directory, "replay")
    return raised.value.message


def test_a_completion_by_a_call_replays_without_a_key(tmp_path: Path, server: ProviderServer) -> None:
    program = 'println(llm_completion("go", nil, nil, {provider: "anthropic"}).text)'
    server.script(anthropic_stream("on"))
    assert run(program, anthropic_variables(server), tmp_path, "record").lines == ["on"]
    assert run(program, NO_NETWORK, tmp_path, "replay").lines == ["on"]


def test_a_completion_endpoint_is_asked_with_its_key_also_in_a_replay(tmp_path: Path, server: ProviderServer) -> None:
    program = 'println(llm_completion("go", nil, nil, {provider: "openai", model: "m"}).text)'
    server.script(json_answer({"choices": [{"text": "on"}]}))
    assert run(program, openai_variables(server), tmp_path, "replay").lines == ["on"]
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    with pytest.raises(HarnError, match="Missing API key"):
        run(program, NO_NETWORK, tmp_path, "replay")


def test_a_miss_names_its_hash_and_an_empty_directory(tmp_path: Path) -> None:
    text = miss('llm_call("hi", nil, {provider: "openai", model: "m"})', tmp_path / "none")
    assert text.startswith("No fixture found for LLM call (hash: 12744d7ae7f4ee31). ")
    assert "--record" in text and text.endswith(f"There are no recordings in {tmp_path}/none.")


def test_a_miss_names_what_differs_from_the_nearest_recording(tmp_path: Path, server: ProviderServer) -> None:
    program = """
    let o = {provider: "openai", model: "MODEL", stream: false}
    llm_call("SHORT", SYSTEM, o)
    """
    server.script(openai_reply("1"), openai_reply("2"))
    long = "a sentence that goes on for quite a while before it says what it is about: "
    for prompt, system in ((long + "apples", '"be kind"'), ("unrelated", "nil")):
        source = program.replace("MODEL", "gpt-x").replace("SHORT", prompt).replace("SYSTEM", system)
        run(source, openai_variables(server), tmp_path, "record")

    def told(model: str, prompt: str, system: str) -> str:
        source = program.replace("MODEL", model).replace("SHORT", prompt).replace("SYSTEM", system)
        return miss(source, tmp_path).partition(".json, differs in: ")[2]

    assert told("gpt-y", long + "apples", '"be kind"') == 'model (recorded "gpt-x", now "gpt-y").'
    assert told("gpt-x", long + "pears", '"be kind"') == (
        'message 1, content (from character 76: recorded "...t is about: apples", now "...t is about: pears").'
    )
    assert told("gpt-x", "unrelated", '"new"') == 'system (recorded none, now "new").'
    assert told("gpt-y", "unrelated", '"new"') == (
        'model (recorded "gpt-x", now "gpt-y"); system (recorded none, now "new").'
    )


def test_a_miss_counts_messages_and_names_the_one_that_differs(tmp_path: Path, server: ProviderServer) -> None:
    program = 'llm_call("", nil, {provider: "openai", model: "m", stream: false, messages: [MESSAGES]})'
    first = '{role: "user", content: "a"}, {role: "assistant", content: "b"}'
    server.script(openai_reply("1"))
    run(program.replace("MESSAGES", first), openai_variables(server), tmp_path, "record")
    changed = first.replace('"b"', '"c"').replace("assistant", "user") + ', {role: "user", content: "d"}'
    text = miss(program.replace("MESSAGES", changed), tmp_path)
    assert text.endswith(
        'differs in: message 2, content (recorded "b", now "c"); message 2, role (recorded "assistant", now "user"); '
        "number of messages (recorded 2, now 3)."
    )


def test_a_stream_without_a_recording_fails_at_once(tmp_path: Path) -> None:
    assert miss(STREAM, tmp_path).startswith("No fixture found for LLM call (hash: ")


def test_a_miss_is_no_reason_to_retry(tmp_path: Path) -> None:
    program = 'println(try { llm_call("x", nil, {provider: "openai", llm_retries: 3}) })'
    ended = run(program, {}, tmp_path, "replay")
    assert "No fixture found" in ended.output and ended.waits == []


def test_replay_chooses_the_provider_that_had_a_key_when_it_was_recorded(
    tmp_path: Path, server: ProviderServer
) -> None:
    program = 'println(llm_call("x").text)'
    server.script(anthropic_stream("from anthropic"))
    variables = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url}
    assert run(program, variables, tmp_path, "record").lines == ["from anthropic"]
    assert run(program, NO_NETWORK, tmp_path, "replay").lines == ["from anthropic"]


def test_a_directory_that_cannot_be_written_is_warned_about_once(tmp_path: Path, server: ProviderServer) -> None:
    (tmp_path / "file").write_text("")
    server.script(openai_stream("1"), openai_stream("2"))
    ended = run(CALL + CALL.replace("let r", "let r2"), openai_variables(server), tmp_path / "file" / "x", "record")
    assert len(ended.lines) == 2
    assert ended.errors.count("cannot write recordings") == 1

"""The file of events: its schema as documented, and what real calls write into it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from programs import LlmWorld, openai_variables
from provider_server import ProviderServer, Stall, json_answer, openai_chunk, openai_stream, stream_answer

import harnpy
from harnpy.cli.compose import make_runtime
from harnpy.cli.model_calls import ModelCallSettings, attach
from harnpy.llm import event_file
from harnpy.llm.agent_events import (
    AgentStarted,
    ContextCompacted,
    LoopCompleted,
    LoopIntervention,
    MessageAppended,
    PhaseChanged,
    ResponseInterpreted,
    ToolExecuted,
    ToolRejected,
    ToolStarted,
)
from harnpy.llm.event_file import SCHEMA, EventFile
from harnpy.llm.jsonl_file import JsonlFile
from harnpy.llm.secrets import Secrets
from harnpy.vm.clock import VirtualClock
from harnpy.vm.errors import HarnError

DOCUMENT = Path(harnpy.__file__).parent.parent / "docs" / "events.md"


def events_of(source: str, path: Path, variables: dict[str, str], test: str = "") -> list[Any]:
    """Run a program to its end, also a bad one, and give what it wrote."""
    runtime = make_runtime(world=LlmWorld(variables))
    attach(runtime, ModelCallSettings(events=str(path), test=test))
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    except HarnError:
        pass
    finally:
        runtime.close()
    return read(path)


def read(path: Path) -> list[Any]:
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        assert set(event) - {"type", "time", "test"} <= set(SCHEMA[event["type"]]), event
    return events


def without_time(events: list[Any]) -> list[Any]:
    ids: dict[str, str] = {}
    for event in events:
        assert event.pop("time") >= 1_700_000_000
        for key in ("call_id", "retry_of"):
            if event.get(key) is not None:
                event[key] = ids.setdefault(event[key], f"call {len(ids) + 1}")
    return events


def test_the_document_names_every_type_and_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    documented = {kind: set(re.findall(r"`(\w+)`", text)) for kind, text in rows}
    documented.pop("type", None)
    assert documented.keys() == SCHEMA.keys()
    for kind, keys in SCHEMA.items():
        assert set(keys) <= documented[kind], kind


def test_a_call_that_is_retried_shows_each_attempt(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({"error": "busy"}, 503), openai_stream("a", "b"))
    program = 'llm_call("x", nil, {model: "gpt-x"})'
    events = without_time(events_of(program, tmp_path / "e", openai_variables(server)))
    started = {
        "type": "call_start",
        "model": "gpt-x",
        "provider": "openai",
        "iteration": None,
        "agent_id": None,
        "message_count": 1,
        "stream": True,
        "prompt": "x",
    }
    assert events == [
        started | {"call_id": "call 1", "attempt": 0, "retry_of": None},
        {
            "type": "retry",
            "call_id": "call 1",
            "attempt": 0,
            "duration_ms": 0,
            "category": "overloaded",
            "error": 'Thrown: openai HTTP 503 Service Unavailable [http_error]: {"error": "busy"}',
            "wait_ms": events[1]["wait_ms"],
        },
        started | {"call_id": "call 2", "attempt": 1, "retry_of": "call 1"},
        {"type": "delta", "call_id": "call 2", "text": "a", "thinking": ""},
        {"type": "delta", "call_id": "call 2", "text": "b", "thinking": ""},
        {
            "type": "call_end",
            "call_id": "call 2",
            "status": "ok",
            "attempt": 1,
            "duration_ms": 0,
            "model": "gpt-x",
            "provider": "openai",
            "input_tokens": 7,
            "output_tokens": 3,
            "cache_read_tokens": 0,
            "cache_write_tokens": 0,
            "cost_usd": None,
            "stop_reason": "stop",
            "tool_calls": 0,
        },
    ]
    assert events[1]["wait_ms"] > 0


def test_a_call_that_fails_for_good_says_why(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({}, 401))
    program = 'llm_call("x", nil, {model: "gpt-x"})'
    *_, last = without_time(events_of(program, tmp_path / "e", openai_variables(server)))
    assert (last["status"], last["category"], last["retryable"]) == ("error", "auth", False)
    assert last["error"].startswith("Thrown: openai HTTP 401")


@pytest.mark.parametrize(("finish", "status"), [("stop", "ok"), (None, "error")])
def test_streams_have_a_beginning_pieces_and_an_end(
    tmp_path: Path, server: ProviderServer, finish: str | None, status: str
) -> None:
    server.script(stream_answer(openai_chunk(content="a"), *([openai_chunk(finish)] if finish else [])))
    program = 'for p in llm_stream("x", nil, {model: "gpt-x"}) { p }'
    events = without_time(events_of(program, tmp_path / "e", openai_variables(server), test=str(tmp_path / "t.harn")))
    assert [event["type"] for event in events] == ["stream_start", "delta", "stream_end"]
    assert events[1] == {"type": "delta", "call_id": "call 1", "text": "a", "thinking": "", "test": "t.harn"}
    assert (events[2]["status"], events[2]["chunks"]) == (status, 1)


def test_a_stream_of_the_mock_provider_is_told_like_any_other(tmp_path: Path) -> None:
    program = 'for p in llm_stream("Say hello") { p }'
    events = without_time(events_of(program, tmp_path / "e", {"HARN_LLM_PROVIDER": "mock"}))
    assert [(event["type"], event["call_id"]) for event in events] == [
        (kind, "call 1") for kind in ("stream_start", "delta", "delta", "stream_end")
    ]
    assert [event["text"] for event in events[1:3]] == ["Say", "hello"]
    assert (events[0]["provider"], events[3]["status"], events[3]["chunks"]) == ("mock", "ok", 2)


def test_schema_retries_are_told(tmp_path: Path) -> None:
    program = 'llm_call("x", nil, {schema: {type: "object", required: ["k"]}})'
    events = without_time(events_of(program, tmp_path / "e", {"HARN_LLM_PROVIDER": "mock"}))
    kinds = [event["type"] for event in events if event["type"] != "delta"]
    assert kinds == ["call_start", "call_end", "schema_retry", "call_start", "call_end"]


def test_a_call_whose_task_is_cancelled_ends_as_cancelled(tmp_path: Path, server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), end=Stall()))
    program = """
    let task = spawn { llm_call("y", nil, {model: "gpt-x"}) }
    sleep(1ms)
    cancel(task)
    for round in 1 to 50 { sleep(1ms) }
    """
    events = without_time(events_of(program, tmp_path / "e", openai_variables(server)))
    kinds = [event["type"] for event in events if event["type"] != "delta"]
    assert kinds == ["call_start", "call_cancelled"]


def test_each_line_is_there_when_the_event_has_been_told(tmp_path: Path) -> None:
    path = tmp_path / "e"
    file = EventFile(JsonlFile(str(path), Secrets()), VirtualClock())
    told = (
        AgentStarted("a", "helper"),
        MessageAppended({"role": "user"}, None),
        ResponseInterpreted(1, "text", "p", ({},), ("bad",)),
        ToolStarted("f", "t", 1, "a", {"x": 1}),
        ToolExecuted("f", "t", 1, "ok", "read", 1, "a", {"secret": 1}, "result"),
        ToolRejected("f", "no", 1),
        LoopIntervention("f", "warn", 2, 1),
        ContextCompacted(9, 8, 1),
        PhaseChanged("a", "b", 1),
        LoopCompleted("a", "done", 1, 2, ("f",), ()),
    )
    for count, event in enumerate(told, start=1):
        file(event)
        assert len(read(path)) == count
    for record in read(path):
        assert set(record) == {"type", "time", *SCHEMA[record["type"]]}


def test_an_answer_has_its_cost(tmp_path: Path) -> None:
    program = """
    llm_mock({text: "a", input_tokens: 1000000, output_tokens: 0, model: "gpt-4o"})
    llm_mock({text: "a", model: "a-model-of-unknown-price"})
    for round in 1 to 2 { llm_call("x", nil, {provider: "mock"}) }
    """
    events = events_of(program, tmp_path / "e", {})
    assert [event["cost_usd"] for event in events if event["type"] == "call_end"] == [2.5, None]


def test_long_texts_are_there_by_their_beginning_and_no_key_is_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "e"
    secrets = Secrets()
    secrets.add("sk-" + "k" * 40)
    file = EventFile(JsonlFile(str(path), secrets), VirtualClock())
    limit = event_file.EXCERPT_CHARACTERS
    long = "x" * (limit - 20) + "sk-" + "k" * 40 + "y" * limit
    file(ToolExecuted("f", "t", 1, "ok", "read", 1, "a", {"long": long}, long))
    file(MessageAppended({"role": "user", "content": long}, None))
    file(ToolExecuted("f", "t", 1, "ok", "read", 1, "a", {"b": 1, "a": ["é"]}, None))
    tool, message, short = read(path)
    for text in (tool["arguments"], tool["result"], message["text"]):
        assert "kk" not in text and "sk-" not in text
        assert (len(text), text[-1]) == (limit + 1, "…")
    assert message["text"][limit - 20 :] == "[key]" + "y" * 15 + "…"
    assert (short["arguments"], short["result"]) == ('{"a":["é"],"b":1}', "")


def test_events_of_loops_say_whose_they_are(tmp_path: Path) -> None:
    file = EventFile(JsonlFile(str(tmp_path / "e"), Secrets()), VirtualClock())
    for event in (
        MessageAppended({"role": "user"}, None, None, "a"),
        ResponseInterpreted(1, "text", "p", (), (), None, "a"),
        ToolExecuted("f", "t", 1, "ok", "read", 1, "a"),
        ToolRejected("f", "no", 1, "a"),
        LoopIntervention("f", "warn", 2, 1, "a"),
        ContextCompacted(9, 8, 1, "a"),
        PhaseChanged("a", "b", 1, "a"),
    ):
        file(event)
    assert [event["agent_id"] for event in read(tmp_path / "e")] == ["a"] * 7

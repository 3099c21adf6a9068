"""Transcript files: which records are written, with what in them, and that nothing else depends on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from programs import LlmWorld, openai_variables, run
from provider_server import ProviderServer, json_answer, openai_reply

from harnpy.cli.compose import make_runtime
from harnpy.llm.agent_events import AgentStarted, MessageAppended, ResponseInterpreted
from harnpy.llm.calls import call_options
from harnpy.llm.context import CallContext
from harnpy.llm.pipeline import observed_call
from harnpy.llm.secrets import Secrets
from harnpy.llm.tool_schemas import recorded_type, tool_schemas
from harnpy.llm.tool_types import TypeReader
from harnpy.llm.transcript_files import TranscriptFiles
from harnpy.vm.clock import VirtualClock


def records(directory: Path) -> list[Any]:
    lines = (directory / "llm_transcript.jsonl").read_text().splitlines()
    parsed = [json.loads(line) for line in lines]
    for line, record in zip(lines, parsed):
        assert line == json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return parsed


def mocked(directory: Path) -> dict[str, str]:
    return {"HARN_LLM_PROVIDER": "mock", "HARN_LLM_TRANSCRIPT_DIR": str(directory)}


def test_a_call_leaves_prompt_request_and_response(tmp_path: Path) -> None:
    program = """
    llm_mock({text: "t", thinking: "why", input_tokens: 1, output_tokens: 2, model: "m"})
    llm_call("é", "be brief", {max_tokens: 5, temperature: 0.5})
    """
    directory = tmp_path / "a" / "b"
    run(program, mocked(directory))
    system, schemas, request, response = records(directory)
    assert system.pop("hash") > 0 and schemas.pop("hash") > 0
    assert system == {
        "type": "system_prompt",
        "timestamp": "1700000000.000",
        "span_id": None,
        "content": "be brief",
    }
    assert schemas == {"type": "tool_schemas", "timestamp": "1700000000.000", "span_id": None, "schemas": []}
    call_id = request["call_id"]
    assert request == {
        "type": "provider_call_request",
        "iteration": 0,
        "call_id": call_id,
        "span_id": None,
        "timestamp": "1700000000.000",
        "model": "claude-sonnet-4-20250514",
        "provider": "mock",
        "max_tokens": 5,
        "temperature": 0.5,
        "tool_choice": None,
        "tool_format": "text",
        "native_tool_count": 0,
        "message_count": 1,
    }
    assert response == {
        "type": "provider_call_response",
        "iteration": 0,
        "call_id": call_id,
        "span_id": None,
        "timestamp": "1700000000.000",
        "model": "m",
        "text": "t",
        "tool_calls": [],
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "cache_hit": False,
        "thinking": "why",
        "response_ms": 0,
    }


def test_prompt_and_schemas_are_written_when_they_change(tmp_path: Path) -> None:
    program = """
    let tools = [{name: "b"}, {name: "a", parameters: {n: {type: "int", required: false}, m: {type: "string"}}}]
    llm_call("1")
    llm_call("2")
    llm_call("3", "s", {tools: tools})
    llm_call("4", "s", {tools: tools})
    llm_call("5", "s")
    """
    run(program, mocked(tmp_path))
    kinds = [record["type"].removeprefix("provider_call_") for record in records(tmp_path)]
    assert kinds == [
        *("system_prompt", "tool_schemas", "request", "response", "request", "response"),
        *("system_prompt", "tool_schemas", "request", "response", "request", "response"),
        *("tool_schemas", "request", "response"),
    ]
    listed = [record for record in records(tmp_path) if record["type"] == "tool_schemas"]
    assert [[tool["name"] for tool in record["schemas"]] for record in listed] == [[], ["a", "b"], []]
    assert listed[0]["hash"] == listed[2]["hash"] != listed[1]["hash"]
    assert [parameter["name"] for parameter in listed[1]["schemas"][0]["params"]] == ["m", "n"]


def test_a_failed_attempt_leaves_a_request_without_a_response(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({"error": "busy"}, 503), openai_reply("fine"))
    variables = openai_variables(server, HARN_LLM_TRANSCRIPT_DIR=str(tmp_path))
    run('llm_call("x", nil, {model: "gpt-x", stream: false})', variables)
    calls = [record for record in records(tmp_path) if record["type"].startswith("provider_call")]
    assert [record["type"] for record in calls] == [
        "provider_call_request",
        "provider_call_request",
        "provider_call_response",
    ]
    assert calls[0]["call_id"] != calls[1]["call_id"] == calls[2]["call_id"]


def test_records_name_the_span_that_is_open(tmp_path: Path) -> None:
    run('enable_tracing()\nllm_call("x")', mocked(tmp_path))
    assert {record["span_id"] for record in records(tmp_path)} == {1}


def test_a_directory_that_cannot_be_made_is_nobodys_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run('println(llm_call("x").provider)', mocked(tmp_path / "file" / "below"))
    assert (ended.lines, ended.errors) == (["mock"], "")


def test_an_empty_variable_asks_for_nothing(tmp_path: Path) -> None:
    run('llm_call("x")', {"HARN_LLM_PROVIDER": "mock", "HARN_LLM_TRANSCRIPT_DIR": ""})


def test_messages_and_interpretations_of_loops_are_written(tmp_path: Path) -> None:
    files = TranscriptFiles(str(tmp_path), VirtualClock(12.3456), Secrets())
    files(AgentStarted("a", "helper"))
    files(MessageAppended({"role": "user", "content": "hi"}, None, 4))
    files(MessageAppended({"tool_calls": [1], "tool_call_id": "i", "name": "n"}, 2))
    files(ResponseInterpreted(2, "text", "prose", ({"name": "f"},), ("bad",)))
    common = {"timestamp": "12.345", "span_id": None}
    assert records(tmp_path) == [
        {
            **common,
            "type": "message",
            "iteration": None,
            "span_id": 4,
            "role": "user",
            "content": "hi",
            "tool_calls": None,
            "tool_call_id": None,
            "name": None,
        },
        {
            **common,
            "type": "message",
            "iteration": 2,
            "role": "unknown",
            "content": None,
            "tool_calls": [1],
            "tool_call_id": "i",
            "name": "n",
        },
        {
            **common,
            "type": "interpreted_response",
            "iteration": 2,
            "call_id": "iteration-2",
            "tool_format": "text",
            "prose": "prose",
            "tool_calls": [{"name": "f"}],
            "tool_parse_errors": ["bad"],
        },
    ]


def test_a_loop_begins_with_its_prompt_and_repeats_only_what_changes(tmp_path: Path) -> None:
    runtime = make_runtime(world=LlmWorld(mocked(tmp_path)))
    try:
        context = CallContext(runtime.main_fiber())
        same = call_options(context, "x", "same", {"tools": [{"name": "f"}]})
        other = call_options(context, "x", "other", {"tools": [{"name": "f"}]})
        for calls in ([same, same, other], [other, other]):
            context.state.bus.emit(AgentStarted("a", "helper"))
            for iteration, options in enumerate(calls, 1):
                observed_call(context, options, iteration)
    finally:
        runtime.close()
    kinds = [record["type"].removeprefix("provider_call_") for record in records(tmp_path)]
    assert kinds == [
        *("system_prompt", "tool_schemas", "request", "response", "request", "response"),
        *("system_prompt", "request", "response"),
        *("system_prompt", "tool_schemas", "request", "response", "request", "response"),
    ]
    requests = [record for record in records(tmp_path) if record["type"] == "provider_call_request"]
    assert [record["iteration"] for record in requests] == [1, 2, 3, 1, 2]


def test_the_prompt_of_a_call_is_the_last_one_before_it_though_loops_take_turns(tmp_path: Path) -> None:
    runtime = make_runtime(world=LlmWorld(mocked(tmp_path)))
    try:
        context = CallContext(runtime.main_fiber())
        context.state.bus.emit(AgentStarted("a", "helper"))
        context.state.bus.emit(AgentStarted("b", "helper"))
        for turn in range(6):
            system = "a" if turn in (0, 2, 3) else "b"
            observed_call(context, call_options(context, "x", system, {"model": system}), turn)
    finally:
        runtime.close()
    system, written = None, 0
    for record in records(tmp_path):
        if record["type"] == "system_prompt":
            system, written = record["content"], written + 1
        elif record["type"] == "provider_call_request":
            assert record["model"] == system
    assert written == 4


def test_tool_schemas_hold_the_types_of_parameters() -> None:
    tools = [
        {
            "name": "f",
            "description": "does",
            "compact": True,
            "parameters": {
                "z": {"type": "int", "description": "count", "default": 3, "example": 7},
                "a": {"type": "string", "required": False, "examples": ["x", "y"]},
                "plain": "some text",
            },
        }
    ]
    described = {"default": None, "examples": [], "description": ""}
    assert tool_schemas(tools) == [
        {
            "name": "f",
            "description": "does",
            "compact": True,
            "params": [
                described
                | {"name": "plain", "ty": {"Primitive": "string"}, "required": True, "description": "some text"},
                {
                    "name": "z",
                    "ty": {"Primitive": "int"},
                    "required": True,
                    "description": "count",
                    "default": 3,
                    "examples": [7],
                },
                described | {"name": "a", "ty": {"Primitive": "string"}, "required": False, "examples": ["x", "y"]},
            ],
        }
    ]


def test_schemas_become_types() -> None:
    reader = TypeReader(lambda: {}, {})
    primitive = {"Primitive": "string"}
    null = {"Primitive": "null"}
    for schema, expected in (
        ("string", primitive),
        ({"$ref": "#/definitions/Node"}, {"Ref": "Node"}),
        ({"const": 1}, {"Literal": 1}),
        ({"enum": ["a"]}, {"Literal": "a"}),
        ({"enum": ["a", 2]}, {"Union": [{"Literal": "a"}, {"Literal": 2}]}),
        ({"enum": []}, "Unknown"),
        ({"oneOf": ["string", {}]}, primitive),
        ({"anyOf": ["string", "null"]}, {"Union": [primitive, null]}),
        ({"allOf": ["string", "null"]}, {"Intersection": [primitive, null]}),
        ({"type": ["string", "null"]}, {"Union": [primitive, null]}),
        ({"type": "array", "items": "string"}, {"Array": primitive}),
        ({"type": "array"}, {"Array": "Unknown"}),
        ({"type": "string", "nullable": True}, {"Union": [primitive, null]}),
        ({"type": ["string", "null"], "nullable": True}, {"Union": [primitive, null]}),
        ({"type": "object"}, {"Primitive": "object"}),
        ({}, "Unknown"),
        (7, "Unknown"),
    ):
        assert recorded_type(reader.read(schema)) == expected, schema
    fields = {"a": "int", "b": {"type": "string"}}
    nested = recorded_type(reader.read({"type": "object", "properties": fields, "required": ["b"]}))
    assert [(field["name"], field["required"]) for field in nested["Object"]] == [("b", True), ("a", False)]


def test_half_a_line_that_a_killed_run_has_left_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    file = tmp_path / "llm_transcript.jsonl"
    for before in (b'{"type":"mess', b'{"type":"message"}\n', b""):
        file.write_bytes(before)
        run('llm_call("one")\nllm_call("two")', mocked(tmp_path))
        first, *others = file.read_bytes().removeprefix(before).split(b"\n")
        assert first == b"" if before.endswith(b"s") else json.loads(first)
        assert [json.loads(line)["type"] for line in others if line][-1] == "provider_call_response"

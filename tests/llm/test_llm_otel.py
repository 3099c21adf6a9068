"""Telemetry as a collector receives it, over a real socket, from runs of `harn` and from the events of agents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.semconv._incubating.attributes import error_attributes, gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from otlp_receiver import UNHURRIED, OtlpReceiver
from programs import SECRET, openai_variables, run
from provider_server import ProviderServer, json_answer, openai_chunk, openai_stream, openai_usage, stream_answer
from support import HANG_SECONDS, harn_with

import harnpy
from harnpy.llm import otel, otel_names
from harnpy.llm.agent_events import AgentStarted, LoopCompleted, ToolExecuted
from harnpy.llm.otel import Telemetry
from harnpy.llm.secrets import Secrets
from harnpy.vm.clock import VirtualClock

CLIENT, INTERNAL = 3, 1
ERROR = 2


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    for name, value in UNHURRIED.items():
        monkeypatch.setattr(otel, name, value)
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def address(collector: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the collector, also where the exporters of OpenTelemetry look for it themselves."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    return collector.url


def harn(program: Path, variables: dict[str, str], *, unhurried: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, as a user does. unhurried: its end waits for the collector."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HARN_", "OTEL_"))}
    environment = kept | {"PYTHONPATH": str(Path(harnpy.__file__).parent.parent)} | variables
    command = harn_with("harnpy.llm.otel", **UNHURRIED) if unhurried else (sys.executable, "-m", "harnpy")
    return subprocess.run(
        [*command, "run", str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "report.harn"
    path.write_text(text)
    return path


def test_every_name_is_one_of_the_conventions() -> None:
    known = {
        value
        for module in (gen_ai_attributes, gen_ai_metrics, error_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    known |= {member.value for member in gen_ai_attributes.GenAiOperationNameValues}
    known |= {member.value for member in gen_ai_attributes.GenAiProviderNameValues}
    known |= {"error.type", "service.name"}
    ours = {
        value
        for value in vars(otel_names).values()
        if isinstance(value, str) and value.startswith(("gen_ai.", "error."))
    }
    ours |= {otel_names.CHAT, otel_names.EXECUTE_TOOL, otel_names.INVOKE_AGENT, otel_names.INVOKE_WORKFLOW}
    ours |= set(otel_names.PROVIDERS.values())
    assert ours - known == set()


def test_a_run_sends_its_calls_as_one_trace(collector: OtlpReceiver, server: ProviderServer, tmp_path: Path) -> None:
    usage = openai_usage(prompt_tokens=11, completion_tokens=4, prompt_tokens_details={"cached_tokens": 6})
    server.script(
        json_answer({"error": "busy"}, 503, retry_after="0"),
        stream_answer(openai_chunk(content="a"), openai_chunk(content="b"), openai_chunk("stop"), usage, "[DONE]"),
        json_answer({"error": "no"}, 401),
    )
    source = """
    let o = {provider: "openai", model: "gpt-x", temperature: 0.5, max_tokens: 9, stop: ["END"], seed: 3, top_p: 0.25}
    llm_call("the question", "the system", o)
    println(llm_call_safe("x", nil, {provider: "openai", model: "gpt-y", stream: false}).ok)
    """
    variables = openai_variables(server, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="reports")
    ended = harn(program(tmp_path, source), variables, unhurried=True)
    assert (ended.returncode, ended.stdout) == (0, "false\n"), ended.stderr
    root = collector.span("invoke_workflow report.harn")
    first, second = [span for span in collector.spans if span.name == "chat gpt-x"]
    failed = collector.span("chat gpt-y")
    assert len(collector.spans) == 4 and root.kind == INTERNAL
    for span in (first, second, failed):
        assert (span.parent_id, span.trace_id, span.kind) == (root.span_id, root.trace_id, CLIENT)
        assert root.start <= span.start <= span.end <= root.end
    assert collector.resources[0]["service.name"] == "reports"
    asked = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-x",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.25,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.seed": 3,
        "gen_ai.request.stream": True,
        "gen_ai.output.type": "text",
    }
    assert asked.items() <= first.attributes.items() and asked.items() <= second.attributes.items()
    assert (first.status[0], first.attributes["error.type"]) == (ERROR, "overloaded")
    assert first.attributes["harn.retry.wait_ms"] == 0 and first.attributes["harn.attempt"] == 0
    answered = {
        "gen_ai.response.model": "gpt-x",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 6,
        "harn.attempt": 1,
    }
    assert answered.items() <= second.attributes.items()
    assert second.status[0] != ERROR and second.attributes["gen_ai.response.time_to_first_chunk"] >= 0
    assert (failed.status[0], failed.attributes["error.type"]) == (ERROR, "auth")
    assert "gen_ai.response.model" not in failed.attributes
    for text in (b"the question", b"the system", SECRET.encode()):
        assert text not in collector.raw

    tokens = {point.attributes["gen_ai.token.type"]: point for point in collector.metrics["gen_ai.client.token.usage"]}
    assert {kind: (point.count, point.sum) for kind, point in tokens.items()} == {"input": (1, 11), "output": (1, 4)}
    assert tokens["input"].bounds[:3] == [1, 4, 16]
    durations = collector.metrics["gen_ai.client.operation.duration"]
    assert sorted((point.attributes.get("error.type", ""), point.count) for point in durations) == [
        ("", 1),
        ("auth", 1),
        ("overloaded", 1),
    ]
    assert all(point.sum >= 0 and point.bounds[0] == 0.01 for point in durations)
    (first_chunk,) = collector.metrics["gen_ai.client.operation.time_to_first_chunk"]
    (later_chunks,) = collector.metrics["gen_ai.client.operation.time_per_output_chunk"]
    assert (first_chunk.count, later_chunks.count) == (1, 1)
    assert collector.units["gen_ai.client.token.usage"] == "{token}"
    assert collector.units["gen_ai.client.operation.duration"] == "s"


def test_content_is_sent_on_request(collector: OtlpReceiver, address: str) -> None:
    source = """
    llm_mock({text: "the answer", thinking: "hm", stop_reason: "end", tool_calls: [{name: "f", arguments: {a: 1}}]})
    llm_call("", "be kind", {tools: [{name: "f"}], messages: [
      {role: "user", content: "hi"},
      {role: "assistant", content: "", tool_calls: [{id: "t", type: "function", function: {name: "f", arguments: "{}"}}]},
      {role: "tool", tool_call_id: "t", content: "42"},
    ]})
    """
    run(
        source,
        {"HARN_LLM_PROVIDER": "mock", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
        | {"OTEL_EXPORTER_OTLP_ENDPOINT": address},
    )
    attributes = collector.span("chat claude-sonnet-4-20250514").attributes
    assert json.loads(attributes["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "t", "name": "f", "arguments": "{}"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t", "response": "42"}]},
    ]
    assert json.loads(attributes["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "text", "content": "the answer"},
                {"type": "tool_call", "id": "mock_call_1", "name": "f", "arguments": {"a": 1}},
            ],
            "finish_reason": "end",
        }
    ]
    assert json.loads(attributes["gen_ai.system_instructions"]) == [{"type": "text", "content": "be kind"}]
    assert json.loads(attributes["gen_ai.tool.definitions"])[0]["function"]["name"] == "f"


@pytest.mark.usefixtures("address")
def test_agents_hold_their_calls_and_tools(collector: OtlpReceiver) -> None:
    clock = VirtualClock(1000.0)
    telemetry = Telemetry("p.harn", {}.get, clock, Secrets(), pytest.fail)
    telemetry(AgentStarted("a", "planner"))
    telemetry(AgentStarted("b", "helper", "a"))
    clock.now += 5
    telemetry(ToolExecuted("grep", "t1", 2000, "ok", "read", 1, "b", {"q": "secret words"}, "found"))
    telemetry(ToolExecuted("rm", "t2", 0, "error", "write", 2, "a"))
    telemetry(LoopCompleted("b", "done", 1, 5, ("grep",), ("grep",)))
    telemetry.close()
    root, outer = collector.span("invoke_workflow p.harn"), collector.span("invoke_agent planner")
    inner, tool = collector.span("invoke_agent helper"), collector.span("execute_tool grep")
    broken = collector.span("execute_tool rm")
    assert outer.parent_id == root.span_id and inner.parent_id == outer.span_id
    assert tool.parent_id == inner.span_id and broken.parent_id == outer.span_id
    assert outer.attributes["gen_ai.agent.name"] == "planner"
    assert tool.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "grep",
        "gen_ai.tool.call.id": "t1",
        "harn.iteration": 1,
    }
    assert (tool.start, tool.end) == (1003 * 10**9, 1005 * 10**9)
    assert broken.status[0] == ERROR and b"secret words" not in collector.raw


def test_the_trace_goes_on_from_whoever_started_the_run(collector: OtlpReceiver, address: str) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    variables = {"HARN_LLM_PROVIDER": "mock", "OTEL_EXPORTER_OTLP_ENDPOINT": address}
    run('llm_call("x")', variables | {"TRACEPARENT": parent})
    root = collector.span("invoke_workflow test.harn")
    assert (root.trace_id.hex(), root.parent_id.hex()) == (parent[3:35], parent[36:52])


def test_streams_are_calls_too(collector: OtlpReceiver, address: str, server: ProviderServer) -> None:
    server.script(openai_stream("a", "b", "c"))
    run(
        'for p in llm_stream("x", nil, {model: "gpt-x"}) { p }',
        openai_variables(server, OTEL_EXPORTER_OTLP_ENDPOINT=address),
    )
    assert collector.span("chat gpt-x").status[0] != ERROR
    assert collector.metrics["gen_ai.client.operation.time_per_output_chunk"][0].count == 2


@pytest.mark.parametrize("variables", [{}, {"OTEL_SDK_DISABLED": "true"}])
def test_nothing_is_sent_unless_it_is_asked_for(
    collector: OtlpReceiver, tmp_path: Path, variables: dict[str, str]
) -> None:
    if variables:
        variables = variables | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    source = 'llm_call("x", nil, {provider: "mock"})'
    assert harn(program(tmp_path, source), variables).returncode == 0
    assert collector.headers == []


def test_a_collector_that_is_not_there_is_said_in_a_line_and_nothing_fails(tmp_path: Path) -> None:
    source = 'println(llm_call("x", nil, {provider: "mock"}).provider)'
    ended = harn(program(tmp_path, source), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert (ended.returncode, ended.stdout) == (0, "mock\n")
    assert ended.stderr.startswith("[harn] warning: telemetry: ") and ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr


def test_without_the_extra_the_run_goes_on_and_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry.py").write_text("raise ImportError('not here')")
    path = f"{tmp_path}{os.pathsep}{Path(harnpy.__file__).parent.parent}"
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": path}
    ended = harn(program(tmp_path, 'println(llm_call("x", nil, {provider: "mock"}).provider)'), variables)
    assert (ended.returncode, ended.stdout) == (0, "mock\n")
    assert ended.stderr == (
        "[harn] warning: telemetry is asked for by OTEL_EXPORTER_OTLP_ENDPOINT, but the extra `otel` is not installed: "
        "pip install 'harnpy[otel]'\n"
    )

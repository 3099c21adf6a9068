"""`llm_call`, `llm_call_safe` and `llm_stream` from Harn programs to a provider on a socket and back."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from programs import SECRET, LlmWorld, PatientClock, anthropic_variables, openai_variables, run
from provider_server import (
    Answer,
    Cut,
    ProviderServer,
    Stall,
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
from support import HANG_SECONDS

from harnpy.cli.compose import make_runtime
from harnpy.llm.context import uuid7_text
from harnpy.llm.observe import CallDelta, CallFailed, CallStarted, CallSucceeded, Status
from harnpy.llm.providers.table import BUILT_IN, Provider
from harnpy.vm.effects import EffectCall
from harnpy.vm.errors import HarnError, runtime_error


def test_a_call_to_openai_sends_its_request_and_returns_the_answer(server: ProviderServer) -> None:
    server.script(openai_stream("Par", "is."))
    program = 'let r = llm_call("Capital of France?", "Be short.", {model: "gpt-x"})\nprintln("${r.text} ${r.provider} ${r.model}")'
    assert run(program, openai_variables(server)).lines == ["Paris. openai gpt-x"]
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["content-type"] == "application/json"
    assert request.body["messages"][0] == {"role": "system", "content": "Be short."}


def test_a_call_to_anthropic_sends_its_request_and_returns_the_answer(server: ProviderServer) -> None:
    server.script(anthropic_stream("Par", "is."))
    program = 'let r = llm_call("Capital of France?")\nprintln("${r.text} ${r.provider} ${r.model} ${r.stop_reason}")'
    assert run(program, anthropic_variables(server)).lines == ["Paris. anthropic claude-sonnet-4-20250514 end_turn"]
    request = server.requests[0]
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == SECRET
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in request.headers


def test_a_local_server_needs_no_key(server: ProviderServer) -> None:
    server.script(openai_stream("local"))
    variables = {"LOCAL_LLM_BASE_URL": server.url, "LOCAL_LLM_MODEL": "tiny"}
    assert run('let r = llm_call("x")\nprintln("${r.text} ${r.provider} ${r.model}")', variables).lines == [
        "local local tiny"
    ]
    assert server.requests[0].path == "/v1/chat/completions"
    assert "authorization" not in server.requests[0].headers


def test_a_provider_written_before_the_model_is_used(server: ProviderServer) -> None:
    server.script(openai_stream("x"))
    variables = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": server.url + "/v1"}
    run('llm_call("x", nil, {model: "openai:my-model"})', variables)
    assert server.bodies[0]["model"] == "my-model"


def test_an_empty_key_sends_no_authorization(server: ProviderServer) -> None:
    server.script(openai_stream("x"))
    run('llm_call("x")', {**openai_variables(server), "OPENAI_API_KEY": ""})
    assert "authorization" not in server.requests[0].headers


def test_the_result_shows_what_there_is_and_nothing_else(server: ProviderServer) -> None:
    server.script(openai_stream("Paris."))
    program = 'for key in llm_call("x").keys() { println(key) }'
    assert run(program, openai_variables(server)).lines == [
        "blocks",
        "cache_read_tokens",
        "cache_write_tokens",
        "input_tokens",
        "model",
        "output_tokens",
        "prose",
        "protocol_violations",
        "provider",
        "stop_reason",
        "text",
        "transcript",
        "visible_text",
    ]


def test_a_plain_answer_is_prose_with_one_violation(server: ProviderServer) -> None:
    server.script(openai_stream("Paris."))
    program = """
    let r = llm_call("x")
    println(r.prose)
    println(r.canonical_text)
    println(r.protocol_violations.count())
    """
    assert run(program, openai_variables(server)).lines == ["Paris.", "nil", "1"]


def test_tagged_answers_are_read(server: ProviderServer) -> None:
    answer = '<assistant_prose>I look.</assistant_prose><tool_call>look({"path": "x"})</tool_call><done>OK</done>'
    server.script(openai_stream(answer))
    program = """
    let r = llm_call("x", nil, {tools: [{name: "look", parameters: {path: "string"}}]})
    println(r.prose)
    println(r.visible_text)
    println(r.tool_calls)
    println(r.done_marker)
    println(r.protocol_violations)
    """
    assert run(program, openai_variables(server)).lines == [
        "I look.",
        "I look.",
        "[{arguments: {path: x}, id: tc_0, name: look}]",
        "OK",
        "nil",
    ]


def test_native_tool_calls_win_over_the_text(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(),
            *anthropic_text(0, "run({})"),
            *anthropic_tool(1, "t", "look", "{}"),
            *anthropic_end("tool_use"),
        )
    )
    program = """
    let r = llm_call("x", nil, {tools: [{name: "look"}, {name: "run"}]})
    println(r.tool_calls)
    println(r.visible_text)
    """
    assert run(program, anthropic_variables(server)).lines == ["[{arguments: {}, id: t, name: look}]", "run({})"]


def test_the_json_tool_fills_data(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(), *anthropic_tool(0, "t", "json_response", '{"k": 1}'), *anthropic_end("tool_use")
        )
    )
    program = """
    let r = llm_call("x", nil, {response_format: "json", schema: {type: "dict", required: ["k"]}, output_validation: "error"})
    println(r.data)
    println(r.tool_calls)
    """
    assert run(program, anthropic_variables(server)).lines == ["{k: 1}", "nil"]


def test_a_truncated_json_tool_is_asked_for_again(server: ProviderServer) -> None:
    cut = anthropic_tool(0, "t", "json_response", '{"k"')
    whole = anthropic_tool(0, "t", "json_response", '{"k": 1}')
    server.script(
        stream_answer(anthropic_start(), *cut, *anthropic_end("max_tokens")),
        stream_answer(anthropic_start(), *whole, *anthropic_end("tool_use")),
    )
    program = 'println(llm_call("x", nil, {response_format: "json", schema: {type: "dict"}}).data)'
    assert run(program, anthropic_variables(server)).lines == ["{k: 1}"]
    assert "parseable JSON" in server.bodies[1]["messages"][-1]["content"]


def test_the_transcript_holds_the_exchange(server: ProviderServer) -> None:
    server.script(
        stream_answer(anthropic_start(), *anthropic_thinking(0, "Hm."), *anthropic_text(1, "Yes."), *anthropic_end())
    )
    program = """
    let t = llm_call("Really?", "sys", {prefill: "Y"}).transcript
    println("${t._type} ${t.version} ${t.state} ${t.id.count()} ${t.assets}")
    println(t.messages)
    for e in t.events { println("${e.kind} ${e.role} ${e.visibility} [${e.text}]") }
    println(t.events[2].metadata)
    """
    assert run(program, anthropic_variables(server)).lines == [
        "transcript 2 active 36 []",
        "[{content: Really?, role: user}, {content: [{text: Hm., type: reasoning, visibility: private}, "
        "{text: Yes., type: output_text, visibility: public}], role: assistant}]",
        "message user public [Really?]",
        "message assistant public [Hm. Yes.]",
        "provider_payload assistant internal []",
        "private_reasoning assistant private [Hm.]",
        "{input_tokens: 7, model: claude-sonnet-4-20250514, output_tokens: 3, tool_calls: []}",
    ]


def test_tool_exchanges_stay_in_the_transcript_in_the_shape_of_the_provider(server: ProviderServer) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"b": 1, "a": 2}'}}
    server.script(openai_reply("ok", "tool_calls", tool_calls=[call]))
    program = """
    let before = [{role: "user", content: "u"}, {role: "tool", content: "r", tool_call_id: "t"},
      {role: "tool_result", tool_use_id: "z", content: "done"}]
    for m in llm_call("", nil, {messages: before, stream: false}).transcript.messages { println(m) }
    """
    assert run(program, openai_variables(server)).lines == [
        "{content: u, role: user}",
        "{content: r, role: tool, tool_call_id: t}",
        "{content: done, role: tool_result, tool_use_id: z}",
        '{content: ok, role: assistant, tool_calls: [{function: {arguments: {"a":2,"b":1}, name: f}, id: c, type: function}]}',
    ]


def test_anthropic_tool_calls_stay_in_the_transcript_as_blocks(server: ProviderServer) -> None:
    server.script(anthropic_reply("I call.", {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}))
    program = 'println(llm_call("x", nil, {stream: false}).transcript.messages[1])'
    assert run(program, anthropic_variables(server)).lines == [
        "{content: [{text: I call., type: text}, {id: t, input: {a: 1}, name: f, type: tool_use}], role: assistant}"
    ]


def test_transient_failures_are_retried_with_the_wait_that_the_server_asks_for(server: ProviderServer) -> None:
    server.script(
        Answer([b"slow"], 429, {"retry-after": "7"}),
        stream_answer(openai_chunk(content="par"), end=Cut()),
        openai_stream("whole"),
    )
    finished = run('println(llm_call("x").text)', openai_variables(server), watch=True)
    assert finished.lines == ["whole"]
    assert finished.waits == [7.0, 8.0]
    started = [event for event in finished.events if isinstance(event, CallStarted)]
    failed = [event for event in finished.events if isinstance(event, CallFailed)]
    assert [event.attempt for event in started] == [0, 1, 2]
    assert len({event.call_id for event in started}) == 3
    assert [(event.status, event.wait_ms, event.retryable) for event in failed] == [
        (Status.RETRYING, 7000, True),
        (Status.RETRYING, 8000, True),
    ]
    assert [event.partial_text for event in failed] == ["", "par"]


def test_retries_end(server: ProviderServer) -> None:
    server.script(*[Answer([b"busy"], 503)] * 3)
    finished = run('println(llm_call_safe("x", nil, {llm_backoff_ms: 10}).error)', openai_variables(server), watch=True)
    assert finished.lines == ["{category: overloaded, message: openai HTTP 503 Service Unavailable [http_error]: busy}"]
    assert finished.waits == [0.02, 0.04]
    assert isinstance(finished.events[-1], CallFailed)
    assert finished.events[-1].status is Status.RETRIES_EXHAUSTED


def test_permanent_failures_are_not_retried(server: ProviderServer) -> None:
    server.script(Answer([b"bad key"], 401))
    finished = run('println(llm_call_safe("x").error.category)', openai_variables(server), watch=True)
    assert finished.lines == ["auth"]
    assert finished.waits == []
    assert isinstance(finished.events[-1], CallFailed)
    assert finished.events[-1].status is Status.ERROR


def test_a_caught_failure_is_its_text(server: ProviderServer) -> None:
    server.script(Answer([b"no"], 400))
    program = 'try { llm_call("x") } catch (e) { println(e) }'
    assert run(program, openai_variables(server)).lines == ["openai HTTP 400 Bad Request [http_error]: no"]


def test_a_stream_cut_short_does_not_pass_for_an_answer(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Cut()))
    program = 'println(llm_call_safe("x", nil, {llm_retries: 0}).error.category)'
    assert run(program, openai_variables(server)).lines == ["transient_network"]


def test_a_safe_call_that_succeeds_has_the_response(server: ProviderServer) -> None:
    server.script(openai_stream("fine"))
    program = 'let r = llm_call_safe("x")\nprintln("${r.ok} ${r.response.text} ${r.error}")'
    assert run(program, openai_variables(server)).lines == ["true fine nil"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("{transcript: 1}", "llm_call / agent_loop: the `transcript` option was removed."),
        ("{tools: nil}", "tools must be a tool_registry"),
        ('{provider: "openai"}', "Missing API key: set OPENAI_API_KEY environment variable"),
        ('{provider: "nobody"}', "Unknown provider 'nobody'"),
    ],
)
def test_a_safe_call_reports_bad_options_instead_of_throwing(options: str, error: str) -> None:
    program = f'let r = llm_call_safe("x", nil, {options})\nprintln("${{r.ok}} ${{r.response}} ${{r.error.category}}")\nprintln(r.error.message)'
    first, message = run(program).lines
    assert first == "false nil generic"
    assert message.startswith(error)


def test_a_missing_prompt_is_an_empty_one() -> None:
    assert run("println(llm_call().prose)").lines == ["Mock LLM response"]


def test_a_call_that_fails_goes_once_to_the_fallback_provider(server: ProviderServer) -> None:
    primary = Provider("one", server.url, auth_style="none", chat_endpoint="/one", fallback="two")
    second = Provider("two", server.url, auth_env=("TWO_KEY",), chat_endpoint="/messages")
    configuration = replace(BUILT_IN, providers={"one": primary, "two": second})
    server.script(Answer([b"down"], 500), anthropic_reply("from two"))
    program = 'let r = llm_call("x", nil, {provider: "one", model: "m"})\nprintln("${r.text} ${r.provider} ${r.model}")'
    assert run(program, {"TWO_KEY": "k2"}, configuration=configuration).lines == ["from two two m"]
    assert server.requests[1].headers["authorization"] == "Bearer k2"
    assert "stream" not in server.bodies[1]


def test_a_fallback_of_another_style_gets_the_tools_in_its_own_shape(server: ProviderServer) -> None:
    primary = Provider("one", server.url, auth_style="none", chat_endpoint="/one", fallback="two")
    second = Provider("two", server.url, auth_env=("TWO_KEY",), chat_endpoint="/messages")
    configuration = replace(BUILT_IN, providers={"one": primary, "two": second})
    server.script(Answer([b"down"], 500), anthropic_reply("from two"))
    program = 'llm_call("x", nil, {provider: "one", model: "m", tools: [{name: "f", parameters: {a: "int"}}]})'
    run(program, {"TWO_KEY": "k2"}, configuration=configuration)
    first, second_tools = (body["tools"][0] for body in server.bodies)
    assert (first["function"]["name"], second_tools["name"]) == ("f", "f")
    assert first["function"]["parameters"] == second_tools["input_schema"]


@pytest.mark.parametrize(("key", "requests"), [("k2", 2), ("", 1)])
def test_a_fallback_that_fails_or_has_no_key_reports_the_primary_error(
    server: ProviderServer, key: str, requests: int
) -> None:
    primary = Provider("one", server.url, auth_style="none", chat_endpoint="/one", fallback="two")
    second = Provider("two", server.url, auth_env=("TWO_KEY",), chat_endpoint="/messages")
    configuration = replace(BUILT_IN, providers={"one": primary, "two": second})
    server.script(Answer([b"down"], 400), Answer([b"down too"], 401))
    program = 'println(llm_call_safe("x", nil, {provider: "one", model: "m"}).error.message)'
    assert run(program, {"TWO_KEY": key}, configuration=configuration).lines == [
        "one HTTP 400 Bad Request [http_error]: down"
    ]
    assert len(server.requests) == requests


def test_the_events_of_a_call_say_what_happened_in_order(server: ProviderServer) -> None:
    server.script(openai_stream("a", "b"))
    events = run('llm_call("x")', openai_variables(server), watch=True).events
    assert [type(event) for event in events] == [CallStarted, CallDelta, CallDelta, CallSucceeded]
    assert isinstance(events[3], CallSucceeded)
    assert events[3].result["text"] == "ab"
    assert len({event.call_id for event in events if isinstance(event, (CallStarted, CallDelta, CallSucceeded))}) == 1


def test_no_key_is_in_any_event_effect_or_output(server: ProviderServer) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def handle(self, call: EffectCall, proceed: Callable[[], Any]) -> Any:
            result = proceed()
            if call.operation.effect == "llm":
                self.seen.append(repr((call, result)))
            return result

    server.script(openai_stream("a"), Answer([SECRET.encode()], 401), openai_stream("b"))
    world = LlmWorld(openai_variables(server))
    runtime = make_runtime(world=world)
    recorder = Recorder()
    runtime.seam.attach(recorder)
    program = """
    println(llm_call("x"))
    println(llm_call_safe("x"))
    for chunk in llm_stream("x") { println(chunk) }
    """
    try:
        runtime.run(runtime.compile(program, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {SECRET}"] * 3
    assert SECRET not in world.output + world.errors + "".join(recorder.seen)
    assert len(recorder.seen) == 2


def test_a_policy_at_the_seam_stops_a_call_before_anything_is_sent(server: ProviderServer) -> None:
    class Refusal:
        def handle(self, call: EffectCall, proceed: Callable[[], Any]) -> Any:
            if call.operation.effect == "llm":
                raise runtime_error("models are off limits")
            return proceed()

    runtime = make_runtime(world=LlmWorld(openai_variables(server)))
    runtime.seam.attach(Refusal())
    try:
        for program in ('llm_call("x")', 'llm_stream("x")'):
            with pytest.raises(HarnError) as caught:
                runtime.run(runtime.compile(program, "test.harn", use_cache=False))
            assert caught.value.message == "models are off limits"
    finally:
        runtime.close()
    assert server.requests == []


def test_parallel_calls_run_side_by_side(server: ProviderServer) -> None:
    server.script(*[openai_stream("x")] * 20)
    program = """
    let texts = parallel each range(0, 20) { n -> llm_call("n").text }
    println(texts.join(""))
    """
    assert run(program, openai_variables(server)).lines == ["x" * 20]
    assert len({request.connection for request in server.requests}) > 1


def once_asked(server: ProviderServer) -> PatientClock:
    """A clock that goes on when a request is under way, however long that takes."""
    return PatientClock(lambda: bool(server.requests))


def test_a_deadline_ends_a_call_that_waits_and_is_not_retried(server: ProviderServer) -> None:
    server.script(Answer(before_head=Stall()))
    program = 'println(unwrap_err(try { deadline 100ms { llm_call("x") } }))'
    assert run(program, openai_variables(server), clock=once_asked(server)).lines == ["Deadline exceeded"]
    server.wait_for_departures(1)
    assert len(server.requests) == 1


def test_a_deadline_does_not_send_a_call_to_the_fallback_provider(server: ProviderServer) -> None:
    primary = Provider("one", server.url, auth_style="none", chat_endpoint="/one", fallback="two")
    second = Provider("two", server.url, auth_env=("TWO_KEY",), chat_endpoint="/messages")
    configuration = replace(BUILT_IN, providers={"one": primary, "two": second})
    server.script(Answer(before_head=Stall()), anthropic_reply("too late"))
    program = """
    let r = try { deadline 100ms { llm_call("x", nil, {provider: "one", model: "m"}) } }
    println(unwrap_err(r))
    """
    ended = run(program, {"TWO_KEY": "k2"}, configuration=configuration, clock=once_asked(server))
    assert ended.lines == ["Deadline exceeded"]
    assert len(server.requests) == 1


def test_a_cancelled_task_leaves_its_call_and_is_not_retried(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Stall()))
    program = """
    let task = spawn { llm_call("x") }
    sleep(300ms)
    cancel(task)
    sleep(10ms)
    println("cancelled")
    """
    assert run(program, openai_variables(server), clock=once_asked(server)).lines == ["cancelled"]
    server.wait_for_departures(1)
    assert len(server.requests) == 1


def test_message_shapes_are_shown_when_asked_for(server: ProviderServer) -> None:
    server.script(openai_stream("x"))
    finished = run('llm_call("secret")', openai_variables(server, HARN_DEBUG_MESSAGE_SHAPES="1"))
    assert finished.errors == (
        "[INFO] [llm.message_shape] outbound provider=openai model=gpt-4o: "
        "#0:user:content=string:tool_call_id=false:tool_calls=0:reasoning=false\n"
    )


def test_a_prefill_that_is_dropped_is_warned_about_once_per_model(server: ProviderServer) -> None:
    server.script(anthropic_stream("x"), anthropic_stream("x"))
    program = """
    for i in range(0, 2) { llm_call("x", nil, {model: "claude-opus-4-6", prefill: "{"}) }
    """
    finished = run(program, anthropic_variables(server))
    assert finished.errors.startswith("[harn] warning: assistant prefill requested for claude-opus-4-6")
    assert finished.errors.count("\n") == 1


def test_options_that_are_not_supported_are_warned_about(server: ProviderServer) -> None:
    server.script(openai_stream("x"))
    finished = run('llm_call("x", nil, {top_k: 3})', openai_variables(server))
    assert finished.errors == '[harn] warning: "top_k" is not supported by provider "openai", ignoring\n'


@pytest.mark.parametrize("variables", [openai_variables, anthropic_variables])
def test_a_stream_arrives_in_pieces(
    server: ProviderServer, variables: Callable[[ProviderServer], dict[str, str]]
) -> None:
    server.script(openai_stream("Hel", "lo") if variables is openai_variables else anthropic_stream("Hel", "lo"))
    program = 'for chunk in llm_stream("x") { println(chunk) }\nprintln("end")'
    assert run(program, variables(server)).lines == ["Hel", "lo", "end"]


def test_the_first_piece_of_a_stream_arrives_before_the_last_is_sent(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="first"), end=Stall()))
    program = 'println(receive(llm_stream("x")))'
    assert run(program, openai_variables(server)).lines == ["first"]
    server.wait_for_departures(1)


@pytest.mark.parametrize(
    "abandoned",
    [
        'fn first() { for chunk in llm_stream("x") { return chunk } }\nprintln(first())',
        'fn first() { let s = llm_stream("x")\n return receive(s) }\nprintln(first())',
        'let s = llm_stream("x")\nprintln(receive(s))\nclose_channel(s)',
    ],
)
@pytest.mark.parametrize("pieces", [1, 500])
def test_a_stream_nobody_reads_any_more_is_stopped_while_the_program_goes_on(
    server: ProviderServer, tmp_path: Path, abandoned: str, pieces: int
) -> None:
    server.script(stream_answer(*[openai_chunk(content="x")] * pieces, end=Stall()))
    departed = tmp_path / "departed"

    def note_departure() -> None:
        with suppress(AssertionError):
            server.wait_for_departures(1)
        departed.write_text(str(server.closed_early))

    watcher = Thread(target=note_departure)
    watcher.start()
    waiting = f'while !file_exists("{departed}") {{ sleep(1ms) }}'
    assert run(f"{abandoned}\n{waiting}", openai_variables(server)).lines == ["x"]
    watcher.join()
    assert departed.read_text() == "1"


def test_closing_the_channel_ends_a_stream(server: ProviderServer) -> None:
    many = [openai_chunk(content="x")] * 500
    server.script(stream_answer(*many, end=Stall()))
    program = """
    let s = llm_stream("x")
    println(receive(s))
    close_channel(s)
    """
    assert run(program, openai_variables(server)).lines == ["x"]
    server.wait_for_departures(1)


def test_a_stream_of_more_pieces_than_the_channel_holds_is_complete(server: ProviderServer) -> None:
    server.script(openai_stream(*["x"] * 300))
    program = 'var n = 0\nfor chunk in llm_stream("x") { n = n + 1 }\nprintln(n)'
    assert run(program, openai_variables(server)).lines == ["300"]


def test_a_stream_that_fails_ends_with_the_error(server: ProviderServer) -> None:
    server.script(Answer([b"busy"], 503))
    program = 'for chunk in llm_stream("x") { println(chunk) }'
    assert run(program, openai_variables(server)).lines == [
        "error: Thrown: openai HTTP 503 Service Unavailable [http_error]: busy"
    ]


def test_a_stream_without_a_key_throws_at_once() -> None:
    with pytest.raises(HarnError) as caught:
        run('llm_stream("x", nil, {provider: "openai"})', {})
    assert caught.value.value.startswith("Missing API key: set OPENAI_API_KEY environment variable")


def test_a_mocking_program_loads_no_http_client() -> None:
    code = (
        "import sys\n"
        "from support import run_source\n"
        "assert run_source('println(llm_call(\"x\").prose)') == 'Mock response to 1-word prompt: x\\n'\n"
        "print(sorted({'httpx', 'aiohttp', 'asyncio'} & set(sys.modules)))"
    )
    tests = str(Path(__file__).parent.parent)
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join([*sys.path, tests]), "HARN_LLM_PROVIDER": "mock"},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert finished.stderr == ""
    assert finished.stdout == "[]\n"


def test_ids_are_uuids_of_version_7() -> None:
    identifier = uuid.UUID(uuid7_text(0x0123456789AB, (1 << 74) - 1))
    assert (identifier.version, identifier.variant) == (7, uuid.RFC_4122)
    assert str(identifier).startswith("01234567-89ab-7fff-bfff-")

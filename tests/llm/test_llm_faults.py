"""What a program sees of every way in which a provider can misbehave: outcome, attempts, waits, events, nothing left open.

Each fault goes through a whole program and a real socket; waits between attempts are written down instead of waited.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import programs
import pytest
from patient_loop import PatientLoop
from programs import PatientClock, Run, anthropic_variables, openai_variables
from provider_server import (
    Answer,
    Certificates,
    Cut,
    ProviderServer,
    Reset,
    Stall,
    anthropic_start,
    anthropic_stream,
    anthropic_text,
    json_answer,
    openai_chunk,
    openai_reply,
    openai_stream,
    openai_usage,
    split_everywhere,
    sse,
    stream_answer,
)
from support import HANG_SECONDS

from harnpy.llm.observe import CallDelta, CallFailed, CallStarted, CallSucceeded, Event

_CERTIFICATES = Certificates()

_ASK = """
let answer = llm_call_safe("hi", nil, {options})
println(answer.ok ? answer.response.text : "${{answer.error.category}}: ${{answer.error.message}}")
println(json_stringify(answer.ok ? answer.response.tool_calls : nil))
println(answer.ok)
"""


@dataclass(frozen=True)
class Fault:
    """What the server does and what follows. outcome is the text of the answer or `CATEGORY: MESSAGE`, as it starts."""

    answers: tuple[Answer, ...]
    outcome: str
    attempts: int = 1
    waits: tuple[float, ...] = ()
    options: str = "{llm_retries: 2}"
    style: str = "openai"
    tool_calls: str = "null"
    further: dict[str, str] = field(default_factory=dict)


_GOOD = openai_stream("good")


def _status(code: int, **headers: str) -> Answer:
    return json_answer({"error": {"message": "m"}}, code, **headers)


def _refused(code: int, phrase: str, category: str, tag: str = "http_error") -> Fault:
    """A status that no further attempt changes."""
    return Fault((_status(code),), f'{category}: openai HTTP {code} {phrase} [{tag}]: {{"error": {{"message": "m"}}}}')


def _passing(code: int) -> Fault:
    """A status that is worth another attempt; the third one succeeds."""
    return Fault((_status(code), _status(code), _GOOD), "good", 3, (4.0, 8.0))


def _stream_of(*pieces: bytes | Cut | Reset | Stall) -> Answer:
    return Answer(list(pieces), headers={"content-type": "text/event-stream"})


def _tool_chunk(index: int, arguments: str, **named: str) -> dict[str, Any]:
    function: dict[str, str] = {"arguments": arguments, **({"name": named["name"]} if "name" in named else {})}
    call: dict[str, Any] = {"index": index, "function": function}
    if "id" in named:
        call["id"] = named["id"]
    return openai_chunk(tool_calls=[call])


_CUT = "transient_network: openai stream ended before the answer was complete: "
_WORD = sse(openai_chunk(content="hel")) + b'data: {"choices":[{"index":0,"delta":{"content":"wor'

FAULTS: dict[str, Fault] = {
    "429 with Retry-After": Fault((_status(429, retry_after="7"), _GOOD), "good", 2, (7.0,)),
    "429 without Retry-After": _passing(429),
    "429 to the end": Fault(
        (_status(429), _status(429), _status(429)),
        "rate_limit: openai HTTP 429 Too Many Requests [rate_limited]: ",
        3,
        (4.0, 8.0),
    ),
    "500": _passing(500),
    "502": _passing(502),
    "503": _passing(503),
    "529": _passing(529),
    "408": _passing(408),
    "400": _refused(400, "Bad Request", "generic"),
    "401": _refused(401, "Unauthorized", "auth"),
    "403": _refused(403, "Forbidden", "auth"),
    "404": _refused(404, "Not Found", "not_found"),
    "413": _refused(413, "Payload Too Large", "generic"),
    "reset before the head": Fault((Answer(before_head=Reset()), _GOOD), "good", 2, (4.0,)),
    "closed before the head": Fault((Answer(before_head=Cut()), _GOOD), "good", 2, (4.0,)),
    "reset in the body": Fault((stream_answer(openai_chunk(content="par"), end=Reset()), _GOOD), "good", 2, (4.0,)),
    "reset in the body, no retry": Fault(
        (stream_answer(openai_chunk(content="par"), end=Reset()),), _CUT, options="{llm_retries: 0}"
    ),
    "cut in the middle of a word": Fault(
        (stream_answer(openai_chunk(content="wor"), end=Cut()),), _CUT, options="{llm_retries: 0}"
    ),
    "cut in the middle of a JSON fragment": Fault((_stream_of(_WORD, Cut()),), _CUT, options="{llm_retries: 0}"),
    "cut in the middle of a character": Fault(
        (_stream_of(_WORD + "ä".encode()[:1], Cut()), openai_stream("ä")), "ä", 2, (4.0,)
    ),
    "ended without a finish reason": Fault(
        (stream_answer(openai_chunk(content="par")), openai_stream("whole")), "whole", 2, (4.0,)
    ),
    "empty body": Fault(
        (Answer([], headers={"content-type": "application/json"}),),
        "generic: openai response parse error: the reply is empty",
    ),
    "HTML instead of JSON": Fault(
        (Answer([b"<html>Sign in</html>"], headers={"content-type": "text/html"}),),
        "generic: openai response parse error: the reply is not JSON but text/html ",
    ),
    "invalid JSON": Fault(
        (Answer([b'{"choices": [}'], headers={"content-type": "application/json"}),),
        "generic: openai response parse error: the reply is not JSON (",
        options="{llm_retries: 2, stream: false}",
    ),
    "wrong content type": Fault((Answer(_GOOD.pieces, headers={"content-type": "text/plain"}),), "good"),
    "duplicate and interleaved tool fragments": Fault(
        (
            stream_answer(
                _tool_chunk(1, "", id="b", name="two"),
                _tool_chunk(0, '{"x"', id="a", name="one"),
                _tool_chunk(1, '{"y"'),
                _tool_chunk(0, "", id="a", name="one"),
                _tool_chunk(0, ":1}"),
                _tool_chunk(1, ":2}"),
                openai_chunk("tool_calls"),
                "[DONE]",
            ),
        ),
        "",
        tool_calls='[{"arguments":{"x":1},"id":"a","name":"one"},{"arguments":{"y":2},"id":"b","name":"two"}]',
    ),
    "tool arguments that are not JSON": Fault(
        (stream_answer(_tool_chunk(0, '{"x": oops', id="a", name="one"), openai_chunk("tool_calls"), "[DONE]"),),
        "",
        tool_calls='[{"arguments":{},"id":"a","name":"one"}]',
    ),
    "unknown event kinds": Fault(
        (
            stream_answer(
                {"object": "something.new", "data": [1, 2]},
                b": a comment\n\nevent: surprise\ndata: not json\n\n",
                openai_chunk(content="known"),
                openai_chunk("stop"),
                "[DONE]",
            ),
        ),
        "known",
    ),
    "unknown Anthropic events": Fault(
        (
            stream_answer(
                anthropic_start(),
                {"type": "brand_new", "x": 1},
                *anthropic_text(0, "known"),
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
                {"type": "message_stop"},
            ),
        ),
        "known",
        style="anthropic",
    ),
    "missing usage": Fault((stream_answer(openai_chunk(content="free"), openai_chunk("stop"), "[DONE]"),), "free"),
    "usage of null": Fault(
        (
            stream_answer(
                openai_chunk(content="free") | {"usage": None},
                openai_chunk("stop"),
                openai_usage(prompt_tokens=None),
                "[DONE]",
            ),
        ),
        "free",
    ),
    "every byte in a piece of its own": Fault((split_everywhere(openai_stream("grüße ", "an 🌍")),), "grüße an 🌍"),
    "an error event in a stream that had begun": Fault(
        (
            stream_answer(
                anthropic_start(),
                *anthropic_text(0, "par"),
                {"type": "error", "error": {"type": "overloaded_error", "message": "later"}},
            ),
            anthropic_stream("whole"),
        ),
        "whole",
        2,
        (4.0,),
        style="anthropic",
    ),
}


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """After each fault there are no more open files than before it, and none of the threads that it brought."""
    gc.collect()
    files, threads = _open_files(), set(threading.enumerate())
    yield
    gc.collect()
    for thread in set(threading.enumerate()) - threads:
        thread.join(HANG_SECONDS)  # a watchdog ends by itself, a moment later
        assert not thread.is_alive(), thread
    assert _open_files() <= files


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def ask(variables: dict[str, str], options: str = "{}", events: list[Event] | None = None) -> Run:
    return programs.run(_ASK.format(options=options), variables, watch=True, events=events)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    fault = FAULTS[name]
    with ProviderServer() as server:
        server.script(*fault.answers)
        variables = (openai_variables if fault.style == "openai" else anthropic_variables)(server)
        done = ask(variables, fault.options)
        assert len(server.requests) == fault.attempts
    text, calls, ok = done.lines
    succeeded = ok == "true"
    assert text.startswith(fault.outcome)
    assert calls == fault.tool_calls
    assert tuple(done.waits) == fault.waits
    kinds = [type(event) for event in done.events]
    failures = [event for event in done.events if isinstance(event, CallFailed)]
    assert kinds.count(CallStarted) == fault.attempts
    assert kinds.count(CallSucceeded) == (1 if succeeded else 0)
    assert len(failures) == fault.attempts - (1 if succeeded else 0)
    assert [event.wait_ms for event in failures if event.wait_ms is not None] == [wait * 1000 for wait in fault.waits]
    assert [event.attempt for event in failures] == list(range(len(failures)))
    assert len({event.call_id for event in done.events if isinstance(event, CallStarted)}) == fault.attempts


def test_a_refused_connection_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        # Nobody listens, and as long as it is bound, nobody else will.
        variables = {"LOCAL_LLM_BASE_URL": f"http://127.0.0.1:{port}", "HARN_LLM_PROVIDER": "local"}
        done = ask(variables, "{llm_retries: 1}")
    assert done.lines[0].startswith("transient_network: local stream error (connect): connection refused")
    assert done.waits == [4.0]


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    variables = {"LOCAL_LLM_BASE_URL": "http://nowhere.invalid", "HARN_LLM_PROVIDER": "local"}
    done = ask(variables, "{llm_retries: 1}")
    assert done.lines[0].startswith("transient_network: local stream error (connect): dns error")
    assert done.waits == [4.0]


def test_a_certificate_that_nobody_trusts_is_a_tls_failure() -> None:
    with ProviderServer(_CERTIFICATES) as server:
        done = ask({"LOCAL_LLM_BASE_URL": server.url, "HARN_LLM_PROVIDER": "local"})
    assert done.waits == []
    assert done.lines[0].startswith(
        "transient_network: local stream error (connect): tls error: unable to get local issuer certificate"
    )


def test_the_certificates_of_ssl_cert_file_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    _CERTIFICATES.authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ProviderServer(_CERTIFICATES) as server:
        server.script(openai_stream("safe"))
        done = ask({"LOCAL_LLM_BASE_URL": server.url, "HARN_LLM_PROVIDER": "local"}, "{llm_retries: 0}")
    assert done.lines[0] == "safe"


def test_a_server_that_speaks_no_tls_is_a_tls_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=_refuse_to_speak_tls, args=(listening,))
        answering.start()
        port = listening.getsockname()[1]
        done = ask(
            {"LOCAL_LLM_BASE_URL": f"https://127.0.0.1:{port}", "HARN_LLM_PROVIDER": "local"}, "{llm_retries: 0}"
        )
        answering.join(HANG_SECONDS)
    assert done.lines[0].startswith("transient_network: local stream error (connect): tls error: WRONG_VERSION_NUMBER")


def _refuse_to_speak_tls(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def let_time_pass(monkeypatch: pytest.MonkeyPatch, reached: Callable[[], bool], round_seconds: float = 0.0) -> None:
    """Time limits of programs that run from now on are exceeded once reached() is true."""
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: PatientLoop(reached, round_seconds))


def test_an_answer_that_never_begins_runs_into_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProviderServer() as server:
        server.script(Answer(before_head=Stall()))
        let_time_pass(monkeypatch, lambda: server.stalls > 0)
        done = ask(openai_variables(server), "{llm_retries: 0, timeout: 1}")
        server.wait_for_departures(1)
    assert done.lines[0].startswith("transient_network: openai stream error (timeout): the request timed out")


def test_an_endless_stream_runs_into_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    with ProviderServer() as server:
        server.script(Answer(_Endless(sse(openai_chunk(content="on "))), headers={"content-type": "text/event-stream"}))
        let_time_pass(monkeypatch, lambda: any(isinstance(event, CallDelta) for event in events), 0.5)
        done = ask(openai_variables(server), "{llm_retries: 0, timeout: 1}", events)
        server.wait_for_departures(1)
    assert done.lines[0].startswith("timeout: openai stream timed out before the answer was complete")


class _Endless(list[bytes | Stall | Cut | Reset]):
    """The pieces of a stream that does not end."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece

    def __iter__(self) -> Iterator[bytes | Stall | Cut | Reset]:
        while True:
            yield self._piece


def test_an_oversized_answer_is_given_up_and_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harnpy.llm.gateway.Transport", _small_transport)
    with ProviderServer() as server:
        server.script(openai_reply("x" * 5000))
        done = ask(openai_variables(server), "{llm_retries: 2, stream: false}")
        assert len(server.requests) == 1
    assert done.lines[0] == "generic: openai API error: the answer is larger than 4,096 bytes"


def _small_transport() -> Any:
    from harnpy.vm.http.transport import Transport

    return Transport(max_reply_bytes=4096)


_PHASES = {
    "waiting for the head": Answer(before_head=Stall()),
    "reading a stream": stream_answer(openai_chunk(content="par"), end=Stall()),
    "reading a whole reply": Answer([b'{"choices": ', Stall()], headers={"content-type": "application/json"}),
}


@pytest.mark.parametrize("phase", _PHASES)
def test_a_deadline_ends_a_call_in_each_phase(phase: str) -> None:
    source = """
    try {
      deadline 50ms { llm_call("hi", nil, {llm_retries: 3, timeout: 60}) }
    } catch (e) { println(e) }
    """
    with ProviderServer() as server:
        server.script(_PHASES[phase])
        done = programs.run(source, openai_variables(server), clock=PatientClock(lambda: bool(server.requests)))
        server.wait_for_departures(1)
    assert done.lines == ["Deadline exceeded"]
    assert done.waits == []


@pytest.mark.parametrize("phase", _PHASES)
def test_cancelling_the_task_ends_a_call_in_each_phase(phase: str) -> None:
    source = """
    let task = spawn { llm_call("hi", nil, {llm_retries: 3, timeout: 60}) }
    sleep(50ms)
    cancel(task)
    await(task)
    """
    with ProviderServer() as server:
        server.script(_PHASES[phase])
        done = programs.run(
            source, openai_variables(server), watch=True, clock=PatientClock(lambda: bool(server.requests))
        )
        server.wait_for_departures(1)
        assert len(server.requests) == 1
    assert done.waits == []
    assert not any(isinstance(event, CallSucceeded) for event in done.events)

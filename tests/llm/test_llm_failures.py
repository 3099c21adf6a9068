"""When a provider misbehaves, the error says what happened, and keys stay out of it."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any, NoReturn

import pytest
from provider_server import (
    Answer,
    Cut,
    ProviderServer,
    Reset,
    Stall,
    anthropic_start,
    anthropic_text,
    json_answer,
    openai_chunk,
    openai_reply,
    openai_stream,
    stream_answer,
)
from wire_requests import KEY, pump, send, wire_request

from harnpy.llm.gateway import Gateway
from harnpy.llm.observe import EventBus
from harnpy.llm.resolve import ApiKey
from harnpy.vm.classification import category_of_error
from harnpy.vm.effects import Repeat, operation_of
from harnpy.vm.errors import Category, HarnError, Origin
from harnpy.vm.http.transport import Transport, TransportFailure


def failure(server: ProviderServer | str, style: str = "openai", **changes: Any) -> HarnError:
    with pytest.raises(HarnError) as caught:
        send(server, style, **changes)
    return caught.value


@pytest.mark.parametrize("stream", [True, False])
def test_a_status_error_names_provider_status_tag_body_and_retry_after(server: ProviderServer, stream: bool) -> None:
    server.script(Answer([b'{"error": "slow ', b'down"}'], 429, {"retry-after": "7"}))
    error = failure(server, stream=stream)
    assert error.origin is Origin.THROWN
    assert error.value == ('openai HTTP 429 Too Many Requests [rate_limited]: {"error": "slow down"} (retry-after: 7)')


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, "Moved Permanently"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (413, "Payload Too Large"),
        (418, "I'm a teapot"),
        (422, "Unprocessable Entity"),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
        (529, "<unknown status code>"),
    ],
)
def test_the_reason_is_the_standard_phrase(server: ProviderServer, status: int, reason: str) -> None:
    server.script(Answer([b"no"], status))
    assert failure(server, "anthropic").value == f"anthropic HTTP {status} {reason} [http_error]: no"


@pytest.mark.parametrize(
    "body", [b"[" + b" " * 428 + b"x", b'["' + b" " * 427 + b"\xff", b"[" + b" " * 428 + b"1e429]"]
)
def test_the_place_of_a_mistake_in_a_reply_is_not_taken_for_a_status(server: ProviderServer, body: bytes) -> None:
    server.script(Answer([body], headers={"content-type": "application/json"}))
    error = failure(server, stream=False)
    assert error.value.startswith("openai response parse error: the reply is not JSON (")
    assert category_of_error(error) is Category.GENERIC


@pytest.mark.parametrize(
    "body",
    [
        "This model's maximum context length is 8 tokens",
        "CONTEXT_LENGTH_EXCEEDED",
        "prompt is too long: 9 tokens",
        "it exceeds the maximum",
        "max_tokens must not exceed 5",
    ],
)
def test_a_context_overflow_is_tagged_whatever_the_status(server: ProviderServer, body: str) -> None:
    server.script(Answer([body.encode()], 429))
    assert failure(server).value == f"openai HTTP 429 Too Many Requests [context_overflow]: {body}"


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (401, Category.AUTH),
        (404, Category.NOT_FOUND),
        (429, Category.RATE_LIMIT),
        (500, Category.SERVER_ERROR),
        (503, Category.OVERLOADED),
        (504, Category.TIMEOUT),
        (529, Category.OVERLOADED),
    ],
)
def test_a_status_error_has_the_category_of_its_status(server: ProviderServer, status: int, category: Category) -> None:
    server.script(Answer([b"no"], status))
    assert category_of_error(failure(server)) is category


def test_a_refused_connection_is_a_transient_network_error() -> None:
    error = failure("http://127.0.0.1:1/v1/chat/completions")
    assert error.value == ("openai stream error (connect): connection refused (http://127.0.0.1:1/v1/chat/completions)")
    assert category_of_error(error) is Category.TRANSIENT_NETWORK


def test_a_refused_connection_without_streaming_is_an_api_error() -> None:
    error = failure("http://127.0.0.1:1/x", stream=False)
    assert error.value == "openai API error: connection refused (http://127.0.0.1:1/x)"
    assert category_of_error(error) is Category.TRANSIENT_NETWORK


@pytest.mark.parametrize("how", [Cut(), Reset()])
@pytest.mark.parametrize("stream", [True, False])
def test_a_connection_that_ends_before_the_reply_is_a_transient_network_error(
    server: ProviderServer, how: Cut | Reset, stream: bool
) -> None:
    server.script(Answer(before_head=how))
    error = failure(server, stream=stream)
    assert category_of_error(error) is Category.TRANSIENT_NETWORK
    assert (error.begun, error.repeatable) == (False, True)


def test_a_stall_before_the_reply_of_a_stream_is_a_stream_error(server: ProviderServer) -> None:
    server.script(Answer(before_head=Stall()))
    assert failure(server, timeout=0.5).value.startswith("openai stream error (timeout): the request timed out")


def test_a_stall_of_a_whole_reply_is_a_timeout(server: ProviderServer) -> None:
    server.script(Answer([b'{"choices"', Stall()]))
    error = failure(server, stream=False, timeout=0.5)
    assert error.value.startswith("openai API error: Deadline exceeded: the request timed out")
    assert category_of_error(error) is Category.TIMEOUT


def test_a_stall_in_the_middle_of_a_stream_is_a_timeout(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Stall()))
    error = failure(server, timeout=0.5)
    assert (error.origin, error.category) == (Origin.CATEGORIZED, Category.TIMEOUT)
    assert (error.begun, error.repeatable) == (True, True)


def test_the_idle_timeout_ends_a_stream_that_goes_silent(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Stall()))
    assert failure(server, idle_timeout=0.5).category is Category.TIMEOUT


def test_a_client_that_times_out_closes_its_connection(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Stall()))
    failure(server, timeout=0.5)
    server.wait_for_departures(1)


@pytest.mark.parametrize("how", [Cut(), Reset(), None])
def test_a_stream_cut_short_is_a_transient_network_error(server: ProviderServer, how: Cut | Reset | None) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=how))
    error = failure(server)
    assert (error.origin, error.category) == (Origin.CATEGORIZED, Category.TRANSIENT_NETWORK)
    assert error.message.startswith("openai stream ended before the answer was complete: ")
    assert (error.begun, error.repeatable, error.partial_text) == (True, True, "par")


def test_a_partial_answer_does_not_show_the_key_or_half_a_tag(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content=f"the key {KEY} and <thi"), end=Cut()))
    assert failure(server).partial_text == "the key [key] and "


def test_a_failure_before_the_answer_has_an_empty_partial_text(server: ProviderServer) -> None:
    server.script(Answer([b"busy"], 503))
    assert failure(server).partial_text == ""


def test_an_anthropic_stream_cut_short_is_a_transient_network_error(server: ProviderServer) -> None:
    server.script(stream_answer(anthropic_start(), *anthropic_text(0, "par"), end=Cut()))
    assert failure(server, "anthropic").category is Category.TRANSIENT_NETWORK


@pytest.mark.parametrize("how", [Cut(), Reset(), Stall()])
def test_what_breaks_after_the_finish_reason_does_not_lose_the_answer(
    server: ProviderServer, how: Cut | Reset | Stall
) -> None:
    server.script(stream_answer(openai_chunk(content="all"), openai_chunk("stop"), end=how))
    assert send(server, timeout=1.0)["text"] == "all"


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("overloaded_error", Category.OVERLOADED),
        ("rate_limit_error", Category.RATE_LIMIT),
        ("api_error", Category.SERVER_ERROR),
        ("authentication_error", Category.AUTH),
    ],
)
def test_an_error_event_is_raised_with_its_category(server: ProviderServer, kind: str, category: Category) -> None:
    event = {"type": "error", "error": {"type": kind, "message": "so sorry"}}
    server.script(stream_answer(anthropic_start(), event))
    error = failure(server, "anthropic")
    assert error.text == f"Error [{category.value}]: anthropic API error: {kind}: so sorry"


def test_an_error_event_of_unknown_kind_is_a_thrown_string(server: ProviderServer) -> None:
    event = {"type": "error", "error": {"type": "invalid_request_error", "message": "bad tools"}}
    server.script(stream_answer(anthropic_start(), event))
    assert failure(server, "anthropic").value == "anthropic API error: invalid_request_error: bad tools"


def test_an_error_inside_an_openai_stream_is_raised(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), {"error": {"message": "boom", "code": "server_error"}}))
    assert failure(server).text == "Error [server_error]: openai API error: server_error: boom"


@pytest.mark.parametrize("style", ["openai", "anthropic"])
def test_an_error_in_a_reply_with_status_200_is_raised(server: ProviderServer, style: str) -> None:
    server.script(json_answer({"error": {"message": "boom"}}))
    assert failure(server, style, stream=False).value == f"{style} API error: boom"


def test_a_reply_that_is_no_json_is_a_parse_error(server: ProviderServer) -> None:
    server.script(Answer([b"<html>\n  <b>Log in</b>"], headers={"content-type": "text/html; charset=utf-8"}))
    assert failure(server, stream=False).value == (
        "openai response parse error: the reply is not JSON but text/html (Expecting value): <html> <b>Log in</b>"
    )


def test_an_error_shows_no_more_than_the_beginning_of_a_reply_that_makes_no_sense(server: ProviderServer) -> None:
    server.script(Answer([b"x" * 10_000]))
    assert failure(server, stream=False).value.endswith(": " + "x" * 200 + "...")


def test_an_empty_reply_is_called_empty(server: ProviderServer) -> None:
    server.script(Answer([b" \n"]))
    assert failure(server, stream=False).value == "openai response parse error: the reply is empty"


def test_a_status_reported_in_the_middle_of_a_stream_decides_the_category(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk("a"), {"error": {"message": "try later", "code": 529}}))
    error = failure(server)
    assert error.value == "openai API error: 529: try later"
    assert category_of_error(error) is Category.OVERLOADED


@pytest.mark.parametrize(
    ("style", "document", "text"),
    [
        ("openai", {}, "openai response parse error: the reply has no choices"),
        ("openai", [], "openai response parse error: the reply has no choices"),
        ("anthropic", {}, "anthropic response parse error: the reply has no content"),
        ("anthropic", "x", "anthropic response parse error: the reply has no content"),
    ],
)
def test_a_reply_of_another_shape_is_a_parse_error(
    server: ProviderServer, style: str, document: Any, text: str
) -> None:
    server.script(json_answer(document))
    assert failure(server, style, stream=False).value == text


def test_a_reply_nested_beyond_reason_is_a_parse_error(server: ProviderServer) -> None:
    server.script(Answer([b"[" * 5000 + b"]" * 5000]))
    assert failure(server, stream=False).value.startswith(
        "openai response parse error: the reply is not JSON (JSON is nested too deeply): [[["
    )


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/x", "http://[::1"])
def test_an_impossible_url_cannot_be_built_into_a_request(url: str) -> None:
    error = failure(url)
    assert str(error.value).startswith(f"openai stream error (request_build): invalid URL ({url})")
    assert error.repeatable is False


def test_an_address_without_its_scheme_is_told_what_is_missing() -> None:
    assert str(failure("localhost:8000/v1").value).endswith(
        "(localhost:8000/v1): it has to begin with http:// or https://"
    )


def test_an_unknown_host_is_a_dns_error() -> None:
    error = failure("http://no-such-host.invalid/v1")
    assert error.value == (
        "openai stream error (connect): dns error: cannot resolve the host name (http://no-such-host.invalid/v1)"
    )


def test_credentials_in_a_url_do_not_appear_in_the_error() -> None:
    error = failure("http://user:hunter2@127.0.0.1:1/v1?token=hunter2")
    assert "hunter2" not in error.text


@pytest.mark.parametrize("stream", [True, False])
def test_a_key_that_the_server_sends_back_does_not_appear_in_the_error(server: ProviderServer, stream: bool) -> None:
    server.script(Answer([f"bad key: {KEY}!".encode()], 401))
    assert failure(server, stream=stream).value == "openai HTTP 401 Unauthorized [http_error]: bad key: [key]!"


def test_a_key_in_an_error_event_does_not_appear_in_the_error(server: ProviderServer) -> None:
    event = {"type": "error", "error": {"type": "authentication_error", "message": KEY}}
    server.script(stream_answer(event))
    assert failure(server, "anthropic").text == "Error [auth]: anthropic API error: authentication_error: [key]"


def test_a_key_that_no_header_can_hold_does_not_appear_in_the_error(server: ProviderServer) -> None:
    async def perform() -> None:
        gateway = Gateway(EventBus())
        gateway.remember_key(ApiKey("TEST_KEY", "sk-line\nbreak"))
        try:
            await gateway.send(wire_request(server.url))
        finally:
            await gateway.close()

    with pytest.raises(HarnError) as caught:
        asyncio.run(perform())
    assert "sk-line" not in caught.value.text
    assert caught.value.value.startswith("openai stream error (request_build): ")


def test_a_key_too_short_to_be_a_secret_does_not_garble_the_error(server: ProviderServer) -> None:
    async def perform() -> None:
        gateway = Gateway(EventBus())
        gateway.remember_key(ApiKey("TEST_KEY", "no"))
        try:
            await gateway.send(wire_request(server.url))
        finally:
            await gateway.close()

    server.script(Answer([b"not now"], 400))
    with pytest.raises(HarnError) as caught:
        asyncio.run(perform())
    assert caught.value.value == "openai HTTP 400 Bad Request [http_error]: not now"


def test_the_repr_of_a_key_does_not_show_it() -> None:
    assert KEY not in repr(ApiKey("TEST_KEY", KEY))


def test_a_call_is_an_effect_that_repeating_repeats() -> None:
    mark = operation_of(Gateway.send)
    assert (mark.effect, mark.repeat) == ("llm", Repeat.COMMITTED)


def test_a_cancelled_call_closes_its_connection(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="par"), end=Stall()))

    async def perform() -> None:
        gateway = Gateway(EventBus())
        call = asyncio.create_task(gateway.send(wire_request(server.url)))
        while not server.requests:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.to_thread(server.wait_for_departures, 1)
        await gateway.close()

    asyncio.run(perform())
    assert server.closed_early == 1


def test_a_proxy_named_in_the_environment_is_used(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.script(openai_stream("through the proxy"))
    assert send("http://provider.invalid/v1/chat/completions")["text"] == "through the proxy"
    assert server.requests[0].path == "http://provider.invalid/v1/chat/completions"


def test_cookies_are_not_kept_between_calls(server: ProviderServer) -> None:
    async def two_calls() -> None:
        gateway = Gateway(EventBus())
        await gateway.send(wire_request(server.url))
        await gateway.send(wire_request(server.url))
        await gateway.close()

    first = openai_stream("a")
    first.headers["set-cookie"] = "session=1"
    server.script(first, openai_stream("b"))
    asyncio.run(two_calls())
    assert "cookie" not in server.requests[1].headers


def test_a_stream_delivers_its_text_chunks(server: ProviderServer) -> None:
    server.script(openai_stream("Hel", "lo"))
    assert pump(server) == ["Hel", "lo"]


def test_a_stream_ends_when_nobody_wants_more(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), openai_chunk(content="b"), end=Stall()))
    assert pump(server, accept=lambda chunk: chunk != "a") == ["a"]
    server.wait_for_departures(1)


def test_a_stream_that_goes_silent_says_so_as_its_last_chunk(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), end=Stall()))
    chunks = pump(server, idle_timeout=0.5)
    assert chunks == ["a", "error: Thrown: stream idle timeout: no data received for 0.5s"]


def test_a_stream_beyond_its_time_says_so_as_its_last_chunk(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), end=Stall()))
    assert pump(server, timeout=0.5) == [
        "a",
        "error: Thrown: stream overall deadline exceeded: 0.5s budget reached before stream completed",
    ]


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (TransportFailure("timeout", "silence"), "stream idle timeout: no data received for 1234567s"),
        (TimeoutError(), "stream overall deadline exceeded: 7654321s budget reached before stream completed"),
    ],
)
def test_long_times_are_shown_in_full(failure: Exception, text: str) -> None:
    class Expired(Transport):
        async def post(self, *arguments: object, **named: object) -> NoReturn:
            raise failure

    chunks: list[str] = []

    async def fail(shown: str) -> None:
        chunks.append(shown)

    async def deliver(chunk: str) -> bool:
        raise AssertionError(chunk)

    request = wire_request("http://127.0.0.1:9", timeout=7654321, idle_timeout=1234567)
    asyncio.run(Gateway(EventBus(), Expired()).pump(request, deliver, fail))
    assert chunks == [f"Thrown: {text}"]


def test_a_stream_that_fails_says_so_as_its_last_chunk(server: ProviderServer) -> None:
    server.script(Answer([b"busy"], 503))
    assert pump(server) == ["error: Thrown: openai HTTP 503 Service Unavailable [http_error]: busy"]


def test_a_stream_cut_short_says_so_as_its_last_chunk(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), end=Cut()))
    first, last = pump(server)
    assert (first, last.partition(": ")[0]) == ("a", "error")
    assert "stream ended before the answer was complete" in last


def test_an_error_event_of_a_stream_is_its_last_chunk(server: ProviderServer) -> None:
    event = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    server.script(stream_answer(anthropic_start(), *anthropic_text(0, "a"), event))
    assert pump(server, "anthropic") == [
        "a",
        "error: Error [overloaded]: anthropic API error: overloaded_error: busy",
    ]


def test_a_stream_answered_whole_delivers_one_chunk(server: ProviderServer) -> None:
    server.script(json_answer({"choices": [{"message": {"content": "all at once"}}]}))
    assert pump(server) == ["all at once"]


def test_a_compressed_reply_is_read(server: ProviderServer) -> None:
    whole = openai_reply("compressed")
    body = gzip.compress(b"".join(piece for piece in whole.pieces if isinstance(piece, bytes)))
    server.script(Answer([body[:9], body[9:20], body[20:]], 200, {**whole.headers, "content-encoding": "gzip"}))
    assert send(server, "openai", stream=False)["text"] == "compressed"


def test_damaged_compression_is_called_so(server: ProviderServer) -> None:
    server.script(Answer([b"no gzip at all"], 200, {"content-type": "application/json", "content-encoding": "gzip"}))
    error = failure(server, stream=False)
    assert error.value == "openai API error: the reply's compression is damaged"

"""Answers over a socket, in both wire formats, streamed and whole, come out in one normal form."""

from __future__ import annotations

from typing import Any

import pytest
from provider_server import (
    Answer,
    ProviderServer,
    anthropic_end,
    anthropic_reply,
    anthropic_start,
    anthropic_stream,
    anthropic_text,
    anthropic_thinking,
    anthropic_tool,
    json_answer,
    openai_chunk,
    openai_reply,
    openai_stream,
    openai_usage,
    split_everywhere,
    stream_answer,
)
from support import HANG_SECONDS
from wire_requests import send, send_watched, visible

from harnpy.vm.errors import HarnError


def text_block(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "visibility": "public"}


def reasoning_block(text: str) -> dict[str, Any]:
    return {"type": "reasoning", "text": text, "visibility": "private"}


def call_block(identifier: str, name: str, arguments: Any) -> dict[str, Any]:
    return {
        "type": "tool_call",
        "id": identifier,
        "name": name,
        "arguments": arguments,
        "visibility": "internal",
    }


def test_an_openai_stream_gives_text_usage_and_stop_reason(server: ProviderServer) -> None:
    server.script(openai_stream("Hel", "lo"))
    assert send(server) == {
        "text": "Hello",
        "tool_calls": [],
        "input_tokens": 7,
        "output_tokens": 3,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": "m-1",
        "provider": "openai",
        "thinking": None,
        "stop_reason": "stop",
        "blocks": [text_block("Hello")],
    }


def test_an_openai_reply_gives_the_same_as_its_stream(server: ProviderServer) -> None:
    server.script(openai_stream("Hel", "lo"), openai_reply("Hello"))
    assert send(server) == send(server, stream=False)


def test_an_anthropic_stream_gives_text_usage_and_stop_reason(server: ProviderServer) -> None:
    server.script(anthropic_stream("Hel", "lo"))
    result = send(server, "anthropic")
    assert (result["text"], result["stop_reason"], result["provider"]) == ("Hello", "end_turn", "anthropic")
    assert (result["input_tokens"], result["output_tokens"]) == (7, 3)


def test_an_anthropic_reply_gives_the_same_as_its_stream(server: ProviderServer) -> None:
    server.script(anthropic_stream("Hel", "lo"), anthropic_reply("Hello"))
    assert send(server, "anthropic") == send(server, "anthropic", stream=False)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11])
def test_an_openai_stream_cut_into_pieces_of_any_size_reads_the_same(server: ProviderServer, size: int) -> None:
    server.script(split_everywhere(openai_stream("Grüße, ", "世界 ", "🎈"), size))
    assert send(server)["text"] == "Grüße, 世界 🎈"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11])
def test_an_anthropic_stream_cut_into_pieces_of_any_size_reads_the_same(server: ProviderServer, size: int) -> None:
    server.script(split_everywhere(anthropic_stream("Grüße, ", "世界 ", "🎈"), size))
    assert send(server, "anthropic")["text"] == "Grüße, 世界 🎈"


def test_pieces_of_text_are_announced_as_they_arrive(server: ProviderServer) -> None:
    server.script(openai_stream("Hel", "lo"))
    _, events = send_watched(server)
    assert visible(events) == ["Hel", "lo"]


def test_openai_tool_calls_come_together_from_fragments(server: ProviderServer) -> None:
    first = {"index": 0, "id": "c0", "type": "function", "function": {"name": "look", "arguments": ""}}
    second = {"index": 1, "id": "c1", "function": {"name": "run", "arguments": '{"a"'}}
    server.script(
        stream_answer(
            openai_chunk(role="assistant", content=None),
            openai_chunk(tool_calls=[second]),
            openai_chunk(tool_calls=[first]),
            openai_chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"path": "é'}}]),
            openai_chunk(tool_calls=[{"index": 1, "function": {"arguments": ": 1}"}}]),
            openai_chunk(tool_calls=[{"index": 0, "function": {"arguments": '"}'}}]),
            openai_chunk("tool_calls"),
            "[DONE]",
        )
    )
    result = send(server)
    assert result["tool_calls"] == [
        {"id": "c0", "name": "look", "arguments": {"path": "é"}},
        {"id": "c1", "name": "run", "arguments": {"a": 1}},
    ]
    assert result["blocks"] == [call_block("c0", "look", {"path": "é"}), call_block("c1", "run", {"a": 1})]
    assert result["stop_reason"] == "tool_calls"


def test_anthropic_tool_calls_come_together_from_fragments(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(),
            *anthropic_text(0, "I look."),
            *anthropic_tool(1, "t1", "look", "", '{"pa', 'th": "x"}'),
            *anthropic_tool(2, "t2", "now"),
            *anthropic_end("tool_use"),
        )
    )
    result = send(server, "anthropic")
    assert result["tool_calls"] == [
        {"id": "t1", "name": "look", "arguments": {"path": "x"}},
        {"id": "t2", "name": "now", "arguments": {}},
    ]
    assert result["blocks"] == [
        text_block("I look."),
        call_block("t1", "look", {"path": "x"}),
        call_block("t2", "now", {}),
    ]


def test_streamed_arguments_that_are_no_json_are_an_empty_object(server: ProviderServer) -> None:
    server.script(stream_answer(anthropic_start(), *anthropic_tool(0, "t", "f", '{"a": '), *anthropic_end("tool_use")))
    assert send(server, "anthropic")["tool_calls"] == [{"id": "t", "name": "f", "arguments": {}}]


def test_whole_arguments_that_are_no_json_say_so(server: ProviderServer) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": oops'}}
    server.script(openai_reply(None, "tool_calls", tool_calls=[call]))
    arguments = send(server, stream=False)["tool_calls"][0]["arguments"]
    assert arguments["__parse_error"].startswith("Could not parse tool arguments as JSON: ")
    assert arguments["__parse_error"].endswith('Raw input: {"a": oops')


def test_missing_arguments_of_a_whole_call_are_an_empty_object(server: ProviderServer) -> None:
    server.script(openai_reply("", tool_calls=[{"id": "c", "function": {"name": "f"}}]))
    assert send(server, stream=False)["tool_calls"] == [{"id": "c", "name": "f", "arguments": {}}]


def test_anthropic_thinking_is_kept_apart_from_text(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(), *anthropic_thinking(0, "Hm", "m."), *anthropic_text(1, "Yes."), *anthropic_end()
        )
    )
    result = send(server, "anthropic")
    assert (result["text"], result["thinking"]) == ("Yes.", "Hmm.")
    assert result["blocks"] == [reasoning_block("Hmm."), text_block("Yes.")]


def test_openai_reasoning_fragments_are_concatenated_unchanged(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            openai_chunk(reasoning_content="Let me "),
            openai_chunk(reasoning=" think."),
            openai_chunk(content="Yes."),
            openai_chunk("stop"),
            "[DONE]",
        )
    )
    result = send(server)
    assert (result["text"], result["thinking"]) == ("Yes.", "Let me  think.")


def test_inline_think_blocks_split_over_chunks_are_thinking(server: ProviderServer) -> None:
    server.script(openai_stream("<th", "ink>why</", "think>", "because"))
    result, events = send_watched(server)
    assert (result["text"], result["thinking"]) == ("because", "why")
    assert visible(events) == ["because"]


def test_an_anthropic_text_keeps_its_think_tags(server: ProviderServer) -> None:
    server.script(anthropic_stream("<think>a</think>b"))
    assert send(server, "anthropic")["text"] == "<think>a</think>b"


def test_whole_reasoning_and_inline_thinking_are_joined_by_a_newline(server: ProviderServer) -> None:
    server.script(openai_reply("<think> b </think>\n\nc", reasoning=" a ", reasoning_content="aa"))
    result = send(server, stream=False)
    assert (result["text"], result["thinking"]) == ("c", "a\naa\nb")
    assert result["blocks"] == [reasoning_block("a\naa\nb"), text_block("c")]


@pytest.mark.parametrize("stream", [True, False])
def test_thinking_without_text_becomes_the_text(server: ProviderServer, stream: bool) -> None:
    server.script(
        stream_answer(openai_chunk(reasoning="deep"), openai_chunk("stop"), "[DONE]")
        if stream
        else openai_reply("", reasoning="deep")
    )
    result = send(server, stream=stream)
    assert (result["text"], result["thinking"]) == ("deep", "deep")
    assert result["blocks"] == [reasoning_block("deep"), text_block("deep")]


@pytest.mark.parametrize("stream", [True, False])
def test_tokens_billed_for_nothing_are_an_error(server: ProviderServer, stream: bool) -> None:
    server.script(
        openai_stream(usage={"completion_tokens": 9}) if stream else openai_reply(None, usage={"completion_tokens": 9})
    )
    with pytest.raises(HarnError) as caught:
        send(server, stream=stream)
    assert caught.value.value == (
        "openai-compatible model m-1 reported completion_tokens=9 but delivered no content, reasoning, or tool calls"
    )


@pytest.mark.parametrize(
    "usage",
    [
        {"cache_read_input_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}},
        {"prompt_tokens_details": {"cached_tokens": 5}, "cache_read_tokens": 6},
        {"cache_read_tokens": 5, "cached_prompt_tokens": 6},
        {"cached_prompt_tokens": 5},
    ],
)
def test_cached_prompt_tokens_are_found_under_every_name(server: ProviderServer, usage: dict[str, Any]) -> None:
    server.script(openai_stream("a", usage={"prompt_tokens": 9, "completion_tokens": 1, **usage}))
    server.script(anthropic_reply("a", usage={"input_tokens": 9, "output_tokens": 1, **usage}))
    assert send(server)["cache_read_tokens"] == 5
    assert send(server, "anthropic", stream=False)["cache_read_tokens"] == 5


def test_anthropic_cache_counts_come_from_either_end_of_the_stream(server: ProviderServer) -> None:
    start = anthropic_start(input_tokens=4, cache_read_input_tokens=5, cache_creation_input_tokens=0)
    end = anthropic_end(output_tokens=2, cache_read_input_tokens=0, cache_creation_input_tokens=6)
    server.script(stream_answer(start, *anthropic_text(0, "a"), *end))
    result = send(server, "anthropic")
    assert (result["input_tokens"], result["output_tokens"]) == (4, 2)
    assert (result["cache_read_tokens"], result["cache_write_tokens"]) == (5, 6)


def test_usage_in_a_chunk_of_its_own_after_the_end_counts(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            openai_chunk(content="a"),
            openai_chunk("stop"),
            openai_usage(prompt_tokens=1, completion_tokens=2),
            "[DONE]",
        )
    )
    assert send(server)["output_tokens"] == 2


def test_the_first_finish_reason_is_kept(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), openai_chunk("length"), openai_chunk("stop"), "[DONE]"))
    assert send(server)["stop_reason"] == "length"


def test_a_server_that_ignores_stream_and_answers_whole_is_understood(server: ProviderServer) -> None:
    server.script(openai_reply("whole"), anthropic_reply("whole"))
    assert send(server)["text"] == "whole"
    assert send(server, "anthropic")["text"] == "whole"


def test_a_stream_without_its_content_type_is_understood(server: ProviderServer) -> None:
    server.script(Answer(openai_stream("a", "b").pieces))
    assert send(server)["text"] == "ab"


def test_events_run_together_without_blank_lines_are_understood(server: ProviderServer) -> None:
    joined = b"".join(piece for piece in openai_stream("a", "b").pieces if isinstance(piece, bytes))
    server.script(stream_answer(joined.replace(b"\n\n", b"\n")))
    assert send(server)["text"] == "ab"


def test_events_that_are_no_json_are_skipped(server: ProviderServer) -> None:
    server.script(stream_answer("{oops", openai_chunk(content="a"), "[]", "null", openai_chunk("stop"), "[DONE]"))
    assert send(server)["text"] == "a"


def test_a_stream_without_done_is_complete_once_it_gave_a_finish_reason(server: ProviderServer) -> None:
    server.script(stream_answer(openai_chunk(content="a"), openai_chunk("stop")))
    assert send(server)["text"] == "a"


def test_multipart_content_of_a_whole_reply_is_rendered_as_text(server: ProviderServer) -> None:
    server.script(
        json_answer(
            {"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]}
        )
    )
    assert send(server, stream=False)["text"] == "ab"


def test_the_json_tool_gives_a_structured_answer_and_no_tool_call(server: ProviderServer) -> None:
    tool = anthropic_tool(0, "t", "json_response", '{"k": ', "1}")
    server.script(
        stream_answer(anthropic_start(), *tool, *anthropic_end("tool_use")),
        anthropic_reply(
            {"type": "tool_use", "id": "t", "name": "json_response", "input": {"k": 1}}, stop_reason="tool_use"
        ),
    )
    for stream in (True, False):
        result = send(server, "anthropic", stream=stream, json_tool=True)
        assert result["structured"] == {"k": 1}
        assert result["tool_calls"] == []
        assert result["text"] == '{"k":1}'
        assert result["blocks"] == [text_block('{"k":1}')]


def test_a_json_tool_cut_short_is_no_structured_answer(server: ProviderServer) -> None:
    tool = anthropic_tool(0, "t", "json_response", '{"k": ')
    server.script(stream_answer(anthropic_start(), *tool, *anthropic_end("max_tokens")))
    result = send(server, "anthropic", json_tool=True)
    assert "structured" not in result
    assert result["text"] == '{"k": '


def test_connections_are_used_again(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from wire_requests import wire_request

    from harnpy.llm.gateway import Gateway
    from harnpy.llm.observe import EventBus
    from harnpy.vm.http import transport

    monkeypatch.setattr(transport, "_DRAIN_SECONDS", HANG_SECONDS)  # on a busy machine the end may take longer

    async def several() -> None:
        gateway = Gateway(EventBus())
        for stream in (True, False, True, True):
            await gateway.send(wire_request(server.url, stream=stream))
        await gateway.close()

    server.script(openai_stream("a"), openai_reply("b"), openai_stream("c"), openai_stream("d"))
    asyncio.run(several())
    assert {request.connection for request in server.requests} == {1}

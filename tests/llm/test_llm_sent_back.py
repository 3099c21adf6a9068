"""Answers that are sent back: sealed thinking, blocks of Harn's own shape; and assets in the provider's shape."""

from __future__ import annotations

from typing import Any

import pytest
from programs import anthropic_variables, openai_variables, run
from provider_server import (
    ProviderServer,
    anthropic_end,
    anthropic_reply,
    anthropic_start,
    anthropic_stream,
    anthropic_text,
    anthropic_thinking,
    anthropic_tool,
    openai_stream,
    stream_answer,
)
from test_llm_wire_requests import request
from wire_requests import send

from harnpy.llm.media import with_assets
from harnpy.llm.own_blocks import provider_messages
from harnpy.llm.providers.styles import Style

THINKING = {"type": "thinking", "thinking": "Hmm.", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "ZW5j"}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}}
BLOCKS = [
    {"type": "reasoning", "text": "Hmm.", "visibility": "private"},
    {"type": "output_text", "text": "Let me look.", "visibility": "public"},
    {"type": "tool_call", "id": "t1", "name": "look", "arguments": {"a": 1}, "visibility": "internal"},
]


def redacted_events(index: int) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": REDACTED},
        {"type": "content_block_stop", "index": index},
    ]


# --- sealed thinking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False])
def test_sealed_thinking_is_kept_beside_the_answer_and_changes_no_block(server: ProviderServer, stream: bool) -> None:
    text = {"type": "text", "text": "Let me look."}
    server.script(
        stream_answer(
            anthropic_start(),
            *anthropic_thinking(0, "Hm", "m."),
            *redacted_events(1),
            *anthropic_text(2, "Let me ", "look."),
            *anthropic_tool(3, "t1", "look", '{"a":', "1}"),
            *anthropic_end("tool_use"),
        )
        if stream
        else anthropic_reply(THINKING, REDACTED, "Let me look.", USE, stop_reason="tool_use")
    )
    result = send(server, "anthropic", stream=stream)
    assert result["wire_content"] == [THINKING, REDACTED, text, USE]
    assert (result["blocks"], result["thinking"]) == (BLOCKS, "Hmm.")


@pytest.mark.parametrize("stream", [True, False])
def test_each_seal_belongs_to_its_own_piece_of_thinking(server: ProviderServer, stream: bool) -> None:
    second = {**THINKING, "thinking": "And?"}
    server.script(
        stream_answer(
            anthropic_start(), *anthropic_thinking(0, "Hmm."), *anthropic_thinking(1, "And?"), *anthropic_end()
        )
        if stream
        else anthropic_reply(THINKING, second)
    )
    result = send(server, "anthropic", stream=stream)
    assert result["wire_content"] == [THINKING, second]


def test_a_seal_without_visible_thinking_is_kept_and_is_no_block(server: ProviderServer) -> None:
    server.script(stream_answer(anthropic_start(), *anthropic_thinking(0), *anthropic_text(1, "a"), *anthropic_end()))
    result = send(server, "anthropic")
    assert result["wire_content"] == [{**THINKING, "thinking": ""}, {"type": "text", "text": "a"}]
    assert (result["thinking"], [block["type"] for block in result["blocks"]]) == (None, ["output_text"])


def test_without_seals_there_is_nothing_to_keep(server: ProviderServer) -> None:
    server.script(anthropic_stream("a"))
    assert "wire_content" not in send(server, "anthropic")


def test_a_transcript_of_a_tool_call_can_be_sent_back_with_its_seal(server: ProviderServer) -> None:
    server.script(
        stream_answer(
            anthropic_start(),
            *anthropic_thinking(0, "Hmm."),
            *anthropic_tool(1, "t1", "look", '{"a":1}'),
            *anthropic_end("tool_use"),
        ),
        anthropic_stream("Done."),
    )
    program = """
    let tools = [{name: "look", parameters: {a: "int"}}]
    let first = llm_call("x", nil, {tools: tools, thinking: true})
    let result = {role: "tool_result", tool_use_id: first.tool_calls[0].id, content: "seen"}
    let second = llm_call("", nil, {tools: tools, thinking: true, messages: first.transcript.messages + [result]})
    println(second.text)
    """
    assert run(program, anthropic_variables(server)).output == "Done.\n"
    assert server.bodies[1]["messages"] == [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [THINKING, USE]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "seen"}]},
    ]


def test_the_json_tool_is_no_part_of_what_is_kept(server: ProviderServer) -> None:
    answer = {"type": "tool_use", "id": "j", "name": "json_response", "input": {"k": "v"}}
    server.script(anthropic_reply(THINKING, answer, USE))
    result = send(server, "anthropic", stream=False, json_tool=True)
    assert result["wire_content"] == [THINKING, USE]


# --- blocks of Harn's own shape --------------------------------------------------------------------------------------


def test_own_blocks_become_the_text_that_every_server_takes() -> None:
    messages = [{"role": "assistant", "content": BLOCKS[:2]}]
    for style in (Style.ANTHROPIC, Style.OPENAI):
        assert provider_messages(messages, style) == [{"role": "assistant", "content": "Let me look."}]


def test_reasoning_alone_is_sent_rather_than_nothing() -> None:
    (message,) = provider_messages([{"role": "assistant", "content": BLOCKS[:1]}], Style.ANTHROPIC)
    assert message["content"] == "Hmm."


def test_own_tool_calls_become_tool_uses_of_anthropic() -> None:
    (message,) = provider_messages([{"role": "assistant", "content": BLOCKS}], Style.ANTHROPIC)
    assert message["content"] == [{"type": "text", "text": "Let me look."}, USE]


@pytest.mark.parametrize("content", ["text", None, [{"type": "text", "text": "a"}], [{"type": "image", "x": 1}], ["a"]])
def test_everything_else_travels_verbatim(content: Any) -> None:
    messages = [{"role": "user", "content": content, "name": "n"}]
    assert provider_messages(messages, Style.OPENAI) == messages


def test_a_transcript_of_an_answer_can_be_sent_back_to_any_provider(server: ProviderServer) -> None:
    server.script(openai_stream("<think>why</think>", "One."), openai_stream("Two."))
    program = """
    let first = llm_call("x")
    let second = llm_call("", nil, {messages: first.transcript.messages + [{role: "user", content: "y"}]})
    println(second.text)
    """
    assert run(program, openai_variables(server)).output == "Two.\n"
    assert server.bodies[1]["messages"] == [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "y"},
    ]


# --- assets ----------------------------------------------------------------------------------------------------------

PICTURE = {"id": "a1", "kind": "image", "media_type": "image/jpeg", "data": "QUJD"}
LINK = {"id": "a2", "kind": "image", "url": "https://h/x.png"}
PAPER = {"id": "a3", "kind": "document", "media_type": "application/pdf", "data": "UERG", "name": "p.pdf"}
ASSETS = {asset["id"]: asset for asset in (PICTURE, LINK, PAPER)}


@pytest.mark.parametrize(
    ("block", "style", "sent"),
    [
        (
            {"type": "image", "asset_id": "a1"},
            Style.ANTHROPIC,
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "QUJD"}},
        ),
        (
            {"type": "image", "asset_id": "a2"},
            Style.ANTHROPIC,
            {"type": "image", "source": {"type": "url", "url": "https://h/x.png"}},
        ),
        (
            {"type": "input_image", "asset_id": "a1"},
            Style.OPENAI,
            {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,QUJD"}},
        ),
        ({"asset_id": "a2"}, Style.OPENAI, {"type": "image_url", "image_url": {"url": "https://h/x.png"}}),
        (
            {"type": "document", "asset_id": "a3"},
            Style.ANTHROPIC,
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "UERG"},
                "title": "p.pdf",
            },
        ),
        (
            {"type": "file", "asset_id": "a3"},
            Style.OPENAI,
            {"type": "file", "file": {"filename": "p.pdf", "file_data": "data:application/pdf;base64,UERG"}},
        ),
    ],
)
def test_an_asset_takes_the_shape_of_its_provider(block: Any, style: Style, sent: Any) -> None:
    (message,) = with_assets([{"role": "user", "content": [{"type": "text", "text": "?"}, block]}], ASSETS, style)
    assert message["content"] == [{"type": "text", "text": "?"}, sent]


@pytest.mark.parametrize(
    "block", [{"type": "image", "asset_id": "none"}, {"type": "image", "asset_id": [1]}, "a", None]
)
def test_what_names_no_known_asset_stays_as_it_is(block: Any) -> None:
    messages = [{"role": "user", "content": [block]}]
    assert with_assets(messages, ASSETS, Style.OPENAI) == messages


def test_a_call_resolves_assets_of_a_list_or_a_transcript_and_keeps_their_names() -> None:
    given = {"provider": "openai", "messages": [{"role": "user", "content": [{"type": "image", "asset_id": "a1"}]}]}
    for assets in ([PICTURE], {"_type": "transcript", "assets": [PICTURE]}):
        (message,) = request({**given, "assets": assets})["body"]["messages"]
        assert message["content"][0]["image_url"]["url"] == "data:image/jpeg;base64,QUJD"


def test_an_asset_for_ollama_travels_beside_the_text() -> None:
    content = [{"type": "text", "text": "?"}, {"type": "image", "asset_id": "a1", "visibility": "public"}]
    sent = request({"provider": "ollama", "messages": [{"role": "user", "content": content}], "assets": [PICTURE]})
    assert sent["body"]["messages"] == [{"role": "user", "content": "?", "images": ["QUJD"]}]

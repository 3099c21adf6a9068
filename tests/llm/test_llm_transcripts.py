"""Transcripts: what goes out comes back in, and a summary costs one plain call."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from message_lists import Message, conversations
from programs import SECRET, anthropic_variables, openai_variables, run
from provider_server import Answer, ProviderServer, anthropic_stream, openai_stream

from harnpy.llm.observe import CallDelta
from harnpy.llm.transcript import Lifecycle, TranscriptParts, build, parts_of
from harnpy.llm.transcript_builtins import transcript_export, transcript_import, transcript_render_visible
from harnpy.vm.compare import structural_encoding

IDS = [f"id-{number:04}" for number in range(2000)]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
TEXTS = st.none() | st.text(min_size=1)
STATES = st.sampled_from([None, "active", "archived", "abandoned", "forked"])


PARTS = st.builds(
    TranscriptParts,
    id=TEXTS,
    messages=conversations(6) | st.lists(VALUES, max_size=4),
    other_events=st.lists(st.dictionaries(st.text(), VALUES, max_size=3), max_size=3),
    assets=st.lists(VALUES, max_size=3),
    summary=TEXTS,
    metadata=VALUES,
    state=STATES,
)


@given(PARTS)
def test_what_is_exported_is_imported_unchanged(parts: TranscriptParts) -> None:
    transcript = build(iter(IDS), parts)
    # Structural encoding tells 1 from 1.0 and from true.
    assert structural_encoding(transcript_import(transcript_export(transcript))) == structural_encoding(transcript)


@given(PARTS)
def test_a_transcript_is_made_of_its_parts_and_one_event_for_each_message(parts: TranscriptParts) -> None:
    transcript = build(iter(IDS), parts, Lifecycle("k", "t"))
    *events, last = transcript["events"]
    assert last["kind"] == "k"
    assert events[len(parts.messages) :] == parts.other_events
    assert all(event["kind"] in ("message", "tool_result") for event in events[: len(parts.messages)])
    again = replace(parts, id=transcript["id"], other_events=[*parts.other_events, last])
    assert parts_of(transcript) == again
    assert None not in (transcript.get(key, "") for key in ("summary", "metadata", "state"))


@given(PARTS)
def test_events_of_messages_are_made_anew(parts: TranscriptParts) -> None:
    transcript = build(iter(IDS), parts)
    before = structural_encoding(transcript)
    rebuilt = build((f"new-{each}" for each in IDS), parts_of(transcript))
    assert structural_encoding(transcript) == before
    count = len(parts.messages)
    assert all(event["id"].startswith("new-") for event in rebuilt["events"][:count])
    assert [{**event, "id": 0} for event in rebuilt["events"][:count]] == [
        {**event, "id": 0} for event in transcript["events"][:count]
    ]


@given(conversations(6))
def test_what_is_visible_are_the_public_texts(messages: list[Message]) -> None:
    transcript = build(iter(IDS), TranscriptParts(messages=messages))
    visible = [f"{event['role']}: {event['text']}" for event in transcript["events"] if event["visibility"] == "public"]
    rendered = transcript_render_visible(transcript)
    assert rendered == "\n".join(line for line in visible if not line.endswith(": "))


def test_a_streamed_answer_is_one_text_in_its_event(server: ProviderServer) -> None:
    server.script(anthropic_stream("Hel", "lo", " you"))
    program = 'println(transcript_render_visible(llm_call("hi").transcript))'
    assert run(program, anthropic_variables(server)).lines == ["user: hi", "assistant: Hello you"]


SUMMARIZE = """
let t = transcript_from_messages([{role: "user", content: "q"}, {role: "assistant", content: "a"}])
println(transcript_summarize(t, {keep_last: 0}).summary)
"""
COMPACT = """
let messages = [{role: "user", content: "q"}, {role: "assistant", content: "a"}]
println(transcript_auto_compact(messages, {keep_last: 0, compact_strategy: "llm"})[0].content)
"""


@pytest.mark.parametrize("program", [SUMMARIZE, COMPACT])
def test_a_summary_is_one_message_to_the_model(server: ProviderServer, program: str) -> None:
    server.script(openai_stream("the gi", "st"))
    finished = run(program, openai_variables(server))
    assert finished.lines[-1] == "the gist"
    [request] = server.requests
    [message] = request.body["messages"]
    assert message["role"] == "user"
    assert message["content"].endswith("\n\nConversation:\nUSER: q\nASSISTANT: a")
    assert "tools" not in request.body and "response_format" not in request.body


@pytest.mark.parametrize("program", [SUMMARIZE, COMPACT])
def test_a_summary_is_not_asked_for_again_and_not_observed(server: ProviderServer, program: str) -> None:
    server.script(Answer([b"slow down"], 503), openai_stream("never"))
    finished = run(f"try {{ {program} }} catch (e) {{ println(e) }}", openai_variables(server), watch=True)
    assert finished.lines == ["openai HTTP 503 Service Unavailable [http_error]: slow down"]
    assert finished.waits == []
    assert [event for event in finished.events if type(event) is not CallDelta] == []
    assert finished.errors == ""
    assert len(server.requests) == 1


def test_a_summary_without_a_key_fails_as_a_call_does() -> None:
    finished = run(f"try {{ {SUMMARIZE} }} catch (e) {{ println(e) }}", {"HARN_LLM_PROVIDER": "openai"})
    assert "OPENAI_API_KEY" in finished.output
    assert SECRET not in finished.output


def test_ids_of_one_value_are_in_the_order_of_its_events() -> None:
    program = """
    var t = transcript()
    for i in 0 to 9 { t = add_user(t, "m") }
    t = transcript_archive(t)
    let ids = t.events.map({ e -> e.id })
    println(ids == ids.sort() && len(set(ids)) == 11)
    """
    assert run(program).lines == ["true"]

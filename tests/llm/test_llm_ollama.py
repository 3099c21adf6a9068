"""Ollama's native API: what is sent to `/api/chat` and how its JSON lines are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from programs import ollama_variables, run
from provider_server import (
    Answer,
    Cut,
    ProviderServer,
    Stall,
    json_answer,
    ndjson_answer,
    ollama_end,
    ollama_line,
    ollama_stream,
    openai_stream,
    split_everywhere,
)
from test_llm_wire_requests import options, request
from wire_requests import pump, send, send_watched, visible

from harnpy.llm.providers.ollama import host_url, keep_alive
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.request import base_url, stream_request
from harnpy.vm.errors import Category, HarnError


def body(given: dict[str, Any] | None = None, env: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    sent = request({"provider": "ollama", "model": "llama-x", **(given or {})}, "hi", more.get("system"), env=env)
    result: dict[str, Any] = sent["body"]
    return result


# --- requests --------------------------------------------------------------------------------------------------------


def test_the_default_body_is_the_documented_one() -> None:
    assert json.dumps(body(system="s"), separators=(",", ":")) == (
        '{"model":"llama-x","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],'
        '"max_tokens":16384,"chat_template_kwargs":{"enable_thinking":false},'
        '"options":{"min_p":0.05,"repeat_penalty":1.05,"num_predict":16384},"think":false,"stream":true}'
    )


def test_sampling_options_stand_at_the_top_and_in_options() -> None:
    sampling = {"temperature": 0.5, "top_p": 0.9, "seed": 4, "stop": ["x"], "frequency_penalty": 0.1}
    sent = body({**sampling, "top_k": 5, "presence_penalty": 0.2})
    assert sent["options"] == {
        "min_p": 0.05,
        "repeat_penalty": 1.05,
        "num_predict": 16384,
        "top_k": 5,
        "presence_penalty": 0.2,
        **sampling,
    }
    assert {name: sent[name] for name in sampling} == sampling
    assert "top_k" not in sent


def test_thinking_sets_both_of_its_switches() -> None:
    sent = body({"thinking": True})
    assert (sent["think"], sent["chat_template_kwargs"]) == (True, {"enable_thinking": True})


def test_no_limit_of_tokens_predicts_without_end() -> None:
    sent = body({"max_tokens": 0})
    assert "max_tokens" not in sent and "num_predict" not in sent["options"]


@pytest.mark.parametrize(
    ("env", "length"),
    [
        ({}, None),
        ({"OLLAMA_NUM_CTX": "4096"}, 4096),
        ({"OLLAMA_NUM_CTX": "4096", "OLLAMA_CONTEXT_LENGTH": "8192"}, 8192),
        ({"OLLAMA_CONTEXT_LENGTH": "8192", "BURIN_OLLAMA_NUM_CTX": "16384"}, 16384),
        ({"OLLAMA_CONTEXT_LENGTH": "much", "OLLAMA_NUM_CTX": "4096"}, 4096),
        ({"OLLAMA_CONTEXT_LENGTH": "0", "OLLAMA_NUM_CTX": "-5"}, None),
    ],
)
def test_the_context_window_is_the_first_variable_that_is_a_positive_number(
    env: dict[str, str], length: int | None
) -> None:
    assert body(env=env)["options"].get("num_ctx") == length


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, None),
        ({"OLLAMA_KEEP_ALIVE": " "}, None),
        ({"OLLAMA_KEEP_ALIVE": "default"}, "30m"),
        ({"OLLAMA_KEEP_ALIVE": "forever"}, -1),
        ({"OLLAMA_KEEP_ALIVE": "infinite"}, -1),
        ({"OLLAMA_KEEP_ALIVE": "-1"}, -1),
        ({"OLLAMA_KEEP_ALIVE": "300"}, 300),
        ({"OLLAMA_KEEP_ALIVE": "10m"}, "10m"),
        ({"BURIN_OLLAMA_KEEP_ALIVE": "1h", "OLLAMA_KEEP_ALIVE": "5m"}, "1h"),
        ({"BURIN_OLLAMA_KEEP_ALIVE": "", "OLLAMA_KEEP_ALIVE": "5m"}, "5m"),
    ],
)
def test_how_long_a_model_stays_loaded_comes_from_the_environment(env: dict[str, str], expected: object) -> None:
    assert keep_alive(env.get) == expected
    assert body(env=env).get("keep_alive") == expected


def test_contents_are_flattened_to_text() -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "thing", "n": 1}]},
        {"role": "tool_result", "tool_use_id": "t1", "content": "done"},
        {"role": "assistant", "content": None},
    ]
    assert [message["content"] for message in body({"messages": messages})["messages"]] == [
        'a\n{"n":1,"type":"thing"}',
        "[Result] done",
        "",
    ]


def test_images_travel_beside_the_text() -> None:
    content = [
        {"type": "text", "text": "what is this?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,REVG"}},
    ]
    (message,) = body({"messages": [{"role": "user", "content": content}]})["messages"]
    assert message == {"role": "user", "content": "what is this?", "images": ["QUJD", "REVG"]}


def test_the_arguments_of_earlier_tool_calls_become_objects() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}]
    (message,) = body({"messages": [{"role": "assistant", "content": "", "tool_calls": calls}]})["messages"]
    assert message["tool_calls"][0]["function"] == {"name": "look", "arguments": {"a": 1}}


def test_the_compatible_endpoint_keeps_what_only_it_understands() -> None:
    compatible = replace(BUILT_IN.providers["ollama"], chat_endpoint="/v1/chat/completions")
    configuration = replace(BUILT_IN, providers={"ollama": compatible})
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,REVG"}}
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}]
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "user", "content": [image]},
        {"role": "assistant", "content": "", "tool_calls": calls},
    ]
    given = {"provider": "ollama", "messages": messages}
    sent = request(given, configuration=configuration)["body"]["messages"]
    assert sent == [{"role": "user", "content": "a"}, *messages[1:]]


def test_an_override_replaces_the_whole_options_object() -> None:
    assert body({"ollama": {"options": {"num_ctx": 8192}}})["options"] == {"num_ctx": 8192}


def test_prefill_is_a_last_message_and_two_template_flags() -> None:
    sent = body({"prefill": "Sure"})
    assert sent["messages"][-1] == {"role": "assistant", "content": "Sure"}
    assert sent["chat_template_kwargs"] == {
        "enable_thinking": False,
        "add_generation_prompt": False,
        "continue_final_message": True,
    }


def test_structured_output_is_asked_for_in_ollamas_own_way_too() -> None:
    schema = {"type": "object", "properties": {"k": {"type": "string"}}}
    assert body({"response_format": "json"})["format"] == "json"
    assert body({"response_format": "json", "schema": schema})["format"] == schema


def test_without_streaming_it_is_streamed_all_the_same(server: ProviderServer) -> None:
    server.script(ollama_stream("Hi"))
    result = run('println(llm_call("x", nil, {stream: false}).text)', ollama_variables(server))
    assert (result.output, server.bodies[0]["stream"]) == ("Hi\n", True)
    assert result.errors == "[harn] warning: stream=false is not supported by Ollama, using streaming\n"


def test_the_reduced_body_of_a_stream_limits_the_answer_in_options_too() -> None:
    extracted = options({"provider": "ollama", "model": "m", "max_tokens": 9, "temperature": 0.5}, "hi", "s")
    assert stream_request(BUILT_IN, {}.get, extracted, "c")["body"] == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
        "stream": True,
        "temperature": 0.5,
        "options": {"num_predict": 9, "temperature": 0.5},
    }


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("http://h:1", "http://h:1"),
        ("https://h/x", "https://h/x"),
        ("h:1", "http://h:1"),
        ("127.0.0.1", "http://127.0.0.1:11434"),
    ],
)
def test_the_host_may_be_written_as_ollama_takes_it(host: str, url: str) -> None:
    assert host_url(host) == url
    assert base_url(BUILT_IN.providers["ollama"], {"OLLAMA_HOST": host}.get) == url


# --- replies ---------------------------------------------------------------------------------------------------------


def test_a_streamed_answer_is_put_together(server: ProviderServer) -> None:
    server.script(ollama_stream("Grüß ", "dich"))
    result, events = send_watched(server, "ollama")
    assert result == {
        "text": "Grüß dich",
        "tool_calls": [],
        "input_tokens": 7,
        "output_tokens": 3,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": "llama-x",
        "provider": "ollama",
        "thinking": None,
        "stop_reason": "stop",
        "blocks": [{"type": "output_text", "text": "Grüß dich", "visibility": "public"}],
    }
    assert visible(events) == ["Grüß ", "dich"]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_lines_may_be_split_anywhere_even_inside_a_character(server: ProviderServer, size: int) -> None:
    server.script(split_everywhere(ollama_stream("日本語", "🙂 ok", "\r\n"), size))
    assert send(server, "ollama")["text"] == "日本語🙂 ok\r\n"


def test_blank_and_damaged_lines_are_skipped(server: ProviderServer) -> None:
    lines = (b"\n", b"not json\n", b"[1]\n", ollama_line("a"), b"\r\n", ollama_end())
    server.script(ndjson_answer(*lines))
    assert send(server, "ollama")["text"] == "a"


def test_the_last_line_needs_no_end(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line("a"), json.dumps(ollama_end()).encode()))
    assert send(server, "ollama")["stop_reason"] == "stop"


def test_nothing_is_read_after_the_last_line(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line("a"), ollama_end(), ollama_line("more"), end=Stall()))
    assert send(server, "ollama")["text"] == "a"


def test_thinking_is_kept_apart(server: ProviderServer) -> None:
    server.script(
        ndjson_answer(ollama_line(thinking="Hm"), ollama_line(thinking="m."), ollama_line("Yes"), ollama_end())
    )
    result = send(server, "ollama")
    assert (result["text"], result["thinking"]) == ("Yes", "Hmm.")
    assert [block["type"] for block in result["blocks"]] == ["reasoning", "output_text"]


def test_thinking_alone_becomes_the_text(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line(thinking="deep"), ollama_end()))
    result = send(server, "ollama")
    assert (result["text"], result["thinking"]) == ("deep", "deep")


def test_tags_of_thinking_inside_the_text_stay_there(server: ProviderServer) -> None:
    server.script(ollama_stream("<think>a</think>b"))
    assert send(server, "ollama")["text"] == "<think>a</think>b"


def test_tool_calls_are_read_and_told_apart(server: ProviderServer) -> None:
    look = {"function": {"name": "look", "arguments": {"b": 2, "a": 1}}}
    named = {"id": "own", "function": {"name": "take", "arguments": '{"n": 1}'}}
    server.script(ndjson_answer(ollama_line(tool_calls=[look]), ollama_line(tool_calls=[named, look]), ollama_end()))
    result = send(server, "ollama")
    assert result["tool_calls"] == [
        {"id": "call_0", "name": "look", "arguments": {"a": 1, "b": 2}},
        {"id": "own", "name": "take", "arguments": {"n": 1}},
        {"id": "call_2", "name": "look", "arguments": {"a": 1, "b": 2}},
    ]
    assert [block["type"] for block in result["blocks"]] == ["tool_call"] * 3


def test_an_answer_of_nothing_but_tokens_is_an_error(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_end()))
    with pytest.raises(HarnError) as caught:
        send(server, "ollama")
    beginning = "ollama model llama-x reported eval_count=3 but delivered no content or thinking"
    assert caught.value.value.startswith(beginning)


def test_an_error_in_the_middle_is_an_error(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line("a"), {"error": "model runner has unexpectedly stopped"}))
    with pytest.raises(HarnError) as caught:
        send(server, "ollama")
    assert caught.value.value == "ollama API error: model runner has unexpectedly stopped"
    assert caught.value.begun is True


def test_a_model_that_is_not_there_is_reported_with_the_status(server: ProviderServer) -> None:
    server.script(json_answer({"error": "model 'x' not found"}, 404))
    with pytest.raises(HarnError) as caught:
        send(server, "ollama")
    assert caught.value.value == 'ollama HTTP 404 Not Found [http_error]: {"error": "model \'x\' not found"}'


@pytest.mark.parametrize("end", [None, Cut()])
def test_a_reply_that_ends_early_is_an_error(server: ProviderServer, end: Cut | None) -> None:
    server.script(ndjson_answer(ollama_line("a"), end=end))
    with pytest.raises(HarnError) as caught:
        send(server, "ollama")
    assert (caught.value.category, caught.value.begun) == (Category.TRANSIENT_NETWORK, True)


def test_a_reply_of_something_else_shows_its_beginning(server: ProviderServer) -> None:
    server.script(Answer([b"<html>login</html>"], headers={"content-type": "text/html"}))
    with pytest.raises(HarnError) as caught:
        send(server, "ollama")
    assert "the reply is not JSON but text/html" in caught.value.value
    assert "<html>login</html>" in caught.value.value


def test_the_openai_compatible_endpoint_of_ollama_gets_the_same_body_and_is_read_by_its_content_type(
    server: ProviderServer,
) -> None:
    compatible = replace(BUILT_IN.providers["ollama"], chat_endpoint="/v1/chat/completions")
    configuration = replace(BUILT_IN, providers={**BUILT_IN.providers, "ollama": compatible})
    server.script(openai_stream("<think>a</think>", "b"))
    program = 'let r = llm_call("x")\nprintln("${r.text} ${r.thinking} ${r.provider}")'
    result = run(program, ollama_variables(server), configuration=configuration)
    assert result.output == "b a ollama\n"
    assert (server.requests[0].path, server.bodies[0]["think"]) == ("/v1/chat/completions", False)


def test_the_same_endpoint_under_another_name_gets_the_plain_body(server: ProviderServer) -> None:
    entry = replace(BUILT_IN.providers["ollama"], name="mine", chat_endpoint="/v1/chat/completions")
    configuration = replace(BUILT_IN, providers={"mine": entry})
    server.script(openai_stream("b"))
    variables = {"OLLAMA_HOST": server.url, "HARN_LLM_PROVIDER": "mine", "HARN_LLM_MODEL": "m"}
    assert run('println(llm_call("x").text)', variables, configuration=configuration).output == "b\n"
    assert "think" not in server.bodies[0] and "options" not in server.bodies[0]


def test_a_native_server_under_another_name_is_known_by_its_endpoint(server: ProviderServer) -> None:
    configuration = replace(BUILT_IN, providers={"mine": replace(BUILT_IN.providers["ollama"], name="mine")})
    server.script(ollama_stream("b"))
    variables = {"OLLAMA_HOST": server.url, "HARN_LLM_PROVIDER": "mine", "HARN_LLM_MODEL": "m"}
    program = 'let r = llm_call("x")\nprintln("${r.text} ${r.provider}")'
    assert run(program, variables, configuration=configuration).output == "b mine\n"


# --- llm_stream ------------------------------------------------------------------------------------------------------


def test_a_stream_of_a_native_server_is_delivered_in_pieces(server: ProviderServer) -> None:
    server.script(split_everywhere(ollama_stream("日", "本"), 1))
    assert pump(server, "ollama") == ["日", "本"]


def test_a_stream_that_fails_ends_in_its_error(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line("a"), {"error": "out of memory"}))
    assert pump(server, "ollama") == ["a", "error: Thrown: ollama API error: out of memory"]


def test_a_stream_of_something_else_shows_its_beginning(server: ProviderServer) -> None:
    server.script(Answer([b"<html>login</html>"], headers={"content-type": "text/html"}))
    (chunk,) = pump(server, "ollama")
    assert chunk.startswith("error: Thrown: ollama response parse error: the reply is not JSON but text/html")


def test_a_program_reads_a_stream_of_a_native_server(server: ProviderServer) -> None:
    server.script(ollama_stream("one ", "two"))
    program = 'for piece in llm_stream("x") { print("[${piece}]") }\nprintln("")'
    assert run(program, ollama_variables(server)).output == "[one ][two]\n"


def test_a_dropped_stream_closes_the_connection(server: ProviderServer) -> None:
    server.script(ndjson_answer(ollama_line("a"), end=Stall()))
    program = 'fn first() { for piece in llm_stream("x") { return piece } }\nprintln(first())'
    assert run(program, ollama_variables(server)).output == "a\n"
    server.wait_for_departures(1)

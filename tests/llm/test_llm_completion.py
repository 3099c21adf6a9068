"""`llm_completion` in all its forms: the mock, both kinds of completion endpoint, and a chat call instead of one."""

from __future__ import annotations

from typing import Any

import pytest
from programs import Run, anthropic_variables, ollama_variables, openai_variables, run
from provider_server import Answer, Cut, ProviderServer, anthropic_stream, json_answer

from harnpy.llm.observe import CallStarted, CompletionSucceeded

SHOWN = 'println("${r.text} ${r.input_tokens} ${r.output_tokens} ${r.model} ${r.provider} ${r.stop_reason}")'


def complete(arguments: str, variables: dict[str, str] | None = None, shown: str = SHOWN, **more: Any) -> Run:
    return run(f"let r = llm_completion({arguments})\n{shown}", variables, **more)


def completion_reply(text: str = "42", **more: Any) -> Answer:
    choice = {"index": 0, "text": text, "finish_reason": "stop"}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}}
    return json_answer({"object": "text_completion", "choices": [choice], "usage": usage, **more})


def generate_reply(text: str = "42") -> Answer:
    counts = {"prompt_eval_count": 7, "eval_count": 3}
    return json_answer({"model": "m", "response": text, "done": True, "done_reason": "length", **counts})


# --- the mock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ('"let x = ", ";"', "Mock completion after 8 chars before 1 chars 9 16 mock mock stop"),
        ('"let x = "', "Mock completion after 8 chars 8 16 mock mock stop"),
        ('"ä", ""', "Mock completion after 1 chars 2 16 mock mock stop"),
        ('"ä", nil', "Mock completion after 1 chars 2 16 mock mock stop"),
        ('12, "🙂"', "Mock completion after 2 chars before 1 chars 6 16 mock mock stop"),
        ("", "Mock completion after 0 chars 0 16 mock mock stop"),
    ],
)
def test_the_mock_counts_characters(arguments: str, line: str) -> None:
    assert complete(arguments).output == line + "\n"


def test_the_mock_consults_no_queue_and_records_nothing() -> None:
    program = """
    llm_mock({text: "queued"})
    println(llm_completion("a").text)
    println(len(llm_mock_calls()))
    println(llm_call("b").text)
    """
    assert run(program).lines == ["Mock completion after 1 chars", "0", "queued"]


def test_a_result_has_the_keys_of_a_call_but_no_transcript_and_no_data() -> None:
    keys = complete('"a", nil, nil, {response_format: "json"}', shown='println(join(keys(r), " "))').output
    assert keys == (
        "blocks cache_read_tokens cache_write_tokens input_tokens model output_tokens prose protocol_violations "
        "provider stop_reason text visible_text\n"
    )


def test_a_completion_is_told_to_observers_once_and_is_no_call() -> None:
    events = complete('"a"', watch=True).events
    (event,) = events
    assert isinstance(event, CompletionSucceeded)
    assert (event.result["output_tokens"], event.options.provider) == (16, "mock")


def test_the_span_around_it_says_what_was_asked_and_what_came() -> None:
    program = """
    enable_tracing(true)
    llm_completion("alone")
    println(trace_spans())
    let task = spawn { llm_completion("ab") }
    await(task)
    let span = trace_spans()[0]
    println("${span.kind} ${span.metadata}")
    """
    metadata = "{input_tokens: 2, model: claude-sonnet-4-20250514, output_tokens: 16, provider: mock, status: ok}"
    assert run(program).lines == ["[]", f"spawn {metadata}"]


# --- OpenAI's endpoint -----------------------------------------------------------------------------------------------


def test_the_completions_endpoint_gets_its_own_body(server: ProviderServer) -> None:
    server.script(completion_reply())
    options = '{temperature: 0.5, top_p: 0.9, stop: ["x"], seed: 4, max_tokens: 9, top_k: 3, model: "m", openai: {echo: true}}'
    result = complete(f'"let x = ", ";", "sys", {options}', openai_variables(server))
    assert result.output == "42 7 3 m openai stop\n"
    (request,) = server.requests
    assert (request.path, request.headers["authorization"]) == ("/v1/completions", "Bearer sk-secret-0123456789")
    assert request.body == {
        "model": "m",
        "prompt": "let x = ",
        "max_tokens": 9,
        "suffix": ";",
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["x"],
        "seed": 4,
        "echo": True,
    }


def test_an_empty_suffix_is_not_sent(server: ProviderServer) -> None:
    server.script(completion_reply())
    complete('"a", ""', openai_variables(server))
    assert server.bodies == [{"model": "gpt-4o", "prompt": "a", "max_tokens": 16384}]


def test_cached_tokens_are_counted(server: ProviderServer) -> None:
    server.script(completion_reply())
    assert complete('"a"', openai_variables(server), "println(r.cache_read_tokens)").output == "2\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": {"message": "no such model"}}), "openai completion API error: no such model"),
        (json_answer({"choices": []}), "openai completion response parse error: the reply has no choices"),
        (json_answer({"error": "busy"}, 503), 'openai HTTP 503 Service Unavailable [http_error]: {"error": "busy"}'),
        (
            Answer([b"<html>"], headers={"content-type": "text/html"}),
            "openai completion response parse error: the reply is not JSON but text/html (Expecting value): <html>",
        ),
        (
            Answer([b"{", Cut()]),
            "openai completion API error: unexpected eof: the connection ended in the middle of the reply",
        ),
    ],
)
def test_failures_are_thrown_at_once(server: ProviderServer, answer: Answer, error: str) -> None:
    server.script(answer)
    program = 'try { llm_completion("a") } catch (e) { println(e) }'
    result = run(program, openai_variables(server))
    assert (result.output, result.waits, len(server.requests)) == (error + "\n", [], 1)


def test_it_has_the_total_timeout_of_calls(server: ProviderServer) -> None:
    program = 'try { llm_completion("a", nil, nil, {timeout: 0}) } catch (e) { println(e) }'
    assert "Deadline exceeded" in run(program, openai_variables(server)).output


# --- Ollama's endpoint -----------------------------------------------------------------------------------------------


def test_ollamas_endpoint_gets_its_own_body(server: ProviderServer) -> None:
    server.script(generate_reply())
    variables = ollama_variables(server, OLLAMA_KEEP_ALIVE="forever", OLLAMA_NUM_CTX="4096")
    options = '{temperature: 0.5, top_p: 0.9, top_k: 3, stop: ["x"], seed: 4, max_tokens: 9, model: "m"}'
    result = complete(f'"let x = ", ";", "sys", {options}', variables)
    assert result.output == "42 7 3 m ollama length\n"
    (request,) = server.requests
    assert request.path == "/api/generate"
    assert request.body == {
        "model": "m",
        "prompt": "let x = ",
        "stream": False,
        "raw": True,
        "options": {
            "num_ctx": 4096,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 3,
            "seed": 4,
            "stop": ["x"],
            "num_predict": 9,
        },
        "suffix": ";",
        "system": "sys",
        "keep_alive": -1,
    }


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"error": "out of memory"}, "ollama completion API error: out of memory"),
        ({"done": True}, "ollama completion response parse error: the reply has no response"),
        ([], "ollama completion response parse error: the reply is no JSON object"),
    ],
)
def test_a_failure_of_ollama_is_thrown(server: ProviderServer, document: Any, error: str) -> None:
    server.script(json_answer(document))
    program = 'try { llm_completion("a") } catch (e) { println(e) }'
    assert run(program, ollama_variables(server)).output == error + "\n"


# --- no endpoint -----------------------------------------------------------------------------------------------------


def test_without_an_endpoint_a_chat_call_asks_in_words(server: ProviderServer) -> None:
    server.script(anthropic_stream("42"))
    result = complete('"let x = ", ";", "Be brief."', anthropic_variables(server), watch=True)
    assert result.output == "42 7 3 claude-sonnet-4-20250514 anthropic end_turn\n"
    assert not any(isinstance(event, CallStarted) for event in result.events)
    body = server.bodies[0]
    assert body["system"].startswith("Be brief.\n\n") and body["system"].count("\n") == 3
    (message,) = body["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("PREFIX:\nlet x = \n\nSUFFIX:\n;\n\n")


def test_without_suffix_and_system_the_instruction_is_the_system_prompt(server: ProviderServer) -> None:
    server.script(anthropic_stream("42"))
    complete('"let x = "', anthropic_variables(server))
    body = server.bodies[0]
    assert body["system"].startswith("Continue") and "\n" not in body["system"]
    assert body["messages"][0]["content"].startswith("PREFIX:\nlet x = \n\n")
    assert "SUFFIX" not in body["messages"][0]["content"]


def test_the_chat_form_is_not_retried_either(server: ProviderServer) -> None:
    server.script(json_answer({}, 500), anthropic_stream("late"))
    result = run('try { llm_completion("a") } catch (e) { println("failed") }', anthropic_variables(server))
    assert (result.output, len(server.requests)) == ("failed\n", 1)

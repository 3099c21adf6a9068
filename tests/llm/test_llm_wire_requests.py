"""What is sent: URL, headers and body of each wire format follow from the options."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harnpy.llm.options import LlmOptions, extract_options
from harnpy.llm.providers.table import BUILT_IN, Configuration, Provider
from harnpy.llm.request import WireRequest, base_url, chat_request, join_url, stream_request
from harnpy.llm.resolve import ModelChooser
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Duration

KEYS = {"OPENAI_API_KEY": "ko", "ANTHROPIC_API_KEY": "ka", "OPENROUTER_API_KEY": "kr", "TOGETHER_AI_API_KEY": "kt"}

ACME = Provider("acme", "https://llm.acme.test/v1/", auth_env=("OPENAI_API_KEY",), chat_endpoint="chat/completions")


def options(
    given: dict[str, Any],
    prompt: Any = "hi",
    system: Any = None,
    configuration: Configuration = BUILT_IN,
    env: dict[str, str] | None = None,
    warnings: list[str] | None = None,
) -> LlmOptions:
    variables = KEYS if env is None else {**KEYS, **env}
    return extract_options(
        prompt,
        system,
        given,
        chooser=ModelChooser(configuration, variables.get, {}, lambda key, text: None),
        env=variables.get,
        remember_key=lambda key: None,
        warn=(warnings if warnings is not None else []).append,
    )


def request(
    given: dict[str, Any],
    prompt: Any = "hi",
    system: Any = None,
    configuration: Configuration = BUILT_IN,
    env: dict[str, str] | None = None,
) -> WireRequest:
    extracted = options(given, prompt, system, configuration, env)
    variables = KEYS if env is None else {**KEYS, **env}
    return chat_request(
        configuration,
        variables.get,
        extracted,
        "call-1",
        provider=extracted.provider,
        key_source=extracted.key_source,
        stream=extracted.stream,
    )


def openai(**given: Any) -> dict[str, Any]:
    return request({"provider": "openai", "model": "gpt-x", **given})["body"]


def anthropic(**given: Any) -> dict[str, Any]:
    return request({"provider": "anthropic", "model": "claude-x", **given})["body"]


def test_the_default_body_of_anthropic() -> None:
    assert list(request({"provider": "anthropic", "model": "claude-x"}, "hi", "s")["body"].items()) == [
        ("model", "claude-x"),
        ("messages", [{"role": "user", "content": "hi"}]),
        ("max_tokens", 16384),
        ("system", "s"),
        ("stream", True),
    ]


def test_the_default_body_of_openai() -> None:
    assert list(request({"provider": "openai", "model": "gpt-x"}, "hi", "s")["body"].items()) == [
        ("model", "gpt-x"),
        ("messages", [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]),
        ("max_tokens", 16384),
        ("stream", True),
        ("stream_options", {"include_usage": True}),
    ]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_without_streaming_there_are_no_streaming_keys(provider: str) -> None:
    body = request({"provider": provider, "stream": False})["body"]
    assert not {"stream", "stream_options"} & set(body)


def test_openai_takes_the_sampling_options() -> None:
    body = openai(
        temperature=0,
        top_p=0.5,
        stop=["a", 1],
        seed=-3,
        frequency_penalty=0.1,
        presence_penalty=1,
        top_k=5,
        max_tokens=9,
    )
    assert {key: body[key] for key in body if key not in ("model", "messages", "stream", "stream_options")} == {
        "max_tokens": 9,
        "temperature": 0,
        "top_p": 0.5,
        "stop": ["a", "1"],
        "seed": -3,
        "frequency_penalty": 0.1,
        "presence_penalty": 1,
    }


def test_anthropic_takes_the_sampling_options_that_it_knows() -> None:
    body = anthropic(temperature=0.5, top_p=1.0, top_k=5, stop=["a"], seed=3, frequency_penalty=0.1)
    assert {key: body[key] for key in body if key not in ("model", "messages", "stream", "max_tokens")} == {
        "temperature": 0.5,
        "top_p": 1.0,
        "top_k": 5,
        "stop_sequences": ["a"],
    }


def test_a_max_tokens_of_zero_is_left_to_openai_and_8192_for_anthropic() -> None:
    assert "max_tokens" not in openai(max_tokens=0)
    assert anthropic(max_tokens=0)["max_tokens"] == 8192
    assert anthropic(max_tokens=-5)["max_tokens"] == 8192


def test_json_mode_of_openai_with_and_without_a_schema() -> None:
    assert openai(response_format="json")["response_format"] == {"type": "json_object"}
    assert openai(response_format="json", schema={"type": "dict"})["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "response", "schema": {"type": "dict"}, "strict": True},
    }
    assert "response_format" not in openai(schema={"type": "dict"})


def test_json_mode_of_anthropic_with_a_schema_asks_for_the_json_tool() -> None:
    body = anthropic(response_format="json", schema={"type": "dict"})
    assert [tool["name"] for tool in body["tools"]] == ["json_response"]
    assert body["tools"][0]["input_schema"] == {"type": "dict"}
    assert body["tool_choice"] == {"type": "tool", "name": "json_response"}


def test_json_mode_of_anthropic_without_a_schema_sends_nothing() -> None:
    assert not {"tools", "tool_choice"} & set(anthropic(response_format="json"))


def test_caching_marks_the_system_prompt_of_anthropic() -> None:
    body = request({"provider": "anthropic", "cache": True}, "hi", "s")["body"]
    assert body["system"] == [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]


@pytest.mark.parametrize(
    ("thinking", "budget"),
    [(True, 10000), ("yes", 10000), ({}, 10000), ({"budget_tokens": 7}, 7), ({"budget_tokens": "7"}, 10000)],
)
def test_thinking_of_anthropic_has_a_budget(thinking: Any, budget: int) -> None:
    assert anthropic(thinking=thinking)["thinking"] == {"type": "enabled", "budget_tokens": budget}


@pytest.mark.parametrize("thinking", [False, None, 0, ""])
def test_falsy_thinking_is_off(thinking: Any) -> None:
    assert "thinking" not in anthropic(thinking=thinking)


def test_template_arguments_go_to_local_servers_only() -> None:
    configuration = replace(BUILT_IN, providers={**BUILT_IN.providers, "acme": ACME})

    def arguments(provider: str, **given: Any) -> Any:
        body = request({"provider": provider, **given}, configuration=configuration)["body"]
        return body.get("chat_template_kwargs")

    assert arguments("local") == {"enable_thinking": False}
    assert arguments("acme", thinking=True) == {"enable_thinking": True}
    assert arguments("local", prefill="{") == {
        "enable_thinking": False,
        "add_generation_prompt": False,
        "continue_final_message": True,
    }
    assert [arguments(provider) for provider in ("openai", "openrouter", "together")] == [None, None, None]


def test_a_prefill_is_a_last_assistant_message() -> None:
    expected = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{"}]
    assert openai(prefill="{")["messages"] == expected
    assert anthropic(prefill="{")["messages"] == expected
    assert len(openai(prefill="")["messages"]) == 1


@pytest.mark.parametrize("model", ["claude-opus-4-6", "Claude-Sonnet-4-6-x", "anthropic/claude-4.6"])
def test_newer_anthropic_models_get_no_prefill(model: str) -> None:
    assert len(anthropic(model=model, prefill="{")["messages"]) == 1


def test_overrides_replace_top_level_keys_after_everything_else() -> None:
    body = openai(temperature=1, openai={"temperature": 0.5, "metadata": {"d": Duration(1000)}, "stream": False})
    assert body["temperature"] == 0.5
    assert body["metadata"] == {"d": "1s"}
    assert body["stream"] is True


def test_overrides_of_another_provider_do_nothing() -> None:
    assert "x" not in openai(anthropic={"x": 1})


def test_tools_and_tool_choice_are_sent() -> None:
    tools = [{"name": "f", "description": "d", "parameters": {"a": "int"}}]
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    body = openai(tools=tools, tool_choice="auto")
    assert body["tools"] == [{"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}}]
    assert body["tool_choice"] == "auto"
    assert anthropic(tools=tools)["tools"] == [{"name": "f", "description": "d", "input_schema": schema}]


def test_an_empty_tool_list_sends_no_tools() -> None:
    assert "tools" not in openai(tools=[])
    assert options({"provider": "openai", "tools": []}).native_tools == []


def test_urls_headers_and_authorization_of_the_built_in_providers() -> None:
    sent = {name: request({"provider": name}) for name in ("anthropic", "openai", "openrouter", "together", "local")}
    assert {name: each["url"] for name, each in sent.items()} == {
        "anthropic": "https://api.anthropic.com/v1/messages",
        "openai": "https://api.openai.com/v1/chat/completions",
        "openrouter": "https://openrouter.ai/api/v1/chat/completions",
        "together": "https://api.together.xyz/v1/chat/completions",
        "local": "http://localhost:8000/v1/chat/completions",
    }
    assert sent["anthropic"]["headers"] == {"anthropic-version": "2023-06-01"}
    assert (sent["anthropic"]["auth_header"], sent["anthropic"]["auth_prefix"]) == ("x-api-key", "")
    assert (sent["openai"]["auth_header"], sent["openai"]["auth_prefix"]) == ("Authorization", "Bearer ")
    assert sent["local"]["auth_header"] == ""


def test_a_request_names_the_source_of_its_key_and_does_not_hold_it() -> None:
    sent = request({"provider": "openai"})
    assert sent["key_source"] == "OPENAI_API_KEY"
    assert "ko" not in repr(sent)


@pytest.mark.parametrize(
    ("provider", "variable", "value", "url"),
    [
        ("openai", "OPENAI_BASE_URL", "http://h/v1", "http://h/v1/chat/completions"),
        ("openai", "OPENAI_BASE_URL", " 'http://h/v1/' ", "http://h/v1/chat/completions"),
        ("openai", "OPENAI_BASE_URL", "", "https://api.openai.com/v1/chat/completions"),
        ("anthropic", "ANTHROPIC_BASE_URL", "http://h", "http://h/v1/messages"),
        ("anthropic", "ANTHROPIC_BASE_URL", "http://h/", "http://h/v1/messages"),
        ("anthropic", "ANTHROPIC_BASE_URL", "http://h/v1", "http://h/v1/messages"),
        ("local", "LOCAL_LLM_BASE_URL", "http://h:1", "http://h:1/v1/chat/completions"),
        ("local", "LOCAL_LLM_BASE_URL", "http://h:1/v1", "http://h:1/v1/chat/completions"),
    ],
)
def test_base_urls_come_from_the_usual_variables(provider: str, variable: str, value: str, url: str) -> None:
    assert request({"provider": provider, "model": "m"}, env={variable: value})["url"] == url


def test_a_configured_provider_is_used_by_its_name() -> None:
    configuration = replace(BUILT_IN, providers={"acme": ACME})
    assert (
        request({"provider": "acme"}, configuration=configuration)["url"] == "https://llm.acme.test/v1/chat/completions"
    )


def test_the_messages_endpoint_makes_a_provider_anthropic_style() -> None:
    configuration = replace(BUILT_IN, providers={"acme": replace(ACME, chat_endpoint="/messages")})
    sent = request({"provider": "acme"}, "hi", "s", configuration=configuration)
    assert (sent["style"], sent["body"]["system"]) == ("anthropic", "s")


def test_urls_are_joined_by_one_slash() -> None:
    assert join_url("http://h/", "/x") == join_url("http://h", "x") == "http://h/x"
    assert join_url("http://h/x", "") == "http://h/x"


def test_a_base_url_without_override_is_the_configured_one() -> None:
    assert base_url(ACME, {}.get) == "https://llm.acme.test/v1/"


@pytest.mark.parametrize(
    ("given", "env", "timeout"),
    [
        ({}, {}, 120),
        ({}, {"HARN_LLM_TIMEOUT": "7"}, 7),
        ({}, {"HARN_LLM_TIMEOUT": "-7"}, 120),
        ({}, {"HARN_LLM_TIMEOUT": "soon"}, 120),
        ({"timeout": 5}, {"HARN_LLM_TIMEOUT": "7"}, 5),
        ({"timeout": 5.5}, {}, 120),
        ({"timeout": -1}, {}, 0),
    ],
)
def test_the_timeout_comes_from_option_environment_or_default(given: Any, env: Any, timeout: int) -> None:
    assert request({"provider": "openai", **given}, env=env)["timeout"] == timeout


def test_the_idle_timeout_of_a_call_is_what_was_asked_for() -> None:
    assert request({"provider": "openai"})["idle_timeout"] is None
    assert request({"provider": "openai", "idle_timeout": 9})["idle_timeout"] == 9
    assert request({"provider": "openai"}, env={"HARN_LLM_IDLE_TIMEOUT": "8"})["idle_timeout"] == 8


@pytest.mark.parametrize(
    ("given", "value", "streams"),
    [
        ({}, None, True),
        ({}, "0", False),
        ({}, "False", False),
        ({}, "1", True),
        ({"stream": True}, "0", True),
        ({"stream": None}, None, True),
        ({"stream": 0}, None, False),
    ],
)
def test_streaming_is_on_unless_somebody_says_no(given: Any, value: str | None, streams: bool) -> None:
    env = {} if value is None else {"HARN_LLM_STREAM": value}
    assert request({"provider": "openai", **given}, env=env)["stream"] is streams


def reduced(provider: str, **given: Any) -> WireRequest:
    extracted = options({"provider": provider, "model": "m", **given}, "hi", "s")
    return stream_request(BUILT_IN, KEYS.get, extracted, "call-1")


def test_a_stream_sends_a_reduced_body() -> None:
    given = {"temperature": 1, "stop": ["a"], "tools": [], "thinking": True, "prefill": "x", "top_p": 1}
    assert reduced("openai", **given)["body"] == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}],
        "max_tokens": 16384,
        "stream": True,
        "temperature": 1,
    }
    assert reduced("anthropic", **given)["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 16384,
        "stream": True,
        "system": "s",
        "temperature": 1,
    }


def test_a_stream_has_times_of_its_own() -> None:
    assert (reduced("openai")["timeout"], reduced("openai")["idle_timeout"]) == (1800, 30)
    assert (
        reduced("openai", timeout=4, idle_timeout=3)["timeout"],
        reduced("openai", idle_timeout=3)["idle_timeout"],
    ) == (4, 3)


@pytest.mark.parametrize(
    ("provider", "names"),
    [
        ("anthropic", ["seed", "frequency_penalty", "presence_penalty"]),
        ("openai", ["top_k", "thinking", "cache"]),
        ("local", ["top_k", "thinking", "cache"]),
        ("together", []),
    ],
)
def test_options_that_a_provider_does_not_take_are_warned_about(provider: str, names: list[str]) -> None:
    warnings: list[str] = []
    given = {"seed": 1, "frequency_penalty": 1, "presence_penalty": 1, "top_k": 1, "thinking": True, "cache": True}
    options({"provider": provider, **given}, warnings=warnings)
    assert warnings == [f'"{name}" is not supported by provider "{provider}", ignoring' for name in names]


def test_model_defaults_fill_what_the_caller_left_out() -> None:
    configuration = replace(
        BUILT_IN,
        model_defaults={
            "gpt-*": {"temperature": 0.1, "top_p": 1, "top_k": 3},
            "gpt-x*": {"temperature": 0.2, "seed": 1},
        },
    )
    extracted = options({"provider": "openai", "model": "gpt-x", "top_p": 0.9}, configuration=configuration)
    assert (extracted.temperature, extracted.top_p, extracted.top_k, extracted.seed) == (0.2, 0.9, 3, None)


def test_nil_options_are_absent_options() -> None:
    names = (
        "provider",
        "model",
        "max_tokens",
        "temperature",
        "stop",
        "prefill",
        "timeout",
        "output_schema",
        "messages",
    )
    given = dict.fromkeys(names)
    assert options({"provider": "openai", **{name: None for name in names if name != "provider"}}) == options(
        {"provider": "openai"}
    )
    assert options({**given, "provider": "openai"}).model == "gpt-4o"


def test_options_that_are_no_dict_are_ignored() -> None:
    extracted = options({}, env={"HARN_LLM_PROVIDER": "openai"})
    assert options([], env={"HARN_LLM_PROVIDER": "openai"}) == extracted  # type: ignore[arg-type]


def test_an_output_schema_that_is_no_dict_switches_validation_off() -> None:
    structured = options({"provider": "openai", "schema": {"type": "dict"}, "output_schema": "x"}).structured
    assert (structured.expected, structured.schema) == (True, None)


def test_the_transcript_option_is_refused_even_as_nil() -> None:
    with pytest.raises(HarnError) as caught:
        options({"provider": "openai", "transcript": None})
    assert caught.value.value.startswith("llm_call / agent_loop: the `transcript` option was removed.")


def test_a_missing_key_is_noticed_before_malformed_tools() -> None:
    with pytest.raises(HarnError) as caught:
        options({"provider": "huggingface", "tools": 1})
    assert caught.value.value.startswith("Missing API key")

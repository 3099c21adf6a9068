"""How many tokens a model takes, by its id or by asking its provider (chapter 11 section 19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from programs import SECRET, LlmWorld
from provider_server import Answer, ProviderServer, Reset, json_answer
from support import HANG_SECONDS

import harnpy.llm.context_window
from harnpy.cli.compose import make_runtime
from harnpy.llm.context import CallContext
from harnpy.llm.context_window import adapted_thresholds, context_window, known_window
from harnpy.llm.providers.table import BUILT_IN
from harnpy.vm.fiber import Fiber
from harnpy.vm.values import Builtin


@pytest.fixture(autouse=True)
def a_server_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_OLLAMA_TIMEOUT_SECONDS", "_MODELS_TIMEOUT_SECONDS"):
        monkeypatch.setattr(harnpy.llm.context_window, name, HANG_SECONDS)


def asked(variables: dict[str, str], *questions: tuple[str, str], host: str = "") -> list[int | None]:
    """The context windows of these providers' models, asked for by one program; host replaces openai's base URL."""
    runtime = make_runtime(world=LlmWorld(variables))
    found: list[int | None] = []

    def ask(fiber: Fiber) -> None:
        context = CallContext(fiber)
        if host:
            openai = replace(BUILT_IN.providers["openai"], base_url=host)
            context.state.configuration = replace(BUILT_IN, providers={**BUILT_IN.providers, "openai": openai})
        found.extend(context_window(context, provider, model) for provider, model in questions)

    _define(runtime, ask)
    try:
        runtime.run(runtime.compile("ask()", "test.harn", use_cache=False))
    finally:
        runtime.close()
    return found


def _define(runtime: Any, function: Callable[[Fiber], None]) -> None:
    runtime.registry.define(Builtin("ask", function, "ask()", frozenset(), True, 0, 0, False))


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-x", 200_000),
        ("gpt-4o-mini", 128_000),
        ("gpt-4.1", 128_000),
        ("chatgpt-4o", 128_000),
        ("gpt-4-turbo-x", 128_000),
        ("gpt-4-0125-preview", 128_000),
        ("gpt-4-0125-preview-x", 8_192),
        ("gpt-4", 8_192),
        ("gpt-3.5-turbo", 16_385),
        ("o1", 200_000),
        ("o4-mini", 200_000),
        ("google/gemini-2.5-pro", 1_000_000),
        ("gemini-1.5-flash", 1_000_000),
        ("gemini-pro", 128_000),
        ("qwen", None),
    ],
)
def test_some_ids_tell_by_themselves(model: str, tokens: int | None) -> None:
    assert known_window(model) == tokens


def test_such_an_id_is_not_asked_about(server: ProviderServer) -> None:
    assert asked({"LOCAL_LLM_BASE_URL": server.url}, ("local", "gpt-4")) == [8192]
    assert server.requests == []


@pytest.mark.parametrize(
    ("information", "variables", "tokens"),
    [
        ({"general.context_length": 1000, "context_length": 2000}, {}, 1000),
        ({"context_length": 2000}, {"OLLAMA_NUM_CTX": "7"}, 2000),
        ({"llama.context_length": 3000}, {"OLLAMA_NUM_CTX": "700"}, 700),
        ({"llama.context_length": 3000}, {}, 3000),
        ({}, {}, None),
        (None, {"OLLAMA_NUM_CTX": "700"}, 700),
    ],
)
def test_ollama_is_asked_for_the_model(
    server: ProviderServer, information: Any, variables: dict[str, str], tokens: int | None
) -> None:
    server.script(json_answer({"model_info": information}))
    assert asked({"OLLAMA_HOST": server.url, **variables}, ("ollama", "m")) == [tokens]
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/api/show", {"name": "m"})


def test_the_variable_of_ollama_counts_only_if_it_has_answered(server: ProviderServer) -> None:
    server.script(json_answer({}, 404))
    assert asked({"OLLAMA_HOST": server.url, "OLLAMA_NUM_CTX": "700"}, ("ollama", "m")) == [None]


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        ({"max_model_len": 1, "context_length": 2}, 1),
        ({"context_length": 2, "max_context_length": 3}, 2),
        ({"max_context_length": 3, "n_ctx": 4}, 3),
        ({"n_ctx": 4, "top_provider": {"context_length": 5}}, 4),
        ({"top_provider": {"context_length": 5}}, 5),
        ({"max_model_len": None, "context_length": "2"}, None),
    ],
)
def test_the_list_of_models_may_tell(server: ProviderServer, entry: dict[str, Any], tokens: int | None) -> None:
    server.script(json_answer({"data": [{"id": "other", "context_length": 9}, {"id": "m", **entry}]}))
    variables = {"OPENAI_API_KEY": SECRET}
    assert asked(variables, ("openai", "m"), host=f"{server.url}/v1") == [tokens]
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/models")
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_local_server_is_asked_below_its_version_too(server: ProviderServer) -> None:
    server.script(json_answer({}, 404), json_answer({"data": [{"id": "m", "max_model_len": 4096}]}))
    assert asked({"LOCAL_LLM_BASE_URL": server.url}, ("local", "m")) == [4096]
    assert [request.path for request in server.requests] == ["/models", "/v1/models"]


def test_what_was_found_out_is_remembered_also_that_nothing_was(server: ProviderServer) -> None:
    server.script(json_answer({"data": [{"id": "m", "n_ctx": 5}]}), json_answer({"data": []}), json_answer({}))
    variables = {"LOCAL_LLM_BASE_URL": f"{server.url}/v1"}
    assert asked(variables, ("local", "m"), ("local", "m"), ("local", "n"), ("local", "n")) == [5, 5, None, None]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "answer", [json_answer([]), Answer([b"no json"]), Answer(before_head=Reset()), json_answer({"data": 3})]
)
def test_every_failure_is_silent(server: ProviderServer, answer: Answer) -> None:
    server.script(answer, answer)
    assert asked({"LOCAL_LLM_BASE_URL": server.url}, ("local", "m")) == [None]


def test_providers_that_have_no_list_or_no_entry_are_not_asked(server: ProviderServer) -> None:
    assert asked({"ANTHROPIC_BASE_URL": server.url}, ("anthropic", "m"), ("vllm", "m"), ("mock", "m")) == [None] * 3
    assert server.requests == []


@pytest.mark.parametrize(
    ("window", "tier1", "given", "hard", "expected"),
    [
        (8000, 50_000, False, None, (5200, 6000)),
        (8000, 50_000, True, None, (6000, 6000)),
        (8000, 5000, True, 5500, (5000, 5500)),
        (8000, 5000, False, 9000, (5000, 6000)),
        (100, 50_000, True, None, (3072, 3072)),
        (100, 50_000, False, None, (65, 3072)),
        (4099, 9999, False, None, (2664, 3074)),
    ],
)
def test_thresholds_are_lowered_and_never_raised(
    window: int, tier1: int, given: bool, hard: int | None, expected: tuple[int, int]
) -> None:
    assert adapted_thresholds(window, tier1, hard, tier1_given=given) == expected

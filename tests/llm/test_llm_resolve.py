"""Provider, model and key of a call follow from options, environment and configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harnpy.llm.providers.table import BUILT_IN, Alias, Configuration, Provider, Rule, glob_matches
from harnpy.llm.resolve import (
    ApiKey,
    ModelChooser,
    default_tool_format,
    infer_provider,
    resolve_key,
    tier_candidates,
    tier_model,
    tier_of,
)
from harnpy.vm.errors import HarnError


class Warnings:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self._known: set[tuple[str, ...]] = set()

    def say(self, key: tuple[str, ...], text: str) -> None:
        if key not in self._known:
            self._known.add(key)
            self.texts.append(text)


def chooser(configuration: Configuration = BUILT_IN, warnings: Warnings | None = None, **env: str) -> ModelChooser:
    return ModelChooser(configuration, env.get, {}, (warnings or Warnings()).say)


def choose(
    provider: str | None = None, model: str | None = None, tier: str | None = None, **env: str
) -> tuple[str, str]:
    chosen = chooser(**env).choose(provider, model, tier)
    return chosen.provider, chosen.model


def test_the_provider_option_comes_first() -> None:
    assert choose("openai", "claude-x", HARN_LLM_PROVIDER="mock") == ("openai", "claude-x")


def test_auto_in_any_case_is_no_provider() -> None:
    assert choose("Auto", "claude-x") == ("anthropic", "claude-x")


def test_the_environment_provider_comes_before_the_model() -> None:
    assert choose(model="claude-x", HARN_LLM_PROVIDER="openai") == ("openai", "claude-x")


def test_an_empty_environment_provider_is_none() -> None:
    assert choose(model="gpt-x", HARN_LLM_PROVIDER="") == ("openai", "gpt-x")


def test_a_local_server_takes_every_model() -> None:
    assert choose(model="claude-x", LOCAL_LLM_BASE_URL="http://h") == ("local", "claude-x")
    assert choose(LOCAL_LLM_BASE_URL="http://h", LOCAL_LLM_MODEL="m") == ("local", "m")


def test_a_local_server_without_a_model_is_not_chosen() -> None:
    assert choose(LOCAL_LLM_BASE_URL="http://h", ANTHROPIC_API_KEY="k")[0] == "anthropic"


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-x", "anthropic"),
        ("gpt-4o", "openai"),
        ("o1-mini", "openai"),
        ("o3", "openai"),
        ("local:x", "local"),
        ("a/b", "openrouter"),
        ("llama3:8b", "ollama"),
        ("whatever", "anthropic"),
    ],
)
def test_the_provider_is_inferred_from_the_model(model: str, provider: str) -> None:
    assert infer_provider(BUILT_IN, model) == provider


def test_an_alias_brings_its_own_provider() -> None:
    assert choose(model="mid") == ("openai", "gpt-4o-mini")
    assert choose(model="small") == ("openrouter", "Qwen/Qwen3.5-9B")


def test_a_provider_written_before_the_model_is_chosen_and_taken_off() -> None:
    assert choose(model="openai:claude-like") == ("openai", "claude-like")
    assert choose(model="openrouter:a/b:free") == ("openrouter", "a/b:free")
    assert choose(model="local:m") == ("local", "m")


def test_a_colon_behind_anything_else_belongs_to_the_model() -> None:
    assert choose(model="mistral:7b") == ("ollama", "mistral:7b")
    assert choose("ollama", "openai:7b") == ("ollama", "openai:7b")


def test_the_environment_model_chooses_provider_and_model() -> None:
    assert choose(HARN_LLM_MODEL="gpt-4.1") == ("openai", "gpt-4.1")
    assert choose(HARN_LLM_MODEL="openai:gpt-4.1") == ("openai", "gpt-4.1")
    assert choose(HARN_LLM_MODEL="mid") == ("openai", "gpt-4o-mini")


def test_the_environment_model_goes_with_the_environment_provider_only() -> None:
    assert choose(HARN_LLM_MODEL="m", HARN_LLM_PROVIDER="openai") == ("openai", "m")
    assert choose("anthropic", HARN_LLM_MODEL="m", HARN_LLM_PROVIDER="openai")[1] == "claude-sonnet-4-20250514"
    assert choose("openai", HARN_LLM_MODEL="gpt-4.1") == ("openai", "gpt-4o")


def test_without_anything_anthropic_is_used_if_it_has_a_key() -> None:
    assert choose(ANTHROPIC_API_KEY="k") == ("anthropic", "claude-sonnet-4-20250514")


def test_without_any_key_ollama_is_used() -> None:
    assert choose() == ("ollama", "llama3.2")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("ollama", "llama3.2"),
        ("openrouter", "anthropic/claude-sonnet-4-20250514"),
        ("local", "gpt-4o"),
        ("mock", "claude-sonnet-4-20250514"),
        ("together", "claude-sonnet-4-20250514"),
    ],
)
def test_every_provider_has_a_default_model(provider: str, model: str) -> None:
    assert choose(provider) == (provider, model)


def test_the_local_provider_takes_its_model_from_the_environment() -> None:
    assert choose("local", HARN_LLM_MODEL="m") == ("local", "m")
    assert choose("local", LOCAL_LLM_MODEL="l", HARN_LLM_MODEL="m") == ("local", "l")


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("Qwen3.5-9B", "small"),
        ("deepseek-v3", "mid"),
        ("gpt-4o", "frontier"),
        ("claude-x", "frontier"),
        ("gemma4:26b", "mid"),
    ],
)
def test_the_tier_of_a_model_follows_from_its_name(model: str, tier: str) -> None:
    assert tier_of(BUILT_IN, model) == tier


def test_a_tier_gives_the_configured_model_of_its_provider() -> None:
    assert choose(tier="frontier", ANTHROPIC_API_KEY="k") == ("anthropic", "claude-sonnet-4-20250514")


def test_a_tier_out_of_reach_falls_back_with_one_warning() -> None:
    warnings = Warnings()
    one = chooser(warnings=warnings, OPENAI_API_KEY="k")
    one.choose("openai", None, "frontier")
    one.choose("openai", None, "frontier")
    assert warnings.texts == [
        "model_tier 'frontier' could not use provider 'anthropic' in the current environment; "
        "falling back to reachable provider 'local' with model 'gemma-4-31b-it'"
    ]


def test_a_tier_prefers_the_model_named_in_the_environment() -> None:
    assert choose("openai", None, "frontier", HARN_LLM_MODEL="m", HARN_LLM_PROVIDER="mock")[1] == "m"


def test_a_tier_that_nobody_knows_gives_the_default_model() -> None:
    assert choose("openai", None, "imaginary") == ("openai", "gpt-4o")


def test_tier_models_are_looked_up_by_provider_and_tier() -> None:
    configured = replace(BUILT_IN, aliases={"openai/fast": Alias("a", "openai"), "local:fast": Alias("b", "local")})
    assert tier_model(configured, "fast", "openai") == Alias("a", "openai")
    assert tier_model(configured, "fast", "local") == Alias("b", "local")
    assert tier_model(configured, "fast", None) is None


def test_tier_candidates_are_sorted_by_provider_and_model() -> None:
    assert [(alias.provider, alias.model) for alias in tier_candidates(BUILT_IN, "small")] == [
        ("local", "gemma-4-e2b-it"),
        ("local", "gemma-4-e4b-it"),
        ("openrouter", "Qwen/Qwen3.5-9B"),
    ]


def test_a_missing_key_is_an_error_that_names_its_variable() -> None:
    with pytest.raises(HarnError) as caught:
        resolve_key(BUILT_IN, {}.get, "openai")
    assert caught.value.value == (
        "Missing API key: set OPENAI_API_KEY environment variable (provider 'openai' selected via LLM_PROVIDER / "
        "llm.toml @ <built-in defaults>; set HARN_LLM_PROVIDER=mock or LLM_PROVIDER=mock for offline use)"
    )


def test_a_missing_key_of_several_variables_names_them_all() -> None:
    with pytest.raises(HarnError) as caught:
        resolve_key(BUILT_IN, {"HF_TOKEN": " "}.get, "huggingface")
    assert caught.value.value.startswith(
        "Missing API key: set one of HF_TOKEN, HUGGINGFACE_API_KEY environment variables ("
    )


def test_the_first_variable_that_holds_a_key_is_used() -> None:
    env = {"HF_TOKEN": "", "HUGGINGFACE_API_KEY": "k"}
    assert resolve_key(BUILT_IN, env.get, "huggingface") == ApiKey("HUGGINGFACE_API_KEY", "k")


def test_white_space_around_a_key_is_no_part_of_it() -> None:
    assert resolve_key(BUILT_IN, {"OPENAI_API_KEY": " k\n"}.get, "openai").value == "k"


@pytest.mark.parametrize("provider", ["mock", "ollama", "local"])
def test_some_providers_need_no_key(provider: str) -> None:
    assert resolve_key(BUILT_IN, {}.get, provider).value == ""


def test_an_unknown_provider_is_an_error_that_names_it() -> None:
    with pytest.raises(HarnError) as caught:
        resolve_key(BUILT_IN, {"ANTHROPIC_API_KEY": "k"}.get, "antropic")
    assert caught.value.value.startswith("Unknown provider 'antropic': ")
    assert (
        "known providers: anthropic, embedded, huggingface, local, mock, ollama, openai, openrouter, together"
        in caught.value.value
    )


def test_availability_is_asked_once() -> None:
    asked: list[str] = []

    def env(name: str) -> str | None:
        asked.append(name)
        return None

    one = ModelChooser(BUILT_IN, env, {}, Warnings().say)
    assert not one.available("openai")
    assert not one.available("openai")
    assert asked == ["OPENAI_API_KEY"]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("ab*", "abc", True),
        ("*bc", "abc", True),
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("ab*bc", "abc", False),
        ("*b*", "abc", True),
        ("*", "anything", True),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("a*b*c", "axbxc", False),
    ],
)
def test_globs_of_the_configuration(pattern: str, text: str, fits: bool) -> None:
    assert glob_matches(pattern, text) is fits


def test_within_a_rule_any_of_its_conditions_is_enough() -> None:
    rule = Rule("p", exact="one", pattern="two*", contains="three")
    assert [rule.matches(model) for model in ("one", "twofold", "a-three-b", "four")] == [True, True, True, False]


def test_the_tool_format_comes_from_option_environment_alias_and_features() -> None:
    native = Provider("p", "http://h", features=("native_tools",))
    configured = replace(
        BUILT_IN, providers={"p": native}, aliases={"x": Alias("m", "p", "aliased"), "y": Alias("m", "p")}
    )
    unaliased = replace(configured, aliases={})
    chosen = Alias("m", "p")
    assert default_tool_format(configured, {"HARN_AGENT_TOOL_FORMAT": "e"}.get, "o", chosen) == "o"
    assert default_tool_format(configured, {"HARN_AGENT_TOOL_FORMAT": " e "}.get, None, chosen) == "e"
    assert default_tool_format(configured, {"HARN_AGENT_TOOL_FORMAT": " "}.get, None, chosen) == "aliased"
    assert default_tool_format(unaliased, {}.get, None, chosen) == "native"
    assert default_tool_format(BUILT_IN, {}.get, None, Alias("gpt-4o", "openai")) == "text"

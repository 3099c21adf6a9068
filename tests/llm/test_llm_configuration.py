"""Provider files, the `[llm]` section of a manifest, and the builtins of configuration (chapter 11 sections 5 and 6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from programs import SECRET, LlmWorld, Run, openai_variables
from provider_server import Answer, ProviderServer, Reset, json_answer, openai_reply

from harnpy.cli.compose import make_runtime
from harnpy.llm.providers.files import BadConfiguration, parse_provider_file, with_manifest
from harnpy.llm.providers.table import BUILT_IN, HealthCheck, Rule
from harnpy.llm.state import LlmState
from harnpy.vm.errors import HarnError

ACME = """
[providers.acme]
base_url = "https://llm.acme.test/v1"
base_url_env = "ACME_URL"
auth_style = "header"
auth_header = "X-Acme"
auth_env = ["ACME_KEY", "ACME_TOKEN"]
chat_endpoint = "/chat/completions"
completion_endpoint = "/completions"
features = ["native_tools"]
fallback = "other"
rpm = 30
tpm = 40000
retry_count = 3
retry_delay_ms = 100
unknown_key = true
extra_headers = { X-B = "2", X-A = "1" }
healthcheck = { method = "get", path = "/health" }

[aliases]
quick = { id = "acme-quick", provider = "acme" }
tools = { id = "acme-tools", provider = "acme", tool_format = "native" }

[[inference_rules]]
pattern = "acme-*"
provider = "acme"

[[tier_rules]]
contains = "quick"
tier = "small"

[tier_defaults]
default = "frontier"

[model_defaults."acme-*"]
temperature = 1
top_p = 0.5
top_k = 7

[model_prices."acme-*"]
input = 1
output = 2.5
"""


def run_file(tmp_path: Path, source: str, variables: dict[str, str] | None = None) -> Run:
    """Run a program from a file in tmp_path/project, so that a manifest beside it is found."""
    directory = tmp_path / "project"
    directory.mkdir(exist_ok=True)
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock", **(variables or {})})
    runtime = make_runtime(world=world)
    try:
        runtime.run(runtime.compile(source, str(directory / "main.harn"), use_cache=False))
    finally:
        runtime.close()
    return Run(world.output, world.errors, world.waits)


def written(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


NAMES = "println(keys(llm_config()))"
BUILT_IN_NAMES = "[anthropic, huggingface, local, ollama, openai, openrouter, together]"

# --- what a file can say ---------------------------------------------------------------------------------------------


def test_a_file_is_read_whole() -> None:
    configuration = parse_provider_file(ACME, "here")
    acme = configuration.providers["acme"]
    assert (acme.base_url, acme.base_url_env, acme.auth_style, acme.auth_header) == (
        "https://llm.acme.test/v1",
        "ACME_URL",
        "header",
        "X-Acme",
    )
    assert (acme.auth_env, acme.chat_endpoint, acme.completion_endpoint) == (
        ("ACME_KEY", "ACME_TOKEN"),
        "/chat/completions",
        "/completions",
    )
    assert (acme.features, acme.fallback, acme.requests_per_minute, acme.tokens_per_minute) == (
        ("native_tools",),
        "other",
        30,
        40000,
    )
    assert acme.healthcheck == HealthCheck("get", path="/health")
    assert dict(acme.extra_headers) == {"X-A": "1", "X-B": "2"}
    assert configuration.aliases["tools"].tool_format == "native"
    assert configuration.inference_rules == (Rule("acme", pattern="acme-*"),)
    assert configuration.tier_rules == (Rule("small", contains="quick"),)
    assert configuration.default_tier == "frontier"
    assert dict(configuration.model_defaults["acme-*"]) == {"temperature": 1, "top_p": 0.5, "top_k": 7}
    assert configuration.model_prices["acme-*"] == {"input": 1.0, "output": 2.5}
    assert configuration.source == "here"


def test_what_a_file_leaves_out_has_its_default() -> None:
    configuration = parse_provider_file('[providers.a]\nbase_url = "http://a"\nauth_env = "A_KEY"', "here")
    provider = configuration.providers["a"]
    assert (provider.auth_style, provider.auth_env, provider.chat_endpoint) == ("bearer", ("A_KEY",), "")
    assert (provider.completion_endpoint, provider.healthcheck, provider.features) == (None, None, ())
    assert configuration.default_tier == "mid"
    assert list(configuration.providers) == ["a"]
    assert not configuration.aliases


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[providers.a]", "providers.a: missing field `base_url`"),
        ("[providers.a]\nbase_url = 3", "providers.a.base_url: expected a string"),
        ('[providers]\na = "x"', "providers.a: expected a table"),
        ('providers = "x"', "providers: expected a table"),
        ('[providers.a]\nbase_url = ""\nrpm = -1', "providers.a.rpm: expected a whole number from 0 on"),
        ('[providers.a]\nbase_url = ""\nrpm = "9"', "providers.a.rpm: expected an integer"),
        ('[providers.a]\nbase_url = ""\nfeatures = [1]', "providers.a.features: expected a list of strings"),
        ('[providers.a]\nbase_url = ""\nauth_env = 1', "providers.a.auth_env: expected a list"),
        ('[providers.a]\nbase_url = ""\nextra_headers = {a = 1}', "providers.a.extra_headers.a: expected a string"),
        ('[providers.a]\nbase_url = ""\nhealthcheck = {}', "providers.a.healthcheck: missing field `method`"),
        ('[aliases]\na = {id = "x"}', "aliases.a: missing field `provider`"),
        ('[[tier_rules]]\nexact = "x"', "tier_rules[0]: missing field `tier`"),
        ("tier_rules = [1]", "tier_rules[0]: expected a table"),
        ('[model_prices.x]\ninput = "1"', "model_prices.x.input: expected USD for a million tokens, 0 or more"),
        ("[model_prices.x]\ninput = nan", "model_prices.x.input: expected USD for a million tokens, 0 or more"),
    ],
)
def test_a_value_of_a_wrong_type_spoils_the_file_and_is_named(text: str, problem: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse_provider_file(text, "here")
    assert str(caught.value) == problem


# --- which file ------------------------------------------------------------------------------------------------------


def test_without_files_the_built_in_providers_are_there(tmp_path: Path) -> None:
    assert run_file(tmp_path, NAMES).lines == [BUILT_IN_NAMES]


def test_the_named_file_replaces_all_that_is_built_in(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", ACME)
    done = run_file(tmp_path, f'{NAMES}\nprintln(llm_resolve_model("frontier"))', {"HARN_PROVIDERS_CONFIG": path})
    assert done.lines == ["[acme]", "{id: frontier, provider: nil}"]
    assert done.errors == ""


def test_the_users_file_is_read_when_no_other_is_named(tmp_path: Path) -> None:
    written(tmp_path / ".config/harn/providers.toml", ACME)
    assert run_file(tmp_path, NAMES, {"HOME": str(tmp_path)}).lines == ["[acme]"]


def test_the_named_file_wins_over_the_users(tmp_path: Path) -> None:
    written(tmp_path / ".config/harn/providers.toml", ACME)
    path = written(tmp_path / "p.toml", ACME.replace("acme", "named"))
    variables = {"HOME": str(tmp_path), "HARN_PROVIDERS_CONFIG": path}
    assert run_file(tmp_path, NAMES, variables).lines == ["[named]"]


def test_a_named_file_that_cannot_be_read_is_told_and_the_next_is_used(tmp_path: Path) -> None:
    written(tmp_path / ".config/harn/providers.toml", ACME)
    path = str(tmp_path / "missing.toml")
    done = run_file(tmp_path, NAMES, {"HOME": str(tmp_path), "HARN_PROVIDERS_CONFIG": path})
    assert done.errors == f"[llm_config] Cannot read {path}: No such file or directory (os error 2)\n"
    assert done.lines == ["[acme]"]


def test_a_named_file_that_is_no_toml_is_told_and_the_next_is_used(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", "[providers")
    done = run_file(tmp_path, NAMES, {"HARN_PROVIDERS_CONFIG": path})
    assert done.errors.startswith(f"[llm_config] TOML parse error in {path}: ")
    assert len(done.errors.splitlines()) == 1
    assert done.lines == [BUILT_IN_NAMES]


def test_a_named_file_that_is_not_text_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xff")
    done = run_file(tmp_path, NAMES, {"HARN_PROVIDERS_CONFIG": str(path)})
    assert done.errors == f"[llm_config] Cannot read {path}: stream did not contain valid UTF-8\n"


@pytest.mark.parametrize("text", ["[providers", "[providers.a]"])
def test_a_bad_file_of_the_user_is_passed_over_in_silence(tmp_path: Path, text: str) -> None:
    written(tmp_path / ".config/harn/providers.toml", text)
    done = run_file(tmp_path, NAMES, {"HOME": str(tmp_path)})
    assert (done.lines, done.errors) == ([BUILT_IN_NAMES], "")


@pytest.mark.parametrize("name", ["HARN_VERBOSE_CONFIG", "HARN_ACP_VERBOSE"])
@pytest.mark.parametrize(("value", "shown"), [("1", True), ("TRUE", True), ("yes", True), ("on", False), ("0", False)])
def test_loading_the_named_file_is_told_when_asked_for(tmp_path: Path, name: str, value: str, shown: bool) -> None:
    path = written(tmp_path / "p.toml", ACME)
    done = run_file(tmp_path, NAMES, {"HARN_PROVIDERS_CONFIG": path, name: value})
    assert done.errors == (f"[llm_config] Loaded 1 providers, 2 aliases from {path}\n" if shown else "")


def test_the_files_are_read_once(tmp_path: Path) -> None:
    path = str(tmp_path / "missing.toml")
    done = run_file(tmp_path, f'{NAMES}\n{NAMES}\nllm_call("x")', {"HARN_PROVIDERS_CONFIG": path})
    assert len(done.errors.splitlines()) == 1


def test_the_file_is_named_when_a_key_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", ACME)
    with pytest.raises(HarnError) as caught:
        run_file(tmp_path, 'llm_call("x", nil, {provider: "acme"})', {"HARN_PROVIDERS_CONFIG": path})
    assert caught.value.text == (
        "Thrown: Missing API key: set one of ACME_KEY, ACME_TOKEN environment variables (provider 'acme' selected via "
        f"LLM_PROVIDER / llm.toml @ {path}; set HARN_LLM_PROVIDER=mock or LLM_PROVIDER=mock for offline use)"
    )


def test_a_configured_provider_is_called_as_its_file_says(tmp_path: Path, server: ProviderServer) -> None:
    server.script(openai_reply("hello"))
    path = written(tmp_path / "p.toml", ACME)
    variables = {"HARN_PROVIDERS_CONFIG": path, "ACME_URL": f"{server.url}/v9/", "ACME_TOKEN": SECRET}
    program = 'println(llm_call("x", nil, {model: "quick", stream: false}).text)'
    assert run_file(tmp_path, program, {**variables, "HARN_LLM_PROVIDER": ""}).lines == ["hello"]
    request = server.requests[0]
    assert request.path == "/v9/chat/completions"
    assert (request.headers["x-acme"], request.headers["x-a"], request.headers["x-b"]) == (SECRET, "1", "2")
    assert (request.body["model"], request.body["temperature"], request.body["top_p"]) == ("acme-quick", 1, 0.5)


def test_the_limits_of_a_file_apply(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", ACME)
    assert run_file(tmp_path, 'println(llm_rate_limit("acme"))', {"HARN_PROVIDERS_CONFIG": path}).lines == ["30"]


# --- harn.toml -------------------------------------------------------------------------------------------------------

MANIFEST = """
[package]
name = "p"

[llm.providers.openai]
base_url = "http://proxy.test/v1"
rpm = 5

[llm.providers.mine]
base_url = "http://mine.test"
chat_endpoint = "/v1/chat/completions"
auth_style = "none"

[llm.aliases]
mid = { id = "my-mid", provider = "mine" }

[[llm.inference_rules]]
pattern = "gpt-*"
provider = "mine"

[[llm.tier_rules]]
exact = "my-mid"
tier = "mid"

[llm.tier_defaults]
default = "small"

[llm.model_defaults."my-*"]
temperature = 0.25
"""


def test_a_manifest_is_laid_over_what_is_built_in(tmp_path: Path) -> None:
    written(tmp_path / "project/harn.toml", MANIFEST)
    program = f"""
{NAMES}
println(llm_config("openai"))
println(llm_config("mine"))
println(llm_resolve_model("mid"))
println(llm_resolve_model("frontier"))
println(llm_infer_provider("gpt-4o"))
println(llm_infer_provider("claude-x"))
println(llm_model_tier("my-mid"))
println(llm_model_tier("other"))
println(llm_rate_limit("openai"))
"""
    assert run_file(tmp_path, program).lines == [
        "[anthropic, huggingface, local, mine, ollama, openai, openrouter, together]",
        "{auth_style: bearer, base_url: http://proxy.test/v1, chat_endpoint: /chat/completions, "
        "completion_endpoint: /completions, rpm: 5}",
        "{auth_style: none, base_url: http://mine.test, chat_endpoint: /v1/chat/completions}",
        "{id: my-mid, provider: mine}",
        "{id: claude-sonnet-4-20250514, provider: anthropic}",
        "mine",
        "anthropic",
        "mid",
        "small",
        "5",
    ]


def test_a_manifest_is_laid_over_a_provider_file_too(tmp_path: Path) -> None:
    written(tmp_path / "project/harn.toml", '[llm.aliases]\nmy = { id = "m", provider = "acme" }')
    path = written(tmp_path / "p.toml", ACME)
    program = f'{NAMES}\nprintln(llm_resolve_model("my"))\nprintln(llm_resolve_model("quick"))'
    assert run_file(tmp_path, program, {"HARN_PROVIDERS_CONFIG": path}).lines == [
        "[acme]",
        "{id: m, provider: acme}",
        "{id: acme-quick, provider: acme}",
    ]


def test_a_manifest_further_up_is_found(tmp_path: Path) -> None:
    written(tmp_path / "harn.toml", '[llm.aliases]\nmy = { id = "m", provider = "p" }')
    assert run_file(tmp_path, 'println(llm_resolve_model("my").id)').lines == ["m"]


def test_only_the_nearest_manifest_counts(tmp_path: Path) -> None:
    written(tmp_path / "harn.toml", '[llm.aliases]\nmy = { id = "m", provider = "p" }')
    written(tmp_path / "project/harn.toml", '[package]\nname = "p"')
    assert run_file(tmp_path, 'println(llm_resolve_model("my").id)').lines == ["my"]


@pytest.mark.parametrize(
    ("text", "problem"), [("[llm", ""), ("[llm.providers.new]", "llm.providers.new: missing field `base_url`")]
)
def test_a_bad_manifest_is_told_and_left_out(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path / "project/harn.toml", text)
    done = run_file(tmp_path, NAMES)
    assert done.errors.startswith(f"warning: failed to parse {path}: {problem}")
    assert done.lines == [BUILT_IN_NAMES]


def test_a_manifest_without_the_section_changes_nothing() -> None:
    assert with_manifest(BUILT_IN, '[package]\nname = "x"', "harn.toml") is BUILT_IN


# --- the builtins ----------------------------------------------------------------------------------------------------


def test_the_entry_of_a_provider_names_no_keys(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", ACME)
    lines = run_file(
        tmp_path, 'println(llm_config("acme"))\nprintln(llm_config("no"))', {"HARN_PROVIDERS_CONFIG": path}
    ).lines
    assert lines == [
        "{auth_header: X-Acme, auth_style: header, base_url: https://llm.acme.test/v1, chat_endpoint: /chat/completions, "
        "completion_endpoint: /completions, extra_headers: {X-A: 1, X-B: 2}, features: [native_tools], rpm: 30, tpm: 40000}",
        "nil",
    ]


def test_registered_providers_are_listed_with_the_configured_ones(tmp_path: Path) -> None:
    program = 'println(provider_register("zeta"))\nprintln(llm_providers())\nprintln(llm_config("zeta"))'
    assert run_file(tmp_path, program).lines == [
        "true",
        "[anthropic, deepseek, fireworks, groq, huggingface, local, mock, ollama, openai, openrouter, together, zeta]",
        "nil",
    ]
    with pytest.raises(HarnError) as caught:
        run_file(tmp_path, 'provider_register("")')
    assert caught.value.text == "Runtime error: provider_register: name is required"


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ('llm_pick_model("frontier")', "{id: claude-sonnet-4-20250514, provider: anthropic, tier: frontier}"),
        ('llm_pick_model("small")', "{id: Qwen/Qwen3.5-9B, provider: openrouter, tier: small}"),
        ('llm_pick_model("gpt-4o")', "{id: gpt-4o, provider: openai, tier: frontier}"),
        ('llm_pick_model("a/b", {provider: "together"})', "{id: a/b, provider: together, tier: mid}"),
        ("llm_pick_model()", "{id: , provider: anthropic, tier: mid}"),
        ('llm_resolve_model("mid")', "{id: gpt-4o-mini, provider: openai}"),
        ('llm_resolve_model("gpt-x")', "{id: gpt-x, provider: nil}"),
        ('llm_model_tier("Qwen3.5-9B")', "small"),
        ('llm_model_tier("deepseek-v3")', "mid"),
        ('llm_infer_provider("llama3:8b")', "ollama"),
        ("llm_infer_provider()", "anthropic"),
    ],
)
def test_models_are_resolved(tmp_path: Path, call: str, shown: str) -> None:
    assert run_file(tmp_path, f"println({call})").lines == [shown]


# --- health ----------------------------------------------------------------------------------------------------------


def health(tmp_path: Path, provider: str, variables: dict[str, str]) -> Any:
    done = run_file(tmp_path, f"println(json_stringify(llm_healthcheck({provider})))", variables)
    assert SECRET not in done.output + done.errors
    return json.loads(done.output)


def test_a_provider_that_answers_is_reachable(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({"data": []}))
    assert health(tmp_path, '"openai"', openai_variables(server)) == {
        "valid": True,
        "message": "openai is reachable (HTTP 200)",
        "metadata": {"status": 200, "url": f"{server.url}/v1/models"},
    }
    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["authorization"] == f"Bearer {SECRET}"


def test_the_default_is_anthropic_which_is_asked_by_a_post(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({"input_tokens": 1}))
    variables = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url}
    assert health(tmp_path, "", variables)["valid"] is True
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/messages/count_tokens")
    assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == (SECRET, "2023-06-01")
    assert request.headers["content-type"] == "application/json"
    assert request.body["messages"] == [{"role": "user", "content": "x"}]


def test_a_refusal_shows_its_status_and_body_but_no_key(tmp_path: Path, server: ProviderServer) -> None:
    server.script(Answer([f"bad key {SECRET}".encode()], 401))
    assert health(tmp_path, '"openai"', openai_variables(server)) == {
        "valid": False,
        "message": "openai returned HTTP 401: bad key [key]",
        "metadata": {"status": 401, "url": f"{server.url}/v1/models"},
    }


def test_a_missing_key_is_no_reason_not_to_ask(tmp_path: Path, server: ProviderServer) -> None:
    server.script(json_answer({}, 401))
    answer = health(tmp_path, '"openai"', {"OPENAI_BASE_URL": f"{server.url}/v1"})
    assert answer["message"] == "openai returned HTTP 401: {}"
    assert "authorization" not in server.requests[0].headers


def test_a_provider_that_cannot_be_reached_has_failed(tmp_path: Path, server: ProviderServer) -> None:
    answer = health(tmp_path, '"local"', {"LOCAL_LLM_BASE_URL": "http://127.0.0.1:1"})
    assert answer == {
        "valid": False,
        "message": "local healthcheck failed: connection refused (http://127.0.0.1:1/v1/models)",
        "metadata": {},
    }
    server.script(Answer(before_head=Reset()))
    assert health(tmp_path, '"local"', {"LOCAL_LLM_BASE_URL": server.url})["valid"] is False


def test_providers_without_a_check_or_an_entry_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", '[providers.a]\nbase_url = "http://a"')
    variables = {"HARN_PROVIDERS_CONFIG": path}
    assert health(tmp_path, '"a"', variables)["message"] == "No healthcheck configured for a"
    assert health(tmp_path, '"b"', variables) == {"valid": False, "message": "Unknown provider: b", "metadata": {}}


def test_a_check_may_name_another_url(tmp_path: Path, server: ProviderServer) -> None:
    check = f'healthcheck = {{ method = "Post", url = "{server.url}/ping", path = "/no", body = \'{{"a": 1}}\' }}'
    path = written(tmp_path / "p.toml", f'[providers.a]\nbase_url = "http://a"\n{check}')
    server.script(json_answer({}, 202))
    assert health(tmp_path, '"a"', {"HARN_PROVIDERS_CONFIG": path})["metadata"]["url"] == f"{server.url}/ping"
    assert (server.requests[0].method, server.requests[0].body) == ("POST", {"a": 1})


def test_a_set_configuration_is_not_read_over() -> None:
    state = LlmState()
    assert not state.is_configured
    state.configuration = BUILT_IN
    assert state.is_configured

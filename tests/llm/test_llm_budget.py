"""Costs and budgets: prices, what has been spent, and calls that are not sent (chapter 11 section 20)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from programs import LlmWorld, anthropic_variables, openai_variables, run
from provider_server import Answer, ProviderServer, anthropic_reply, json_answer, openai_reply
from timed_runs import run_timed

from harnpy.cli.compose import make_runtime
from harnpy.cli.model_calls import ModelCallSettings, attach
from harnpy.llm import prices
from harnpy.llm.budget import Budget
from harnpy.llm.cost import Rates, Tokens, rates_of
from harnpy.llm.providers.table import BUILT_IN, Configuration
from harnpy.llm.trace_log import TraceLog
from harnpy.vm.effects import EffectCall
from harnpy.vm.errors import Cancelled, HarnError
from harnpy.vm.runtime import Runtime


def call(model: str = "gpt-4o", options: str = "", prompt: str = "hi") -> str:
    more = f", {options}" if options else ""
    return f'llm_call("{prompt}", nil, {{model: "{model}", stream: false, llm_retries: 0{more}}})'


def reply(sent: int, received: int, finish: str = "stop", **details: Any) -> Answer:
    return openai_reply("x", finish, {"prompt_tokens": sent, "completion_tokens": received, **details})


def priced(prices: dict[str, dict[str, float]]) -> Configuration:
    return replace(BUILT_IN, model_prices=prices)


@pytest.fixture(autouse=True)
def no_price_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is installed here."""
    monkeypatch.setattr(prices, "_package", lambda: None)


# --- prices ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "input_rate", "output_rate"),
    [
        ("claude-3-5-haiku-latest", 0.80, 4.00),
        ("claude-haiku-4-5", 0.80, 4.00),
        ("anthropic/claude-sonnet-4-20250514", 3.00, 15.00),
        ("claude-3-5-sonnet", 3.00, 15.00),
        ("claude-3-opus", 15.00, 75.00),
        ("claude-opus-4-1", 15.00, 75.00),
        ("gpt-4o-mini-2024", 0.15, 0.60),
        ("gpt-4o", 2.50, 10.00),
        ("gpt-4-turbo", 10.00, 30.00),
        ("o1-mini", 3.00, 12.00),
        ("o1", 15.00, 60.00),
        ("o3-pro", 15.00, 60.00),
        ("meta/llama-3-70b", 0.59, 0.79),
        ("llama3:8b", 0.05, 0.08),
        ("mistral-large", 2.00, 6.00),
        ("mistral-small", 0.20, 0.60),
        ("gemini-2.5-flash", 0.10, 0.40),
        ("gemini-2.5-pro", 1.25, 5.00),
    ],
)
def test_the_table_prices_models_by_what_their_ids_contain(model: str, input_rate: float, output_rate: float) -> None:
    million = Tokens(1_000_000, 0), Tokens(0, 1_000_000)
    rates = rates_of(BUILT_IN, model, "openai")
    assert rates is not None
    assert [rates.cost(each) for each in million] == [input_rate, output_rate]


@pytest.mark.parametrize("model", ["GPT-4o", "claude-3-7-sonnet", "qwen", "gemini-1.5-flash", "llama-3-405b", ""])
def test_other_models_have_no_price(model: str) -> None:
    assert rates_of(BUILT_IN, model, "openai") is None
    assert run(f'println(llm_cost("{model}", 1000, 500))').lines == ["0.0"]


def test_the_cost_of_missing_counts_is_nothing() -> None:
    program = 'println(llm_cost("gpt-4o-mini", 1000, 500))\nprintln(llm_cost("gpt-4o"))\nprintln(llm_cost("gpt-4o", 1.5, 1000000))'
    assert run(program).lines == ["0.00045", "0.0", "10.0"]


def test_configured_prices_come_before_the_table() -> None:
    configuration = priced({"gpt-4o*": {"input": 1.0, "output": 2.0}, "gpt-4o-x": {"output": 3.0}})
    program = 'println(llm_cost("gpt-4o", 1000000, 1000000))\nprintln(llm_cost("gpt-4o-x", 1000000, 1000000))'
    assert run(program, configuration=configuration).lines == ["3.0", "4.0"]


def test_a_provider_that_takes_no_key_costs_nothing() -> None:
    assert rates_of(BUILT_IN, "qwen", "ollama") == Rates(0.0, 0.0)
    assert rates_of(BUILT_IN, "qwen", "local") == Rates(0.0, 0.0)


def test_cached_tokens_are_priced_where_the_table_does_not_know_the_model(server: ProviderServer) -> None:
    configuration = priced({"m": {"input": 10.0, "output": 20.0, "cache_read": 1.0, "cache_write": 12.5}})
    show = "println(llm_session_cost().total_cost)"
    million = 1_000_000
    usage = {
        "prompt_tokens": million,
        "completion_tokens": million,
        "prompt_tokens_details": {"cached_tokens": 400_000},
    }
    server.script(openai_reply("x", usage=usage))
    program = f"{call('m')}\n{show}"
    assert run(program, openai_variables(server), configuration=configuration).lines == ["26.4"]
    usage = {
        "input_tokens": million,
        "output_tokens": million,
        "cache_read_input_tokens": million,
        "cache_creation_input_tokens": million,
    }
    server.script(anthropic_reply("x", usage=usage))
    assert run(program, anthropic_variables(server), configuration=configuration).lines == ["43.5"]


def test_cached_tokens_change_nothing_for_the_models_of_the_table(server: ProviderServer) -> None:
    server.script(reply(1_000_000, 0, prompt_tokens_details={"cached_tokens": 400_000}))
    program = f"{call()}\nprintln(llm_session_cost().total_cost)"
    assert run(program, openai_variables(server)).lines == ["2.5"]


class PriceList:
    """Stands for genai-prices: knows one model, whose prices double beyond 1,000 tokens of prompt."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    Usage = SimpleNamespace

    def calc_price(self, usage: Any, model: str, *, provider_id: str | None) -> Any:
        self.asked.append((model, provider_id))
        if (model, provider_id) != ("grok-9", "x-ai"):
            raise LookupError(model)
        factor = 2 if usage.input_tokens > 1000 else 1
        read, written = getattr(usage, "cache_read_tokens", 0), getattr(usage, "cache_write_tokens", 0)
        plain = usage.input_tokens - read - written
        return SimpleNamespace(
            input_price=factor * (4 * plain + 1 * read + 5 * written) / 1e6,
            output_price=factor * 8 * getattr(usage, "output_tokens", 0) / 1e6,
        )


def test_an_installed_price_list_is_asked_for_what_the_table_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    package = PriceList()
    monkeypatch.setattr(prices, "_package", lambda: package)
    assert rates_of(BUILT_IN, "x-ai/grok-9", "openrouter", 500) == Rates(4.0, 8.0, 1.0, 5.0)
    assert rates_of(BUILT_IN, "x-ai/grok-9", "openrouter", 2000) == Rates(8.0, 16.0, 2.0, 10.0)
    assert rates_of(BUILT_IN, "nobody/knows", "openrouter") is None
    assert ("x-ai/grok-9", "openrouter") in package.asked


def test_the_price_list_is_not_loaded_for_a_model_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(prices, "_package", load)
    assert rates_of(BUILT_IN, "gpt-4o", "openai") is not None
    assert "genai_prices" not in sys.modules


# --- what has been spent -------------------------------------------------------------------------------------------


def test_at_the_start_nothing_is_spent() -> None:
    assert run("println(llm_session_cost())").lines == [
        "{call_count: 0, input_tokens: 0, output_tokens: 0, total_cost: 0.0}"
    ]


def test_the_session_counts_what_answers_cost_and_mock_answers_nothing(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    program = (
        f'{call()}\nllm_call("x", nil, {{provider: "mock", model: "gpt-4o"}})\nprintln(llm_session_cost().total_cost)'
    )
    assert run(program, openai_variables(server)).lines == ["0.0075"]


def test_the_counts_of_the_session_are_those_of_the_trace_log(server: ProviderServer) -> None:
    server.script(reply(1000, 500), reply(1000, 500))
    world = LlmWorld(openai_variables(server))
    runtime = make_runtime(world=world)
    runtime.state(TraceLog).switch_on(runtime)
    program = f"{call()}\n{call()}\nprintln(llm_session_cost())"
    try:
        runtime.run(runtime.compile(program, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert world.output == "{call_count: 2, input_tokens: 2000, output_tokens: 1000, total_cost: 0.015}\n"


def test_a_failed_call_costs_nothing(server: ProviderServer) -> None:
    server.script(json_answer({}, 500))
    program = f"let r = try {{ {call()} }}\nprintln(llm_session_cost().total_cost)"
    assert run(program, openai_variables(server)).lines == ["0.0"]


@pytest.mark.parametrize("given", ['"10"', "nil", "true", "[]"])
def test_a_budget_is_a_number(given: str) -> None:
    with pytest.raises(HarnError) as caught:
        run(f"llm_budget({given})")
    assert caught.value.text == "Thrown: llm_budget: requires a numeric argument"


def test_what_remains_is_what_is_not_spent_spending_so_far_included(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    program = f"""
println(llm_budget_remaining())
{call()}
llm_budget(10)
println(llm_budget_remaining())
llm_budget(0.001)
println(llm_budget_remaining())
"""
    assert run(program, openai_variables(server)).lines == ["nil", "9.9925", "-0.0065"]


def test_the_call_that_exceeds_the_budget_throws_after_its_answer(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    program = (
        f"llm_budget(0.005)\nlet r = try {{ {call()} }}\nprintln(unwrap_err(r))\nprintln(llm_budget_remaining() < 0)"
    )
    assert run(program, openai_variables(server)).lines == [
        "LLM budget exceeded: spent $0.0075 of $0.0050 budget",
        "true",
    ]


def test_a_call_that_just_uses_up_the_budget_is_fine(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    assert run(f"llm_budget(0.0075)\nprintln({call()}.text)", openai_variables(server)).lines == ["x"]


def test_an_exceeded_budget_is_not_retried_whatever_its_amounts_look_like(server: ProviderServer) -> None:
    server.script(reply(0, 42_900_000), reply(0, 1))
    program = 'llm_budget(0.5)\nllm_call("hi", nil, {model: "gpt-4o", stream: false, llm_retries: 3})'
    with pytest.raises(HarnError) as caught:
        run(program, openai_variables(server))
    assert caught.value.text == "Thrown: LLM budget exceeded: spent $429.0000 of $0.5000 budget"
    assert len(server.requests) == 1


def test_with_rate_limit_does_not_repeat_a_call_beyond_the_budget(server: ProviderServer) -> None:
    server.script(reply(0, 42_900_000), reply(0, 1))
    program = f'llm_budget(0.5)\nlet r = try {{ with_rate_limit("p", {{ -> {call()} }}) }}\nprintln(unwrap_err(r))'
    assert run(program, openai_variables(server)).lines == ["LLM budget exceeded: spent $429.0000 of $0.5000 budget"]
    assert len(server.requests) == 1


# --- before a call ---------------------------------------------------------------------------------------------------


def test_a_call_that_the_money_left_does_not_pay_for_is_not_sent(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    program = f"""
llm_budget(0.00751)
{call()}
let r = try {{ {call()} }}
println(unwrap_err(r))
println(llm_budget_remaining() > 0)
"""
    lines = run(program, openai_variables(server)).lines
    assert lines[0].startswith("LLM budget exceeded: spent $0.0075 of $0.0075 budget; stopped before the call: gpt-4o")
    assert lines[1] == "true"
    assert len(server.requests) == 1


def test_a_budget_that_is_used_up_stops_the_next_call(server: ProviderServer) -> None:
    with pytest.raises(HarnError) as caught:
        run(f"llm_budget(0)\n{call()}", openai_variables(server))
    assert caught.value.text.startswith("Thrown: LLM budget exceeded: spent $0.0000 of $0.0000 budget; stopped")
    assert server.requests == []


def test_a_long_prompt_counts_before_it_is_sent(server: ProviderServer) -> None:
    long = call(prompt="word " * 20_000)
    with pytest.raises(HarnError, match="stopped before the call"):
        run(f"llm_budget(0.02)\n{long}", openai_variables(server))
    assert server.requests == []


def test_an_image_counts_as_an_image_not_as_its_bytes(server: ProviderServer) -> None:
    server.script(reply(1000, 5))
    image = f'{{type: "image_url", image_url: {{url: "data:image/png;base64,{"A" * 300_000}"}}}}'
    messages = f'messages: [{{role: "user", content: [{image}]}}]'
    assert run(f"llm_budget(0.02)\nprintln({call(options=messages)}.text)", openai_variables(server)).lines == ["x"]


def test_a_small_budget_shortens_the_answer_instead_of_forbidding_it(server: ProviderServer) -> None:
    server.script(reply(8, 30))
    assert run(f"llm_budget(0.001)\nprintln({call()}.text)", openai_variables(server)).lines == ["x"]
    sent = server.bodies[0]["max_tokens"]
    assert 90 <= sent <= 100  # 0.001 USD are 100 tokens of output; the input takes some of it


def test_without_a_budget_or_with_a_large_one_max_tokens_is_what_it_was(server: ProviderServer) -> None:
    server.script(reply(8, 30), reply(8, 30))
    run(f"{call()}\nllm_budget(1)\n{call()}", openai_variables(server))
    assert [body["max_tokens"] for body in server.bodies] == [16384, 16384]


def test_an_answer_that_a_budget_has_cut_is_warned_about(server: ProviderServer) -> None:
    server.script(reply(8, 95, "length"))
    done = run(f"llm_budget(0.001)\n{call()}", openai_variables(server))
    sent = server.bodies[0]["max_tokens"]
    assert done.errors == (
        f"[harn] warning: the answer of gpt-4o was cut at {sent} tokens, "
        "the most that the LLM budget had money left for\n"
    )


def test_a_thinking_budget_is_not_undercut(server: ProviderServer) -> None:
    server.script(anthropic_reply("x"))
    program = 'llm_budget(0.01)\nllm_call("hi", nil, {stream: false, thinking: {budget_tokens: 2000}})'
    run(program, anthropic_variables(server))
    assert server.bodies[0]["max_tokens"] == 2001


@pytest.mark.parametrize(("options", "key"), [("max_tokens: 0", None), ("openai: {max_completion_tokens: 50}", 16384)])
def test_a_length_that_is_not_ours_to_set_is_left_alone(server: ProviderServer, options: str, key: int | None) -> None:
    server.script(reply(8, 30))
    run(f"llm_budget(0.001)\n{call(options=options)}", openai_variables(server))
    assert server.bodies[0].get("max_tokens") == key


def test_parallel_calls_cannot_overspend_together(server: ProviderServer) -> None:
    # Each may cost 0.01 USD, a thousand tokens of output, and does; the budget pays for three and a bit.
    server.script(*[reply(0, 1000) for _ in range(10)])
    program = f"""
llm_budget(0.0305)
let done = parallel settle [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] {{ i -> {call(options="max_tokens: 1000")} }}
println(done.succeeded >= 3)
println(llm_session_cost().total_cost <= 0.0505)
"""
    assert run(program, openai_variables(server)).lines == ["true", "true"]
    assert [body["max_tokens"] for body in server.bodies[:3]] == [1000, 1000, 1000]
    # The fourth is the last that is sent, and only as long as the rest pays for.
    assert len(server.bodies) <= 4
    assert all(body["max_tokens"] < 60 for body in server.bodies[3:])


def test_a_call_waits_for_what_others_have_reserved_and_do_not_use(server: ProviderServer) -> None:
    server.script(*[reply(5, 10) for _ in range(8)])
    program = f"""
llm_budget(0.012)
let done = parallel 8 {{ i -> {call(options="max_tokens: 1000")} }}
println(len(done))
"""
    assert run(program, openai_variables(server)).lines == ["8"]
    assert [body["max_tokens"] for body in server.bodies] == [1000] * 8


class CancelsTheFirst:
    """At the effect seam: the first request is cancelled while it is under way, the others are sent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.sent: list[float] = []

    def handle(self, call: EffectCall, proceed: Callable[[], Any]) -> Any:
        if call.operation.name != "send":
            return proceed()
        self.sent.append(self._runtime.scheduler.clock.monotonic())
        if len(self.sent) > 1:
            return proceed()
        fiber = self._runtime.scheduler.flag.current
        assert fiber is not None
        fiber.sleep(5)
        raise Cancelled


def test_a_cancelled_call_leaves_its_reservation_to_the_one_that_waits(server: ProviderServer) -> None:
    server.script(reply(5, 10))
    program = f"""
llm_budget(0.012)
let first = spawn {{ {call(options="max_tokens: 1000")} }}
let second = spawn {{ {call(options="max_tokens: 1000")}.text }}
println(await(second))
"""
    world = LlmWorld(openai_variables(server))
    runtime = make_runtime(world=world)
    handler = CancelsTheFirst(runtime)
    runtime.seam.attach(handler)
    try:
        runtime.run(runtime.compile(program, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert world.output == "x\n"
    assert handler.sent[1] - handler.sent[0] == 5
    assert server.bodies[0]["max_tokens"] == 1000


def test_a_budget_that_waits_does_not_use_up_permits(server: ProviderServer) -> None:
    server.script(*[reply(5, 10) for _ in range(4)])
    program = f"""
llm_budget(0.012)
llm_rate_limit("openai", {{rpm: 2}})
parallel 4 {{ i -> {call(options="max_tokens: 1000")} }}
"""
    times = run_timed(program, openai_variables(server)).started
    assert [round(time / 60) for time in times] == [0, 0, 1, 1]


def test_the_answer_that_exceeds_a_budget_is_recorded_and_replaying_it_needs_no_money(
    server: ProviderServer, tmp_path: Path
) -> None:
    def run_with(budget: float, **settings: bool) -> str:
        world = LlmWorld(openai_variables(server))
        runtime = make_runtime(world=world)
        attach(runtime, ModelCallSettings(fixtures=str(tmp_path), **settings))
        program = f"llm_budget({budget})\nprintln(try {{ {call()}.text }})\nprintln(llm_session_cost().total_cost)"
        try:
            runtime.run(runtime.compile(program, "test.harn", use_cache=False))
        finally:
            runtime.close()
        return world.output

    server.script(reply(1000, 500))
    assert "LLM budget exceeded: spent $0.0075 of $0.0010 budget" in run_with(0.001, record=True)
    assert run_with(0, replay=True) == "Result.Ok(x)\n0.0\n"
    assert len(server.requests) == 1


# --- budgets of a part -------------------------------------------------------------------------------------------------


def test_a_budget_of_a_closure_counts_its_calls_only_and_counts_in_the_one_around(server: ProviderServer) -> None:
    server.script(*[reply(1000, 500) for _ in range(3)])
    program = f"""
{call()}
llm_budget(1)
let text = with_llm_budget(0.5, {{ ->
  {call()}
  println(llm_budget_remaining())
  {call()}.text
}})
println(text)
println(llm_budget_remaining())
"""
    assert run(program, openai_variables(server)).lines == ["0.4925", "x", "0.9775"]


def test_the_tightest_of_nested_budgets_stops_a_call(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    program = f"""
with_llm_budget(10, {{ ->
  let inner = try {{ with_llm_budget(0.005, {{ -> {call()} }}) }}
  println(unwrap_err(inner))
  let wide = try {{ with_llm_budget(50, {{ -> println(llm_budget_remaining()) }}) }}
}})
"""
    assert run(program, openai_variables(server)).lines == [
        "LLM budget exceeded: spent $0.0075 of $0.0050 budget",
        "9.9925",
    ]


def test_tasks_started_inside_count_in_the_budget_and_go_on_doing_so(server: ProviderServer) -> None:
    server.script(reply(1000, 500), reply(1000, 500))
    program = f"""
let task = with_llm_budget(0.01, {{ ->
  spawn {{
    {call()}
    println(llm_budget_remaining())
    {call()}
  }}
}})
println(llm_budget_remaining())
println(unwrap_err(try {{ await(task) }}))
"""
    assert run(program, openai_variables(server)).lines == [
        "nil",
        "LLM budget exceeded: spent $0.0150 of $0.0100 budget",
    ]
    assert len(server.requests) == 2


def test_a_budget_ends_with_its_closure_also_when_that_fails() -> None:
    program = (
        'let r = try { with_llm_budget(1, { -> throw "no" }) }\nprintln(unwrap_err(r))\nprintln(llm_budget_remaining())'
    )
    assert run(program).lines == ["no", "nil"]


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ('with_llm_budget("1", { -> 1 })', "Thrown: with_llm_budget: requires a numeric argument"),
        ("with_llm_budget(1, 2)", "Runtime error: with_llm_budget: second argument must be a closure"),
        (
            'llm_budget(1, {unknown_prices: "no"})',
            'Runtime error: llm_budget: unknown_prices must be "warn" or "error", got no',
        ),
    ],
)
def test_bad_arguments_are_errors(program: str, error: str) -> None:
    with pytest.raises(HarnError) as caught:
        run(program)
    assert caught.value.text == error


# --- unknown prices ----------------------------------------------------------------------------------------------------

UNPRICED = (
    "[harn] warning: no price is known for model 'gpt-x' of provider 'openai': its calls are counted as free; "
    'name one under [model_prices."gpt-x"] in the provider file, or under [llm.model_prices."gpt-x"] in harn.toml\n'
)


def test_a_model_without_a_price_is_warned_about_once_when_there_is_a_budget(server: ProviderServer) -> None:
    server.script(reply(1000, 500), reply(1000, 500))
    done = run(
        f"llm_budget(1)\n{call('gpt-x')}\n{call('gpt-x')}\nprintln(llm_budget_remaining())", openai_variables(server)
    )
    assert done.lines == ["1.0"]
    assert done.errors == UNPRICED


def test_without_a_budget_it_is_said_when_the_cost_is_asked_for(server: ProviderServer) -> None:
    server.script(reply(1000, 500))
    ask = "println(llm_session_cost().total_cost)"
    done = run(f"{call('gpt-x')}\n{ask}\n{ask}", openai_variables(server))
    assert done.lines == ["0.0", "0.0"]
    assert done.errors == UNPRICED
    server.script(reply(1000, 500))
    assert run(call("gpt-x"), openai_variables(server)).errors == ""


@pytest.mark.parametrize(
    "wrap",
    ['llm_budget(1, {unknown_prices: "error"})\nCALL', 'with_llm_budget(1, { -> CALL }, {unknown_prices: "error"})'],
)
def test_a_model_without_a_price_is_an_error_on_request(server: ProviderServer, wrap: str) -> None:
    with pytest.raises(HarnError) as caught:
        run(wrap.replace("CALL", call("gpt-x")), openai_variables(server))
    assert caught.value.text.startswith("Thrown: LLM budget: no price is known for model 'gpt-x' of provider 'openai'")
    assert server.requests == []


# --- the line in front of a budget ----------------------------------------------------------------------------------


class Parked:
    """A fiber that notes when it is called."""

    def __init__(self, budget: Budget, others: list[str], name: str) -> None:
        self.budget, self.others, self.name = budget, others, name

    def park(self) -> None:
        self.budget.release(0.0)

    def unpark(self) -> bool:
        self.others.append(self.name)
        return True


def test_reservations_leave_no_remainder_behind() -> None:
    budget = Budget(1.0)
    for amount in (0.1, 0.2, 0.7):
        budget.reserve(amount)
    for amount in (0.7, 0.1, 0.2):
        budget.release(amount)
    assert budget.available == 1.0
    assert not budget.is_busy


def test_a_fiber_is_woken_by_a_release() -> None:
    budget, woken = Budget(1.0), []
    budget.reserve(0.5)
    fiber: Any = Parked(budget, woken, "first")
    budget.wait(fiber, first=False)
    assert woken == ["first"]

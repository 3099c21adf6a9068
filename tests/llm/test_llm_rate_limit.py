"""The rate limiter: a sliding window, first come first served, narrowed by what services say (chapter 11 section 18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import openai_variables
from provider_server import Answer, ProviderServer, json_answer, openai_reply
from timed_runs import MOCK, run_timed

from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.rate_evidence import Allowance, limit_headers, read_evidence
from harnpy.llm.rate_limit import Window
from harnpy.vm.errors import Cancelled, HarnError

CALL = 'llm_call("x", nil, {provider: "mock"})'


def at_once(calls: int, rpm: int, before: str = "") -> str:
    return f'llm_rate_limit("mock", {{rpm: {rpm}}})\n{before}\nparallel {calls} {{ i -> {CALL} }}'


def most_in_a_minute(times: list[float]) -> int:
    """The most that lie in any 60 s, both ends included."""
    ordered = sorted(times)
    return max(sum(start <= each <= start + 60 for each in ordered) for start in ordered)


# --- the window ------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rpm=st.integers(1, 7),
    arrivals=st.lists(st.one_of(st.just(0), st.integers(0, 200_000), st.integers(59_990, 60_010)), max_size=30),
)
def test_no_minute_holds_more_calls_than_the_limit(rpm: int, arrivals: list[int]) -> None:
    program = f'llm_rate_limit("mock", {{rpm: {rpm}}})\nparallel each {arrivals} {{ ms ->\n  sleep(ms)\n  {CALL}\n}}'
    times = run_timed(program).started
    assert len(times) == len(arrivals)
    assert not times or most_in_a_minute(times) <= rpm


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rpm=st.integers(1, 40), minutes=st.integers(1, 6))
def test_under_load_nearly_all_of_the_limit_is_used(rpm: int, minutes: int) -> None:
    times = run_timed(at_once(rpm * minutes, rpm)).started
    assert len(times) == rpm * minutes
    assert max(times) * 0.98 <= (minutes - 1) * 60


@pytest.mark.parametrize(("milliseconds", "second"), [(0, 60.0), (400, 60.4), (1000, 61.0), (5000, 61.0)])
def test_a_request_counts_from_when_the_service_has_it_at_the_latest(milliseconds: int, second: float) -> None:
    # When its answer comes, or a second after it was sent: one that is long on its way is late in the service's window.
    program = f"""
llm_rate_limit("slow", {{rpm: 1}})
with_rate_limit("slow", {{ -> sleep({milliseconds}) }})
with_rate_limit("slow", {{ -> {CALL} }})
"""
    assert run_timed(program).started == [pytest.approx(second, abs=0.01)]


def test_calls_are_admitted_in_the_order_in_which_they_came() -> None:
    program = """
llm_rate_limit("mock", {rpm: 1})
let order = channel("order", 100)
parallel each [0, 10, 20, 30, 40] { ms ->
  sleep(ms)
  with_rate_limit("mock", { -> send(order, ms) })
}
close_channel(order)
for ms in order { println(ms) }
"""
    assert run_timed(program).lines == ["0", "10", "20", "30", "40"]


def test_a_call_that_waits_says_so_and_for_how_long() -> None:
    run = run_timed(f'llm_rate_limit("mock", {{rpm: 1}})\n{CALL}\nsleep(1500)\n{CALL}')
    assert run.errors == "[DEBUG] [llm.rate_limit] Rate limit for 'mock': throttling for 58500ms\n"


def test_other_tasks_run_while_a_call_waits() -> None:
    program = f"""
llm_rate_limit("mock", {{rpm: 1}})
{CALL}
let waiting = spawn {{ {CALL} }}
sleep(10)
println("meanwhile")
await(waiting)
"""
    assert run_timed(program).lines == ["meanwhile"]


def test_five_thousand_waiting_calls_cost_a_bounded_amount_of_work_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    original = Window._admits

    def counted(window: Window, tokens: int, now: float) -> bool:
        nonlocal looks
        looks += 1
        return original(window, tokens, now)

    monkeypatch.setattr(Window, "_admits", counted)
    program = """
llm_rate_limit("p", {rpm: 1000})
let done = parallel 5000 { i -> with_rate_limit("p", { -> i }) }
println(len(done))
"""
    assert run_timed(program).lines == ["5000"]
    assert looks < 5000 * 4


def test_a_deadline_ends_the_wait_at_once_and_costs_no_permit() -> None:
    program = f"""
llm_rate_limit("mock", {{rpm: 1}})
{CALL}
let refused = try {{ deadline 5s {{ {CALL} }} }}
println(refused)
{CALL}
"""
    run = run_timed(program)
    assert "Deadline exceeded" in run.output
    assert [round(time) for time in run.started] == [0, 60]


def test_a_cancelled_wait_costs_no_permit_and_holds_up_nobody() -> None:
    program = f"""
llm_rate_limit("mock", {{rpm: 1}})
{CALL}
let first = spawn {{ {CALL} }}
let second = spawn {{ {CALL} }}
sleep(1000)
cancel(first)
await(second)
"""
    assert [round(time) for time in run_timed(program).started] == [0, 60]


class SteppedScheduler:
    """A clock that a test moves, with the timer that was set last."""

    def __init__(self) -> None:
        self.clock = self
        self.now = 0.0
        self.fire: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], object]) -> SteppedScheduler:
        def fire() -> None:
            self.now += seconds
            callback()

        self.fire = fire
        return self

    def cancel(self) -> None:
        self.fire = lambda: None


class CancelledWhenWoken:
    """A fiber that is cancelled in the moment in which its wait is over."""

    def __init__(self, scheduler: SteppedScheduler) -> None:
        self._scheduler = scheduler
        self.woken = False

    def park(self) -> None:
        self._scheduler.fire()
        assert self.woken
        raise Cancelled

    def unpark(self) -> bool:
        self.woken = True
        return True


def test_a_permit_that_was_given_to_a_task_in_the_moment_of_its_cancellation_is_not_lost() -> None:
    scheduler: Any = SteppedScheduler()
    window = Window(scheduler, rpm=1, tpm=None)
    fiber: Any = CancelledWhenWoken(scheduler)
    window.acquire(fiber, 0, lambda seconds: None)
    with pytest.raises(Cancelled):
        window.acquire(fiber, 0, lambda seconds: None)
    waits: list[float] = []
    window.acquire(fiber, 0, waits.append)
    assert waits == []


# --- where limits come from -----------------------------------------------------------------------------------------


def test_limits_come_from_configuration_then_environment_then_the_program() -> None:
    limited = replace(BUILT_IN.providers["openai"], requests_per_minute=7)
    configuration = replace(BUILT_IN, providers={**BUILT_IN.providers, "openai": limited})
    ask = 'println(llm_rate_limit("openai"))'
    assert run_timed(ask, MOCK, configuration=configuration).lines == ["7"]
    variables = {**MOCK, "HARN_RATE_LIMIT_OPENAI": "9"}
    assert run_timed(ask, variables, configuration=configuration).lines == ["9"]
    program = f'llm_rate_limit("openai", {{rpm: 11}})\n{ask}'
    assert run_timed(program, variables, configuration=configuration).lines == ["11"]


@pytest.mark.parametrize(("text", "limit"), [("0", "nil"), ("-3", "7"), ("many", "7"), ("", "7"), ("12", "12")])
def test_the_environment_removes_a_limit_by_zero_and_else_counts_only_as_a_number(text: str, limit: str) -> None:
    limited = replace(BUILT_IN.providers["openai"], requests_per_minute=7)
    configuration = replace(BUILT_IN, providers={**BUILT_IN.providers, "openai": limited})
    variables = {**MOCK, "HARN_RATE_LIMIT_OPENAI": text}
    assert run_timed('println(llm_rate_limit("openai"))', variables, configuration=configuration).lines == [limit]


def test_setting_a_limit_starts_an_empty_window() -> None:
    again = 'llm_rate_limit("mock", {rpm: 1})'
    assert run_timed(f"{again}\n{CALL}\n{again}\n{CALL}").started == [0.0, 0.0]


def test_clearing_a_limit_lets_those_in_line_go() -> None:
    program = f"""
llm_rate_limit("mock", {{rpm: 1}})
{CALL}
let waiting = spawn {{ {CALL} }}
sleep(1000)
llm_rate_limit("mock", {{rpm: 0}})
await(waiting)
"""
    assert run_timed(program).started == [0.0, 1.0]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ('llm_rate_limit("")', "llm_rate_limit: provider name is required"),
        ("llm_rate_limit()", "llm_rate_limit: provider name is required"),
        ('llm_rate_limit("p", {})', "llm_rate_limit: options must include 'rpm' (integer)"),
        ('llm_rate_limit("p", {rpm: 1.5})', "llm_rate_limit: options must include 'rpm' (integer)"),
        ('with_rate_limit("", { -> 1 })', "with_rate_limit: provider name is required"),
        ('with_rate_limit("p", 1)', "with_rate_limit: second argument must be a closure"),
    ],
)
def test_bad_arguments_are_runtime_errors(call: str, error: str) -> None:
    with pytest.raises(HarnError) as caught:
        run_timed(call)
    assert caught.value.text == f"Runtime error: {error}"


def test_a_plain_number_asks_and_sets_nothing() -> None:
    assert run_timed('println(llm_rate_limit("p", 5))\nprintln(llm_rate_limit("p"))').lines == ["nil", "nil"]


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_a_minute_count_what_calls_have_used() -> None:
    program = """
llm_rate_limit("mock", {tpm: 10000})
for i in 0 to 5 {
  llm_mock({text: "x", input_tokens: 4000, output_tokens: 1000})
  llm_call("x", nil, {provider: "mock"})
}
"""
    times = run_timed(program).started
    assert [round(time / 60) for time in times] in ([0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])


def test_a_call_larger_than_the_limit_of_tokens_goes_alone() -> None:
    big = f'llm_call("{"word " * 4000}", nil, {{provider: "mock"}})'
    times = run_timed(f'llm_rate_limit("mock", {{tpm: 100}})\n{big}\n{big}').started
    assert [round(time) for time in times] == [0, 60]


def test_a_limit_of_tokens_alone_leaves_requests_unlimited() -> None:
    program = 'llm_rate_limit("p", {tpm: 100})\nprintln(llm_rate_limit("p"))\nllm_rate_limit("p", {rpm: 3})\n'
    assert run_timed(program + 'println(llm_rate_limit("p"))').lines == ["nil", "3"]


def test_limits_of_tokens_come_from_the_environment() -> None:
    program = "\n".join(['llm_mock({text: "x", input_tokens: 900, output_tokens: 1100})\n' + CALL] * 3)
    times = run_timed(program, {**MOCK, "HARN_RATE_LIMIT_TPM_MOCK": "4000"}).started
    assert [round(time / 60) for time in times] == [0, 0, 1]


def test_the_length_of_answers_that_are_expected_is_learnt() -> None:
    scripted = (
        'llm_mock({text: "x", match: "*", input_tokens: 1, output_tokens: 49})\nllm_rate_limit("mock", {tpm: 2000})\n'
    )
    times = run_timed(scripted + "\n".join([CALL] * 200)).started
    in_the_fourth_minute = [time for time in times if 180 <= time < 240]
    assert 35 <= len(in_the_fourth_minute) <= 40


# --- what services say ------------------------------------------------------------------------------------------------

TO_SERVER = 'llm_call("x", nil, {model: "gpt-x", stream: false, llm_retries: 0})'


def with_headers(answer: Answer, **headers: str) -> Answer:
    answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return answer


def test_a_lower_limit_in_a_reply_lowers_the_window(server: ProviderServer) -> None:
    first = with_headers(openai_reply("a"), x_ratelimit_limit_requests="2")
    server.script(first, *[openai_reply("b") for _ in range(4)])
    times = run_timed("\n".join([TO_SERVER] * 5), openai_variables(server, HARN_RATE_LIMIT_OPENAI="50")).started
    assert [round(time / 60) for time in times] == [0, 0, 1, 1, 2]


def test_a_higher_limit_in_a_reply_raises_nothing(server: ProviderServer) -> None:
    first = with_headers(openai_reply("a"), x_ratelimit_limit_requests="500")
    server.script(first, openai_reply("b"))
    times = run_timed(f"{TO_SERVER}\n{TO_SERVER}", openai_variables(server, HARN_RATE_LIMIT_OPENAI="1")).started
    assert [round(time) for time in times] == [0, 60]


def test_what_others_have_used_of_a_limit_is_waited_for(server: ProviderServer) -> None:
    headers = {"x_ratelimit_remaining_requests": "1", "x_ratelimit_reset_requests": "12s"}
    server.script(with_headers(openai_reply("a"), **headers), openai_reply("b"), openai_reply("c"))
    times = run_timed("\n".join([TO_SERVER] * 3), openai_variables(server, HARN_RATE_LIMIT_OPENAI="50")).started
    assert [round(time) for time in times] == [0, 0, 12]


def test_tokens_that_a_service_has_left_are_not_exceeded(server: ProviderServer) -> None:
    headers = {"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "1m3s"}
    server.script(with_headers(openai_reply("a"), **headers), openai_reply("b"))
    times = run_timed(f"{TO_SERVER}\n{TO_SERVER}", openai_variables(server, HARN_RATE_LIMIT_TPM_OPENAI="90000")).started
    assert [round(time) for time in times] == [0, 60]


def test_retry_after_closes_the_window_for_all_tasks(server: ProviderServer) -> None:
    refusal = json_answer({"error": "slow down"}, 429, retry_after="20")
    server.script(refusal, openai_reply("b"), openai_reply("c"))
    program = f"let failed = try {{ {TO_SERVER} }}\nparallel 2 {{ i -> {TO_SERVER} }}"
    times = run_timed(program, openai_variables(server, HARN_RATE_LIMIT_OPENAI="50")).started
    assert [round(time) for time in times] == [0, 20, 20]


def test_a_refusal_that_tells_what_is_left_is_believed(server: ProviderServer) -> None:
    refusal = json_answer({}, 429, x_ratelimit_remaining_requests="0", x_ratelimit_reset_requests="7s")
    server.script(refusal, openai_reply("b"))
    program = f"let failed = try {{ {TO_SERVER} }}\n{TO_SERVER}"
    times = run_timed(program, openai_variables(server, HARN_RATE_LIMIT_OPENAI="50")).started
    assert [round(time) for time in times] == [0, 7]


def test_without_a_limit_of_ones_own_nothing_is_held_back(server: ProviderServer) -> None:
    headers = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "30s"}
    server.script(with_headers(openai_reply("a"), **headers), openai_reply("b"))
    assert max(run_timed(f"{TO_SERVER}\n{TO_SERVER}", openai_variables(server)).started) < 1


def test_the_headers_of_streamed_replies_count_too(server: ProviderServer) -> None:
    from provider_server import openai_stream

    headers = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "9s"}
    server.script(with_headers(openai_stream("a"), **headers), openai_stream("b"))
    program = 'llm_call("x", nil, {model: "gpt-x"})\n' * 2
    times = run_timed(program, openai_variables(server, HARN_RATE_LIMIT_OPENAI="50")).started
    assert [round(time) for time in times] == [0, 9]


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("59.5", 59.5),
        ("1700000030", 30.0),
        ("1700000030000", 30.0),
        ("2023-11-14T22:13:50Z", 30.0),
        ("2023-11-14T22:13:10Z", 0.0),
        ("-5", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_resets_are_durations_times_or_dates(reset: str, seconds: float | None) -> None:
    found = read_evidence({"x-ratelimit-reset-requests": reset}, 1_700_000_000.0).requests.reset_seconds
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_anthropic_names_its_limits_the_other_way_round() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:21Z",
        "set-cookie": "secret",
    }
    picked = limit_headers(headers)
    assert "set-cookie" not in picked
    evidence = read_evidence(picked, 1_700_000_000.0)
    assert evidence.requests == Allowance(50, 49, None)
    assert evidence.tokens == Allowance(None, None, 1.0)


# --- with_rate_limit --------------------------------------------------------------------------------------------------


def test_with_rate_limit_calls_again_after_errors_that_pass() -> None:
    program = """
llm_mock({error: {category: "rate_limit", message: "429 slow"}})
llm_mock({error: {category: "overloaded", message: "529 overloaded"}})
llm_mock({text: "yes"})
println(with_rate_limit("mock", { -> llm_call("x", nil, {llm_retries: 0}).text }, {backoff_ms: 20000}))
println(len(llm_mock_calls()))
"""
    run = run_timed(program)
    assert run.lines == ["yes", "3"]
    assert run.waits == [20.0, 30.0]
    assert run.errors.splitlines() == [
        "[DEBUG] [llm.with_rate_limit] retrying after RateLimit (attempt 1/5) in 20000ms",
        "[DEBUG] [llm.with_rate_limit] retrying after Overloaded (attempt 2/5) in 30000ms",
    ]


@pytest.mark.parametrize(
    ("category", "calls"),
    [("timeout", 3), ("transient_network", 3), ("server_error", 1), ("auth", 1), ("generic", 1)],
)
def test_with_rate_limit_gives_up_after_its_retries_or_at_once(category: str, calls: int) -> None:
    program = f"""
let count = channel("count", 100)
let result = try {{
  with_rate_limit("p", {{ -> send(count, 1)
    throw {{category: "{category}", message: "no"}} }}, {{max_retries: 2}})
}}
println(unwrap_err(result).message)
close_channel(count)
var total = 0
for each in count {{ total = total + 1 }}
println(total)
"""
    assert run_timed(program).lines == ["no", str(calls)]


def test_a_negative_number_of_retries_is_none_and_the_backoff_is_at_least_a_millisecond() -> None:
    failing = '{ -> throw "429" }'
    assert run_timed(f'let r = try {{ with_rate_limit("p", {failing}, {{max_retries: -4}}) }}').waits == []
    assert run_timed(
        f'let r = try {{ with_rate_limit("p", {failing}, {{max_retries: 2, backoff_ms: -1}}) }}'
    ).waits == [
        0.001,
        0.002,
    ]


def test_a_deadline_of_the_program_is_not_called_again() -> None:
    program = """
let r = try { deadline 5s { with_rate_limit("p", { -> sleep(10000) }) } }
println(r)
"""
    run = run_timed(program)
    assert "Deadline exceeded" in run.output
    assert "retrying" not in run.errors


def test_with_rate_limit_takes_a_permit_for_each_call_of_the_closure() -> None:
    program = f"""
llm_rate_limit("mock", {{rpm: 2}})
with_rate_limit("mock", {{ -> {CALL} }})
with_rate_limit("mock", {{ -> {CALL} }})
"""
    assert [round(time) for time in run_timed(program).started] == [0, 60]

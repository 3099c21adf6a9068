"""The turn runner: retries by hint, cancellation that wins, accumulation, usage, the assistant message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harnpy.llm.turn import DrainOutcome, TurnRunner, TurnState, backoff_delay, retry_delay
from harnpy.llm.turn_types import (
    AssistantMessage,
    AssistantText,
    AssistantThought,
    CancelSignal,
    Chunk,
    ChunkStream,
    LlmCallFinished,
    LlmCallStarted,
    MessageStart,
    NoRetry,
    ProviderError,
    RetryAfter,
    RetryAfterAction,
    RetryHint,
    RetryImmediately,
    RetryWithBackoff,
    StopChunk,
    StopReason,
    TextChunk,
    TextPart,
    ThinkingChunk,
    ThinkingPart,
    ThinkingSignature,
    TokenUsage,
    ToolUse,
    ToolUseArguments,
    ToolUseEnd,
    ToolUsePart,
    ToolUseStart,
    TurnEvent,
    TurnRequest,
    UsageChunk,
    hint_for_category,
)

# The machine may be busy; nothing here is about time.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

REQUEST = TurnRequest("m-1", [{"role": "user", "content": "hi"}], "sys")
ACCEPT = [TextChunk("ok"), StopChunk(StopReason.END_TURN)]


class Script:
    """A provider that fails or streams as scripted, one entry an attempt; step is called before everything it does."""

    vendor = "acme"

    def __init__(
        self,
        *attempts: ProviderError | Sequence[Chunk | ProviderError],
        step: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.attempts = list(attempts)
        self.step = step or _checkpoint
        self.opened = 0
        self.closed = 0
        self.signals: list[CancelSignal] = []

    async def complete(self, request: TurnRequest, cancel: CancelSignal) -> ChunkStream:
        self.signals.append(cancel)
        await self.step()
        entry = self.attempts.pop(0)
        if isinstance(entry, ProviderError):
            raise entry
        self.opened += 1
        return self._stream(entry)

    async def _stream(self, entry: Sequence[Chunk | ProviderError]) -> ChunkStream:
        try:
            for chunk in entry:
                await self.step()
                if isinstance(chunk, ProviderError):
                    raise chunk
                yield chunk
        finally:
            self.closed += 1


async def _checkpoint() -> None:
    await asyncio.sleep(0)


class Trial:
    """A run with its events, waits and spans written down."""

    def __init__(
        self,
        provider: Script,
        *,
        retries: int = 3,
        cancel: asyncio.Event | None = None,
        step: Callable[[], Awaitable[None]] | None = None,
        state: TurnState | None = None,
    ) -> None:
        self.events: list[TurnEvent] = []
        self.waits: list[float] = []
        self.spans: list[dict[str, Any]] = []
        self.step = step or _checkpoint
        self.runner = TurnRunner(
            provider,
            emit=self._emit,
            cancel=cancel,
            max_retries=retries,
            sleep=self._sleep,
            random=lambda: 0.5,
            span=self._span,
            state=state,
        )

    async def _emit(self, event: TurnEvent) -> None:
        self.events.append(event)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.step()

    @contextmanager
    def _span(self, name: str, attributes: Any) -> Iterator[None]:
        self.spans.append({"name": name, **attributes})
        yield


def failing(hint: RetryHint) -> ProviderError:
    return ProviderError("it failed", hint)


def drained(*chunks: Chunk | ProviderError) -> tuple[DrainOutcome, Trial]:
    trial = Trial(Script(chunks))
    return asyncio.run(trial.runner.run(REQUEST)).outcome, trial


# --- retry hints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "delay"),
    [
        (NoRetry(), None),
        (RetryImmediately(), 0),
        (RetryAfter(90.5), 90.5),
        (RetryWithBackoff(), 2),
        (RetryAfterAction("compact"), 0),
    ],
)
def test_a_hint_says_how_long_to_wait(hint: RetryHint, delay: float | None) -> None:
    assert retry_delay(hint, 3, lambda: 0.5) == delay


def test_backoff_doubles_up_to_its_cap() -> None:
    assert [backoff_delay(attempt, lambda: 0.5) for attempt in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 16, 16]
    assert backoff_delay(10**9, lambda: 0.5) == 16


@UNTIMED
@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_jitter_is_a_quarter_and_never_exceeds_the_cap(attempt: int, chance: float) -> None:
    base = min(0.5 * 2 ** (attempt - 1), 16)
    assert 0.75 * base - 1e-9 <= backoff_delay(attempt, lambda: chance) <= min(1.25 * base, 16)


@pytest.mark.parametrize(
    ("category", "after", "overflow", "hint"),
    [
        ("auth", None, False, NoRetry()),
        ("not_found", 3, False, NoRetry()),
        ("rate_limit", 3, False, RetryAfter(3)),
        ("overloaded", None, False, RetryWithBackoff()),
        ("generic", None, True, RetryAfterAction("compact")),
    ],
)
def test_categories_suggest_hints(category: str, after: float | None, overflow: bool, hint: RetryHint) -> None:
    assert hint_for_category(category, after, context_overflow=overflow) == hint


# --- attempts --------------------------------------------------------------------------------------------------------


def test_attempts_are_counted_announced_and_put_into_spans() -> None:
    trial = Trial(Script(failing(RetryAfter(7)), failing(RetryWithBackoff()), ACCEPT))
    result = asyncio.run(trial.runner.run(REQUEST))
    assert (result.outcome.text, result.attempts, trial.runner.state.request_count) == ("ok", 3, 3)
    assert trial.waits == [7, 1]
    assert trial.spans == [
        {"name": "llm_call", "vendor": "acme", "model": "m-1", "attempt": attempt} for attempt in (1, 2, 3)
    ]
    messages = ({"role": "user", "content": "hi"},)
    assert trial.events == [
        LlmCallStarted("m-1", 1, "sys", messages),
        LlmCallFinished("m-1", 1, TokenUsage(), "it failed"),
        LlmCallStarted("m-1", 2, "sys", messages),
        LlmCallFinished("m-1", 2, TokenUsage(), "it failed"),
        LlmCallStarted("m-1", 3, "sys", messages),
        AssistantText("ok"),
        LlmCallFinished("m-1", 3, TokenUsage()),
    ]


@pytest.mark.parametrize(("retries", "allowed"), [(2, 3), (0, 1), (-5, 1)])
def test_one_attempt_more_than_retries_is_allowed(retries: int, allowed: int) -> None:
    errors = [failing(RetryImmediately()) for _ in range(5)]
    trial = Trial(Script(*errors), retries=retries)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(trial.runner.open(REQUEST))
    assert caught.value is errors[allowed - 1]
    assert trial.runner.state.request_count == allowed


def test_a_permanent_failure_fails_at_once(caplog: pytest.LogCaptureFixture) -> None:
    error = failing(NoRetry())
    trial = Trial(Script(error))
    with caplog.at_level(logging.INFO), pytest.raises(ProviderError) as caught:
        asyncio.run(trial.runner.open(REQUEST))
    assert caught.value is error and trial.waits == []
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("WARNING", "llm call failed permanently")
    assert (record.error, record.hint) == ("it failed", NoRetry())  # type: ignore[attr-defined]


def test_a_retry_is_logged_with_its_delay(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        asyncio.run(Trial(Script(failing(RetryAfter(1.5)), ACCEPT)).runner.run(REQUEST))
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("INFO", "llm call failed, retrying after delay")
    assert record.delay_ms == 1500  # type: ignore[attr-defined]


def test_an_error_inside_a_stream_is_not_retried_and_says_what_had_arrived() -> None:
    error = failing(RetryImmediately())
    usage = UsageChunk(TokenUsage(input_tokens=5))
    trial = Trial(Script([TextChunk("half"), usage, error], ACCEPT))
    with pytest.raises(ProviderError) as caught:
        asyncio.run(trial.runner.run(REQUEST))
    assert caught.value is error and error.partial is not None
    assert (error.partial.text, trial.runner.state.request_count) == ("half", 1)
    assert trial.events[-1] == LlmCallFinished("m-1", 1, TokenUsage(input_tokens=5), "it failed")


# --- chunks ----------------------------------------------------------------------------------------------------------


def test_fragments_are_told_one_by_one_and_put_together() -> None:
    outcome, trial = drained(
        MessageStart(),
        ThinkingChunk("h"),
        ThinkingChunk("m"),
        ThinkingSignature("s1"),
        ThinkingSignature("s2"),
        TextChunk("a"),
        TextChunk("b"),
    )
    assert (outcome.text, outcome.thinking, outcome.signature) == ("ab", "hm", "s2")
    shown = [event for event in trial.events if isinstance(event, AssistantText | AssistantThought)]
    assert shown == [AssistantThought("h"), AssistantThought("m"), AssistantText("a"), AssistantText("b")]


def test_fragments_of_different_tool_uses_may_interleave() -> None:
    outcome, _ = drained(
        ToolUseStart("t1", "look"),
        ToolUseStart("t2", "take"),
        ToolUseArguments("t2", '{"n":'),
        ToolUseArguments("t1", '{"a"'),
        ToolUseArguments("t9", "lost"),
        ToolUseArguments("t2", "1}"),
        ToolUseArguments("t1", ":2}"),
        ToolUseEnd("t1"),
    )
    assert [(use.id, use.name, use.parsed()) for use in outcome.tool_uses] == [
        ("t1", "look", {"a": 2}),
        ("t2", "take", {"n": 1}),
    ]


def test_of_two_tool_uses_with_one_id_the_first_gets_the_arguments() -> None:
    outcome, _ = drained(ToolUseStart("t", "a"), ToolUseStart("t", "b"), ToolUseArguments("t", "[1]"))
    assert [(use.name, use.arguments) for use in outcome.tool_uses] == [("a", "[1]"), ("b", "")]


def test_the_last_stop_counts_and_usage_may_follow_it() -> None:
    usage = TokenUsage(input_tokens=1)
    outcome, _ = drained(StopChunk(StopReason.END_TURN), StopChunk(StopReason.MAX_TOKENS), UsageChunk(usage))
    assert (outcome.stop, outcome.saw_stop, outcome.usage) == (StopReason.MAX_TOKENS, True, usage)


def test_without_a_stop_the_turn_just_ended() -> None:
    outcome, _ = drained(TextChunk("a"))
    assert (outcome.stop, outcome.saw_stop) == (StopReason.END_TURN, False)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", StopReason.END_TURN),
        ("stop", StopReason.END_TURN),
        ("length", StopReason.MAX_TOKENS),
        ("tool_calls", StopReason.TOOL_USE),
        ("odd", StopReason.END_TURN),
        (None, StopReason.END_TURN),
    ],
)
def test_stop_reasons_of_providers_become_one_vocabulary(word: str | None, reason: StopReason) -> None:
    assert StopReason.from_wire(word) is reason


# --- usage -----------------------------------------------------------------------------------------------------------


def test_usage_is_added_to_the_call_and_to_the_turn() -> None:
    state = TurnState()
    for _ in range(2):
        chunks = [UsageChunk(TokenUsage(input_tokens=3)), UsageChunk(TokenUsage(output_tokens=4, input_tokens=1))]
        result = asyncio.run(Trial(Script(chunks), state=state).runner.run(REQUEST))
        assert result.outcome.usage == TokenUsage(4, 4)
    assert (state.usage, state.request_count) == (TokenUsage(8, 8), 2)


COUNTS = st.none() | st.integers(0, 10**12)
USAGES = st.builds(TokenUsage, COUNTS, COUNTS, COUNTS, COUNTS)


@UNTIMED
@given(USAGES, USAGES, USAGES)
def test_unknown_is_not_zero(one: TokenUsage, two: TokenUsage, three: TokenUsage) -> None:
    assert one + TokenUsage() == one
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    added = one + two
    for name in TokenUsage.__slots__:
        known = [count for count in (getattr(one, name), getattr(two, name)) if count is not None]
        assert getattr(added, name) == (sum(known) if known else None)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (TokenUsage(), None),
        (TokenUsage(output_tokens=9), None),
        (TokenUsage(input_tokens=0), 0),
        (TokenUsage(cache_creation_input_tokens=2), 2),
        (TokenUsage(1, 9, 2, 4), 7),
    ],
)
def test_real_input_is_what_occupied_the_context(usage: TokenUsage, tokens: int | None) -> None:
    assert usage.real_input_tokens == tokens


# --- arguments and message -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"), [("", {}), (" \n", {}), ('{"a":1}', {"a": 1}), ("[1]", [1]), ("null", None), ('"x"', "x")]
)
def test_arguments_are_any_json_value(text: str, value: object) -> None:
    assert ToolUse("t", "n", [text]).parsed() == value


@pytest.mark.parametrize("text", ["{", "{'a':1}", "NaN", "1 2"])
def test_damaged_arguments_are_reported_as_text(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        ToolUse("t", "n", [text]).parsed()
    assert str(caught.value)


def test_the_message_has_its_parts_in_order() -> None:
    outcome, _ = drained(
        ToolUseStart("t1", "look"),
        TextChunk("a"),
        ThinkingChunk("hm"),
        ThinkingSignature("s"),
        ToolUseArguments("t1", "{broken"),
        ToolUseStart("t2", "take"),
        ToolUseArguments("t2", "[1]"),
    )
    assert outcome.message() == AssistantMessage(
        (ThinkingPart("hm", "s"), TextPart("a"), ToolUsePart("t1", "look", {}), ToolUsePart("t2", "take", [1]))
    )


def test_a_signature_alone_makes_a_thinking_part_and_nothing_makes_an_empty_message() -> None:
    assert drained(ThinkingSignature("s"))[0].message() == AssistantMessage((ThinkingPart("", "s"),))
    assert drained()[0].message() == AssistantMessage(())


TOOL_IDS = st.sampled_from(["t1", "t2", "t3"])
CHUNKS = st.lists(
    st.one_of(
        st.just(MessageStart()),
        st.builds(TextChunk, st.text(max_size=3)),
        st.builds(ThinkingChunk, st.text(max_size=3)),
        st.builds(ThinkingSignature, st.text(max_size=3)),
        st.builds(ToolUseStart, TOOL_IDS, st.text(max_size=3)),
        st.builds(ToolUseArguments, TOOL_IDS, st.text(max_size=3)),
        st.builds(ToolUseEnd, TOOL_IDS),
        st.builds(StopChunk, st.sampled_from(StopReason)),
        st.builds(UsageChunk, st.builds(TokenUsage, COUNTS, COUNTS)),
    ),
    max_size=20,
)


def expected(chunks: Sequence[Chunk]) -> dict[str, Any]:
    """What these chunks give, computed from the whole sequence at once."""

    def of(kind: type) -> list[Any]:
        return [chunk for chunk in chunks if isinstance(chunk, kind)]

    starts = [(index, chunk) for index, chunk in enumerate(chunks) if isinstance(chunk, ToolUseStart)]
    tools = []
    for index, start in starts:
        first = not any(other.id == start.id for before, other in starts if before < index)
        fragments = [c.fragment for c in chunks[index:] if isinstance(c, ToolUseArguments) and c.id == start.id]
        tools.append((start.id, start.name, "".join(fragments) if first else ""))
    inputs = [chunk.usage.input_tokens for chunk in of(UsageChunk) if chunk.usage.input_tokens is not None]
    return {
        "text": "".join(chunk.text for chunk in of(TextChunk)),
        "thinking": "".join(chunk.text for chunk in of(ThinkingChunk)),
        "signature": of(ThinkingSignature)[-1].signature if of(ThinkingSignature) else None,
        "tools": tools,
        "stop": of(StopChunk)[-1].reason if of(StopChunk) else StopReason.END_TURN,
        "input": sum(inputs) if inputs else None,
    }


def given_by(outcome: DrainOutcome) -> dict[str, Any]:
    return {
        "text": outcome.text,
        "thinking": outcome.thinking,
        "signature": outcome.signature,
        "tools": [(use.id, use.name, use.arguments) for use in outcome.tool_uses],
        "stop": outcome.stop,
        "input": outcome.usage.input_tokens,
    }


@UNTIMED
@given(CHUNKS)
def test_any_interleaving_of_chunks_is_put_together_right(chunks: list[Chunk]) -> None:
    outcome, trial = drained(*chunks)
    assert given_by(outcome) == expected(chunks)
    assert trial.runner.state.usage == outcome.usage
    shown = [event.text for event in trial.events if isinstance(event, AssistantText)]
    assert shown == [chunk.text for chunk in chunks if isinstance(chunk, TextChunk)]


# --- cancellation ----------------------------------------------------------------------------------------------------


class CancelAt:
    """Sets the signal at the given step of a run, steps being everything that the provider and the clock do."""

    def __init__(self, step: int) -> None:
        self.signal = asyncio.Event()
        self.steps = 0
        self._at = step

    async def __call__(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            self.signal.set()
        await asyncio.sleep(0)


@UNTIMED
@given(CHUNKS, st.integers(0, 2), st.integers(1, 30))
def test_cancelled_anywhere_a_run_returns_what_had_arrived(chunks: list[Chunk], failures: int, at: int) -> None:
    async def perform() -> None:
        cancel = CancelAt(at)
        errors = [failing(RetryWithBackoff()) for _ in range(failures)]
        provider = Script(*errors, chunks, step=cancel)
        trial = Trial(provider, cancel=cancel.signal, step=cancel)
        result = await trial.runner.run(REQUEST)
        received = trial.runner.state.request_count
        assert received == result.attempts == len([e for e in trial.events if isinstance(e, LlmCallStarted)])
        # A failed attempt is two steps, opening and waiting; then come the opening and the chunks.
        steps_before_chunks = 2 * failures + 1
        if at > steps_before_chunks + len(chunks):
            assert not result.outcome.cancelled and given_by(result.outcome) == expected(chunks)
        else:
            arrived = max(0, at - steps_before_chunks - 1)
            assert result.outcome.cancelled
            assert given_by(result.outcome) == expected(chunks[:arrived])
            assert result.attempts == min((at + 1) // 2, failures + 1)
        assert await _settled()

    asyncio.run(perform())


async def _settled() -> bool:
    """Whether nothing is left running once everything that was cancelled has had its turn."""
    for _ in range(3):
        await asyncio.sleep(0)
    return len(asyncio.all_tasks()) == 1


def test_cancelled_before_it_begins_nothing_is_sent() -> None:
    async def perform() -> None:
        cancel = asyncio.Event()
        cancel.set()
        provider = Script(ACCEPT)
        trial = Trial(provider, cancel=cancel)
        result = await trial.runner.run(REQUEST)
        assert (result.attempts, result.outcome.cancelled, trial.events, provider.signals) == (0, True, [], [])

    asyncio.run(perform())


def test_cancelled_during_a_delay_there_is_an_empty_stream_and_no_error() -> None:
    async def perform() -> None:
        cancel = asyncio.Event()

        async def never() -> None:
            cancel.set()
            await asyncio.Event().wait()

        trial = Trial(Script(failing(RetryAfter(3600)), ACCEPT), cancel=cancel, step=never)
        stream, attempt = await trial.runner.open(REQUEST)
        assert ([chunk async for chunk in stream], attempt) == ([], 1)

    asyncio.run(perform())


def test_cancellation_wins_over_a_chunk_that_is_there_at_the_same_time() -> None:
    async def perform() -> None:
        cancel = asyncio.Event()

        async def both() -> None:
            cancel.set()

        provider = Script([TextChunk("too late")], step=both)
        trial = Trial(provider, cancel=cancel)
        outcome = await trial.runner.drain(provider._stream([TextChunk("too late")]))
        assert (outcome.cancelled, outcome.text, provider.closed) == (True, "", 1)

    asyncio.run(perform())


def test_cancellation_wins_over_an_error_and_over_an_end_at_the_same_time() -> None:
    for entry in ([failing(NoRetry())], []):

        async def perform(entry: Sequence[Chunk | ProviderError] = entry) -> None:
            cancel = asyncio.Event()
            stream = _ends_with(cancel, entry)
            outcome = await Trial(Script(), cancel=cancel).runner.drain(stream)
            assert outcome.cancelled

        asyncio.run(perform())


async def _ends_with(cancel: asyncio.Event, entry: Sequence[Chunk | ProviderError]) -> ChunkStream:
    cancel.set()
    for each in entry:
        if isinstance(each, ProviderError):
            raise each
        yield each


def test_a_stream_that_opens_too_late_is_closed() -> None:
    async def perform() -> None:
        cancel = asyncio.Event()
        closed: list[bool] = []

        class Stream:
            def __aiter__(self) -> Stream:
                return self

            async def __anext__(self) -> Chunk:
                raise AssertionError("nobody reads this")

            async def aclose(self) -> None:
                closed.append(True)

        class Late(Script):
            async def complete(self, request: TurnRequest, cancel: CancelSignal) -> ChunkStream:
                assert isinstance(cancel, asyncio.Event)
                cancel.set()
                return Stream()

        trial = Trial(Late(), cancel=cancel)
        result = await trial.runner.run(REQUEST)
        assert (result.outcome.cancelled, result.attempts, closed) == (True, 1, [True])

    asyncio.run(perform())


def test_the_provider_gets_the_signal() -> None:
    async def perform() -> None:
        cancel = asyncio.Event()
        provider = Script(ACCEPT)
        await Trial(provider, cancel=cancel).runner.run(REQUEST)
        assert provider.signals == [cancel]

    asyncio.run(perform())


def test_a_cancelled_task_leaves_nothing_behind() -> None:
    async def perform() -> None:
        waiting = asyncio.Event()

        async def forever() -> None:
            waiting.set()
            await asyncio.Event().wait()

        provider = Script([TextChunk("a")], step=forever)
        task = asyncio.create_task(Trial(provider).runner.drain(provider._stream([TextChunk("a")])))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert provider.closed == 1
        assert await _settled()

    asyncio.run(perform())

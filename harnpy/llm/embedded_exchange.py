"""A request to a model in this process and its answer: what the gateway uses in place of an exchange over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harnpy.llm.accumulate import Accumulator
from harnpy.llm.deltas import Delta, Done, RawResult, TextDelta, Usage, UsageReport
from harnpy.llm.failures import api_error, timeout_error
from harnpy.llm.observe import CallDelta, EventBus
from harnpy.llm.providers.embedded import generation, model_path
from harnpy.llm.providers.embedded_engine import EngineFailure
from harnpy.llm.providers.embedded_worker import Job, Report, shared_worker
from harnpy.llm.request import WireRequest
from harnpy.vm.errors import Category, HarnError, categorized_error, thrown


class EmbeddedExchange:
    """One request to an embedded model. begun says whether any of the answer has arrived, partial_text what of it.

    repeatable is false once it has turned out that the same request would fail in the same way again. Times count from
    the request's turn: waiting for other answers is no failure of this one.
    """

    def __init__(self, request: WireRequest, bus: EventBus) -> None:
        self.repeatable = True
        self.limits: dict[str, str] = {}
        self._request = request
        self._bus = bus
        self._accumulator = Accumulator(
            request["provider"],
            request["model"],
            inline_thinking=True,
            emit=self._emit if request["stream"] and bus.watched else None,
        )

    @property
    def begun(self) -> bool:
        return self._accumulator.begun

    @property
    def partial_text(self) -> str:
        return self._accumulator.partial_text

    async def perform(self) -> RawResult:
        """The whole answer. Raises HarnError. Cancellation stops the generation."""
        usage = Usage()
        reports, job = self._begin()
        try:
            self._checked(await reports.get())
            deadline = asyncio.get_running_loop().time() + self._request["timeout"]
            while type(delta := await self._next(reports, deadline, None)) is not Done:
                if type(delta) is UsageReport:
                    usage = delta.usage
                else:
                    self._accumulator.add(delta)
        finally:
            job.abandon()
        result = self._accumulator.finish()
        # After finish, which takes tokens without any text for a server's mistake; here a stop sequence can cause that.
        result["input_tokens"] = usage.input_tokens or 0
        result["output_tokens"] = usage.output_tokens or 0
        return result

    async def relay(self, deliver: Callable[[str], Awaitable[bool]]) -> None:
        """Deliver text chunks as they come until the end, or until nobody wants more. Raises HarnError."""
        reports, job = self._begin()
        try:
            self._checked(await reports.get())
            while type(delta := await self._next(reports, None, self._request["idle_timeout"])) is not Done:
                if type(delta) is TextDelta and not await deliver(delta.text):
                    return
        finally:
            job.abandon()

    def _begin(self) -> tuple[asyncio.Queue[Report], Job]:
        """Hand the request to the worker; what it reports comes into the queue, first that the request's turn has come."""
        loop = asyncio.get_running_loop()
        reports: asyncio.Queue[Report] = asyncio.Queue()

        def report(each: Report) -> None:
            try:
                loop.call_soon_threadsafe(reports.put_nowait, each)
            except RuntimeError:
                # The loop has ended, and with it whoever waited.
                job.abandon()

        path = model_path(self._request["model"], self._request["url"])
        job = Job(path, generation(self._request["body"]), report)
        shared_worker().submit(job)
        return reports, job

    async def _next(self, reports: asyncio.Queue[Report], deadline: float | None, idle_timeout: float | None) -> Delta:
        """The next delta of the answer; deadline is a time of the event loop, idle_timeout is in seconds."""
        try:
            async with asyncio.timeout_at(deadline), asyncio.timeout(idle_timeout):
                report = await reports.get()
        except TimeoutError:
            if deadline is None:
                raise thrown(f"stream idle timeout: no data received for {idle_timeout:g}s") from None
            raise self._late() from None
        return self._checked(report)

    def _late(self) -> HarnError:
        provider = self._request["provider"]
        detail = "Deadline exceeded: the answer took too long (option `timeout`, variable HARN_LLM_TIMEOUT)"
        return timeout_error(provider, detail) if self.begun else api_error(provider, detail)

    def _checked(self, report: Report) -> Delta:
        """The delta of a report. Raises what the report says went wrong."""
        if isinstance(report, EngineFailure):
            self.repeatable = False
            tag = " [context_overflow]" if report.too_long else ""
            # With a category, since the numbers in the text would be taken for an HTTP status.
            raise categorized_error(Category.GENERIC, f"{self._request['provider']} API error{tag}: {report}")
        if isinstance(report, Exception):
            raise report
        return report  # type: ignore[return-value]

    def _emit(self, text: str, thinking: str) -> None:
        self._bus.emit(CallDelta(self._request["call_id"], text, thinking))

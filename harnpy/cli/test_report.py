"""What `harn test` prints: results, summaries, timings, failures. Text only; nothing here runs anything."""

from __future__ import annotations

from collections.abc import Sequence

from harnpy.cli.terminal import Paint
from harnpy.cli.test_expectations import ExpectationResult
from harnpy.cli.test_user import UserTestResult

_SLOWEST_SHOWN = 10


def user_report(results: Sequence[UserTestResult], file_count: int, milliseconds: int, paint: Paint) -> str:
    """The whole report of a run of user tests."""
    if not results:
        return "\nNo test pipelines found"
    lines = [f"Running {_counted(len(results), 'test')} from {_counted(file_count, 'file')}...", ""]
    for result in results:
        if result.passed:
            lines.append(f"  {paint.green('PASS')}  {result.name} [{result.file}] ({result.milliseconds} ms)")
        else:
            lines.append(f"  {paint.red('FAIL')}  {result.name} [{result.file}]")
            lines += [f"        {line}" for line in result.failure.splitlines()]
    failed = sum(not result.passed for result in results)
    passed, total = len(results) - failed, len(results)
    summary = f"{passed} passed, {failed} failed, {total} total" if failed else f"{passed} passed, {total} total"
    lines += ["", (paint.red if failed else paint.green)(f"{summary} ({milliseconds} ms)")]
    return "\n".join(lines)


def expectation_line(result: ExpectationResult, paint: Paint, verbose: bool, timing: bool) -> str:
    """The line of one program, printed as soon as it has run."""
    word = paint.green("PASS") if result.passed else paint.red("FAIL")
    timed = verbose or (timing and not result.expectation.wants_error)
    return f"  {word}  {result.expectation.shown}" + (f" ({result.milliseconds} ms)" if timed else "")


def expectation_summary(results: Sequence[ExpectationResult], milliseconds: int, paint: Paint, timing: bool) -> str:
    """Everything behind the lines of the single programs."""
    failed = [result for result in results if not result.passed]
    counts = f"{len(results) - len(failed)} passed, {len(failed)} failed, {len(results)} total"
    lines = ["", (paint.red if failed else paint.green)(counts)]
    if timing and results:
        lines += _timings(results, milliseconds)
    if failed:
        lines += ["", "Failures:"]
        lines += [f"  {line}" for result in failed for line in result.failure.splitlines()]
    return "\n".join(lines)


def _timings(results: Sequence[ExpectationResult], milliseconds: int) -> list[str]:
    times = sorted(result.milliseconds for result in results)
    p50, p95, p99 = (times[min(len(times) - 1, len(times) * percent // 100)] for percent in (50, 95, 99))
    slowest = sorted(results, key=lambda result: -result.milliseconds)[:_SLOWEST_SHOWN]
    return [
        "",
        f"Total time: {milliseconds} ms",
        f"Per-test: avg={sum(times) // len(times)} ms  p50={p50} ms  p95={p95} ms  p99={p99} ms",
        "",
        f"Slowest {len(slowest)} tests:",
        *(f"  {result.milliseconds:>6} ms  {result.expectation.shown}" for result in slowest),
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""Expectation mode: programs whose output or error is held against a file beside them (chapter 05 section 4.4)."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from harnpy.builtins.file_access import ExecutionContext
from harnpy.bytecode.errors import CompileError
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import check, make_runtime
from harnpy.cli.terminal import PLAIN, Paint
from harnpy.cli.test_discovery import expectation_of
from harnpy.cli.test_watchdog import Watchdog
from harnpy.syntax.diagnostics import CheckFailed, HarnSyntaxError
from harnpy.vm.errors import ExitProgram, HarnError, Interrupted
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from harnpy.cli.model_calls import ModelCallSettings

_TIMER_LINE = re.compile(r"^\[timer\] (.*): \d+(?:\.\d+)?ms$")


class BadPattern(Exception):
    """A `re:` filter or expectation is no regular expression; str() says which and why."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One program and what it must do. shown is its path as reports and filters name it."""

    program: Path
    shown: str
    text: str
    wants_error: bool


@dataclass(frozen=True, slots=True)
class ExpectationOptions:
    """timeout_ms: limit of one program; paint: colours of differences; verbose: failures list both texts;
    model_calls: what model calls do, None for nothing out of the ordinary.
    """

    timeout_ms: int
    paint: Paint = PLAIN
    verbose: bool = False
    model_calls: ModelCallSettings | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended: its output, the error text when it failed, whether the time limit stopped it."""

    output: str
    error: str | None
    timed_out: bool
    milliseconds: int


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One line of the report. failure is empty for a program that did what was expected."""

    expectation: Expectation
    milliseconds: int
    failure: str = ""

    @property
    def passed(self) -> bool:
        return not self.failure


def load(program: Path, root: Path) -> Expectation | None:
    """The expectation beside program, or None without one."""
    beside = expectation_of(program)
    if beside is None:
        return None
    shown = os.path.relpath(program, root) if root.is_dir() else str(program)
    text = beside.read_text(encoding="utf-8", errors="replace")
    return Expectation(program, shown, text, beside.suffix == ".error")


def matches_filter(shown: str, pattern: str) -> bool:
    """Whether a path passes `--filter`: `re:REGEX`, `a|b` alternatives, wildcards, or a substring."""
    if pattern.startswith("re:"):
        return _search(pattern[3:], shown)
    if "|" in pattern:
        return any(part in shown for part in pattern.split("|"))
    if "*" in pattern or "?" in pattern:
        return fnmatch.fnmatchcase(shown, f"*{pattern}*")
    return pattern in shown


def run_expectation(expectation: Expectation, options: ExpectationOptions) -> ExpectationResult:
    """Run one program in a fresh runtime and judge how it ended."""
    limit = options.timeout_ms
    ending = run_program(expectation.program, limit, options.model_calls)
    if ending.timed_out:
        return ExpectationResult(expectation, limit, f"{expectation.shown}: timed out after {limit}ms")
    failure = (
        _judge_error(expectation, ending) if expectation.wants_error else _judge_output(expectation, ending, options)
    )
    return ExpectationResult(expectation, ending.milliseconds, failure)


def run_expectations(
    expectations: Sequence[Expectation], options: ExpectationOptions, parallel: bool
) -> Iterator[ExpectationResult]:
    """Run the programs, here or in several processes; results come in the order of expectations as they are known."""
    if not parallel:
        yield from (run_expectation(expectation, options) for expectation in expectations)
        return
    from harnpy.cli.test_workers import worker_pool

    with worker_pool(len(expectations)) as pool:
        yield from pool.map(run_expectation, expectations, [options] * len(expectations), chunksize=4)


def run_program(program: Path, timeout_ms: int, model_calls: ModelCallSettings | None = None) -> Ending:
    """Run a program with captured output; a failure of any kind ends in the error text, never in an exception."""
    started = time.monotonic()
    try:
        source = program.read_bytes()
    except OSError as failure:
        return Ending("", f"Failed to read {program}: {reason(failure)}", False, 0)
    world = CapturingWorld()
    runtime = make_runtime(world=world)
    path = os.path.abspath(program)
    runtime.begin_with(ExecutionContext(os.getcwd(), source_directory=os.path.dirname(path)))
    if model_calls is not None:
        from harnpy.cli.model_calls import attach

        attach(runtime, model_calls.for_test(str(program)))
    error: str | None = None
    try:
        with Watchdog(timeout_ms, runtime.interrupt, runtime.insist) as watchdog:
            try:
                module = runtime.compile(source, path, check=check)
                for each in module.findings or ():
                    world.write(f"warning: {each.message}\n")
                runtime.run(module)
            except HarnError as failure:
                error = failure.uncaught_text
            except (HarnSyntaxError, CheckFailed, CompileError) as failure:
                error = str(failure)
            except ExitProgram as exit_program:
                error = f"exit code {exit_program.code}" if exit_program.code else None
            except Interrupted:
                if not watchdog.fired:
                    raise
    finally:
        runtime.close()
    return Ending(world.output, error, watchdog.fired, round((time.monotonic() - started) * 1000))


def normalized(text: str) -> list[str]:
    """The lines that are compared: no trailing white space, measured times replaced."""
    return [_TIMER_LINE.sub(r"[timer] \1: <ms>", line) for line in text.rstrip().splitlines()]


def error_matches(wanted: str, actual: str) -> bool:
    """Whether an error text fits an `.error` file: some line of it is contained in the error, or `re:` found in it."""
    lines = [line.strip() for line in wanted.splitlines() if line.strip()]
    return any(_search(line[3:], actual) if line.startswith("re:") else line in actual for line in lines or [""])


def _judge_output(expectation: Expectation, ending: Ending, options: ExpectationOptions) -> str:
    if ending.error is not None:
        return f"{expectation.shown}: runtime error: {ending.error}"
    wanted, actual = normalized(expectation.text), normalized(ending.output)
    if wanted == actual:
        return ""
    lines = [f"{expectation.shown}:", *_difference(wanted, actual, options.paint)]
    if options.verbose:
        lines += ["expected:", *(f"  {line}" for line in wanted), "actual:", *(f"  {line}" for line in actual)]
    return "\n".join(lines)


def _judge_error(expectation: Expectation, ending: Ending) -> str:
    wanted = expectation.text.strip()
    if ending.error is None:
        return f"{expectation.shown}: expected error containing '{wanted}', but succeeded"
    if error_matches(wanted, ending.error):
        return ""
    return f"{expectation.shown}:\n  expected error containing: {wanted}\n  actual error: {ending.error}"


def _difference(wanted: list[str], actual: list[str], paint: Paint) -> list[str]:
    lines: list[str] = []
    for _, start, end, new_start, new_end in SequenceMatcher(None, wanted, actual, autojunk=False).get_opcodes():
        if wanted[start:end] == actual[new_start:new_end]:
            lines += [f"  {line}" for line in wanted[start:end]]
        else:
            lines += [paint.red(f"- {line}") for line in wanted[start:end]]
            lines += [paint.green(f"+ {line}") for line in actual[new_start:new_end]]
    return lines


def _search(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise BadPattern(f"invalid regular expression '{pattern}': {error}") from error

"""`harn test`: user tests of a path, programs with expectations, or both. The parts are in the test_* modules."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harnpy.cli.arguments import MODEL_CALL_FLAGS, POLICY_FLAGS, Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.sandbox import handed_on, policies_of
from harnpy.cli.terminal import Paint, wants_colour
from harnpy.cli.test_conformance import ROOT, TargetError, select
from harnpy.cli.test_discovery import TestFiles, find_tests
from harnpy.cli.test_expectations import (
    BadPattern,
    Expectation,
    ExpectationOptions,
    ExpectationResult,
    load,
    matches_filter,
    run_expectations,
)
from harnpy.cli.test_junit import JUnitCase, junit_xml
from harnpy.cli.test_report import expectation_line, expectation_summary, user_report
from harnpy.cli.test_user import (
    UserTestOptions,
    UserTestResult,
    list_file,
    mock_provider,
    run_file,
    run_files_in_parallel,
)
from harnpy.cli.watching import Watcher

if TYPE_CHECKING:
    from harnpy.cli.model_calls import ModelCallSettings

COMMAND = Command(
    "test",
    "Run the tests of a project",
    flags=(
        Flag("--filter", "only tests whose name (expectations: path) matches P", "P", takes="test"),
        Flag("--list", "print which tests there are and run none"),
        Flag("--timeout", "limit of each test in milliseconds (default 30000)", "MS"),
        Flag("--parallel", "run test files at the same time, in processes of their own"),
        Flag("--watch", "run again whenever a .harn file changes"),
        Flag("--junit", "also write the results to FILE as JUnit XML", "FILE", takes="file"),
        Flag("--verbose", "times, and both texts of an expectation that failed", short="-v"),
        Flag("--timing", "times of expectations"),
        *POLICY_FLAGS,
        *MODEL_CALL_FLAGS,
    ),
    exclusive=(("--deny", "--allow"),),
    positionals=(
        Positional("PATH", "a file or directory (default: tests), or the word `conformance`", takes="harn"),
        Positional("SELECTION", "with `conformance`: a file or directory inside it"),
    ),
    details="A test is a pipeline named test_* or marked @test. A program X.harn with X.expected (its output) or\n"
    "X.error (part of its error) beside it is run and compared.",
)

DEFAULT_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class TestPlan:
    """One `harn test` command line, checked. selection is set in conformance mode only."""

    target: str
    selection: str | None
    name_filter: str
    timeout_ms: int
    parallel: bool
    junit: str | None
    verbose: bool
    timing: bool
    model_calls: ModelCallSettings | None = None

    @property
    def is_conformance(self) -> bool:
        return self.target == ROOT

    def files(self) -> TestFiles:
        """The files to run now; they may change between two rounds of --watch."""
        return TestFiles((), select(self.selection)) if self.is_conformance else find_tests(self.target)


def execute(arguments: Arguments) -> int:
    """Run what the arguments select; 1 when anything failed."""
    plan = _plan(arguments)
    if not plan.is_conformance and not os.path.exists(plan.target):
        print(f"Path not found: {plan.target}", file=sys.stderr)
        return 1
    if any(arguments.has(flag.name) for flag in MODEL_CALL_FLAGS):
        from harnpy.cli.model_calls import UnusableFile, settings_of

        try:
            plan = replace(plan, model_calls=settings_of(arguments))
        except UnusableFile as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    try:
        if arguments.has("--list"):
            return list_tests(plan)
        with handed_on(policies_of(arguments)):
            return _watch(plan) if arguments.has("--watch") else run_once(plan)
    except (TargetError, BadPattern) as error:
        print(error, file=sys.stderr)
        return 1


def list_tests(plan: TestPlan) -> int:
    """Print what run_once would run; 1 when a file cannot be read or parsed."""
    files = plan.files()
    status = 0
    for file in files.user:
        names, failure = list_file(file, plan.name_filter)
        for name in names:
            print(f"{name} [{file}]")
        if failure:
            print(f"{file}: {failure}", file=sys.stderr)
            status = 1
    for expectation in _chosen(plan, files.expectations):
        print(expectation.shown)
    return status


def run_once(plan: TestPlan) -> int:
    """Run everything once and report it; 1 when anything failed."""
    started = time.monotonic()
    files = plan.files()
    user: list[UserTestResult] = []
    expectations: list[ExpectationResult] = []
    if files.user or not files.expectations:
        user = _run_user_tests(plan, files.user)
    if files.expectations:
        expectations = _run_expectations(plan, files.expectations)
    if plan.junit is not None:
        cases = [JUnitCase(result.name, result.milliseconds, result.failure) for result in user]
        cases += [JUnitCase(each.expectation.shown, each.milliseconds, each.failure) for each in expectations]
        _write_junit(plan.junit, junit_xml(cases, _milliseconds_since(started)))
    passed = all(result.passed for result in user) and all(result.passed for result in expectations)
    return 0 if passed else 1


def _plan(arguments: Arguments) -> TestPlan:
    target = arguments.positionals[0] if arguments.positionals else "tests"
    selection = arguments.positionals[1] if len(arguments.positionals) > 1 else None
    if selection is not None and target != ROOT:
        raise UsageError("only `harn test conformance` accepts a second positional target")
    if not arguments.positionals and not os.path.isdir(target):
        raise UsageError("no path specified and no tests/ directory found")
    return TestPlan(
        target,
        selection,
        arguments.value("--filter") or "",
        arguments.integer("--timeout", DEFAULT_TIMEOUT_MS, minimum=1),
        arguments.has("--parallel"),
        arguments.value("--junit"),
        arguments.has("--verbose"),
        arguments.has("--timing"),
    )


def _run_user_tests(plan: TestPlan, files: tuple[str, ...]) -> list[UserTestResult]:
    started = time.monotonic()
    options = UserTestOptions(plan.name_filter, plan.timeout_ms, not plan.parallel, plan.model_calls)
    with mock_provider():
        if plan.parallel and len(files) > 1:
            results = run_files_in_parallel(files, options)
        else:
            results = [result for file in files for result in run_file(file, options)]
    count = len({result.file for result in results})
    print(user_report(results, count, _milliseconds_since(started), _paint()), flush=True)
    return results


def _run_expectations(plan: TestPlan, programs: tuple[Path, ...]) -> list[ExpectationResult]:
    started = time.monotonic()
    paint = _paint()
    options = ExpectationOptions(plan.timeout_ms, paint, plan.verbose, plan.model_calls)
    results = []
    for result in run_expectations(_chosen(plan, programs), options, plan.parallel):
        print(expectation_line(result, paint, plan.verbose, plan.timing), flush=True)
        results.append(result)
    print(expectation_summary(results, _milliseconds_since(started), paint, plan.timing), flush=True)
    return results


def _chosen(plan: TestPlan, programs: tuple[Path, ...]) -> list[Expectation]:
    """Those of programs that have something expected of them and match the filter."""
    root = Path(plan.target)
    loaded = [expectation for program in programs if (expectation := load(program, root)) is not None]
    return [each for each in loaded if matches_filter(each.shown, plan.name_filter)]


def _watch(plan: TestPlan) -> int:
    """Run again and again until Ctrl-C, which is the ordinary end of watching."""
    paint = _paint()
    print(f"Watching {plan.target} for changes... (Ctrl+C to stop)\n", flush=True)
    watcher = Watcher(Path(plan.target))
    try:
        run_once(plan)
        while True:
            watcher.wait_for_change()
            print(f"\n{paint.dim('--- file changed, re-running tests ---')}\n", flush=True)
            run_once(plan)
    except KeyboardInterrupt:
        return 0


def _write_junit(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        from harnpy.vm.os_errors import reason

        print(f"Failed to write JUnit XML to {path}: {reason(error)}", file=sys.stderr)
        return
    print(f"JUnit XML written to {path}")


def _paint() -> Paint:
    return Paint(wants_colour(sys.stdout))


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)

"""User tests: every `test_*` or `@test` pipeline of a file in a fresh runtime (chapter 05 sections 4.1 and 4.2)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harnpy.builtins.file_access import ExecutionContext
from harnpy.bytecode.chunk import CompiledModule
from harnpy.bytecode.errors import CompileError
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.cli.runtime_report import runtime_report
from harnpy.cli.test_watchdog import Watchdog
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.vm.errors import ExitProgram, HarnError, Interrupted
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from harnpy.cli.model_calls import ModelCallSettings

FILE_ERROR = "<file error>"


@dataclass(frozen=True, slots=True)
class UserTestOptions:
    """name_filter: substring of the test's name; timeout_ms: limit of one test; enter_directory: run in the file's;
    model_calls: what model calls do, None for nothing out of the ordinary.
    """

    name_filter: str = ""
    timeout_ms: int = 30_000
    enter_directory: bool = True
    model_calls: ModelCallSettings | None = None


@dataclass(frozen=True, slots=True)
class UserTestResult:
    """One line of the report. failure is empty for a test that passed."""

    name: str
    file: str
    milliseconds: int
    failure: str = ""

    @property
    def passed(self) -> bool:
        return not self.failure


@dataclass(frozen=True, slots=True)
class _LoadedFile:
    """A test file ready to run, or the failures that stand for it."""

    module: CompiledModule | None = None
    names: tuple[str, ...] = ()
    failures: tuple[UserTestResult, ...] = field(default=())


def is_test_name(name: str) -> bool:
    """Whether a pipeline of this name is a test even without `@test`."""
    return name.startswith("test_")


def run_file(path: str, options: UserTestOptions) -> list[UserTestResult]:
    """Run the tests of one file in source order. Never raises for what the file contains."""
    # Its imports, templates and error reports are looked up after the working directory has changed.
    place = os.path.abspath(path)
    loaded = _load(path, place)
    results = list(loaded.failures)
    if loaded.module is not None:
        with _working_directory(os.path.dirname(place) if options.enter_directory else ""):
            for name in loaded.names:
                if options.name_filter in name:
                    results.append(_run_test(loaded.module, name, path, options))
    return results


def list_file(path: str, name_filter: str) -> tuple[list[str], str]:
    """The names of the tests of one file that the filter lets through, in source order, and why there are none to be
    had, or "".
    """
    loaded = _load(path, os.path.abspath(path))
    broken = next((result.failure for result in loaded.failures if result.name == FILE_ERROR), "")
    names = loaded.names or tuple(result.name for result in loaded.failures if result.name != FILE_ERROR)
    return [name for name in names if name_filter in name], broken


def run_files_in_parallel(paths: tuple[str, ...], options: UserTestOptions) -> list[UserTestResult]:
    """Run the files in processes of their own, so that nothing they do to the process is seen by another file."""
    from harnpy.cli.test_workers import worker_pool

    with worker_pool(len(paths)) as pool:
        return [result for results in pool.map(run_file, paths, [options] * len(paths)) for result in results]


@contextmanager
def mock_provider() -> Iterator[None]:
    """HARN_LLM_PROVIDER is `mock` inside unless it was set already, so that tests need neither key nor network."""
    if "HARN_LLM_PROVIDER" in os.environ:
        yield
        return
    os.environ["HARN_LLM_PROVIDER"] = "mock"
    try:
        yield
    finally:
        os.environ.pop("HARN_LLM_PROVIDER", None)


@contextmanager
def _working_directory(directory: str) -> Iterator[None]:
    before = os.getcwd()
    if directory:
        os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def _load(path: str, place: str) -> _LoadedFile:
    """The file at place, reported as path."""
    try:
        source = Path(place).read_bytes()
    except OSError as error:
        return _file_failure(path, f"Failed to read {path}: {reason(error)}")
    runtime = make_runtime()
    try:
        module = runtime.compile(source, place)
    except HarnSyntaxError as error:
        return _file_failure(path, str(error))
    except CompileError as error:
        text = f"Compile error: {error}"
        return _LoadedFile(failures=tuple(UserTestResult(name, path, 0, text) for name in _names_in(source, path)))
    finally:
        runtime.close()
    names = tuple(info.name for info in module.pipelines if info.is_test or is_test_name(info.name))
    return _LoadedFile(module, names)


def _file_failure(path: str, text: str) -> _LoadedFile:
    return _LoadedFile(failures=(UserTestResult(FILE_ERROR, path, 0, text),))


def _names_in(source: bytes, path: str) -> list[str]:
    """The tests of a file that parses but does not compile; never empty, so that the error is not lost."""
    from harnpy.syntax.ast import Attributed, Pipeline
    from harnpy.syntax.parser import parse_program

    names: list[str] = []
    for item in parse_program(source, path).items:
        marked = isinstance(item, Attributed) and any(attribute.name == "test" for attribute in item.attributes)
        inner = item.inner if isinstance(item, Attributed) else item
        if isinstance(inner, Pipeline) and (marked or is_test_name(inner.name)):
            names.append(inner.name)
    return names or [FILE_ERROR]


def _run_test(module: CompiledModule, name: str, path: str, options: UserTestOptions) -> UserTestResult:
    timeout_ms = options.timeout_ms
    runtime = make_runtime(world=CapturingWorld())
    if options.enter_directory:
        runtime.begin_with(ExecutionContext(os.path.dirname(module.path)))
    if options.model_calls is not None:
        from harnpy.cli.model_calls import attach

        attach(runtime, options.model_calls.for_test(module.path, name))
    started = time.monotonic()
    failure = ""
    try:
        with Watchdog(timeout_ms, runtime.interrupt, runtime.insist) as watchdog:
            try:
                runtime.run(module, name)
            except Interrupted:
                if not watchdog.fired:
                    raise
            except ExitProgram as exit_program:
                failure = f"exit({exit_program.code}) ended the test" if exit_program.code else ""
            except HarnError as error:
                failure = runtime_report(error, shown=lambda place: path if place == module.path else place)
        if watchdog.fired:
            failure = f"timed out after {timeout_ms}ms"
    finally:
        runtime.close()
    return UserTestResult(name, path, round((time.monotonic() - started) * 1000), failure)

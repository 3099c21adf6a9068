"""What the command line asks about model calls and the tools of agents: recordings, scripts, files of events."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass, replace

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import Arguments, UsageError
from harnpy.llm.cost import cost_of
from harnpy.llm.event_file import EventFile
from harnpy.llm.fixtures import DIRECTORY, Fixtures
from harnpy.llm.jsonl_file import TEST_KEY, JsonlFile, JsonLinesError
from harnpy.llm.mock_file import MockEntry, MockRecorder, read_mock_file
from harnpy.llm.state import LlmState
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.agents.tool_recording import ToolRecording
    from harnpy.llm.json_values import Json
    from harnpy.llm.observe import Event
    from harnpy.vm.runtime import Runtime


class UnusableFile(Exception):
    """A file named on the command line cannot be used; str() says why."""


@dataclass(frozen=True, slots=True)
class ModelCallSettings:
    """The flags about model calls. Paths are absolute, "" stands for a flag that was not given.

    fixtures is the directory of recordings; test the name of the test that runs, relative to the working directory.
    """

    record: bool = False
    replay: bool = False
    fixtures: str = ""
    mock_file: str = ""
    mock_record: str = ""
    events: str = ""
    tool_record: str = ""
    tool_replay: str = ""
    test: str = ""

    def for_test(self, program: str, pipeline: str = "") -> ModelCallSettings:
        """The settings of one test in program; recordings of test pipelines lie beside their program."""
        name = f"{os.path.abspath(program)}::{pipeline}" if pipeline else os.path.abspath(program)
        directory = os.path.join(os.path.dirname(os.path.abspath(program)), DIRECTORY) if pipeline else self.fixtures
        return replace(self, test=name, fixtures=directory)


def settings_of(arguments: Arguments) -> ModelCallSettings:
    """The settings that a command line asks for; files that will be written are there, empty, afterwards.

    Raises UsageError, and UnusableFile for a file that cannot be read or written.
    """
    paths = {name: os.path.abspath(value) for name, value in arguments.values.items()}
    settings = ModelCallSettings(
        record=arguments.has("--record"),
        replay=arguments.has("--replay") and not arguments.has("--record"),
        fixtures=os.path.abspath(DIRECTORY),
        mock_file=paths.get("--llm-mock", ""),
        mock_record=paths.get("--llm-mock-record", ""),
        events=paths.get("--events", ""),
        tool_record=paths.get("--tool-record", ""),
        tool_replay=paths.get("--tool-replay", ""),
    )
    if settings.mock_file and (settings.record or settings.replay):
        flag = "--record" if settings.record else "--replay"
        raise UsageError(f"the argument '--llm-mock <FILE>' cannot be used with '{flag}'")
    if settings.mock_file and settings.mock_file == settings.mock_record:
        raise UsageError("`--llm-mock` and `--llm-mock-record` name the same file")
    if settings.tool_replay and settings.tool_replay == settings.tool_record:
        raise UsageError("`--tool-replay` and `--tool-record` name the same file")
    _check_readable(settings)
    for flag, path in (
        ("--llm-mock-record", settings.mock_record),
        ("--tool-record", settings.tool_record),
        ("--events", settings.events),
    ):
        if path:
            try:
                with open(path, "wb"):
                    pass
            except OSError as error:
                raise UnusableFile(f"{flag}: cannot write {path}: {reason(error)}") from None
    return settings


def _check_readable(settings: ModelCallSettings) -> None:
    try:
        if settings.mock_file:
            _entries(settings.mock_file)
    except JsonLinesError as error:
        raise UnusableFile(f"--llm-mock: {error}") from None
    try:
        if settings.tool_replay:
            _tool_recordings(settings)
    except JsonLinesError as error:
        raise UnusableFile(f"--tool-replay: {error}") from None


def attach(runtime: Runtime, settings: ModelCallSettings) -> None:
    """Let the model calls of runtime do, and be watched, as settings say."""
    state = runtime.state(LlmState)
    if settings.mock_file:
        answers = [
            entry.answer
            for entry in _entries(settings.mock_file)
            if entry.test is None or entry.test == _test_name(settings, settings.mock_file)
        ]
        state.mock.follow(settings.mock_file, answers)
    if settings.record or settings.replay:
        fixtures = Fixtures(settings.fixtures, settings.replay, state.secrets)
        state.fixtures = fixtures
        if settings.replay:
            state.availability.update(fixtures.availability())
        else:
            state.bus.subscribe(fixtures)
    if settings.mock_record:
        file = JsonlFile(settings.mock_record, state.secrets)
        recorder = MockRecorder(file, _test_name(settings, settings.mock_record))
        _subscribe(state, recorder, settings.mock_record)
        runtime.on_close(lambda: _attempt(recorder.close, settings.mock_record))
    _attach_tools(runtime, settings)
    if settings.events:
        file = JsonlFile(settings.events, state.secrets)
        test = _test_name(settings, settings.events)
        watcher = EventFile(file, runtime.world.clock, test, lambda result: cost_of(state.configuration, result))
        _subscribe(state, watcher, settings.events)
        runtime.on_close(file.close)


def _attach_tools(runtime: Runtime, settings: ModelCallSettings) -> None:
    if not (settings.tool_record or settings.tool_replay):
        return
    from harnpy.agents.tool_recording import ToolRecordings

    recordings = runtime.state(ToolRecordings)
    if settings.tool_replay:
        recordings.replay(_tool_recordings(settings), settings.tool_replay)
    if settings.tool_record:
        path = settings.tool_record
        file = JsonlFile(path, runtime.state(LlmState).secrets)
        test = _test_name(settings, path)
        common: dict[str, Json] = {} if test is None else {TEST_KEY: test}

        def write(record: dict[str, Json]) -> None:
            if not _attempt(lambda: file.append(record | common), path):
                recordings.record(None)

        recordings.record(write)
        runtime.on_close(file.close)


def _tool_recordings(settings: ModelCallSettings) -> list[ToolRecording]:
    """The recordings for the test that runs, or all. Raises JsonLinesError."""
    from harnpy.agents.tool_recording import read_recordings

    path = settings.tool_replay
    test = _test_name(settings, path)
    return read_recordings(path, lambda name: name is None or test is None or name == test)


def _subscribe(state: LlmState, subscriber: Callable[[Event], None], path: str) -> None:
    """Subscribe what writes to path until it cannot write; no call fails for that."""

    def surviving(event: Event) -> None:
        if not _attempt(lambda: subscriber(event), path):
            state.bus.unsubscribe(surviving)

    state.bus.subscribe(surviving)


def _attempt(write: Callable[[], object], path: str) -> bool:
    try:
        write()
    except OSError as error:
        print(f"[harn] warning: cannot write {path}: {reason(error)}", file=sys.stderr)
        return False
    return True


def _test_name(settings: ModelCallSettings, file: str) -> str | None:
    """The test as file names it: relative to where the file lies, whatever the working directory is."""
    return os.path.relpath(settings.test, os.path.dirname(file)) if settings.test else None


@functools.lru_cache(maxsize=1)
def _entries(path: str) -> tuple[MockEntry, ...]:
    return read_mock_file(path)

"""Runs the code blocks of a page of documentation, all in one directory, and says where one does not do what is shown.

After a change: `python tests/docs/doc_runner.py PAGE...` writes into the pages what their blocks print. Read the
difference before you keep it: it is the page that people believe.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread, Timer
from unittest.mock import patch

import yaml
from doc_blocks import ROOT, Block, blocks_of, commands_of, fits
from doc_web import web

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.llm.mock import read_mock_answer
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.state import LlmState
from harnpy.vm.clock import Clock, VirtualClock
from harnpy.vm.effects import Repeat, operation

HANG_SECONDS = 300.0

# Between the outputs of two commands of a console block; no program prints it.
_SEPARATOR = "\x1e"


class PageWorld(CapturingWorld):
    """The real world, but for what is printed, errors included, and perhaps for the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.errors = ""

    @operation("output", Repeat.COMMITTED)
    def write_error(self, text: str) -> None:
        self.errors += text


@dataclass
class Outcome:
    """What running a page gave: the page with the outputs that came, and every block that did otherwise than shown."""

    page: str
    failures: list[str] = field(default_factory=list)


def run_page(page: str, name: str, directory: Path) -> Outcome:
    """Run the blocks of a page in order, in directory. Blocks see the files that those before them have left."""
    outcome = Outcome(page)
    replaced: list[tuple[tuple[int, int], str]] = []
    with surroundings(directory):
        for block in blocks_of(page):
            try:
                replaced += _run_block(block, directory, outcome.failures, f"{name}:{block.line}")
            except Exception as error:
                outcome.failures.append(f"{name}:{block.line}: {type(error).__name__}: {error}")
    for (start, end), text in sorted(replaced, reverse=True):
        outcome.page = outcome.page[:start] + text + outcome.page[end:]
    return outcome


@contextmanager
def surroundings(directory: Path) -> Iterator[None]:
    """Work in directory, with `harn` on PATH, the mock provider, and nothing else of the environment of the tests."""
    with tempfile.TemporaryDirectory() as commands:
        command = Path(commands, "harn")
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harnpy "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        variables = {
            "PATH": f"{commands}:{os.environ['PATH']}",
            "HOME": commands,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "HARN_LLM_PROVIDER": "mock",
        }
        with chdir(directory), patch.dict(os.environ, variables, clear=True):
            yield


def _run_block(block: Block, directory: Path, failures: list[str], place: str) -> list[tuple[tuple[int, int], str]]:
    """Run a block, note how it fails, and give what would have to be replaced in the page."""
    with web(block.directives.get("web", "")) as variables, patch.dict(os.environ, variables):
        return _run_in_web(block, directory, failures, place)


def _run_in_web(block: Block, directory: Path, failures: list[str], place: str) -> list[tuple[tuple[int, int], str]]:
    if "file" in block.directives:
        path = directory / block.directives["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    if block.language == "console":
        return _run_console(block, directory, failures, place)
    if block.language in _CHECKS:
        _CHECKS[block.language](block.text)
        return []
    if block.language not in ("harn", "python"):
        raise ValueError(f"nobody knows how to run or check a block of language {block.language!r}")
    only_compiled = "compiled" in block.directives or ("file" in block.directives and block.expected is None)
    if block.language == "harn" and only_compiled:
        _compile(block)
        return []
    printed = _run_program(block, directory) if block.language == "harn" else _run_python(block, directory)
    if printed != (block.expected or ""):
        failures.append(f"{place}: prints\n{printed}and not what is shown:\n{block.expected}")
    return [(block.result, printed)] if block.result else []


def _compile(block: Block) -> None:
    runtime = make_runtime()
    try:
        runtime.compile(block.text, "page.harn", use_cache=False)
    finally:
        runtime.close()


def _run_program(block: Block, directory: Path) -> str:
    world = PageWorld(VirtualClock() if "virtual time" in block.directives else Clock())
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    # What the machine's own configuration adds is not what the page speaks of.
    state.configuration = BUILT_IN
    answers = block.model_answers
    if answers is not None:
        state.mock.follow("the page", [read_mock_answer({"text": answer}) for answer in answers])
    before = block.directives.get("before", "")
    source = f"{before}\n{block.text}" if before else block.text
    try:
        runtime.run(runtime.compile(source, str(directory / "page.harn"), use_cache=False))
    finally:
        runtime.close()
    if world.errors:
        raise ValueError(f"writes to standard error: {world.errors}")
    if answers is not None and len(state.mock.calls) != len(answers):
        raise ValueError(f"{len(state.mock.calls)} model calls for {len(answers)} answers")
    return world.output


def _run_python(block: Block, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=HANG_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"Python ends with {done.returncode}: {done.stdout.decode()}")
    return done.stdout.decode()


def _run_console(block: Block, directory: Path, failures: list[str], place: str) -> list[tuple[tuple[int, int], str]]:
    """Run the commands in one shell, so that `cd` and `$?` mean what readers expect."""
    commands = commands_of(block.text)
    script = "".join(f"{command}\n_status=$?; printf '\\036'; (exit $_status)\n" for command, _ in commands)
    outputs = _run_shell(script, directory, block.directives.get("interrupt")).split(_SEPARATOR)[: len(commands)]
    new = ""
    for (command, shown), printed in zip(commands, outputs, strict=True):
        right = fits(printed, shown)
        if not right:
            failures.append(f"{place}: `{command}` prints\n{printed}and not what is shown:\n{shown}")
        new += f"$ {command}\n" + (shown if right else printed)
    return [(block.body, new)]


def _run_shell(script: str, directory: Path, interrupt: str | None) -> str:
    """What a script prints, on both streams; with interrupt it is interrupted once a line with this text has come."""
    with subprocess.Popen(
        ["sh", "-c", script],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        watchdog = Timer(HANG_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if interrupt is not None and interrupt in line:
                    Thread(target=_interrupt, args=(process,), daemon=True).start()
            return "".join(lines)
        finally:
            watchdog.cancel()


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C, as a person does: again after a while if nothing happens."""
    while process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _check_shell(text: str) -> None:
    subprocess.run(["sh", "-n", "-c", text], check=True)


# What is no program is at least well formed. `text` is an output beside no program: a file, a picture.
_CHECKS: dict[str, Callable[[str], object]] = {
    "": str,
    "text": str,
    "json": json.loads,
    "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    "mermaid": str,
    "sh": _check_shell,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}


def _rewrite(path: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        outcome = run_page(path.read_text(encoding="utf-8"), str(path), Path(directory))
    path.write_text(outcome.page, encoding="utf-8")
    print("\n".join(outcome.failures) or f"{path}: as shown")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        _rewrite(Path(argument).resolve())

"""The live line: what it says, when it is drawn, and that it gives way to everything else."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import SECRET
from provider_server import Answer, ProviderServer, openai_chunk, openai_usage, sse
from support import HANG_SECONDS

import harnpy
from harnpy.cli.terminal_world import TerminalStatus
from harnpy.llm.live_line import REFRESH_SECONDS, LiveLine
from harnpy.llm.observe import CallCancelled, CallDelta, CallFailed, CallStarted, CallSucceeded, Status
from harnpy.llm.options import LlmOptions, extract_options
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.resolve import ModelChooser
from harnpy.vm.clock import Clock


class HandClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Line:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, text: str) -> None:
        self.shown.append(text)

    def erase(self) -> None:
        self.shown.append("")


class Screen:
    """A live line with everything around it in the test's hands."""

    def __init__(self, instant: bool = False) -> None:
        self.clock = HandClock()
        self.line = Line()
        self.timers: list[Callable[[], object]] = []
        self.spent = 0.0
        self.live = LiveLine(self.line, self.clock, self._later, lambda options: instant, lambda: self.spent)

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        self.timers.append(callback)

    def tick(self, seconds: float = 0.1) -> str:
        """Let time pass and the timer fire; what the line says then."""
        self.clock.now += seconds
        self.timers.pop()()
        return self.line.shown[-1]


def options(model: str = "gpt-x") -> LlmOptions:
    env = {"OPENAI_API_KEY": SECRET}.get
    chooser = ModelChooser(BUILT_IN, env, {}, lambda key, text: None)
    return extract_options(
        "x",
        None,
        {"provider": "openai", "model": model},
        chooser=chooser,
        env=env,
        remember_key=lambda key: None,
        warn=lambda text: None,
    )


def failed(call_id: str, asked: LlmOptions, wait_ms: int | None) -> CallFailed:
    return CallFailed(call_id, asked, 0, None, 5, Status.RETRYING, "busy", True, wait_ms)


def succeeded(call_id: str, asked: LlmOptions) -> CallSucceeded:
    result = {"text": "t", "model": asked.model, "input_tokens": 1, "output_tokens": 2}
    return CallSucceeded(call_id, asked, 0, None, 5, result)  # type: ignore[arg-type]


def test_a_running_call_is_shown_with_its_tokens_and_seconds() -> None:
    screen = Screen()
    screen.live(CallStarted("1", options(), 0, None))
    assert screen.line.shown == []
    assert screen.tick() == "gpt-x  ~0 tokens  0.1 s  $0.0000"
    screen.live(CallDelta("1", "x" * 40, ""))
    screen.live(CallDelta("1", "", "y" * 8))
    assert screen.tick(2.0) == "gpt-x  ~12 tokens  2.1 s  $0.0000"
    screen.live(succeeded("1", options()))
    assert screen.line.shown[-1] == ""
    screen.clock.now += 1
    screen.timers.pop()()
    assert screen.line.shown[-1] == "" and screen.timers == []


def test_quick_calls_are_never_shown() -> None:
    screen = Screen()
    for number in range(3):
        screen.live(CallStarted(str(number), options(), 0, None))
        screen.live(succeeded(str(number), options()))
    assert set(screen.line.shown) == {""} and len(screen.timers) == 1


def test_calls_that_nobody_waits_for_are_not_shown() -> None:
    screen = Screen(instant=True)
    screen.live(CallStarted("1", options(), 0, None))
    assert screen.timers == []


def test_pieces_redraw_the_line_not_more_often_than_it_can_be_read() -> None:
    screen = Screen()
    screen.live(CallStarted("1", options(), 0, None))
    screen.tick()
    for _ in range(10):
        screen.live(CallDelta("1", "abcd", ""))
    assert len(screen.line.shown) == 1
    screen.clock.now += 0.2
    screen.live(CallDelta("1", "abcd", ""))
    assert screen.line.shown[1:] == ["gpt-x  ~11 tokens  0.3 s  $0.0000"]


def test_several_calls_share_the_line() -> None:
    screen = Screen()
    for number, model in enumerate(["a", "b", "a"]):
        screen.live(CallStarted(str(number), options(model), 0, None))
    assert screen.tick(1.0) == "3 calls (a, b)  ~0 tokens  1.0 s  $0.0000"
    screen.live(CallCancelled("1"))
    screen.live(CallCancelled("2"))
    assert screen.tick() == "a  ~0 tokens  1.1 s  $0.0000"


def test_retries_are_counted_and_their_wait_is_part_of_the_time() -> None:
    screen, asked = Screen(), options()
    screen.live(CallStarted("1", asked, 0, None))
    screen.clock.now += 1
    screen.live(failed("1", asked, 4000))
    assert screen.tick(2.0) == "waiting to retry  ~0 tokens  3.0 s  1 retry  $0.0000"
    screen.live(CallStarted("2", asked, 1, None))
    assert screen.tick(2.0) == "gpt-x  ~0 tokens  5.0 s  1 retry  $0.0000"
    screen.live(failed("2", asked, None))
    assert screen.line.shown[-1] == ""


def test_the_cost_of_the_run_so_far_is_shown() -> None:
    screen = Screen()
    screen.spent = 0.00416
    screen.live(CallStarted("1", options(), 0, None))
    assert screen.tick() == "gpt-x  ~0 tokens  0.1 s  $0.0042"


class Terminal:
    """A stream that remembers, and says that it is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def test_the_line_is_cut_to_the_width_and_dim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    TerminalStatus(stream).show("x" * 200)  # type: ignore[arg-type]
    assert stream.text == "\r\x1b[K\x1b[2m" + "x" * 79 + "\x1b[0m"


def test_the_line_has_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    status = TerminalStatus(stream)  # type: ignore[arg-type]
    status.erase()
    assert stream.text == ""
    status.show("abc")
    status.erase()
    assert stream.text == "\r\x1b[Kabc\r\x1b[K"


def test_a_line_that_the_program_has_begun_is_left_alone() -> None:
    stream = Terminal()
    status = TerminalStatus(stream)  # type: ignore[arg-type]
    status.at_line_start = False
    status.show("abc")
    assert stream.text == ""


PROGRAM = """
println("before")
println(llm_call("x", nil, {provider: "openai", model: "gpt-x"}).text)
println("after")
"""


def watched(
    server: ProviderServer, tmp_path: Path, *flags: str, awaited: bool = True, **variables: str
) -> tuple[str, bool]:
    """Run PROGRAM on a terminal; what it showed, and whether the live line came while the answer was being awaited.

    The provider sends the rest of its answer only when the line has been seen, or, where none is awaited, after ten
    times the while in which it would come.
    """
    program = tmp_path / "p.harn"
    program.write_text(PROGRAM)
    release = tmp_path / "release"

    class Pieces(list[bytes]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield sse(openai_chunk(content="answer"))
            # Small pieces that mean nothing, until the test has seen what it wants.
            while not release.exists():
                yield b": wait\n\n"
                select.select([], [], [], 0.01)
            yield sse(openai_chunk("stop")) + sse(openai_usage(prompt_tokens=1, completion_tokens=1)) + sse("[DONE]")

    server.script(Answer(Pieces(), headers={"content-type": "text/event-stream"}))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HARN_", "NO_COLOR"))}
    environment |= {
        "PYTHONPATH": str(Path(harnpy.__file__).parent.parent),
        "TERM": "xterm",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": server.url + "/v1",
        **variables,
    }
    leader, follower = pty.openpty()
    attributes = termios.tcgetattr(follower)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(follower, termios.TCSANOW, attributes)
    process = subprocess.Popen(
        [sys.executable, "-m", "harnpy", "run", *flags, str(program)], stdout=follower, stderr=follower, env=environment
    )
    os.close(follower)
    shown, seen = "", False
    try:
        while True:
            ready, _, _ = select.select([leader], [], [], HANG_SECONDS if awaited else 10 * REFRESH_SECONDS)
            if not ready:
                if server.requests:
                    release.touch()
                continue
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece.decode()
            if "gpt-x  ~" in shown:
                seen = True
                release.touch()
        assert process.wait(HANG_SECONDS) == 0
    finally:
        release.touch()
        process.kill()
        os.close(leader)
    return shown, seen


def test_on_a_terminal_the_line_comes_and_is_gone_before_anything_else(server: ProviderServer, tmp_path: Path) -> None:
    shown, seen = watched(server, tmp_path)
    assert seen
    assert shown.startswith("before\n\r\x1b[K\x1b[2mgpt-x  ~")
    assert re.search(r"\r\x1b\[Kanswer\nafter\n$", shown), json.dumps(shown)


def test_without_colour_the_line_is_plain(server: ProviderServer, tmp_path: Path) -> None:
    shown, seen = watched(server, tmp_path, NO_COLOR="1")
    assert seen and "\x1b[2m" not in shown


@pytest.mark.parametrize(("flags", "term"), [(["--quiet"], "xterm"), ([], "dumb")])
def test_quiet_runs_and_simple_terminals_show_no_line(
    server: ProviderServer, tmp_path: Path, flags: list[str], term: str
) -> None:
    shown, seen = watched(server, tmp_path, *flags, awaited=False, TERM=term)
    assert (shown, seen) == ("before\nanswer\nafter\n", False)

"""Noticing changed files, without waiting for real time."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest
from harn_process import COMMAND, environment, harn, write

from harnpy.cli.watching import SETTLE_SECONDS, Watcher, system_pause


class ScriptedSleep:
    """A sleep, or pause, that does the next thing of a list instead of waiting, and counts."""

    def __init__(self, *happenings) -> None:
        self._happenings = list(happenings)
        self.seconds: list[float | None] = []

    def __call__(self, seconds: float | None = None) -> None:
        self.seconds.append(seconds)
        if self._happenings:
            self._happenings.pop(0)()


def nothing() -> None:
    return None


def wait(root: Path, *happenings) -> int:
    """How often the watcher waited."""
    sleep = ScriptedSleep(*happenings)
    Watcher(root, pause=sleep, sleep=sleep).wait_for_change()
    return len(sleep.seconds)


def test_a_change_is_noticed_at_the_next_look_and_reported_after_a_quiet_one(tmp_path):
    file = write(tmp_path, "a.harn", "let x = 1")
    assert wait(tmp_path, nothing, lambda: file.write_text("let x = 22")) == 3


def test_a_burst_of_changes_is_one_change(tmp_path):
    file = write(tmp_path, "a.harn", "1")
    assert wait(tmp_path, *(lambda text=text: file.write_text(text) for text in ("12", "123", "1234"))) == 4


def test_a_new_and_a_removed_file_are_changes(tmp_path):
    file = write(tmp_path, "a.harn", "1")
    assert wait(tmp_path, lambda: write(tmp_path, "deep/b.harn", "2")) == 2
    assert wait(tmp_path, file.unlink) == 2


def test_other_files_do_not_count(tmp_path):
    write(tmp_path, "a.harn", "1")
    assert wait(tmp_path, lambda: write(tmp_path, "notes.md", "x"), lambda: write(tmp_path, "b.harn", "2")) == 3


def test_a_single_file_can_be_watched(tmp_path):
    file = write(tmp_path, "a.harn", "1")
    assert wait(file, lambda: file.write_text("12")) == 2


def test_a_burst_is_over_when_the_files_stay_as_they_are_for_the_settle_time(tmp_path):
    sleep = ScriptedSleep(nothing)
    file = write(tmp_path, "b.harn", "2")
    watcher = Watcher(tmp_path, 0.2, lambda: file.write_text("22"), sleep)
    watcher.wait_for_change()
    assert sleep.seconds == [0.2]
    assert Watcher(tmp_path)._settle_seconds == SETTLE_SECONDS


def test_what_changes_while_nobody_waits_is_noticed(tmp_path):
    file = write(tmp_path, "a.harn", "1")

    def never():
        raise AssertionError("the change was there before")

    watcher = Watcher(tmp_path, pause=never, sleep=ScriptedSleep())
    file.write_text("12")
    watcher.wait_for_change()


def test_the_system_wakes_us_up(tmp_path):
    file = write(tmp_path, "deep/a.harn", "1")
    for root in (tmp_path, file):
        watcher = Watcher(root, 0)
        threading.Thread(target=replace, args=(file, "12" if root == tmp_path else "123")).start()
        watcher.wait_for_change()


def replace(file, text):
    """Change a file as editors do."""
    fresh = write(file.parent, "fresh.tmp", text)
    fresh.rename(file)


def test_a_directory_that_is_not_there_is_polled(tmp_path):
    system_pause(tmp_path / "nowhere")()
    system_pause(tmp_path / "nowhere/file.harn")()


class Watching:
    """`harn watch FILE` as a process; what it says on stderr can be awaited."""

    def __init__(self, directory, *words) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", *words],
            cwd=directory,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self, count):
        """The next lines of stderr."""
        return [self.process.stderr.readline().rstrip("\n") for _ in range(count)]

    def ends(self):
        """Ctrl-C: status, the rest of the output and of the errors."""
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


def test_watch_runs_now_and_after_each_change_even_when_the_program_fails(tmp_path):
    write(tmp_path, "a.harn", 'println("one")')
    watching = Watching(tmp_path, "a.harn")
    assert watching.says(2) == [
        "[watch] running a.harn...",
        "[watch] watching . for .harn changes (ctrl-c to stop)",
    ]
    write(tmp_path, "a.harn", 'println("two")\nthrow "broken"')
    assert watching.says(3) == ["", "[watch] change detected, re-running a.harn...", "error: Thrown: broken"]
    assert watching.says(4)[1:] == ["   |", ' 2 | throw "broken"', "   | ^^^^^"]
    write(tmp_path, "lib/b.harn", "")
    assert watching.says(3) == ["", "[watch] change detected, re-running a.harn...", "error: Thrown: broken"]
    watching.says(4)
    write(tmp_path, "a.harn", "let = 1")
    assert watching.says(2) == ["", "[watch] change detected, re-running a.harn..."]
    assert watching.says(5)[1].startswith("  --> a.harn:1:5")
    assert watching.ends()[:2] == (0, "one\ntwo\ntwo\n")


def test_watch_refuses_what_run_would_refuse(tmp_path):
    write(tmp_path, "a.harn", 'shell("true")')
    watching = Watching(tmp_path, "--deny", "shell", "a.harn")
    assert watching.says(2)[1] == "error: Error [tool_rejected]: Tool 'shell' is not permitted."
    watching.says(4)
    assert watching.says(1) == ["[watch] watching . for .harn changes (ctrl-c to stop)"]
    assert watching.ends()[0] == 0
    assert harn("watch", "a.harn", "--deny", "a", "--allow", "b", cwd=tmp_path).status == 2


def test_watch_goes_on_after_a_program_that_exits_with_the_status_of_a_signal(tmp_path):
    write(tmp_path, "a.harn", "exit(124)")
    watching = Watching(tmp_path, "a.harn")
    assert watching.says(2)[1].startswith("[watch] watching ")
    assert watching.ends()[0] == 0


def test_ctrl_c_in_the_middle_of_a_run_ends_watching(tmp_path):
    write(tmp_path, "a.harn", 'println("ready")\nsleep(60s)')
    watching = Watching(tmp_path, "a.harn")
    assert watching.process.stdout.readline() == "ready\n"
    assert watching.ends() == (0, "", "[watch] running a.harn...\n[harn] signal received, flushing state...\n")


# `watchfiles` as a module that raises what Ctrl-C raises, in the middle of a text that Python evaluates, at once or when it
# is to wait. The real one does so when Ctrl-C comes while a module that it loads makes a named tuple.
INTERRUPTED = 'eval("raise_signal(SIGINT)")'
INTERRUPTED_AT_ONCE = f"from signal import SIGINT, raise_signal\n{INTERRUPTED}\n"
INTERRUPTED_LATER = f"from signal import SIGINT, raise_signal\ndef watch(*_, **__):\n    {INTERRUPTED}\n    yield\n"


@pytest.mark.parametrize(
    ("words", "watchfiles", "status"),
    [
        (("watch", "a.harn"), INTERRUPTED_LATER, 0),
        (("test", "--watch", "a.harn"), INTERRUPTED_LATER, 0),
        (("test", "--watch", "a.harn"), INTERRUPTED_AT_ONCE, 130),
    ],
)
def test_ctrl_c_ends_with_the_status_of_the_command_wherever_it_comes(tmp_path, words, watchfiles, status):
    write(tmp_path, "a.harn", "")
    write(tmp_path, "watchfiles.py", watchfiles)  # found first: `python -m` looks in the working directory
    assert harn(*words, cwd=tmp_path).status == status


def test_a_program_that_is_not_there_cannot_be_watched(tmp_path):
    ended = harn("watch", "nowhere/a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "Error reading nowhere/a.harn: No such file or directory (os error 2)\n"

"""Noticing changed files, without waiting for real time."""

from __future__ import annotations

from pathlib import Path

from harn_process import write

from harnpy.cli.test_watch import POLL_SECONDS, Watcher


class ScriptedSleep:
    """A sleep that does the next thing of a list instead of waiting, and counts."""

    def __init__(self, *happenings) -> None:
        self._happenings = list(happenings)
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self._happenings:
            self._happenings.pop(0)()


def nothing() -> None:
    return None


def wait(root: Path, *happenings) -> int:
    """How many polls the watcher needed."""
    sleep = ScriptedSleep(*happenings)
    Watcher(root, sleep).wait_for_change()
    return len(sleep.seconds)


def test_a_change_is_noticed_at_the_next_poll_and_reported_after_a_quiet_one(tmp_path):
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


def test_polling_follows_the_documented_interval(tmp_path):
    sleep = ScriptedSleep(lambda: write(tmp_path, "b.harn", "2"))
    Watcher(tmp_path, sleep).wait_for_change()
    assert set(sleep.seconds) == {POLL_SECONDS}

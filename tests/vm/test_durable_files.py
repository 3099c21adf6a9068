"""Durable files, on real files and with real processes."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harnpy.vm import durable_files
from harnpy.vm.durable_files import MISSING, UNREADABLE, fingerprint_of, read, remove, save, set_aside, swap


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def alone(file: Path) -> bool:
    """Whether nothing is left in the directory besides file."""
    return os.listdir(file.parent) == ([file.name] if file.exists() else [])


# --- contents --------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_read_with_its_fingerprint(file: Path) -> None:
    assert read(str(file)).fingerprint == MISSING
    for data in (b"one", b"", b"two" * 1000):
        save(str(file), data)
        found = read(str(file))
        assert (found.data, found.fingerprint, found.problem) == (data, fingerprint_of(data), "")
    assert alone(file)


def test_a_file_is_replaced_only_if_it_is_what_it_is_taken_for(file: Path) -> None:
    assert not swap(str(file), b"x", fingerprint_of(b""))
    assert not file.exists()
    assert swap(str(file), b"one", MISSING)
    assert not swap(str(file), b"two", MISSING)
    assert not swap(str(file), b"two", fingerprint_of(b"other"))
    assert file.read_bytes() == b"one"
    assert swap(str(file), b"two", fingerprint_of(b"one"))
    assert file.read_bytes() == b"two"
    assert alone(file)


def test_a_reader_that_has_the_file_open_keeps_what_it_has_opened(file: Path) -> None:
    save(str(file), b"old")
    with open(file, "rb") as reader:
        save(str(file), b"newer")
        assert reader.read() == b"old"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_regular_file_is_neither_read_nor_replaced(file: Path, make: object) -> None:
    make(file)  # type: ignore[operator]
    kind = stat.S_IFMT(file.stat().st_mode)
    assert read(str(file)).fingerprint == UNREADABLE
    for call in (
        lambda: save(str(file), b"x"),
        lambda: swap(str(file), b"x", UNREADABLE),
        lambda: set_aside(str(file)),
    ):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno in (errno.EISDIR, errno.EINVAL)
        assert caught.value.filename2 is not None
    assert stat.S_IFMT(file.stat().st_mode) == kind
    assert os.listdir(file.parent) == [file.name]


def test_removing_makes_no_difference_to_what_is_missing(file: Path) -> None:
    remove(str(file))
    remove(str(file / "below"))
    save(str(file), b"x")
    remove(str(file))
    assert os.listdir(file.parent) == []


def test_a_file_set_aside_has_a_name_that_no_other_has(file: Path) -> None:
    names = []
    for data in (b"1", b"2", b"3"):
        save(str(file), data)
        names.append(set_aside(str(file)))
        assert set_aside(str(file)) == names[-1]  # again, after a kill
    assert names == [f"{file}.corrupt", f"{file}.corrupt.2", f"{file}.corrupt.3"]
    assert [Path(name).read_bytes() for name in names] == [b"1", b"2", b"3"]


def test_a_file_is_moved_aside_where_files_have_one_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EPERM, "")

    save(str(file), b"1")
    monkeypatch.setattr(os, "link", refuse)
    assert set_aside(str(file)) == f"{file}.corrupt"
    assert os.listdir(file.parent) == ["file.corrupt"]


# --- what a file has besides its content ------------------------------------------------------------------------------


def test_permissions_stay_and_a_new_file_has_the_usual_ones(file: Path) -> None:
    before = os.umask(0o027)
    try:
        save(str(file), b"x")
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        for mode in (0o600, 0o666, 0o755):
            file.chmod(mode)
            save(str(file), b"y")
            assert stat.S_IMODE(file.stat().st_mode) == mode
    finally:
        os.umask(before)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path) -> None:
    save(str(file), b"x")
    os.chown(file, 12345, 54321)
    save(str(file), b"y")
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 54321)


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "target"
    file.symlink_to("elsewhere/target")
    save(str(file), b"one")
    assert swap(str(file), b"two", fingerprint_of(b"one"))
    assert file.is_symlink()
    assert target.read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "file"]
    assert alone(target)


def test_what_others_have_put_in_the_place_of_the_unfinished_file_is_not_followed(tmp_path: Path, file: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    Path(f"{file}.tmp").symlink_to(victim)
    save(str(file), b"x")
    assert (victim.read_text(), file.read_bytes()) == ("untouched", b"x")
    Path(f"{file}.lock").symlink_to(victim)
    with pytest.raises(OSError) as caught:
        save(str(file), b"y")
    assert caught.value.errno == errno.ELOOP
    assert (victim.read_text(), file.read_bytes()) == ("untouched", b"x")


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 1000 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_what_was_there(file: Path) -> None:
    save(str(file), b"old")
    with pytest.raises(OSError) as caught:
        save(str(file), b"x" * 1001)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename2 is None
    assert file.read_bytes() == b"old"
    assert alone(file)
    save(str(file), b"x" * 1000)
    assert file.stat().st_size == 1000


@pytest.mark.parametrize("step", ["fsync", "replace", "open", "chmod"])
def test_a_failing_step_leaves_what_was_there_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    save(str(file), b"old")
    file.chmod(0o600)

    def fail(*arguments: object, **named: object) -> None:
        raise OSError(errno.EIO, "")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(OSError):
            save(str(file), b"new")
    assert file.read_bytes() == b"old"
    assert alone(file)
    save(str(file), b"new")
    assert file.read_bytes() == b"new"


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_the_function_returns(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def noted_sync(descriptor: int) -> None:
        done.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        sync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        done.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    save(str(file), b"x")
    assert done == ["content", "name", "directory"]
    remove(str(file))
    assert done[3:] == ["directory"]


def test_a_file_system_that_cannot_sync_directories_is_good_enough(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    save(str(file), b"x")
    assert file.read_bytes() == b"x"


def test_a_directory_that_is_missing_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    for path, kind in ((tmp_path / "no" / "x", FileNotFoundError), (tmp_path / "f" / "x", NotADirectoryError)):
        for call in (lambda path=path: save(str(path), b""), lambda path=path: swap(str(path), b"", MISSING)):
            with pytest.raises(kind):
                call()


AS_NOBODY = """
import os, sys
from harnpy.vm.durable_files import read, save
try:  # what loads later, loads now: that user may not read where it lies
    print(end=read("/proc/none/x").problem[:0])
    save("/proc/none/x", b"")
except OSError:
    pass
os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    print(read(path).problem)
    try:
        save(path, b"x")
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="it takes root to become somebody else")
def test_files_and_directories_that_are_closed_to_the_writer_stay_as_they_are(tmp_path: Path) -> None:
    for directory in (tmp_path, *tmp_path.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o055)
    open_directory, closed = tmp_path / "open", tmp_path / "closed"
    for directory, mode in ((open_directory, 0o777), (closed, 0o755)):
        directory.mkdir()
        directory.chmod(mode)
        (directory / "f").write_text("old")
        (directory / "f").chmod(0o644)
    secret = open_directory / "secret"
    secret.write_text("old")
    secret.chmod(0o200)
    paths = [str(each) for each in (open_directory / "f", closed / "f", closed / "new", secret)]
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, *paths], capture_output=True, text=True, check=True)
    denied, missing = "Permission denied (os error 13)", "No such file or directory (os error 2)"
    assert done.stdout.split("\n")[:-1] == [
        *("", "PermissionError", "", "PermissionError", missing, "PermissionError", denied, "PermissionError")
    ]
    assert [(open_directory / "f").read_text(), (closed / "f").read_text(), secret.read_text()] == ["old"] * 3
    assert sorted(os.listdir(open_directory)) == ["f", "secret"]


@pytest.mark.skipif(os.getuid() != 0, reason="it takes root to become somebody else")
def test_what_a_killed_process_of_somebody_else_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    for directory in (tmp_path, *tmp_path.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o055)
    directory = tmp_path / "open"
    directory.mkdir()
    directory.chmod(0o777)
    for end in (".lock", ".tmp"):
        (directory / f"f{end}").touch(0o644)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(directory / "f")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "No such file or directory (os error 2)\n"
    assert (directory / "f").read_bytes() == b"x"
    assert alone(directory / "f")


# --- several writers -------------------------------------------------------------------------------------------------

HOLDER = """
import sys
from harnpy.vm.durable_files import only_writer
with only_writer(sys.argv[1]):
    print("in", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(file: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is writing file and does not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    yield process
    if process.poll() is None:
        process.kill()
    with process:
        pass


def test_two_processes_do_not_write_one_file_at_once(file: Path, holder: subprocess.Popen[str]) -> None:
    for call in (lambda: save(str(file), b"x"), lambda: swap(str(file), b"x", MISSING)):
        with pytest.raises(BlockingIOError):
            call()
    assert not file.exists()
    save(f"{file}2", b"x")  # another file is another matter
    holder.communicate()
    save(str(file), b"x")
    assert sorted(os.listdir(file.parent)) == ["file", "file2"]


def test_a_killed_process_holds_nothing(file: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert os.path.exists(f"{file}.lock")
    save(str(file), b"x")
    assert alone(file)


def test_threads_exclude_each_other_as_processes_do(file: Path) -> None:
    save(str(file), b"0")
    counts = 15

    def count() -> None:
        done = 0
        while done < counts:
            try:
                found = read(str(file))
                assert found.data is not None
                done += swap(str(file), str(int(found.data) + 1).encode(), found.fingerprint)
            except BlockingIOError:
                continue

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_bytes() == str(4 * counts).encode()
    assert alone(file)


def test_a_lock_that_is_removed_while_another_waits_for_it_is_not_taken(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = durable_files._take
    taken: list[int] = []

    def late(descriptor: int) -> None:
        if not taken:
            os.unlink(f"{file}.lock")  # its owner is done between our opening and locking it
        taken.append(descriptor)
        take(descriptor)

    monkeypatch.setattr(durable_files, "_take", late)
    save(str(file), b"x")
    assert len(taken) == 2
    assert alone(file)

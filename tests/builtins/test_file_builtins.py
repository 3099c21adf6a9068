"""File builtins, on real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scripted_world import ScriptedWorld, fiber_in

from harnpy.builtins import files
from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.errors import HarnError
from harnpy.vm.fiber import Fiber

_MISSING = "No such file or directory (os error 2)"


@pytest.fixture
def fiber(tmp_path: Path) -> Fiber:
    """A fiber whose execution root is tmp_path."""
    made = fiber_in(ScriptedWorld())
    made.task.get(ExecutionContext).directory = str(tmp_path)
    return made


def message_of(function: object, *args: object) -> object:
    with pytest.raises(HarnError) as caught:
        function(*args)  # type: ignore[operator]
    return caught.value.caught


def test_what_is_written_is_read_back(fiber: Fiber, tmp_path: Path) -> None:
    assert files.write_file(fiber, "a.txt", "é\r\n😀") is None
    assert files.read_file(fiber, "a.txt") == "é\r\n😀"
    assert (tmp_path / "a.txt").read_bytes() == "é\r\n😀".encode()


def test_relative_paths_start_from_the_working_directory_without_a_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_file(fiber_in(ScriptedWorld()), "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"


def test_absolute_paths_are_used_as_they_are(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    fiber.task.get(ExecutionContext).directory = str(tmp_path / "d")
    files.write_file(fiber, str(tmp_path / "a.txt"), "x")
    assert (tmp_path / "a.txt").exists()


def test_content_is_taken_as_text(fiber: Fiber) -> None:
    files.write_file(fiber, "a.txt", 1)
    files.append_file(fiber, "a.txt", None)
    assert files.read_file(fiber, "a.txt") == "1nil"


def test_append_creates_a_missing_file(fiber: Fiber) -> None:
    files.append_file(fiber, "a.txt", "x")
    assert files.read_file(fiber, "a.txt") == "x"


def test_a_byte_order_mark_stays(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx")
    assert files.read_file(fiber, "a") == "\ufeffx"


def test_a_changed_file_is_read_anew(fiber: Fiber, tmp_path: Path) -> None:
    files.write_file(fiber, "a", "1")
    files.read_file(fiber, "a")
    (tmp_path / "a").write_text("2")
    assert files.read_file(fiber, "a") == "2"


def test_error_texts_name_the_resolved_path_and_the_reason(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.read_file, fiber, "x/../no") == f"Failed to read file {tmp_path}/x/../no: {_MISSING}"


def test_the_missing_path_is_the_execution_root(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.read_file, fiber) == f"Failed to read file {tmp_path}/: Is a directory (os error 21)"
    assert files.file_exists(fiber) is True


def test_nil_is_a_file_name(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.read_file, fiber, None) == f"Failed to read file {tmp_path}/nil: {_MISSING}"


def test_a_file_that_is_not_utf8_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    expected = f"Failed to read file {tmp_path}/a: stream did not contain valid UTF-8"
    assert message_of(files.read_file, fiber, "a") == expected


def test_a_nul_in_a_path_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    expected = f"Failed to read file {tmp_path}/a\0b: file name contained an unexpected NUL byte"
    assert message_of(files.read_file, fiber, "a\0b") == expected


def test_read_file_result_never_throws(fiber: Fiber, tmp_path: Path) -> None:
    files.write_file(fiber, "a", "x")
    good, bad = files.read_file_result(fiber, "a"), files.read_file_result(fiber, "no")
    assert (good.variant, good.fields) == ("Ok", ("x",))
    assert (bad.variant, bad.fields) == ("Err", (f"Failed to read file {tmp_path}/no: {_MISSING}",))


def test_writing_needs_the_directory(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.write_file, fiber, "d/a", "x") == f"Failed to write file {tmp_path}/d/a: {_MISSING}"
    assert message_of(files.append_file, fiber, "d/a", "x") == f"Failed to open file {tmp_path}/d/a: {_MISSING}"


def test_a_failed_append_is_told_from_a_failed_opening(fiber: Fiber) -> None:
    expected = "Failed to append to file /dev/full: No space left on device (os error 28)"
    assert message_of(files.append_file, fiber, "/dev/full", "x") == expected


@pytest.mark.parametrize("function", [files.write_file, files.append_file, files.copy_file])
def test_a_missing_argument_is_refused(fiber: Fiber, function: object) -> None:
    assert str(message_of(function, fiber, "a")).endswith("are required")


def test_errors_say_whether_repeating_is_safe(fiber: Fiber) -> None:
    with pytest.raises(HarnError) as reading:
        files.read_file(fiber, "no")
    with pytest.raises(HarnError) as appending:
        files.append_file(fiber, "d/a", "x")
    assert (reading.value.repeatable, appending.value.repeatable) == (True, False)


def test_copying_takes_content_and_permissions_and_overwrites(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("new")
    (tmp_path / "a").chmod(0o750)
    (tmp_path / "b").write_text("older text")
    files.copy_file(fiber, "a", "b")
    assert ((tmp_path / "b").read_text(), (tmp_path / "b").stat().st_mode & 0o777) == ("new", 0o750)


def test_copying_a_file_to_itself_leaves_it(fiber: Fiber) -> None:
    files.write_file(fiber, "a", "x")
    files.copy_file(fiber, "a", "./a")
    assert files.read_file(fiber, "a") == "x"


def test_copying_a_directory_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert message_of(files.copy_file, fiber, "d", "e") == (
        f"Failed to copy {tmp_path}/d to {tmp_path}/e: "
        "the source path is neither a regular file nor a symlink to a regular file"
    )


def test_copying_a_missing_file_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.copy_file, fiber, "a", "b") == f"Failed to copy {tmp_path}/a to {tmp_path}/b: {_MISSING}"


def test_deleting_removes_a_file(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    files.delete_file(fiber, "a")
    assert not (tmp_path / "a").exists()


def test_deleting_removes_a_directory_with_all_in_it(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f").touch()
    files.delete_file(fiber, "d")
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("path", ["link", "link/"])
def test_deleting_a_link_keeps_its_target(fiber: Fiber, tmp_path: Path, path: str) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").touch()
    (tmp_path / "link").symlink_to(tmp_path / "d")
    files.delete_file(fiber, path)
    assert (os.path.lexists(tmp_path / "link"), (tmp_path / "d" / "f").exists()) == (False, True)


def test_deleting_what_is_not_there_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.delete_file, fiber, "no") == f"Failed to delete file {tmp_path}/no: {_MISSING}"


@pytest.mark.parametrize("arguments", [(), ("",)])
def test_deleting_never_means_the_execution_root(fiber: Fiber, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert message_of(files.delete_file, fiber, *arguments) == "delete_file: path is required"
    assert tmp_path.exists()


def test_a_directory_that_cannot_be_removed_is_reported_as_one(fiber: Fiber) -> None:
    assert str(message_of(files.delete_file, fiber, "/proc/self/task")).startswith(
        "Failed to delete directory /proc/self/task: "
    )


def test_files_and_directories_exist_and_dangling_links_do_not(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "no")
    found = [files.file_exists(fiber, path) for path in ("a", ".", "no", "dangling", "a\0")]
    assert found == [True, True, False, False, False]


def test_list_dir_sorts_names_by_code_point(fiber: Fiber, tmp_path: Path) -> None:
    for name in ("b", "B", ".hidden", "é", "a"):
        (tmp_path / name).touch()
    expected = [".hidden", "B", "a", "b", "é"]
    assert [files.list_dir(fiber), files.list_dir(fiber, None), files.list_dir(fiber, ".")] == [expected] * 3


def test_list_dir_replaces_what_is_not_unicode(fiber: Fiber, tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff", "w"):
        pass
    assert files.list_dir(fiber) == ["\ufffd"]


def test_listing_what_is_no_directory_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert message_of(files.list_dir, fiber, "no") == f"Failed to list directory {tmp_path}/no: {_MISSING}"
    expected = f"Failed to list directory {tmp_path}/a: Not a directory (os error 20)"
    assert message_of(files.list_dir, fiber, "a") == expected


def test_mkdir_makes_parents_and_accepts_what_exists(fiber: Fiber, tmp_path: Path) -> None:
    files.mkdir(fiber, "a/b/c")
    files.mkdir(fiber, "a/b/c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_mkdir_over_a_file_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert message_of(files.mkdir, fiber, "a") == f"Failed to create directory {tmp_path}/a: File exists (os error 17)"


def test_stat_describes_a_file(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("xyz")
    os.utime(tmp_path / "a", (5, 1000.5))
    expected = {"size": 3, "is_file": True, "is_dir": False, "readonly": False, "modified": 1000.5}
    assert files.stat(fiber, "a") == expected


def test_stat_follows_links_and_sees_write_protection(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o444)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    status = files.stat(fiber, "link")
    assert (status["is_file"], status["readonly"]) == (True, True)


def test_stat_describes_a_directory(fiber: Fiber) -> None:
    status = files.stat(fiber, ".")
    assert (status["is_file"], status["is_dir"]) == (False, True)


def test_stat_of_nothing_is_refused(fiber: Fiber, tmp_path: Path) -> None:
    assert message_of(files.stat, fiber, "no") == f"Failed to stat {tmp_path}/no: {_MISSING}"


def test_child_tasks_inherit_the_execution_root(fiber: Fiber, tmp_path: Path) -> None:
    child = fiber.child(fiber.output)
    files.write_file(child, "a", "x")
    child.task.get(ExecutionContext).directory = "/"
    assert files.read_file(fiber, "a") == "x"

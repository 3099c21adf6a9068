"""The workspace tools `edit` and `write`: exact, all or nothing, and clear about what does not fit."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace_calls import call

from harnpy.agents.workspace import operations
from harnpy.agents.workspace.failures import ToolFailure
from harnpy.agents.workspace.operations import rewrite_file
from harnpy.agents.workspace.patches import PatchFailure, apply_patch, read_patch
from harnpy.agents.workspace.paths import Workspace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "poem.txt"
    path.write_text("roses are red\nviolets are blue\n  sugar is sweet\nand so are you\n")
    return path


def edit(file: Path, **arguments: object) -> str:
    return call(file.parent, "edit", path=file.name, **arguments)


# --- replacing ------------------------------------------------------------------------------------------------------


def test_a_text_that_occurs_once_is_replaced(file: Path) -> None:
    result = edit(file, old_string="red\nviolets", new_string="white\nlilies")
    assert result == "Edited 'poem.txt': replaced 1 occurrence at line 1."
    assert file.read_text().startswith("roses are white\nlilies are blue\n")


def test_a_text_that_occurs_more_often_is_refused_unless_all_are_meant(file: Path) -> None:
    before = file.read_bytes()
    assert edit(file, old_string="are", new_string="were") == (
        "Error: 'old_string' occurs 3 times in 'poem.txt' (lines 1, 2, 4);"
        " give more of the text around it, or set replace_all"
    )
    assert file.read_bytes() == before
    result = edit(file, old_string="are", new_string="were", replace_all=True)
    assert result == "Edited 'poem.txt': replaced 3 occurrences at lines 1, 2, 4."
    assert file.read_text().count("were") == 3


def test_occurrences_that_overlap_are_ambiguous(file: Path) -> None:
    file.write_text("aaa")
    assert "occurs 2 times" in edit(file, old_string="aa", new_string="b")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"old_string": "sugar is  sweet", "new_string": ""}, "line 3 is the nearest: 'sugar is sweet'"),
        (
            {"old_string": "sugar is sweet\nand me", "new_string": ""},
            "line 3 is the nearest: 'sugar is sweet' (other white space, or the lines after it differ)",
        ),
        ({"old_string": "something else entirely", "new_string": ""}, "'old_string' does not occur in 'poem.txt'"),
        ({"old_string": "", "new_string": "x"}, "'old_string' is empty; to create a file use write"),
        ({"old_string": "red", "new_string": "red"}, "'old_string' and 'new_string' are the same"),
        ({"old_string": "red"}, "'new_string' has to be a string, not nothing"),
        (
            {"old_string": "red", "new_string": "x", "patch": "y"},
            "give either 'old_string' and 'new_string', or 'patch'",
        ),
        ({}, "give either 'old_string' and 'new_string', or 'patch'"),
        (
            {"old_string": "red", "new_string": "\ud800"},
            "cannot write file 'poem.txt': text contains a lone surrogate, which UTF-8 cannot hold",
        ),
    ],
)
def test_what_cannot_be_replaced_is_explained_and_changes_nothing(
    file: Path, arguments: dict[str, object], text: str
) -> None:
    before = file.read_bytes()
    result = edit(file, **arguments)
    assert result.startswith("Error: ")
    assert result.endswith(text)
    assert file.read_bytes() == before


def test_lines_that_end_with_carriage_returns_keep_them(file: Path) -> None:
    file.write_bytes(b"one\r\ntwo\r\nthree")
    edit(file, old_string="one\ntwo", new_string="1\n2")
    assert file.read_bytes() == b"1\r\n2\r\nthree"
    edit(file, patch="@@ -1,3 +1,3 @@\n 1\n-2\n+zwei\n three\n")
    assert file.read_bytes() == b"1\r\nzwei\r\nthree"


def test_permissions_stay_and_nothing_else_is_left_behind(file: Path) -> None:
    file.chmod(0o751)
    edit(file, old_string="red", new_string="white")
    call(file.parent, "write", path="poem.txt", content="new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert os.listdir(file.parent) == ["poem.txt"]


def test_a_failing_write_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def failing_rename(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(operations.os, "rename", failing_rename)
    assert edit(file, old_string="red", new_string="white") == (
        "Error: cannot write file 'poem.txt': No space left on device (os error 28)"
    )
    assert os.listdir(file.parent) == ["poem.txt"]
    assert file.read_bytes() == before


def test_a_change_by_somebody_else_is_not_overwritten(file: Path) -> None:
    with pytest.raises(ToolFailure, match="changed by somebody else meanwhile; read it again"):
        rewrite_file(Workspace(str(file.parent)), "poem.txt", b"what it was", b"what it shall be")
    assert file.read_text().startswith("roses")


# --- writing --------------------------------------------------------------------------------------------------------


def test_writing_makes_files_with_their_directories(tmp_path: Path) -> None:
    assert call(tmp_path, "write", path="a/b/c.txt", content="x\ny\n") == "Created 'a/b/c.txt': 2 lines, 4 bytes."
    assert call(tmp_path, "write", path="a/b/c.txt", content="é") == "Overwrote 'a/b/c.txt': 1 lines, 2 bytes."
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "é"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"path": "d", "content": ""}, "cannot write file 'd': Is a directory (os error 21)"),
        ({"path": ".", "content": ""}, "cannot write file '.': Is a directory (os error 21)"),
        ({"path": "f/x", "content": ""}, "cannot write file 'f/x': Not a directory (os error 20)"),
        ({"path": "x", "content": 3}, "'content' has to be a string, not a value of type int"),
        ({"path": "x"}, "'content' has to be a string, not nothing"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, arguments: dict[str, object], text: str) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    assert call(tmp_path, "write", **arguments) == f"Error: {text}"
    assert not (tmp_path / "x").exists()


# --- patches --------------------------------------------------------------------------------------------------------


def diff(before: str, after: str, context: int) -> str:
    """A unified diff, with the mark for last lines without newline that difflib leaves out."""
    lines = difflib.unified_diff(keeping_ends(before), keeping_ends(after), "a/x", "b/x", n=context)
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def keeping_ends(text: str) -> list[str]:
    pieces = [piece + "\n" for piece in text.split("\n")]
    pieces[-1] = pieces[-1][:-1]
    return [piece for piece in pieces if piece]


def patched(patch: str, text: str) -> str:
    return apply_patch(read_patch(patch), text)[0]


# Lines that look like parts of a patch, repeat themselves, or have what other tools take for ends of lines.
LINE = st.sampled_from(
    [
        "a",
        "b",
        "",
        " ",
        "-- x",
        "++ y",
        "@@ -1 +1 @@",
        "--- a",
        "+++ b",
        "-",
        "+",
        "\\ No",
        "x\ry",
        "p\x0cq",
        "\u2028",
        "\r",
        "diff ",
    ]
)
TEXT = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINE, max_size=12), st.sampled_from(["", "\n"]))


@given(TEXT, TEXT, st.integers(0, 4))
def test_applying_the_difference_of_two_texts_to_one_gives_the_other(before: str, after: str, context: int) -> None:
    if before != after:
        assert patched(diff(before, after, context), before) == after


@given(TEXT, st.text(alphabet=" +-@\\ab\n0123456789,", max_size=80))
def test_any_text_as_a_patch_is_applied_or_refused(text: str, patch: str) -> None:
    try:
        patched(patch, text)
    except PatchFailure as failure:
        assert str(failure).isprintable()


NUMBERS = st.lists(st.integers(0, 30), unique=True, min_size=1)
HEADER = st.sampled_from(["@@", "@@ ... @@", "@@ -90,1 +90,1 @@", "@@ -1,99 +1,99 @@", "@@ def f(): @@", "@@ -2 +2 @@"])


@given(NUMBERS, st.lists(st.integers(20, 50), unique=True), st.integers(1, 3), HEADER)
def test_wrong_numbers_do_no_harm_where_lines_are_unique(
    before: list[int], after: list[int], context: int, header: str
) -> None:
    texts = ["".join(f"line {number}\n" for number in numbers) for numbers in (before, after)]
    if before == after:
        return
    lines = diff(*texts, context).split("\n")
    patch = "\n".join(header if line.startswith("@@") else line for line in lines)
    assert patched(patch, texts[0]) == texts[1]


PYTHON = "import os\n\ndef f():\n    return 1\n\ndef g():\n    return 1\n"


@pytest.mark.parametrize(
    "patch",
    [
        "--- a/m.py\n+++ b/m.py\n@@ -6,2 +6,2 @@\n def g():\n-    return 1\n+    return 2\n",
        "diff --git a/m.py b/m.py\nindex 1..2 100644\n--- a/m.py\t2020\n+++ b/m.py\t2021\n@@ -6,2 +6,2 @@ def g():\n def g():\n-    return 1\n+    return 2\n",
        "@@ -2,2 +2,2 @@\n def g():\n-    return 1\n+    return 2\n",  # elsewhere, but there is only one such place
        "@@ -6,9 +6,9 @@\n def g():\n-    return 1\n+    return 2\n",  # miscounted
        "@@ -6 +6 @@\n def g():\n-    return 1\n+    return 2\n",
        "@@\n def g():\n-    return 1\n+    return 2\n",
        "```diff\n@@ -6,2 +6,2 @@\n def g():\n-    return 1\n+    return 2\n```\n",
        "@@ -5,3 +5,3 @@\n\n def g():\n-    return 1\n+    return 2\n\n",  # the space of an empty line is lost
        "@@ -7 +7 @@\n-    return 1\n+    return 2\n",
    ],
)
def test_patches_as_models_write_them(patch: str) -> None:
    assert patched(patch, PYTHON) == PYTHON.removesuffix("1\n") + "2\n"


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        ("hello", "the patch has no hunk; a hunk is '@@ -3,2 +3,2 @@', then lines that begin with ' ' (kept), '-' (removed) or '+' (added)"),
        ("@@ -1 +1 @@\n-import sys\n+x\n", "hunk 1 does not fit: the file has no line 'import sys'; line 1 is the nearest: 'import os'"),
        ("@@ -3,2 +3,2 @@\n def f():\n-    return 7\n+x\n", "hunk 1 does not fit: it wants '    return 7', but line 4 has '    return 1'"),
        ("@@\n-    return 1\n+x\n", "hunk 1 fits at several lines: 4, 7; give more lines around the change"),
        ("@@ -7,2 +7,1 @@\n     return 1\n-more\n", "hunk 1 does not fit: it wants 'more', but line 8 is after the end of the file"),
        ("@@\n+new\n", "hunk 1 only adds lines, and its header does not say where; give lines around them"),
        ("@@ -1 +1 @@\n import os\n", "hunk 1 changes nothing"),
        ("--- a\n+++ b\n@@ -1 +1 @@\n-import os\n+x\n--- c\n+++ d\n@@ -1 +1 @@\n-y\n+z\n", "the patch changes several files; allowed is one file a call"),
        ("@@ -1 +1 @@\n-import os\n+x\n@@ -1 +1 @@\n-import os\n+y\n", "hunk 2 does not fit: the file has no line 'import os'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(patch: str, text: str) -> None:
    with pytest.raises(PatchFailure) as caught:
        patched(patch, PYTHON)
    assert str(caught.value).startswith(text)


def test_a_patch_for_another_file_is_refused_and_one_that_fails_changes_nothing(file: Path) -> None:
    before = file.read_bytes()
    other = "--- a/prose.txt\n+++ b/prose.txt\n@@ -1 +1 @@\n-roses are red\n+x\n"
    assert edit(file, patch=other) == "Error: the patch is for 'a/prose.txt', but path is 'poem.txt'"
    half = "@@ -1 +1 @@\n-roses are red\n+roses are white\n@@ -4 +4 @@\n-and so is he\n+x\n"
    assert edit(file, patch=half).startswith("Error: hunk 2 does not fit")
    assert file.read_bytes() == before


def test_a_patch_is_applied_to_the_file(file: Path) -> None:
    patch = "@@ -1,2 +1,3 @@\n roses are red\n+some are white\n violets are blue\n@@ -4 +5 @@\n-and so are you\n+and so am I\n"
    assert edit(file, patch=patch) == "Edited 'poem.txt': applied 2 hunks at lines 1, 5."
    assert file.read_text() == "roses are red\nsome are white\nviolets are blue\n  sugar is sweet\nand so am I\n"

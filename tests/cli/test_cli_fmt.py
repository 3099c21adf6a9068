"""`harn fmt`: targets, settings, what it writes and prints, how it ends."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from harn_process import COMMAND, environment, harn, write

from harnpy.cli.main import main
from harnpy.cli.rewriting import rewrite

UGLY = "let x=f(a,b)"
NEAT = "let x = f(a, b)\n"


def fmt(directory, *words, input=""):
    ended = harn("fmt", *words, cwd=directory, input=input)
    return ended.status, ended.output, ended.errors


def test_changed_files_are_rewritten_and_named_in_the_order_of_targets(tmp_path):
    for name in ("b.harn", "a/z.harn", "a/y.harn", "other.txt"):
        write(tmp_path, name, UGLY)
    write(tmp_path, "a/neat.harn", NEAT)
    write(tmp_path, "a/notes.txt", UGLY)
    expected = "formatted other.txt\nformatted b.harn\nformatted a/y.harn\nformatted a/z.harn\n"
    assert fmt(tmp_path, "other.txt", "b.harn", "a") == (0, expected, "")
    for name in ("b.harn", "a/z.harn", "a/y.harn", "a/neat.harn", "other.txt"):
        assert (tmp_path / name).read_text() == NEAT
    assert (tmp_path / "a/notes.txt").read_text() == UGLY
    assert fmt(tmp_path, "b.harn", "a", "other.txt") == (0, "", "")


def test_check_names_what_would_change_and_changes_nothing(tmp_path):
    write(tmp_path, "a.harn", UGLY)
    write(tmp_path, "b.harn", NEAT)
    assert fmt(tmp_path, "--check", ".") == (1, "", "a.harn: would be reformatted\n")
    assert (tmp_path / "a.harn").read_text() == UGLY
    assert fmt(tmp_path, "--check", "b.harn") == (0, "", "")


def test_diff_shows_what_would_change_and_changes_nothing(tmp_path):
    write(tmp_path, "a.harn", UGLY)
    write(tmp_path, "b.harn", NEAT)
    expected = (
        "--- a.harn\n+++ a.harn (formatted)\n@@ -1 +1 @@\n"
        "-let x=f(a,b)\n\\ No newline at end of file\n+let x = f(a, b)\n"
    )
    assert fmt(tmp_path, "--diff", "a.harn", "b.harn") == (1, expected, "")
    assert fmt(tmp_path, "--diff", "--check", "a.harn") == (1, expected, "a.harn: would be reformatted\n")
    assert (tmp_path / "a.harn").read_text() == UGLY
    assert fmt(tmp_path, "--diff", "b.harn") == (0, "", "")


def test_standard_input_comes_out_formatted(tmp_path):
    assert fmt(tmp_path, "-", input=UGLY) == (0, NEAT, "")
    assert fmt(tmp_path, "-", input=NEAT) == (0, NEAT, "")
    assert fmt(tmp_path, "--check", "-", input=UGLY) == (1, "", "<stdin>: would be reformatted\n")
    assert fmt(tmp_path, "--check", "-", input=NEAT) == (0, "", "")
    status, output, errors = fmt(tmp_path, "--diff", "-", input=UGLY)
    assert (status, errors) == (1, "")
    assert output.startswith("--- <stdin>\n+++ <stdin> (formatted)\n")
    assert fmt(tmp_path, "-", input="let x = )") == (1, "", "<stdin>: Expected expression, got ) at 1:9\n")


def test_all_files_are_seen_to_whatever_is_wrong_with_some(tmp_path):
    write(tmp_path, "a.harn", "let x = )\nlet y = ]")
    write(tmp_path, "b.harn", 'let x = "')
    write(tmp_path, "c.harn", UGLY)
    (tmp_path / "d.harn").write_bytes(b"let x = \xff")
    status, output, errors = fmt(tmp_path, "none.harn", ".")
    assert (status, output) == (1, "formatted c.harn\n")
    assert errors == (
        "Error reading none.harn: No such file or directory (os error 2)\n"
        "a.harn: Expected expression, got ) at 1:9\n"
        "b.harn: Unterminated string at 1:9\n"
        "d.harn: Invalid UTF-8 byte 0xFF at 1:9\n"
    )
    assert (tmp_path / "a.harn").read_text() == "let x = )\nlet y = ]"


def test_nothing_to_format_is_a_failure(tmp_path):
    assert fmt(tmp_path, ".") == (1, "", "No .harn files found\n")
    status, _, errors = fmt(tmp_path)
    assert status == 2
    assert errors.startswith("error: the following required arguments were not provided: TARGET\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_cannot_be_written_is_named_with_the_reason(tmp_path):
    write(tmp_path, "a.harn", UGLY).chmod(0o444)
    assert fmt(tmp_path, "a.harn") == (1, "", "Error writing a.harn: Permission denied (os error 13)\n")
    assert (tmp_path / "a.harn").read_text() == UGLY
    assert [each.name for each in tmp_path.iterdir()] == ["a.harn"]


def test_a_write_that_fails_leaves_the_file_and_nothing_else(tmp_path, monkeypatch, capsys):
    path = write(tmp_path, "a.harn", UGLY)
    write(tmp_path, "b.harn", NEAT)

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert main(["fmt", str(tmp_path)]) == 1
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", f"Error writing {path}: No space left on device (os error 28)\n")
    assert path.read_text() == UGLY
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.harn", "b.harn"]


def test_what_somebody_else_has_written_meanwhile_stays(tmp_path, capsys):
    path = write(tmp_path, "a.harn", NEAT)
    assert not rewrite(str(path), UGLY.encode(), b"neither")
    assert capsys.readouterr().err == f"Error writing {path}: somebody else has changed it meanwhile\n"
    assert path.read_text() == NEAT
    assert rewrite(str(path), NEAT.encode(), b"new")
    assert path.read_text() == "new"


def test_an_empty_target_is_no_file(tmp_path):
    assert fmt(tmp_path, "") == (1, "", "Error reading : No such file or directory (os error 2)\n")


def test_links_and_permissions_stay(tmp_path):
    target = write(tmp_path, "real/a.harn", UGLY)
    target.chmod(0o755)
    (tmp_path / "link.harn").symlink_to(target)
    assert fmt(tmp_path, "link.harn") == (0, "formatted link.harn\n", "")
    assert (tmp_path / "link.harn").is_symlink()
    assert target.read_text() == NEAT
    assert target.stat().st_mode & 0o777 == 0o755
    assert [each.name for each in target.parent.iterdir()] == ["a.harn"]


def test_line_ends_and_the_byte_order_mark_become_what_they_should_be(tmp_path):
    (tmp_path / "a.harn").write_bytes("\ufefflet x = 1\r\n".encode())
    assert fmt(tmp_path, "a.harn") == (0, "formatted a.harn\n", "")
    assert (tmp_path / "a.harn").read_bytes() == b"let x = 1\n"


# --- settings ---------------------------------------------------------------------------------------------------------

LONG = "let x = call(alpha, beta)\n"
BROKEN = "let x = call(\n  alpha,\n  beta,\n)\n"


def test_the_width_comes_from_the_command_line_or_the_manifest_of_the_first_target(tmp_path):
    write(tmp_path, "narrow/harn.toml", "[fmt]\nline_width = 16\nseparator_width = 10\n")
    write(tmp_path, "dashed/harn.toml", "[fmt]\nline-width = 16\nseparator-width = 10\n")
    write(tmp_path, "wide/a.harn", LONG)
    for folder in ("narrow", "dashed"):
        write(tmp_path, f"{folder}/sub/a.harn", LONG + "// ----\n")
        assert fmt(tmp_path, f"{folder}/sub", "wide")[0] == 0
        assert (tmp_path / folder / "sub/a.harn").read_text() == BROKEN + "\n// -------\n"
        assert (tmp_path / "wide/a.harn").read_text() == BROKEN
    assert fmt(tmp_path, "wide", "narrow")[0] == 0
    assert (tmp_path / "narrow/sub/a.harn").read_text() == LONG + "\n// " + "-" * 77 + "\n"
    assert fmt(tmp_path, "narrow/sub/a.harn", "--line-width", "17", "--separator-width=12")[0] == 0
    assert (tmp_path / "narrow/sub/a.harn").read_text() == LONG + "\n// ---------\n"
    assert fmt(tmp_path / "narrow", "-", input=LONG) == (0, BROKEN, "")


@pytest.mark.parametrize("value", ['"wide"', "0", "-1", "1.5", "true"])
def test_a_manifest_with_a_width_that_is_none_is_warned_of(tmp_path, value):
    path = write(tmp_path, "harn.toml", f"[fmt]\nline_width = {value}\n")
    write(tmp_path, "a.harn", LONG)
    expected = f"warning: failed to parse {path}: [fmt].line_width must be a whole number above 0\n"
    assert fmt(tmp_path, "a.harn") == (0, "", expected)


def test_a_manifest_that_is_no_toml_is_warned_of(tmp_path):
    path = write(tmp_path, "harn.toml", "[fmt\n")
    write(tmp_path, "a.harn", LONG)
    status, output, errors = fmt(tmp_path, "--check", "a.harn")
    assert (status, output) == (0, "")
    assert errors.startswith(f"warning: failed to parse {path}: ")


def test_widths_are_whole_numbers(tmp_path):
    write(tmp_path, "a.harn", LONG)
    status, _, errors = fmt(tmp_path, "--line-width", "wide", "a.harn")
    assert status == 2
    assert errors.startswith("error: invalid value 'wide' for '--line-width <N>': expected a whole number\n")


# --- colours ----------------------------------------------------------------------------------------------------------


def shown_on_a_terminal(directory, **variables):
    """What `harn fmt --diff a.harn` prints on a terminal."""
    controller, terminal = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "fmt", "--diff", "a.harn"],
        cwd=directory,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(controller)
    assert (done.returncode, done.stderr) == (1, b"")
    return shown.decode().replace("\r\n", "\n")


def test_a_diff_has_colours_on_terminals_only(tmp_path):
    write(tmp_path, "a.harn", "let x=1\nlet y = 2\n")
    expected = (
        "\x1b[1m--- a.harn\x1b[0m\n\x1b[1m+++ a.harn (formatted)\x1b[0m\n\x1b[36m@@ -1,2 +1,3 @@\x1b[0m\n"
        "\x1b[31m-let x=1\x1b[0m\n\x1b[32m+let x = 1\x1b[0m\n\x1b[32m+\x1b[0m\n let y = 2\n"
    )
    assert shown_on_a_terminal(tmp_path) == expected
    assert "\x1b" not in shown_on_a_terminal(tmp_path, NO_COLOR="1")

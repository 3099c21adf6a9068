"""The completion scripts, tried in the shells that this machine has: bash always, zsh and fish where they are."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

import pytest
from harn_process import COMMAND, environment, harn, write

from harnpy.cli.main import COMMANDS, HIDDEN, listed_commands
from harnpy.cli.reference import names

# What completion sees of zsh: compadd and _files tell what they are asked for instead of drawing a menu.
ZSH_STAND_INS = """
function compadd { shift; local word; for word in "$@"; do [[ $word == $PREFIX* ]] && print -r -- $word; done; }
function _files { print -r -- "files $*"; }
function compset { PREFIX=${PREFIX#*=}; }
"""


def bash(directory, *words):
    """What bash offers for the last of words, which follow `harn`."""
    quoted = " ".join(f"'{word}'" for word in ("harn", *words))
    run = (
        f'source script.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _harn; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    return shell(directory, ["bash", "--norc", "-c", run])


def zsh(directory, *words):
    quoted = " ".join(f"'{word}'" for word in ("harn", *words))
    run = f"words=({quoted}) CURRENT={len(words) + 1} PREFIX='{words[-1]}'\n_harn"
    return shell(directory, ["zsh", "-f", "-c", f"{ZSH_STAND_INS}\nsource ./script.zsh\n{run}"])


def fish(directory, *words):
    line = " ".join(("harn", *words)) if words[-1] else " ".join(("harn", *words[:-1])) + " "
    offered = shell(directory, ["fish", "--no-config", "-c", f"source script.fish; complete -C '{line}'"])
    return [each.partition("\t")[0] for each in offered]


def shell(directory, command):
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment(HOME=str(directory), PATH=f"{directory}/bin:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.split("\n") if line]


def available(name):
    return pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"there is no {name} here"))


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


@pytest.fixture(params=[available(name) for name in SHELLS], scope="module")
def complete(request, tmp_path_factory):
    """Completion in one shell, in a directory with two programs, a text file and a directory."""
    directory = tmp_path_factory.mktemp(request.param)
    write(directory, f"script.{request.param}", harn("completions", request.param).output)
    for name in ("main.harn", "my notes.txt", "more.harn", "many/x.harn"):
        write(directory, name, "")
    write(directory, "tests/a.harn", "pipeline test_many(task) { }\npipeline test_one(task) { }")
    write(directory, "tests/more.harn", "pipeline test_more(task) { }")
    write(directory, "more_tests.harn", "pipeline test_more(task) { }")
    command = " ".join(shlex.quote(word) for word in COMMAND)
    write(directory, "bin/harn", f'#!/bin/sh\nexec {command} "$@"\n').chmod(0o755)

    def ask(*words):
        return SHELLS[request.param](directory, *words)

    ask.shell = request.param
    return ask


def test_commands_come_first(complete):
    offered = set(complete(""))
    assert {*COMMANDS, "help"} <= offered
    assert offered.isdisjoint(HIDDEN)
    assert [each for each in complete("rep") if not each.startswith("files ")] == ["repl"]


def test_help_takes_commands(complete):
    assert complete("help", "vers") == ["version"]


@pytest.mark.parametrize("command", listed_commands(), ids=lambda command: command.name)
def test_every_flag_is_offered(complete, command):
    for each in command.subcommands or (command,):
        words = each.name.split()
        offered = {*complete(*words, "--"), *(complete(*words, "-") if complete.shell == "fish" else ())}
        assert {flag.name for flag in each.flags if flag.name.startswith("--")} <= offered, words
        assert "--help" in offered


def test_subcommands_and_choices_are_offered(complete):
    contracts = next((command for command in listed_commands() if command.name == "contracts"), None)
    if contracts is not None:
        assert complete("contracts", "b") == ["builtins", "bundle"]
    assert complete("new", "--template", "a") == ["agent"]
    assert complete("completions", "z") == ["zsh"]


def test_explain_knows_all_names(complete):
    assert set(complete("explain", "list.so")) == {name for name in names() if name.startswith("list.so")}
    assert "std/async.wait_for" in complete("explain", "std/async.wa")


def test_programs_are_files_of_harn_or_directories(complete):
    if complete.shell == "zsh":
        assert complete("run", "m") == ["files -g *.harn"]
        assert complete("run", "--events", "m") == ["files "]
        assert complete("check", "--bundle-root", "m") == ["files -/"]
    else:
        slash = "/" if complete.shell == "fish" else ""
        assert set(complete("run", "m")) == {"main.harn", "more.harn", "more_tests.harn", f"many{slash}"}
        assert "my notes.txt" in {each.replace("\\", "") for each in complete("run", "--events", "m")}
        assert complete("check", "--bundle-root", "m") == [f"many{slash}"]


def test_values_behind_an_equals_sign_are_completed(complete):
    if complete.shell == "bash":  # it cuts words at `=`
        assert complete("new", "--template", "=", "a") == ["agent"]
        assert complete("new", "--template", "=") == ["basic", "agent", "mcp-server", "eval"]
    else:
        assert [each.rpartition("=")[2] for each in complete("new", "--template=a")] == ["agent"]


def test_behind_two_dashes_everything_belongs_to_the_program(complete):
    offered = complete("run", "main.harn", "--", "--")
    assert "--trace" not in offered or complete.shell == "fish"


def test_filters_are_names_of_tests(complete):
    assert complete("test", "--filter", "test_m") == ["test_many", "test_more"]
    assert complete("test", "more_tests.harn", "--filter", "") == ["test_more"]
    assert complete("test", "--filter", "x") == []


def test_values_that_nobody_can_know_are_not_guessed(complete):
    assert complete("run", "--deny", "") == []


def test_the_scripts_are_not_stale_after_an_unknown_shell():
    ended = harn("completions", "tcsh")
    assert ended.status == 2
    assert "hint: possible values: bash, zsh, fish" in ended.errors

"""The options of `exec_with`, read and checked: every error names the key, what was found and what is expected."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.records import Record
from harnpy.vm.child_processes import RunOptions, shell_words
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.values import Duration, Value, type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYS = ("command", "cwd", "env", "max_output", "merge_stderr", "shell", "stdin", "timeout")
# What may stand where a text is expected, as it shows itself.
_PLAIN = frozenset({str, int, float, bool})


class ProcessOptions(Record):
    """words are the program and its arguments, is_one_word if a string has named the program alone; directory is None if
    none is named; None in environment removes a name.
    """

    words: Sequence[str]
    is_one_word: bool
    directory: str | None
    environment: dict[str, str | None]
    run: RunOptions


def read_process_options(options: Value) -> ProcessOptions:
    """What a program asks for. Raises a thrown string for anything that makes no sense."""
    if type(options) is not dict:
        raise _wrong("options", "a dict", options)
    for key in sorted(options):
        if key not in _KEYS:
            raise _unknown(key)
    given = {key: value for key, value in options.items() if value is not None}
    by_shell, merges = _flag(given, "shell"), _flag(given, "merge_stderr")
    timeout_ms, max_output = _milliseconds(given.get("timeout")), _count(given.get("max_output"))
    return ProcessOptions(
        _words(given.get("command"), by_shell),
        type(given["command"]) is str and not by_shell,
        _directory(given.get("cwd")),
        _environment(given.get("env")),
        RunOptions(_stdin(given.get("stdin")), timeout_ms, max_output, combines=not merges, merges=merges),
    )


def _words(command: Value, by_shell: bool) -> list[str]:
    if command is None:
        raise thrown("exec_with: command is required")
    if by_shell:
        if type(command) is not str:
            raise _wrong("command", "a string where shell is true", command)
        words = shell_words(command)
    elif type(command) is str:
        words = [command]
    elif type(command) is list:
        for index, word in enumerate(command):
            if type(word) not in _PLAIN:
                raise _wrong(f"command[{index}]", "a string or a number", word)
        words = [display(word) for word in command]
    else:
        raise _wrong("command", "a string or a list of a program and its arguments", command)
    if not command or not words[0]:
        raise thrown("exec_with: command must not be empty")
    if any("\0" in word for word in words):
        raise thrown("exec_with: command must not hold NUL characters")
    return words


def _directory(value: Value) -> str | None:
    if value is None:
        return None
    if type(value) is not str:
        raise _wrong("cwd", "a string", value)
    if not value or "\0" in value:
        raise thrown("exec_with: cwd must not be empty or hold NUL characters")
    return value


def _environment(value: Value) -> dict[str, str | None]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise _wrong("env", "a dict of names and values", value)
    for name in sorted(value):
        if not name or "=" in name or "\0" in name:
            raise thrown(f"exec_with: env has the name '{name}'; names must be not empty and without '=' and NUL")
        if value[name] is not None and type(value[name]) not in _PLAIN:
            raise _wrong(f"env.{name}", "a string or a number, or nil to remove the variable", value[name])
        if type(value[name]) is str and "\0" in value[name]:
            raise thrown(f"exec_with: env.{name} must not hold NUL characters")
    return {name: None if text is None else display(text) for name, text in value.items()}


def _stdin(value: Value) -> bytes:
    if value is None:
        return b""
    if type(value) is not str:
        raise _wrong("stdin", "a string", value)
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise thrown("exec_with: stdin contains a lone surrogate, which UTF-8 cannot hold") from None


def _milliseconds(value: Value) -> int | None:
    if value is None:
        return None
    ms = value.ms if type(value) is Duration else value
    if type(ms) is not int:
        raise _wrong("timeout", "a duration or an int of milliseconds", value)
    if ms < 1:
        raise thrown(f"exec_with: timeout must be at least 1ms, got {display(value)}")
    return ms


def _count(value: Value) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise _wrong("max_output", "an int of bytes", value)
    if value < 0:
        raise thrown(f"exec_with: max_output must not be negative, got {display(value)}")
    return value


def _flag(given: dict[str, Value], key: str) -> bool:
    value = given.get(key, False)
    if type(value) is not bool:
        raise _wrong(key, "a bool", value)
    return value


def _unknown(key: str) -> HarnError:
    close = suggest(key, _KEYS)
    hint = f" (did you mean '{close}'?)" if close is not None else ""
    return thrown(f"exec_with: unknown option '{key}'{hint}; there are: {', '.join(_KEYS)}")


def _wrong(key: str, expected: str, value: Value) -> HarnError:
    return thrown(f"exec_with: {key} must be {expected}, got {type_name(value)}")

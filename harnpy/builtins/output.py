"""Printing: plain output, progress lines, and the escape sequences that colour terminal text."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import int_or
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_SPINNER = "|/-\\"
_DEFAULT_BAR, _NARROWEST_BAR, _WIDEST_BAR = 10, 3, 40

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_COLORS = {
    **{name: 30 + number for number, name in enumerate(_NAMES)},
    **{f"bright_{name}": 90 + number for number, name in enumerate(_NAMES)},
    "gray": 90,
    "grey": 90,
}


@builtin("print(value: any) -> nil", effects={"output"})
def print_text(fiber: Fiber, value: Value = "") -> None:
    """Prints the value without a newline. Returns nil."""
    fiber.write(display(value))


@builtin("println(value: any) -> nil", effects={"output"})
def print_line(fiber: Fiber, value: Value = "") -> None:
    """Prints the value and a newline. Returns nil."""
    fiber.write(display(value) + "\n")


@builtin("log(value: any) -> nil", effects={"output"})
def log(fiber: Fiber, value: Value = "") -> None:
    """Prints the value on a line of its own after `[harn] `. Returns nil."""
    fiber.write(f"[harn] {display(value)}\n")


@builtin("progress(phase: string, message: string, progress: any, total: int) -> nil", effects={"output"})
def progress(fiber: Fiber, phase: Value = "", message: Value = "", state: Value = None, total: Value = None) -> None:
    """Prints a progress line `[phase] message`. Returns nil.

    With an int it ends in `(N%)`, with two ints in `(N/TOTAL)`. A dict with `mode: "spinner"` (and `step`) or
    `mode: "bar"` (and `current`, `total`, `width`) draws the state before the message.
    """
    fiber.write(_progress_line(display(phase), display(message), state, total) + "\n")


def warn(fiber: Fiber, text: str) -> None:
    """Say on standard error what a user should know and a program cannot."""
    fiber.effect(fiber.runtime.world.write_error, f"[harn] warning: {text}\n")


def _progress_line(phase: str, message: str, state: Value, total: Value) -> str:
    if type(state) is int:
        return f"[{phase}] {message} ({state}/{total})" if type(total) is int else f"[{phase}] {message} ({state}%)"
    mode = state.get("mode") if type(state) is dict else None
    if mode == "spinner":
        step = int_or(state.get("step"), int_or(state.get("current"), 0))
        return f"[{phase}] {_SPINNER[step % len(_SPINNER)]} {message}"
    if mode == "bar":
        current, goal = int_or(state.get("current"), 0), int_or(state.get("total"), 0)
        width = max(_NARROWEST_BAR, min(_WIDEST_BAR, int_or(state.get("width"), _DEFAULT_BAR)))
        return f"[{phase}] [{_bar(current, goal, width)}] {message} ({current}/{goal})"
    return f"[{phase}] {message}"


def _bar(current: int, total: int, width: int) -> str:
    filled = 0
    if total > 0:
        done = max(0, min(current, total))
        filled = (2 * done * width + total) // (2 * total)  # the nearest whole number, halves up
    return "#" * filled + "-" * (width - filled)


@builtin("bold(text: string) -> string", pure=True)
def bold(text: Value = "") -> str:
    """The text between the terminal's codes for bold and for normal."""
    return _sequence(1, display(text))


@builtin("dim(text: string) -> string", pure=True)
def dim(text: Value = "") -> str:
    """The text between the terminal's codes for dim and for normal."""
    return _sequence(2, display(text))


@builtin("color(text: string, name: string) -> string", pure=True)
def color(text: Value = "", name: Value = "") -> str:
    """The text between the terminal's codes for a colour and for normal.

    name is black, red, green, yellow, blue, magenta, cyan or white, one of these after `bright_`, or gray. Text with
    an unknown colour is returned as it is.
    """
    code = _COLORS.get(display(name))
    return display(text) if code is None else _sequence(code, display(text))


def _sequence(code: int, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"

"""What the check for cancellations and deadlines costs at the back-edge of a loop that has nothing else to do.

The Python that loops are translated to is compiled as it is and with `pass` in place of each check, which compiles to
nothing; all run in one process, in many short turns, of which the fastest count. Several rounds may share a check, which
takes more than the check: strips of rounds, or rounds that are written out. So there is a third form, without checks and
without what lets rounds share them, and what the check costs is the difference to the faster one of the two without.
"""

from __future__ import annotations

import argparse
import builtins
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bars
import tables
from bars import Outcome
from tables import Part

from harnpy.jit import checks

# What the compiled tier writes at calls and at back-edges: the one line that this file has to know.
CHECK_LINE = re.compile(r"\bif pending: attend\(fiber\)$", re.MULTILINE)
# How it calls the sources that it compiles.
_TRANSLATED = "<harn "

LOOPS = {
    "for": "fn turn(count) {\n  for number in 0 to count exclusive {\n  }\n}",
    "while": "fn turn(count) {\n  var number = 0\n  while number < count {\n    number += 1\n  }\n}",
}
# So few that some runs are not disturbed, whatever else the machine does: that only ever adds.
TURNS = 100_000
# How often each of both runs in one round.
_RUNS_OF_A_ROUND = 20


class NoCheckFound(Exception):
    """The translation has no line that CHECK_LINE knows, or there is no translation."""


def without_checks(source: str) -> str:
    """The source with `pass` in place of the checks. Raises NoCheckFound."""
    bare, count = CHECK_LINE.subn("pass", source)
    if not count:
        raise NoCheckFound(f"no line of this source is a check:\n{source}")
    return bare


def measure(rounds: int, turns: int = TURNS) -> Part:
    """Run both loops with and without the check; the bar is for the loop that suffers more."""
    rows: list[dict[str, Any]] = []
    print(f"{'loop':8} {'with the check':>16} {'without':>10} {'cost':>7}")
    for name, program in LOOPS.items():
        runs = {"checked": _loop(program, lambda source: source), "bare": _loop(program, without_checks)}
        with _a_check_a_round():
            runs["plain"] = _loop(program, without_checks)
        best = dict.fromkeys(runs, float("inf"))
        for number in range(rounds * _RUNS_OF_A_ROUND):
            for key in list(runs) if number % 2 == 0 else list(runs)[::-1]:
                best[key] = min(best[key], _seconds(runs[key], turns) / turns)
        with_check, without = best["checked"], min(best["bare"], best["plain"])
        cost = with_check / without - 1
        rows.append({"loop": name, "checked_ns": with_check * 1e9, "bare_ns": without * 1e9, "cost": cost})
        print(f"{name:8} {with_check * 1e9:13.1f} ns {without * 1e9:7.1f} ns {cost * 100:5.1f} %", flush=True)
    worst = max(rows, key=lambda row: float(row["cost"]))
    return Part(rows, [Outcome(bars.BACK_EDGE_CHECK, worst["cost"] * 100, worst["loop"])])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what the check at back-edges costs.")
    parser.add_argument("--repeat", type=int, default=15, metavar="N", help="rounds (default 15)")
    arguments = parser.parse_args()
    print(f"{tables.machine()}, {arguments.repeat} rounds")
    print("\n" + bars.report(measure(arguments.repeat).outcomes))


def _seconds(run: Callable[[int], object], turns: int) -> float:
    started = time.process_time()
    run(turns)
    return time.process_time() - started


def _loop(program: str, change: Callable[[str], str]) -> Callable[[int], object]:
    """The function `turn` of the program, translated with its source changed. Raises NoCheckFound."""
    from harnpy.cli.compose import make_runtime

    before = os.environ.get("HARN_JIT")
    os.environ["HARN_JIT"] = "eager"
    try:
        runtime = make_runtime()
    finally:
        if before is None:
            del os.environ["HARN_JIT"]
        else:
            os.environ["HARN_JIT"] = before
    changed: list[str] = []
    with _compiling(change, changed):
        turn, _ = runtime.session("loop.harn").eval(f"{program}\nturn")
        fiber = runtime.main_fiber()
        fiber.call(turn, 10)
        fiber.call(turn, 10)  # a first call may still be the interpreter's
    if not any("turn" in name for name in changed):
        raise NoCheckFound("the function was not translated")
    return lambda turns: fiber.call(turn, turns)


@contextmanager
def _a_check_a_round() -> Iterator[None]:
    """While this lasts, loops are translated as if no rounds could share a check."""
    original = checks.end
    checks.end = lambda translator, construct: None
    try:
        yield
    finally:
        checks.end = original


@contextmanager
def _compiling(change: Callable[[str], str], changed: list[str]) -> Iterator[None]:
    """While this lasts, the sources of the compiled tier are changed before they are compiled."""
    original = builtins.compile

    def compile_changed(source: Any, filename: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(source, str) and str(filename).startswith(_TRANSLATED):
            source = change(source)
            changed.append(str(filename))
        return original(source, filename, *rest, **named)

    builtins.compile = compile_changed
    try:
        yield
    finally:
        builtins.compile = original


if __name__ == "__main__":
    main()

"""What tasks cost: 100,000 of them asleep, a hop over a channel, a timer and a deadline beside a loop that never waits."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import bars
import tables
from bars import Outcome
from pairs import HARN, PYTHON
from processes import Command, CommandFailed, interleaved, median_cpu, run

TASKS = Path(__file__).parent / "tasks"
MANY = 100_000
# Memory and time of a single one are slopes between two counts: that leaves out start-up and imports.
SLEEPERS_WEIGHED = (1000, 20_000)
# Milliseconds in which all that are weighed fall asleep before the first one wakes.
LONG_NAP = "8000"
FEW_HOPS = 1000
MANY_HOPS = 31_000
# A task that never gets a turn would otherwise keep everybody waiting.
PATIENCE_SECONDS = 30.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what tasks cost.")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds of all but the sleepers (default 3)")
    parser.add_argument("--jit", choices=("off", "auto", "eager"), default="auto", help="the tier (default auto)")
    arguments = parser.parse_args()
    print(f"{tables.machine()}, HARN_JIT={arguments.jit}, {arguments.repeat} rounds")
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as cache:
        outcomes = [
            *_sleepers(arguments.jit, cache),
            _hop(arguments.repeat, arguments.jit, cache),
            Outcome(bars.LATE_TIMER, _largest_number("late_timer.harn", arguments.repeat, arguments.jit, cache)),
            Outcome(bars.DEADLINE, _largest_number("endless_loop.harn", arguments.repeat, arguments.jit, cache)),
        ]
    print(bars.report(outcomes))


def _task(name: str, jit: str, cache: str, *arguments: str, time_limit: float = 300.0) -> Command:
    return Command((HARN, "run", str(TASKS / name), "--", *arguments), jit, cache, time_limit)


def _sleepers(jit: str, cache: str) -> list[Outcome]:
    many = run(_task("sleeping_fibers.harn", jit, cache, str(MANY), "1000"))
    print(
        f"{MANY:,} sleepers: {many.wall:.2f} s, {many.cpu:.2f} s of CPU, {int(many.output):,} asleep at the same time"
    )
    few, more = (run(_task("sleeping_fibers.harn", jit, cache, str(count), LONG_NAP)) for count in SLEEPERS_WEIGHED)
    if int(more.output) != SLEEPERS_WEIGHED[1]:
        print(
            f"only {int(more.output):,} of {SLEEPERS_WEIGHED[1]:,} were asleep at the same time: the machine is too slow"
        )
    each = (more.peak_memory - few.peak_memory) / (int(more.output) - int(few.output))
    print(f"a sleeper: {each:.0f} bytes")
    return [Outcome(bars.SLEEPING_FIBERS, many.wall), Outcome(bars.FIBER_MEMORY, each / 1024)]


def _hop(rounds: int, jit: str, cache: str) -> Outcome:
    commands = {}
    for count in (FEW_HOPS, MANY_HOPS):
        commands[f"harn {count}"] = _task("channel_hops.harn", jit, cache, str(count))
        commands[f"python {count}"] = Command((PYTHON, str(TASKS / "channel_hops.py"), str(count)), cache=cache)
    usages = interleaved(commands, rounds)
    seconds = {}
    for language in ("harn", "python"):
        difference = median_cpu(usages[f"{language} {MANY_HOPS}"]) - median_cpu(usages[f"{language} {FEW_HOPS}"])
        seconds[language] = difference / (MANY_HOPS - FEW_HOPS)
    print(f"a hop: {seconds['harn'] * 1e6:.2f} microseconds, asyncio.Queue {seconds['python'] * 1e6:.2f}")
    return Outcome(bars.CHANNEL_HOP, seconds["harn"] / seconds["python"])


def _largest_number(name: str, rounds: int, jit: str, cache: str) -> float:
    """The largest number that the program prints in any round; infinite if it does not end."""
    numbers: list[float] = []
    for _round in range(rounds):
        try:
            output = run(_task(name, jit, cache, time_limit=PATIENCE_SECONDS)).output
        except CommandFailed as problem:
            print(problem)
            return float("inf")
        numbers += [float(word) for word in output.split()]
    middle = sorted(numbers)[len(numbers) // 2]
    print(f"{name}: {len(numbers)} measured, median {middle:.1f} ms, largest {max(numbers):.1f} ms")
    return max(numbers)


if __name__ == "__main__":
    main()

"""What tasks cost: 100,000 of them asleep, a hop over a channel, a timer and a deadline beside a loop that never waits."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bars
import tables
from bars import Outcome
from pairs import HARN, PYTHON
from processes import Command, CommandFailed, interleaved, median_cpu, median_wall, run
from tables import Part

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
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--jit", choices=("off", "auto", "eager"), help="one tier only; default: off and auto")
    parser.add_argument("--sleepers", type=int, default=MANY, metavar="N", help=f"tasks asleep (default {MANY})")
    arguments = parser.parse_args()
    print(f"{tables.machine()}, {arguments.repeat} rounds\n")
    jits = (arguments.jit,) if arguments.jit else ("off", "auto")
    print("\n" + bars.report(measure(arguments.repeat, jits, arguments.sleepers).outcomes))


def measure(rounds: int, jits: Sequence[str], sleepers: int = MANY) -> Part:
    """Measure everything in each of the tiers. The bar of the sleepers is for MANY of them, whatever the number is."""
    rows: list[dict[str, Any]] = []
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as cache:
        for jit in jits:
            asleep = _sleepers(rounds, jit, cache, sleepers)
            hop = _hop(rounds, jit, cache)
            late = _largest_number("late_timer.harn", rounds, jit, cache)
            ended = _largest_number("endless_loop.harn", rounds, jit, cache)
            rows.append({"jit": jit, **asleep, **hop, "late_timer_ms": late, "deadline_ms": ended})
            outcomes += [
                Outcome(bars.SLEEPING_FIBERS, asleep["sleepers_wall"], jit),
                Outcome(bars.FIBER_MEMORY, asleep["bytes_each"] / 1024, jit),
                Outcome(bars.CHANNEL_HOP, hop["hop"] / hop["hop_of_asyncio"], jit),
                Outcome(bars.LATE_TIMER, late, jit),
                Outcome(bars.DEADLINE, ended, jit),
            ]
    return Part(rows, outcomes)


def _task(name: str, jit: str, cache: str, *arguments: str, time_limit: float = 300.0) -> Command:
    return Command((HARN, "run", str(TASKS / name), "--", *arguments), jit, cache, time_limit)


def _sleepers(rounds: int, jit: str, cache: str, count: int) -> dict[str, float]:
    runs = [run(_task("sleeping_fibers.harn", jit, cache, str(count), "1000")) for _round in range(rounds)]
    wall, cpu = median_wall(runs), median_cpu(runs)
    slowest, most = max(each.wall for each in runs), max(int(each.output) for each in runs)
    print(
        f"{jit}: {count:,} sleepers: {wall:.2f} s (slowest {slowest:.2f}), {cpu:.2f} s of CPU, "
        f"{most:,} asleep at the same time"
    )
    few, more = (run(_task("sleeping_fibers.harn", jit, cache, str(count), LONG_NAP)) for count in SLEEPERS_WEIGHED)
    if int(more.output) != SLEEPERS_WEIGHED[1]:
        print(
            f"only {int(more.output):,} of {SLEEPERS_WEIGHED[1]:,} were asleep at the same time: the machine is too slow"
        )
    each = (more.peak_memory - few.peak_memory) / (int(more.output) - int(few.output))
    print(f"{jit}: a sleeper: {each:.0f} bytes")
    return {"sleepers": count, "sleepers_wall": wall, "sleepers_cpu": cpu, "bytes_each": each}


def _hop(rounds: int, jit: str, cache: str) -> dict[str, float]:
    commands = {}
    for count in (FEW_HOPS, MANY_HOPS):
        commands[f"harn {count}"] = _task("channel_hops.harn", jit, cache, str(count))
        commands[f"python {count}"] = Command((PYTHON, str(TASKS / "channel_hops.py"), str(count)), cache=cache)
    usages = interleaved(commands, rounds)
    seconds = {}
    for language in ("harn", "python"):
        difference = median_cpu(usages[f"{language} {MANY_HOPS}"]) - median_cpu(usages[f"{language} {FEW_HOPS}"])
        seconds[language] = max(difference, 1e-6) / (MANY_HOPS - FEW_HOPS)
    print(f"{jit}: a hop: {seconds['harn'] * 1e6:.2f} microseconds, asyncio.Queue {seconds['python'] * 1e6:.2f}")
    return {"hop": seconds["harn"], "hop_of_asyncio": seconds["python"]}


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
    print(f"{jit}: {name}: {len(numbers)} measured, median {middle:.1f} ms, largest {max(numbers):.1f} ms")
    return max(numbers)


if __name__ == "__main__":
    main()

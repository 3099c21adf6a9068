"""Benchmark programs in Harn against their twins in Python: `make bench`, or `python bench/run.py --help`.

Every program and twin runs as a whole process, several times, interleaved; what an empty program takes is subtracted. The
ratios are those of the medians of CPU time, which other work on the machine disturbs least; those of wall time stand
beside them, since a program that waits where it need not spends no CPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bars
import tables
from bars import Outcome
from comparison import Comparison, Growth, StartUp, compare, compare_growth, geometric_mean, measure_start_up
from pairs import Pair, chosen_pairs
from processes import interleaved, median_cpu

# Ratios are over a few thousandths of a second at small scales, and each subtracts this median.
START_UP_ROUNDS = 9


def main() -> int:
    """Run the benchmarks that the command line asks for. A missed bar is a result, not a failure: the status is 0."""
    arguments = _parser().parse_args()
    try:
        pairs = chosen_pairs(arguments.only)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{tables.machine()}, HARN_JIT={arguments.jit}, scale {arguments.scale:g}, {arguments.repeat} rounds")
    rows: Sequence[Comparison | Growth]
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as cache:
        empty = Path(cache) / "empty.harn"
        empty.touch()
        if arguments.growth:
            rows, outcomes = _measure_growth(pairs, arguments, cache)
        else:
            start_up = measure_start_up(START_UP_ROUNDS, arguments.jit, cache, str(empty))
            print(
                f"start-up, subtracted: Harn {start_up.harn.cpu * 1000:.1f} ms, Python {start_up.python.cpu * 1000:.1f} ms\n"
            )
            rows, outcomes = _measure(pairs, arguments, cache, start_up)
    print()
    print(bars.report(outcomes))
    settings = {"jit": arguments.jit, "scale": arguments.scale, "repeat": arguments.repeat}
    path = tables.save("growth" if arguments.growth else "run", settings, rows, outcomes)
    print(f"\nwritten to {path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Compare benchmark programs in Harn with their twins in Python.")
    parser.add_argument("--only", metavar="NAMES", help="comma-separated names of programs; default: all")
    parser.add_argument(
        "--repeat", type=_positive, default=5, metavar="N", help="rounds of each comparison (default 5)"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="F", help="times the usual amount of work (default 1)"
    )
    parser.add_argument("--jit", choices=("off", "auto", "eager"), default="auto", help="the tier (default auto)")
    parser.add_argument(
        "--growth", action="store_true", help="compare how times grow from each size to 4 times that size"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _measure(
    pairs: list[Pair], arguments: argparse.Namespace, cache: str, start_up: StartUp
) -> tuple[list[Comparison], list[Outcome]]:
    print(tables.comparison_head())
    rows = []
    for pair in pairs:
        row = compare(pair, pair.scaled(arguments.scale), arguments.repeat, arguments.jit, cache, start_up)
        print(tables.comparison_line(row), flush=True)
        rows.append(row)
    ratios = [row.ratio for row in rows]
    print(f"{'geometric mean':20} {geometric_mean(ratios):39.2f} {geometric_mean(row.wall_ratio for row in rows):8.2f}")
    outcomes = [Outcome(bars.GEOMETRIC_MEAN, geometric_mean(ratios)), Outcome(bars.WORST_RATIO, max(ratios))]
    for pair in pairs:
        if pair.name == "arithmetic_loop" and arguments.jit != "off":
            outcomes.append(_faster_tier(pair, arguments, cache, start_up))
    return rows, outcomes


def _faster_tier(pair: Pair, arguments: argparse.Namespace, cache: str, start_up: StartUp) -> Outcome:
    size = pair.scaled(arguments.scale)
    commands = {jit: pair.harn(size, jit, cache) for jit in ("off", arguments.jit)}
    usages = interleaved(commands, min(arguments.repeat, 3))
    slow, fast = (median_cpu(usages[jit]) - start_up.harn.cpu for jit in commands)
    return Outcome(bars.FASTER_TIER, slow / fast)


def _measure_growth(pairs: list[Pair], arguments: argparse.Namespace, cache: str) -> tuple[list[Growth], list[Outcome]]:
    print(tables.growth_head())
    rows = []
    for pair in pairs:
        size = max(2, pair.scaled(arguments.scale))
        row = compare_growth(pair, size, arguments.repeat, arguments.jit, cache)
        print(tables.growth_line(row), flush=True)
        rows.append(row)
    return rows, [Outcome(bars.GROWTH, max(row.ratio for row in rows))]


if __name__ == "__main__":
    sys.exit(main())

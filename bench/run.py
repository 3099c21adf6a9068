"""All benchmarks: `make bench`, or `python bench/run.py --help`.

The parts of the suite, in the order in which they run:
programs  each program against its twin in Python        startup  `harn run` of a hello, cold and warm
tiers     the arithmetic loop without the compiled tier  compile  a module of 5,000 lines, cold and warm
fibers    what tasks cost, in both tiers                 checks   the check for cancellations at back-edges
growth    each program and its twin at a size and at four times that size

Every program and twin runs as a whole process, several times, interleaved; what an empty program takes is subtracted. The
ratios are those of the medians of CPU time, which other work on the machine disturbs least; those of wall time stand
beside them, since a program that waits where it need not spends no CPU.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import back_edges
import bars
import compile_speed
import fibers
import startup
import tables
from bars import Outcome
from comparison import compare, compare_growth, geometric_mean, measure_start_up
from pairs import Pair, chosen_pairs
from processes import interleaved, median_cpu
from tables import Part

# Ratios are over a few thousandths of a second at small scales, and each subtracts this median.
START_UP_ROUNDS = 9
# A short run: enough to see that everything works and where the large differences are.
QUICK_SCALE = 0.1
QUICK_ROUNDS = 1
QUICK_SLEEPERS = 10_000
QUICK_TURNS = 100_000


class _Run:
    """What the command line asks for."""

    def __init__(self, arguments: argparse.Namespace, cache: str) -> None:
        quick = arguments.quick
        self.pairs: list[Pair] = chosen_pairs(arguments.only)
        self.jit: str = arguments.jit
        self.cache = cache
        self.scale: float = arguments.scale or (QUICK_SCALE if quick else 1.0)
        self.repeat: int = arguments.repeat or (QUICK_ROUNDS if quick else 5)
        self.sleepers = QUICK_SLEEPERS if quick else fibers.MANY
        self.turns = QUICK_TURNS if quick else back_edges.TURNS

    def programs(self) -> Part:
        empty = Path(self.cache) / "empty.harn"
        empty.touch()
        start_up = measure_start_up(START_UP_ROUNDS, self.jit, self.cache, str(empty))
        print(
            f"start-up, subtracted: Harn {start_up.harn.cpu * 1000:.1f} ms, Python {start_up.python.cpu * 1000:.1f} ms\n"
        )
        print(tables.comparison_head())
        rows = []
        for pair in self.pairs:
            row = compare(pair, pair.scaled(self.scale), self.repeat, self.jit, self.cache, start_up)
            print(tables.comparison_line(row), flush=True)
            rows.append(row)
        mean = geometric_mean(row.ratio for row in rows)
        memory = geometric_mean(row.harn_memory / row.python_memory for row in rows)
        by_wall = geometric_mean(row.wall_ratio for row in rows)
        print(f"{'geometric mean':20} {mean:39.2f} {by_wall:8.2f} {memory:19.2f}")
        worst = max(rows, key=lambda row: row.ratio)
        outcomes = [Outcome(bars.GEOMETRIC_MEAN, mean), Outcome(bars.WORST_RATIO, worst.ratio, worst.name)]
        return Part([{**asdict(row), "ratio": row.ratio, "wall_ratio": row.wall_ratio} for row in rows], outcomes)

    def tiers(self) -> Part:
        """The size is 1 in the runs that are subtracted: they start, and translate what there is to translate."""
        (pair,) = chosen_pairs("arithmetic_loop")
        size = pair.scaled(self.scale)
        commands = {}
        for jit in ("off", "auto"):
            commands[jit] = pair.harn(size, jit, self.cache)
            commands[f"{jit}, start"] = pair.harn(1, jit, self.cache)
        usages = interleaved(commands, min(self.repeat, 3))
        seconds = {jit: median_cpu(usages[jit]) - median_cpu(usages[f"{jit}, start"]) for jit in ("off", "auto")}
        print(f"arithmetic_loop at size {size}: off {seconds['off']:.3f} s, auto {seconds['auto']:.3f} s")
        ratio = seconds["off"] / seconds["auto"] if seconds["auto"] > 0 else math.nan
        return Part([{"size": size, **seconds}], [Outcome(bars.FASTER_TIER, ratio)])

    def startup(self) -> Part:
        return startup.measure(max(self.repeat, START_UP_ROUNDS))

    def compile(self) -> Part:
        return compile_speed.measure(self.repeat)

    def fibers(self) -> Part:
        return fibers.measure(min(self.repeat, 3), ("off", "auto"), self.sleepers)

    def checks(self) -> Part:
        return back_edges.measure(max(self.repeat, 5), self.turns)

    def growth(self) -> Part:
        print(tables.growth_head())
        rows = []
        for pair in self.pairs:
            row = compare_growth(pair, max(2, pair.scaled(self.scale)), self.repeat, self.jit, self.cache)
            print(tables.growth_line(row), flush=True)
            rows.append(row)
        worst = max(rows, key=lambda row: row.ratio)
        found = [{**asdict(row), "harn_grew": row.harn, "python_grew": row.python, "ratio": row.ratio} for row in rows]
        return Part(found, [Outcome(bars.GROWTH, worst.ratio, worst.small.name)])


# The parts that --only chooses programs for come with it; the others measure no programs.
PARTS: dict[str, Callable[[_Run], Part]] = {
    "programs": _Run.programs,
    "tiers": _Run.tiers,
    "startup": _Run.startup,
    "compile": _Run.compile,
    "fibers": _Run.fibers,
    "checks": _Run.checks,
    "growth": _Run.growth,
}
PARTS_OF_PROGRAMS = "programs,growth"


def main(words: list[str] | None = None) -> int:
    """Run the benchmarks that the command line asks for. A missed bar is a result, not a failure: the status is 0."""
    arguments = _parser().parse_args(words)
    parts = arguments.parts or (PARTS_OF_PROGRAMS.split(",") if arguments.only else list(PARTS))
    measured: dict[str, Part] = {}
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as cache:
        try:
            run = _Run(arguments, cache)
        except ValueError as problem:
            print(problem, file=sys.stderr)
            return 2
        quick = ", --quick: rough figures" if arguments.quick else ""
        print(f"{tables.machine()}, HARN_JIT={run.jit}, scale {run.scale:g}, {run.repeat} rounds{quick}")
        for name in parts:
            print(f"\n== {name}\n")
            measured[name] = PARTS[name](run)
    print("\n== bars\n")
    print(bars.report([outcome for part in measured.values() for outcome in part.outcomes]))
    settings = {"jit": run.jit, "scale": run.scale, "repeat": run.repeat, "quick": arguments.quick}
    tables.save(arguments.json, settings, measured)
    print(f"\nwritten to {arguments.json}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure harnpy and say which bars it meets.")
    parser.add_argument(
        "--parts",
        type=_parts,
        metavar="NAMES",
        help=f"comma-separated, of {', '.join(PARTS)}; default: all, or {PARTS_OF_PROGRAMS} with --only",
    )
    parser.add_argument("--only", metavar="NAMES", help="comma-separated names of programs; default: all")
    parser.add_argument("--repeat", type=_positive, metavar="N", help="rounds of each comparison (default 5)")
    parser.add_argument("--scale", type=float, metavar="F", help="times the usual amount of work (default 1)")
    parser.add_argument("--jit", choices=("off", "auto", "eager"), default="auto", help="the tier (default auto)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"scale {QUICK_SCALE:g}, {QUICK_ROUNDS} round, fewer tasks: minutes instead of half an hour",
    )
    parser.add_argument("--json", type=Path, default=tables.LATEST, metavar="FILE", help="where to write the figures")
    return parser


def _parts(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"there is no part {name!r}; there are {', '.join(PARTS)}")
    return names


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())

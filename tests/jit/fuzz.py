"""Compare the tiers on many generated programs, by hand: the search that the test suite has no time for.

    .venv/bin/python tests/jit/fuzz.py --programs 20000 --seed 7 --processes 2

runs the programs of the seeds 7, 8, ... in the interpreter and in every tier that translates, and prints what they were made
of, what the tiers counted, and every failure. A failing program goes to --save, as it was (seed_N.harn), cut down
(seed_N.small.harn) and with both outputs (seed_N.txt). `--tier-option NAME=NUMBER` is handed to JitTier, such as a lower
threshold; `--only-seed N` runs one program and shows it; `--file PATH` compares the tiers on a program of your own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from program_generator import program_of_seed
from program_reducer import reduce_program
from tiers import TIERS, Disagreement, disagreement

from harnpy.bytecode.errors import CompileError
from harnpy.syntax.diagnostics import HarnSyntaxError

# How often programs are asked for attention, in looks; 0 leaves it to the watchdog.
PULSES = (0, 13, 97)
# Programs that one task of a process takes, and after how many of them to say so.
_BATCH = 25
_REPORTED = 1000


@dataclass(frozen=True)
class Search:
    """What to compare: tiers with their options, and where failing programs go."""

    tiers: tuple[str, ...]
    options: dict[str, int]
    save: Path
    most_reductions: int


@dataclass
class Found:
    """What a number of programs gave."""

    programs: int = 0
    failed_with_error: int = 0
    lines: int = 0
    constructs: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.programs += other.programs
        self.failed_with_error += other.failed_with_error
        self.lines += other.lines
        self.constructs += other.constructs
        self.tiers += other.tiers
        self.failures += other.failures


def pulse_of(seed: int) -> int:
    """How often the program of a seed is asked for attention."""
    return PULSES[seed % len(PULSES)]


def compare_seeds(search: Search, seeds: range) -> Found:
    """Run the programs of some seeds; save those that fail."""
    found = Found()
    for seed in seeds:
        program = program_of_seed(seed)
        found.programs += 1
        found.lines += program.source.count("\n")
        found.constructs.update(set(program.constructs))
        try:
            expected, failure = disagreement(program.source, search.tiers, search.options, pulse_of(seed), found.tiers)
        except (HarnSyntaxError, CompileError) as error:
            search.save.mkdir(parents=True, exist_ok=True)
            (search.save / f"seed_{seed}.harn").write_text(program.source)
            found.failures.append(f"seed {seed}: the program does not compile: {error}")
            continue
        found.failed_with_error += bool(expected.report)
        if failure is not None:
            found.failures.append(f"seed {seed}: {_save(search, seed, program.source, failure)}")
    return found


def _save(search: Search, seed: int, source: str, failure: Disagreement) -> str:
    """Write a failing program and a small one that fails alike; what the small one does."""
    small = smallest(search, source, failure, pulse_of(seed))
    _, shown = disagreement(small, search.tiers, search.options, pulse_of(seed))
    text = f"{small}\n{shown or failure}"
    search.save.mkdir(parents=True, exist_ok=True)
    stem = search.save / f"seed_{seed}"
    stem.with_suffix(".harn").write_text(source)
    stem.with_suffix(".small.harn").write_text(small)
    stem.with_suffix(".txt").write_text(text)
    return f"{failure.tier}: {failure.kind}, {stem}.small.harn\n{text}"


def smallest(search: Search, source: str, failure: Disagreement, pulse: int) -> str:
    """A small program that fails as source does."""
    tiers = () if failure.tier == "off" else (failure.tier,)

    def fails(candidate: str) -> bool:
        try:
            _, found = disagreement(candidate, tiers, search.options, pulse)
        except CompileError:
            return False
        return found is not None and (found.tier, found.kind) == (failure.tier, failure.kind)

    # Every try of an endless program costs all the patience there is.
    is_endless = "EndlessProgram" in failure.found.defect
    return reduce_program(source, fails, 10 if is_endless else search.most_reductions)


def batches(first: int, count: int) -> Iterator[range]:
    for start in range(first, first + count, _BATCH):
        yield range(start, min(start + _BATCH, first + count))


def print_found(found: Found, seconds: float) -> None:
    programs = max(1, found.programs)
    print(f"\n{found.programs} programs in {seconds:.0f} s, {found.lines // programs} lines each")
    print(
        f"{found.failed_with_error} ended with an uncaught error, {programs - found.failed_with_error} ran to the end"
    )
    for name, count in sorted(found.tiers.items()):
        print(f"{name}: {count}")
    print("constructs, and the share of programs that have them:")
    for name, count in found.constructs.most_common():
        print(f"  {100 * count / programs:5.1f} %  {name}")
    print(f"{len(found.failures)} failures")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the tiers on generated programs.")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tier", action="append", choices=sorted(TIERS), help="only this tier; may be repeated")
    parser.add_argument("--tier-option", action="append", default=[], metavar="NAME=NUMBER")
    parser.add_argument("--save", type=Path, default=Path("fuzz-failures"), help="where failing programs go")
    parser.add_argument(
        "--reductions", type=int, default=1500, help="how many smaller programs to try for each failure"
    )
    parser.add_argument("--stop-after", type=int, default=0, metavar="N", help="stop once there are N failures")
    parser.add_argument("--only-seed", type=int, help="run one program, and show it")
    parser.add_argument("--file", type=Path, help="compare the tiers on this program")
    arguments = parser.parse_args()
    options = {name: int(value) for name, _, value in (each.partition("=") for each in arguments.tier_option)}
    search = Search(tuple(arguments.tier or TIERS), options, arguments.save, arguments.reductions)
    if arguments.file is not None or arguments.only_seed is not None:
        seed = arguments.only_seed or 0
        source = arguments.file.read_text() if arguments.file is not None else program_of_seed(seed).source
        expected, failure = disagreement(source, search.tiers, options, pulse_of(seed))
        print(source, failure or f"{expected.output}{expected.report}", sep="\n")
        return 1 if failure else 0
    started = time.monotonic()
    found = Found()
    with ProcessPoolExecutor(arguments.processes) as pool:
        waiting = [pool.submit(compare_seeds, search, each) for each in batches(arguments.seed, arguments.programs)]
        for task in as_completed(waiting):
            part = task.result()
            found.add(part)
            if found.programs % _REPORTED == 0:
                print(f"{found.programs} programs after {time.monotonic() - started:.0f} s", flush=True)
            for text in part.failures:
                print(text, flush=True)
            if 0 < arguments.stop_after <= len(found.failures):
                pool.shutdown(wait=False, cancel_futures=True)
                break
    print_found(found, time.monotonic() - started)
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())

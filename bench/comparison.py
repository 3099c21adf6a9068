"""Comparing programs with their twins: each at one size, or at a size and four times that size."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

from pairs import HARN, PYTHON, Pair
from processes import Command, Usage, interleaved, median_cpu, median_memory, median_wall, run

GROWTH_FACTOR = 4
# Less than this is noise of the measurement; it also keeps ratios finite.
SHORTEST_SECONDS = 0.001


class DifferentOutput(Exception):
    """A program and its twin did not print the same."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of CPU and of wall time without start-up."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class StartUp:
    """What an empty program takes: to be subtracted."""

    harn: Times
    python: Times


@dataclass(frozen=True, slots=True)
class Comparison:
    """A program and its twin at one size; memory is what each process had at its peak, in bytes."""

    name: str
    size: int
    harn: Times
    python: Times
    harn_memory: float
    python_memory: float

    @property
    def ratio(self) -> float:
        """Harn's CPU time over Python's."""
        return self.harn.cpu / self.python.cpu

    @property
    def wall_ratio(self) -> float:
        """Harn's wall time over Python's."""
        return self.harn.wall / self.python.wall


@dataclass(frozen=True, slots=True)
class Growth:
    """A program and its twin at a size and at four times that size."""

    small: Comparison
    large: Comparison

    @property
    def harn(self) -> float:
        """By what factor Harn's CPU time grew."""
        return self.large.harn.cpu / self.small.harn.cpu

    @property
    def python(self) -> float:
        """By what factor Python's CPU time grew."""
        return self.large.python.cpu / self.small.python.cpu

    @property
    def ratio(self) -> float:
        """1 if both grew alike, more if Harn grew faster."""
        return self.harn / self.python


def measure_start_up(rounds: int, jit: str, cache: str, empty_program: str) -> StartUp:
    """The medians of an empty Harn program and of `python -c pass`, interleaved."""
    harn = Command((HARN, "run", empty_program), jit, cache)
    run(harn)
    usages = interleaved({"harn": harn, "python": Command((PYTHON, "-c", "pass"), cache=cache)}, rounds)
    return StartUp(_median(usages["harn"]), _median(usages["python"]))


def compare(pair: Pair, size: int, rounds: int, jit: str, cache: str, start_up: StartUp) -> Comparison:
    """Both at one size. Raises DifferentOutput and CommandFailed."""
    return _compare_sizes(pair, (size,), rounds, jit, cache, start_up)[0]


def compare_growth(pair: Pair, size: int, rounds: int, jit: str, cache: str) -> Growth:
    """Both at size, which is more than 1, and at four times size. Raises DifferentOutput and CommandFailed."""
    # What the smallest size takes is start-up here: imports that only this program needs would hide its growth.
    sizes = (1, size, size * GROWTH_FACTOR)
    smallest, small, large = _compare_sizes(pair, sizes, rounds, jit, cache, StartUp(Times(0, 0), Times(0, 0)))
    start_up = StartUp(smallest.harn, smallest.python)
    return Growth(_above(small, start_up), _above(large, start_up))


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean for ratios: twice as fast here and twice as slow there cancel out."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logarithms) / len(logarithms))


def _compare_sizes(
    pair: Pair, sizes: tuple[int, ...], rounds: int, jit: str, cache: str, start_up: StartUp
) -> list[Comparison]:
    run(pair.harn(1, jit, cache))  # compiles into the cache, so that no measured run does
    commands = {}
    for size in sizes:
        commands[f"harn {size}"] = pair.harn(size, jit, cache)
        commands[f"python {size}"] = pair.python(size)
    usages = interleaved(commands, rounds)
    return [_comparison(pair.name, size, usages[f"harn {size}"], usages[f"python {size}"], start_up) for size in sizes]


def _comparison(name: str, size: int, harn: list[Usage], python: list[Usage], start_up: StartUp) -> Comparison:
    texts = {usage.output for usage in (*harn, *python)}
    if len(texts) != 1:
        raise DifferentOutput(f"{name} at size {size} printed {sorted(texts)}")
    measured = Comparison(name, size, _median(harn), _median(python), median_memory(harn), median_memory(python))
    return _above(measured, start_up)


def _above(comparison: Comparison, start_up: StartUp) -> Comparison:
    return dataclasses.replace(
        comparison,
        harn=_without(comparison.harn, start_up.harn),
        python=_without(comparison.python, start_up.python),
    )


def _median(usages: list[Usage]) -> Times:
    return Times(median_cpu(usages), median_wall(usages))


def _without(times: Times, start_up: Times) -> Times:
    return Times(
        max(times.cpu - start_up.cpu, SHORTEST_SECONDS),
        max(times.wall - start_up.wall, SHORTEST_SECONDS),
    )

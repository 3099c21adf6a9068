"""The bars that harnpy sets itself, and saying of a measured number whether it meets its bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit for a measured number: at most `limit`, or at least `limit` where more is better."""

    name: str
    limit: float
    unit: str = ""
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured for a bar; detail says of which program, tier or kind of time, where there are several."""

    bar: Bar
    measured: float
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the number is on the right side of its limit; a number that is none (NaN) is not."""
        if self.bar.more_is_better:
            return self.measured >= self.bar.limit
        return self.measured <= self.bar.limit

    def line(self) -> str:
        """One line for people."""
        relation = "at least" if self.bar.more_is_better else "at most"
        verdict = "met" if self.met else "MISSED"
        unit = f" {self.bar.unit}" if self.bar.unit else ""
        name = f"{self.bar.name}, {self.detail}" if self.detail else self.bar.name
        return f"{verdict:7} {name}: {self.measured:.2f}{unit} (bar: {relation} {self.bar.limit:g}{unit})"


GEOMETRIC_MEAN = Bar("geometric mean of Harn's CPU time over Python's", 1.5)
WORST_RATIO = Bar("largest of these ratios", 3)
FASTER_TIER = Bar("arithmetic loop: HARN_JIT=off over the chosen tier", 15, more_is_better=True)
GROWTH = Bar("largest growth of Harn's time over that of Python's", 1.3)
WARM_START = Bar("warm hello over `python -c pass`", 2.5)
COLD_START = Bar("cold hello over `python -c pass`", 12)
COLD_COMPILE = Bar("5,000 lines, cold", 1.5, "s")
WARM_COMPILE = Bar("5,000 lines, warm", 80, "ms")
COLD_CHECK = Bar("harn check of 5,000 lines, cold", 3, "s")
WARM_CHECK = Bar("harn check of 5,000 lines, warm", 150, "ms")
SLEEPING_FIBERS = Bar("100,000 fibers that sleep 1 s", 12, "s")
FIBER_MEMORY = Bar("memory of such a fiber", 10, "KB")
CHANNEL_HOP = Bar("channel hop over a hop of asyncio.Queue", 8)
LATE_TIMER = Bar("largest delay of a 10 ms timer beside a busy fiber", 50, "ms")
BACK_EDGE_CHECK = Bar("the check at back-edges, of an empty loop", 10, "%")
DEADLINE = Bar("`deadline 100ms` around an endless loop ends after", 200, "ms")


def report(outcomes: Sequence[Outcome]) -> str:
    """A line for each outcome, ready to print."""
    return "\n".join(outcome.line() for outcome in outcomes)

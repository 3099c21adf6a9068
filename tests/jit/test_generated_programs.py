"""Generated programs do the same in every tier, byte for byte, errors with their places and stack traces included.

A failure here is a program: hypothesis makes it small and prints it with both outputs. fuzz.py searches longer.
"""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz import Search, pulse_of, smallest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from program_generator import Program, program_of_seed, programs
from program_reducer import reduce_program
from tiers import TIERS, disagreement

SEEDS = range(120)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(programs(), st.sampled_from((0, 13, 97)))
def test_drawn_programs_do_the_same_in_every_tier(program: Program, pulse: int) -> None:
    _, failure = disagreement(program.source, pulse=pulse)
    assert failure is None, f"{program.source}\n{failure}"

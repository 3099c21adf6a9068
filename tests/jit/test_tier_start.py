"""When the compiled tier is loaded, what chooses it, and what `harn run --stats` says of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit.heat import STARTS_AT, WarmingTier
from harnpy.jit.tier import JitTier
from harnpy.vm.runtime import Runtime

LOADED = "import sys; from harnpy.cli.main import main; main(sys.argv[1:]); print('harnpy.jit.tier' in sys.modules)"


def harn(folder: Path, *words: str, jit: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command line in a Python of its own, which prints at the end whether the compiled tier is loaded."""
    environment = {**os.environ, "HARN_CACHE_DIR": str(folder / "cache")}
    environment.pop("HARN_JIT", None)
    if jit is not None:
        environment["HARN_JIT"] = jit
    return subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, env=environment, check=False
    )


def rounds(count: int) -> str:
    return f"var sum = 0\nfor i in 0 to {count} exclusive {{ sum += i }}\nprintln(sum)"


def after(source: str) -> Runtime:
    """The runtime of a program that has run with the tier that is used by default."""
    runtime = Runtime(make_registry(), world=CapturingWorld())
    runtime.tier = WarmingTier(runtime)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    return runtime


def test_a_program_that_computes_little_does_not_load_the_tier(tmp_path: Path) -> None:
    result = harn(tmp_path, "run", "-e", rounds(STARTS_AT // 2))
    assert result.stdout.splitlines()[-1] == "False", result.stderr


def test_a_program_that_computes_for_long_loads_the_tier(tmp_path: Path) -> None:
    result = harn(tmp_path, "run", "-e", rounds(STARTS_AT * 2))
    assert result.stdout.splitlines()[-1] == "True", result.stderr


@pytest.mark.parametrize(("jit", "loaded"), [("off", "False"), ("auto", "True"), ("eager", "True")])
def test_the_environment_chooses_the_tier_and_never_the_result(tmp_path: Path, jit: str, loaded: str) -> None:
    count = STARTS_AT * 2
    result = harn(tmp_path, "run", "-e", rounds(count), jit=jit)
    assert result.stdout.splitlines() == [str(count * (count - 1) // 2), loaded]


def test_an_unknown_tier_is_a_usage_error_that_names_the_known_ones(tmp_path: Path) -> None:
    result = harn(tmp_path, "run", "-e", "println(1)", jit="fast")
    assert "HARN_JIT is 'fast', but has to be one of: off, auto, eager" in result.stderr
    assert result.stdout.splitlines() == ["False"]


def test_calls_and_rounds_of_all_functions_count_together() -> None:
    functions = "\n".join(f"fn f{number}() {{ return {number} }}" for number in range(20))
    calls = "\n".join(f"f{number}()" for number in range(20))
    few = f"{functions}\nfor i in range(5) {{ {calls} }}"
    many = f"{functions}\nfor i in range(40) {{ {calls} }}"
    assert isinstance(after(few).tier, WarmingTier)
    tier = after(many).tier
    assert isinstance(tier, JitTier)
    assert tier.compiled + tier.loops > 0


def test_the_body_of_a_generator_with_a_loop_is_translated_at_once() -> None:
    tier = after("fn g() { for i in range(3) { yield i } }\nfor x in g() { println(x) }").tier
    assert isinstance(tier, JitTier)
    assert tier.compiled == 1


def test_stats_go_to_standard_error_and_leave_the_output_alone(tmp_path: Path) -> None:
    program = tmp_path / "program.harn"
    program.write_text(rounds(STARTS_AT * 3), encoding="utf-8")
    first = harn(tmp_path, "run", "--stats", str(program))
    second = harn(tmp_path, "run", "--stats", str(program))
    plain = harn(tmp_path, "run", str(program))
    assert first.stdout == second.stdout == plain.stdout
    assert plain.stderr == ""
    assert re.search(r"bytecode  0 modules from the cache, 1 compiled in \d+\.\d ms", first.stderr)
    assert re.search(r"bytecode  1 module from the cache, 0 compiled in 0\.0 ms", second.stderr)
    assert re.search(r"tier      auto: 0 functions and 1 loop translated in \d+\.\d ms, 0 wrong guesses", second.stderr)


@pytest.mark.parametrize(
    ("jit", "said"),
    [("off", "off: everything ran in the interpreter"), ("auto", "auto: nothing was worth translating")],
)
def test_stats_say_when_nothing_was_translated(tmp_path: Path, jit: str, said: str) -> None:
    assert said in harn(tmp_path, "run", "--stats", "-e", "println(1)", jit=jit).stderr

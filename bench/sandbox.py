"""What the sandbox costs: a program that reads a small file again and again, free and held to a scope.

    PYTHONPATH=. python bench/sandbox.py

The runs take turns; the CPU time of the fastest of each counts. `seam` is the same with a handler that does nothing at the
effect seam, as traces and recorders are, for comparison.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harnpy.cli.capturing_world import DiscardingWorld
from harnpy.cli.compose import make_runtime
from harnpy.cli.sandbox import confine
from harnpy.vm.effects import EffectCall
from harnpy.vm.runtime import Runtime
from harnpy.vm.sandbox.policy import policy

PROGRAM = 'for i in 0 to {count} exclusive {{ read_file("data/small.txt") }}'


class Nothing:
    """A handler that lets everything pass."""

    def handle(self, call: EffectCall, proceed: Callable[[], object]) -> object:
        return proceed()


def free(runtime: Runtime) -> None:
    """No sandbox."""


def scoped(runtime: Runtime) -> None:
    """A scope of a directory for reading."""
    confine(runtime, [policy(["fs.read=data"], allows=True)])


def named(runtime: Runtime) -> None:
    """A list of one name."""
    confine(runtime, [policy(["read_file"], allows=True)])


def handled(runtime: Runtime) -> None:
    """A handler at the seam."""
    runtime.seam.attach(Nothing())


def seconds(prepare: Callable[[Runtime], None], count: int) -> float:
    """The CPU time of one run."""
    runtime = make_runtime(world=DiscardingWorld())
    prepare(runtime)
    module = runtime.compile(PROGRAM.format(count=count), "main.harn", use_cache=False)
    started = time.process_time()
    runtime.run(module)
    spent = time.process_time() - started
    runtime.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="reads of one run")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    variants = {"free": free, "named": named, "scoped": scoped, "seam": handled}
    best = dict.fromkeys(variants, float("inf"))
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        Path("data").mkdir()
        Path("data/small.txt").write_text("fine")
        for _ in range(asked.rounds):
            for name, prepare in variants.items():
                best[name] = min(best[name], seconds(prepare, asked.count))
        os.chdir("/")
    for name, spent in best.items():
        print(f"{name:<8}{spent / asked.count * 1e6:8.2f} us a read{spent / best['free']:8.2f} times")


if __name__ == "__main__":
    main()

"""What starting costs: `harn run` of a hello and of an empty script, cold and warm, against `python -c pass`.

Cold means an empty bytecode cache; the parser's tables are there, since they belong to the installation. The bars hold
for wall time, because it is what people wait for, and for CPU time, which says the same on a machine that does more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import bars
import tables
from bars import Outcome
from pairs import HARN, PYTHON
from processes import Command, interleaved, median_cpu, median_wall, run
from tables import Part


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what starting harn costs.")
    parser.add_argument("--repeat", type=int, default=15, metavar="N", help="rounds (default 15)")
    arguments = parser.parse_args()
    print(f"{tables.machine()}, {arguments.repeat} rounds\n")
    print("\n" + bars.report(measure(arguments.repeat).outcomes))


def measure(rounds: int) -> Part:
    """Start everything that many times, interleaved."""
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as folder:
        hello = Path(folder) / "hello.harn"
        hello.write_text('println("hello")\n', encoding="utf-8")
        empty = Path(folder) / "empty.harn"
        empty.touch()
        commands = {
            "python -c pass": Command((PYTHON, "-c", "pass"), cache=folder),
            "empty, warm": Command((HARN, "run", str(empty)), cache=folder),
            "hello, warm": Command((HARN, "run", str(hello)), cache=folder),
            "empty, cold": Command((HARN, "run", str(empty))),
            "hello, cold": Command((HARN, "run", str(hello))),
        }
        for command in commands.values():
            run(command)
        usages = interleaved(commands, rounds)
        imports = _imported_modules(hello, folder)
    python_wall = median_wall(usages["python -c pass"])
    python_cpu = median_cpu(usages["python -c pass"])
    rows = []
    print(f"{'':16} {'wall ms':>8} {'CPU ms':>8} {'wall ratio':>11} {'CPU ratio':>10}")
    for name, runs in usages.items():
        wall, cpu = median_wall(runs), median_cpu(runs)
        rows.append({"what": name, "wall": wall, "cpu": cpu, "wall_ratio": wall / python_wall})
        print(f"{name:16} {wall * 1000:8.1f} {cpu * 1000:8.1f} {wall / python_wall:11.2f} {cpu / python_cpu:10.2f}")
    own = sum(name.startswith("harnpy") for name in imports)
    print(f"\nmodules imported by a warm hello: {len(imports)}, of which harnpy's own: {own}")
    outcomes = []
    for bar, name in ((bars.WARM_START, "hello, warm"), (bars.COLD_START, "hello, cold")):
        outcomes.append(Outcome(bar, median_wall(usages[name]) / python_wall, "wall time"))
        outcomes.append(Outcome(bar, median_cpu(usages[name]) / python_cpu, "CPU time"))
    return Part(rows, outcomes)


def _imported_modules(script: Path, cache: str) -> list[str]:
    """The names in the order in which the interpreter finished importing them, its own start-up included."""
    environment = {**os.environ, "HARN_CACHE_DIR": cache}
    done = subprocess.run(
        [PYTHON, "-X", "importtime", HARN, "run", str(script)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return [line.rsplit("|", 1)[1].strip() for line in lines[1:]]


if __name__ == "__main__":
    main()

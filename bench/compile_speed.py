"""How long a module of 5,000 lines takes to start when it has to be compiled, and when its bytecode is cached.

The module only declares things, so its running costs next to nothing. Likewise how long `harn check` takes for it, with its
findings as JSON, when nothing is known about it, and when it has not changed since. The bars are for the whole process.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import bars
import tables
from bars import Outcome
from pairs import HARN
from processes import Command, interleaved, median_cpu, median_wall, run
from tables import Part

LINES = 5000

# Declarations as programs have them; every {n} becomes the number of the copy.
PATTERN = """\
/** Orders of shop {n}: what was bought, and for how much. */
struct Order{n} {{
  id: int
  items: list
  note: string
}}

impl Order{n} {{
  fn total(self, discount = 0) {{
    return self.items.reduce(0, {{ sum, item -> sum + item.price * item.count }}) - discount
  }}
}}

enum Outcome{n} {{
  Paid(amount)
  Refused(reason)
}}

fn settle_{n}(order: dict, limit: int = {n}) {{
  let amount = order.items.map({{ item -> item.price }}).sum() % 1009
  if amount > limit && order.note != "free" {{
    return Outcome{n}.Refused("order ${{order.id}} costs ${{amount}}, more than ${{limit}}")
  }}
  var attempts = 0
  while attempts < 3 {{
    try {{
      return Outcome{n}.Paid(amount * (attempts + 1) - 2 ** attempts)
    }} catch (problem) {{
      attempts += 1
    }}
  }}
  return match order {{
    {{note: "free"}} -> {{ Outcome{n}.Paid(0) }}
    {{id: 7, items: []}} -> {{ Outcome{n}.Refused("empty") }}
    _ -> {{ nil }}
  }}
}}

let settings_{n} = {{name: "shop {n}", open: true, hours: [9, 12, 14, 18], tax: 0.{n}, parent: nil}}

"""


def module_of(lines: int) -> str:
    """Source text of exactly that many lines."""
    copies: list[str] = []
    count = 0
    while count < lines:
        copies.append(PATTERN.format(n=len(copies) + 1))
        count += copies[-1].count("\n")
    text = "".join(copies[:-1])
    return text + "// the end\n" * (lines - text.count("\n"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how long a long module takes to start.")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (default 5)")
    arguments = parser.parse_args()
    print(f"{tables.machine()}, {arguments.repeat} rounds\n")
    print("\n" + bars.report(measure(arguments.repeat).outcomes))


def measure(rounds: int) -> Part:
    """Start the module that many times, cold and warm, interleaved."""
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as folder:
        long = Path(folder) / "long.harn"
        long.write_text(module_of(LINES), encoding="utf-8")
        empty = Path(folder) / "empty.harn"
        empty.touch()
        commands = {
            "cold": Command((HARN, "run", str(long))),
            "warm": Command((HARN, "run", str(long)), cache=folder),
            "empty, warm": Command((HARN, "run", str(empty)), cache=folder),
            "check, cold": Command((HARN, "check", "--json", str(long))),
            "check, warm": Command((HARN, "check", "--json", str(long)), cache=folder),
        }
        for command in commands.values():
            run(command)
        usages = interleaved(commands, rounds)
    start_up = median_wall(usages["empty, warm"])
    rows = []
    print(f"{'':12} {'wall ms':>8} {'CPU ms':>8} {'above an empty script':>22} {'lines a second':>15}")
    for name, runs in usages.items():
        wall, cpu = median_wall(runs), median_cpu(runs)
        above = wall - start_up
        speed = LINES / above if above > 0 else 0.0
        rows.append({"what": name, "wall": wall, "cpu": cpu, "above_empty": above, "lines_per_second": speed})
        print(f"{name:12} {wall * 1000:8.1f} {cpu * 1000:8.1f} {above * 1000:22.1f} {speed:15,.0f}")
    outcomes = [
        Outcome(bars.COLD_COMPILE, median_wall(usages["cold"])),
        Outcome(bars.WARM_COMPILE, median_wall(usages["warm"]) * 1000),
        Outcome(bars.COLD_CHECK, median_wall(usages["check, cold"])),
        Outcome(bars.WARM_CHECK, median_wall(usages["check, warm"]) * 1000),
    ]
    return Part(rows, outcomes)


if __name__ == "__main__":
    main()

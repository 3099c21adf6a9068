"""The benchmark programs and their twins in Python: where they are, their usual sizes, the commands that run them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from processes import Command

PROGRAMS = Path(__file__).parent / "programs"
PYTHON = sys.executable
# The launcher of the same environment, started the way a user starts it.
HARN = str(Path(sys.executable).parent / "harn")

_USUAL_SIZE = re.compile(r'to_int\(argv\[0\] \?\? "(\d+)"\)')


@dataclass(frozen=True, slots=True)
class Pair:
    """One program, its twin, and the size at which the twin runs for some 0.3 seconds."""

    name: str
    program: Path
    twin: Path
    usual_size: int

    def scaled(self, scale: float) -> int:
        """The size at scale times the work; at least 1."""
        return max(1, round(self.usual_size * scale))

    def harn(self, size: int, jit: str, cache: str | None) -> Command:
        """The command that runs the program."""
        return Command((HARN, "run", str(self.program), "--", str(size)), jit, cache)

    def python(self, size: int) -> Command:
        """The command that runs the twin."""
        return Command((PYTHON, str(self.twin), str(size)), cache="")


def all_pairs() -> list[Pair]:
    """Every program of the folder, by name. Raises ValueError for one that names no usual size."""
    return [_pair(path) for path in sorted(PROGRAMS.glob("*.harn"))]


def chosen_pairs(names: str | None) -> list[Pair]:
    """Those of the comma-separated names, in their order; all for None. Raises ValueError for an unknown name."""
    known = {pair.name: pair for pair in all_pairs()}
    wanted = list(known) if names is None else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise ValueError(f"there is no benchmark {name!r}; there are {', '.join(known)}")
    return [known[name] for name in wanted]


def _pair(program: Path) -> Pair:
    found = _USUAL_SIZE.search(program.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{program} does not read its size from argv[0]")
    return Pair(program.stem, program, program.with_suffix(".py"), int(found[1]))

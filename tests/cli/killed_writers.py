"""Programs that write their state and are killed in the midst of it, again and again in the same directory.

`python tests/cli/killed_writers.py [MOMENTS [KIND...]]` kills writers at that many moments (200) for each kind of file
and prints what was found. A writer prints a number once the builtin that wrote it has returned. It is killed after a random
number of those, mostly within the next write; meanwhile another process reads the file all the time. Then the file has
to hold every number that was printed, or a later one of the same writer, which had been written and not yet told.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run by hand, it has only its own directory

from harn_process import COMMAND, environment

# Two of them run beside each other wherever several may write one file; NAME tells them apart.
PROGRAMS = {
    "store": """
let first = (store_get("NAME") ?? 0) + 1
for i in first to first + 100000 {
  store_set("NAME", i)
  store_set("NAME ${i % 5}", {n: i, text: "é".repeat(i * 37 % 40000)})
  if i % 3 == 0 { store_delete("NAME ${(i + 1) % 5}") }
  println(i)
}
""",
    "checkpoint": """
let first = (checkpoint_get("NAME") ?? 0) + 1
for i in first to first + 100000 {
  checkpoint("NAME", i)
  checkpoint("NAME ${i % 5}", {n: i, text: "é".repeat(i * 37 % 40000)})
  if i % 3 == 0 { checkpoint_delete("NAME ${(i + 1) % 5}") }
  println(i)
}
""",
    "metadata": """
let known = metadata_get("NAME", "facts") ?? {n: 0}
for i in known.n + 1 to known.n + 100000 {
  metadata_set("NAME", "facts", {n: i})
  metadata_set("NAME/${i % 5}", "facts", {n: i, text: "é".repeat(i * 37 % 40000)})
  metadata_save()
  println(i)
}
""",
    "daemon": """
let known = if file_exists("daemon.json") { json_parse(read_file("daemon.json")).last_iteration_text } else { "0" }
for i in to_int(known) + 1 to to_int(known) + 100000 {
  llm_mock({text: "${i}"})
  agent_loop("task ${i} " + "é".repeat(i * 37 % 40000), nil, {daemon: true, persist_path: "daemon.json"})
  println(i)
}
""",
}

FILES = {
    "store": ".harn/store.json",
    "checkpoint": ".harn/checkpoints/writer.json",
    "metadata": ".harn/metadata/root.json",
    "daemon": "daemon.json",
}

NAMES = {"store": ("a", "b"), "checkpoint": ("a", "b"), "metadata": ("a", "b"), "daemon": ("a",)}


@dataclass
class Outcome:
    """What killing one kind of writer has shown; every problem says what it is."""

    kind: str
    moments: int = 0
    acknowledged: int = 0
    untold: int = 0  # numbers that were written when the writer was killed before it could tell
    leftovers: Counter[str] = field(default_factory=Counter)  # files beside the state file, by what they end in
    readings: int = 0
    problems: list[str] = field(default_factory=list)


class Writer:
    """A process; told is the last number that it has printed."""

    def __init__(self, kind: str, name: str, directory: Path) -> None:
        self.name = name
        program = directory / f"source-{name}" / "writer.harn"
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAMS[kind].replace("NAME", name))
        (directory / "harn.toml").touch()
        variables = environment(HARN_LLM_PROVIDER="mock", PYTHONUNBUFFERED="1")
        self.process = subprocess.Popen(
            [*COMMAND, "run", str(program)],
            cwd=directory,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told = 0

    def write(self, count: int) -> None:
        """Let it write so many times; ends early if the process does."""
        assert self.process.stdout is not None
        for _ in range(count):
            line = self.process.stdout.readline()
            if not line:
                return
            self.told = int(line)

    def kill(self) -> str:
        """End it where it is; what it has complained about. told then counts all that it has printed."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.kill()
        with self.process:
            for line in self.process.stdout:
                if line.endswith("\n"):
                    self.told = int(line)
            return self.process.stderr.read()


class Reader(threading.Thread):
    """Reads a file until it is stopped."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._stopped = threading.Event()
        self.readings = 0
        self.problems: list[str] = []

    def run(self) -> None:
        while not self._stopped.wait(0.02):
            try:
                json.loads(self._path.read_bytes())
            except FileNotFoundError:
                continue
            except ValueError as error:
                self.problems.append(f"a reader found what does not parse: {error}")
            self.readings += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def number_in(kind: str, document: dict[str, object], name: str) -> int:
    """The last number that a writer has put into a file."""
    if kind == "daemon":
        return int(document["last_iteration_text"])  # type: ignore[call-overload,no-any-return]
    if kind != "metadata":
        return int(document.get(name, 0))  # type: ignore[call-overload,no-any-return]
    entry = document["entries"].get(name)  # type: ignore[attr-defined]
    return int(entry["namespaces"]["facts"]["n"]) if entry else 0


def kill_writers(
    kind: str, moments: int, directory: Path, seed: int = 0, progress: Callable[[Outcome], None] = lambda outcome: None
) -> Outcome:
    """Kill writers of one kind of file at so many moments in all."""
    choice = random.Random(seed)
    outcome = Outcome(kind)
    file = directory / FILES[kind]
    before: dict[str, int] = {}
    while outcome.moments < moments:
        reader = Reader(file)
        writers = [Writer(kind, name, directory) for name in NAMES[kind]]
        reader.start()
        for writer in writers:
            writer.write(choice.randint(1, 8))
            time.sleep(choice.random() * 0.02)  # which moment of the next write it is
            errors = writer.kill()
            if errors:
                outcome.problems.append(f"writer {writer.name} complained: {errors}")
            outcome.moments += 1
        reader.stop()
        outcome.readings += reader.readings
        outcome.problems += reader.problems
        try:
            document = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            outcome.problems.append(f"after kill {outcome.moments} the file does not parse: {error}")
            break
        for writer in writers:
            told = max(writer.told, before.get(writer.name, 0))
            outcome.acknowledged += told - before.get(writer.name, 0)
            found = number_in(kind, document, writer.name)
            if not told <= found <= told + 1:
                outcome.problems.append(f"after kill {outcome.moments} {writer.name} is {found}, told was {told}")
            outcome.untold += found - told
            before[writer.name] = found
        for name in os.listdir(file.parent):
            if name.startswith(file.name) and name != file.name:
                outcome.leftovers[name.removeprefix(file.name)] += 1
        progress(outcome)
    return outcome


def main() -> int:
    """Print a line for each kind of file; 1 if there was a problem."""
    import tempfile

    def show(outcome: Outcome) -> None:
        print(f"{outcome.kind}: {outcome.moments} of {moments}", end="\r", file=sys.stderr)

    moments = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(
        "| file | kills | acknowledged writes | written, not yet told | leftovers seen | reads meanwhile | problems |"
    )
    print("|---|---|---|---|---|---|---|")
    failed = False
    for kind in sys.argv[2:] or PROGRAMS:
        with tempfile.TemporaryDirectory() as directory:
            found = kill_writers(kind, moments, Path(directory), progress=show)
        leftovers = ", ".join(f"{count} `{end}`" for end, count in sorted(found.leftovers.items())) or "none"
        row = (kind, found.moments, found.acknowledged, found.untold, leftovers, found.readings, len(found.problems))
        print("| " + " | ".join(str(each) for each in row) + " |", flush=True)
        for problem in found.problems:
            print(problem, file=sys.stderr)
        failed = failed or bool(found.problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

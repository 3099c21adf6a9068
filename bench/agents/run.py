"""What the loop of an agent costs above its model calls: `make bench-agents`, or `python bench/agents/run.py --help`.

A server on loopback plays the model: it asks for one tool in every turn but the last. Every client runs as a whole
process, all of them interleaved, several times, of which the least CPU time counts. CPU time a turn is the slope
between few and many loops, which leaves out start-up, imports and the first connections. What is above the model calls
is that slope minus the one of as many bare calls with the same growing messages, which the layer below the loop of that
client makes; TABLE_NOTES says which.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import bars  # noqa: E402
import tables  # noqa: E402
from bars import Bar, Outcome  # noqa: E402
from model_server import log, server  # noqa: E402
from processes import Command, Usage, interleaved, least_cpu, run  # noqa: E402

CLIENTS = HERE / "clients"
LOOP = str(CLIENTS / "loop.harn")
PEERS = HERE.parents[1] / ".venv-peers" / "bin" / "python"
TURNS = 50
# Few are enough that what is translated when it gets hot is translated by then.
FEW, MANY, WIDTH = 12, 52, 4
PEER_FEW, PEER_MANY = 2, 14
LONG_TURNS = 1000
PARTS = ("transcript", "trace", "detection")
AGENTS, AGENT_TURNS, HELD_MS = 200, 10, 500

RAW = "loop"
TABLE_NOTES = {
    "harn native": "its calls: the call pipeline with the options of each turn ready-made (and llm_call, for comparison)",
    "harn text": "the same; the calls of the tool are tagged text",
    "pydantic-ai": "its calls: pydantic_ai.direct.model_request with the messages of an agent's run",
    "langgraph": "its calls: ainvoke of the chat model with the tool bound and the messages of an agent's run",
}

OVERHEAD = Bar("CPU of a turn above its model call", 0.4, "ms")
OF_PEERS = Bar("CPU of a turn above its model call over that of a framework", 0.2)
LOOP_MEMORY = Bar("growth of a loop's memory from turn 100 to 1,000 apart from its transcript", 2, "MB")
AGENTS_DONE = Bar("agents at once that are done", AGENTS, more_is_better=True)
AGENTS_HELD = Bar("of these, calls in flight at the same time", AGENTS, more_is_better=True)


def clients(peers: Path, only: list[str]) -> dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]]:
    """The commands of each client by way, the loop and its bare calls, each as what stands before and behind the count."""
    harn = (sys.executable, "-m", "harnpy", "run", LOOP, "--")
    found: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for form in ("native", "text"):
        pipeline = (sys.executable, str(CLIENTS / "pipeline_calls.py"))
        found[f"harn {form}"] = {
            RAW: ((*harn, "loop"), (form,)),
            "calls": ((*pipeline, "calls"), (form,)),
            "llm_call": ((*harn, "calls"), (form,)),
        }
    for name, file in (("pydantic-ai", "pydantic_ai_loop.py"), ("langgraph", "langgraph_loop.py")):
        python = (str(peers), str(CLIENTS / file))
        found[name] = {way: ((*python, way), ()) for way in (RAW, "calls")}
    return {name: ways for name, ways in found.items() if not only or name.split(" ")[0] in only}


def cpu_of_turns(peers: Path, rounds: int, cache: str, only: list[str]) -> list[Outcome]:
    """Milliseconds of CPU a turn of each client, raw and above its model calls."""
    chosen = clients(peers, only)
    commands = {}
    for name, ways in chosen.items():
        for way, (before, behind) in ways.items():
            for count in _counts(name):
                arguments = (*before, str(count), str(TURNS), str(WIDTH), *behind)
                commands[f"{name} {way} {count}"] = Command(arguments, "auto", cache)
    usages = interleaved(commands, rounds)
    print(f"{'client':14} {'CPU ms a turn':>14} {'its call':>9} {'above it':>9}   (llm_call)")
    above = {}
    for name, ways in chosen.items():
        raw, calls = (_slope(usages, name, way) for way in (RAW, "calls"))
        above[name] = raw - calls
        more = f"{_slope(usages, name, 'llm_call'):13.3f}" if "llm_call" in ways else ""
        print(f"{name:14} {raw:14.3f} {calls:9.3f} {above[name]:9.3f} {more}".rstrip())
    for name in chosen:
        print(f"  {name}: {TABLE_NOTES[name]}")
    outcomes = [Outcome(OVERHEAD, each, name) for name, each in above.items() if name.startswith("harn")]
    for rival in ("pydantic-ai", "langgraph"):
        if rival in above:
            outcomes += [
                Outcome(OF_PEERS, each / above[rival], f"{name}, {rival}")
                for name, each in above.items()
                if name.startswith("harn")
            ]
    return outcomes


def _slope(usages: dict[str, list[Usage]], name: str, way: str) -> float:
    fewer, more = _counts(name)
    few, many = (least_cpu(usages[f"{name} {way} {count}"]) for count in (fewer, more))
    return (many - few) / ((more - fewer) * TURNS) * 1000


def _counts(name: str) -> tuple[int, int]:
    """Between how many loops the slope is taken; the frameworks take so long that fewer do."""
    return (FEW, MANY) if name.startswith("harn") else (PEER_FEW, PEER_MANY)


def memory_of_a_long_loop(cache: str) -> list[Outcome]:
    """How the memory of a loop grows with its turns, and what of it is what; the client measures the parts."""
    print(
        f"\n{LONG_TURNS} turns, MB: {'turn':>6} {'resident':>9}" + "".join(f"{name:>11}" for name in (*PARTS, "rest"))
    )
    outcomes = []
    for form in ("native", "text"):
        command = (sys.executable, str(CLIENTS / "long_loop.py"), form, str(LONG_TURNS))
        rows = [json.loads(line) for line in run(Command(command, "auto", cache)).output.splitlines()]
        for row in rows:
            row["rest"] = row["resident"] - sum(row[part] for part in PARTS)
            parts = "".join(f"{row[part] / 1e6:11.2f}" for part in (*PARTS, "rest"))
            print(f"{form:>15} {row['turn']:6} {row['resident'] / 1e6:9.2f}{parts}")
        first, last = rows[0], rows[-1]
        turns = last["turn"] - first["turn"]
        grown = "".join(f"{(last[part] - first[part]) / turns:11.0f}" for part in (*PARTS, "rest"))
        print(f"{form:>15}  bytes a turn  {'':2}{grown}")
        beside = (last["resident"] - last["transcript"]) - (first["resident"] - first["transcript"])
        outcomes.append(Outcome(LOOP_MEMORY, beside / 1e6, form))
    return outcomes


def many_agents(url: str, cache: str) -> list[Outcome]:
    """Agents that all work at the same time, each call of theirs held back for a while; all have to end as done."""
    command = (sys.executable, "-m", "harnpy", "run", str(CLIENTS / "many_agents.harn"), "--")
    model = f"heldloop-{AGENT_TURNS}-{HELD_MS}"
    usage = run(Command((*command, str(AGENTS), str(AGENT_TURNS), model), "auto", cache))
    print(
        f"\n{AGENTS} agents at once, {AGENT_TURNS} turns of {HELD_MS} ms each: {usage.wall:.2f} s wall,"
        f" {usage.cpu:.2f} s CPU, {usage.peak_memory / 2**20:.0f} MB"
    )
    return [Outcome(AGENTS_DONE, float(usage.output)), Outcome(AGENTS_HELD, log(url)["most_held"])]


def main() -> None:
    """Measure what is asked for and print it with the bars."""
    parser = argparse.ArgumentParser(description="Measure what agent loops cost above their model calls.")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--only", action="append", default=[], metavar="CLIENT", help="may be repeated")
    parser.add_argument("--parts", default="cpu,memory,agents", help="what to measure (default: all)")
    parser.add_argument(
        "--peers", type=Path, default=PEERS, metavar="PYTHON", help="the Python that has the frameworks"
    )
    arguments = parser.parse_args()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    print(f"{tables.machine()}, load {load}, {arguments.repeat} rounds\n")
    cache = str(HERE.parent / "results" / "cache")
    outcomes: list[Outcome] = []
    for part in arguments.parts.split(","):
        with server() as url:
            os.environ["LOCAL_LLM_BASE_URL"] = url
            if part == "cpu":
                outcomes += cpu_of_turns(arguments.peers, arguments.repeat, cache, arguments.only)
            elif part == "memory":
                outcomes += memory_of_a_long_loop(cache)
            elif part == "agents":
                outcomes += many_agents(url, cache)
    print("\n" + bars.report(outcomes))


if __name__ == "__main__":
    main()

"""What a model call costs the client, side by side with others: `make bench-llm`, or `python bench/llm/run.py --help`.

A server on loopback answers; every client runs as a whole process in an environment of its own (`.venv-peers`), all of
them interleaved, several times. CPU time a call is the slope between few and many calls, which leaves out start-up,
imports and the first connections. The rate limit is watched by the server, which writes down when requests arrive.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import bars  # noqa: E402
import tables  # noqa: E402
from bars import Bar, Outcome  # noqa: E402
from model_server import log, server  # noqa: E402
from processes import Command, interleaved, median_cpu, run  # noqa: E402

HARN = (sys.executable, "-m", "harnpy", "run")
CLIENTS = HERE / "clients"
PEERS = HERE.parents[1] / ".venv-peers" / "bin" / "python"
FRAMEWORKS = {
    "openai": "openai_sdk.py",
    "litellm": "litellm_sdk.py",
    "pydantic-ai": "pydantic_ai_agent.py",
    "langchain": "langchain_model.py",
}
WAYS = {"whole": "whole", "stream": "pieces-20"}
FEW, MANY, WIDTH = 200, 1200, 50
HELD, HELD_MS = 5000, 20_000
FIRST_PIECES = 200
RATE, RATE_SECONDS = 600, 125
WINDOW_SECONDS = 60.0

OF_HTTPX = Bar("CPU a call over that of bare httpx", 0.5)
OF_FRAMEWORKS = Bar("CPU a call over that of the best framework", 0.25)
HELD_CALLS = Bar("calls held at the same time without an error", HELD, more_is_better=True)
FIRST_PIECE = Bar("first piece of a stream later than with bare httpx", 1, "ms")
RATE_EXCEEDED = Bar("requests beyond the limit in any window of a minute", 0)
RATE_USED = Bar("requests of what the limit allows", 98, "%", more_is_better=True)


def clients(only: list[str]) -> dict[str, tuple[str, ...]]:
    """The command of each client, without its arguments."""
    found = {"harn": (*HARN, str(CLIENTS / "calls.harn"), "--")}
    found["httpx"] = (str(PEERS), str(CLIENTS / "bare_httpx.py"))
    found |= {name: (str(PEERS), str(CLIENTS / file)) for name, file in FRAMEWORKS.items()}
    return {name: command for name, command in found.items() if not only or name in only}


def cpu_of_calls(rounds: int, cache: str, only: list[str]) -> list[Outcome]:
    """Milliseconds of CPU a call of each client, streaming and not."""
    outcomes = []
    commands = {}
    for way, model in WAYS.items():
        for name, start in clients(only).items():
            for count in (FEW, MANY):
                arguments = (*start, str(count), way, model, str(WIDTH))
                commands[f"{way} {name} {count}"] = Command(arguments, "auto", cache)
    usages = interleaved(commands, rounds)
    print(f"{'client':14} {'way':8} {'CPU ms a call':>14} {'over httpx':>11}")
    for way in WAYS:
        slopes = {
            name: (median_cpu(usages[f"{way} {name} {MANY}"]) - median_cpu(usages[f"{way} {name} {FEW}"]))
            / (MANY - FEW)
            for name in clients(only)
        }
        for name, slope in slopes.items():
            print(f"{name:14} {way:8} {slope * 1000:14.3f} {slope / slopes.get('httpx', slope):11.2f}")
        if "httpx" in slopes:
            outcomes.append(Outcome(OF_HTTPX, slopes["harn"] / slopes["httpx"], way))
        rivals = {name: slope for name, slope in slopes.items() if name in FRAMEWORKS}
        if rivals:
            best = min(rivals, key=lambda name: rivals[name])
            outcomes.append(Outcome(OF_FRAMEWORKS, slopes["harn"] / rivals[best], f"{way}, {best}"))
    return outcomes


def held(url: str, cache: str) -> Outcome:
    """Calls that are all in flight at the same time; the program ends with an error if one of them fails."""
    usage = run(Command((*clients(["harn"])["harn"], str(HELD), "whole", f"held-{HELD_MS}", str(HELD)), "auto", cache))
    print(f"\n{HELD} calls of {HELD_MS / 1000:g} s at once: {usage.wall:.2f} s, {usage.peak_memory / 2**20:.0f} MB")
    return Outcome(HELD_CALLS, log(url)["most_held"])


def first_piece(rounds: int, cache: str) -> Outcome:
    """How much later than with bare httpx the first piece of a stream is there."""
    arguments = (str(FIRST_PIECES), "slow-5")
    commands = {
        "harn": Command((*HARN, str(CLIENTS / "first_piece.harn"), "--", *arguments), "auto", cache),
        "httpx": Command((str(PEERS), str(CLIENTS / "first_piece_httpx.py"), *arguments), "auto", cache),
    }
    usages = interleaved(commands, rounds)
    medians = {name: statistics.median(float(usage.output) for usage in all_) for name, all_ in usages.items()}
    print(f"first piece: harn {medians['harn']:.2f} ms, httpx {medians['httpx']:.2f} ms")
    return Outcome(FIRST_PIECE, medians["harn"] - medians["httpx"])


def rate(url: str, cache: str) -> list[Outcome]:
    """Calls under a limit for two minutes: the most in any window, and how many of those that the limit allows."""
    os.environ["HARN_RATE_LIMIT_LOCAL"] = str(RATE)
    allowed = RATE * (1 + int(RATE_SECONDS // WINDOW_SECONDS))
    run(Command((*clients(["harn"])["harn"], str(allowed), "whole", "whole", str(WIDTH)), "auto", cache))
    del os.environ["HARN_RATE_LIMIT_LOCAL"]
    arrivals: list[float] = log(url)["arrivals"]
    most = max(sum(start <= each < start + WINDOW_SECONDS for each in arrivals) for start in arrivals)
    used = sum(each <= arrivals[0] + RATE_SECONDS for each in arrivals)
    print(f"limit of {RATE} a minute: at most {most} in a window, {used} of {allowed} within {RATE_SECONDS} s")
    return [Outcome(RATE_EXCEEDED, max(0, most - RATE)), Outcome(RATE_USED, 100 * used / allowed)]


def main() -> None:
    """Measure what is asked for and print it with the bars."""
    parser = argparse.ArgumentParser(description="Measure what model calls cost the client.")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--only", action="append", default=[], metavar="CLIENT", help="may be repeated")
    parser.add_argument("--parts", default="cpu,held,first,rate", help="what to measure (default: all)")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    print(f"{tables.machine()}, {arguments.repeat} rounds\n")
    cache = str(HERE.parent / "results" / "cache")
    outcomes: list[Outcome] = []
    for part in parts:
        with server() as url:
            os.environ["LOCAL_LLM_BASE_URL"] = url
            if part == "cpu":
                outcomes += cpu_of_calls(arguments.repeat, cache, arguments.only)
            elif part == "held":
                outcomes.append(held(url, cache))
            elif part == "first":
                outcomes.append(first_piece(arguments.repeat, cache))
            elif part == "rate":
                outcomes += rate(url, cache)
    print("\n" + bars.report(outcomes))


if __name__ == "__main__":
    main()

"""`harn bench`: run a program again and again and report how long it took and what its model calls took."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from harnpy.bytecode.chunk import CompiledModule
from harnpy.bytecode.errors import CompileError
from harnpy.cli.arguments import Arguments, Command, Flag, Positional
from harnpy.cli.capturing_world import DiscardingWorld
from harnpy.cli.compose import check, make_runtime
from harnpy.cli.failure import failure_text, unreadable_text, warnings_text
from harnpy.cli.stop_signals import EXIT_STOPPED, Stopped, StopSignals
from harnpy.syntax.diagnostics import CheckFailed, HarnSyntaxError
from harnpy.vm.errors import ExitProgram, HarnError, Interrupted

DEFAULT_ITERATIONS = 10

COMMAND = Command(
    "bench",
    "Measure how long a program takes",
    flags=(
        Flag("--iterations", f"how often to run it (default {DEFAULT_ITERATIONS})", "N", short="-n"),
        Flag("--json", "print the figures as JSON, with the time of each run"),
    ),
    positionals=(Positional("FILE", "the program; what it prints is dropped", required=True, takes="harn"),),
    passthrough="ARG",
    details="The program is compiled once. Each run has a runtime of its own, so nothing is left over from the one before.",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run took: wall time, and time, number and tokens of its model calls."""

    wall_ms: float
    llm_ms: int
    calls: int
    input_tokens: int
    output_tokens: int


def execute(arguments: Arguments) -> int:
    """Measure; 1 if the program cannot be read or compiled, or a run fails, 124 after a signal."""
    path = arguments.positionals[0]
    iterations = arguments.integer("--iterations", DEFAULT_ITERATIONS)
    if iterations == 0:
        return _failed("error: `harn bench` requires at least one iteration")
    try:
        source = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        return _failed(unreadable_text(path, error))
    try:
        module = _compile(source, path)
    except (HarnSyntaxError, CheckFailed, CompileError) as error:
        return _failed(failure_text(error) or str(error))
    if module.findings:
        print(warnings_text(module.findings, source, path), file=sys.stderr, flush=True)
    runs: list[Measured] = []
    try:
        for _ in range(iterations):
            runs.append(_measure(module, arguments.argv))
    except Stopped:
        return EXIT_STOPPED
    except (HarnError, ExitProgram) as error:
        text = failure_text(error) or f"error: the program ended with `exit({error})`"
        return _failed(f"{text}\nbenchmark aborted on iteration {len(runs) + 1}")
    print(_document(path, runs) if arguments.has("--json") else _report(path, runs))
    return 0


def _compile(source: bytes, path: str) -> CompiledModule:
    runtime = make_runtime()
    try:
        return runtime.compile(source, path, check=check)
    finally:
        runtime.close()


def _measure(module: CompiledModule, argv: list[str]) -> Measured:
    """One run with the arguments argv. Raises HarnError, ExitProgram for another status than 0, and Stopped."""
    from harnpy.llm.trace_log import TraceLog

    runtime = make_runtime(world=DiscardingWorld(), argv=argv)
    runtime.parameters["task"] = os.environ.get("HARN_TASK", "")
    log = runtime.state(TraceLog)
    log.switch_on(runtime)
    with StopSignals(runtime.interrupt, runtime.abandon) as signals:
        try:
            started = perf_counter()
            try:
                runtime.run(module)
            except ExitProgram as exit_program:
                if exit_program.code & 0xFF:
                    raise
            elapsed = perf_counter() - started
        except Interrupted:
            raise Stopped from None
        finally:
            runtime.close()
    if signals.received:
        raise Stopped
    return Measured(elapsed * 1000, log.duration_ms, len(log.entries), log.input_tokens, log.output_tokens)


def _report(path: str, runs: list[Measured]) -> str:
    from harnpy.cli.call_summary import estimated_cost

    count = len(runs)
    walls = [run.wall_ms for run in runs]
    wall = f"min {min(walls):.2f} ms | avg {sum(walls) / count:.2f} ms | max {max(walls):.2f} ms"
    milliseconds = sum(run.llm_ms for run in runs)
    sent, received = sum(run.input_tokens for run in runs), sum(run.output_tokens for run in runs)
    cost = estimated_cost(sent, received)
    return "\n".join(
        [
            f"Benchmark: {path}",
            f"Iterations: {count}",
            f"Wall time: {wall} | total {sum(walls):.2f} ms",
            f"LLM time: total {milliseconds} ms | avg {milliseconds / count:.2f} ms/run",
            _counted("LLM calls", sum(run.calls for run in runs), count),
            _counted("Input tokens", sent, count),
            _counted("Output tokens", received, count),
            f"Cost: total ${cost:.4f} | avg ${cost / count:.4f}/run",
        ]
    )


def _counted(title: str, total: int, runs: int) -> str:
    return f"{title}: total {total} | avg {total / runs:.2f}/run"


def _document(path: str, runs: list[Measured]) -> str:
    """The figures as JSON; times in milliseconds, cost in USD, llm for all runs together."""
    from harnpy.cli.call_summary import estimated_cost

    walls = [run.wall_ms for run in runs]
    sent, received = sum(run.input_tokens for run in runs), sum(run.output_tokens for run in runs)
    document = {
        "file": path,
        "iterations": len(runs),
        "wall_ms": {
            "min": min(walls),
            "avg": sum(walls) / len(walls),
            "max": max(walls),
            "total": sum(walls),
            "runs": walls,
        },
        "llm": {
            "time_ms": sum(run.llm_ms for run in runs),
            "calls": sum(run.calls for run in runs),
            "input_tokens": sent,
            "output_tokens": received,
            "cost_usd": estimated_cost(sent, received),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _failed(text: str) -> int:
    print(text, file=sys.stderr)
    return 1

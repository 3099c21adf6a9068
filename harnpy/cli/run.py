"""`harn run`: compile a file or a piece of code, run it, report how it ended.

What an ordinary run does not need (rendering of errors, the sandbox, the trace) is imported where it is needed.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import (
    MODEL_CALL_FLAGS,
    POLICY_FLAGS,
    POLICY_HELP,
    Arguments,
    Command,
    Flag,
    Positional,
    UsageError,
)
from harnpy.cli.compose import check, make_runtime
from harnpy.cli.stop_signals import EXIT_STOPPED, Stopped, StopSignals
from harnpy.vm.errors import ExitProgram, Interrupted
from harnpy.vm.runtime import EVAL_PATH, Runtime

if TYPE_CHECKING:
    from harnpy.cli.model_calls import ModelCallSettings
    from harnpy.vm.sandbox.policy import Policy
    from harnpy.vm.world import World


COMMAND = Command(
    "run",
    "Run a Harn program",
    flags=(
        Flag("-e", "run CODE instead of a file; paths are relative to the working directory", "CODE"),
        Flag("--trace", "print a summary of the model calls on stderr at the end"),
        Flag("--stats", "print on stderr what was compiled and translated, and the time that it took"),
        *POLICY_FLAGS,
        *MODEL_CALL_FLAGS,
        Flag("--quiet", "show no line about running model calls on the terminal"),
    ),
    positionals=(
        Positional("FILE", "the program; without a `default` pipeline the first pipeline or the script", takes="harn"),
    ),
    exclusive=(("--deny", "--allow"),),
    passthrough="ARG",
    details=POLICY_HELP,
)

EXIT_FAILURE = 1

_MODEL_CALLS = frozenset(flag.name for flag in MODEL_CALL_FLAGS)


def execute(arguments: Arguments) -> int:
    """Run the program; 0, 1, the program's own exit code, or 124 when a signal ended it."""
    code = arguments.value("-e")
    if code is not None and arguments.positionals:
        raise UsageError("`harn run` accepts either `-e <code>` or `<file.harn>`, not both")
    if code is None and not arguments.positionals:
        raise UsageError("`harn run` requires either `-e <code>` or `<file.harn>`")
    try:
        if code is not None:
            return run_program(os.fsencode(code), EVAL_PATH, arguments)
        return run_file(arguments.positionals[0], arguments)
    except Stopped:
        return EXIT_STOPPED


def run_file(path: str, arguments: Arguments) -> int:
    """As run_program, of the file path; 1 if it cannot be read."""
    try:
        with open(path, "rb") as file:
            source = file.read()
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    return run_program(source, path, arguments)


def run_program(source: bytes, path: str, arguments: Arguments) -> int:
    """Compile and run source under the policy of arguments: 0, 1, or the program's own exit code. Raises Stopped."""
    policies: list[Policy] = []
    if "--allow" in arguments.values or "--deny" in arguments.values:
        from harnpy.cli.sandbox import policies_of

        policies = policies_of(arguments)
    settings: ModelCallSettings | None = None
    if not _MODEL_CALLS.isdisjoint((*arguments.values, *arguments.switches)):
        from harnpy.cli.model_calls import UnusableFile, settings_of

        try:
            settings = settings_of(arguments)
        except UnusableFile as error:
            print(f"error: {error}", file=sys.stderr)
            return EXIT_FAILURE
    runtime = make_runtime(world=_world(arguments), argv=arguments.argv)
    if policies:
        from harnpy.cli.sandbox import confine

        confine(runtime, policies)
    runtime.parameters["task"] = os.environ.get("HARN_TASK", "")
    if settings is not None:
        from harnpy.cli.model_calls import attach

        attach(runtime, settings)
    if arguments.has("--trace"):
        from harnpy.llm.trace_log import TraceLog

        runtime.state(TraceLog).switch_on(runtime)
    started = perf_counter()
    with StopSignals(runtime.interrupt, runtime.abandon) as signals:
        try:
            status = _compile_and_run(runtime, source, path)
        finally:
            runtime.close()
    if arguments.has("--stats"):
        from harnpy.cli.run_stats import stats_text

        sys.stdout.flush()
        print(stats_text(runtime, perf_counter() - started), file=sys.stderr)
    if signals.received:
        raise Stopped
    if status == 0 and arguments.has("--trace"):
        _print_summary(runtime)
    return status


def _compile_and_run(runtime: Runtime, source: bytes, path: str) -> int:
    try:
        module = runtime.compile(source, path, check=check)
        if module.findings:
            from harnpy.cli.failure import warnings_text

            print(warnings_text(module.findings, source, path), file=sys.stderr, flush=True)
        runtime.run(module)
    except ExitProgram as exit_program:
        return exit_program.code & 0xFF
    except Interrupted:
        return EXIT_FAILURE  # by a signal, which outweighs every status
    except BrokenPipeError:
        raise
    except Exception as error:
        from harnpy.cli.failure import failure_text
        from harnpy.cli.runtime_report import text_of_file

        def source_of(wanted: str) -> str | None:
            return source.decode("utf-8", "replace") if wanted == path else text_of_file(wanted)

        text = failure_text(error, source_of)
        if text is None:
            raise
        sys.stdout.flush()
        print(text, file=sys.stderr)
        return EXIT_FAILURE
    return 0


def _world(arguments: Arguments) -> World | None:
    """A world with a line about what is going on, if there is a person to read it; None for the usual one."""
    if arguments.has("--quiet") or not sys.stderr.isatty():
        return None
    from harnpy.cli.terminal_world import TerminalWorld, has_status_line

    return TerminalWorld() if has_status_line(sys.stderr) else None


def _print_summary(runtime: Runtime) -> None:
    from harnpy.cli.call_summary import summary_text
    from harnpy.cli.terminal import Paint, wants_colour
    from harnpy.llm.trace_log import TraceLog

    text = summary_text(runtime.state(TraceLog), Paint(wants_colour(sys.stderr)))
    if text:
        sys.stdout.flush()
        print(text, file=sys.stderr)


def _unreadable(path: str, error: OSError | ValueError) -> int:
    from harnpy.cli.failure import unreadable_text

    print(unreadable_text(path, error), file=sys.stderr)
    return EXIT_FAILURE

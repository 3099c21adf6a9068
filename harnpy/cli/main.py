"""The `harn` command: finds the command asked for, imports it, runs it, and turns its outcome into an exit status.

Nothing is imported here that `harn run` of an empty script could do without. A command is a module of this package
with a `COMMAND` (arguments.Command) and an `execute(arguments) -> int`; its name in COMMANDS makes it known.
"""

from __future__ import annotations

import gc
import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import Arguments, Command, HelpWanted, UsageError, parse, select, table

if TYPE_CHECKING:
    from typing import Any

# In the order of the help text; the module of a command is called like it, with `_` for `-`.
COMMANDS = (
    "run",
    "repl",
    "test",
    "check",
    "lint",
    "new",
    "init",
    "add",
    "install",
    "doctor",
    "bench",
    "watch",
    "explain",
    "docs",
    "stubs",
    "model-info",
    "contracts",
    "viz",
    "trace",
    "disasm",
    "completions",
    "version",
)

# Commands for those who build tools; no help lists them.
HIDDEN = ("dump-highlight-keywords",)

USAGE = "harn COMMAND [flags] [args]"

# With one of these modules loaded, the end of the interpreter may still have something to do.
_BUSY_AT_THE_END = frozenset(("atexit", "profile", "threading"))

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
# What a shell reports for a program that was stopped by writing to a pipe nobody reads.
EXIT_BROKEN_PIPE = 141

# Container objects made since Python last looked for cycles, and generations looked at, before it looks again. Values of
# programs form hardly any, and a hundred thousand tasks are many objects to look through for nothing.
COLLECTOR_THRESHOLDS = (10_000, 20, 10)


def main(words: list[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit status.

    Without words this process is the command: its own command line is run, and it may end here.
    """
    _open_missing_streams()
    _use_utf8()
    try:
        if words is not None:
            return _run(words)
        gc.set_threshold(*COLLECTOR_THRESHOLDS)  # the process is ours alone
        _load_command(sys.argv[1:])
        status = _run(sys.argv[1:])
        _end_at_once(status)
        return status
    except BrokenPipeError:
        _discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and _is_output_failure(error):
            return _output_failed(error)
        from harnpy.cli.internal_error import describe

        print(describe(error), file=sys.stderr)
        return EXIT_FAILURE
    finally:
        if words is None:
            _forget_interrupts()


def _run(words: list[str]) -> int:
    status = dispatch(words)
    sys.stdout.flush()
    return status


def _load_command(words: list[str]) -> None:
    """Load the module of the command; nothing of it will ever be garbage, so nobody looks, neither now nor later."""
    gc.disable()
    try:
        name, _ = _command_of(words)
        if _exists(name):
            _command_module(name)
    finally:
        gc.freeze()
        gc.enable()


def _end_at_once(status: int) -> None:
    """End the process without taking down the interpreter piece by piece, if nobody could want that.

    Threads, and whatever registers with `atexit`, have loaded one of these modules; profilers and debuggers report at
    the end.
    """
    if not _BUSY_AT_THE_END.isdisjoint(sys.modules) or sys.getprofile() is not None or sys.gettrace() is not None:
        return
    try:
        sys.stderr.flush()
    except OSError:
        return
    os._exit(status)


def _forget_interrupts() -> None:
    """Let the process end with the status of its command, though Ctrl-C may have ended that.

    `python -m` ends by SIGINT once a KeyboardInterrupt has left the `exec` or `eval` of a text, in which named tuples and
    data classes are made, whoever has caught it since. The next text that is evaluated to its end takes that back.
    """
    eval("None")


def dispatch(words: list[str]) -> int:
    """Find the command that words name and run it. Usage errors become status 2 here."""
    if not words:
        print(_overview(), file=sys.stderr)
        return EXIT_USAGE
    name, rest = words[0], words[1:]
    if name in ("-h", "--help"):
        print(_overview())
        return 0
    if name in ("-V", "--version"):
        from harnpy import __version__

        print(f"harn {__version__}")
        return 0
    if name == "help":
        return _help(rest)
    name, rest = _command_of(words)
    if not _exists(name):
        return _unknown(name)
    module = _command_module(name)
    command: Command = module.COMMAND
    try:
        command, rest = select(command, rest)
        arguments: Arguments = parse(command, rest)
        if os.environ.get("HARN_SANDBOX"):
            from harnpy.cli.sandbox import refusal_of_command

            refusal = refusal_of_command(arguments)
            if refusal is not None:
                print(f"error: {refusal}", file=sys.stderr)
                return EXIT_FAILURE
        return int(module.execute(arguments))
    except HelpWanted:
        print(command.help)
        return 0
    except UsageError as error:
        return _usage_error(error, f"{command.usage}\n\nFor more information, try 'harn {command.name} --help'.")


def _exists(name: str) -> bool:
    return name in COMMANDS or name in HIDDEN


def listed_commands() -> list[Command]:
    """All commands but the hidden ones, in the order of the help text."""
    return [_command_module(name).COMMAND for name in COMMANDS]


def _command_of(words: list[str]) -> tuple[str, list[str]]:
    """The name of the command and what follows it; a script alone is run."""
    if len(words) == 1 and words[0].endswith(".harn") and not _exists(words[0]):
        return "run", words
    return "".join(words[:1]), words[1:]


def _command_module(name: str) -> Any:
    module = f"harnpy.cli.{name.replace('-', '_')}"
    # As importlib.import_module, which is not loaded at every start.
    __import__(module)
    return sys.modules[module]


def _help(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0
    if not _exists(words[0]):
        return _unknown(words[0])
    command: Command = _command_module(words[0]).COMMAND
    try:
        command, _ = select(command, words[1:] or ["--help"])
    except UsageError as error:
        return _usage_error(error, command.usage)
    print(command.help)
    return 0


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    if name.startswith("-"):
        return _usage_error(UsageError(f"unexpected argument '{name}' found"), USAGE)
    similar = get_close_matches(name, COMMANDS, 1)
    hint = f"a similar command exists: '{similar[0]}'" if similar else "`harn help` lists the commands"
    if name.endswith(".harn"):
        hint = f"a script with arguments is run by `harn run {name} -- ARG...`"
    return _usage_error(UsageError(f"unrecognized subcommand '{name}'", hint), USAGE)


def _usage_error(error: UsageError, usage: str) -> int:
    lines = [f"error: {error}"]
    if error.hint:
        lines += ["", f"  hint: {error.hint}"]
    print("\n".join([*lines, "", f"Usage: {usage}"]), file=sys.stderr)
    return EXIT_USAGE


def _overview() -> str:
    rows = [(command.name, command.summary) for command in listed_commands()]
    rows.append(("help", "Print this help, or that of one command"))
    return "\n".join(
        [
            "Harn: scripts whose primitives are model calls and agents",
            "",
            f"Usage: {USAGE}",
            "       harn FILE.harn",
            "",
            "Commands:",
            *table(rows),
            "",
            "Options:",
            *table([("-h, --help", "print help"), ("-V, --version", "print the version")]),
        ]
    )


def _use_utf8() -> None:
    """Harn text is Unicode whatever the locale says; a lone surrogate prints as `?` rather than failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _open_missing_streams() -> None:
    """A standard stream that was closed by the caller reads as empty and swallows what is written."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free descriptor, which is this one: nothing opened later can be taken for the stream.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _is_output_failure(error: OSError) -> bool:
    """Whether writing to standard output failed for reasons outside the program; such an error names no file."""
    from errno import EBADF, EDQUOT, EFBIG, EIO, ENOSPC

    return error.filename is None and error.errno in (ENOSPC, EDQUOT, EFBIG, EIO, EBADF)


def _output_failed(error: OSError) -> int:
    from harnpy.vm.os_errors import reason

    _discard_output()
    print(f"error: cannot write the output: {reason(error)}", file=sys.stderr)
    return EXIT_FAILURE


def _discard_output() -> None:
    """Standard output takes nothing any more: keep the interpreter from complaining when it closes it."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)


if __name__ == "__main__":
    sys.exit(main())

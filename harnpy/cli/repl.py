"""`harn repl`: reads inputs from a terminal or a pipe, has the session run them, prints what comes of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType

from harnpy import __version__
from harnpy.cli.arguments import Arguments, Command
from harnpy.cli.internal_error import describe
from harnpy.cli.repl_commands import Quit, run_command
from harnpy.cli.repl_session import ReplSession, Reply
from harnpy.syntax.completeness import is_complete
from harnpy.vm.errors import ExitProgram

COMMAND = Command("repl", "Evaluate Harn interactively")

GOODBYE = "Goodbye!"

# What the terminal reader returns for "nothing more to come".
END_OF_INPUT = None


def execute(arguments: Arguments) -> int:
    """Run until the end of the input; 0, or the code of an `exit` that was typed."""
    print(f"Harn REPL v{__version__}")
    print("Type expressions or statements. Ctrl+C or Ctrl+D to exit.", flush=True)
    session = ReplSession()
    at_terminal = sys.stdin.isatty()
    inputs = terminal_inputs(session) if at_terminal else piped_inputs()
    try:
        for text in inputs:
            reply = answer(session, text)
            if at_terminal:
                print(session.take_line_end(), end="")
            show(reply)
    except Quit:
        pass
    except ExitProgram as exit_program:
        return exit_program.code & 0xFF
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"Read error: {error}", file=sys.stderr)
        return 1
    finally:
        session.close()
    print(GOODBYE)
    return 0


def answer(session: ReplSession, text: str) -> Reply:
    """What one accepted input leads to. Raises Quit and ExitProgram; a defect of harnpy costs the input only."""
    text = text.strip()
    if not text:
        return Reply()
    try:
        with _interruptible(session):
            return run_command(session, text) if text.startswith(":") else session.evaluate(text)
    except (Quit, BrokenPipeError):
        raise
    except Exception as error:
        return Reply(error=describe(error))


def show(reply: Reply) -> None:
    """Results to stdout, errors to stderr, in an order that a shared terminal shows as it happened."""
    sys.stdout.flush()
    if reply.text:
        print(reply.text, flush=True)
    if reply.error:
        print(reply.error, file=sys.stderr, flush=True)


def accepts(text: str) -> bool:
    """Whether Enter ends the input rather than beginning another line of it."""
    return text.lstrip().startswith(":") or is_complete(text)


def piped_inputs() -> Iterator[str]:
    """The inputs on standard input; lines are put together until they are complete."""
    pending = ""
    for line in sys.stdin:
        pending += line
        if accepts(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


def terminal_inputs(session: ReplSession) -> Iterator[str]:
    """The inputs typed at a terminal."""
    from harnpy.cli.repl_prompt import Prompt

    prompt = Prompt(session, history_path())
    while (text := prompt.read()) is not END_OF_INPUT:
        yield text


def history_path() -> Path:
    """Where typed lines are kept: in the home directory, else in the working directory."""
    return Path(os.environ.get("HOME") or ".", ".harn", "repl_history")


@contextmanager
def _interruptible(session: ReplSession) -> Iterator[None]:
    """Ctrl-C stops the running input instead of the REPL; the next one stops what the input cleans up."""

    interrupts = count()

    def stop(number: int, frame: FrameType | None) -> None:
        session.interrupt(insist=next(interrupts) > 0)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)

"""`harn watch`: run a program now and whenever a `.harn` file beside or below it changes (chapter 05 section 12)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harnpy.cli.arguments import POLICY_FLAGS, Arguments, Command, Positional
from harnpy.cli.failure import unreadable_text
from harnpy.cli.run import run_file
from harnpy.cli.stop_signals import Stopped
from harnpy.cli.terminal import Paint, wants_colour
from harnpy.cli.watching import Watcher

COMMAND = Command(
    "watch",
    "Run a program again whenever its files change",
    flags=POLICY_FLAGS,
    positionals=(
        Positional("FILE", "the program; .harn files in and below its directory are watched", True, takes="harn"),
    ),
    exclusive=(("--deny", "--allow"),),
    details="A program that fails is run again, too, once something has changed. Ctrl-C ends the watching.",
)

SETTLE_SECONDS = 0.2


def execute(arguments: Arguments) -> int:
    """Watch until Ctrl-C, which is the ordinary end; 1 if there is no such file to begin with."""
    path = arguments.positionals[0]
    try:
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        print(unreadable_text(path, error), file=sys.stderr)
        return 1
    directory = os.path.dirname(path) or "."
    try:
        watcher = Watcher(Path(directory), SETTLE_SECONDS)
        _say(f"[watch] running {path}...")
        run_file(path, arguments)
        _say(f"[watch] watching {directory} for .harn changes (ctrl-c to stop)")
        while True:
            watcher.wait_for_change()
            print(file=sys.stderr)
            _say(f"[watch] change detected, re-running {path}...")
            run_file(path, arguments)
    except (KeyboardInterrupt, Stopped):
        return 0


def _say(text: str) -> None:
    sys.stdout.flush()
    print(Paint(wants_colour(sys.stderr)).dim(text), file=sys.stderr, flush=True)

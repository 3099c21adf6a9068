"""`harn completions SHELL`: a script with which a shell completes the command line of `harn`."""

from __future__ import annotations

import sys

from harnpy.cli.arguments import Arguments, Command, Positional
from harnpy.cli.completion_scripts import SCRIPTS

COMMAND = Command(
    "completions",
    "Print a script that makes a shell complete commands, flags and files",
    positionals=(Positional("SHELL", "bash, zsh or fish", required=True, choices=tuple(SCRIPTS)),),
    details="\n".join(
        [
            "Where the script belongs:",
            "  bash  harn completions bash > ~/.local/share/bash-completion/completions/harn",
            '  zsh   harn completions zsh > "${fpath[1]}/_harn"',
            "  fish  harn completions fish > ~/.config/fish/completions/harn.fish",
            "A new version of harn may know more: print it again then.",
        ]
    ),
)


def execute(arguments: Arguments) -> int:
    """Print the script."""
    sys.stdout.write(SCRIPTS[arguments.positionals[0]]())
    return 0

"""`harn version`: the banner."""

from __future__ import annotations

from harnpy import __version__
from harnpy.cli.arguments import Arguments, Command

COMMAND = Command("version", "Print the version with a banner")

_BANNER = r"""
   _
  | |__    __ _  _ __  _ __
  | '_ \  / _` || '__|| '_ \
  | | | || (_| || |   | | | |
  |_| |_| \__,_||_|   |_| |_|
"""


def execute(arguments: Arguments) -> int:
    """Print the banner."""
    print(f"{_BANNER}\n  harn v{__version__}\n  the agent harness language\n")
    return 0

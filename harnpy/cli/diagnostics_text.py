"""Static diagnostics as a command prints them: colours if the stream takes them, jokes if HARN_FUN asks for them."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.cli.terminal import wants_colour
from harnpy.syntax.render import render_diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from harnpy.cli.findings import Finding
    from harnpy.syntax.diagnostics import Diagnostic


def diagnostics_text(diagnostics: Iterable[Diagnostic], source: str, path: str, stream: TextIO) -> str:
    """The rendered diagnostics of one file, without a final line break."""
    colour, fun = wants_colour(stream), os.environ.get("HARN_FUN") == "1"
    return "".join(render_diagnostic(each, path, source, colour, fun) for each in diagnostics).rstrip("\n")


def findings_text(findings: Iterable[Finding], stream: TextIO) -> str:
    """The rendered findings of any files, without a final line break."""
    return "\n".join([diagnostics_text([each.diagnostic], each.text, each.path, stream) for each in findings])

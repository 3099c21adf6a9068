"""Static diagnostics as a command prints them: colours if the stream takes them, jokes if HARN_FUN asks for them."""

from __future__ import annotations

import os
from itertools import groupby

from harnpy import TYPE_CHECKING
from harnpy.cli.terminal import wants_colour
from harnpy.syntax.render import render_diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from harnpy.cli.findings import Finding
    from harnpy.syntax.diagnostics import Diagnostic


def diagnostics_text(diagnostics: Sequence[Diagnostic], source: str, path: str, stream: TextIO) -> str:
    """The rendered diagnostics of one file, without a final line break."""
    colour, fun = wants_colour(stream), os.environ.get("HARN_FUN") == "1"
    return render_diagnostics(diagnostics, path, source, colour, fun).rstrip("\n")


def findings_text(findings: Sequence[Finding], stream: TextIO) -> str:
    """The rendered findings of any files in their order, without a final line break."""
    parts = []
    for (path, text), group in groupby(findings, lambda each: (each.path, each.text)):
        parts.append(diagnostics_text([each.diagnostic for each in group], text, path, stream))
    return "\n".join(parts)

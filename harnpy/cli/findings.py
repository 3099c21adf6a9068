"""Findings: diagnostics with the file that they are about. What commands that look at several files exchange."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from harnpy.syntax.diagnostics import Diagnostic


class Finding(Record):
    """A diagnostic and the file that it is about, with the text of that: "" for a file that could not be read."""

    path: str
    text: str
    diagnostic: Diagnostic

"""Test results in the JUnit XML dialect that build servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One test case; failure is empty when it passed."""

    name: str
    milliseconds: int
    failure: str = ""


def junit_xml(cases: Sequence[JUnitCase], milliseconds: int) -> str:
    """The document, with a final line break. Colours go; characters that XML cannot hold become U+FFFD."""
    failed = sum(1 for case in cases if case.failure)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="harn" tests="{len(cases)}" failures="{failed}" time="{_seconds(milliseconds)}">',
    ]
    for case in cases:
        head = f'  <testcase name="{escaped(case.name)}" time="{_seconds(case.milliseconds)}"'
        if case.failure:
            lines.append(f"{head}>")
            lines.append(f'    <failure message="test failed">{escaped(case.failure)}</failure>')
            lines.append("  </testcase>")
        else:
            lines.append(f"{head} />")
    lines.append("</testsuite>")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """text as XML character data or attribute value."""
    clean = _NOT_XML.sub("\ufffd", _COLOUR.sub("", text))
    return "".join(_ESCAPES.get(character, character) for character in clean)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"

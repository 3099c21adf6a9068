"""What `harn check` has found, as documents for programs: JSON, annotations of GitHub Actions, SARIF.

docs/diagnostics.md and docs/findings.schema.json describe the JSON.
"""

from __future__ import annotations

import json

from harnpy import TYPE_CHECKING, __version__
from harnpy.cli.targets import tidy
from harnpy.records import replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from harnpy.cli.findings import CheckedFile, Finding

FORMATS = ("text", "json", "github", "sarif")

# To be raised when programs that read the JSON have to change.
_VERSION = 1


def document(format: str, files: Sequence[CheckedFile], cycles: list[list[str]]) -> str:
    """All that was found in one of FORMATS but text, without a final line break. cycles: files that import each other."""
    if format == "sarif":
        from harnpy.cli.sarif import sarif

        return json.dumps(sarif(unique(files)), indent=2, ensure_ascii=False)
    if format == "github":
        return "\n".join([_annotation(each) for each in unique(files)])
    return json.dumps(_document(files, cycles), indent=2, ensure_ascii=False)


def unique(files: Sequence[CheckedFile]) -> list[Finding]:
    """The findings in order, with tidy paths. What several files import is looked at for each of them, and named once."""
    found = [replace(each, path=tidy(each.path)) for file in files for each in file.findings]
    return list({(each.path, each.diagnostic): each for each in found}.values())


def _document(files: Sequence[CheckedFile], cycles: list[list[str]]) -> dict[str, Any]:
    findings = unique(files)
    severities = [each.diagnostic.severity for each in findings]
    return {
        "version": _VERSION,
        "harn": __version__,
        "ok": not any(file.failed for file in files),
        "files": [
            {"path": file.path, "ok": not file.failed, "findings": len(file.findings), "applied_fixes": file.applied}
            for file in files
        ],
        "diagnostics": [_finding(each) for each in findings],
        "import_cycles": sorted(sorted(tidy(path) for path in cycle) for cycle in cycles),
        "summary": {
            "files": len(files),
            "errors": severities.count("error"),
            "warnings": severities.count("warning"),
            "fixable": sum(bool(each.diagnostic.fixes) for each in findings),
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    each = finding.diagnostic
    return {
        "path": finding.path,
        "code": each.code,
        "severity": each.severity,
        "message": each.message,
        "help": each.help,
        "span": _span(finding),
        "fixes": [
            {
                "start": _position(finding.text, edit.start),
                "end": _position(finding.text, edit.end),
                "text": edit.text,
            }
            for edit in each.fixes
        ],
    }


def _span(finding: Finding) -> dict[str, Any] | None:
    """The place; None for what is about a file as a whole."""
    span = finding.diagnostic.span
    if not span.line:
        return None
    line, column = finding.end
    return {
        "start": {"line": span.line, "column": span.column, "offset": span.start},
        "end": {"line": line, "column": column, "offset": max(span.end, span.start)},
    }


def _position(text: str, offset: int) -> dict[str, int]:
    from harnpy.syntax.source import line_and_column

    line, column = line_and_column(text, offset)
    return {"line": line, "column": column, "offset": offset}


def _annotation(finding: Finding) -> str:
    """A workflow command of GitHub Actions, which shows the finding beside the line that it is about."""
    each = finding.diagnostic
    properties: dict[str, object] = {"file": finding.path}
    if each.span.line:
        line, column = finding.end
        properties |= {"line": each.span.line, "col": each.span.column, "endLine": line}
        if line == each.span.line and column > each.span.column:
            properties["endColumn"] = column
    properties["title"] = each.code
    shown = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
    command = "notice" if each.severity == "note" else each.severity
    text = each.message if each.help is None else f"{each.message}\nhelp: {each.help}"
    return f"::{command} {shown}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text

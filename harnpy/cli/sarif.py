"""Findings in SARIF 2.1.0 (OASIS: Static Analysis Results Interchange Format), which code hosts and editors read."""

from __future__ import annotations

import os
from urllib.parse import quote

from harnpy import TYPE_CHECKING, __version__
from harnpy.analysis.rules.catalog import rules_by_code, summary
from harnpy.syntax.source import line_and_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from harnpy.analysis.rules.model import Rule
    from harnpy.cli.findings import Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The log of one run."""
    codes = list(dict.fromkeys(each.diagnostic.code for each in findings))
    known = rules_by_code()
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "harn",
                        "version": __version__,
                        "rules": [_described(code, known.get(code, ())) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True}],
                "results": [_result(each, codes.index(each.diagnostic.code)) for each in findings],
            }
        ],
    }


def _described(code: str, rules: Sequence[Rule]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": code}
    if rules:
        rule = rules[0]
        found |= {
            "shortDescription": {"text": summary(rule)},
            "help": {"text": rule.documentation, "markdown": rule.documentation},
            "defaultConfiguration": {"level": rule.severity},
        }
    return found


def _result(finding: Finding, index: int) -> dict[str, Any]:
    each = finding.diagnostic
    text = each.message if each.help is None else f"{each.message}\n\nhelp: {each.help}"
    found: dict[str, Any] = {
        "ruleId": each.code,
        "ruleIndex": index,
        "level": each.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(finding)}],
    }
    if each.fixes:
        replacements = [
            {"deletedRegion": _region(finding.text, edit.start, edit.end), "insertedContent": {"text": edit.text}}
            for edit in each.fixes
        ]
        change = {"artifactLocation": _artifact(finding.path), "replacements": replacements}
        found["fixes"] = [{"artifactChanges": [change]}]
    return found


def _location(finding: Finding) -> dict[str, Any]:
    span = finding.diagnostic.span
    location: dict[str, Any] = {"artifactLocation": _artifact(finding.path)}
    if span.line:
        line, column = finding.end
        location["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": line,
            "endColumn": column,
            "charOffset": span.start,
            "charLength": max(span.end - span.start, 0),
        }
    return location


def _region(text: str, start: int, end: int) -> dict[str, int]:
    line, column = line_and_column(text, start)
    end_line, end_column = line_and_column(text, end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": start,
        "charLength": end - start,
    }


def _artifact(path: str) -> dict[str, str]:
    """A path as a relative or a file URI."""
    quoted = quote(os.fsencode(path), safe="/")  # whatever bytes the name has
    return {"uri": f"file://{quoted}" if path.startswith("/") else quoted}

"""Comments that allow findings: `// harn: allow(RULE, ...)` and `// harn: allow-file(RULE, ...)`.

The first form allows what is shown on its own line or, from a line of its own, on the next line of code; if attributes
stand there, up to the declaration behind them. The second form, above the first statement, is for the whole file.
"""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import lint_rules as rules
from harnpy.analysis.suggest import suggest

if TYPE_CHECKING:
    from harnpy.analysis.lint.options import LintOptions
    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic
    from harnpy.syntax.tokens import Token

_ALLOWANCE = re.compile(r"\s*harn:\s*(allow|allow-file)\(([^)]*)")


class _Allowance:
    """A comment with the lines that it is for, all lines if None, and which of its names have allowed something."""

    __slots__ = ("comment", "lines", "names", "used")

    def __init__(self, comment: Token, names: list[str], lines: frozenset[int] | None) -> None:
        self.comment = comment
        self.names = names
        self.lines = lines
        self.used: set[str] = set()


def is_allowance(comment: Token) -> bool:
    """Whether a comment allows findings."""
    return _ALLOWANCE.match(comment.value) is not None


def without_allowed(
    findings: list[Diagnostic], text: SourceText, attributed_lines: dict[int, int], options: LintOptions
) -> list[Diagnostic]:
    """findings without those that comments allow, and with what is wrong about these comments.

    attributed_lines: for the line of a declaration's first attribute, the line of the declaration.
    """
    kept: list[Diagnostic] = []
    complaints: list[Diagnostic] = []
    allowances = _allowances(text, attributed_lines, complaints)
    if not allowances and not complaints:
        return findings
    for finding in findings:
        matching = [each for each in allowances if finding.code in each.names and _is_for(each, finding)]
        for allowance in matching:
            allowance.used.add(finding.code)
        if not matching:
            kept.append(finding)
    off = options.disabled if options.require_file_header else options.disabled | {rules.REQUIRE_FILE_HEADER.code}
    for allowance in allowances:
        complaints += _useless_names(allowance, off)
    if rules.NEEDLESS_ALLOW.code not in options.disabled:
        kept += sorted(complaints, key=lambda complaint: complaint.span.start)
    return kept


def _allowances(text: SourceText, attributed_lines: dict[int, int], complaints: list[Diagnostic]) -> list[_Allowance]:
    found = []
    for comment in text.comments:
        match = _ALLOWANCE.match(comment.value)
        if match is None or not text.source.startswith("//", comment.span.start):
            continue
        names = [name.strip() for name in match[2].split(",") if name.strip()]
        if match[1] == "allow":
            found.append(_Allowance(comment, names, _lines(comment, text, attributed_lines)))
        elif not text.starts or comment.span.start < text.starts[0]:
            found.append(_Allowance(comment, names, None))
        else:
            complaints.append(rules.MISPLACED_ALLOW_FILE.at(comment.span))
    return found


def _lines(comment: Token, text: SourceText, attributed_lines: dict[int, int]) -> frozenset[int]:
    line = comment.span.line
    following = text.index_at(comment.span.end)
    if line not in text.line_comments or following == len(text.tokens):
        return frozenset((line,))
    begin = text.tokens[following].span.line
    return frozenset((line, *range(begin, attributed_lines.get(begin, begin) + 1)))


def _is_for(allowance: _Allowance, finding: Diagnostic) -> bool:
    return allowance.lines is None or finding.span.line in allowance.lines


def _useless_names(allowance: _Allowance, off: frozenset[str]) -> list[Diagnostic]:
    span = allowance.comment.span
    found = []
    for name in allowance.names:
        if name not in rules.CODES:
            close = suggest(name, rules.CODES)
            rule = rules.UNKNOWN_ALLOWED_RULE if close is None else rules.MISSPELT_ALLOWED_RULE
            found.append(rule.at(span, name=name, close=close))
        elif name not in allowance.used and name not in off:
            found.append(rules.NEEDLESS_ALLOW.at(span, name=name))
    return found

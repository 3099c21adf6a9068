"""All rules by code: what `harn explain` and the reference know. Who only reports takes the rules of its own file."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import lint_rules, preflight_rules, syntax_rules, type_rules

if TYPE_CHECKING:
    from harnpy.analysis.rules.model import Rule

# The families in the order in which the reference has them: a title and the rules.
FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Syntax and structure", tuple(syntax_rules.RULES)),
    ("Types", tuple(type_rules.RULES)),
    ("Lint", tuple(lint_rules.RULES)),
    ("Preflight", tuple(preflight_rules.RULES)),
)


def rules_by_code() -> dict[str, list[Rule]]:
    """Every code with its rules: several if it has several texts. Their documentation is the same."""
    found: dict[str, list[Rule]] = {}
    for _, rules in FAMILIES:
        for rule in rules:
            found.setdefault(rule.code, []).append(rule)
    return found


def summary(rule: Rule) -> str:
    """The first sentence of a rule's documentation, on one line."""
    paragraph = " ".join(rule.documentation.partition("\n\n")[0].split())
    sentence, dot, _ = paragraph.partition(". ")
    return (sentence + dot).strip()

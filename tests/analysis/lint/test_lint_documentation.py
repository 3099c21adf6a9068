"""What `harn explain` says about rules is true: what the examples call reported is reported, and nothing else."""

from __future__ import annotations

import re

import pytest
from linting import found

from harnpy.analysis.rules.lint_rules import RULES

EXAMPLES = [
    pytest.param(rule.code, block, id=rule.code)
    for rule in {rule.code: rule for rule in RULES}.values()
    for block in re.findall(r"```harn\n(.*?)```", rule.documentation, re.DOTALL)
]


@pytest.mark.parametrize("code, example", EXAMPLES)
def test_an_example_shows_what_its_comments_say(code, example):
    marked = [number for number, line in enumerate(example.splitlines(), 1) if re.search(r"reported|an error", line)]
    assert sorted({each.span.line for each in found(example, code)}) == marked


def test_every_rule_has_an_example_or_a_setting():
    assert all("```" in rule.documentation for rule in RULES)


def test_rules_of_one_code_share_their_documentation():
    assert len({rule.documentation for rule in RULES}) == len({rule.code for rule in RULES})

"""Comments that allow findings, what is said about those that do nothing, and the order and the selection of findings."""

from __future__ import annotations

import pytest
from linting import found, lint, places, texts

from harnpy.analysis.rules import lint_rules


def codes(source, **options):
    return [each.code for each in lint(source, **options)]


@pytest.mark.parametrize(
    "source",
    [
        "let x = 1 // harn: allow(unused-variable)",
        "// harn: allow(unused-variable)\nlet x = 1",
        "//harn:allow(unused-variable)\nlet x = 1",
        "// harn: allow(unused-variable) somebody else reads it\nlet x = 1",
        "// harn: allow(shadow-variable, unused-variable)\nlet x = 1",
        "// harn: allow(unused-variable)\n// What x is.\n\nlet x = 1",
        "// harn: allow-file(unused-variable)\n\nlet x = 1",
        "/** File. */\n// harn: allow-file(unused-variable)\n\nlog(1)\n\nlet x = 1",
        "#!/usr/bin/env harn\n// harn: allow-file(unused-variable)\nlet x = 1",
    ],
)
def test_a_finding_is_allowed(source):
    assert found(source, "unused-variable") == []


@pytest.mark.parametrize(
    "source",
    [
        "let x = 1 // harn: allow(unused-import)",
        "let x = 1\n// harn: allow(unused-variable)",
        "// harn: allow(unused-variable)\nlog(1)\n\nlet x = 1",
        "log(1) // harn: allow(unused-variable)\n\nlet x = 1",
        "let x = 1\n// harn: allow-file(unused-variable)",
        "// harn allow(unused-variable)\nlet x = 1",
        "// harn: allow unused-variable\nlet x = 1",
        "/* harn: allow(unused-variable) */\nlet x = 1",
        'let x = "// harn: allow(unused-variable)"',
    ],
)
def test_a_finding_is_not_allowed(source):
    assert len(found(source, "unused-variable")) == 1


def test_a_comment_allows_what_is_shown_on_its_line_and_nothing_else():
    source = "fn f(a) {   // harn: allow(unused-parameter)\n  { b -> 1 }\n}\nf()"
    assert [message for message, _ in texts(source, "unused-parameter")] == ["parameter `b` is declared but never used"]


def test_a_comment_above_attributes_is_about_the_declaration():
    source = "// harn: allow(unused-function)\n@deprecated\n@complexity(allow)\nfn f() { }"
    assert found(source, "unused-function") == found(source, "allow-comment") == []


def test_a_comment_above_an_item_that_wants_a_blank_line_allows_that():
    source = "let x = 1\n// harn: allow(blank-line-between-items)\nlet y = x\nlog(y)"
    assert codes(source) == []


# --- comments that do nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, message, help",
    [
        (
            "// harn: allow(unused-varible)\nlog(1)",
            "no lint rule is called `unused-varible`",
            "did you mean `unused-variable`?",
        ),
        (
            "// harn: allow(everything-else)\nlog(1)",
            "no lint rule is called `everything-else`",
            "`harn explain allow-comment` tells how findings are allowed, and `harn explain RULE` what a rule is about",
        ),
        (
            "// harn: allow(unused-variable)\nlog(1)",
            "`unused-variable` is allowed here, but there is nothing that it would report",
            "remove `unused-variable` from the comment; a finding is allowed at the end of the line that it is shown on, or on "
            "the line above",
        ),
        (
            "log(1)\n// harn: allow-file(unused-variable)",
            "`allow-file` has no effect below the first statement",
            "move the comment to the top of the file, or use `allow` on the line that is meant",
        ),
    ],
)
def test_a_comment_that_does_nothing_is_reported(source, message, help):
    assert texts(source, "allow-comment") == [(message, help)]
    (finding,) = found(source, "allow-comment")
    assert source[finding.span.start : finding.span.end].startswith("// harn:")


def test_each_name_is_looked_at_by_itself():
    source = "// harn: allow(unused-variable, unused-import, nonsense-rule)\nlet x = 1"
    assert len(found(source, "allow-comment")) == 2


def test_rules_that_are_off_may_be_allowed():
    source = "// harn: allow(unused-import, require-file-header)\nlog(1)"
    assert texts(source, "allow-comment", disabled=frozenset({"unused-import"})) == []


def test_complaints_about_comments_can_be_switched_off():
    assert codes("// harn: allow(x)\nlog(1)", disabled=frozenset({"allow-comment"})) == []


@pytest.mark.parametrize(
    "source",
    ["// harn: the language\nlog(1)", "// harn:\nlog(1)", "// harn: allow everything\nlog(1)", "// harness: x\nlog(1)"],
)
def test_other_comments_are_just_comments(source):
    assert codes(source) == []


# --- order and selection ----------------------------------------------------------------------------------------------

ALL_KINDS = """import { z } from "z"
import { a } from "a"
// Doc.
fn f(x) {
  let g = fn(x, y) { x == true }
  if x { } else { return nil + [1,
    2] }
}
let y = 1
let z2 = zzqqxx()
struct bad_name { }
"""


def test_findings_come_source_rules_first_then_the_walk_then_the_rules_over_the_file():
    assert codes(ALL_KINDS, require_file_header=True) == [
        "legacy-doc-comment",
        "blank-line-between-items",
        "blank-line-between-items",
        "blank-line-between-items",
        "blank-line-between-items",
        "trailing-comma",
        "import-order",
        # in the order of the text
        "shadow-variable",
        "comparison-to-bool",
        "empty-block",
        "invalid-binary-op-literal",
        "naming-convention",
        "require-file-header",
        "unused-variable",
        "unused-variable",
        "unused-variable",
        "unused-parameter",
        "unused-import",
        "unused-import",
        "unused-function",
        "unused-type",
        "undefined-function",
    ]


def test_disabled_rules_are_dropped_with_their_fixes_and_unknown_ones_mean_nothing():
    disabled = frozenset({"unused-variable", "no-such-rule"})
    assert "unused-variable" not in codes(ALL_KINDS, disabled=disabled)
    assert len(codes(ALL_KINDS, disabled=disabled)) == len(codes(ALL_KINDS)) - 3


def test_all_rules_but_one_are_warnings_and_labelled():
    rules = lint_rules.RULES
    assert {rule.code for rule in rules if rule.severity != "warning"} == {"break-outside-loop"}
    assert all(rule.label == f"lint[{rule.code}]" for rule in rules)
    assert len(lint_rules.CODES) == 31


def test_conditions_are_walked_before_what_is_said_about_their_block():
    source = (
        "if f(x == true) { }\nwhile f(y == true) { }\nfor z in f(w == true) { }\nlet v = (a == true) == nil ? 1 : a"
    )
    assert [code for code in codes(source) if code in ("comparison-to-bool", "empty-block")] == [
        "comparison-to-bool",
        "empty-block",
        "comparison-to-bool",
        "empty-block",
        "comparison-to-bool",
        "empty-block",
        "comparison-to-bool",
    ]
    assert places("fn f() -> list {\n  return iter(x == true)\n}", "eager-collection-conversion") == [(2, 10)]

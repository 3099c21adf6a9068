"""The worked examples of chapter 09, those in the documentation of the rules, and all correct programs there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checked_programs import diagnostics, findings, messages

from harnpy.analysis.rules.model import Rule
from harnpy.analysis.rules.type_rules import RULES
from harnpy.syntax.diagnostics import HarnSyntaxError

ROOT = Path(__file__).parents[3]


def test_a_silent_program() -> None:
    assert (
        findings(
            """
fn pick(x: string | int | nil) -> string {
  if x == nil { return "none" }
  if type_of(x) == "int" { return to_string(x) }
  return x
}
"""
        )
        == []
    )


def test_a_program_that_does_not_handle_all_types() -> None:
    """The chapter has a second finding, at the return, and that it should better not be there."""
    program = """fn need(v: unknown) -> int {
  guard type_of(v) == "int" else { throw "not an int" }
  return v
}
"""
    assert findings(program) == [
        "W 2:36 `throw` reached but `v: unknown` was not fully narrowed — uncovered concrete type(s): "
        "string, float, bool, nil, list, dict, closure"
    ]


@pytest.mark.parametrize(
    ("program", "first"),
    [
        ("let xs: list<float> = [1]", "'xs' declared as list<float>, but assigned list<int>"),
        (
            'let u: {a: int, b: string} = {a: "x"}',
            "'u' declared as {a: int, b: string}, but assigned {a: string} "
            "(field 'a' has type string, expected int; missing field 'b' (string))",
        ),
        ('fn f(a: int) { return a }\nf("x")', "Argument 1 ('a'): expected int, got string"),
        ('fn k<T>(a: T, b: T) { return a }\nk(1, "x")', "type parameter 'T' was inferred as both int and string"),
        ("log(true + 1)", "can't add bool and int"),
        ('var n = 1\nn = "x"', "can't assign string to 'n' (declared as int)"),
        (
            "type R<in T> = fn() -> T",
            "type parameter 'T' is declared 'in' (contravariant) but appears in a covariant position in type alias 'R'",
        ),
        ('let s: string = json_parse("1")', None),
        ('let r: Result<int, string> = Err("x")', None),
    ],
)
def test_first_messages(program: str, first: str | None) -> None:
    found = messages(f"pipeline main(t) {{\n{program}\n}}")
    assert (found[0] if found else None) == first


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_documentation_of_a_rule_is_true(rule: Rule) -> None:
    """Its first program is reported by this rule; the others are not reported at all."""
    reported, *others = re.findall(r"```harn\n(.*?)```", rule.documentation, re.DOTALL)
    strict = "strict mode" in rule.documentation
    # An argument that contradicts another one does not fit its parameter either.
    assert {each.code for each in diagnostics(reported, strict)} - {rule.code} <= {"argument-type"}
    assert diagnostics(reported, strict)[0].code == rule.code
    assert others
    for program in others:
        assert findings(program, strict) == []


def test_rules_are_declared_once() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes) == 36
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.code)
        assert rule.severity in ("error", "warning")
        assert rule.label is None


# Programs that do on purpose what the checker is there to report, and what it says about them.
ON_PURPOSE = {
    "tests/bytecode/golden/assignment.harn": "immutable-assignment",
    "tests/bytecode/golden/functions.harn": "argument-type",
    "tests/lang/agents/acp_tool_on_a_pipeline.harn": "attribute-target",
    "tests/lang/grammar/errors/acp_tool_on_a_struct.harn": "attribute-target",
    "tests/lang/grammar/errors/try_star_in_a_script_statement.harn": "rethrow-outside-function",
    "tests/lang/concurrency/select/case_variable_is_immutable_and_scoped.harn": "immutable-assignment",
    "tests/lang/modules/lookup/lib/settings.harn": "immutable-assignment",
    "tests/lang/semantics/assignment/catch_variable_is_immutable.harn": "immutable-assignment",
    "tests/lang/semantics/assignment/immutable_binding.harn": "immutable-assignment",
    "tests/lang/semantics/assignment/loop_variables_are_mutable.harn": "immutable-assignment",
    "tests/lang/tiers/loop_variable_is_assigned_in_the_loop.harn": "immutable-assignment",
    "tests/lang/semantics/assignment/parameter_is_immutable.harn": "immutable-assignment",
}

# Programs with something to find in them, which test_corpus.py looks at.
CORPUS = (ROOT / "tests/lang/types", ROOT / "tests/lang/lint")
PROGRAMS = sorted(
    path
    for folder in ("tests", "examples", "stdlib", "bench")
    for path in (ROOT / folder).rglob("*.harn")
    if path.is_file() and not any(map(path.is_relative_to, CORPUS))
)
# tests/cli/test_cli_explain_diagnostics.py holds the examples of mistakes to their word.
DOCUMENTS = sorted([ROOT / "README.md", *{*(ROOT / "docs").rglob("*.md")} - {ROOT / "docs" / "diagnostics.md"}])


def test_correct_programs_yield_nothing() -> None:
    checked = 0
    for path in PROGRAMS:
        name = str(path.relative_to(ROOT))
        try:
            found = diagnostics(path.read_text())
        except (HarnSyntaxError, UnicodeDecodeError):
            continue
        checked += 1
        assert {each.code for each in found} == ({ON_PURPOSE[name]} if name in ON_PURPOSE else set()), (name, found)
    assert checked > 1500


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_programs_in_the_documentation_yield_what_the_page_says(path: Path) -> None:
    page = path.read_text()
    for program in re.findall(r"```harn\n(.*?)```", page, re.DOTALL):
        try:
            found = diagnostics(program)
        except HarnSyntaxError:
            continue
        assert [each.message for each in found if f"{each.severity}: {each.message}\n" not in page] == [], program

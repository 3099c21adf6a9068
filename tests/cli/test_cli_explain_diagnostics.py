"""`harn explain CODE`, its list of codes, and the page of the reference: every diagnostic is described by its rule."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from harn_process import harn

import harnpy
from harnpy.analysis.checker.check import check_program
from harnpy.analysis.lint.lint import lint_program
from harnpy.analysis.lint.options import LintOptions
from harnpy.analysis.rules.catalog import FAMILIES, rules_by_code, summary
from harnpy.cli.builtin_types import BUILTIN_TYPES
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.reference import lookup, names
from harnpy.cli.reference_diagnostics import diagnostics_page
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

ROOT = Path(harnpy.__file__).parent.parent
CODES = sorted(rules_by_code())
# What is not about a line of a program, or takes more lines than anybody would read.
WITHOUT_EXAMPLE = ("unreadable-file", "manifest", "template-syntax", "require-file-header", "cyclomatic-complexity")


def test_a_code_shows_severity_messages_help_and_documentation():
    ended = harn("explain", "unresolved-import")
    assert (ended.status, ended.errors) == (0, "")
    rule = rules_by_code()["unresolved-import"][0]
    lines = ended.output.splitlines()
    assert lines[0] == "diagnostic unresolved-import"
    assert "  Severity: error." in lines
    assert "  - `preflight: unresolved import '<path>'`" in lines
    assert "  Help: verify the import path and packaged module layout" in lines
    assert all(f"  {line}".rstrip() in lines for line in rule.documentation.splitlines())


def test_a_code_with_several_texts_shows_all_of_them():
    output = harn("explain", "import-collision").output
    assert output.count("Help: ") == 2
    assert output.count("Severity: ") == 1


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("unresolved-imports", "unresolved-import"),
        ("unused-varable", "unused-variable"),
        ("unusedvariable", "unused-variable"),
        ("break_outside_loop", "break-outside-loop"),
        ("harndoc", "missing-harndoc"),
    ],
)
def test_a_misspelt_code_fails_with_suggestions(wrong, right):
    ended = harn("explain", wrong)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith(f"error: nothing is called '{wrong}'\n\n  hint: did you mean ")
    assert right in ended.errors


def test_a_family_is_explained_as_well():
    output = harn("explain", "preflight").output
    assert output.startswith("diagnostic preflight\n")
    assert "harn explain --list" in output


def test_all_codes_are_listed_by_family_with_a_sentence():
    lines = harn("explain", "--list").output.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [title for title, _ in FAMILIES]
    rows = [line.split(None, 2) for line in lines if line.startswith("  ")]
    assert sorted(code for code, _, _ in rows) == CODES
    assert all(severity in ("error", "warning") and text for _, severity, text in rows)


def test_the_list_can_be_had_as_json():
    rows = json.loads(harn("explain", "--list", "--json").output)
    assert sorted(row["code"] for row in rows) == CODES
    assert {"code": "unused-import", "family": "Lint", "severity": "warning"}.items() <= next(
        row for row in rows if row["code"] == "unused-import"
    ).items()


def test_a_name_is_wanted_without_the_list_and_none_with_it():
    assert harn("explain").status == harn("explain", "--list", "lex").status == 2


def test_every_code_can_be_looked_up_and_completed():
    assert set(CODES) <= set(names())
    assert [(entry.kind, entry.name) for entry in lookup("unused-import")] == [("diagnostic", "unused-import")]


def test_codes_are_words_with_hyphens_and_belong_to_one_family():
    families = [{rule.code for rule in rules} for _, rules in FAMILIES]
    assert sum(len(family) for family in families) == len(CODES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_rule_is_documented_with_an_example(code):
    rules = rules_by_code()[code]
    assert len({rule.documentation for rule in rules}) == 1
    text = rules[0].documentation
    assert summary(rules[0]).endswith((".", ":"))
    assert "```harn\n" in text or code in WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", sorted(set(CODES) - {"lex", "parse"}))
def test_the_examples_of_every_rule_parse(code):
    for example in re.findall(r"```harn\n(.*?)```", rules_by_code()[code][0].documentation, re.DOTALL):
        try:
            parse_program(example, "example.harn")
        except HarnSyntaxError as error:
            pytest.fail(f"{code}: {error}\n{example}")


# These show what to write instead.
GOOD_EXAMPLES = {"allow-comment", "cyclomatic-complexity", "import-order", "missing-harndoc", "require-file-header"}
IN_PROGRAMS = {rule.code for title, rules in FAMILIES for rule in rules if title in ("Types", "Lint")} - GOOD_EXAMPLES


@pytest.mark.parametrize("code", sorted(IN_PROGRAMS))
def test_the_examples_of_a_rule_are_reported_where_they_say_so(code):
    options = LintOptions(builtins=frozenset(BUILTIN_MODULES))
    found_somewhere = False
    for example in re.findall(r"```harn\n(.*?)```", rules_by_code()[code][0].documentation, re.DOTALL):
        program = parse_program(example, "example.harn")
        found = [*check_program(program, BUILTIN_TYPES, True, example)]
        found += lint_program(program, example, "example.harn", options)
        lines = {each.span.line for each in found if each.code == code}
        found_somewhere = found_somewhere or bool(lines)
        marked = {number for number, line in enumerate(example.splitlines(), 1) if "reported" in line}
        assert not marked or lines == marked, example
    assert found_somewhere


def test_the_page_in_the_repository_is_current():
    """`make catalog` writes it."""
    assert (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8") == diagnostics_page()


def test_the_page_has_every_code_once():
    page = harn("docs", "diagnostics").output
    assert page == diagnostics_page()
    assert sorted(re.findall(r"^### `(.+)`$", page, re.MULTILINE)) == CODES


# --- what is reported is declared -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source", ["let a = 'x'", 'let a = "x', "let a = )", "let a = (1", "/* x", "pub let a = 1", "\0"]
)
def test_errors_of_syntax_have_a_rule(source):
    with pytest.raises(HarnSyntaxError) as caught:
        parse_program(source, "a.harn")
    for each in caught.value.diagnostics:
        (rule,) = rules_by_code()[each.code]
        assert (rule.severity, rule.message) == (each.severity, "{text}")


def test_the_texts_that_the_specification_gives_are_those_of_the_rules():
    spelled = {rule.message for rules in rules_by_code().values() for rule in rules}
    assert {
        "preflight: unresolved import '{path}'",
        "preflight: import collision — '{name}' is exported by both '{first}' and '{path}'",
        "preflight: {kind} '{target}' does not exist at {places}",
        "preflight: template '{target}' has a syntax error: {problem}",
        "preflight: execution directory '{directory}' does not exist at {place}",
        "preflight: worker execution cwd '{directory}' does not exist at {place}",
        "preflight: worker worktree repo '{directory}' does not exist at {place}",
        'preflight: host_invoke(...) was removed; use host_call("capability.operation", args)',
        'preflight: host_call(...) requires a literal "capability.operation" name for static validation',
        "preflight: unknown host capability/operation '{name}'",
        "failed to parse {path}: {reason}",
        "Error reading {path}: {reason}",
        "compile error: {text}",
    } <= spelled

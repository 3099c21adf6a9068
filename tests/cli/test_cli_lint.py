"""`harn lint`: its targets, its output, its exit status, its settings, and what --fix writes."""

from __future__ import annotations

import json

import pytest
from harn_process import harn, write

UNUSED = "let x = 1\n"
UNUSED_REPORT = """\
warning: variable `x` is declared but never used
  --> a.harn:1:1
   |
 1 | let x = 1
   | ^^^^^^^^^ lint[unused-variable]
   = help: prefix with underscore: `_x`
"""


def lint(directory, *words):
    ended = harn("lint", *words, cwd=directory)
    return ended.status, ended.output, ended.errors


def codes(directory, *words):
    """The rules that report something, in order."""
    return [each["code"] for each in json.loads(lint(directory, "--json", *words)[1])["diagnostics"]]


# --- targets and output -----------------------------------------------------------------------------------------------


def test_findings_go_to_stderr_and_clean_files_to_stdout(tmp_path):
    write(tmp_path, "a.harn", UNUSED)
    write(tmp_path, "b.harn", "log(1)\n")
    assert lint(tmp_path, "b.harn", "a.harn") == (0, "b.harn: no issues found\n", UNUSED_REPORT)


def test_directories_are_searched_and_files_taken_whatever_they_are_called(tmp_path):
    for name in ("d/z.harn", "d/e/y.harn", "d/notes.txt", "script.txt"):
        write(tmp_path, name, "log(1)\n")
    status, output, _ = lint(tmp_path, "script.txt", "d", "d/z.harn")
    assert status == 0
    assert [line.partition(":")[0] for line in output.splitlines()] == ["d/e/y.harn", "d/z.harn", "script.txt"]


def test_an_empty_directory_and_no_target_are_usage_errors(tmp_path):
    status, _, errors = lint(tmp_path, ".")
    assert status == 2
    assert errors.startswith("error: no .harn files found under the given target(s)\n")
    assert lint(tmp_path)[0] == 2


def test_a_file_that_does_not_parse_ends_the_command_with_its_errors(tmp_path):
    write(tmp_path, "a.harn", UNUSED)
    write(tmp_path, "b.harn", "let unused = 1\nlet y = )\n")
    status, output, errors = lint(tmp_path, ".")
    assert (status, output) == (1, "")
    assert errors.startswith("error: Expected expression, got ) at 2:9\n  --> b.harn:2:9\n")
    assert "lint[" not in errors


def test_an_unreadable_file_is_named_with_the_reason(tmp_path):
    assert lint(tmp_path, "none.harn") == (
        1,
        "",
        "Error reading none.harn: No such file or directory (os error 2)\n",
    )


def test_errors_fail_and_warnings_do_unless_the_manifest_is_strict(tmp_path):
    write(tmp_path, "a.harn", "break\n")
    assert lint(tmp_path, "a.harn")[0] == 1
    write(tmp_path, "a.harn", UNUSED)
    write(tmp_path, "harn.toml", "[check]\nstrict = true\n")
    assert lint(tmp_path, "a.harn") == (1, "", UNUSED_REPORT)
    write(tmp_path, "a.harn", "log(1)\n")
    assert lint(tmp_path, "a.harn")[0] == 0


def test_a_zero_width_finding_is_shown_at_the_beginning_of_its_line(tmp_path):
    write(tmp_path, "a.harn", "log([\n  1,\n    2\n])\n")
    assert lint(tmp_path, "a.harn")[2] == (
        "warning: multiline comma-separated list is missing a trailing comma\n"
        "  --> a.harn:3:1\n"
        "   |\n"
        " 3 |     2\n"
        "   | ^ lint[trailing-comma]\n"
        "   = help: add a trailing comma after the last item\n"
    )


def test_findings_as_a_document(tmp_path):
    write(tmp_path, "a.harn", UNUSED)
    document = json.loads(lint(tmp_path, "--format", "json", "a.harn")[1])
    (finding,) = document["diagnostics"]
    assert (finding["code"], finding["severity"], finding["fixes"][0]["text"]) == ("unused-variable", "warning", "_x")
    assert lint(tmp_path, "--format", "github", "a.harn")[1].startswith("::warning file=a.harn,line=1,col=1")


def test_five_thousand_levels_of_nesting(tmp_path):
    write(tmp_path, "a.harn", "log(" + "[" * 5000 + "]" * 5000 + ")\n" + "if a { " * 5000 + "b" + " }" * 5000)
    assert lint(tmp_path, "--fix", "a.harn") == (0, "", "")
    assert lint(tmp_path, "a.harn") == (0, "a.harn: no issues found\n", "")


# --- several files ----------------------------------------------------------------------------------------------------


def test_functions_that_another_target_imports_are_used(tmp_path):
    write(tmp_path, "lib/one.harn", "fn helper() { return 1 }\n")
    write(tmp_path, "main.harn", 'import { helper } from "lib/one"\n\nlog(helper())\n')
    assert codes(tmp_path, "lib/one.harn") == ["unused-function"]
    assert codes(tmp_path, ".") == []


def test_only_selective_imports_of_other_targets_count(tmp_path):
    write(tmp_path, "lib/all.harn", "fn helper() { return 1 }\n")
    write(tmp_path, "main.harn", 'import "lib/all"\n\nlog(helper())\n')
    document = json.loads(lint(tmp_path, "--json", ".")[1])
    assert [(each["path"], each["code"]) for each in document["diagnostics"]] == [("lib/all.harn", "unused-function")]


# --- --fix ------------------------------------------------------------------------------------------------------------


def test_fixes_are_written_counted_and_what_remains_is_printed(tmp_path):
    file = write(tmp_path, "a.harn", "var n = 1\nif ok == true { go(n) }\nlet m = n == nil ? 0 : n\nlog(m)\n")
    status, output, errors = lint(tmp_path, "--fix", "a.harn")
    assert (status, output) == (0, "a.harn: applied 3 fix(es)\n")
    assert file.read_text() == "let n = 1\nif ok { go(n) }\nlet m = n ?? 0\nlog(m)\n"
    assert "function `go` is not defined" in errors
    assert "redundant" not in errors


def test_corrections_of_the_type_checker_are_written_too(tmp_path):
    file = write(tmp_path, "a.harn", 'var n = 1\nlog("a" + n)\nlog("b" + nil)\n')
    assert lint(tmp_path, "--fix", "a.harn") == (0, "a.harn: applied 3 fix(es)\na.harn: no issues found\n", "")
    assert file.read_text() == 'let n = 1\nlog("a${n}")\nlog("b${nil}")\n'


def test_a_file_with_two_names_is_fixed_once(tmp_path):
    write(tmp_path, "a.harn", "let x = 1\n\nprintln(x == true)\n")
    (tmp_path / "b.harn").symlink_to("a.harn")
    assert lint(tmp_path, "--fix", "a.harn", "b.harn") == (
        0,
        "a.harn: applied 1 fix(es)\na.harn: no issues found\n",
        "",
    )
    assert (tmp_path / "b.harn").is_symlink()


def test_without_anything_to_fix_nothing_is_printed_and_nothing_fails(tmp_path):
    file = write(tmp_path, "a.harn", "break\nnope()\n")
    before = file.stat().st_mtime_ns
    assert lint(tmp_path, "--fix", "a.harn") == (0, "", "")
    assert file.stat().st_mtime_ns == before


def test_what_is_left_after_fixing_does_not_fail(tmp_path):
    write(tmp_path, "a.harn", "let x = 1\nbreak\n")
    status, output, errors = lint(tmp_path, "--fix", "a.harn")
    assert (status, output) == (0, "a.harn: applied 1 fix(es)\n")
    assert "error: `break` used outside of a loop" in errors


def test_one_run_is_one_pass(tmp_path):
    file = write(tmp_path, "a.harn", 'import { a, b, c } from "m"\n\nlog(a)\n')
    assert lint(tmp_path, "--fix", "a.harn")[1] == "a.harn: applied 1 fix(es)\n"
    assert file.read_text() == 'import { a, b } from "m"\n\nlog(a)\n'
    assert lint(tmp_path, "--fix", "a.harn")[1:] == ("a.harn: applied 1 fix(es)\na.harn: no issues found\n", "")
    assert file.read_text() == 'import { a } from "m"\n\nlog(a)\n'


def test_marks_and_line_ends_of_a_file_stay(tmp_path):
    file = tmp_path / "a.harn"
    file.write_bytes(b"\xef\xbb\xbfvar x = 1\r\nlet y = 2\r\nlog(x, y)\r\n")
    assert lint(tmp_path, "--fix", "a.harn")[0] == 0
    assert file.read_bytes() == b"\xef\xbb\xbflet x = 1\r\n\r\nlet y = 2\r\nlog(x, y)\r\n"


def test_disabled_rules_and_allowed_findings_are_not_fixed(tmp_path):
    file = write(tmp_path, "a.harn", "var x = 1 // harn: allow(mutable-never-reassigned)\nlog(x == true)\n")
    write(tmp_path, "harn.toml", '[lint]\ndisabled = ["comparison-to-bool"]\n')
    assert lint(tmp_path, "--fix", "a.harn") == (0, "", "")
    assert file.read_text().startswith("var x")


def test_a_header_is_inserted_if_it_is_asked_for(tmp_path):
    file = write(tmp_path, "my_tool.harn", "log(1)\n")
    assert codes(tmp_path, "my_tool.harn") == []
    assert codes(tmp_path, "--require-file-header", "my_tool.harn") == ["require-file-header"]
    lint(tmp_path, "--fix", "--require-file-header", "my_tool.harn")
    assert file.read_text() == "/**\n * My tool.\n */\n\nlog(1)\n"


# --- settings ---------------------------------------------------------------------------------------------------------

BRANCHES = "fn _f(a) { return a ? 1 : 2 }\n"


@pytest.mark.parametrize(
    "settings, expected",
    [
        ("", ["unused-variable"]),
        ('[lint]\ndisabled = ["unused-variable"]', []),
        ('[check]\ndisable_rules = ["unused-variable"]', []),
        ('[lint]\ndisabled = ["unused-varible"]', ["unused-variable"]),
        ("[lint]\nrequire_file_header = true", ["require-file-header", "unused-variable"]),
        ("[lint]\nrequire-file-header = true", ["require-file-header", "unused-variable"]),
        ("[lint]\ncomplexity_threshold = 1", ["cyclomatic-complexity", "unused-variable"]),
        ("[lint]\ncomplexity-threshold = 1", ["cyclomatic-complexity", "unused-variable"]),
        ("[lint]\ncomplexity_threshold = 2\n[other]\nx = 1", ["unused-variable"]),
    ],
)
def test_settings_of_a_project(tmp_path, settings, expected):
    write(tmp_path, "harn.toml", settings)
    write(tmp_path, "src/a.harn", BRANCHES + "\n" + UNUSED)
    assert codes(tmp_path, "src") == expected


def test_the_threshold_and_the_header_are_not_for_check(tmp_path):
    write(
        tmp_path,
        "harn.toml",
        "[lint]\ncomplexity_threshold = 1\nrequire_file_header = true\ndisabled = ['unused-variable']",
    )
    write(tmp_path, "a.harn", BRANCHES + "\n" + UNUSED)
    checked = json.loads(harn("check", "--json", "a.harn", cwd=tmp_path).output)
    assert [each["code"] for each in checked["diagnostics"]] == ["unused-variable"]


@pytest.mark.parametrize(
    "settings, reason",
    [
        ("[lint", "Expected ']'"),
        ("lint = 1", "[lint] is not a table"),
        ("check = true", "[check] is not a table"),
        ("fmt = 80", "[fmt] is not a table"),
        ("[check]\nstrict = 'yes'", "[check].strict is neither true nor false"),
        ("[check]\nstrict = 1", "[check].strict is neither true nor false"),
        ("[check]\nstrict_types = 'yes'", "[check].strict_types is neither true nor false"),
        ("[lint]\ndisabled = 'unused-variable'", "[lint].disabled is not a list of strings"),
        ("[lint]\ndisabled = [1]", "[lint].disabled is not a list of strings"),
        ("[check]\ndisable_rules = {}", "[check].disable_rules is not a list of strings"),
        ("[lint]\nrequire_file_header = 'yes'", "[lint].require_file_header is neither true nor false"),
        ("[lint]\ncomplexity_threshold = 2.5", "[lint].complexity_threshold is not a whole number from 0 on"),
        ("[lint]\ncomplexity_threshold = true", "[lint].complexity_threshold is not a whole number from 0 on"),
        ("[lint]\ncomplexity_threshold = -1", "[lint].complexity_threshold is not a whole number from 0 on"),
    ],
)
def test_settings_that_make_no_sense_are_a_warning_and_count_as_absent(tmp_path, settings, reason):
    path = write(tmp_path, "harn.toml", settings)
    write(tmp_path, "a.harn", UNUSED)
    status, _, errors = lint(tmp_path, "a.harn")
    assert status == 0
    assert errors.startswith(f"warning: failed to parse {path}: {reason}")
    assert errors.endswith(UNUSED_REPORT)


def test_the_doctor_names_rules_that_do_not_exist(tmp_path):
    write(
        tmp_path,
        "harn.toml",
        '[lint]\ndisabled = ["unused-varible", "trailing-comma"]\n[check]\ndisable_rules = ["zzz"]\n',
    )
    report = harn("doctor", "--no-network", cwd=tmp_path).output
    assert "WARN  lint" in report
    assert "[lint].disabled: no lint rule is called `unused-varible` (did you mean `unused-variable`?)" in report
    assert "[check].disable_rules: no lint rule is called `zzz`" in report
    write(tmp_path, "harn.toml", '[lint]\ndisabled = ["trailing-comma"]\n')
    assert "no lint rule" not in harn("doctor", "--no-network", cwd=tmp_path).output


def test_rules_are_explained(tmp_path):
    assert "compared with `true`" in harn("explain", "comparison-to-bool", cwd=tmp_path).output
    assert "harn: allow(" in harn("explain", "allow-comment", cwd=tmp_path).output

"""Programs with their expected result beside them: `harn test conformance`, and `harn test DIR`."""

from __future__ import annotations

import re

import pytest
from harn_process import harn, write
from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.test_expectations import BadPattern, error_matches, matches_filter, normalized


def suite(directory, root="conformance"):
    """Two programs that pass and one that is ignored."""
    write(directory, f"{root}/a/one.harn", 'println("one")  ')
    write(directory, f"{root}/a/one.expected", "one\n\n")
    write(directory, f"{root}/b.harn", 'throw "went wrong"')
    write(directory, f"{root}/b.error", "went\n")
    write(directory, f"{root}/ignored.harn", "does not parse )")


def test_programs_are_compared_with_their_expectations_in_path_order(tmp_path):
    suite(tmp_path)
    ended = harn("test", "conformance", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert ended.output == "  PASS  a/one.harn\n  PASS  b.harn\n\n2 passed, 0 failed, 2 total\n"


def test_a_difference_is_shown_line_by_line(tmp_path):
    write(tmp_path, "conformance/a.harn", 'println("same")\nprintln("is")')
    write(tmp_path, "conformance/a.expected", "same\nshould be\n")
    ended = harn("test", "conformance", cwd=tmp_path)
    assert ended.status == 1
    assert ended.output == (
        "  FAIL  a.harn\n\n0 passed, 1 failed, 1 total\n\nFailures:\n  a.harn:\n    same\n  - should be\n  + is\n"
    )


def test_verbose_also_lists_both_texts_and_times(tmp_path):
    write(tmp_path, "conformance/a.harn", 'println("is")')
    write(tmp_path, "conformance/a.expected", "should be\n")
    output = harn("test", "conformance", "-v", cwd=tmp_path).output
    assert re.match(r"  FAIL  a\.harn \(\d+ ms\)\n", output)
    assert "  expected:\n    should be\n  actual:\n    is\n" in output


@pytest.mark.parametrize(
    "source, expectation, failure",
    [
        ('throw "x"', ("a.expected", "y"), "a.harn: runtime error: Thrown: x"),
        ("let x = )", ("a.expected", "y"), "a.harn: runtime error: Expected expression, got ) at 1:9"),
        ("break", ("a.expected", "y"), "a.harn: runtime error: Compile error at line 1: break outside of loop"),
        ('println("x")', ("a.error", "y"), "a.harn: expected error containing 'y', but succeeded"),
        ('throw "x"', ("a.error", "y"), "a.harn:\n    expected error containing: y\n    actual error: Thrown: x"),
    ],
)
def test_every_way_to_fail_has_its_text(tmp_path, source, expectation, failure):
    write(tmp_path, "conformance/a.harn", source)
    write(tmp_path, f"conformance/{expectation[0]}", expectation[1])
    ended = harn("test", "conformance", cwd=tmp_path)
    assert ended.status == 1
    assert ended.output.endswith(f"\n\nFailures:\n  {failure}\n")


def test_a_program_that_takes_too_long_fails(tmp_path):
    write(tmp_path, "conformance/a.harn", "sleep(1h)")
    write(tmp_path, "conformance/a.expected", "y")
    ended = harn("test", "conformance", "--timeout", "300", cwd=tmp_path)
    assert ended.status == 1
    assert ended.output.endswith("\n\nFailures:\n  a.harn: timed out after 300ms\n")


def test_timing_adds_percentiles_and_the_slowest(tmp_path):
    suite(tmp_path)
    output = harn("test", "conformance", "--timing", cwd=tmp_path).output
    assert re.search(
        r"  PASS  a/one\.harn \(\d+ ms\)\n  PASS  b\.harn\n\n2 passed, 0 failed, 2 total\n\nTotal time: \d+ ms\n"
        r"Per-test: avg=\d+ ms  p50=\d+ ms  p95=\d+ ms  p99=\d+ ms\n\nSlowest 2 tests:\n(  [ \d]{6} ms  \S+\n){2}$",
        output,
    )


@pytest.mark.parametrize(
    "selection, shown", [("a", "a/one.harn"), ("conformance/b.harn", "b.harn"), ("b.harn", "b.harn")]
)
def test_a_selection_is_relative_to_the_working_directory_or_to_the_suite(tmp_path, selection, shown):
    suite(tmp_path)
    output = harn("test", "conformance", selection, cwd=tmp_path).output
    assert output == f"  PASS  {shown}\n\n1 passed, 0 failed, 1 total\n"


def test_what_cannot_be_run_is_said_on_stderr(tmp_path):
    def errors(*words):
        ended = harn("test", "conformance", *words, cwd=tmp_path)
        assert (ended.status, ended.output) == (1, "")
        return ended.errors

    assert errors() == "Directory not found: conformance\n"
    suite(tmp_path)
    write(tmp_path, "outside.harn", "")
    (tmp_path / "conformance/empty").mkdir()
    assert errors("none") == ("Conformance target not found: none. Expected a file or directory under conformance\n")
    assert errors("outside.harn") == "Conformance target must be inside conformance: outside.harn\n"
    assert errors("a/one.expected") == (
        "Conformance target must be a .harn file or directory: conformance/a/one.expected\n"
    )
    assert errors("empty") == "No .harn conformance tests found under conformance/empty\n"


def test_a_directory_with_expectations_is_run_by_its_name_as_well(tmp_path):
    suite(tmp_path, "lang")
    assert harn("test", "lang", cwd=tmp_path).output == (
        "  PASS  a/one.harn\n  PASS  b.harn\n\n2 passed, 0 failed, 2 total\n"
    )


def test_user_tests_and_expectations_of_a_directory_are_both_run(tmp_path):
    suite(tmp_path, "mixed")
    write(tmp_path, "mixed/t.harn", 'pipeline test_a(task) { throw "x" }')
    ended = harn("test", "mixed", cwd=tmp_path)
    assert ended.status == 1
    assert "0 passed, 1 failed, 1 total (" in ended.output
    assert ended.output.endswith("2 passed, 0 failed, 2 total\n")


def test_a_program_with_an_expectation_is_never_a_user_test(tmp_path):
    write(tmp_path, "lang/a.harn", 'pipeline test_a(task) { println("x") }')
    write(tmp_path, "lang/a.expected", "x")
    assert harn("test", "lang", cwd=tmp_path).output == "  PASS  a.harn\n\n1 passed, 0 failed, 1 total\n"


def test_parallel_runs_report_in_path_order(tmp_path):
    for name in "abcdef":
        write(tmp_path, f"lang/{name}.harn", f'println("{name}")')
        write(tmp_path, f"lang/{name}.expected", name)
    output = harn("test", "lang", "--parallel", cwd=tmp_path).output
    assert re.findall(r"PASS  (\w)\.harn", output) == list("abcdef")


def test_programs_run_in_the_working_directory_and_know_their_own(tmp_path):
    write(tmp_path, "lang/deep/a.harn", "println(basename(cwd()))\nprintln(basename(source_dir()))")
    write(tmp_path, "lang/deep/a.expected", f"{tmp_path.name}\ndeep")
    assert harn("test", "lang", cwd=tmp_path).status == 0


def test_programs_have_the_working_directory_as_their_execution_context(tmp_path):
    source = """
println(exec_at("data", "pwd").stdout.replace(execution_root(), "ROOT"))
println(project_root() == execution_root())
println(read_file("data/a.txt"))
"""
    write(tmp_path, "lang/deep/a.harn", source)
    write(tmp_path, "lang/deep/a.expected", "ROOT/data\n\ntrue\nbeside the project")
    write(tmp_path, "lang/deep/harn.toml", "")
    write(tmp_path, "harn.toml", "")
    write(tmp_path, "data/a.txt", "beside the project")
    assert harn("test", "lang", cwd=tmp_path).status == 0
    assert harn("test", "lang", "--parallel", cwd=tmp_path).status == 0


def test_no_program_sees_what_an_earlier_one_left(tmp_path):
    source = (
        'println(circuit_check("c"))\ncircuit_breaker("c", 1)\ncircuit_record_failure("c")\nprintln(circuit_check("c"))'
    )
    for name in "ab":
        write(tmp_path, f"lang/{name}.harn", source)
        write(tmp_path, f"lang/{name}.expected", "closed\nopen")
    assert harn("test", "lang", cwd=tmp_path).output.endswith("2 passed, 0 failed, 2 total\n")


def test_an_expectation_written_as_junit_xml_is_named_by_its_path(tmp_path):
    suite(tmp_path)
    harn("test", "conformance", "--junit", "out.xml", cwd=tmp_path)
    assert '<testcase name="a/one.harn" time="0.' in (tmp_path / "out.xml").read_text()


def test_a_bad_regular_expression_is_named(tmp_path):
    suite(tmp_path)
    ended = harn("test", "conformance", "--filter", "re:(", cwd=tmp_path)
    assert ended.status == 1
    assert ended.errors.startswith("invalid regular expression '(': ")


# --- matching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern, matches",
    [
        ("lists", True),
        ("nothing", False),
        ("maps|lists", True),
        ("maps|sets", False),
        ("li*s/*.harn", True),
        ("l?sts", True),
        ("l?ts", False),
        ("re:^lists/.*e\\.harn$", True),
        ("re:^sort", False),
        ("", True),
    ],
)
def test_a_filter_is_a_regex_alternatives_wildcards_or_a_substring(pattern, matches):
    assert matches_filter("lists/sortable.harn", pattern) is matches


@pytest.mark.parametrize(
    "wanted, actual, matches",
    [
        ("  boom ", "Thrown: boom", True),
        ("bang", "Thrown: boom", False),
        ("bang\nboom\n", "Thrown: boom", True),
        ("re:bo+m$", "Thrown: boom", True),
        ("re:^boom", "Thrown: boom", False),
        ("", "anything", True),
    ],
)
def test_one_line_of_an_error_expectation_has_to_match(wanted, actual, matches):
    assert error_matches(wanted, actual) is matches


def test_a_bad_pattern_in_an_expectation_raises():
    with pytest.raises(BadPattern, match="invalid regular expression"):
        error_matches("re:(", "x")


def test_measured_times_do_not_count():
    assert normalized("[timer] load: 12ms\n") == normalized("[timer] load: 7ms")


@given(st.text(), st.text(alphabet=" \t\n"))
def test_trailing_white_space_never_counts(text, blank):
    assert normalized(text + blank) == normalized(text)


@given(st.text(min_size=1), st.text(), st.text())
def test_a_path_passes_a_plain_substring_of_itself(part, before, after):
    special = part.startswith("re:") or any(character in part for character in "|*?[")
    assert special or matches_filter(before + part + after, part)

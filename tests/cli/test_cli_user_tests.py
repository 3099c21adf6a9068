"""`harn test PATH`: which tests are found, how each one runs, what is reported."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from xml.etree import ElementTree

import pytest
from harn_process import COMMAND, environment, harn, write
from support import HANG_SECONDS

PASSING = "pipeline test_a(task) { assert_eq(1 + 1, 2) }\n"


def report(text: str) -> str:
    """A report with its measured times replaced."""
    return re.sub(r"\(\d+ ms\)", "(N ms)", text)


def test_the_report_names_every_test_and_counts_them(tmp_path):
    path = write(tmp_path, "a.harn", PASSING + "@test\npipeline other(task) { }\npipeline neither(task) { }\n")
    ended = harn("test", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert report(ended.output) == (
        "Running 2 tests from 1 file...\n\n"
        "  PASS  test_a [a.harn] (N ms)\n"
        "  PASS  other [a.harn] (N ms)\n\n"
        "2 passed, 2 total (N ms)\n"
    )
    assert path.exists()


def test_a_failing_test_shows_the_indented_error_report_and_ends_with_1(tmp_path):
    write(tmp_path, "a.harn", PASSING + 'pipeline test_b(task) {\n  println("hidden")\n  throw "boom"\n}\n')
    ended = harn("test", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.errors) == (1, "")
    assert report(ended.output) == (
        "Running 2 tests from 1 file...\n\n"
        "  PASS  test_a [a.harn] (N ms)\n"
        "  FAIL  test_b [a.harn]\n"
        "        error: Thrown: boom\n"
        "          --> a.harn:4:3\n"
        "           |\n"
        '         4 |   throw "boom"\n'
        "           |   ^^^^^\n\n"
        "1 passed, 1 failed, 2 total (N ms)\n"
    )


def test_a_directory_is_searched_for_files_that_mention_tests_under_canonical_names(tmp_path):
    write(tmp_path, "b/x.harn", PASSING)
    write(tmp_path, "a.harn", "@test\npipeline marked(task) { }\n")
    write(tmp_path, "ignored.harn", "this does not even parse )")
    write(tmp_path, "readme.md", PASSING)
    output = harn("test", ".", cwd=tmp_path).output
    files = re.findall(r"PASS  \w+ \[(.*)\]", output)
    assert files == [str(tmp_path.resolve() / "a.harn"), str(tmp_path.resolve() / "b/x.harn")]
    assert output.startswith("Running 2 tests from 2 files...\n")


def test_without_a_path_the_directory_tests_is_run(tmp_path):
    write(tmp_path, "tests/a.harn", PASSING)
    assert "1 passed, 1 total" in harn("test", cwd=tmp_path).output


def test_without_a_path_and_without_tests_it_is_a_usage_error(tmp_path):
    ended = harn("test", cwd=tmp_path)
    assert ended.status == 2
    assert ended.errors.startswith("error: no path specified and no tests/ directory found\n")


def test_a_path_that_does_not_exist_is_named(tmp_path):
    ended = harn("test", "nowhere", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (1, "", "Path not found: nowhere\n")


def test_a_second_target_is_a_usage_error(tmp_path):
    write(tmp_path, "a.harn", PASSING)
    ended = harn("test", "a.harn", "b", cwd=tmp_path)
    assert ended.status == 2
    assert ended.errors.startswith("error: only `harn test conformance` accepts a second positional target\n")


def test_no_tests_at_all_is_no_failure(tmp_path):
    write(tmp_path, "a.harn", "let x = 1")
    ended = harn("test", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (0, "\nNo test pipelines found\n")


def test_a_filter_selects_by_substring_of_the_name(tmp_path):
    write(tmp_path, "a.harn", "pipeline test_one(task) { }\npipeline test_two(task) { }\n")
    output = harn("test", "a.harn", "--filter", "_tw", cwd=tmp_path).output
    assert re.findall(r"PASS  (\w+)", output) == ["test_two"]


def test_every_test_starts_from_a_fresh_program(tmp_path):
    write(
        tmp_path,
        "a.harn",
        """
let counter = atomic(0)
pipeline test_first(task) { atomic_add(counter, 1)
  assert_eq(atomic_get(counter), 1) }
pipeline test_second(task) { atomic_add(counter, 1)
  assert_eq(atomic_get(counter), 1) }
""",
    )
    assert "2 passed, 2 total" in harn("test", "a.harn", cwd=tmp_path).output


def test_a_test_runs_in_the_directory_of_its_file(tmp_path):
    write(
        tmp_path,
        "deep/a.harn",
        'pipeline test_a(task) { assert_eq(cwd(), source_dir())\nassert_eq(basename(cwd()), "deep") }',
    )
    assert "1 passed, 1 total" in harn("test", "deep", cwd=tmp_path).output


def test_programs_that_a_test_starts_run_there_too(tmp_path):
    write(
        tmp_path,
        "deep/a.harn",
        'pipeline test_a(task) { assert_eq(exec("pwd").stdout.trim(), source_dir())\n'
        'assert_eq(shell_at(".", "pwd").stdout.trim(), source_dir()) }',
    )
    assert "1 passed, 1 total" in harn("test", "deep", cwd=tmp_path).output


def test_a_test_that_takes_too_long_takes_its_programs_with_it(tmp_path):
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    write(tmp_path, "a.harn", 'pipeline test_slow(task) { shell("exec 3>alive; sleep 1000 & wait") }')
    assert "timed out after 700ms" in harn("test", "a.harn", "--timeout", "700", cwd=tmp_path).output
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_the_provider_is_mock_unless_one_is_chosen(tmp_path):
    write(tmp_path, "a.harn", 'pipeline test_a(task) { assert_eq(env("HARN_LLM_PROVIDER"), "mock") }')
    assert harn("test", "a.harn", cwd=tmp_path).status == 0
    assert harn("test", "a.harn", cwd=tmp_path, HARN_LLM_PROVIDER="local").status == 1


def harn_test_with_a_limit(tmp_path):
    """How `harn test a.harn` ends under a time limit, and the limit in milliseconds. One of its tests runs into any limit.

    Where another one did too, the machine was busy, so there are longer limits to try.
    """
    for limit in (300, 3_000, 30_000):
        ended = harn("test", "a.harn", "--timeout", str(limit), cwd=tmp_path)
        if ended.output.count("timed out after") == 1:
            break
    return ended, limit


@pytest.mark.parametrize("body", ["sleep(1h)", "while true { }"])
def test_a_test_that_takes_too_long_fails_whether_it_waits_or_works(tmp_path, body):
    write(tmp_path, "a.harn", f"pipeline test_slow(task) {{ {body} }}\n{PASSING}")
    ended, limit = harn_test_with_a_limit(tmp_path)
    assert ended.status == 1
    assert f"  FAIL  test_slow [a.harn]\n        timed out after {limit}ms\n  PASS  test_a" in ended.output


@pytest.mark.parametrize("cleanup", ["sleep(1h)", "while true { }", "try { while true { } } finally { sleep(1h) }"])
def test_a_test_whose_cleaning_up_never_ends_is_stopped_too(tmp_path, cleanup):
    write(tmp_path, "a.harn", f"pipeline test_slow(task) {{ try {{ sleep(1h) }} finally {{ {cleanup} }} }}\n{PASSING}")
    ended, limit = harn_test_with_a_limit(tmp_path)
    assert f"  FAIL  test_slow [a.harn]\n        timed out after {limit}ms\n  PASS  test_a" in ended.output


def test_a_test_finds_no_input_and_does_not_wait_for_it(tmp_path):
    write(tmp_path, "a.harn", 'pipeline test_ask(task) { assert_eq(prompt_user("name? "), "") }')
    assert harn("test", "a.harn", cwd=tmp_path, input="bob\n").status == 0


def test_a_file_below_the_working_directory_finds_what_lies_beside_it(tmp_path):
    write(tmp_path, "sub/lib.harn", 'pub fn greet() { return render("hello.tpl", {name: "you"}) }')
    write(tmp_path, "sub/hello.tpl", "hello {{name}}")
    write(
        tmp_path, "sub/a.harn", 'import { greet } from "lib"\npipeline test_a(task) { assert_eq(greet(), "hello you") }'
    )
    ended = harn("test", "sub/a.harn", cwd=tmp_path)
    assert "  PASS  test_a [sub/a.harn]" in ended.output


def test_a_failure_in_a_file_below_the_working_directory_shows_its_line(tmp_path):
    write(tmp_path, "sub/a.harn", 'pipeline test_a(task) { throw "no" }')
    assert '1 | pipeline test_a(task) { throw "no" }' in harn("test", "sub/a.harn", cwd=tmp_path).output


def test_a_test_that_exits_ends_itself_only(tmp_path):
    write(tmp_path, "a.harn", f"pipeline test_out(task) {{ exit(3) }}\n{PASSING}")
    output = harn("test", "a.harn", cwd=tmp_path).output
    assert "exit(3) ended the test" in output
    assert "1 passed, 1 failed, 2 total" in output


def test_a_file_that_does_not_parse_is_one_failed_entry(tmp_path):
    path = write(tmp_path, "a.harn", "pipeline test_a(task) { let x = ) }")
    output = harn("test", ".", cwd=tmp_path).output
    assert f"  FAIL  <file error> [{path.resolve()}]\n        Expected expression, got ) at 1:33\n" in output


def test_a_file_that_does_not_compile_fails_each_of_its_tests(tmp_path):
    write(tmp_path, "a.harn", "pipeline test_a(task) { }\npipeline test_b(task) {\n  break\n}")
    output = harn("test", "a.harn", cwd=tmp_path).output
    for name in ("test_a", "test_b"):
        assert (
            f"  FAIL  {name} [a.harn]\n        Compile error: Compile error at line 3: break outside of loop\n"
            in output
        )


def test_parallel_files_give_the_same_results_in_the_same_order(tmp_path):
    for name in "abcd":
        write(
            tmp_path,
            f"{name}.harn",
            f"pipeline test_{name}(task) {{ assert_eq(cwd(), {str(tmp_path.resolve())!r}) }}".replace("'", '"'),
        )
    ended = harn("test", ".", "--parallel", cwd=tmp_path)
    assert ended.status == 0
    assert re.findall(r"PASS  (\w+)", ended.output) == ["test_a", "test_b", "test_c", "test_d"]


def test_results_are_written_as_junit_xml(tmp_path):
    write(tmp_path, "a.harn", PASSING + 'pipeline test_b(task) { throw "<no>" }\n')
    ended = harn("test", "a.harn", "--junit", "out.xml", cwd=tmp_path)
    assert ended.output.endswith("JUnit XML written to out.xml\n")
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["test_a", "test_b"]
    assert "error: Thrown: <no>" in (suite[1][0].text or "")


def test_results_that_cannot_be_written_are_said_so(tmp_path):
    write(tmp_path, "a.harn", PASSING)
    ended = harn("test", "a.harn", "--junit", "no/such/out.xml", cwd=tmp_path)
    assert ended.errors == "Failed to write JUnit XML to no/such/out.xml: No such file or directory (os error 2)\n"


def test_watching_runs_again_after_a_change_until_it_is_interrupted(tmp_path):
    path = write(tmp_path, "a.harn", PASSING)
    process = subprocess.Popen(
        [*COMMAND, "test", ".", "--watch"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    seen = [next(lines)]
    while "total" not in seen[-1]:
        seen.append(next(lines))
    # At once: the watcher takes a file that stays empty for one poll for the change.
    write(tmp_path, "new", 'pipeline test_changed(task) { throw "x" }').replace(path)
    again = [next(lines)]
    while "total" not in again[-1]:
        again.append(next(lines))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=HANG_SECONDS)
    assert seen[:2] == ["Watching . for changes... (Ctrl+C to stop)\n", "\n"]
    assert again[:3] == ["\n", "--- file changed, re-running tests ---\n", "\n"]
    assert "test_changed" in "".join(again)
    assert (process.returncode, errors) == (0, "")


def test_tests_are_listed_and_not_run(tmp_path):
    write(
        tmp_path,
        "tests/a.harn",
        '@test\npipeline works(task) { write_file("ran", "") }\npipeline test_b(task) { }\nwrite_file("ran", "")',
    )
    write(tmp_path, "tests/sum.harn", "println(1)")
    write(tmp_path, "tests/sum.expected", "1")
    place = (tmp_path / "tests").resolve()
    ended = harn("test", "--list", cwd=tmp_path)
    assert (ended.status, ended.errors) == (0, "")
    assert ended.output == f"works [{place}/a.harn]\ntest_b [{place}/a.harn]\nsum.harn\n"
    assert harn("test", "tests/a.harn", "--list", "--filter", "b", cwd=tmp_path).output == "test_b [tests/a.harn]\n"
    assert not list(tmp_path.rglob("ran"))


def test_a_list_tells_of_files_that_cannot_be_parsed(tmp_path):
    write(tmp_path, "a.harn", "pipeline test_a(task) {")
    write(tmp_path, "b.harn", "pipeline test_b(task) { break }")
    ended = harn("test", ".", "--list", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, f"test_b [{tmp_path.resolve()}/b.harn]\n")
    assert ended.errors == f"{tmp_path.resolve()}/a.harn: Unexpected end of file, expected }}\n"

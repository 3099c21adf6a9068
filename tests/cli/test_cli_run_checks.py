"""Programs are checked before they run: what stops them, what is only said, and what of it is remembered."""

from __future__ import annotations

import subprocess
import sys

import pytest
from harn_process import environment, harn, write
from support import HANG_SECONDS

WRONG = 'println("started")\nlet n: int = "x"\n'
WRONG_TEXT = "error: 'n' declared as int, but assigned string\n  --> {path}:2:1\n   |\n 2 | let n: int = \"x\"\n"
DOUBTFUL = 'fn both(a, b) { return [a, b] }\nprintln("started")\nboth(1)\nprintln("done")\n'
DOUBTFUL_TEXT = "warning: Function 'both' expects 2 arguments, got 1\n  --> {path}:3:1\n   |\n 3 | both(1)\n"


@pytest.fixture
def own_cache(tmp_path):
    return {"HARN_CACHE_DIR": str(tmp_path / "cache")}


# --- harn run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("run", "a.harn"), ("a.harn",), ("bench", "a.harn"), ("run", "a.harn", "--", "x")])
def test_an_error_is_printed_and_nothing_is_executed(tmp_path, words):
    write(tmp_path, "a.harn", 'write_file("ran", "")\n' + WRONG)
    ended = harn(*words, cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("error: 'n' declared as int, but assigned string\n  --> a.harn:3:1\n")
    assert not (tmp_path / "ran").exists()


def test_inline_code_is_checked_as_well(tmp_path):
    ended = harn("run", "-e", WRONG, cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (1, "", WRONG_TEXT.format(path="<eval>"))


def test_a_warning_is_printed_and_the_program_runs(tmp_path):
    write(tmp_path, "a.harn", DOUBTFUL)
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, "started\ndone\n", DOUBTFUL_TEXT.format(path="a.harn"))


def test_with_an_error_the_warnings_are_printed_too(tmp_path):
    write(tmp_path, "a.harn", DOUBTFUL + 'let n: int = "x"\n')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert ended.errors.count("warning: ") == ended.errors.count("error: ") == 1
    assert ended.errors.startswith(DOUBTFUL_TEXT.format(path="a.harn"))


def test_warnings_come_before_a_compile_error(tmp_path):
    write(tmp_path, "a.harn", DOUBTFUL + "break\n")
    ended = harn("run", "a.harn", cwd=tmp_path)
    expected = (
        DOUBTFUL_TEXT.format(path="a.harn") + "error: compile error: Compile error at line 5: break outside of loop\n"
    )
    assert (ended.status, ended.output, ended.errors) == (1, "", expected)


def test_a_syntax_error_comes_before_every_other_one(tmp_path):
    write(tmp_path, "a.harn", WRONG + "let x = )\n")
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert ended.errors.startswith("error: Expected expression, got ) at 3:9\n")
    assert "declared as int" not in ended.errors


def test_strict_types_of_a_project_are_no_matter_of_running(tmp_path):
    write(tmp_path, "harn.toml", "[check]\nstrict = true\nstrict_types = true\n")
    write(tmp_path, "a.harn", 'fn f() {\n  let d = json_parse("{\\"a\\": 1}")\n  println(d.a)\n}\nf()\n')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, "1\n", "")


def test_imported_modules_are_not_checked(tmp_path):
    write(tmp_path, "lib.harn", 'let n: int = "x"\npub fn get() { return n }\n')
    write(tmp_path, "a.harn", 'import "lib"\nprintln(get())\n')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, "x\n", "")


def test_a_file_that_was_kept_as_a_module_is_still_checked_when_it_is_run(tmp_path, own_cache):
    write(tmp_path, "lib.harn", 'let n: int = "x"\npub fn get() { return n }\n')
    write(tmp_path, "a.harn", 'import "lib"\nprintln(get())\n')
    assert harn("run", "a.harn", cwd=tmp_path, **own_cache).status == 0
    assert harn("run", "lib.harn", cwd=tmp_path, **own_cache).status == 1
    assert harn("run", "a.harn", cwd=tmp_path, **own_cache).status == 0


def test_harn_test_does_not_check_user_tests(tmp_path, own_cache):
    source = 'pipeline test_it(task) {\n  let n: int = "x"\n  assert_eq(n, "x")\n}\n'
    write(tmp_path, "tests/test_a.harn", source)
    assert harn("test", "tests", cwd=tmp_path, **own_cache).status == 0
    # What that has kept was never checked, and is not taken for something that was.
    assert harn("run", "tests/test_a.harn", cwd=tmp_path, **own_cache).status == 1
    assert harn("test", "tests", cwd=tmp_path, **own_cache).status == 0


# --- what is remembered -----------------------------------------------------------------------------------------------

REPORT = """
import sys
from harnpy.cli.main import main
status = main(sys.argv[1:])
print(status, *sorted(name for name in sys.modules if name.startswith("harnpy.")))
"""


def run_reporting_modules(directory, cache):
    """Run a.harn as the command does: what it prints, and the modules that were loaded for it."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, "run", "a.harn"],
        cwd=directory,
        env=environment(**cache),
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=True,
    )
    *output, report = done.stdout.splitlines()
    status, *modules = report.split()
    return (int(status), output, done.stderr), modules


def of_checker(modules):
    return [name for name in modules if name.startswith(("harnpy.analysis.checker", "harnpy.analysis.types"))]


def test_a_second_run_says_the_same_without_the_checker(tmp_path, own_cache):
    write(tmp_path, "a.harn", DOUBTFUL)
    cold, modules = run_reporting_modules(tmp_path, own_cache)
    assert of_checker(modules)
    warm, modules = run_reporting_modules(tmp_path, own_cache)
    assert warm == cold == (0, ["started", "done"], DOUBTFUL_TEXT.format(path="a.harn"))
    assert not of_checker(modules)
    assert "harnpy.syntax.parser" not in modules


def test_a_second_run_of_a_program_without_findings_loads_nothing_of_the_syntax_layer(tmp_path, own_cache):
    write(tmp_path, "a.harn", "println(1)")
    run_reporting_modules(tmp_path, own_cache)
    warm, modules = run_reporting_modules(tmp_path, own_cache)
    assert warm == (0, ["1"], "")
    assert [name for name in modules if name.startswith(("harnpy.syntax", "harnpy.analysis"))] == []


def test_a_mended_program_runs_and_a_broken_one_does_not(tmp_path, own_cache):
    for source, status in ((WRONG, 1), (WRONG.replace('"x"', "1"), 0), (WRONG, 1)):
        write(tmp_path, "a.harn", source)
        assert harn("run", "a.harn", cwd=tmp_path, **own_cache).status == status


def test_a_program_that_fails_its_check_fails_it_every_time(tmp_path, own_cache):
    write(tmp_path, "a.harn", WRONG)
    first, second = (harn("run", "a.harn", cwd=tmp_path, **own_cache) for _ in range(2))
    assert first == second
    assert first.errors == WRONG_TEXT.format(path="a.harn")


def test_warnings_name_the_file_that_is_run_wherever_it_was_when_they_were_found(tmp_path, own_cache):
    write(tmp_path, "a.harn", DOUBTFUL)
    harn("run", "a.harn", cwd=tmp_path, **own_cache)
    (tmp_path / "a.harn").rename(tmp_path / "b.harn")
    assert harn("run", "b.harn", cwd=tmp_path, **own_cache).errors == DOUBTFUL_TEXT.format(path="b.harn")


# --- harn bench -------------------------------------------------------------------------------------------------------


def test_bench_says_a_warning_once(tmp_path):
    write(tmp_path, "a.harn", DOUBTFUL)
    ended = harn("bench", "a.harn", "-n", "3", cwd=tmp_path)
    assert ended.status == 0
    assert ended.output.startswith("Benchmark: a.harn\nIterations: 3\n")
    assert ended.errors == DOUBTFUL_TEXT.format(path="a.harn")


# --- programs with the output expected of them ------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("conformance",), ("suite",)])
@pytest.mark.parametrize(
    ("source", "kind", "expectation"),
    [
        (DOUBTFUL, "expected", "warning: Function 'both' expects 2 arguments, got 1\nstarted\ndone\n"),
        (WRONG, "error", "re:^'n' declared as int, but assigned string$"),
        # The first error counts, whatever was found before it.
        (DOUBTFUL + 'let n: int = "x"\nlet m: int = "y"\n', "error", "re:^'n' declared as int, but assigned string$"),
        (DOUBTFUL + "break\n", "error", "re:^Compile error at line 5: break outside of loop$"),
        (WRONG + "let x = )\n", "error", "re:^Expected expression, got \\) at 3:9$"),
        (DOUBTFUL + 'throw "no"\n', "error", "re:^Thrown: no$"),
    ],
)
def test_expectations_see_warnings_as_output_and_errors_by_their_message(tmp_path, words, source, kind, expectation):
    write(tmp_path, f"{words[0]}/a.harn", source)
    write(tmp_path, f"{words[0]}/a.{kind}", expectation)
    ended = harn("test", *words, cwd=tmp_path)
    assert (ended.status, "1 passed" in ended.output) == (0, True), ended.output


# --- harn repl --------------------------------------------------------------------------------------------------------


def repl(*inputs):
    """What a session prints for these inputs: its output without greeting and farewell, and its errors."""
    ended = harn("repl", input="".join(f"{each}\n" for each in inputs))
    assert ended.status == 0
    lines = ended.output.splitlines()
    assert lines[0].startswith("Harn REPL") and lines[-1] == "Goodbye!"
    return lines[2:-1], ended.errors.splitlines()


def test_an_input_with_an_error_is_not_run():
    assert repl('print("ran"); let quantity: int = "x"', "quantity") == (
        [],
        [
            "Error: 'quantity' declared as int, but assigned string",
            "Error: Runtime error: Undefined variable: quantity (line 1)",
        ],
    )


def test_a_warning_is_a_line_of_output_before_that_of_the_input():
    output, errors = repl("fn both(a, b) { return a }", "both(1)", 'log(1 < "x")')
    assert errors == []
    assert "warning: Comparing int with string using '<' may give unexpected results" in output
    # The value of an expression is that of a `let`, into which the checker does not look.
    assert not [line for line in output if "expects 2 arguments" in line]


def test_later_inputs_are_checked_by_what_earlier_ones_declare():
    declared = ("fn need(n: int) { return n }", "var count = 1", "struct P { x: int }")
    output, errors = repl(*declared, 'log(need("x"))', 'count = "two"', 'log(P {x: "a"})', "log(need(2))")
    assert errors == [
        "Error: Argument 1 ('n'): expected int, got string",
        "Error: can't assign string to 'count' (declared as int)",
        "Error: Field 'x' in struct 'P' expects int, got string",
    ]
    assert output == ["[harn] 2"]


def test_a_finding_about_one_input_is_not_repeated_with_the_next():
    output, errors = repl("fn both(a, b) { return a }", "if true { both(1) }", "1 + 1", "2 + 2")
    assert (output, errors) == (["warning: Function 'both' expects 2 arguments, got 1", "2", "4"], [])


def test_a_declaration_that_is_made_again_counts_as_it_is_now():
    output, errors = repl(
        "fn need(n: int) { return n }",
        "fn need(n: string) { return n }",
        'log(need("x"))',
        "let k = 1",
        'let k = "a"',
        'log(k + "b")',
    )
    assert (output, errors) == (["[harn] x", "[harn] ab"], [])


def test_what_failed_declares_nothing():
    output, errors = repl('fn need(n: int) { return n }; throw "no"', 'if false { need("x") }', "3")
    assert errors == ["Error: Thrown: no"]
    assert output == ["3"]


def test_syntax_errors_have_the_position_in_their_input():
    assert repl("let a = 1", "let b = )")[1] == ["Error: Expected expression, got ) at 1:9"]


# --- harn watch -------------------------------------------------------------------------------------------------------


def test_a_watched_program_is_checked_each_time(tmp_path):
    write(tmp_path, "a.harn", WRONG)
    process = subprocess.Popen(
        [sys.executable, "-m", "harnpy", "watch", "a.harn"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        shown = []
        while "[watch] watching" not in (line := process.stderr.readline()):
            assert line
            shown.append(line)
        assert "error: 'n' declared as int, but assigned string\n" in shown
        write(tmp_path, "a.harn", "println(1)")
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
    finally:
        process.terminate()
        process.communicate(timeout=HANG_SECONDS)


def test_a_main_that_waits_for_a_harness_is_told_that_nothing_calls_it(tmp_path):
    write(tmp_path, "a.harn", 'fn main(harness: Harness) {\n  println("never")\n}\n')
    for _ in range(2):  # compiled, and from the cache
        ended = harn("run", "a.harn", cwd=tmp_path)
        assert (ended.status, ended.output) == (0, "")
        assert ended.errors.startswith(
            "warning: nothing calls `main`: programs that start with a harness belong to newer"
        )
        assert "= help: write `pipeline main() { ... }`" in ended.errors


def test_a_main_that_is_called_or_takes_something_else_is_nothing_special(tmp_path):
    write(tmp_path, "a.harn", "fn main(harness) {\n  println(harness)\n}\n\nmain(1)\n")
    write(tmp_path, "b.harn", "fn main(n: int) {\n  println(n)\n}\n")
    for name, output in (("a.harn", "1\n"), ("b.harn", "")):
        ended = harn("run", name, cwd=tmp_path)
        assert (ended.status, ended.output, ended.errors) == (0, output, "")


@pytest.mark.parametrize(
    ("source", "place", "help_line"),
    [
        ("const y = 3\n", "a.harn:1:1", "`const` is no keyword here: declare it with `let`"),
        (
            "let xs = [1]\nprintln(xs.length() + 1)\n",
            "a.harn:2:9",
            "a list has no method `length`: the call gives nil: write `.count(...)`",
        ),
    ],
)
def test_a_failure_at_a_foreign_spelling_says_what_to_write(tmp_path, source, place, help_line):
    write(tmp_path, "a.harn", source)
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert ended.status == 1
    assert f"  --> {place}\n" in ended.errors
    assert ended.errors.endswith(f"\n  = help: {help_line}\n")


def test_a_failure_elsewhere_has_no_such_help(tmp_path):
    write(tmp_path, "a.harn", "let xs = [1]\nprintln(xs.length())\nprintln(missing)\n")
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "nil\n")
    assert "help" not in ended.errors

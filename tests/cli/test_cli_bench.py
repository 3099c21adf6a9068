"""`harn bench`: the report and what a benchmark is made of."""

from __future__ import annotations

import json
import re

import pytest
from harn_process import harn, write

CALLING = """
llm_mock({text: "yes", input_tokens: 1000, output_tokens: 200})
println(llm_call("say yes").text)
"""


def test_the_report_is_exact_but_for_the_wall_time(tmp_path):
    write(tmp_path, "a.harn", CALLING)
    ended = harn("bench", "a.harn", "-n", "4", cwd=tmp_path, HARN_LLM_PROVIDER="mock")
    assert (ended.status, ended.errors) == (0, "")
    lines = ended.output.splitlines()
    assert lines[:2] == ["Benchmark: a.harn", "Iterations: 4"]
    number = r"(\d+\.\d\d)"
    wall = re.fullmatch(
        rf"Wall time: min {number} ms \| avg {number} ms \| max {number} ms \| total {number} ms", lines[2]
    )
    least, mean, most, total = map(float, wall.groups())
    assert least <= mean <= most <= total
    assert abs(mean * 4 - total) < 0.05
    assert re.fullmatch(r"LLM time: total \d+ ms \| avg \d+\.\d\d ms/run", lines[3])
    assert lines[4:] == [
        "LLM calls: total 4 | avg 1.00/run",
        "Input tokens: total 4000 | avg 1000.00/run",
        "Output tokens: total 800 | avg 200.00/run",
        "Cost: total $0.0240 | avg $0.0060/run",
    ]


def test_ten_runs_are_the_default(tmp_path):
    write(tmp_path, "a.harn", 'append_file("runs.txt", "x")')
    assert "\nIterations: 10\n" in harn("bench", "a.harn", cwd=tmp_path).output
    assert (tmp_path / "runs.txt").read_text() == "x" * 10


def test_the_figures_can_be_had_as_json(tmp_path):
    write(tmp_path, "a.harn", CALLING)
    ended = harn("bench", "--json", "--iterations=2", "a.harn", cwd=tmp_path, HARN_LLM_PROVIDER="mock")
    document = json.loads(ended.output)
    assert (document["file"], document["iterations"]) == ("a.harn", 2)
    wall = document["wall_ms"]
    assert len(wall["runs"]) == 2
    assert (wall["min"], wall["max"]) == (min(wall["runs"]), max(wall["runs"]))
    time_ms = document["llm"].pop("time_ms")
    assert isinstance(time_ms, int)
    assert document["llm"] == {"calls": 2, "input_tokens": 2000, "output_tokens": 400, "cost_usd": 0.012}


def test_every_run_starts_from_nothing(tmp_path):
    write(
        tmp_path,
        "a.harn",
        """
assert_eq(llm_mock_calls(), [])
assert_eq(eval_metrics(), [])
llm_mock({text: "x"})
llm_call("x")
eval_metric("seen", 1)
""",
    )
    assert harn("bench", "a.harn", "-n", "3", cwd=tmp_path, HARN_LLM_PROVIDER="mock").status == 0


def test_a_program_has_its_arguments_in_every_run(tmp_path):
    write(tmp_path, "a.harn", 'append_file("seen.txt", "${argv}\\n")')
    assert harn("bench", "a.harn", "-n", "2", "--", "--fast", "é", cwd=tmp_path).status == 0
    assert harn("bench", "a.harn", "-n", "1", cwd=tmp_path).status == 0
    assert (tmp_path / "seen.txt").read_text(encoding="utf-8") == "[--fast, é]\n[--fast, é]\n[]\n"


def test_no_iterations_are_refused(tmp_path):
    ended = harn("bench", "missing.harn", "-n", "0", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: `harn bench` requires at least one iteration\n"
    assert harn("bench", "a.harn", "-n", "many", cwd=tmp_path).status == 2


def test_a_failing_run_aborts_the_benchmark(tmp_path):
    write(
        tmp_path,
        "a.harn",
        'append_file("runs.txt", "x")\nif len(read_file("runs.txt")) == 3 {\n  throw "enough"\n}',
    )
    ended = harn("bench", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("error: Thrown: enough\n  --> a.harn:3:3\n")
    assert ended.errors.endswith("\nbenchmark aborted on iteration 3\n")


@pytest.mark.parametrize(
    ("code", "status", "errors"),
    [(0, 0, ""), (3, 1, "error: the program ended with `exit(3)`\nbenchmark aborted on iteration 1\n")],
)
def test_exit_ends_a_run_and_its_code_says_whether_it_failed(code, status, errors, tmp_path):
    write(tmp_path, "a.harn", f"exit({code})")
    ended = harn("bench", "a.harn", "-n", "2", cwd=tmp_path)
    assert (ended.status, ended.errors) == (status, errors)


def test_what_cannot_be_read_parsed_or_compiled_is_reported_as_by_run(tmp_path):
    write(tmp_path, "parse.harn", "let = 1")
    write(tmp_path, "compile.harn", "break")
    for name in ("missing.harn", "parse.harn", "compile.harn"):
        ran, benched = harn("run", name, cwd=tmp_path), harn("bench", name, cwd=tmp_path)
        assert (benched.status, benched.output, benched.errors) == (1, "", ran.errors)
        assert ran.status == 1

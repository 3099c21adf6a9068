"""What the benchmark runner computes from its measurements."""

from __future__ import annotations

import json
import sys

import back_edges
import compile_speed
import pytest
import run as suite
from bars import Bar, Outcome
from comparison import Comparison, DifferentOutput, Growth, StartUp, Times, compare, geometric_mean
from pairs import Pair
from processes import Command, CommandFailed, Usage, interleaved, least_cpu, median_cpu, run


def comparison(harn: float, python: float) -> Comparison:
    return Comparison("sum", 1, Times(harn, harn), Times(python, python), 2e7, 1e7)


def python(code: str, **settings: object) -> Command:
    return Command((sys.executable, "-c", code), **settings)


def test_each_round_runs_every_command_and_every_other_round_turns_the_order_around():
    order = []

    def note(command: Command) -> Usage:
        order.append(command.arguments[0])
        return Usage(0.0, 0.0, 0, "")

    usages = interleaved({name: Command((name,)) for name in "abc"}, 3, note)
    assert "".join(order) == "abccbaabc"
    assert {name: len(runs) for name, runs in usages.items()} == {"a": 3, "b": 3, "c": 3}


def test_the_median_or_the_least_run_decides():
    assert median_cpu([Usage(0, cpu, 0, "") for cpu in (9.0, 1.0, 2.0)]) == 2.0
    assert least_cpu([Usage(0, cpu, 0, "") for cpu in (9.0, 1.0, 2.0)]) == 1.0


def test_a_run_reports_what_the_child_printed_and_what_it_took():
    usage = run(python("print(sum(range(100000)))"))
    assert usage.output == "4999950000\n"
    assert usage.cpu > 0 and usage.wall > 0
    assert usage.peak_memory > 1_000_000


def test_the_peak_of_a_run_is_its_own_and_not_that_of_who_started_it():
    mine = bytearray(200_000_000)
    mine[::4096] = b"x" * len(mine[::4096])
    assert run(python("pass")).peak_memory < 100_000_000 < run(python("x = b'x' * 150_000_000")).peak_memory


def test_a_run_has_the_tier_and_an_empty_cache_directory_of_its_own():
    code = "import os; print(os.environ['HARN_JIT'], os.listdir(os.environ['HARN_CACHE_DIR']))"
    assert run(python(code, jit="eager")).output == "eager []\n"


def test_a_cache_directory_that_is_named_is_used(tmp_path):
    code = "import os; print(os.environ['HARN_CACHE_DIR'])"
    assert run(python(code, cache=str(tmp_path))).output == f"{tmp_path}\n"


def test_a_command_that_fails_stops_the_benchmark():
    with pytest.raises(CommandFailed, match="ended with 3"):
        run(python("raise SystemExit(3)"))


def test_a_command_that_does_not_end_is_killed_at_its_time_limit():
    with pytest.raises(CommandFailed, match=r"did not end within 0\.2 s"):
        run(python("while True: pass", time_limit=0.2))


def test_start_up_is_subtracted_from_both(tmp_path):
    program = tmp_path / "one.harn"
    program.write_text("println(1)")
    twin = tmp_path / "one.py"
    twin.write_text("print(1)")
    endless_start = StartUp(Times(1000.0, 1000.0), Times(1000.0, 1000.0))
    result = compare(Pair("one", program, twin, 1), 1, 1, "off", str(tmp_path), endless_start)
    assert result.ratio == 1.0


def test_a_program_that_prints_something_else_than_its_twin_is_not_compared(tmp_path):
    program = tmp_path / "one.harn"
    program.write_text("println(1)")
    twin = tmp_path / "one.py"
    twin.write_text("print(2)")
    nothing = StartUp(Times(0.0, 0.0), Times(0.0, 0.0))
    with pytest.raises(DifferentOutput, match="one at size 1"):
        compare(Pair("one", program, twin, 1), 1, 1, "off", str(tmp_path), nothing)


def test_the_ratio_is_harn_over_python():
    assert comparison(harn=3.0, python=2.0).ratio == 1.5


def test_twice_as_fast_and_twice_as_slow_cancel_out_in_the_mean():
    assert geometric_mean([0.5, 2.0, 1.0]) == pytest.approx(1.0)


def test_quadratic_time_beside_linear_time_grows_four_times_faster():
    growth = Growth(comparison(harn=1.0, python=1.0), comparison(harn=16.0, python=4.0))
    assert (growth.harn, growth.python, growth.ratio) == (16.0, 4.0, 4.0)


def test_a_bar_is_met_at_its_limit():
    assert Outcome(Bar("b", 2), 2.0).met
    assert Outcome(Bar("b", 2, more_is_better=True), 2.0).met


def test_a_bar_is_missed_beyond_its_limit():
    assert not Outcome(Bar("b", 2), 2.1).met
    assert not Outcome(Bar("b", 2, more_is_better=True), 1.9).met


def test_what_could_not_be_measured_misses_its_bar():
    assert not Outcome(Bar("b", 2), float("inf")).met
    assert not Outcome(Bar("b", 2), float("nan")).met


def test_the_line_of_a_bar_names_measure_limit_and_verdict():
    assert Outcome(Bar("hop", 8, "ms"), 9.5).line() == "MISSED  hop: 9.50 ms (bar: at most 8 ms)"


def test_the_line_of_a_bar_says_which_program_or_tier_it_is_about():
    assert Outcome(Bar("hop", 8), 2.0, "auto").line() == "met     hop, auto: 2.00 (bar: at most 8)"


def test_lines_that_check_for_interruptions_are_left_out_and_their_blocks_stay_blocks():
    source = "while True:\n    if pending: attend(fiber)\n    for x in y:\n        if pending: attend(fiber)\n"
    assert back_edges.without_checks(source) == "while True:\n    pass\n    for x in y:\n        pass\n"


def test_other_conditions_are_no_checks():
    with pytest.raises(back_edges.NoCheckFound):
        back_edges.without_checks("if depending: pass\nif x > pending_count: pass\n")


def test_the_check_is_found_in_what_the_compiled_tier_makes():
    part = back_edges.measure(1, turns=10)
    assert [row["loop"] for row in part.rows] == ["for", "while"]
    assert all(row["checked_ns"] > 0 and row["bare_ns"] > 0 for row in part.rows)


def test_a_run_of_the_suite_writes_its_figures_as_json(tmp_path, capsys):
    figures = tmp_path / "deep" / "figures.json"
    words = ["--quick", "--scale", "0.0001", "--only", "sieve", "--parts", "programs,growth", "--jit", "off"]
    assert suite.main([*words, "--json", str(figures)]) == 0
    written = json.loads(figures.read_text())
    (program,) = written["parts"]["programs"]
    assert program["name"] == "sieve" and program["harn_memory"] > 1e6 and program["ratio"] > 0
    assert [row["small"]["name"] for row in written["parts"]["growth"]] == ["sieve"]
    assert [bar["bar"]["limit"] for bar in written["bars"]] == [1.5, 3, 1.3]
    assert "geometric mean" in capsys.readouterr().out


def test_a_part_that_does_not_exist_is_refused_with_those_that_do(capsys):
    with pytest.raises(SystemExit):
        suite.main(["--parts", "programs,memory"])
    assert "there is no part 'memory'; there are programs, tiers, startup" in capsys.readouterr().err


def test_a_program_that_does_not_exist_is_refused(capsys):
    assert suite.main(["--only", "seive"]) == 2
    assert "there is no benchmark 'seive'" in capsys.readouterr().err


def test_the_generated_module_has_as_many_lines_as_asked_for():
    assert compile_speed.module_of(5000).count("\n") == 5000


def test_the_generated_module_compiles(tmp_path):
    module = tmp_path / "module.harn"
    module.write_text(compile_speed.module_of(120))
    harn = str(compile_speed.HARN)
    assert run(Command((harn, "run", str(module)))).output == ""

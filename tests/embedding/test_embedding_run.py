"""harnpy.run: results, errors and options."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import harnpy


def test_a_run_gives_the_pipelines_value_and_what_was_printed() -> None:
    result = harnpy.run('pipeline default(task) { println("hi")\n return {a: [1, 2.5, nil, true], d: 2s} }')
    assert result == harnpy.RunResult({"a": [1, 2.5, None, True], "d": timedelta(seconds=2)}, "hi\n", 0)


def test_nothing_is_printed_by_a_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert harnpy.run('println("a")\nprint("b")').output == "a\nb"
    assert capfd.readouterr() == ("", "")


def test_output_can_be_had_as_it_comes() -> None:
    pieces: list[str] = []
    result = harnpy.run('println("a")\nprintln("b")', on_output=pieces.append)
    assert pieces == ["a\n", "b\n"]
    assert result.output == "a\nb\n"


def test_errors_go_where_they_are_asked_to(capfd: pytest.CaptureFixture[str]) -> None:
    pieces: list[str] = []
    harnpy.run('try { http_get("http://127.0.0.1:9/", {colour: 1}) } catch e {}', on_error_output=pieces.append)
    assert "unknown option `colour`" in "".join(pieces)
    assert capfd.readouterr().err == ""


def test_exit_is_a_result() -> None:
    assert harnpy.run('println("x")\nexit(3)\nprintln("y")') == harnpy.RunResult(None, "x\n", 3)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_is_run_by_its_path(tmp_path: Path, as_text: bool) -> None:
    (tmp_path / "lib.harn").write_text("pub fn two() { return 2 }")
    program = tmp_path / "main.harn"
    program.write_text('import { two } from "./lib"\npipeline default(task) { return two() }')
    assert harnpy.run(str(program) if as_text else program).value == 2


def test_a_file_that_is_not_there_is_not_taken_for_source(tmp_path: Path) -> None:
    for program in (str(tmp_path / "none.harn"), tmp_path / "none.harn", "none.harn", tmp_path / "none"):
        with pytest.raises(FileNotFoundError):
            harnpy.run(program)


def test_an_uncaught_error_tells_what_and_where() -> None:
    source = "fn inner(x) {\n  throw {code: x}\n}\npipeline default(task) {\n  inner(7)\n}"
    with pytest.raises(harnpy.HarnError) as caught:
        harnpy.run(source)
    error = caught.value
    assert error.value == {"code": 7}
    assert (error.category, error.message, str(error)) == ("generic", "", "Thrown: {code: 7}")
    assert [(each.function, each.line) for each in error.trace] == [("inner", 2), ("pipeline", 5)]
    assert (error.path, error.line) == ("<source>", 2)
    assert error.__cause__ is None
    assert "throw {code: x}" in error.report


def test_errors_of_the_language_say_what_catch_would_bind() -> None:
    with pytest.raises(harnpy.HarnError) as caught:
        harnpy.run("let x = 1 / 0")
    assert caught.value.value == "Division by zero"
    assert str(caught.value) == "Runtime error: Division by zero (line 1)"


def test_categories_are_told() -> None:
    with pytest.raises(harnpy.HarnError) as caught:
        harnpy.run('exec("true")', deny=["exec"])
    assert caught.value.category == "tool_rejected"


def test_a_syntax_error_tells_all_that_is_wrong() -> None:
    with pytest.raises(harnpy.HarnSyntaxError) as caught:
        harnpy.run("let = 1\nfn f() { return 2 }\nlet = 3")
    assert [each.line for each in caught.value.diagnostics] == [1, 3]
    assert caught.value.diagnostics[0].path == "<source>"
    assert "  |     ^ unexpected token" in caught.value.report


def test_a_structural_error_is_a_syntax_error_too() -> None:
    with pytest.raises(harnpy.HarnSyntaxError) as caught:
        harnpy.run("fn f() { break }")
    assert len(caught.value.diagnostics) == 1


def test_args_and_variables() -> None:
    assert harnpy.run(
        "pipeline default(task) { return [argv, limit, task] }", args=["a"], variables={"limit": 3}
    ).value == [
        ["a"],
        3,
        None,
    ]
    assert harnpy.run("pipeline default(task) { return task }", variables={"task": "sum up"}).value == "sum up"


def test_a_pipeline_can_be_named() -> None:
    with harnpy.Runtime() as runtime:
        source = "pipeline default(task) { return 1 }\npipeline other(task) { return 2 }"
        assert [runtime.run(source).value, runtime.run(source, pipeline="other").value] == [1, 2]


def test_directory_and_environment_are_those_of_the_runtime(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("here")
    before = os.getcwd()
    source = 'pipeline default(task) { return [read_file("data.txt"), cwd(), env("GREETING"), exec("sh", "-c", "echo $GREETING; pwd").stdout] }'
    value = harnpy.run(source, cwd=tmp_path, env={"GREETING": "hi"}).value
    assert value == ["here", str(tmp_path), "hi", f"hi\n{tmp_path}\n"]
    assert os.getcwd() == before
    assert "GREETING" not in os.environ


def test_allow_and_deny() -> None:
    with pytest.raises(harnpy.HarnError, match="read_file"):
        harnpy.run('read_file("x")', allow=["write_file"])
    with pytest.raises(harnpy.HarnError, match="not permitted"):
        harnpy.run('read_file("x")', deny={"read_file"})
    with pytest.raises(ValueError):
        harnpy.run("", allow=[], deny=[])
    with pytest.raises(TypeError):
        harnpy.run("", allow="read_file")


def test_input_is_what_the_host_says() -> None:
    source = 'pipeline default(task) { return [prompt_user("? "), prompt_user("? ")] }'
    assert harnpy.run(source, stdin="one\ntwo\n").value == ["one", "two"]


def test_runtimes_do_not_see_each_other() -> None:
    with harnpy.Runtime() as first, harnpy.Runtime() as second:
        first.register(lambda: 1, "one() -> int")
        assert first.run("pipeline default(task) { return one() }").value == 1
        with pytest.raises(harnpy.HarnError, match="one"):
            second.run("pipeline default(task) { return one() }")


def test_signal_handlers_and_the_directory_stay_as_they_are() -> None:
    import signal

    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    harnpy.run("sleep(1)")
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_importing_the_package_loads_none_of_it() -> None:
    program = "import harnpy, sys; assert 'run' in dir(harnpy); print([name for name in sys.modules if name.startswith('harnpy.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_unknown_names_of_the_package_are_errors() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        harnpy.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert set(harnpy.__all__) <= set(dir(harnpy))
    assert all(getattr(harnpy, name) is not None for name in harnpy.__all__)


def test_a_deep_recursion_is_an_error() -> None:
    with pytest.raises(harnpy.HarnError, match="Stack overflow"):
        harnpy.run("fn f(n) { return f(n + 1) + 1 }\nf(0)")


def test_a_runtime_that_is_closed_says_so() -> None:
    runtime = harnpy.Runtime()
    runtime.close()
    runtime.close()
    with pytest.raises(RuntimeError, match="closed"):
        runtime.run("1")

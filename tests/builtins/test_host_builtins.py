"""host_call and its kin: built-in operations, mocks, and what changes when the runtime works for a host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_world import ScriptedWorld, run_in
from support import make_test_runtime, run_source

from harnpy.builtins.file_access import ExecutionContext
from harnpy.builtins.host_attachment import attach_host
from harnpy.bytecode.errors import CompileError
from harnpy.cli.compose import make_registry
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.fiber import Fiber


def lines(source: str) -> list[str]:
    return run_source(source).splitlines()


# --- built-in operations --------------------------------------------------------------------------------------------


def test_process_exec_runs_a_script_for_the_shell() -> None:
    source = 'println(host_call("process.exec", {command: "printf out; printf err >&2; exit 3"}))'
    assert run_source(source) == "{combined: outerr, status: 3, stderr: err, stdout: out, success: false}\n"


def test_process_exec_follows_the_execution_context(tmp_path: Path) -> None:
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path), {"GIVEN": "here"}))
    source = 'print(host_call("process.exec", {command: "pwd; echo $GIVEN"}).combined)'
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output == f"{tmp_path}\nhere\n"  # type: ignore[attr-defined]


def test_process_exec_that_cannot_start_is_a_runtime_error(tmp_path: Path) -> None:
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path / "gone")))
    source = 'println(try { host_call("process.exec", {command: "true"}) } catch (e) { e })'
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    expected = "Runtime error: host_call process.exec: No such file or directory (os error 2)\n"
    assert runtime.world.output == expected  # type: ignore[attr-defined]


def test_template_render_renders_a_file_beside_the_source(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Hello {{name}}!")
    (tmp_path / "bad.txt").write_text("{{#if")
    source = """
println(host_call("template.render", {path: "t.txt", bindings: {name: "Ada"}}))
println(host_call("template.render", {path: "t.txt", bindings: "no dict"}))
println(try { host_call("template.render", {path: "no.txt"}) } catch (e) { e })
println(try { host_call("template.render", {path: "bad.txt"}) } catch (e) { e } == try { render("bad.txt") } catch (e) { e })
"""
    assert run_source(source, str(tmp_path / "test.harn")).splitlines() == [
        "Hello Ada!",
        "Hello {{name}}!",
        f"host_call template.render: failed to read template {tmp_path}/no.txt: No such file or directory (os error 2)",
        "true",
    ]


def test_interaction_ask_asks() -> None:
    world = ScriptedWorld(["  Ada \n"])
    source = 'println("[${host_call("interaction.ask", {question: "Name? "})}]")\nprintln(host_call("interaction.ask", {question: 5}))'
    assert run_in(world, source) == "Name? [  Ada]\n5\n"
    assert world.output_at_reads == ["Name? ", "Name? [  Ada]\n5"]


def test_runtime_operations() -> None:
    source = 'println(host_call("runtime.task"))\nprintln(host_call("runtime.set_result", {a: 1}))'
    assert run_in(ScriptedWorld(environment={"HARN_TASK": "do it"}), source) == "do it\nnil\n"
    assert run_in(ScriptedWorld(), source) == "\nnil\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "host_call: unsupported operation name ''"),
        ('"nodot"', "host_call: unsupported operation name 'nodot'"),
        ("5", "host_call: unsupported operation name '5'"),
        ('"a.b"', "host_call: unsupported operation a.b"),
        ('"a.b.c", {x: 1}', "host_call: unsupported operation a.b.c"),
        ('"."', "host_call: unsupported operation ."),
        ('"process.kill"', "host_call: unsupported operation process.kill"),
        ('"process.exec"', "host_call: missing required parameter 'command'"),
        ('"process.exec", {command: ""}', "host_call: missing required parameter 'command'"),
        ('"process.exec", {command: nil}', "host_call: missing required parameter 'command'"),
        ('"process.exec", "ls"', "host_call: missing required parameter 'command'"),
        ('"template.render", {bindings: {}}', "host_call: missing required parameter 'path'"),
        ('"interaction.ask"', "host_call: missing required parameter 'question'"),
    ],
)
def test_what_is_wrong_with_a_call_is_thrown(arguments: str, message: str) -> None:
    assert run_source(f"println(try {{ host_call({arguments}) }} catch (e) {{ e }})") == message + "\n"


# --- mocks ----------------------------------------------------------------------------------------------------------


def test_the_latest_mock_that_matches_answers() -> None:
    assert lines("""
host_mock("git", "head", "abc")
host_mock("git", "head", {error: "no repo", params: {dir: "x"}})
println(host_call("git.head", {dir: "y"}))
println(try { host_call("git.head", {dir: "x", more: 1}) } catch (e) { e })
println(host_call("git.head", "no dict"))
println(host_mock_calls())
host_mock_clear()
println(host_mock_calls())
println(try { host_call("git.head") } catch (e) { e })
""") == [
        "abc",
        "no repo",
        "abc",
        "[{capability: git, operation: head, params: {dir: y}}, {capability: git, operation: head, "
        "params: {dir: x, more: 1}}, {capability: git, operation: head, params: {}}]",
        "[]",
        "host_call: unsupported operation git.head",
    ]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("", "nil"),
        (", nil", "nil"),
        (", 5", "5"),
        (", {a: 1}", "{a: 1}"),
        (", {result: 5}", "5"),
        (", {params: {}}", "nil"),
        (', {result: 5, error: ""}', "5"),
        (", {result: 5, error: nil}", "5"),
        (', {result: 5, error: "no"}', "thrown no"),
        (", {error: 7}", "thrown 7"),
        (', {result: 5, params: "any"}, {p: 2}', "5"),  # a config: the fourth argument says nothing
        (", {result: 5, params: {p: 1}}", "5"),
        (", {result: 5, params: {p: 1.0}}", "5"),
        (", {result: 5, params: {p: 2}}", "not mocked"),
        (", {result: 5, params: {q: 1}}", "not mocked"),
        (", {result: 5, params: {q: nil}}", "not mocked"),
        (", 5, {p: 1}", "5"),
        (", 5, {p: 2}", "not mocked"),
        (", 5, [1]", "5"),
    ],
)
def test_a_mock_is_a_result_or_a_rule(arguments: str, answer: str) -> None:
    source = f"""
println(host_mock("c", "o"{arguments}))
let r = try {{ to_string(host_call("c.o", {{p: 1}})) }} catch (e) {{ "thrown ${{e}}" }}
println(if r.contains("unsupported") {{ "not mocked" }} else {{ r }})
"""
    assert lines(source) == ["nil", answer]


@pytest.mark.parametrize("arguments", ["", '"c"', '"", "o"', '"c", ""'])
def test_a_mock_needs_both_names(arguments: str) -> None:
    source = f"println(try {{ host_mock({arguments}) }} catch (e) {{ e }})"
    assert run_source(source) == "host_mock: capability and operation are required\n"


def test_a_mock_goes_before_the_built_in_operation_and_what_reaches_that_is_not_logged() -> None:
    assert lines("""
host_mock("process", "exec", {result: "mocked", params: {command: "x"}})
println(host_call("process.exec", {command: "x"}))
println(host_call("process.exec", {command: "printf real"}).stdout)
println(len(host_mock_calls()))
host_mock("a", "b.c", 1)
println(host_call("a.b.c"))
""") == ["mocked", "real", "1", "1"]


def test_the_log_is_not_changed_by_what_programs_do_with_it() -> None:
    assert lines("""
host_mock("c", "o", [1])
var p = {a: 1}
var r = host_call("c.o", p)
p.a = 2
r[0] = 2
var log = host_mock_calls()
log[0].params.a = 3
log[0].capability = "x"
println(host_mock_calls())
println(host_call("c.o"))
""") == ["[{capability: c, operation: o, params: {a: 1}}]", "[1]"]


def test_mocks_are_shared_by_tasks_and_not_by_runtimes() -> None:
    assert lines('host_mock("c", "o", 1)\nprintln(parallel 2 { i -> host_call("c.o") })') == ["[1, 1]"]
    assert lines('println(host_has("c"))') == ["false"]


# --- capabilities ---------------------------------------------------------------------------------------------------

OFFERED = {
    "process": ("Process execution.", "exec", "Execute a shell command."),
    "template": ("Template rendering.", "render", "Render a template file."),
    "interaction": ("User interaction.", "ask", "Ask the user a question."),
}


def test_capabilities_are_those_that_are_built_in() -> None:
    runtime = make_test_runtime()
    function = runtime.registry.get("host_capabilities")
    assert runtime.main_fiber().call(function) == {
        name: {"description": text, "ops": [operation], "operations": {operation: {"description": about}}}
        for name, (text, operation, about) in OFFERED.items()
    }


def test_mocked_operations_are_capabilities_too() -> None:
    assert lines("""
host_mock("git", "head", 1)
host_mock("git", "head", 2)
host_mock("process", "kill", 1)
println(host_capabilities().git)
println(host_capabilities().process.ops)
println(host_capabilities().process.operations.kill)
println(host_capabilities().process.description)
""") == [
        "{description: Mocked host capability registered at runtime for tests., operations: {head: {description: Mocked "
        "host operation registered at runtime for tests.}}, ops: [head]}",
        "[exec, kill]",
        "{description: Mocked host operation registered at runtime for tests.}",
        "Process execution.",
    ]


@pytest.mark.parametrize(
    ("arguments", "has"),
    [('"process"', True), ('"process", "exec"', True), ('"process", nil', True), ('"process", "kill"', False),
     ('"runtime"', False), ('"runtime", "task"', False), ("", False), ('"git"', False)],
)  # fmt: skip
def test_host_has(arguments: str, has: bool) -> None:
    assert run_source(f"println(host_has({arguments}))") == ("true\n" if has else "false\n")


# --- with a host ----------------------------------------------------------------------------------------------------


class FakeHost:
    """Answers from a script, and notes what it is asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[Any] = []

    def call(self, fiber: Fiber, name: str, arguments: Any) -> Any:
        self.asked.append((name, arguments))
        return self._answer("call")

    def capabilities(self, fiber: Fiber) -> Any:
        return self._answer("capabilities")

    def run_command(self, fiber: Fiber, command: str, arguments: Sequence[str]) -> tuple[bool, Any]:
        self.asked.append((command, list(arguments)))
        return "terminal" in self.answers, self._answer("terminal")

    def emit_response(self, fiber: Fiber, text: str) -> None:
        self.asked.append(text)

    def _answer(self, kind: str) -> Any:
        answer = self.answers.get(kind)
        if isinstance(answer, HarnError):
            raise answer
        return answer


def run_for(host: FakeHost, source: str) -> list[str]:
    runtime = make_test_runtime()
    attach_host(runtime, host)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output.splitlines()  # type: ignore[attr-defined, no-any-return]


def test_a_host_gets_the_whole_call() -> None:
    host = FakeHost(call={"a": [1, None, 1.5]})
    source = """
host_mock("process", "exec", "mocked")
println(host_call("process.exec", {command: "x", more: [5s, set(1), nil, 1.0 / 0.0]}))
println(host_call("nodot"))
println(host_call(5, "text"))
"""
    assert run_for(host, source) == ["{a: [1, nil, 1.5]}"] * 3
    asked = {"command": "x", "more": ["5s", "set(1)", None, None]}
    assert host.asked == [("process.exec", asked), ("nodot", None), ("5", "text")]


def test_the_errors_of_a_host_are_runtime_errors_that_programs_catch() -> None:
    host = FakeHost(call=runtime_error("Client error: no such operation"))
    source = 'println(try { host_call("a.b") } catch (e) { e })'
    assert run_for(host, source) == ["Runtime error: Client error: no such operation"]


@pytest.mark.parametrize("answer", [None, "text", [1], 5])
def test_a_host_that_offers_nonsense_offers_nothing(answer: Any) -> None:
    source = 'println(host_capabilities())\nprintln(host_has("process"))'
    assert run_for(FakeHost(capabilities=answer), source) == ["{}", "false"]


def test_what_a_host_offers_takes_the_place_of_what_is_built_in() -> None:
    offer = {"git": ["head", "diff"], "editor": {"ops": ["open"], "x": 1}, "odd": {"ops": "open"}, "dropped": "text"}
    source = """
println(host_capabilities())
println([host_has("git"), host_has("git", "diff"), host_has("git", "push"), host_has("editor", "open"), host_has("process")])
println([host_has("odd"), host_has("odd", "open"), host_has("dropped")])
"""
    assert run_for(FakeHost(capabilities=offer), source) == [
        "{editor: {ops: [open], x: 1}, git: {ops: [head, diff]}, odd: {ops: open}}",
        "[true, true, false, true, false]",
        "[true, false, false]",
    ]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (
            {"stdout": "o", "stderr": "e", "exitCode": 3},
            "{combined: oe, exitCode: 3, status: 3, stderr: e, stdout: o, success: false}",
        ),
        ({"exit_code": 0, "exitCode": 3}, "{combined: , exitCode: 3, exit_code: 0, status: 0, success: true}"),
        ({"status": 1, "exit_code": 0}, "{combined: , exit_code: 0, status: 1, success: false}"),
        ({"combined": "c", "success": True}, "{combined: c, status: -1, success: true}"),
        ({}, "{combined: , status: -1, success: false}"),
        ({"exitCode": "3"}, "{combined: , exitCode: 3, status: -1, success: false}"),
        ("text", "text"),
        (None, "nil"),
    ],
)
def test_commands_run_in_the_terminal_of_a_host(answer: Any, result: str) -> None:
    host = FakeHost(terminal=answer)
    source = 'println(exec("make", "all"))\nprintln(shell("make all"))\nprintln(run_command("make all"))'
    assert run_for(host, source) == [result] * 3
    assert host.asked == [("make", ["all"]), ("make all", []), ("make all", [])]


def test_a_host_without_terminals_leaves_commands_to_the_runtime(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("content")
    source = f"""
println(shell("printf out; printf err >&2; exit 3"))
println(exec("cat", "{tmp_path}/a b").combined)
"""
    assert run_for(FakeHost(), source) == [
        "{combined: outerr, status: 3, stderr: err, stdout: out, success: false}",
        "content",
    ]


@pytest.mark.parametrize("call", ["exec()", 'exec("")', "shell()", 'shell("")', "run_command()", 'run_command("")'])
def test_a_host_is_not_asked_for_nothing(call: str) -> None:
    host = FakeHost()
    assert run_for(host, f"println(try {{ {call} }} catch (e) {{ e }})") == ["exec: command is required"]
    assert host.asked == []


def test_other_commands_do_not_concern_a_host() -> None:
    host = FakeHost(terminal={"status": 9})
    source = 'println(exec_at("/", "pwd").stdout)\nprintln(shell_at("/", "pwd").stdout)\nprintln(exec_with({command: "true"}).status)'
    assert run_for(host, source) == ["/", "", "/", "", "0"]


def test_a_host_answers_for_its_user_and_shows_the_program_to_them() -> None:
    host = FakeHost(call="yes")
    source = 'println(ask_user("Sure?"))\nprintln(ask_user("Sure?", "bool"))\nprintln(ask_user("Sure?", nil))\nprintln(emit_response(5))'
    assert run_for(host, source) == ["yes", "yes", "yes", "nil"]
    plain = ("ask_user", {"question": "Sure?"})
    assert host.asked == [plain, ("ask_user", {"question": "Sure?", "type": "bool"}), plain, "5"]


@pytest.mark.parametrize("name", ["ask_user", "run_command", "emit_response"])
def test_without_a_host_its_own_builtins_do_not_exist(name: str) -> None:
    assert name not in make_registry()
    with pytest.raises((HarnError, CompileError), match=name):
        run_source(f'{name}("x")')


def test_one_runtime_may_have_a_host_and_another_none() -> None:
    assert run_for(FakeHost(call=1), 'println(host_call("a.b"))') == ["1"]
    assert lines('println(host_has("process"))') == ["true"]


def test_requests_to_a_host_pass_the_seam() -> None:
    seen = []

    class Watch:
        def handle(self, call, proceed):  # type: ignore[no-untyped-def]
            if call.operation.effect == "host":
                seen.append((call.builtin, call.operation.name, *call.args[2:]))
            return proceed()

    runtime = make_test_runtime()
    attach_host(runtime, FakeHost(call=1, terminal={}))
    runtime.seam.attach(Watch())
    source = 'host_call("a.b", {x: 1})\nexec("make", "all")\nask_user("?")\nemit_response("t")\nhost_has("x")'
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert seen == [
        ("host_call", "ask", "a.b", {"x": 1}),
        ("exec", "ask_terminal", "make", ["all"]),
        ("ask_user", "ask", "ask_user", {"question": "?"}),
        ("emit_response", "show", "t"),
        ("host_has", "ask_capabilities"),
    ]

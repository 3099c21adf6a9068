"""exec, shell, exec_at, shell_at: real programs, their output, how they end, what they inherit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from process_calls import call, error_of
from support import make_test_runtime, run_source

from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.errors import HarnError


def result(stdout: str = "", stderr: str = "", status: int = 0) -> dict[str, object]:
    return {"stdout": stdout, "stderr": stderr, "status": status, "success": status == 0}


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("true", result()),
        ("exit 3", result(status=3)),
        ("exit 255", result(status=255)),
        ("printf out; printf err >&2; exit 1", result("out", "err", 1)),
        (r"printf 'a\r\nb\n'", result("a\r\nb\n")),
        (r"printf 'a\377\360\237b'", result("a\ufffd\ufffdb")),
        (r"printf '\303\251\000x'", result("é\0x")),
        ("cat; echo end", result("end\n")),  # there is no input
        ("(: < /dev/tty) 2> /dev/null || echo no terminal", result("no terminal\n")),
        ("kill -9 $$", result(status=-1)),
        ("kill -TERM $$", result(status=-1)),
        ("echo before; kill -PIPE $$", result("before\n", status=-1)),
        ("yes | head -n 1", result("y\n")),  # signals do what they usually do
    ],
)
def test_a_script_gives_its_output_and_exit_code(script: str, expected: object) -> None:
    assert call("shell", script) == expected
    assert call("exec", "sh", "-c", script) == expected
    assert call("shell_at", "/", script) == expected
    assert call("exec_at", "/", "sh", "-c", script) == expected


def test_arguments_are_passed_as_they_are() -> None:
    program = "import sys; print(sys.argv[1:])"
    given = ["a b", "$HOME", "*", "", "'", "é", 5, 1.0, True, None, ["-l"], {"a": 1}]
    expected = ["a b", "$HOME", "*", "", "'", "é", "5", "1.0", "true", "nil", "[-l]", "{a: 1}"]
    assert call("exec", sys.executable, "-c", program, *given) == result(f"{expected}\n")


def test_arguments_that_are_no_unicode_keep_their_bytes() -> None:
    assert call("exec", "printf", "%s", "\udcff")["stdout"] == "\ufffd"


def test_a_million_lines_come_whole_on_both_streams() -> None:
    program = "import sys\nfor i in range(10**6): (sys.stderr if i % 2 else sys.stdout).write(f'{i}\\n')"
    ended = call("exec", sys.executable, "-c", program)
    assert ended["stdout"] == "".join(f"{number}\n" for number in range(0, 10**6, 2))
    assert ended["stderr"] == "".join(f"{number}\n" for number in range(1, 10**6, 2))


# --- failures -------------------------------------------------------------------------------------------------------

NOTHING_THERE = "No such file or directory (os error 2)"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("exec", [], "exec: command is required"),
        ("exec", ["no-such-program-9"], f"exec failed: {NOTHING_THERE}"),
        ("exec", [""], f"exec failed: {NOTHING_THERE}"),
        ("exec", [None], f"exec failed: {NOTHING_THERE}"),
        ("exec", ["/dev/null/x"], "exec failed: Not a directory (os error 20)"),
        ("exec", ["/dev/null"], "exec failed: Permission denied (os error 13)"),
        ("exec", ["echo", "a\0b"], "exec failed: file name contained an unexpected NUL byte"),
        ("exec", ["echo", "x" * 10_000_000], "exec failed: Argument list too long (os error 7)"),
        ("exec", ["echo", "\ud800"], "exec failed: text contains a lone surrogate, which UTF-8 cannot hold"),
        ("shell", [], "shell: command string is required"),
        ("shell", [""], "shell: command string is required"),
        ("shell", ["a\0b"], "shell failed: file name contained an unexpected NUL byte"),
        ("exec_at", [], "exec_at: directory and command are required"),
        ("exec_at", ["/"], "exec_at: directory and command are required"),
        ("exec_at", ["/no/such/place", "true"], f"exec failed: {NOTHING_THERE}"),
        ("exec_at", ["/dev/null", "true"], "exec failed: Not a directory (os error 20)"),
        ("exec_at", ["/", "no-such-program-9"], f"exec failed: {NOTHING_THERE}"),
        ("shell_at", [], "shell_at: directory and command string are required"),
        ("shell_at", ["/"], "shell_at: directory and command string are required"),
        ("shell_at", ["/", ""], "shell_at: command string is required"),
        ("shell_at", ["/no/such/place", "true"], f"shell failed: {NOTHING_THERE}"),
    ],
)
def test_what_cannot_be_started_is_said(name: str, arguments: list[object], message: str) -> None:
    assert error_of(name, *arguments) == message


def test_an_error_is_not_worth_repeating() -> None:
    with pytest.raises(HarnError) as error:
        call("exec", "no-such-program-9")
    assert (error.value.begun, error.value.repeatable) == (True, False)


def test_a_script_that_fails_is_no_error() -> None:
    assert run_source('let r = exec("sh", "-c", "exit 3")\nprintln("${r.status} ${r.success}")') == "3 false\n"


# --- what programs inherit ------------------------------------------------------------------------------------------


def test_programs_get_three_descriptors_and_no_more() -> None:
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(5)]
    os.set_inheritable(held[0], True)
    program = "import os; print(sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')))"
    try:
        outputs = run_source(f'println(parallel 8 {{ i -> exec("{sys.executable}", "-c", "{program}").stdout }})')
    finally:
        for each in held:
            os.close(each)
    assert outputs.count("['0', '1', '2'] 4") == 8  # one is that of the listing itself


def test_programs_run_where_this_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIVEN", "here")
    assert call("shell", "pwd; echo $GIVEN")["stdout"] == f"{tmp_path}\nhere\n"


def test_directories_start_from_the_source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "programs" / "data").mkdir(parents=True)
    monkeypatch.chdir("/")
    source = (
        'println(exec_at("data", "pwd").stdout)\nprintln(shell_at(".", "pwd").stdout)\nprintln(shell("pwd").stdout)'
    )
    output = run_source(source, str(tmp_path / "programs" / "test.harn"))
    assert output.split() == [f"{tmp_path}/programs/data", f"{tmp_path}/programs", "/"]


def test_programs_follow_the_execution_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside" / "data").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("CHANGED", "old")
    script = 'pwd; echo \\"$KEPT $CHANGED $ADDED\\"'
    calls = [f'exec("sh", "-c", "{script}")', f'shell("{script}")']
    calls += [f'exec_at("data", "sh", "-c", "{script}")', f'shell_at("data", "{script}")']
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path / "inside"), {"CHANGED": "new", "ADDED": "added"}))
    source = "\n".join(f"print({each}.stdout)" for each in calls)
    try:
        runtime.run(runtime.compile(source, str(tmp_path / "elsewhere" / "test.harn"), use_cache=False))
    finally:
        runtime.close()
    inside, variables = tmp_path / "inside", "kept new added"
    expected = [
        f"{inside}",
        variables,
        f"{inside}",
        variables,
        f"{inside}/data",
        variables,
        f"{inside}/data",
        variables,
    ]
    assert runtime.world.output.splitlines() == expected  # type: ignore[attr-defined]


def test_child_tasks_work_where_their_parent_does(tmp_path: Path) -> None:
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path)))
    source = 'let r = parallel 2 { i -> shell("pwd").stdout }\nprint(r[0] + r[1] + await(spawn { cwd() }))'
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output.splitlines() == [str(tmp_path)] * 3  # type: ignore[attr-defined]


# --- other tasks ----------------------------------------------------------------------------------------------------


def test_other_tasks_run_while_a_program_does(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    source = f"""
let h = spawn {{ exec("cat", "{tmp_path}/pipe") }}
sleep(1)
write_file("{tmp_path}/pipe", "from the other task")
println(await(h).stdout)
"""
    assert run_source(source) == "from the other task\n"


def test_two_hundred_programs_run_at_once(tmp_path: Path) -> None:
    # Each says that it is there and then waits for one that is started when all have said so.
    os.mkfifo(tmp_path / "go")
    (tmp_path / "here").mkdir()
    source = f"""
let all = spawn {{ parallel 200 {{ i -> shell_at("{tmp_path}", "touch here/${{i}}; read line < go; echo ${{i}}") }} }}
while len(list_dir("{tmp_path}/here")) < 200 {{ sleep(5) }}
let writer = exec("sh", "-c", "for i in $(seq 200); do echo; done > {tmp_path}/go")
let results = await(all)
println(results.map({{ r -> r.stdout.trim() }}).join(" "))
println(results.all({{ r -> r.success }}))
"""
    held = os.open(tmp_path / "go", os.O_RDWR)  # so that no reader sees the end of it
    try:
        assert run_source(source) == " ".join(map(str, range(200))) + "\ntrue\n"
    finally:
        os.close(held)


def test_no_descriptor_and_no_child_is_left() -> None:
    runtime = make_test_runtime()
    source = """
exec("true")
let before = len(list_dir("/proc/self/fd"))
exec("true")
exec("false")
shell("kill -9 $$")
try { exec("no-such-program-9") } catch (e) { }
exec_with({command: ["true"], stdin: "not read"})
try { exec_with({command: ["no-such-program-9"], stdin: "not read"}) } catch (e) { }
println(len(list_dir("/proc/self/fd")) - before)
"""
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output == "0\n"  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


# --- the seam -------------------------------------------------------------------------------------------------------


def test_the_seam_sees_program_arguments_directory_and_variables(tmp_path: Path) -> None:
    seen = []

    class Watch:
        def handle(self, call, proceed):  # type: ignore[no-untyped-def]
            if call.operation.effect == "process":
                seen.append((call.builtin, call.operation.name, *call.args[:4]))
            return proceed()

    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path), {"A": "1"}))
    runtime.seam.attach(Watch())
    source = """
exec("true", "a b", 5)
shell("true")
exec_at("/", "true")
exec_with({command: ["true", 1], cwd: "/", env: {B: nil}})
"""
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert seen == [
        ("exec", "run_program", "true", ["a b", "5"], str(tmp_path), {"A": "1"}),
        ("shell", "run_program", "sh", ["-c", "true"], str(tmp_path), {"A": "1"}),
        ("exec_at", "run_program", "true", [], "/", {"A": "1"}),
        ("exec_with", "run_program", "true", ["1"], "/", {"A": "1", "B": None}),
    ]


def test_denied_names_start_nothing(tmp_path: Path) -> None:
    from harnpy.cli.capturing_world import CapturingWorld
    from harnpy.cli.compose import make_runtime

    names = ["exec", "shell", "exec_at", "shell_at", "exec_with"]
    world = CapturingWorld()
    runtime = make_runtime(world=world, denied=frozenset(names))
    target = tmp_path / "made"
    calls = [f'exec("touch", "{target}")', f'shell("touch {target}")', f'exec_at("/", "touch", "{target}")']
    calls += [f'shell_at("/", "touch {target}")', f'exec_with({{command: ["touch", "{target}"]}})']
    source = "\n".join(f"println(try {{ {each} }})" for each in calls)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    refusals = [f"Result.Err(Error [tool_rejected]: Tool '{name}' is not permitted.)" for name in names]
    assert world.output.splitlines() == refusals
    assert not target.exists()

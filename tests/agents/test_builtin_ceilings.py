"""A capability policy holds for builtins whichever way a program calls them, in every tier, and for nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import make_test_runtime

from harnpy.agents.builtin_ceilings import NEEDS, beyond
from harnpy.agents.capability import (
    CapabilityPolicy,
    active_approval,
    active_capability,
    check_builtin,
    policies_pushed,
    read_capability_policy,
)
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.compose import make_registry
from harnpy.vm.errors import Category, HarnError
from harnpy.vm.fiber import Fiber
from harnpy.vm.runtime import Runtime
from harnpy.vm.values import Builtin, Value

SECRET = "top secret"


def within(fiber: Fiber, policy: Value, body: Value) -> Value:
    """Stands in for a loop: runs a function with a policy in force."""
    with policies_pushed(fiber, read_capability_policy(policy), None):
        return fiber.call(body)


@pytest.fixture(params=["off", "auto", "eager"])
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("HARN_JIT", request.param)
    made = make_test_runtime()
    made.registry.define(Builtin("within", within, "within(policy, body)", frozenset(), True, 2, 2, False))
    return made


def output(runtime: Runtime, source: str) -> str:
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output  # type: ignore[attr-defined,no-any-return]


REFUSAL = "Error [tool_rejected]: builtin 'read_file' exceeds workspace.read_text ceiling"

# Bodies of a function that has the file name in `path`; each tries to read it.
WAYS = {
    "call": "return read_file(path)",
    "last expression of a closure": "let f = { -> read_file(path) }\nreturn f()",
    "too many arguments": "return read_file(path, 1, 2)",
    "alias": "let f = read_file\nreturn f(path)",
    "alias made outside": "return reader(path)",
    "captured": "let f = read_file\nlet g = { -> f(path) }\nreturn g()",
    "entry of a dict": "let d = {open: read_file}\nreturn d.open(path)",
    "item of a list": "let l = [read_file]\nreturn l[0](path)",
    "pipe": "return path |> read_file",
    "pipe by name": 'return path |> "read_file"',
    "spread": "let args = [path]\nreturn read_file(...args)",
    "map": "return [path].map(read_file)",
    "map with a closure": "return [path].map({ p -> read_file(p) })",
    "filter": "return [path].filter(read_file)",
    "any": "return [path].any(read_file)",
    "reduce": 'return [path].reduce("", { all, p -> all + read_file(p) })',
    "sort_by": "return [path, path].sort_by(read_file)",
    "many items": "var all = []\nfor i in range(1000) { all = all.push(path) }\nreturn all.map(read_file)",
    "lazy": "return [path].iter().map(read_file).to_list()",
    "generator": "let g = pages(path)\nreturn g.next()",
    "function of the program": "return helper(path)",
    "struct method": "return Reader({path: path}).read()",
    "spawn": "return await(spawn { read_file(path) })",
    "spawn in a spawn": "return await(spawn { await(spawn { read_file(path) }) })",
    "parallel": "return parallel 2 { i -> read_file(path) }",
    "parallel each": "return parallel each [path] { p -> read_file(p) }",
    "retry": "retry 2 { return read_file(path) }",
    "finally": "try { throw 1 } catch (e) { return read_file(path) } finally { }",
    "sibling": "return unwrap(read_file_result(path))",
    "policy within the policy": "return within({capabilities: {net: []}}, { -> read_file(path) })",
    "after a narrower one": "within({tools: []}, { -> 1 })\nreturn read_file(path)",
    "after a failing one": 'try { within({tools: ["x"]}, { -> throw "x" }) } catch (e) { }\nreturn read_file(path)',
}

PROGRAM = """
let path = "{path}"
let reader = read_file
fn helper(p) {{ return read_file(p) }}
fn pages(p) {{ yield read_file(p) }}
struct Reader {{ path: string }}
impl Reader {{ fn read(self) {{ return read_file(self.path) }} }}
fn attempt() {{
{body}
}}
fn shown() {{ return try {{ attempt() }} }}
// Hot before the policy comes, and after it is gone.
var before = []
for i in range({rounds}) {{ before = before.push("${{shown()}}") }}
println("before ${{before[0].contains("{secret}")}}")
println("within ${{within({{capabilities: {{workspace: ["list"]}}}}, shown)}}")
println("within ${{within({{capabilities: {{workspace: ["list"]}}}}, {{ -> shown() }})}}")
println("after ${{"${{shown()}}".contains("{secret}")}}")
"""


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_around_the_ceiling(way: str, runtime: Runtime, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    rounds = 3 if way == "many items" else 600
    source = PROGRAM.format(path=secret, body=WAYS[way], rounds=rounds, secret=SECRET)
    lines = output(runtime, source).splitlines()
    name = "read_file_result" if way == "sibling" else "read_file"
    refusal = REFUSAL.replace("'read_file'", f"'{name}'")
    # What these ways give of a file that is read is not its text, or they never read it.
    silent = way in ("filter", "any", "sort_by", "policy within the policy")
    assert lines[0] == f"before {'false' if silent else 'true'}"
    assert lines[1:3] == [f"within Result.Err({refusal})"] * 2
    assert lines[3] == f"after {'false' if silent else 'true'}"


def test_a_task_that_outlives_the_body_stays_within_the_policy(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(SECRET)
    source = f"""
let gate = channel("gate", 1)
let task = within({{capabilities: {{workspace: ["list"]}}}}, {{ -> spawn {{
  receive(gate)
  read_file("{tmp_path}/a")
}} }})
println(read_file("{tmp_path}/a"))
send(gate, 1)
println(try {{ await(task) }})
"""
    assert output(runtime, source) == f"{SECRET}\nResult.Err({REFUSAL})\n"


def test_the_policy_of_one_task_is_not_that_of_another(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(SECRET)
    source = f"""
let inside = channel("inside", 1)
let over = channel("over", 1)
let restricted = spawn {{
  within({{capabilities: {{workspace: ["list"]}}}}, {{ ->
    send(inside, 1)
    receive(over)
    try {{ read_file("{tmp_path}/a") }}
  }})
}}
receive(inside)
println(read_file("{tmp_path}/a"))
send(over, 1)
println(await(restricted))
"""
    assert output(runtime, source) == f"{SECRET}\nResult.Err({REFUSAL})\n"


def test_a_refused_call_does_nothing(runtime: Runtime, tmp_path: Path) -> None:
    source = f"""
let policy = {{side_effect_level: "read_only"}}
println(within(policy, {{ -> try {{ write_file("{tmp_path}/new", "x") }} }}))
println(within(policy, {{ -> try {{ mkdir("{tmp_path}/dir") }} }}))
println(within(policy, {{ -> try {{ delete_file("{tmp_path}") }} }}))
println(within(policy, {{ -> file_exists("{tmp_path}") }}))
println(within({{side_effect_level: "workspace_write"}}, {{ -> write_file("{tmp_path}/allowed", "x") }}))
"""
    prefix = "Result.Err(Error [tool_rejected]: builtin"
    assert output(runtime, source).splitlines() == [
        f"{prefix} 'write_file' exceeds workspace write ceiling)",
        f"{prefix} 'mkdir' exceeds workspace write ceiling)",
        f"{prefix} 'delete_file' exceeds workspace.delete ceiling)",
        "true",
        "nil",
    ]
    assert os.listdir(tmp_path) == ["allowed"]


def test_without_arguments_the_policy_speaks_first(runtime: Runtime) -> None:
    source = "println(within({capabilities: {x: []}}, { -> try { write_file() } }))"
    expected = "Result.Err(Error [tool_rejected]: builtin 'write_file' exceeds workspace write ceiling)\n"
    assert output(runtime, source) == expected


# --- the table -------------------------------------------------------------------------------------------------------

PROCESS = (
    "exec exec_at exec_with run_command shell shell_at mcp_connect mcp_call mcp_list_tools mcp_list_resources "
    "mcp_list_resource_templates mcp_read_resource mcp_list_prompts mcp_get_prompt mcp_server_info mcp_disconnect"
)
ROWS = [
    ("read_file read_file_result render render_prompt", "workspace.read_text", None, "workspace.read_text"),
    ("list_dir scan_directory", "workspace.list", None, "workspace.list"),
    ("file_exists stat", "workspace.exists", None, "workspace.exists"),
    ("write_file append_file mkdir copy_file", "workspace.write_text", "workspace_write", "workspace write"),
    ("delete_file", "workspace.delete", "workspace_write", "workspace.delete"),
    ("apply_edit", "workspace.apply_edit", "workspace_write", "workspace.apply_edit"),
    (PROCESS, "process.exec", "process_exec", "process.exec"),
    ("http_get http_post http_put http_patch http_delete http_request", None, "network", "network"),
]
LEVELS = ["none", "read_only", "workspace_write", "process_exec", "network", "beyond"]


@pytest.mark.parametrize(
    ("name", "capability", "level", "ceiling"),
    [(name, *row[1:]) for row in ROWS for name in row[0].split()],
)
def test_each_builtin_needs_what_the_table_says(
    name: str, capability: str | None, level: str | None, ceiling: str
) -> None:
    message = f"builtin '{name}' exceeds {ceiling} ceiling"
    assert beyond(CapabilityPolicy(), name, []) is None
    if capability is not None:
        area, operation = capability.split(".")
        assert beyond(CapabilityPolicy(capabilities={area: (operation,)}), name, []) is None
        assert beyond(CapabilityPolicy(capabilities={area: ()}), name, []) is None
        assert beyond(CapabilityPolicy(capabilities={area: ("other",)}), name, []) == message
        assert beyond(CapabilityPolicy(capabilities={"other": ()}), name, []) == message
    else:
        assert beyond(CapabilityPolicy(capabilities={"other": ()}), name, []) is None
    for each in LEVELS:
        enough = level is None or LEVELS.index(each) >= LEVELS.index(level)
        assert beyond(CapabilityPolicy(side_effect_level=each), name, []) == (None if enough else message)


@pytest.mark.parametrize(
    ("options", "ceiling"),
    [
        ({"timeout": 5, "multipart": {"a": "b"}}, None),
        ({"save_to": None}, None),
        ({"save_to": "file"}, "workspace write"),
        ({"multipart": {"a": {"path": "file"}}}, "workspace.read_text"),
        ({"multipart": {"a": ["b", {"path": "file"}]}}, "workspace.read_text"),
    ],
)
def test_http_calls_that_touch_files_need_what_files_need(options: dict[str, Value], ceiling: str | None) -> None:
    network = CapabilityPolicy(capabilities={"process": ()})
    everything = CapabilityPolicy(capabilities={"workspace": ("read_text", "write_text")})
    calls: list[tuple[str, list[Value]]] = [
        ("http_get", ["u", options]),
        ("http_delete", ["u", options, {}]),
        ("http_post", ["u", {"save_to": "a body"}, options]),
        ("http_put", ["u", "", options]),
        ("http_patch", ["u", None, options]),
        ("http_request", ["GET", "u", options]),
    ]
    for name, args in calls:
        assert beyond(network, name, args) == (ceiling and f"builtin '{name}' exceeds {ceiling} ceiling")
        assert beyond(everything, name, args) is None


def test_other_builtins_are_free() -> None:
    assert beyond(CapabilityPolicy(capabilities={"x": ()}, side_effect_level="none"), "println", ["read_file"]) is None


@pytest.mark.parametrize(
    ("operation", "policy", "expected"),
    [
        ("workspace.list", CapabilityPolicy(), None),
        ("list", CapabilityPolicy(), "host_call 'list' must use capability.operation naming"),
        ("", CapabilityPolicy(), "host_call '' must use capability.operation naming"),
        (".list", CapabilityPolicy(), "host_call '.list' must use capability.operation naming"),
        ("a.b", CapabilityPolicy(capabilities={"b": ()}), "host_call a.b exceeds capability ceiling"),
        ("a.b.c", CapabilityPolicy(capabilities={"a": ("b.c",)}), None),
        ("a.b", CapabilityPolicy(side_effect_level="read_only"), None),
        ("a.b", CapabilityPolicy(side_effect_level="none"), "host_call a.b exceeds side-effect ceiling"),
        (
            "workspace.delete",
            CapabilityPolicy(side_effect_level="read_only"),
            "host_call workspace.delete exceeds side-effect ceiling",
        ),
        ("workspace.write_text", CapabilityPolicy(side_effect_level="workspace_write"), None),
        ("workspace.apply_edit", CapabilityPolicy(side_effect_level="workspace_write"), None),
        (
            "process.exec",
            CapabilityPolicy(side_effect_level="workspace_write"),
            "host_call process.exec exceeds side-effect ceiling",
        ),
    ],
)
def test_host_calls_need_what_they_name(operation: str, policy: CapabilityPolicy, expected: str | None) -> None:
    assert beyond(policy, "host_call", [operation, {}]) == expected


def test_host_calls_that_name_nothing_are_refused() -> None:
    assert beyond(CapabilityPolicy(), "host_call", []) == "host_call '' must use capability.operation naming"


def test_every_builtin_in_the_table_passes_the_gate() -> None:
    registry = make_registry()
    known = [name for name in [*NEEDS, "host_call"] if name in BUILTIN_MODULES]
    assert {"read_file", "write_file", "delete_file", "stat"} <= set(known)
    for name in known:
        found = registry.get(name)
        assert found is not None and found.effects, name


# A loop asks itself, for the snapshots that it writes. So do workers, for worktrees and commands; where their snapshots lie
# is not the program's to say.
ASKING = {"agent_loop", "close_agent", "resume_agent", "send_input", "spawn_agent", "wait_agent"}
# Chapter 07 section 19 leaves these to the program: they write only what the runtime keeps for it below its state root.
OWN_RECORDS = ("checkpoint", "metadata_", "store_")


def test_builtins_that_change_files_or_start_processes_are_in_the_table() -> None:
    registry = make_registry()
    for name in BUILTIN_MODULES:
        found = registry.get(name)
        assert found is not None
        if found.effects & {"fs.write", "process"} and name not in ASKING and not name.startswith(OWN_RECORDS):
            assert name == "host_call" or name in NEEDS, name  # what host_call needs is in the name that it is given


# --- the stack -------------------------------------------------------------------------------------------------------


def test_policies_go_whatever_ends_the_body() -> None:
    runtime = make_test_runtime()
    fiber = runtime.main_fiber()
    outer, inner = CapabilityPolicy(tools=("a",)), CapabilityPolicy(tools=("b",))
    assert not runtime.gates
    with policies_pushed(fiber, None, None):
        assert active_capability(fiber) is None and not runtime.gates
    with policies_pushed(fiber, outer, None):
        with pytest.raises(KeyboardInterrupt), policies_pushed(fiber, inner, None):
            assert active_capability(fiber) is inner
            raise KeyboardInterrupt
        assert active_capability(fiber) is outer
        with policies_pushed(fiber, None, None):
            assert active_capability(fiber) is outer
    assert active_capability(fiber) is None
    assert active_approval(fiber) is None
    check_builtin(fiber, "write_file", [])
    runtime.close()


def test_a_refusal_is_of_category_tool_rejected() -> None:
    runtime = make_test_runtime()
    fiber = runtime.main_fiber()
    with policies_pushed(fiber, CapabilityPolicy(side_effect_level="none"), None), pytest.raises(HarnError) as caught:
        check_builtin(fiber, "write_file", [])
    assert caught.value.category is Category.TOOL_REJECTED
    runtime.close()

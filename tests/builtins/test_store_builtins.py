"""The persistent store, on real files."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_world import fiber_in
from state_programs import Project, StateWorld

from harnpy.builtins import store
from harnpy.builtins.pretty_json import pretty_json
from harnpy.builtins.state_values import object_in
from harnpy.vm.durable_files import Content, only_writer
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError
from harnpy.vm.fiber import Fiber


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def text_of(project: Project) -> str:
    return (project.state / "store.json").read_text()


def test_values_survive_from_run_to_run(project: Project) -> None:
    project.run('store_set("k", {n: 1, f: 1.0, t: "é\\n", no: nil, yes: true, l: [1, [2.5]]})')
    assert project.run('println(store_get("k"))\nprintln(type_of(store_get("k").f))') == [
        "{f: 1.0, l: [1, [2.5]], n: 1, no: nil, t: é",
        ", yes: true}",
        "float",
    ]


def test_the_file_has_sorted_keys_two_spaces_and_no_newline_at_the_end(project: Project) -> None:
    project.run('store_set("b", {z: [1, {}, []], a: "é\\n\\"/"})\nstore_set("a", 1.0)\nstore_set("", nil)')
    assert text_of(project) == (
        '{\n  "": null,\n  "a": 1.0,\n  "b": {\n    "a": "é\\n\\"/",\n    "z": [\n      1,\n      {},\n      []\n    ]\n  }\n}'
    )


def test_an_empty_store_is_two_brackets(project: Project) -> None:
    project.run('store_set("a", 1)\nstore_clear()')
    assert text_of(project) == "{}"


@pytest.mark.parametrize("value", ["set(1)", "5s", "{ x -> x }", "1 to 3", "Point {x: 1}", "Ok(1)", "channel(1)"])
def test_what_json_cannot_hold_becomes_nil(project: Project, value: str) -> None:
    source = f'struct Point {{ x: int }}\nstore_set("k", [{value}, 1])\nprintln(store_get("k"))'
    assert project.run(source) == ["[nil, 1]"]
    assert json.loads(text_of(project)) == {"k": [None, 1]}


def test_floats_that_are_not_finite_become_nil(project: Project) -> None:
    source = 'store_set("k", [1.0 / 0.0, 0.0 / 0.0])\nprintln(store_get("k"))'
    assert project.run(source) == ["[nil, nil]"]


def test_a_key_with_nil_is_listed(project: Project) -> None:
    assert project.run('store_set("k", nil)\nprintln(store_list())\nprintln(store_get("k"))') == ["[k]", "nil"]


def test_keys_are_taken_as_text_and_sorted_by_code_point(project: Project) -> None:
    source = 'for k in [10, 9, true, "é", "z"] { store_set(k, 0) }\nprintln(store_list())\nprintln(store_get("10"))'
    assert project.run(source) == ["[10, 9, true, z, é]", "0"]


def test_a_key_can_be_deleted_and_deleting_an_absent_one_writes_the_file(project: Project) -> None:
    assert project.run('store_delete("k")') == []
    assert text_of(project) == "{}"
    assert project.run('store_set("a", 1)\nstore_set("b", 2)\nstore_delete("a")\nprintln(store_list())') == ["[b]"]
    assert json.loads(text_of(project)) == {"b": 2}


def test_every_builtin_that_writes_returns_nil(project: Project) -> None:
    source = 'println([store_set("a", 1), store_delete("a"), store_save(), store_clear()])'
    assert project.run(source) == ["[nil, nil, nil, nil]"]


def test_reading_creates_nothing(project: Project) -> None:
    project.run('store_get("k")\nstore_list()')
    assert list(project.directory.iterdir()) == []


def test_saving_first_keeps_what_is_there(project: Project) -> None:
    project.run('store_set("k", 1)')
    project.run("store_save()")
    assert json.loads(text_of(project)) == {"k": 1}


def test_changing_what_was_read_or_stored_does_not_change_the_store(project: Project) -> None:
    source = """
var v = {a: [1]}
store_set("k", v)
v.a = [2]
var w = store_get("k")
w.a[0] = 3
println(store_get("k"))
"""
    assert project.run(source) == ["{a: [1]}"]


# --- where the file is -----------------------------------------------------------------------------------------------


def test_the_file_is_in_the_project_root(project: Project) -> None:
    (project.directory / "harn.toml").touch()
    (project.directory / "src" / "deep").mkdir(parents=True)
    project.run('store_set("k", 1)', "src/deep/main.harn")
    assert (project.state / "store.json").exists()


def test_without_a_project_it_is_beside_the_program(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.directory / "src").mkdir()
    monkeypatch.chdir(project.directory)
    project.run('store_set("k", 1)', "src/main.harn")
    assert (project.directory / "src" / ".harn" / "store.json").exists()


def test_the_state_directory_can_be_chosen(tmp_path: Path) -> None:
    Project(tmp_path, {"HARN_STATE_DIR": str(tmp_path / "a" / "b")}).run('store_set("k", 1)')
    Project(tmp_path, {"HARN_STATE_DIR": "c"}).run('store_set("k", 1)')
    Project(tmp_path, {"HARN_STATE_DIR": " "}).run('store_set("k", 1)')
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("store.json"))
    assert found == [".harn/store.json", "a/b/store.json", "c/store.json"]


def test_code_without_a_file_keeps_its_state_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fiber = fiber_in(StateWorld())
    fiber.runtime.entry_path = "<eval>"
    store.store_set(fiber, "k", 1)
    assert (tmp_path / ".harn" / "store.json").exists()


# --- beside other processes ------------------------------------------------------------------------------------------


def test_changes_of_others_are_kept_and_not_seen(tmp_path: Path) -> None:
    one, other = (fiber_in(StateWorld()) for _ in range(2))
    one.runtime.entry_path = other.runtime.entry_path = str(tmp_path / "main.harn")
    store.store_set(one, "a", 1)
    assert store.store_list(other) == ["a"]
    store.store_set(other, "b", 2)
    store.store_set(other, "a", 3)
    store.store_set(one, "c", 4)
    assert (store.store_get(one, "a"), store.store_list(one)) == (1, ["a", "c"])
    assert json.loads((tmp_path / ".harn/store.json").read_text()) == {"a": 3, "b": 2, "c": 4}
    store.store_delete(one, "b")
    store.store_save(one)
    assert json.loads((tmp_path / ".harn/store.json").read_text()) == {"a": 3, "c": 4}


def test_a_file_that_vanishes_is_written_anew_with_all_that_the_program_knows(project: Project) -> None:
    source = 'store_set("a", 1)\ndelete_file("FILE")\nstore_set("b", 2)'
    project.run(source.replace("FILE", str(project.state / "store.json")))
    assert json.loads(text_of(project)) == {"a": 1, "b": 2}


def test_nothing_is_left_beside_the_file(project: Project) -> None:
    project.run('store_set("k", 1)\nstore_delete("k")')
    assert os.listdir(project.state) == ["store.json"]


# --- files that are no store ------------------------------------------------------------------------------------------

DAMAGED = {
    "cut": b'{"a": 1',
    "empty": b"",
    "not an object": b"[1]",
    "not UTF-8": b'{"a": "\xff"}',
    "nested too deeply": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "zeros": b"\0" * 4096,
    "a number without end": b'{"a": 1e999}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_counts_as_empty_and_is_kept_when_something_is_stored(project: Project, content: bytes) -> None:
    project.state.mkdir()
    file = project.state / "store.json"
    file.write_bytes(content)
    assert project.run('println(store_list())\nprintln(store_get("a"))') == ["[]", "nil"]
    assert project.warnings.startswith(f"[harn] warning: {file} counts as empty: ")
    assert project.warnings.count("\n") == 1
    assert file.read_bytes() == content
    project.run('store_set("k", 1)\nstore_set("l", 2)')
    assert f"{file} is replaced; what it held is kept in {file}.corrupt\n" in project.warnings
    assert json.loads(file.read_text()) == {"k": 1, "l": 2}
    assert (project.state / "store.json.corrupt").read_bytes() == content
    file.write_bytes(content + b"again")
    project.run("store_clear()")
    assert (project.state / "store.json.corrupt").read_bytes() == content
    assert (project.state / "store.json.corrupt.2").read_bytes() == content + b"again"


def test_a_byte_order_mark_is_no_damage(project: Project) -> None:
    project.state.mkdir()
    (project.state / "store.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert project.run('println(store_get("a"))') == ["1"]
    assert project.warnings == ""


def test_a_file_that_is_damaged_while_the_program_runs_does_not_take_its_values_away(project: Project) -> None:
    file = project.state / "store.json"
    project.run(f'store_set("a", 1)\nwrite_file("{file}", "oops")\nstore_set("b", 2)')
    assert json.loads(file.read_text()) == {"a": 1, "b": 2}
    assert (project.state / "store.json.corrupt").read_text() == "oops"


def test_a_large_file_is_read(project: Project) -> None:
    project.state.mkdir()
    (project.state / "store.json").write_text(json.dumps({"big": "x" * 30_000_000, "n": list(range(100_000))}))
    assert project.run('println(len(store_get("big")))\nprintln(len(store_get("n")))') == ["30000000", "100000"]


def test_a_file_beyond_any_reason_is_not_read_into_memory(project: Project) -> None:
    project.state.mkdir()
    file = project.state / "store.json"
    file.touch()
    os.truncate(file, 1 << 40)  # a hole
    assert project.run("println(store_list())") == ["[]"]
    assert "File too large (os error 27)" in project.warnings


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_file_where_the_directory_should_be(project: Project) -> None:
    project.state.touch()
    assert project.failure('store_set("k", 1)') == "Runtime error: store mkdir error: File exists (os error 17)"


def test_a_directory_where_the_file_should_be(project: Project) -> None:
    (project.state / "store.json").mkdir(parents=True)
    for call in ('store_set("k", 1)', "store_save()", "store_clear()", 'store_delete("k")'):
        assert project.failure(call) == "Runtime error: store write error: Is a directory (os error 21)"
    assert project.run("println(store_list())") == ["[]"]
    assert os.listdir(project.state) == ["store.json"]


def test_a_pipe_or_a_device_is_neither_read_nor_replaced(project: Project) -> None:
    project.state.mkdir()
    os.mkfifo(project.state / "store.json")
    assert project.run("println(store_list())") == ["[]"]
    assert project.failure('store_set("k", 1)') == "Runtime error: store write error: Invalid argument (os error 22)"
    assert stat.S_ISFIFO((project.state / "store.json").stat().st_mode)
    (project.state / "store.json").unlink()
    (project.state / "store.json").symlink_to("/dev/full")
    assert project.run("println(store_list())") == ["[]"]
    assert project.failure('store_set("k", 1)') == "Runtime error: store write error: Invalid argument (os error 22)"


def test_what_could_not_be_read_back_is_refused_and_changes_nothing(project: Project) -> None:
    source = """
store_set("k", 1)
var deep = 0
for i in 1 to 130 { deep = [deep] }
let r = try { store_set("k", deep) }
println(unwrap_err(r))
println(store_get("k"))
"""
    expected = "Runtime error: store save error: the value is nested too deeply"
    assert project.run(source) == [expected, "1"]
    assert json.loads(text_of(project)) == {"k": 1}


def test_the_deepest_value_that_can_be_stored_can_be_read(project: Project) -> None:
    project.run('var deep = 0\nfor i in 1 to 126 { deep = [deep] }\nstore_set("k", deep)')
    assert project.run('println(len(to_string(store_get("k"))))') == [str(2 * 126 + 1)]


def test_a_lone_surrogate_is_refused(tmp_path: Path) -> None:
    fiber = fiber_in(StateWorld())
    fiber.runtime.entry_path = str(tmp_path / "main.harn")
    store.store_set(fiber, "k", 1)
    for arguments in (("k", "\ud800"), ("\ud800", 1)):
        with pytest.raises(Exception, match="store save error: text contains a lone surrogate"):
            store.store_set(fiber, *arguments)
    assert store.store_list(fiber) == ["k"]
    assert json.loads((tmp_path / ".harn/store.json").read_text()) == {"k": 1}


def test_a_full_disk_is_told_and_changes_nothing(project: Project) -> None:
    """No file may grow beyond 1000 bytes, which the system refuses as it refuses to fill a disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        source = """
store_set("k", "old")
for call in [{ -> store_set("k", "x".repeat(2000)) }, { -> store_set("l", "x".repeat(2000)) }] {
  println(unwrap_err(try { call() }))
}
println(store_get("k"))
println(store_list())
store_set("m", 1)
"""
        expected = "Runtime error: store write error: File too large (os error 27)"
        assert project.run(source) == [expected, expected, "old", "[k]"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert json.loads(text_of(project)) == {"k": "old", "m": 1}
    assert os.listdir(project.state) == ["store.json"]


# --- while another process is writing --------------------------------------------------------------------------------


class WaitingWorld(StateWorld):
    """Waits only in its counting; then is called with the number of the wait."""

    def __init__(self, then: Callable[[int], None]) -> None:
        super().__init__()
        self.waits = 0
        self._then = then

    @operation("time", Repeat.PURE)
    async def sleep(self, seconds: float) -> None:
        """Take no time."""
        self.waits += 1
        self._then(self.waits)


def waiting_fiber(directory: Path, then: Callable[[int], None]) -> Fiber:
    fiber = fiber_in(WaitingWorld(then))
    fiber.runtime.entry_path = str(directory / "main.harn")
    return fiber


def test_a_change_waits_until_another_writer_is_done(tmp_path: Path) -> None:
    file = tmp_path / ".harn" / "store.json"
    file.parent.mkdir()
    with ExitStack() as other:
        other.enter_context(only_writer(str(file)))

        def then(number: int) -> None:
            if number == 3:
                file.write_text('{"theirs": 1}')
                other.close()

        fiber = waiting_fiber(tmp_path, then)
        store.store_set(fiber, "ours", 2)
        assert fiber.runtime.world.waits == 3
    assert json.loads(file.read_text()) == {"ours": 2, "theirs": 1}
    assert store.store_list(fiber) == ["ours"]
    fiber.runtime.close()


def test_a_writer_that_does_not_end_is_told(tmp_path: Path) -> None:
    (tmp_path / ".harn").mkdir()
    fiber = waiting_fiber(tmp_path, lambda number: None)
    with only_writer(str(tmp_path / ".harn" / "store.json")), pytest.raises(HarnError) as caught:
        store.store_set(fiber, "k", 1)
    assert caught.value.caught == ("Runtime error: store write error: another process does not let go of the file")
    assert (caught.value.begun, caught.value.repeatable) == (True, True)
    assert store.store_list(fiber) == []
    fiber.runtime.close()


# --- laws ------------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
DATA = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


def exact(value: object) -> object:
    """value so that 1, 1.0 and true, and the zeros, are told apart."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list) else (type(value).__name__, repr(value))


@given(st.dictionaries(TEXT, DATA, max_size=5))
@settings(deadline=None)
def test_every_value_can_be_read_back_as_it_was(value: dict[str, object]) -> None:
    text = pretty_json(value)
    assert exact(object_in(Content(text.encode(), "fingerprint"))) == exact(value)
    assert pretty_json(json.loads(text)) == text


@given(st.dictionaries(TEXT, DATA, max_size=5))
@settings(deadline=None)
def test_the_text_is_what_other_writers_write_but_for_exponents(value: dict[str, object]) -> None:
    other = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    assert json.loads(pretty_json(value)) == json.loads(other)
    if "e-" not in other and "e+" not in other:
        assert pretty_json(value) == other


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((1e16, "1e16"), (1e15, "1000000000000000.0"), (1.5e-7, "1.5e-7"), (1e-5, "0.00001")),
        *((-1.25e-5, "-0.0000125"), (0.0001, "0.0001"), (1e300, "1e300"), (-0.0, "-0.0"), (5e-324, "5e-324")),
    ],
)
def test_floats_are_written_as_serde_does(value: float, text: str) -> None:
    assert pretty_json(value) == text
    assert float(text) == value


def test_ints_of_any_size_stay_exact(project: Project) -> None:
    project.run('var n = 7\nfor i in 1 to 14 { n = n * n }\nstore_set("n", n)')
    assert project.run('println(store_get("n") == 7 ** 16384)') == ["true"]


OPERATIONS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["set", "delete", "clear", "save", "reload"]), TEXT, LEAVES),
    max_size=12,
)


@given(OPERATIONS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_is_what_all_acknowledged_changes_make_in_their_order(
    tmp_path: Path, operations: list[tuple[str, str, str, object]]
) -> None:
    file = tmp_path / ".harn" / "store.json"
    file.unlink(missing_ok=True)
    expected: dict[str, object] = {}

    def program():
        fiber = fiber_in(StateWorld())
        fiber.runtime.entry_path = str(tmp_path / "main.harn")
        return fiber

    fibers = {name: program() for name in "ab"}
    for name, action, key, value in operations:
        fiber = fibers[name]
        if action == "set":
            store.store_set(fiber, key, value)
            expected[key] = value
            assert exact(store.store_get(fiber, key)) == exact(value)
        elif action == "delete":
            store.store_delete(fiber, key)
            expected.pop(key, None)
        elif action == "clear":
            store.store_clear(fiber)
            expected.clear()
        elif action == "save":
            store.store_save(fiber)
        else:
            fibers[name] = program()
            assert store.store_list(fibers[name]) == sorted(expected)
        if action not in ("reload",):
            assert exact(json.loads(file.read_text())) == exact(expected)

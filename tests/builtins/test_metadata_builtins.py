"""Project metadata, on real files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_world import fiber_in
from state_programs import Project, StateWorld

from harnpy.builtins import metadata
from harnpy.builtins.directory_hashes import hex_hash
from harnpy.builtins.metadata_tree import resolved
from harnpy.vm.fiber import Fiber

EMPTY_HASH = "cbf29ce484222325"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def fiber(tmp_path: Path) -> Fiber:
    return program(tmp_path)


def program(directory: Path) -> Fiber:
    made = fiber_in(StateWorld())
    made.runtime.entry_path = str(directory / "main.harn")
    return made


# --- what holds for a directory ----------------------------------------------------------------------------------------


def test_directories_take_on_what_is_said_above_them(fiber: Fiber) -> None:
    metadata.metadata_set(fiber, "", "facts", {"lang": "py", "a": 0})
    metadata.metadata_set(fiber, "src", "facts", {"owner": "vm", "a": 1})
    metadata.metadata_set(fiber, "src/a", "other", {"x": [1]})
    assert metadata.metadata_get(fiber, "src/a/b", "facts") == {"lang": "py", "owner": "vm", "a": 1}
    assert metadata.metadata_get(fiber, "srcs", "facts") == {"lang": "py", "a": 0}
    assert metadata.metadata_get(fiber, "src/a", "none") is None
    assert metadata.metadata_resolve(fiber, "src/a") == {
        "facts": {"lang": "py", "owner": "vm", "a": 1},
        "other": {"x": [1]},
    }
    assert metadata.metadata_resolve(fiber, "src", "facts") == {"lang": "py", "owner": "vm", "a": 1}


def test_without_a_namespace_the_fields_of_all_of_them_come_together(fiber: Fiber) -> None:
    assert metadata.metadata_get(fiber, "src") is None
    assert metadata.metadata_resolve(fiber, "src") is None
    metadata.metadata_set(fiber, "src", "b", {"x": "b", "y": 1})
    metadata.metadata_set(fiber, ".", "c", {"x": "c"})
    assert metadata.metadata_get(fiber, "src", None) == {"x": "c", "y": 1}


def test_the_root_has_two_names_of_which_the_dot_is_preferred(fiber: Fiber) -> None:
    metadata.metadata_set(fiber, "", "n", {"x": 1, "y": 1})
    assert metadata.metadata_get(fiber, ".", "n") == {"x": 1, "y": 1}
    metadata.metadata_set(fiber, ".", "n", {"x": 2})
    assert metadata.metadata_get(fiber, "a", "n") == {"x": 2}
    assert [entry["dir"] for entry in metadata.metadata_entries(fiber)] == [".", "."]


def test_setting_no_fields_does_nothing(fiber: Fiber) -> None:
    for data in ({}, [1], None, "x"):
        metadata.metadata_set(fiber, "a", "n", data)
    assert metadata.metadata_entries(fiber) == []


def test_entries_show_what_is_local_and_what_holds(fiber: Fiber) -> None:
    metadata.metadata_set(fiber, "", "a", {"x": 1})
    metadata.metadata_set(fiber, "src", "b", {"y": 2})
    assert metadata.metadata_entries(fiber) == [
        {"dir": ".", "local": {"a": {"x": 1}}, "resolved": {"a": {"x": 1}}},
        {"dir": "src", "local": {"b": {"y": 2}}, "resolved": {"a": {"x": 1}, "b": {"y": 2}}},
    ]
    assert metadata.metadata_entries(fiber, "a") == [
        {"dir": ".", "local": {"x": 1}, "resolved": {"x": 1}},
        {"dir": "src", "local": None, "resolved": {"x": 1}},
    ]


NAMES = st.sampled_from(["a", "b", ".", ""])
PATHS = st.lists(NAMES, max_size=4).map("/".join)
FIELDS = st.dictionaries(st.sampled_from("xyz"), st.integers(), min_size=1, max_size=2)
TREES = st.dictionaries(PATHS, st.dictionaries(st.sampled_from("nm"), FIELDS, max_size=2), max_size=6)


@given(TREES, PATHS)
@settings(deadline=None)
def test_a_field_is_that_of_the_deepest_directory_on_the_way_that_has_it(
    tree: dict[str, dict[str, dict[str, int]]], directory: str
) -> None:
    parts = [part for part in directory.split("/") if part not in ("", ".")]
    way = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)] + ["." if "." in tree else ""]
    found = resolved(tree, directory)
    for namespace in "nm":
        for field in "xyz":
            values = [tree[each][namespace][field] for each in way if field in tree.get(each, {}).get(namespace, {})]
            assert found.get(namespace, {}).get(field) == (values[0] if values else None)


# --- hashes --------------------------------------------------------------------------------------------------------------


def test_hashes_are_fnv1a_of_sorted_names_and_sizes(fiber: Fiber, tmp_path: Path) -> None:
    assert (hex_hash(b""), hex_hash(b"a"), hex_hash(b"foobar")) == (EMPTY_HASH, "af63dc4c8601ec8c", "85944171f73967e8")
    (tmp_path / "d").mkdir()
    assert metadata.compute_content_hash(fiber, "d") == EMPTY_HASH
    assert metadata.compute_content_hash(fiber, "missing") == EMPTY_HASH
    for name, size, time in (("b.txt", 3, 7.9), (".a", 10, 1_000_000_000)):
        (tmp_path / "d" / name).write_bytes(b"x" * size)
        os.utime(tmp_path / "d" / name, (time, time))
    (tmp_path / "d" / "link").symlink_to("b.txt")
    own = os.lstat(tmp_path / "d" / "link")
    lines = [".a:10:1000000000", "b.txt:3:7", f"link:5:{int(own.st_mtime)}"]
    assert metadata.compute_content_hash(fiber, "d") == hex_hash("|".join(lines).encode())
    metadata.metadata_set(fiber, "d", "n", {"x": 1})
    metadata.metadata_refresh_hashes(fiber)
    assert metadata.metadata_get(fiber, "d", "classification") == {"structureHash": hex_hash(b".a:10|b.txt:3|link:5")}


def test_a_hash_has_no_leading_zeros() -> None:
    data = next(str(number).encode() for number in range(1000) if len(hex_hash(str(number).encode())) < 16)
    assert not hex_hash(data).startswith("0")


def test_lines_are_sorted_not_names(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "a!"):  # "a!:1" sorts before "a:1"
        (tmp_path / "d" / name).write_text("x")
    metadata.metadata_set(fiber, "d", "n", {"x": 1})
    metadata.metadata_refresh_hashes(fiber)
    assert metadata.metadata_get(fiber, "d", "classification") == {"structureHash": hex_hash(b"a!:1|a:1")}


def test_a_changed_structure_or_content_makes_a_directory_stale(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "f").write_text("x")
    content = metadata.compute_content_hash(fiber, "c")
    for directory in ("s", "c", "", "unhashed"):
        metadata.metadata_set(fiber, directory, "n", {"x": 1})
    assert metadata.metadata_stale(fiber, ".") == {"any_stale": False, "tier1": [], "tier2": []}
    metadata.metadata_set(fiber, "c", "classification", {"contentHash": content})
    metadata.metadata_set(fiber, "s", "classification", {"structureHash": EMPTY_HASH, "contentHash": "other"})
    assert metadata.metadata_stale(fiber)["tier2"] == ["s"]
    (tmp_path / "s" / "new").touch()
    os.utime(tmp_path / "c" / "f", (5, 5))
    metadata.metadata_set(fiber, "", "classification", {"structureHash": "other"})
    assert metadata.metadata_stale(fiber) == {"any_stale": True, "tier1": ["", "s"], "tier2": ["c"]}
    assert metadata.metadata_status(fiber)["stale"] == {"any_stale": True, "tier1": [".", "s"], "tier2": ["c"]}


def test_only_own_and_textual_hashes_count(fiber: Fiber) -> None:
    metadata.metadata_set(fiber, "", "classification", {"structureHash": 5})
    metadata.metadata_set(fiber, "below", "n", {"x": 1})
    assert metadata.metadata_stale(fiber)["any_stale"] is False


def test_the_status_counts_and_lists(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "file").touch()
    metadata.metadata_set(fiber, "", "classification", {"kind": "app"})
    metadata.metadata_set(fiber, "src", "facts", {"structureHash": None})
    metadata.metadata_set(fiber, "gone", "classification", {"kind": "x"})
    metadata.metadata_set(fiber, "file", "classification", {"kind": "x"})
    status = metadata.metadata_status(fiber)
    assert status["directories"] == [".", "file", "gone", "src"]
    assert (status["directory_count"], status["namespace_count"]) == (4, 2)
    assert status["namespaces"] == ["classification", "facts"]
    assert status["missing_structure_hash"] == ["."]
    assert metadata.metadata_status(fiber, "facts")["missing_structure_hash"] == ["."]
    assert metadata.metadata_status(fiber, "facts")["missing_content_hash"] == [".", "src"]


def test_without_metadata_the_status_is_empty(fiber: Fiber) -> None:
    assert metadata.metadata_status(fiber) == {
        "directory_count": 0,
        "namespace_count": 0,
        "namespaces": [],
        "directories": [],
        "missing_structure_hash": [],
        "missing_content_hash": [],
        "stale": {"any_stale": False, "tier1": [], "tier2": []},
    }


def test_what_a_program_gets_does_not_change_the_metadata(project: Project) -> None:
    source = """
metadata_set("a", "n", {x: 1, l: [1]})
var got = metadata_get("a", "n")
got.x = 2
got.l[0] = 5
println(metadata_get("a", "n"))
let entries = metadata_entries()
metadata_set("a", "n", {x: 3})
println(entries[0].local.n.x)
println(metadata_get("a", "n").x)
println(invalidate_facts("a"))
"""
    assert project.run(source) == ["{l: [1], x: 1}", "1", "3", "nil"]


# --- files ---------------------------------------------------------------------------------------------------------------


def test_only_saved_data_survive_and_the_file_has_its_format(project: Project) -> None:
    project.run('metadata_set("a", "n", {x: 1})')
    assert not project.state.exists()
    project.run(
        'metadata_save()\nmetadata_set("b/c", "n", {x: 1.0, f: 5s})\nmetadata_set("", "m", {z: "é"})\nmetadata_save()'
    )
    assert (project.state / "metadata" / "root.json").read_text() == (
        '{\n  "entries": {\n    "": {\n      "namespaces": {\n        "m": {\n          "z": "é"\n        }\n      }\n    },\n'
        '    "b/c": {\n      "namespaces": {\n        "n": {\n          "f": null,\n          "x": 1.0\n        }\n      }\n    }\n'
        '  },\n  "generatedAt": "2026-03-29T14:30:00Z",\n  "version": 2\n}'
    )
    assert project.run('println(metadata_get("b/c/d"))') == ["{f: nil, x: 1.0, z: é}"]


def test_saving_without_changes_writes_nothing(project: Project) -> None:
    project.run('metadata_save()\nmetadata_set("a", "n", {})\nmetadata_save()')
    assert not project.state.exists()
    project.run('metadata_set("a", "n", {x: 1})\nmetadata_save()')
    file = project.state / "metadata" / "root.json"
    before = file.stat().st_ino
    project.run('println(metadata_get("a"))\nmetadata_save()')
    assert file.stat().st_ino == before


def write(project: Project, name: str, document: object) -> Path:
    file = project.state / "metadata" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


def entry(**fields: object) -> dict[str, object]:
    return {"namespaces": {"n": fields}}


def test_all_files_are_read_and_a_later_one_replaces_whole_entries(project: Project) -> None:
    write(project, "a.json", {"entries": {"d": entry(x=1, y=1), "e": entry(x=1)}})
    write(project, "b.json", {"entries": {"d": entry(x=2)}})
    write(project, "c.txt", {"entries": {"d": entry(x=3)}})
    write(project, "bad.json", "{")
    write(project, "shapeless.json", {"entries": {"d": {"namespaces": 5}}})
    write(project, "other.json", {"version": 1})
    assert project.run('println(metadata_get("d"))\nprintln(metadata_get("e"))') == ["{x: 2}", "{x: 1}"]
    assert project.warnings.count("counts as empty") == 2


def test_what_was_saved_is_not_hidden_by_a_file_with_a_later_name(project: Project) -> None:
    write(project, "z.json", {"entries": {"d": entry(x=1, y=1)}})
    project.run('metadata_set("d", "n", {x: 2})\nmetadata_save()')
    assert project.run('println(metadata_get("d"))') == ["{x: 2, y: 1}"]


def test_what_others_save_meanwhile_is_kept(tmp_path: Path) -> None:
    one, other = program(tmp_path), program(tmp_path)
    metadata.metadata_set(one, "d", "n", {"x": 1, "z": 1})
    metadata.metadata_set(other, "d", "n", {"y": 2, "z": 2})
    metadata.metadata_set(other, "e", "n", {"y": 2})
    metadata.metadata_save(one)
    metadata.metadata_save(other)
    metadata.metadata_set(one, "d", "m", {"x": 3})
    metadata.metadata_save(one)
    fresh = program(tmp_path)
    assert metadata.metadata_resolve(fresh, "d") == {"n": {"x": 1, "y": 2, "z": 2}, "m": {"x": 3}}
    assert metadata.metadata_get(fresh, "e") == {"y": 2}
    assert metadata.metadata_get(one, "d", "n") == {"x": 1, "z": 1}


@pytest.mark.parametrize("content", ["{", "[]", '{"entries": []}', ""])
def test_a_damaged_file_is_kept_aside(project: Project, content: str) -> None:
    file = write(project, "root.json", content)
    project.run('metadata_set("d", "n", {x: 1})\nmetadata_save()')
    assert json.loads(file.read_text())["entries"] == {"d": entry(x=1)}
    assert (file.parent / "root.json.corrupt").read_text() == content
    assert f"{file} is replaced; what it held is kept in {file}.corrupt" in project.warnings


def test_a_file_that_vanishes_or_breaks_is_written_anew_with_all_that_is_known(project: Project) -> None:
    file = project.state / "metadata" / "root.json"
    first = 'metadata_set("d", "n", {x: 1})\nmetadata_save()\n'
    second = '\nmetadata_set("e", "n", {x: 2})\nmetadata_save()'
    for damage in (f'delete_file("{file}")', f'write_file("{file}", "oops")'):
        project.run(first + damage + second)
        assert json.loads(file.read_text())["entries"] == {"d": entry(x=1), "e": entry(x=2)}


def test_failures_have_texts_of_their_own(project: Project) -> None:
    save = 'metadata_set("d", "n", {x: 1})\nmetadata_save()'
    project.state.touch()
    assert project.failure(save) == "Runtime error: metadata mkdir: Not a directory (os error 20)"
    project.state.unlink()
    (project.state / "metadata" / "root.json").mkdir(parents=True)
    assert project.failure(save) == "Runtime error: metadata write: Is a directory (os error 21)"
    deep = 'var deep = 0\nfor i in 1 to 130 { deep = [deep] }\nmetadata_set("d", "n", {x: deep})'
    assert project.failure(deep) == "Runtime error: metadata json: the value is nested too deeply"


def test_the_deepest_value_that_can_be_set_can_be_read(project: Project) -> None:
    project.run('var deep = 0\nfor i in 1 to 122 { deep = [deep] }\nmetadata_set("d", "n", {x: deep})\nmetadata_save()')
    assert project.run('println(len(to_string(metadata_get("d").x)))') == [str(2 * 122 + 1)]

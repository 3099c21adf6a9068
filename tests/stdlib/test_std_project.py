"""std/project, std/worktree and std/path in real directories: names of projects, scans, trees of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support import run_source


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("HARN_STATE_DIR", "HARN_RUN_DIR", "HARN_WORKTREE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(place: Path, source: str) -> str:
    return run_source(source, str(place / "main.harn"))


def root_package(place: Path, before: str = "") -> str:
    source = f'import {{ project_root_package }} from "std/project"\n{before}\nprintln(project_root_package())'
    return run(place, source).removesuffix("\n")


# --- names of projects ---------------------------------------------------------------------------------------------

FILES = {
    "pyproject.toml": '[project]\nversion = "1"\n  name = "py-thing"\n',
    "package.json": '{\n  "version": "1",\n  "name": "js-thing"\n}\n',
    "go.mod": "go 1.22\nmodule example.org/group/go-thing\n",
    "Cargo.toml": '[package]\nname = "rust-thing"\n',
}


def test_without_a_project_there_is_no_name(place):
    for name, text in FILES.items():
        (place / name).write_text(text)
    assert root_package(place) == ""


def test_a_project_without_a_known_file_has_no_name(place):
    (place / "harn.toml").write_text("")
    assert root_package(place) == ""


@pytest.mark.parametrize(
    ("name", "expected"), list(zip(FILES, ["py-thing", "js-thing", "go-thing", "rust-thing"])), ids=list(FILES)
)
def test_each_kind_of_project_tells_its_name(place, name, expected):
    (place / "harn.toml").write_text("")
    (place / name).write_text(FILES[name])
    assert root_package(place) == expected


def test_the_kinds_are_asked_in_their_order(place):
    (place / "harn.toml").write_text("")
    found = []
    for name, text in reversed(FILES.items()):
        (place / name).write_text(text)
        found.append(root_package(place))
    assert found == ["rust-thing", "go-thing", "js-thing", "py-thing"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pyproject.toml", "name = 'single'\n", "single"),
        ("pyproject.toml", "name\nnamespace = 1\nname=\"it's\" # 'x'\n", "it's"),
        ("pyproject.toml", 'rename = "no"\nname = yes\nnames = "first"\nname = "second"', "first"),
        ("pyproject.toml", 'name = ""\n', ""),
        ("package.json", '{"name": "on the first line, behind a brace"}', ""),
        ("package.json", '\t"name" : "spaced"', "spaced"),
        ("package.json", '"name": 5\n"name": "later"', "later"),
        ("go.mod", "  module indented/x\n", ""),
        ("go.mod", "module alone \n", "alone"),
        ("Cargo.toml", "name = 'single'\n", ""),
        ("Cargo.toml", 'name = "x"\r\n', "x"),
    ],
)
def test_lines_with_a_name_are_recognized(place, file, text, expected):
    (place / "harn.toml").write_text("")
    (place / file).write_bytes(text.encode())
    assert root_package(place) == expected


def test_an_empty_name_is_asked_for_elsewhere(place):
    (place / "harn.toml").write_text("")
    (place / "pyproject.toml").write_text('name = ""\n')
    (place / "Cargo.toml").write_text(FILES["Cargo.toml"])
    assert root_package(place) == "rust-thing"


def test_what_is_known_of_the_root_comes_before_all_files(place):
    (place / "harn.toml").write_text("")
    (place / "pyproject.toml").write_text(FILES["pyproject.toml"])
    of_src = 'metadata_set("src", "enrichment", {rootPackageName: "of src"})'
    of_root = 'metadata_set("", "enrichment", {rootPackageName: "of root"})'
    empty_root = 'metadata_set("", "enrichment", {rootPackageName: "", other: 1})'
    assert root_package(place, of_src) == "of src"
    assert root_package(place, f"{of_src}\n{empty_root}") == "of src"
    assert root_package(place, f"{of_src}\n{of_root}") == "of root"
    assert root_package(place, empty_root) == "py-thing"


# --- scans ---------------------------------------------------------------------------------------------------------


def test_scans_begin_at_the_execution_root_unless_told_where(place):
    (place / "sub").mkdir()
    (place / "sub" / "b.py").write_text("")
    (place / "a.md").write_text("")
    source = """import "std/project"
println(project_scan_paths())
println(project_scan_paths("sub"))
println(project_scan_paths("", {pattern: "*.md"}))
println(project_scan("sub").map({ entry -> [entry.path, entry.is_dir, entry.size] }))
println(project_scan("none"))
"""
    assert run(place, source) == "[a.md, sub, sub/b.py]\n[sub/b.py]\n[a.md]\n[[sub/b.py, false, 0]]\n[]\n"


def test_missing_hashes_ask_for_a_refresh(place):
    (place / "src").mkdir()
    source = """import "std/project"
println(project_requires_refresh())
metadata_set("src", "classification", {kind: "code"})
println(project_requires_refresh())
metadata_set("src", "classification", {contentHash: compute_content_hash("src")})
metadata_refresh_hashes()
println(project_requires_refresh())
write_file("src/new", "x")
println(project_stale_dirs())
println(project_requires_refresh())
"""
    assert run(place, source) == "false\ntrue\nfalse\n[src]\ntrue\n"


# --- directories ---------------------------------------------------------------------------------------------------


def test_links_are_followed_and_dangling_ones_are_an_error(place):
    (place / "real").mkdir()
    (place / "file").write_text("")
    os.symlink("real", place / "to_directory")
    os.symlink("file", place / "to_file")
    source = 'import "std/path"\nprintln(list_files("."))\nprintln(list_dirs("."))\nprintln(list_dirs())'
    listed = "[file, to_file]\n[real, to_directory]\n"
    assert run(place, source) == listed + "[real, to_directory]\n"
    os.symlink("nowhere", place / "dangling")
    source = 'import "std/path"\nprintln(unwrap_err(try { list_files(".") }))'
    assert run(place, source).startswith(f"Failed to stat {place}")


# --- trees of git --------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"NAME": "T", "EMAIL": "t@example.org"}.items():
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    repository = place / "repo"
    repository.mkdir()
    (repository / "file.txt").write_text("one\n")
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    return repository


def test_trees_are_made_looked_at_and_removed(place, repository):
    source = f"""import "std/worktree"
let repo = "{repository}"
let made = worktree_create(repo, "topic", "HEAD")
println([made.success, made.name, made.base_ref, made.path == worktree_default_path(repo, "topic"), made.result.status])
write_file(made.path + "/file.txt", "two\\n")
println(worktree_status(made.path).stdout)
println(worktree_diff(made.path).stdout.contains("file.txt | 2 +-"))
println(worktree_shell(made.path, "git commit -qam second; printf done").stdout)
println(worktree_diff(made.path, "main").stdout.contains("+two"))
println(worktree_diff(made.path, "").stdout == "")
write_file(made.path + "/new.txt", "")
println(worktree_remove(repo, made.path).success)
println(worktree_remove(repo, made.path, "yes").success)
println(worktree_remove(repo, made.path, true).success)
println(file_exists(made.path))
"""
    assert run(place, source).splitlines() == [
        "[true, topic, HEAD, true, 0]",
        "## topic",
        " M file.txt",
        "",
        "true",
        "done",
        "true",
        "true",
        "false",
        "false",
        "true",
        "false",
    ]


def test_a_tree_may_lie_elsewhere_and_a_failure_is_no_error(place, repository):
    source = f"""import "std/worktree"
let made = worktree_create("{repository}", "topic", "HEAD", "{place}/elsewhere")
println([made.success, made.path, file_exists("{place}/elsewhere/file.txt")])
let failed = worktree_create("{repository}", "other", "no-such-ref")
println([failed.success, failed.result.success, failed.result.status > 0, len(failed.result.stderr) > 0])
println(worktree_remove("{repository}", "{place}/nowhere").success)
"""
    expected = f"[true, {place}/elsewhere, true]\n[false, false, true, true]\nfalse\n"
    assert run(place, source) == expected


def test_library_functions_work_in_the_directory_of_each_importer(place, monkeypatch):
    """The module is loaded once, by the first of two importers in different directories."""
    (place / "library" / "here").mkdir(parents=True)
    (place / "here").mkdir()
    (place / "library" / "inner.harn").write_text(
        'import { worktree_shell } from "std/worktree"\n'
        'pub fn inner() { return worktree_shell("here", "pwd").stdout }\n'
        'pub fn tail() { return worktree_shell("here", "pwd") }\n'
    )
    source = """import { inner, tail } from "library/inner"
import { worktree_shell } from "std/worktree"
fn outer() { return worktree_shell("here", "pwd") }
print(inner())
print(tail().stdout)
print(worktree_shell("here", "pwd").stdout)
print(outer().stdout)
print(["here"].map({ dir -> worktree_shell(dir, "pwd").stdout })[0])
"""
    inner, outer = f"{place}/library/here\n", f"{place}/here\n"
    for tier in ("off", "auto", "eager"):
        monkeypatch.setenv("HARN_JIT", tier)
        assert run(place, source) == inner * 2 + outer * 3

"""`harn contracts`: the three documents."""

from __future__ import annotations

import json

import pytest
from harn_process import harn, write

from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.contracts import return_types
from harnpy.cli.preflight_hosts import BUILT_IN


def test_builtins_are_listed_with_what_they_return():
    document = json.loads(harn("contracts", "builtins").output)
    assert document["version"] == 1
    assert [each["name"] for each in document["builtins"]] == sorted(BUILTIN_MODULES)
    by_name = {each["name"]: each for each in document["builtins"]}
    assert by_name["split"] == {
        "alignment_status": "matched",
        "name": "split",
        "parser_known": True,
        "return_types": ["list<string>"],
        "runtime_registered": True,
    }
    assert by_name["env"]["return_types"] == ["string", "nil"]
    assert by_name["json_parse"]["return_types"] == []
    assert by_name["__select_try"]["alignment_status"] == "runtime_only"


@pytest.mark.parametrize(
    ("signature", "types"),
    [
        ("f()", []),
        ("f() -> any", []),
        ("f(g: fn(int) -> int | nil) -> string | nil", ["string", "nil"]),
        ("f() -> Result<string | nil, int> | list<int | nil>", ["Result<string | nil, int>", "list<int | nil>"]),
        ('f(x: string = ")") -> bool', ["bool"]),
        ("f() -> {a: int | nil}", ["{a: int | nil}"]),
        ("f() -> nil | list<fn(int) -> int>", ["nil", "list<fn(int) -> int>"]),
    ],
)
def test_result_types_are_split_at_the_top_only(signature, types):
    assert return_types(signature) == types


def test_pretty_is_the_default_and_can_be_switched_off():
    pretty, compact = (
        harn("contracts", "host-capabilities"),
        harn("contracts", "host-capabilities", "--pretty", "false"),
    )
    assert pretty.output == harn("contracts", "host-capabilities", "--pretty=true").output
    assert pretty.output.startswith('{\n  "capabilities": {\n    "diagnostics": [\n      "get_causal_traces",')
    assert compact.output.startswith('{"capabilities":{"diagnostics":["get_causal_traces",')
    assert json.loads(pretty.output) == json.loads(compact.output)
    assert harn("contracts", "builtins", "--pretty", "maybe").status == 2


def test_host_operations_come_from_the_table_the_manifest_and_a_file(tmp_path):
    write(tmp_path, "harn.toml", '[check.host_capabilities]\neditor = ["fold"]\n')
    write(tmp_path, "more.json", '{"capabilities": {"clock": ["now"], "editor": {"jump": true, "quit": false}}}')
    document = json.loads(
        harn("contracts", "host-capabilities", "--host-capabilities", "more.json", cwd=tmp_path).output
    )
    assert document["version"] == 1
    assert document["capabilities"]["clock"] == ["now"]
    assert document["capabilities"]["editor"] == sorted([*BUILT_IN["editor"], "fold", "jump"])
    assert list(document["capabilities"]) == sorted({*BUILT_IN, "clock"})


@pytest.fixture
def project(tmp_path):
    write(
        tmp_path,
        "main.harn",
        """
import { help } from "lib/help"
import "std/async"
pipeline default(task) {
  render("page.txt", {})
  render("shared.prompt", {})
  render_prompt("gone.txt", {})
  host_call("project.scan", {})
  host_call("template.render", {path: "page.txt"})
  spawn_agent({task: "x", execution: {cwd: "work", worktree: {repo: "."}}})
}
""",
    )
    write(tmp_path, "lib/help.harn", 'pub fn help() {\n  exec_at("../work", "ls")\n  render("page.txt", {})\n}\n')
    write(tmp_path, "page.txt", "")
    write(tmp_path, "shared/shared.prompt", "")
    (tmp_path / "work").mkdir()
    return tmp_path


def test_a_bundle_names_everything_that_programs_reach(project):
    ended = harn("contracts", "bundle", "--bundle-root", "shared", "main.harn", cwd=project)
    assert (ended.status, ended.errors) == (0, "")
    document = json.loads(ended.output)
    main, helper = str(project / "main.harn"), str(project / "lib/help.harn")
    page, prompt = str(project / "page.txt"), str(project / "shared/shared.prompt")
    assets = document.pop("assets")
    assert document == {
        "version": 1,
        "targets": [main],
        "bundle_root": str(project / "shared"),
        "entry_modules": [main],
        "import_modules": [helper],
        "modules": [{"path": helper, "role": "import"}, {"path": main, "role": "entry"}],
        "module_dependencies": [{"from": main, "to": helper}],
        "prompt_assets": [prompt],
        "template_assets": [page],
        "required_host_capabilities": {"project": ["scan"], "template": ["render"]},
        "execution_dirs": [str(project / "work")],
        "worktree_repos": [str(project)],
        "summary": {
            "entry_module_count": 1,
            "import_module_count": 1,
            "module_dependency_count": 1,
            "prompt_asset_count": 1,
            "template_asset_count": 1,
            "host_capability_count": 2,
            "execution_dir_count": 1,
            "worktree_repo_count": 1,
        },
    }
    assert assets[1] == {
        "declared_in": main,
        "via": "render",
        "kind": "template_asset",
        "target": "page.txt",
        "resolved": page,
        "candidates": [page, str(project / "shared/page.txt")],
        "exists": True,
    }
    assert [(each["via"], each["kind"], each["resolved"]) for each in assets] == [
        ("render", "template_asset", None),
        ("render", "template_asset", page),
        ("render", "prompt_asset", prompt),
        ("render_prompt", "prompt_asset", None),
        ("host_call(template.render)", "template_asset", page),
    ]


def test_a_bundle_that_is_verified_fails_like_check(project):
    ended = harn("contracts", "bundle", "--verify", "main.harn", cwd=project)
    assert (ended.status, ended.output) == (1, "")
    assert "preflight: render target 'gone.txt' does not exist" in ended.errors
    write(project, "fine.harn", "println(1)")
    ended = harn("contracts", "bundle", "--verify", "fine.harn", cwd=project)
    assert (ended.status, ended.errors) == (0, "fine.harn: ok\n")
    assert json.loads(ended.output)["entry_modules"] == [str(project / "fine.harn")]


def test_a_bundle_needs_programs_that_parse(tmp_path):
    ended = harn("contracts", "bundle", ".", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (1, "", "No .harn files found\n")
    write(tmp_path, "bad.harn", "let = 1")
    ended = harn("contracts", "bundle", ".", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert "bad.harn:1:5" in ended.errors


def test_the_subcommand_has_to_be_named():
    ended = harn("contracts")
    assert ended.status == 2
    assert ended.errors.startswith(
        "error: `harn contracts` requires a subcommand: builtins, host-capabilities, bundle\n"
    )
    ended = harn("contracts", "bundel")
    assert ended.status == 2
    assert "hint: a similar command exists: 'bundle'" in ended.errors
    helped = harn("help", "contracts", "bundle")
    assert helped.output == harn("contracts", "bundle", "--help").output
    assert "Usage: harn contracts bundle [--verify]" in helped.output
    assert "  host-capabilities  All host operations" in harn("contracts", "-h").output
    assert harn("help", "contracts", "x").status == 2

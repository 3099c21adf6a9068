"""Workers in worktrees of a real repository (chapter 13 section 13.15.4)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from loop_programs import DONE, call, prose
from worker_programs import delegate, error_of, shown

WRITER = """
let t = tool_define(tool_registry(), "write", "", {parameters: {}, handler: { args ->
  write_file("made.txt", read_file("a.txt"))
  show(cwd())
  "ok"
}})
"""


def git(repo: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    done = subprocess.run(["git", *identity, *words], cwd=repo, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    (path / "a.txt").write_text("content")
    git(path, "add", "a.txt")
    git(path, "commit", "-q", "-m", "first")
    return path


def test_a_worktree_is_made_and_kept(tmp_path: Path, repo: Path) -> None:
    source = f"""{WRITER}
    let h = spawn_agent({{task: "t", wait: true, node: {{tools: t}}, execution: {{worktree: {{repo: "{repo}"}}}}}})
    show(h)
    """
    variables = {"HARN_WORKTREE_DIR": str(tmp_path / "trees")}
    place, handle = delegate(source, call("write"), prose("x") + DONE, state=tmp_path / "s", variables=variables).values
    expected = tmp_path / "trees" / "project" / handle["id"]
    assert place == str(expected)
    assert (expected / "made.txt").read_text() == "content" and not (repo / "made.txt").exists()
    assert git(expected, "branch", "--show-current") == f"harn-{handle['id']}"
    assert handle["execution"]["cwd"] == str(expected)
    assert handle["execution"]["worktree"] == {
        "repo": str(repo),
        "path": str(expected),
        "branch": f"harn-{handle['id']}",
        "base_ref": "HEAD",
        "cleanup": None,
    }


@pytest.mark.parametrize("fails", [False, True])
def test_a_worktree_is_removed_when_that_is_asked_for(fails: bool, tmp_path: Path, repo: Path) -> None:
    tree = tmp_path / "deep" / "tree"
    needs = "input_contract: {min_inputs: 1}" if fails else "tools: t"
    worktree = f'{{repo: "{repo}", path: "{tree}", branch: "b", base_ref: "main", cleanup: "remove"}}'
    source = f"""{WRITER}
    let h = spawn_agent({{task: "t", node: {{{needs}}}, execution: {{worktree: {worktree}}}}})
    try {{ wait_agent(h) }} catch e {{ show("failed") }}
    """
    values = shown(source, call("write"), prose("x") + DONE, state=tmp_path / "s")
    assert values == (["failed"] if fails else [str(tree)])
    assert not tree.exists()
    assert git(repo, "worktree", "list").count("\n") == 0
    assert git(repo, "branch", "--list", "b") == "b"


def test_a_closed_worker_loses_its_worktree(tmp_path: Path, repo: Path) -> None:
    tree = tmp_path / "tree"
    source = f"""
    let ready = channel("ready")
    let t = tool_define(tool_registry(), "hang", "", {{parameters: {{}}, handler: {{ args ->
      send(ready, 1)
      receive(channel("never"))
    }}}})
    let h = spawn_agent({{task: "t", node: {{tools: t}}, execution: {{worktree: {{
      repo: "{repo}", path: "{tree}", cleanup: "remove"
    }}}}}})
    receive(ready)
    show(file_exists("{tree}/a.txt"))
    close_agent(h)
    show(file_exists("{tree}"))
    """
    assert shown(source, call("hang"), state=tmp_path / "s") == [True, False]


def test_a_worktree_that_git_refuses(tmp_path: Path, repo: Path) -> None:
    worktree = f'{{repo: "{repo}", path: "{tmp_path}/tree", base_ref: "nowhere"}}'
    text = error_of(
        f'spawn_agent({{task: "t", wait: true, node: {{}}, execution: {{worktree: {worktree}}}}})', state=tmp_path / "s"
    )
    assert text.startswith("Runtime error: worker worktree add failed: ") and "nowhere" in text
    assert not (tmp_path / "tree").exists()


def test_a_policy_without_commands_lets_nobody_make_worktrees(tmp_path: Path, repo: Path) -> None:
    source = f"""
    let t = tool_define(tool_registry(), "delegate", "", {{parameters: {{}}, handler: {{ args ->
      try {{
        spawn_agent({{task: "t", node: {{}}, execution: {{worktree: {{repo: "{repo}", path: "{tmp_path}/tree"}}}}}})
      }} catch e {{ show(e) }}
      "ok"
    }}}})
    agent_loop("x", nil, {{tools: t, policy: {{side_effect_level: "workspace_write"}}}})
    """
    values = shown(source, call("delegate"), prose("x"), state=tmp_path / "s")
    assert values == ["Error [tool_rejected]: builtin 'exec' exceeds process.exec ceiling"]
    assert not (tmp_path / "tree").exists()

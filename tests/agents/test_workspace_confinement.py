"""No path leads out of a workspace: whatever a model asks for, nothing outside is read, listed, made or changed."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from workspace_calls import call, workspace

from harnpy.agents.workspace import paths
from harnpy.agents.workspace.failures import RefusedPath
from harnpy.agents.workspace.operations import read_file, write_file
from harnpy.agents.workspace.paths import Workspace

SECRET = "the secret outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace beside a directory `outside` with a secret, and links of all sorts."""
    outside = tmp_path / "outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "secret.txt").write_text(SECRET)
    (outside / "sub" / "secret.txt").write_text(SECRET)
    root = tmp_path / "root"
    (root / "dir" / "deep").mkdir(parents=True)
    (root / "file.txt").write_text("inside\n")
    (root / "dir" / "inner.txt").write_text("inner\n")
    (tmp_path / "root-sibling").mkdir()
    (tmp_path / "root-sibling" / "secret.txt").write_text(SECRET)
    links = {
        "link_file": "../outside/secret.txt",
        "link_file_absolute": str(outside / "secret.txt"),
        "link_dir": "../outside",
        "link_dir_absolute": str(outside),
        "link_parent": "..",
        "link_slash": "/",
        "link_chain_1": "link_chain_2",
        "link_chain_2": "dir/link_chain_3",
        "dir/link_chain_3": "../../outside",
        "link_dangling": "../outside/new.txt",
        "link_dangling_absolute": str(outside / "new.txt"),
        "link_loop_1": "link_loop_2",
        "link_loop_2": "link_loop_1",
        "link_self": "link_self/x",
        "link_proc": "/proc/self/cwd",
        "link_proc_root": f"/proc/{os.getpid()}/root",
        "link_inside": "dir/inner.txt",
        "link_inside_dir": "dir",
        "link_inside_absolute": str(root / "dir"),
        "link_out_and_in": "../root/file.txt",
        "dir/deep/link_up": "../../../outside/sub",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    return root


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All that is below folder, but for what is in its workspace: kind, and content or target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_relative_to(folder / "root"):
            continue
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path)] = (path.lstat().st_mode, content)
    return found


LEADING_OUT: list[str | Callable[[Path], str]] = [
    "..",
    "../",
    "../outside/secret.txt",
    "../outside",
    "./../outside/secret.txt",
    "dir/../../outside/secret.txt",
    "dir/deep/../../../outside/secret.txt",
    "dir//..//..//outside/secret.txt",
    "../root-sibling/secret.txt",
    "../root/../outside/secret.txt",
    "../../../../../../../../../../etc/passwd",
    "/etc/passwd",
    "/",
    "//etc/passwd",
    "/etc/../etc/passwd",
    "/proc/self/environ",
    "/dev/stdin",
    lambda root: str(root.parent / "outside" / "secret.txt"),
    lambda root: f"{root}/../outside/secret.txt",
    lambda root: f"{root}-sibling/secret.txt",
    lambda root: f"{root}/dir/../../outside/secret.txt",
    "link_file",
    "link_file_absolute",
    "link_dir/secret.txt",
    "link_dir",
    "link_dir/sub/secret.txt",
    "link_dir/../outside/secret.txt",
    "link_dir_absolute/secret.txt",
    "link_parent/outside/secret.txt",
    "link_slash/etc/passwd",
    "link_chain_1/secret.txt",
    "link_dangling",
    "link_dangling_absolute",
    "link_proc/x",
    "link_proc_root/etc/passwd",
    "link_out_and_in",
    "link_inside_dir/../../outside/secret.txt",
    "link_inside_absolute/../../outside/secret.txt",
    "dir/deep/link_up/secret.txt",
    "link_inside_dir/deep/link_up/secret.txt",
]
NO_PATHS = [
    "file.txt\0",
    "\0",
    "file.txt\0/../../outside/secret.txt",
    "dir\n/inner.txt",
    "\x1b[2J",
    "file\x7f.txt",
    "\ud800",
    "dir/\udcff",
    "x" * 256,
    "dir/" * 2000 + "x",
    "é" * 200,
]


@pytest.mark.parametrize("tool", ["read", "list", "search", "edit", "edit by patch", "write"])
@pytest.mark.parametrize("asked", LEADING_OUT, ids=lambda asked: asked if isinstance(asked, str) else "absolute")
def test_a_path_that_leads_out_is_refused_by_every_tool(
    root: Path, tool: str, asked: str | Callable[[Path], str]
) -> None:
    path = asked if isinstance(asked, str) else asked(root)
    before = snapshot(root.parent)
    result = ask(root, tool, path)
    assert result.startswith("Error: the path '")
    assert result.endswith(
        "' leads out of the workspace; allowed are paths within the workspace, relative to its root, such as 'src/main.py'"
    )
    assert SECRET not in result
    assert snapshot(root.parent) == before


@pytest.mark.parametrize("tool", ["read", "list", "search", "edit", "edit by patch", "write"])
@pytest.mark.parametrize("path", NO_PATHS, ids=lambda path: ascii(path)[:30])
def test_what_is_no_path_is_refused_and_said_so(root: Path, tool: str, path: str) -> None:
    before = snapshot(root.parent)
    result = ask(root, tool, path)
    assert result.startswith("Error: the path '")
    assert "; allowed are paths within the workspace" in result
    assert result.isprintable()
    assert len(result) < 500
    assert snapshot(root.parent) == before


def ask(root: Path, tool: str, path: str) -> str:
    arguments = {
        "read": {"path": path},
        "list": {"path": path, "depth": 3},
        "search": {"path": path, "pattern": "."},
        "edit": {"path": path, "old_string": "secret", "new_string": "changed"},
        "edit by patch": {"path": path, "patch": f"@@ -1 +1 @@\n-{SECRET}\n\\ No newline at end of file\n+changed\n"},
        "write": {"path": path, "content": "changed"},
    }
    return call(root, tool.split()[0], **arguments[tool])


@pytest.mark.parametrize("tool", ["read", "search", "edit", "write"])
@pytest.mark.parametrize("path", ["link_loop_1", "link_self"])
def test_links_in_a_circle_end(root: Path, tool: str, path: str) -> None:
    assert "Too many levels of symbolic links (os error 40)" in ask(root, tool, path)


@pytest.mark.parametrize(
    "path",
    ["file.txt", "./file.txt", "dir/../file.txt", "dir/deep/../../file.txt", "link_inside_dir/../file.txt"],
)
def test_paths_that_stay_inside_are_read(root: Path, path: str) -> None:
    assert call(root, "read", path=path) == "1\tinside"
    assert call(root, "read", path=f"{root}/{path}") == "1\tinside"


@pytest.mark.parametrize("path", ["link_inside", "link_inside_dir/inner.txt", "link_inside_absolute/inner.txt"])
def test_links_that_stay_inside_are_followed(root: Path, path: str) -> None:
    assert call(root, "read", path=path) == "1\tinner"
    assert call(root, "edit", path=path, old_string="inner", new_string="edited").startswith("Edited")
    assert (root / "dir" / "inner.txt").read_text() == "edited\n"
    assert (root / "link_inside").is_symlink()


def test_a_root_that_is_a_link_is_the_directory_that_it_leads_to(root: Path) -> None:
    alias = root.parent / "alias"
    alias.symlink_to(root)
    assert call(alias, "read", path="file.txt") == "1\tinside"
    assert call(alias, "read", path=str(root / "file.txt")) == "1\tinside"
    assert "leads out" in call(alias, "read", path="../outside/secret.txt")


def test_listing_and_searching_do_not_go_through_links(root: Path) -> None:
    listing = call(root, "list", depth=10)
    assert "secret" not in listing
    assert "link_inside_dir/\n" in listing
    assert "link_dir\n" in listing  # a file or a directory, that is not ours to know
    assert call(root, "search", pattern="secret") == "No matches."
    assert call(root, "search", pattern="inner") == "dir/inner.txt:1:inner"


def test_a_hard_link_to_a_file_outside_is_cut_by_writing(root: Path) -> None:
    secret = root.parent / "outside" / "secret.txt"
    os.link(secret, root / "hard")
    assert call(root, "edit", path="hard", old_string="secret", new_string="changed").startswith("Edited")
    os.link(secret, root / "hard2")
    assert call(root, "write", path="hard2", content="changed").startswith("Overwrote")
    assert secret.read_text() == SECRET


@pytest.mark.parametrize("tool", ["read", "search", "edit", "write"])
def test_pipes_and_sockets_are_refused_without_waiting(root: Path, tool: str) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        for name in ("pipe", "socket"):
            result = ask(root, tool, name)
            assert result.startswith("Error: ")
            assert "no regular file" in result


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", ".git", ".GIT/config", "dir/.git/config", "to_git/config"])
def test_nothing_is_written_for_git_to_run(root: Path, path: str) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("[core]\n")
    (root / "to_git").symlink_to(".git")
    assert "'.git', which git alone may change" in call(root, "write", path=path, content="x")
    assert "'.git'" in call(root, "edit", path="to_git/config", old_string="core", new_string="alias")
    assert [path.name for path in (root / ".git").iterdir()] == ["config"]
    assert call(root, "read", path=".git/config") == "1\t[core]"


def test_hidden_names_can_be_shut_out(root: Path) -> None:
    (root / ".env").write_text("KEY=inside")
    (root / "dir" / ".cache").mkdir()
    (root / "dir" / ".cache" / "x").write_text("KEY")
    (root / "to_env").symlink_to(".env")
    with workspace(root, allow_hidden=False) as tools:
        for path in (".env", "to_env", "dir/.cache/x", "dir/.cache", "dir/../.env"):
            assert "begins with a dot" in tools.call("read", path=path)
        assert "begins with a dot" in tools.call("write", path=".new", content="")
        assert "begins with a dot" in tools.call("write", path="new/.new/x", content="")
        assert not (root / "new").exists()
        assert tools.call("search", pattern="KEY") == "No matches."
        assert "/." not in "/" + tools.call("list", depth=5).replace("\n", "\n/")
    assert call(root, "read", path=".env") == "1\tKEY=inside"


def test_directories_are_not_made_for_a_path_that_leads_out_later(root: Path) -> None:
    result = call(root, "write", path="new/../../outside/x", content="")
    assert result.startswith("Error: ")
    assert not (root / "new").exists()


# --- races ----------------------------------------------------------------------------------------------------------


def test_a_directory_that_becomes_a_link_during_the_walk_is_not_entered(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def swapping_open(name: str, *args: int, **more: int) -> int:
        if name == "dir" and not (root / "dir").is_symlink():
            (root / "dir").rename(root / "moved")
            (root / "dir").symlink_to("../outside")
        return real_open(name, *args, **more)

    monkeypatch.setattr(paths.os, "open", swapping_open)
    for operation in (
        lambda: read_file(Workspace(str(root)), "dir/secret.txt", 100),
        lambda: write_file(Workspace(str(root)), "dir/secret.txt", b"changed"),
    ):
        with pytest.raises(RefusedPath):
            operation()
        (root / "dir").unlink()
        (root / "moved").rename(root / "dir")
    monkeypatch.undo()
    assert (root.parent / "outside" / "secret.txt").read_text() == SECRET


def test_a_file_that_becomes_a_link_after_it_was_looked_at_is_not_opened(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_stat = os.stat

    def swapping_stat(name: str, **more: int) -> os.stat_result:
        status = real_stat(name, **more)
        if name == "file.txt":
            (root / "file.txt").unlink()
            (root / "file.txt").symlink_to("../outside/secret.txt")
        return status

    monkeypatch.setattr(paths.os, "stat", swapping_stat)
    with pytest.raises(OSError, match="Too many levels"):
        read_file(Workspace(str(root)), "file.txt", 100)
    (root / "file.txt").unlink()
    (root / "file.txt").write_text("inside")
    write_file(Workspace(str(root)), "file.txt", b"changed")  # takes the place of the link itself
    monkeypatch.undo()
    assert (root.parent / "outside" / "secret.txt").read_text() == SECRET
    assert (root / "file.txt").read_text() == "changed"


def test_a_new_directory_that_somebody_makes_a_link_is_not_entered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def racing_mkdir(name: str, **more: int) -> None:
        (root / name).symlink_to("../outside")
        raise FileExistsError

    monkeypatch.setattr(paths.os, "mkdir", racing_mkdir)
    with pytest.raises(OSError):
        write_file(Workspace(str(root)), "fresh/x.txt", b"changed")
    assert sorted(path.name for path in (root.parent / "outside").iterdir()) == ["secret.txt", "sub"]


def test_a_directory_that_is_swapped_all_the_time_never_gives_the_secret(root: Path) -> None:
    (root / "d").mkdir()
    (root / "d" / "secret.txt").write_text("inside")
    (root / "l").symlink_to("../outside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (root / "d").rename(root / "t")
            (root / "l").rename(root / "d")
            (root / "d").rename(root / "l")
            (root / "t").rename(root / "d")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(1000):
            with suppress(OSError, RefusedPath):
                assert read_file(Workspace(str(root)), "d/secret.txt", 100) == b"inside"
    finally:
        stop.set()
        swapper.join()


def test_no_descriptor_stays_open(root: Path) -> None:
    with workspace(root) as tools:
        tools.call("read", path="file.txt")
        before = sorted(os.listdir("/proc/self/fd"))
        for path in (
            "file.txt",
            "dir/../file.txt",
            "../x",
            "dir/deep/link_up/x",
            "link_loop_1",
            "dir",
            "no/thing",
            "\0",
        ):
            for tool in ("read", "list", "search", "write", "edit"):
                tools.call(tool, path=path, content="x", pattern="x", old_string="a", new_string="b")
        assert sorted(os.listdir("/proc/self/fd")) == before

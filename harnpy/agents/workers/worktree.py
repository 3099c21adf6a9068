"""The worktree of git that a worker works in: made before it begins, removed afterwards if that is asked for (chapter 13
section 13.15.4)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harnpy.agents.builtin_checks import require_builtin
from harnpy.builtins.child_processes import context_directory, run_program
from harnpy.builtins.file_access import ExecutionContext, resolve, source_directory
from harnpy.builtins.places import worktree_root
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.child_processes import RunOptions
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_REMOVE = "remove"
_GIT = RunOptions(kills_rest=True)


def require_git(fiber: Fiber, profile: dict[str, Value]) -> None:
    """Raise the error of the policy in force if it does not let a program run commands and the profile needs git to.

    Asked before a worker's own policy is in force: git runs on behalf of whoever starts the worker.
    """
    if profile["worktree"] is not None:
        require_builtin(fiber, "exec", "git")


@contextmanager
def workplace(fiber: Fiber, worker_id: str, profile: dict[str, Value]) -> Iterator[dict[str, Value]]:
    """Let the fiber work in the directory and with the variables of a profile; gives the profile as it became.

    Raises runtime errors for a worktree that cannot be made.
    """
    context = fiber.task.get(ExecutionContext)
    variables = {**context.environment, **profile["env"]}
    if profile["worktree"] is None:
        if profile["cwd"] is not None:
            context.directory = resolve(fiber, profile["cwd"])
        context.environment = variables
        yield profile
        return
    worktree = _completed(fiber, worker_id, profile["worktree"])
    try:
        _create(fiber, worktree, variables)
        context.directory = worktree["path"]
        context.environment = variables
        context.adapter = "worktree"
        context.repo_path, context.worktree_path = worktree["repo"], worktree["path"]
        context.branch, context.base_ref = worktree["branch"], worktree["base_ref"]
        context.cleanup = worktree["cleanup"]
        yield {**profile, "cwd": worktree["path"], "worktree": worktree}
    finally:
        if worktree["cleanup"] == _REMOVE:
            _remove(fiber, worktree, variables)


def _completed(fiber: Fiber, worker_id: str, worktree: dict[str, Value]) -> dict[str, Value]:
    repo = worktree["repo"].strip(WHITE_SPACE)
    if not repo:
        raise runtime_error("worker execution.worktree.repo must not be empty")
    repo = posixpath.normpath(resolve(fiber, repo))
    path = worktree["path"]
    if not path:
        base = context_directory(fiber) or source_directory(fiber)
        path = posixpath.join(worktree_root(fiber, base), posixpath.basename(repo), worker_id)
    return {
        "repo": repo,
        "path": resolve(fiber, path),
        "branch": worktree["branch"] or f"harn-{worker_id}",
        "base_ref": worktree["base_ref"] or "HEAD",
        "cleanup": worktree["cleanup"],
    }


def _create(fiber: Fiber, worktree: dict[str, Value], variables: dict[str, str]) -> None:
    world = fiber.runtime.world
    path = worktree["path"]
    if fiber.effect(world.exists, path):
        return
    try:
        fiber.effect(world.make_directories, posixpath.dirname(path))
    except (OSError, ValueError) as error:
        raise runtime_error(f"worker worktree mkdir error: {reason(error)}") from None
    words = ["worktree", "add", "-B", worktree["branch"], "--", path, worktree["base_ref"]]
    try:
        end = run_program(fiber, "git", words, worktree["repo"], variables, _GIT)
    except (OSError, ValueError) as error:
        raise runtime_error(f"worker worktree add failed: {reason(error)}") from None
    if end.status != 0:
        raise runtime_error(f"worker worktree add failed: {end.stderr.text.strip(WHITE_SPACE)}")


def _remove(fiber: Fiber, worktree: dict[str, Value], variables: dict[str, str]) -> None:
    words = ["worktree", "remove", "--force", "--", worktree["path"]]
    with suppress(OSError, ValueError, HarnError):
        run_program(fiber, "git", words, worktree["repo"], variables, _GIT)

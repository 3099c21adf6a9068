"""Where a program stands: working directory, source directory, project root, state directories (chapter 04)."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins import environment, file_access
from harnpy.vm.effects import OWN
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("cwd() -> string", effects={"fs.read"})
def cwd(fiber: Fiber) -> str:
    """The execution root: where the task works, usually the working directory of the run."""
    return file_access.execution_root(fiber)


@builtin("execution_root() -> string", effects={"fs.read"})
def execution_root(fiber: Fiber) -> str:
    """The directory against which file paths are resolved, usually the working directory of the run."""
    return cwd(fiber)


@builtin("source_dir() -> string")
def source_dir(fiber: Fiber) -> str:
    """The directory of the module whose code is executing."""
    return file_access.source_directory(fiber)


@builtin("asset_root() -> string")
def asset_root(fiber: Fiber) -> str:
    """The directory against which templates are resolved: that of the module whose code is executing."""
    return file_access.source_directory(fiber)


def project_above(fiber: Fiber, start: str) -> str | None:
    """The nearest directory, from start upwards, that holds harn.toml; None if there is none."""
    directory = start
    while True:
        if fiber.effect_for(OWN, fiber.runtime.world.is_file, posixpath.join(directory, "harn.toml")):
            return directory
        parent = posixpath.dirname(directory)
        if parent == directory:
            return None
        directory = parent


@builtin("project_root() -> string | nil", effects={"fs.read"})
def project_root(fiber: Fiber) -> Value:
    """The nearest directory that holds harn.toml, from where the task works upwards; nil if there is none.

    The search starts at the execution context's directory, where there is one (`harn test`, delegated workers), and goes on
    from the source directory if nothing is found there.
    """
    directory = fiber.task.get(file_access.ExecutionContext).directory
    found = project_above(fiber, directory) if directory else None
    return found or project_above(fiber, file_access.source_directory(fiber))


@builtin("runtime_paths() -> dict", effects={"env", "fs.read"})
def runtime_paths(fiber: Fiber) -> Value:
    """`{asset_root, execution_root, run_root, state_root, worktree_root}`, absolute paths."""
    root, source = cwd(fiber), file_access.source_directory(fiber)
    base = project_above(fiber, root) or project_above(fiber, source) or source
    state = state_root(fiber, base)
    return {
        "asset_root": source,
        "execution_root": root,
        "run_root": _overridden(fiber, "HARN_RUN_DIR", base, posixpath.join(base, ".harn-runs")),
        "state_root": state,
        "worktree_root": worktree_root(fiber, base),
    }


def state_root(fiber: Fiber, base: str) -> str:
    """The directory of what programs and runs leave behind: HARN_STATE_DIR, else `.harn`, in base."""
    return _overridden(fiber, "HARN_STATE_DIR", base, posixpath.join(base, ".harn"))


def worktree_root(fiber: Fiber, base: str) -> str:
    """The directory for worktrees of git: HARN_WORKTREE_DIR in base, else `worktrees` in the state root."""
    return _overridden(fiber, "HARN_WORKTREE_DIR", base, posixpath.join(state_root(fiber, base), "worktrees"))


def _overridden(fiber: Fiber, variable: str, base: str, default: str) -> str:
    value = environment.variable(fiber, variable, OWN)
    return posixpath.join(base, value) if value and value.strip() else default

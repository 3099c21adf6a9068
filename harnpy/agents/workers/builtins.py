"""The builtins of delegated workers (chapter 12 section 12.15.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.workers import worker as workers
from harnpy.agents.workers.config import read_config
from harnpy.agents.workers.handle import RUNNING, handle_of
from harnpy.agents.workers.snapshots import read_snapshot
from harnpy.agents.workers.store import find_worker, store_of
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.calls import CALL_EFFECTS
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_EFFECTS = CALL_EFFECTS | {"fs.write", "process", "schedule"}


@builtin("spawn_agent(config: dict)", effects=_EFFECTS)
def spawn_agent(fiber: Fiber, config: Value = MISSING) -> Value:
    """Starts a worker on a `task` in the background and returns its handle; it runs once the caller waits for something.

    config: `task`, `node` (the stage that it runs), `name`, `artifacts`, `transcript`, `policy` and `tools` (within what
    the caller may do), `carry`, `execution` (`cwd`, `env`, `worktree`), `audit`, and `wait: true` to wait for its end.
    Raises runtime errors for a wrong config and for policies that exceed the caller's, and with `wait` the worker's error.
    """
    read = read_config(fiber, config)
    worker = workers.create(fiber, read)
    if read.wait:
        workers.wait(fiber, worker)
    return handle_of(worker)


@builtin("wait_agent(worker: any)", effects=_EFFECTS)
def wait_agent(fiber: Fiber, worker: Value = None) -> Value:
    """Waits for a worker, or for each of a list in order, and returns its handle, or theirs.

    The error of a failed worker is raised to the first who waits for it. Raises runtime errors for unknown workers.
    """
    if worker is None:
        raise runtime_error("wait_agent: missing worker handle")
    if type(worker) is list:
        return [_waited(fiber, each) for each in worker]
    return _waited(fiber, worker)


@builtin("send_input(worker: any, task: string)", effects=_EFFECTS)
def send_input(fiber: Fiber, worker: Value = None, task: Value = None) -> Value:
    """Starts a worker that does not run on a further task, which goes on with its conversation; its handle.

    Raises runtime errors for a missing or empty task, for unknown workers and for one that still runs.
    """
    if worker is None or task is None:
        raise runtime_error("send_input: requires worker handle and task text")
    text = display(task)
    if not text.strip(WHITE_SPACE):
        raise runtime_error("send_input: task text must not be empty")
    found = find_worker(fiber, worker)
    if found.status == RUNNING:
        raise runtime_error(f"send_input: worker {found.id} is still running")
    workers.restart(fiber, found, text)
    return handle_of(found)


@builtin("resume_agent(worker: string) -> dict", effects=_EFFECTS)
def resume_agent(fiber: Fiber, worker: Value = None) -> Value:
    """Takes up a worker from its snapshot, by id or by the path of the file, and returns its handle; it is not started.

    A worker that ran when its process ended is `interrupted`. Raises runtime errors for snapshots that cannot be read.
    """
    reference = "" if worker is None else display(worker.get("id", "") if type(worker) is dict else worker)
    if not reference:
        raise runtime_error("resume_agent: missing worker id or snapshot path")
    found = read_snapshot(fiber, reference)
    workers.replace_worker(fiber, found)
    return handle_of(found)


@builtin("close_agent(worker: any)", effects=_EFFECTS)
def close_agent(fiber: Fiber, worker: Value = None) -> Value:
    """Cancels a worker, and those that it has started, and returns its handle once it has cleaned up.

    Raises runtime errors for unknown workers.
    """
    if worker is None:
        raise runtime_error("close_agent: missing worker handle")
    found = find_worker(fiber, worker)
    workers.close(fiber, found)
    return handle_of(found)


@builtin("list_agents() -> list")
def list_agents(fiber: Fiber) -> Value:
    """The handles of all workers of the program, sorted by id."""
    return [handle_of(each) for each in store_of(fiber).all()]


def _waited(fiber: Fiber, reference: Value) -> Value:
    found = find_worker(fiber, reference)
    workers.wait(fiber, found)
    return handle_of(found)

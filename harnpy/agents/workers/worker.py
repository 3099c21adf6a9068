"""The life of a worker: it is started as a task of its own, works, ends, and may be started again (chapter 13 section
13.15.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.capability import CapabilityPolicy
from harnpy.agents.workers.config import STAGE, WorkerConfig
from harnpy.agents.workers.handle import CANCELLED, COMPLETED, FAILED, RUNNING, Worker
from harnpy.agents.workers.notices import announce
from harnpy.agents.workers.policies import below_parent, worker_policies
from harnpy.agents.workers.snapshots import snapshot_path, write_snapshot
from harnpy.agents.workers.stage import run_stage
from harnpy.agents.workers.store import store_of
from harnpy.agents.workers.worktree import require_git, workplace
from harnpy.builtins.calendar_dates import iso_text
from harnpy.llm.agent_events import AgentScope
from harnpy.llm.context import CallContext
from harnpy.vm.clock_readings import unix_milliseconds
from harnpy.vm.errors import Cancelled, Category, HarnError
from harnpy.vm.output import KeptOutput
from harnpy.vm.tasks import Task
from harnpy.vm.values import Builtin, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

NODE_ID = "delegated_worker"
CANCELLED_TEXT = "worker cancelled"

_READ_ONLY = "read_only"


@dataclass(slots=True)
class Run:
    """One start of a worker. told says that its error has been raised to somebody who waited."""

    task: Task
    kept: KeptOutput
    told: bool = False


class CurrentWorker:
    """The worker that a task belongs to, with the mutation session of its start; its child tasks belong to it too."""

    def __init__(self, worker_id: str | None = None, audit: dict[str, Value] | None = None) -> None:
        self.worker_id = worker_id
        self.audit = audit

    def inherit(self) -> CurrentWorker:
        """What a child task begins with."""
        return CurrentWorker(self.worker_id, self.audit)


def create(fiber: Fiber, config: WorkerConfig) -> Worker:
    """A worker of this configuration, registered and started. Raises the error of a snapshot that cannot be written."""
    ids = CallContext(fiber).ids()
    worker_id = f"worker_{next(ids)}"
    now = _now(fiber)
    around = fiber.task.get(CurrentWorker)
    worker = Worker(
        id=worker_id,
        name=config.name,
        task=config.task,
        mode=STAGE,
        created_at=now,
        started_at=now,
        node=config.node,
        inputs=config.artifacts,
        transcript_before=config.transcript,
        policy=config.policy,
        carry=config.carry,
        execution=config.profile,
        audit=_audit(config.audit, around.audit, worker_id, f"session_{next(ids)}"),
        snapshot_path=snapshot_path(fiber, worker_id) if config.carry.persist_state else None,
        parent_worker_id=around.worker_id,
        history=[config.task],
    )
    require_git(fiber, worker.execution)
    write_snapshot(fiber, worker)
    store_of(fiber).put(worker)
    _start(fiber, worker, worker.policy)
    return worker


def restart(fiber: Fiber, worker: Worker, task: str) -> None:
    """Start a worker that does not run on another task, with what it has made before.

    Raises the error of policies that fiber may not give away, and that of a snapshot that cannot be written.
    """
    policy = below_parent(fiber, worker.policy, "send_input")
    require_git(fiber, worker.execution)
    if worker.run is not None:
        worker.run.task.join(fiber)  # a closed one may be cleaning up
    carried = worker.carry.over(worker.artifacts)
    if carried:
        worker.inputs = carried
    if worker.transcript is not None:
        worker.transcript_before = worker.transcript
    worker.history = [*worker.history, task]
    worker.task = task
    worker.status, worker.started_at = RUNNING, _now(fiber)
    worker.finished_at = worker.error = worker.result = None
    write_snapshot(fiber, worker)
    _start(fiber, worker, policy)


def wait(fiber: Fiber, worker: Worker) -> None:
    """Wait for a worker to end and take over what it has printed. The first to wait for a failed one gets its error."""
    run = worker.run
    if run is None:
        return
    run.task.join(fiber)
    run.kept.append_to(fiber)
    if worker.run is run and worker.status == FAILED and not run.told:
        run.told = True
        assert run.task.error is not None
        raise run.task.error


def close(fiber: Fiber, worker: Worker) -> None:
    """Cancel a worker and those that it has started, and let them clean up. Raises the error of a failing snapshot."""
    for each in store_of(fiber).children(worker.id):
        if each.status == RUNNING:
            close(fiber, each)
    worker.status, worker.error, worker.finished_at = CANCELLED, CANCELLED_TEXT, _now(fiber)
    _stop(fiber, worker)
    write_snapshot(fiber, worker)
    announce(fiber, worker)


def replace_worker(fiber: Fiber, worker: Worker) -> None:
    """Register a worker in place of the one of its id, which is stopped if it runs."""
    store = store_of(fiber)
    before = store.get(worker.id)
    if before is not None and before.status == RUNNING:
        before.snapshot_path = None  # the file belongs to the new one
        before.status = CANCELLED
        _stop(fiber, before)
    write_snapshot(fiber, worker)
    store.put(worker)


# --- running ---------------------------------------------------------------------------------------------------------


def _start(fiber: Fiber, worker: Worker, policy: CapabilityPolicy | None) -> None:
    """Queue the task: it runs once fiber waits for something."""
    store = store_of(fiber)
    if not store.watched:
        store.watched = True
        fiber.runtime.on_end(_end_all)
    kept = KeptOutput()

    def body(own: Fiber) -> None:
        _work(own, worker, policy)

    work = Builtin("spawn_agent", body, "() -> nil", frozenset(), True, 0, 0, False)
    # Its model calls may come when the tool that starts it has ended long since.
    fiber.task.get(AgentScope).note_model_call()
    task = Task(fiber.child(kept), work, ())
    worker.run = Run(task, kept)
    announce(fiber, worker)
    task.start()


def _work(fiber: Fiber, worker: Worker, policy: CapabilityPolicy | None) -> None:
    fiber.task.get(CurrentWorker).worker_id = worker.id
    fiber.task.get(CurrentWorker).audit = worker.audit
    _save(fiber, worker)
    try:
        payload = _result(fiber, worker, policy)
    except HarnError as error:
        if worker.status == RUNNING:
            cancelled = error.category is Category.CANCELLED
            worker.status, worker.error = CANCELLED if cancelled else FAILED, error.text
            _ended(fiber, worker)
        raise
    if worker.status == RUNNING:
        worker.status, worker.result = COMPLETED, payload
        worker.transcript, worker.artifacts = payload["transcript"], payload["artifacts"]
        worker.execution = payload["execution"]
        _ended(fiber, worker)


def _result(fiber: Fiber, worker: Worker, policy: CapabilityPolicy | None) -> dict[str, Value]:
    with (
        workplace(fiber, worker.id, worker.execution) as execution,
        worker_policies(fiber, policy, worker.audit["approval_policy"]),
    ):
        outcome = run_stage(fiber, NODE_ID, worker.task, worker.node, worker.inputs, worker.transcript_before)
    return {
        "status": COMPLETED,
        "mode": worker.mode,
        "task": worker.task,
        "result": outcome.result,
        "artifacts": outcome.artifacts,
        "transcript": outcome.transcript,
        "execution": execution,
    }


def _ended(fiber: Fiber, worker: Worker) -> None:
    worker.finished_at = _now(fiber)
    _save(fiber, worker)
    announce(fiber, worker)


def _save(fiber: Fiber, worker: Worker) -> None:
    """Write the snapshot; a worker does not fail because it cannot be written down."""
    try:
        write_snapshot(fiber, worker)
    except HarnError as error:
        CallContext(fiber).warn(f"worker {worker.id}: {error.text}")


def _stop(fiber: Fiber, worker: Worker) -> None:
    """Cancel the task of a worker and wait for its end; a worker that ends itself does not wait."""
    run = worker.run
    if run is None or run.task.done:
        return
    run.task.fiber.cancel(Cancelled())
    if fiber.task.get(CurrentWorker).worker_id != worker.id:
        run.task.join(fiber)


def _end_all(fiber: Fiber) -> None:
    """The program has ended: workers that still run clean up. Their snapshots say `running`, for they were interrupted."""
    running = [each for each in store_of(fiber).all() if each.run is not None and not each.run.task.done]
    for worker in running:
        assert worker.run is not None
        worker.run.task.fiber.cancel(Cancelled())
    for worker in running:
        assert worker.run is not None
        worker.run.task.join(fiber)


# --- parts -----------------------------------------------------------------------------------------------------------


def _audit(
    given: dict[str, Value], around: dict[str, Value] | None, worker_id: str, new_session: str
) -> dict[str, Value]:
    """The mutation session of a worker; what the program leaves open comes from the session around it."""
    outer = around or {}
    return {
        "session_id": given["session_id"] or new_session,
        "parent_session_id": given["parent_session_id"] or outer.get("session_id"),
        "run_id": given["run_id"] or outer.get("run_id"),
        "worker_id": worker_id,
        "execution_kind": STAGE,
        "mutation_scope": given["mutation_scope"] or outer.get("mutation_scope") or _READ_ONLY,
        "approval_policy": given["approval_policy"] or outer.get("approval_policy"),
    }


def _now(fiber: Fiber) -> str:
    return iso_text(unix_milliseconds(fiber))

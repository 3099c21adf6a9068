"""What programs see of a worker: a dict that tells of one moment, and the ways to name a worker (chapter 13 section
13.15.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harnpy.agents.artifacts import Artifact
from harnpy.agents.capability import CapabilityPolicy
from harnpy.agents.workers.config import Carry
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.tasks import TaskHandle
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.agents.workers.worker import Run

RUNNING = "running"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
INTERRUPTED = "interrupted"
STATUSES = (RUNNING, COMPLETED, FAILED, CANCELLED, INTERRUPTED)


@dataclass(slots=True)
class Worker:
    """One worker. inputs and transcript_before are what its next start begins with, artifacts and transcript what its last one
    has made. Times are RFC 3339 texts. snapshot_path is None for a worker that is not written down; run is None until it is
    started in this process.
    """

    id: str
    name: str
    task: str
    mode: str
    created_at: str
    node: dict[str, Value]
    inputs: list[Artifact]
    transcript_before: Value
    policy: CapabilityPolicy | None
    carry: Carry
    execution: dict[str, Value]
    audit: dict[str, Value]
    snapshot_path: str | None
    parent_worker_id: str | None = None
    parent_stage_id: str | None = None
    status: str = RUNNING
    started_at: str | None = None
    finished_at: str | None = None
    history: list[Value] = field(default_factory=list)
    result: Value = None
    error: str | None = None
    transcript: Value = None
    artifacts: list[Artifact] = field(default_factory=list)
    run: Run | None = None


def handle_of(worker: Worker) -> dict[str, Value]:
    """The handle of a worker as it is now."""
    return {
        "_type": "agent_handle",
        "id": worker.id,
        "name": worker.name,
        "task": worker.task,
        "mode": worker.mode,
        "status": worker.status,
        "created_at": worker.created_at,
        "started_at": worker.started_at,
        "finished_at": worker.finished_at,
        "history": list(worker.history),
        "result": worker.result,
        "error": worker.error,
        "artifact_count": len(worker.artifacts),
        "has_transcript": worker.transcript is not None,
        "parent_worker_id": worker.parent_worker_id,
        "parent_stage_id": worker.parent_stage_id,
        # Only workflows have runs that are recorded.
        "child_run_id": None,
        "child_run_path": None,
        "execution": worker.execution,
        "snapshot_path": worker.snapshot_path,
        "audit": worker.audit,
    }


def referenced_id(value: Value) -> str:
    """The id in a handle, or the id itself. Raises runtime errors for anything else."""
    if type(value) is dict:
        found = value.get("id")
        if found is None:
            raise runtime_error("agent handle dict is missing an id field")
        return display(found)
    if type(value) is str:
        return value
    if type(value) is TaskHandle:
        return f"vm_task_{value.number}"
    raise runtime_error("expected agent handle or worker id")

"""Telling of workers: on the event bus, and to a host if one is attached (chapter 13 section 13.15.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.host import attached_host, session_update
from harnpy.agents.workers.handle import Worker, handle_of
from harnpy.llm.agent_events import AgentScope, WorkerChanged
from harnpy.llm.context import CallContext
from harnpy.llm.json_values import to_json

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_METADATA = (
    *("task", "mode", "created_at", "started_at", "finished_at", "artifact_count", "has_transcript"),
    *("parent_worker_id", "parent_stage_id", "child_run_id", "child_run_path", "execution", "snapshot_path"),
    *("audit", "error"),
)


def announce(fiber: Fiber, worker: Worker) -> None:
    """Tell that a worker has come into its status."""
    bus = CallContext(fiber).state.bus
    bus.emit(WorkerChanged(worker.id, worker.name, worker.status, worker.error, fiber.task.get(AgentScope).agent_id))
    host = attached_host(fiber)
    if host is None:
        return
    handle = to_json(handle_of(worker))
    named = {"worker_id": worker.id, "worker_name": worker.name}
    times = {"started_at": worker.started_at, "finished_at": worker.finished_at}
    metadata = {key: handle[key] for key in _METADATA}
    content = {
        **named,
        "status": worker.status,
        "script": host.script,
        **times,
        "snapshot_path": worker.snapshot_path,
        "run_id": handle["child_run_id"],
        "run_path": handle["child_run_path"],
        "lifecycle": {"event": worker.status, **named, **times},
        "audit": handle["audit"],
        "metadata": metadata,
    }
    session_update(host, {"sessionUpdate": "worker_update", "content": content})
    data = {**named, "status": worker.status, "metadata": metadata}
    progress = {"phase": "worker", "message": f"{worker.name} {worker.status}", "data": data}
    host.notify("progress", progress)

"""Workers written down, so that another process can take them up (chapter 13 section 13.15.5)."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from harnpy.agents.artifacts import CONTEXT_POLICY, read_artifacts
from harnpy.agents.capability import CapabilityPolicy
from harnpy.agents.records import converted_briefly
from harnpy.agents.stage_nodes import MUTATION_SESSION, PROFILE, restored_node
from harnpy.agents.workers.config import STAGE, WORKFLOW, Carry, workflows_missing
from harnpy.agents.workers.handle import INTERRUPTED, RUNNING, STATUSES, Worker, handle_of
from harnpy.agents.workers.policies import policy_from_value, policy_value
from harnpy.agents.workers.store import store_of
from harnpy.builtins.file_access import read_text, resolve
from harnpy.builtins.state_files import patiently
from harnpy.llm.context import CallContext
from harnpy.llm.json_values import Json, parse_json, pretty_json, to_json, well_formed
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_KIND = "worker_snapshot"
_DIRECTORY = ".harn/workers"
# Ids become part of paths.
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
# A snapshot that is being written; nobody takes as long as that over it.
_TEMPORARY = re.compile(r"worker_[A-Za-z0-9_-]{1,200}\.json\.tmp")
_STALE_SECONDS = 600
_NOT_IN_SNAPSHOT = ("result", "error", "artifact_count", "has_transcript")


def snapshot_path(fiber: Fiber, worker_id: str) -> str:
    """Where the snapshot of a worker lies, absolute unless the execution root is not."""
    directory = CallContext(fiber).env("HARN_WORKER_STATE_DIR") or _DIRECTORY
    return resolve(fiber, posixpath.join(directory, f"{worker_id}.json"))


def write_snapshot(fiber: Fiber, worker: Worker) -> None:
    """Replace the snapshot of a worker as a whole, if it is to have one. Raises runtime errors `worker snapshot ...`."""
    path = worker.snapshot_path
    if path is None or not worker.carry.persist_state:
        return
    world = fiber.runtime.world
    step = "mkdir"
    try:
        fiber.effect(world.make_directories, posixpath.dirname(path))
        _sweep(fiber, posixpath.dirname(path))
        step = "write"
        data = pretty_json(_contents(worker)).encode("utf-8", "replace")
        patiently(fiber, world.save_state, path, data)
    except (OSError, ValueError, RecursionError) as error:
        shown = "the state is nested too deeply" if isinstance(error, RecursionError) else reason(error)
        raise runtime_error(f"worker snapshot {step} error: {shown}") from None


def _sweep(fiber: Fiber, directory: str) -> None:
    """Remove, once a run, what processes that were killed while they wrote a snapshot have left in a directory.

    Whoever writes the same snapshot again clears it away, but a worker that has no whole snapshot is never taken up again.
    """
    swept = store_of(fiber).swept
    if directory in swept:
        return
    swept.add(directory)
    world = fiber.runtime.world
    latest = (fiber.effect(world.wall_time) - _STALE_SECONDS) * 1e9
    try:
        names = [name for name in fiber.effect(world.list_directory, directory) if _TEMPORARY.fullmatch(name)]
    except OSError:
        return
    for name in names:
        path = posixpath.join(directory, name)
        try:
            if fiber.effect(world.modified_ns, path) < latest:
                fiber.effect(world.remove_file, path)
        except OSError:
            continue  # another process has been faster


def _contents(worker: Worker) -> Json:
    handle = {key: value for key, value in handle_of(worker).items() if key not in _NOT_IN_SNAPSHOT}
    return to_json(
        {
            **handle,
            "_type": _KIND,
            "config": {
                "mode": worker.mode,
                "node": worker.node,
                "artifacts": worker.inputs,
                "transcript": worker.transcript_before,
            },
            "latest_payload": worker.result,
            "latest_error": worker.error,
            "transcript": worker.transcript,
            "artifacts": worker.artifacts,
            "carry_policy": {
                "artifact_mode": worker.carry.artifact_mode,
                "context_policy": worker.carry.context_policy,
                "resume_workflow": worker.carry.resume_workflow,
                "persist_state": worker.carry.persist_state,
                "policy": None if worker.policy is None else policy_value(worker.policy),
            },
        }
    )


# --- reading ---------------------------------------------------------------------------------------------------------


def read_snapshot(fiber: Fiber, reference: str) -> Worker:
    """The worker of a snapshot, named by a path (with `/`, or ending in `.json`) or an id; one that ran was interrupted.

    Raises runtime errors that begin `worker snapshot`.
    """
    is_path = "/" in reference or reference.endswith(".json")
    path = resolve(fiber, reference) if is_path else snapshot_path(fiber, reference)
    try:
        text = read_text(fiber, path)
    except (OSError, ValueError) as error:
        raise runtime_error(f"worker snapshot read error: {reason(error)}") from None
    try:
        found = well_formed(parse_json(text))
    except ValueError as error:
        raise _unparsable(str(error)) from None
    if not isinstance(found, dict):
        raise _unparsable("it is no JSON object")
    return _restored(fiber, found, path)


def _restored(fiber: Fiber, found: dict[str, Json], path: str) -> Worker:
    config = _part(found, "config")
    mode = config.get("mode")
    if mode == WORKFLOW:
        raise workflows_missing("resume_agent")
    if mode != STAGE or config.get("node") is None:
        raise runtime_error("worker snapshot is missing a valid config mode")
    worker_id, status = found.get("id"), found.get("status")
    if not isinstance(worker_id, str) or _ID.fullmatch(worker_id) is None:
        raise _unparsable("it has no valid id")
    if status not in STATUSES:
        raise _unparsable("it has no valid status")
    transcript, before = found.get("transcript"), config.get("transcript")
    carry = _part(found, "carry_policy")
    return Worker(
        id=worker_id,
        name=_text(found, "name"),
        task=_text(found, "task"),
        mode=STAGE,
        created_at=_text(found, "created_at"),
        node=restored_node(config["node"], "worker snapshot node"),
        inputs=_artifacts(fiber, config.get("artifacts")),
        transcript_before=before if isinstance(before, dict) else None,
        policy=_policy(carry.get("policy")),
        carry=Carry(
            artifact_mode=_text(carry, "artifact_mode"),
            context_policy=_context_policy(carry.get("context_policy")),
            resume_workflow=carry.get("resume_workflow") is not False,
            persist_state=carry.get("persist_state") is not False,
        ),
        execution=converted_briefly(PROFILE, _part(found, "execution"), "worker snapshot execution parse error"),
        audit=converted_briefly(MUTATION_SESSION, _part(found, "audit"), "worker snapshot parse error"),
        snapshot_path=path,
        parent_worker_id=_text_or_none(found, "parent_worker_id"),
        parent_stage_id=_text_or_none(found, "parent_stage_id"),
        status=INTERRUPTED if status == RUNNING else status,
        started_at=_text_or_none(found, "started_at"),
        finished_at=_text_or_none(found, "finished_at"),
        history=_texts(found, "history"),
        result=found.get("latest_payload"),
        error=_text_or_none(found, "latest_error"),
        transcript=transcript if isinstance(transcript, dict) else None,
        artifacts=_artifacts(fiber, found.get("artifacts")),
    )


def _artifacts(fiber: Fiber, value: Json) -> list[dict[str, Value]]:
    try:
        return read_artifacts(fiber, value)
    except HarnError as error:
        raise runtime_error(f"worker snapshot artifacts parse error: {error.message}") from None


def _policy(value: Json) -> CapabilityPolicy | None:
    """None only where the snapshot says so: one that cannot be read must not become no policy at all."""
    if value is None:
        return None
    try:
        return policy_from_value(value)
    except HarnError as error:
        raise _unparsable(str(error.value)) from None


def _context_policy(value: Json) -> dict[str, Value]:
    return converted_briefly(CONTEXT_POLICY, {} if value is None else value, "worker snapshot parse error")


def _unparsable(problem: str) -> HarnError:
    return runtime_error(f"worker snapshot parse error: {problem}")


def _part(found: dict[str, Json], key: str) -> dict[str, Json]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _text(found: dict[str, Json], key: str) -> str:
    return _text_or_none(found, key) or ""


def _text_or_none(found: dict[str, Json], key: str) -> str | None:
    value = found.get(key)
    return value if isinstance(value, str) else None


def _texts(found: dict[str, Json], key: str) -> list[Value]:
    value = found.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

"""Snapshots of daemon loops: what a loop is written down as, and taken up again from (chapter 12 section 12.12)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from harnpy.agents.ledger import Ledger
from harnpy.agents.loop_state import FIRST_BACKOFF_MS, LoopState
from harnpy.builtins.file_access import read_text, resolve
from harnpy.builtins.state_files import patiently
from harnpy.llm.json_values import Json, parse_json, pretty_json
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_KIND = "daemon_snapshot"


def write_snapshot(loop: LoopState, path: str) -> None:
    """Replace the snapshot at path as a whole. Raises runtime errors that begin `daemon snapshot`."""
    fiber = loop.setup.fiber
    world = fiber.runtime.world
    full = resolve(fiber, path)
    directory = posixpath.dirname(full)
    step = "mkdir"
    try:
        if directory:
            fiber.effect(world.make_directories, directory)
        step = "encode"
        data = pretty_json(_contents(loop)).encode("utf-8", "replace")
        step = "write"
        patiently(fiber, world.save_state, full, data)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        if step == "write" and isinstance(error, OSError) and error.filename2 is not None:
            step = "finalize"  # what was written could not be put in its place
        raise _failure(step, error) from None


def restore_snapshot(loop: LoopState, path: str) -> None:
    """Go on where the loop of a snapshot has stopped. Raises runtime errors that begin `daemon snapshot`."""
    found = _read(loop.setup.fiber, path)
    loop.visible = _list(found, "visible_messages", dict)
    loop.recorded = _list(found, "recorded_messages", dict)
    loop.summary = found.get("transcript_summary")
    loop.events = _list(found, "transcript_events", dict)
    loop.texts = [_text(found, "total_text")]
    loop.last_text = _text(found, "last_iteration_text")
    loop.tools_used = _list(found, "all_tools_used", str)
    loop.successful = dict.fromkeys(_list(found, "successful_tools", str))
    loop.rejected = dict.fromkeys(_list(found, "rejected_tools", str))
    loop.deferred = _list(found, "deferred_user_messages", str)
    loop.resumed_iterations = loop.iterations = _integer(found, "total_iterations") or 0
    loop.backoff_ms = _integer(found, "idle_backoff_ms") or FIRST_BACKOFF_MS
    loop.last_run_exit_code = _integer(found, "last_run_exit_code")
    watched = found.get("watch_state")
    loop.watch_state = watched if isinstance(watched, dict) else {}
    ledger = found.get("task_ledger")
    if isinstance(ledger, dict):
        loop.ledger = Ledger.from_options({"task_ledger": ledger})


def _contents(loop: LoopState) -> dict[str, Json]:
    return {
        "_type": _KIND,
        "saved_at": str(int(loop.setup.context.wall_time())),
        "daemon_state": loop.daemon_state,
        "visible_messages": loop.visible,
        "recorded_messages": loop.recorded,
        "transcript_summary": loop.summary,
        "transcript_events": loop.events,
        "total_text": "".join(loop.texts),
        "last_iteration_text": loop.last_text,
        "all_tools_used": loop.tools_used,
        "successful_tools": list(loop.successful),
        "rejected_tools": list(loop.rejected),
        "deferred_user_messages": loop.deferred,
        "total_iterations": loop.iterations,
        "idle_backoff_ms": loop.backoff_ms,
        "last_run_exit_code": loop.last_run_exit_code,
        "task_ledger": loop.ledger.to_value(),
        "watch_state": loop.watch_state,
    }


def _read(fiber: Fiber, path: str) -> dict[str, Json]:
    try:
        text = read_text(fiber, resolve(fiber, path))
    except (OSError, UnicodeDecodeError) as error:
        raise _failure("read", error) from None
    try:
        found = parse_json(text)
    except ValueError as error:
        raise runtime_error(f"daemon snapshot parse error: {error}") from None
    if not isinstance(found, dict):
        raise runtime_error("daemon snapshot parse error: the snapshot is no JSON object")
    return found


def _failure(step: str, error: Exception) -> HarnError:
    shown = reason(error) if isinstance(error, (OSError, ValueError)) else str(error)
    return runtime_error(f"daemon snapshot {step} error: {shown}")


def _list(found: dict[str, Json], key: str, kind: type) -> list[Json]:
    value = found.get(key)
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []


def _text(found: dict[str, Json], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _integer(found: dict[str, Json], key: str) -> int | None:
    value = found.get(key)
    return value if type(value) is int else None

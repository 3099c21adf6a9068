"""Daemon loops: waiting for something to do instead of ending (chapter 12 section 12.12)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from harnpy.agents import snapshot
from harnpy.agents.builtin_checks import require_builtin
from harnpy.agents.feedback import timer_wake, watch_wake
from harnpy.agents.host import Delivery
from harnpy.agents.loop_compaction import joined_summary
from harnpy.agents.loop_options import DaemonOptions
from harnpy.agents.loop_state import ACTIVE, FIRST_BACKOFF_MS, IDLE, LoopState
from harnpy.builtins.file_access import resolve
from harnpy.llm.json_values import Json
from harnpy.llm.token_estimate import estimate_tokens

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

WATCHDOG = "watchdog"

_BACKOFFS = (FIRST_BACKOFF_MS, 500, 1000, 2000)
_NEXT_BACKOFF = dict(pairwise(_BACKOFFS))


def require_snapshots(fiber: Fiber, options: DaemonOptions) -> None:
    """Raise if whoever starts the loop may not read or write its snapshots. The loop's own policy is not asked: it is
    about what the model does.
    """
    if options.resume_path is not None:
        require_builtin(fiber, "read_file", options.resume_path)
    if options.persist_path is not None:
        require_builtin(fiber, "write_file", options.persist_path)


def begin(loop: LoopState, options: DaemonOptions) -> None:
    """Before the first turn: take up a snapshot, and look at what is watched. Raises what reading it raises."""
    if options.resume_path is not None:
        snapshot.restore_snapshot(loop, options.resume_path)
    if not loop.watch_state:
        loop.watch_state = {path: _stamp(loop, path) for path in options.watch_paths}


def idle(loop: LoopState, options: DaemonOptions) -> bool:
    """Wait until something wakes the loop: True. False, and the status, when nothing can or has for too long."""
    loop.daemon_state = IDLE
    if options.consolidate_on_idle:
        _consolidate(loop)
    write_snapshot(loop, options)
    if loop.setup.host is None and options.wake_interval_ms is None and not options.watch_paths:
        loop.status = IDLE
        return False
    started = loop.setup.context.monotonic()
    attempts = 0
    while True:
        _notify_host(loop, options)
        wait_ms = options.wake_interval_ms or loop.backoff_ms
        loop.setup.context.sleep(wait_ms / 1000)
        if _woken(loop, options):
            loop.daemon_state = ACTIVE
            loop.reset_patience()
            return True
        attempts += 1
        if options.idle_watchdog_attempts is not None and attempts >= options.idle_watchdog_attempts:
            elapsed = loop.setup.milliseconds_since(started)
            loop.setup.notify("daemon_watchdog_tripped", {"attempts": attempts, "elapsed_ms": elapsed})
            loop.status = WATCHDOG
            return False
        loop.backoff_ms = options.wake_interval_ms or _NEXT_BACKOFF.get(loop.backoff_ms, _BACKOFFS[-1])


def write_snapshot(loop: LoopState, options: DaemonOptions) -> str | None:
    """Write the loop down where its options say; that path, None for nowhere."""
    if options.persist_path is not None:
        snapshot.write_snapshot(loop, options.persist_path)
    return options.persist_path


def _woken(loop: LoopState, options: DaemonOptions) -> bool:
    """Whether there is something to do now; if so, the model is told of it."""
    host = loop.setup.host
    if loop.take_host_messages(Delivery.INTERRUPT_IMMEDIATE):
        return _wake(loop, "message")
    if host is not None and host.take_resume_signal(loop.setup.fiber):
        return _wake(loop, "resume")
    changed = _changed(loop, options)
    if changed:
        loop.append(watch_wake(changed))
        return _wake(loop, "watch", changed)
    if options.wake_interval_ms is not None:
        loop.append(timer_wake())
        return _wake(loop, "timer")
    return False


def _wake(loop: LoopState, reason: str, changed: list[str] | None = None) -> bool:
    metadata = {"reason": reason, "watch_paths": changed or [], "resumed": reason == "resume"}
    loop.record("daemon_wake", "system", "internal", reason, metadata)
    return True


def _changed(loop: LoopState, options: DaemonOptions) -> list[str]:
    """The watched paths that have been modified since they were last looked at; neither new ones nor removed ones."""
    changed = []
    for path in options.watch_paths:
        before, now = loop.watch_state.get(path, 0), _stamp(loop, path)
        loop.watch_state[path] = now
        if before and now and before != now:
            changed.append(path)
    return changed


def _stamp(loop: LoopState, path: str) -> int:
    """When path was modified, in nanoseconds; 0 for what cannot be read."""
    fiber = loop.setup.fiber
    try:
        return int(fiber.effect(fiber.runtime.world.modified_ns, resolve(fiber, path)))
    except (OSError, ValueError):
        return 0


def _notify_host(loop: LoopState, options: DaemonOptions) -> None:
    if loop.setup.host is not None:
        notice: dict[str, Json] = {
            "iteration": loop.turn,
            "backoff_ms": loop.backoff_ms,
            "persist_path": options.persist_path,
            "watch_paths": list(options.watch_paths),
        }
        loop.setup.host.notify("agent/idle", notice)


def _consolidate(loop: LoopState) -> None:
    """Compact before the loop waits, if it is as long as the threshold."""
    compaction = loop.setup.options.compaction
    if compaction is None or estimate_tokens(loop.visible) < compaction.settings.token_threshold:
        return
    compacted = compaction.compact(loop.setup.fiber, loop.visible, loop.setup.model)
    if compacted is not None:
        loop.visible = list(compacted.messages)
        loop.summary = joined_summary(loop.summary, compacted.summary)

"""The options of `agent_loop` that are the loop's own, read once into plain data (chapter 12 section 12.1.1).

Those of its model calls are read by the LLM layer, from what `model_options` leaves of the same dict.
"""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.agents.approval import ApprovalPolicy, read_approval_policy
from harnpy.agents.capability import CapabilityPolicy, read_capability_policy
from harnpy.agents.loop_compaction import LoopCompaction, read_loop_compaction
from harnpy.agents.turn_policy import TurnPolicy, read_turn_policy
from harnpy.llm.options import OptionReader
from harnpy.vm.display import display
from harnpy.vm.values import Closure, Value

NATIVE = "native"

DEFAULT_NAME = "agent_loop"
DEFAULT_SENTINEL = "##DONE##"
DEFAULT_MAX_ITERATIONS = 50
DEFAULT_TOOL_BACKOFF_MS = 1000


@dataclass(frozen=True, slots=True)
class HostDefaults:
    """Defaults that depend on whether somebody watches and can help."""

    max_nudges: int
    llm_retries: int


WITHOUT_HOST = HostDefaults(max_nudges=3, llm_retries=3)
WITH_HOST = HostDefaults(max_nudges=8, llm_retries=4)


@dataclass(frozen=True, slots=True)
class LoopDetection:
    """How often a call may give the same result before it is warned about, answered for, and not executed any more."""

    warn: int = 2
    block: int = 3
    skip: int = 4


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    """How a loop idles (section 12.12). wake_interval_ms is None without a timer."""

    persist_path: str | None = None
    resume_path: str | None = None
    wake_interval_ms: int | None = None
    watch_paths: tuple[str, ...] = ()
    consolidate_on_idle: bool = False
    idle_watchdog_attempts: int | None = None


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """One loop. Callbacks are closures or None; policies are None where the option is absent.

    name is what traces call the agent; session_id is "" for an anonymous loop; daemon is None for a loop that ends.
    """

    name: str
    persistent: bool
    max_iterations: int
    max_nudges: int
    nudge: str | None
    done_sentinel: str
    break_unless_phase: str | None
    tool_format: str
    tool_examples: str | None
    tool_retries: int
    tool_backoff_ms: int
    exit_when_verified: bool
    detection: LoopDetection
    turn_policy: TurnPolicy | None
    stop_after_successful_tools: tuple[str, ...]
    require_successful_tools: tuple[str, ...]
    policy: CapabilityPolicy | None
    approval_policy: ApprovalPolicy | None
    post_turn_callback: Value
    context_callback: Value
    session_id: str
    compaction: LoopCompaction | None
    daemon: DaemonOptions | None

    @property
    def native(self) -> bool:
        return self.tool_format == NATIVE


def read_loop_options(options: Value, defaults: HostDefaults = WITHOUT_HOST, tool_format: str = "text") -> LoopOptions:
    """The options of one loop; nil is the same as absent and negative numbers are 0.

    tool_format is the one without the option. Raises thrown strings for policies of a wrong shape and the runtime error
    of an unknown compaction strategy.
    """
    read = OptionReader(options)
    given = read.options
    phase = (read.text("break_unless_phase") or "").strip()
    return LoopOptions(
        name=read.text("name") or DEFAULT_NAME,
        persistent=read.flag("persistent"),
        max_iterations=_integer(read, "max_iterations", DEFAULT_MAX_ITERATIONS),
        max_nudges=_integer(read, "max_nudges", defaults.max_nudges),
        nudge=read.text("nudge"),
        done_sentinel=read.text("done_sentinel") or DEFAULT_SENTINEL,
        break_unless_phase=phase or None,
        tool_format=read.text("tool_format") or tool_format,
        tool_examples=read.text("tool_examples"),
        tool_retries=_integer(read, "tool_retries", 0),
        tool_backoff_ms=_integer(read, "tool_backoff_ms", DEFAULT_TOOL_BACKOFF_MS),
        exit_when_verified=read.flag("exit_when_verified"),
        detection=_detection(read),
        turn_policy=read_turn_policy(given["turn_policy"]) if "turn_policy" in given else None,
        stop_after_successful_tools=tuple(read.texts("stop_after_successful_tools") or ()),
        require_successful_tools=tuple(read.texts("require_successful_tools") or ()),
        policy=read_capability_policy(given["policy"]) if "policy" in given else None,
        approval_policy=read_approval_policy(given["approval_policy"]) if "approval_policy" in given else None,
        post_turn_callback=_closure(read, "post_turn_callback"),
        context_callback=_closure(read, "context_callback") or _closure(read, "context_filter"),
        session_id=(read.text("session_id") or "").strip(),
        compaction=read_loop_compaction(given),
        daemon=_daemon(read) if read.flag("daemon") else None,
    )


def model_options(options: Value, read: LoopOptions, defaults: HostDefaults = WITHOUT_HOST) -> dict[str, Value]:
    """The same options for the loop's model calls: as `llm_call` takes them, with the loop's own defaults."""
    given = options if type(options) is dict else {}
    # The key of the removed option counts even with nil.
    kept = {key: value for key, value in given.items() if value is not None or key == "transcript"}
    kept.pop("prefill", None)
    if type(kept.get("llm_retries")) is not int:
        kept["llm_retries"] = defaults.llm_retries
    kept["tool_format"] = read.tool_format
    kept["user_visible"] = True
    return kept


def _integer(read: OptionReader, key: str, default: int) -> int:
    value = read.integer(key)
    return default if value is None else value


def _closure(read: OptionReader, key: str) -> Value:
    value = read.options.get(key)
    return value if type(value) is Closure else None


def _detection(read: OptionReader) -> LoopDetection:
    default = LoopDetection()
    return LoopDetection(
        warn=_integer(read, "loop_detect_warn", default.warn),
        block=_integer(read, "loop_detect_block", default.block),
        skip=_integer(read, "loop_detect_skip", default.skip),
    )


def _daemon(read: OptionReader) -> DaemonOptions:
    interval = read.integer("wake_interval_ms")
    watched = read.options.get("watch_paths")
    paths = [display(path) for path in watched] if type(watched) is list else [watched] if type(watched) is str else []
    resume_path = read.text("resume_path") or None
    watchdog = read.signed_integer("idle_watchdog_attempts")
    return DaemonOptions(
        persist_path=read.text("persist_path") or resume_path,
        resume_path=resume_path,
        wake_interval_ms=interval or None,
        watch_paths=tuple(path for path in paths if path),
        consolidate_on_idle=read.options.get("consolidate_on_idle") is True,
        idle_watchdog_attempts=watchdog if watchdog is not None and watchdog >= 0 else None,
    )

"""What `harn run --stats` prints: where compiled code came from, what was translated, and the time that it took."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.vm.runtime import Runtime


def stats_text(runtime: Runtime, seconds: float) -> str:
    """The statistics of a run that took that long, a line for each subject."""
    compiled = runtime.compiled_modules
    lines = [
        f"run       {_milliseconds(seconds)}",
        f"bytecode  {_counted(runtime.cached_modules, 'module')} from the cache, "
        f"{compiled} compiled in {_milliseconds(runtime.compile_seconds)}",
        f"tier      {runtime.jit}: {_tier(runtime)}",
    ]
    return "\n".join(lines)


def _tier(runtime: Runtime) -> str:
    tier = runtime.tier
    if tier is None:
        return "everything ran in the interpreter"
    counts = tier.counts()
    if not counts:
        return "nothing was worth translating"
    text = (
        f"{_counted(counts['functions'], 'function')} and {_counted(counts['loops'], 'loop')} translated in "
        f"{_milliseconds(counts['seconds'])}, {_counted(counts['misses'], 'wrong guess', 'wrong guesses')}"
    )
    refused = counts["refused"]
    return f"{text}, {refused} left to the interpreter" if refused else text


def _counted(count: float, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"

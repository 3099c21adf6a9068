"""Programs that delegate to workers: what every one of them begins with, and worlds whose snapshots lie in a directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loop_programs import TOOLS, Answer, LoopRun, execute
from programs import LlmWorld

from harnpy.agents.host import Host
from harnpy.vm.errors import HarnError

SHOW = "fn show(value) { println(json_stringify(value)) }\n"


def delegate(
    source: str, *answers: Answer, state: Path, host: Host | None = None, variables: dict[str, str] | None = None
) -> LoopRun:
    """Run a program with the tools of loop_programs and `show`, which prints a value as JSON."""
    given = {"HARN_LLM_PROVIDER": "mock", "HARN_WORKER_STATE_DIR": str(state), **(variables or {})}
    return execute(SHOW + TOOLS + source, answers, host=host, world=LlmWorld(given))


def error_of(source: str, *answers: Answer, state: Path) -> str:
    """The text of the error that ends a program."""
    try:
        delegate(source, *answers, state=state)
    except HarnError as error:
        return error.text
    raise AssertionError("the program ended well")


def shown(source: str, *answers: Answer, state: Path, **more: Any) -> list[Any]:
    """The values that a program shows."""
    return delegate(source, *answers, state=state, **more).values

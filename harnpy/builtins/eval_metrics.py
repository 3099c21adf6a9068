"""Metrics that a program records about its own results, for evaluations (chapter 13 section 14.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.plain_data import plain_data
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class EvalMetrics:
    """The metrics of one runtime, in the order in which they were recorded."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Value]] = []


@builtin("eval_metric(name: string, value: any, metadata: any = nil) -> nil")
def eval_metric(fiber: Fiber, name: Value = None, value: Value = MISSING, metadata: Value = None) -> None:
    """Records a metric of this run under name, with metadata (a dict, usually) if there is any.

    Values are kept as plain data. Raises for an empty name, and when there is no value.
    """
    text = "" if name is None else display(name)
    if not text:
        raise runtime_error("eval_metric: missing name")
    if value is MISSING:
        raise runtime_error("eval_metric: missing value")
    entry = {"name": text, "value": plain_data(value)}
    if metadata is not None:
        entry["metadata"] = plain_data(metadata)
    fiber.runtime.state(EvalMetrics).entries.append(entry)


@builtin("eval_metrics() -> list")
def eval_metrics(fiber: Fiber) -> list[Value]:
    """The metrics recorded so far: `{name, value, metadata}` each, without metadata where there is none."""
    return [dict(entry) for entry in fiber.runtime.state(EvalMetrics).entries]

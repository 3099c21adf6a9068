"""Measurements as text for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bars import Outcome
from comparison import Comparison, Growth

LATEST = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the suite has measured: its rows, ready for JSON, and what they mean for the bars."""

    rows: Sequence[Mapping[str, Any]]
    outcomes: Sequence[Outcome]


def comparison_head() -> str:
    """The heading above the lines of comparison_line."""
    return (
        f"{'program':20} {'size':>9} {'Python ms':>10} {'Harn ms':>10} {'ratio':>7} {'by wall':>8}"
        f" {'Python MB':>10} {'Harn MB':>8}"
    )


def comparison_line(comparison: Comparison) -> str:
    """Medians of the CPU time of both, their ratio, the ratio of the wall times, and the peaks of memory."""
    return (
        f"{comparison.name:20} {comparison.size:9} {comparison.python.cpu * 1000:10.1f} {comparison.harn.cpu * 1000:10.1f}"
        f" {comparison.ratio:7.2f} {comparison.wall_ratio:8.2f}"
        f" {comparison.python_memory / 1e6:10.1f} {comparison.harn_memory / 1e6:8.1f}"
    )


def growth_head() -> str:
    """The heading above the lines of growth_line."""
    return f"{'program':20} {'size':>9} {'Python grew':>12} {'Harn grew':>10} {'ratio':>7}"


def growth_line(growth: Growth) -> str:
    """By what factors both grew from the size to four times the size."""
    return f"{growth.small.name:20} {growth.small.size:9} {growth.python:12.2f} {growth.harn:10.2f} {growth.ratio:7.2f}"


def machine() -> str:
    """What the numbers were measured on."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def save(path: Path, settings: Mapping[str, Any], parts: Mapping[str, Part]) -> None:
    """Write one run as JSON: machine, settings, the rows of each part, and all bars."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outcomes = [outcome for part in parts.values() for outcome in part.outcomes]
    document = {
        "machine": machine(),
        "settings": dict(settings),
        "parts": {name: list(part.rows) for name, part in parts.items()},
        "bars": [{**asdict(outcome), "met": outcome.met} for outcome in outcomes],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

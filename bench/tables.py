"""Measurements as text for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bars import Outcome
from comparison import Comparison, Growth

RESULTS = Path(__file__).parent / "results"


def comparison_head() -> str:
    """The heading above the lines of comparison_line."""
    return f"{'program':20} {'size':>9} {'Python ms':>10} {'Harn ms':>10} {'ratio':>7} {'by wall':>8}"


def comparison_line(comparison: Comparison) -> str:
    """Medians of the CPU time of both, their ratio, and the ratio of the wall times."""
    return (
        f"{comparison.name:20} {comparison.size:9} {comparison.python.cpu * 1000:10.1f} {comparison.harn.cpu * 1000:10.1f}"
        f" {comparison.ratio:7.2f} {comparison.wall_ratio:8.2f}"
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


def save(kind: str, settings: dict[str, Any], rows: Sequence[Comparison | Growth], outcomes: Sequence[Outcome]) -> Path:
    """Write one run to bench/results/, named by kind and time; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    document = {
        "machine": machine(),
        "settings": settings,
        "rows": [dataclasses.asdict(row) for row in rows],
        "bars": [{**dataclasses.asdict(outcome), "met": outcome.met} for outcome in outcomes],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path

"""`harn.toml`: where it is found, and what the static tools read of it, `[check]`, `[fmt]` and `[workspace]` (chapter 04, 10, 11)."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harnpy.vm.os_errors import reason

NAME = "harn.toml"

# How far up the static tools look for a manifest.
_MAX_DIRECTORIES = 16

_SEVERITIES = {"warning": "warning", "warn": "warning", "off": None, "allow": None, "silent": None}

# Capability -> operations.
Capabilities = dict[str, frozenset[str]]


class BadManifest(Exception):
    """The file is no TOML or cannot be read; str() is the reason."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the static tools take from one manifest; Manifest() stands for a missing one.

    preflight_severity is "error", "warning" or None (off). Paths are joined to the manifest's directory. line_width and
    separator_width, of the formatter, are None where the manifest has none.
    """

    path: Path | None = None
    strict: bool = False
    preflight_severity: str | None = "error"
    preflight_allow: tuple[str, ...] = ()
    host_capabilities: Capabilities = field(default_factory=dict)
    bundle_root: str | None = None
    workspace: tuple[str, ...] = ()
    line_width: int | None = None
    separator_width: int | None = None


def find(start: Path) -> Path | None:
    """The nearest manifest from the directory start upwards; a directory with `.git` is the last one looked at."""
    directory = Path(os.path.abspath(start))
    for candidate in [directory, *directory.parents][:_MAX_DIRECTORIES]:
        if (candidate / NAME).is_file():
            return candidate / NAME
        if (candidate / ".git").exists():
            return None
    return None


def find_anywhere_above(start: Path) -> Path | None:
    """The nearest manifest from the directory start upwards, however far."""
    directory = Path(os.path.abspath(start))
    paths = (candidate / NAME for candidate in [directory, *directory.parents])
    return next((path for path in paths if path.is_file()), None)


def read(path: Path) -> dict[str, Any]:
    """The whole of a manifest as it stands there. Raises BadManifest."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadManifest(reason(error)) from error
    except ValueError as error:
        raise BadManifest(str(error)) from error


def load(path: Path) -> Manifest:
    """Read a manifest. Values of the wrong type count as absent, but for widths. Raises BadManifest."""
    data = read(path)
    check = table_in(data.get("check"))
    capabilities = capabilities_in(check.get("host_capabilities"))
    extra = text_in(_either(check, "host_capabilities_path", "host_capabilities_file"))
    if extra is not None:
        capabilities = merged(capabilities, capabilities_of_file(path.parent / extra))
    bundle_root = text_in(check.get("bundle_root"))
    return Manifest(
        path,
        check.get("strict") is True,
        severity_named(text_in(_either(check, "preflight_severity", "preflight-severity")) or "error"),
        _texts(_either(check, "preflight_allow", "preflight-allow")),
        capabilities,
        str(path.parent / bundle_root) if bundle_root is not None else None,
        tuple(str(path.parent / item) for item in _texts(table_in(data.get("workspace")).get("pipelines"))),
        _width(table_in(data.get("fmt")), "line"),
        _width(table_in(data.get("fmt")), "separator"),
    )


def severity_named(text: str) -> str | None:
    """The preflight severity that a word stands for, any case; None for off, "error" for words without meaning."""
    return _SEVERITIES.get(text.lower(), "error")


def capabilities_of_file(path: Path) -> Capabilities:
    """The capabilities in a JSON or TOML file; none if it cannot be read or parsed."""
    try:
        text = path.read_text(encoding="utf-8")
        return capabilities_in(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except (OSError, ValueError):
        return {}


def capabilities_in(data: Any) -> Capabilities:
    """Read a mapping capability -> operations, in any of its spellings."""
    table = table_in(data)
    table = table_in(table["capabilities"]) if "capabilities" in table else table
    return {name: _operations(value) for name, value in table.items()}


def merged(first: Capabilities, second: Capabilities) -> Capabilities:
    """The operations of both, capability by capability."""
    names = first.keys() | second.keys()
    return {name: first.get(name, frozenset()) | second.get(name, frozenset()) for name in names}


def _operations(value: Any) -> frozenset[str]:
    if isinstance(value, list):
        return frozenset(_texts(value))
    table = table_in(value)
    listed = _either(table, "operations", "ops")
    if isinstance(listed, list):
        return frozenset(_texts(listed))
    return frozenset(name for name, enabled in table.items() if enabled is not False)


def _width(table: dict[str, Any], name: str) -> int | None:
    value = _either(table, f"{name}_width", f"{name}-width")
    if value is None or (type(value) is int and value > 0):
        return value
    raise BadManifest(f"[fmt].{name}_width must be a whole number above 0")


def _either(table: dict[str, Any], name: str, alias: str) -> Any:
    return table[name] if name in table else table.get(alias)


def table_in(value: Any) -> dict[str, Any]:
    """value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_in(value: Any) -> str | None:
    """value if it is a string."""
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

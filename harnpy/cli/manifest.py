"""`harn.toml`: where it is found, and what the static tools read of it, `[check]`, `[fmt]` and `[workspace]` (chapter 04, 10, 11)."""

from __future__ import annotations

import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.records import Record, replace

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from harnpy.cli.arguments import Arguments

NAME = "harn.toml"

# How far up the static tools look for a manifest.
_MAX_DIRECTORIES = 16

_SEVERITIES = {"warning": "warning", "warn": "warning", "off": None, "allow": None, "silent": None}

# Capability -> operations.
Capabilities = dict[str, frozenset[str]]


class BadManifest(Exception):
    """The file is no TOML or cannot be read; str() is the reason."""


class Manifest(Record):
    """What the static tools take from one manifest; Manifest() stands for a missing one.

    preflight_severity is "error", "warning" or None (off). Paths are joined to the manifest's directory. disable_rules are
    names of lint rules, lint_disabled more of them that only `harn lint` heeds. complexity_threshold, and line_width and
    separator_width of the formatter, are None if nothing is said about them.
    """

    path: Path | None = None
    strict: bool = False
    preflight_severity: str | None = "error"
    preflight_allow: tuple[str, ...] = ()
    host_capabilities: Capabilities = {}
    bundle_root: str | None = None
    workspace: tuple[str, ...] = ()
    strict_types: bool = False
    disable_rules: tuple[str, ...] = ()
    lint_disabled: tuple[str, ...] = ()
    require_file_header: bool = False
    complexity_threshold: int | None = None
    line_width: int | None = None
    separator_width: int | None = None


def find(start: str | Path) -> Path | None:
    """The nearest manifest from the directory start upwards; a directory with `.git` is the last one looked at."""
    directory = os.path.abspath(start)
    for _ in range(_MAX_DIRECTORIES):
        path = os.path.join(directory, NAME)
        if os.path.isfile(path):
            from pathlib import Path

            return Path(path)
        parent = os.path.dirname(directory)
        if parent == directory or os.path.exists(os.path.join(directory, ".git")):
            return None
        directory = parent
    return None


def find_anywhere_above(start: Path) -> Path | None:
    """The nearest manifest from the directory start upwards, however far."""
    from pathlib import Path

    directory = Path(os.path.abspath(start))
    paths = (candidate / NAME for candidate in [directory, *directory.parents])
    return next((path for path in paths if path.is_file()), None)


def read(path: Path) -> dict[str, Any]:
    """The whole of a manifest as it stands there. Raises BadManifest."""
    import tomllib

    from harnpy.vm.os_errors import reason

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadManifest(reason(error)) from error
    except ValueError as error:
        raise BadManifest(str(error)) from error


def load(path: Path) -> Manifest:
    """Read a manifest. Values of the wrong type count as absent, but for the settings of the linter and the formatter.

    Raises BadManifest.
    """
    data = read(path)
    check, lint, fmt = [_section(data, name) for name in ("check", "lint", "fmt")]
    threshold = _either(lint, "complexity_threshold", "complexity-threshold")
    if threshold is not None and (type(threshold) is not int or threshold < 0):
        raise BadManifest("[lint].complexity_threshold is not a whole number from 0 on")
    header = _switch(lint, "lint", "require_file_header", "require-file-header")
    capabilities = capabilities_in(check.get("host_capabilities"))
    extra = text_in(_either(check, "host_capabilities_path", "host_capabilities_file"))
    if extra is not None:
        capabilities = merged(capabilities, capabilities_of_file(path.parent / extra))
    bundle_root = text_in(check.get("bundle_root"))
    return Manifest(
        path,
        _switch(check, "check", "strict"),
        severity_named(text_in(_either(check, "preflight_severity", "preflight-severity")) or "error"),
        _texts(_either(check, "preflight_allow", "preflight-allow")),
        capabilities,
        str(path.parent / bundle_root) if bundle_root is not None else None,
        tuple(str(path.parent / item) for item in _texts(table_in(data.get("workspace")).get("pipelines"))),
        _switch(check, "check", "strict_types"),
        _rule_names(check, "check", "disable_rules"),
        _rule_names(lint, "lint", "disabled"),
        header,
        threshold,
        _width(fmt, "line"),
        _width(fmt, "separator"),
    )


class Manifests:
    """The manifests that hold for the files of one run; each is read, and complained about, once."""

    def __init__(self) -> None:
        self._loaded: dict[Path, Manifest] = {}

    def of(self, directory: str | Path) -> Manifest:
        """The manifest for files in directory; an empty one if there is none, or none that can be parsed."""
        path = find(directory)
        if path is None:
            return Manifest()
        if path not in self._loaded:
            try:
                self._loaded[path] = load(path)
            except BadManifest as error:
                self._complain(path, error)
                self._loaded[path] = Manifest(path)
        return self._loaded[path]

    @staticmethod
    def _complain(path: Path, error: BadManifest) -> None:
        from harnpy.analysis.rules.syntax_rules import MANIFEST
        from harnpy.syntax.ast import NO_SPAN

        found = MANIFEST.at(NO_SPAN, path=path, reason=error)
        print(f"{found.severity}: {found.message}", file=sys.stderr)


def overridden(manifest: Manifest, arguments: Arguments) -> Manifest:
    """manifest with the values that the command line gives."""
    severity, root = arguments.value("--preflight"), arguments.value("--bundle-root")
    capabilities = arguments.value("--host-capabilities")
    if severity is not None:
        manifest = replace(manifest, preflight_severity=severity_named(severity))
    if root is not None:
        manifest = replace(manifest, bundle_root=root)
    if capabilities is not None:
        known = merged(manifest.host_capabilities, capabilities_of_file(capabilities))
        manifest = replace(manifest, host_capabilities=known)
    if arguments.has("--strict-types"):
        manifest = replace(manifest, strict_types=True)
    return manifest


def severity_named(text: str) -> str | None:
    """The preflight severity that a word stands for, any case; None for off, "error" for words without meaning."""
    return _SEVERITIES.get(text.lower(), "error")


def capabilities_of_file(path: str | Path) -> Capabilities:
    """The capabilities in a JSON or TOML file; none if it cannot be read or parsed."""
    import json
    import tomllib

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        return capabilities_in(json.loads(text) if os.fspath(path).endswith(".json") else tomllib.loads(text))
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


def _section(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise BadManifest(f"[{name}] is not a table")
    return value


def _switch(table: dict[str, Any], section: str, name: str, alias: str = "") -> bool:
    value = _either(table, name, alias)
    if value is None or type(value) is bool:
        return value is True
    raise BadManifest(f"[{section}].{name} is neither true nor false")


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


def _rule_names(table: dict[str, Any], section: str, key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadManifest(f"[{section}].{key} is not a list of strings")
    return tuple(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

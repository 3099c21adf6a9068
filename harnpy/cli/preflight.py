"""Preflight: what can be known before a program runs about the files and host operations it will ask for.

Walks a file and everything it imports, each file once, and looks at string literals only (chapter 05 section 7.1).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from harnpy.cli.manifest import Capabilities, merged
from harnpy.cli.preflight_calls import called, check_call, literal
from harnpy.cli.preflight_hosts import BUILT_IN
from harnpy.cli.preflight_imports import check_imports, imported_file, imports_of
from harnpy.cli.preflight_model import CallContext, Finding, LoadedFile
from harnpy.syntax.ast import Call
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.syntax.walk import walk


@dataclass(frozen=True, slots=True)
class PreflightOptions:
    """severity of all findings; bundle_root: second place for templates; allow: silenced host operations."""

    severity: str
    bundle_root: str | None = None
    capabilities: Capabilities = field(default_factory=dict)
    allow: tuple[str, ...] = ()


def preflight(entry: LoadedFile, options: PreflightOptions) -> Iterator[Finding]:
    """All findings of entry and what it imports, file by file in the order in which they are reached."""
    files, broken = reach(entry)
    known = merged(BUILT_IN, options.capabilities)
    for file in files:
        known = merged(known, _mocked_operations(file))
    for file in files:
        context = CallContext(file, options.severity, options.bundle_root, known, options.allow)
        yield from check_imports(file, options.severity)
        for call in calls_in(file):
            yield from check_call(call, context)
    yield from broken


def reach(entry: LoadedFile) -> tuple[list[LoadedFile], list[Finding]]:
    """entry and all it imports, and what is wrong with imported files that do not parse."""
    files: list[LoadedFile] = []
    broken: list[Finding] = []
    seen = {os.path.realpath(entry.path)}
    pending = [entry]
    while pending:
        current = pending.pop(0)
        files.append(current)
        for item in imports_of(current.program):
            target = imported_file(item.path, current.path)
            if target is None or os.path.realpath(target) in seen:
                continue
            seen.add(os.path.realpath(target))
            try:
                pending.append(_load(target))
            except OSError:
                continue  # removed a moment ago
            except HarnSyntaxError as error:
                broken += [Finding(error.path, error.source, diagnostic) for diagnostic in error.diagnostics]
    return files, broken


def _load(path: str) -> LoadedFile:
    with open(path, "rb") as file:
        source = file.read()
    program = parse_program(source, path)
    return LoadedFile(path, source.decode("utf-8").removeprefix("\ufeff"), program)


def calls_in(file: LoadedFile) -> Iterator[Call]:
    """All calls of a file in source order."""
    return (node for node in walk(file.program) if isinstance(node, Call))


def _mocked_operations(file: LoadedFile) -> Capabilities:
    """The operations that the file makes known by `host_mock("capability", "operation", ...)`."""
    found: dict[str, frozenset[str]] = {}
    for call in calls_in(file):
        if called(call) == "host_mock" and len(call.args) >= 2:
            capability, operation = literal(call.args[0]), literal(call.args[1])
            if capability is not None and operation is not None:
                found[capability] = found.get(capability, frozenset()) | {operation}
    return found

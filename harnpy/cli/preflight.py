"""Preflight: what can be known before a program runs about the files and host operations it will ask for.

Looks at a file and everything it imports, each file once, and at string literals only (chapter 05 section 7.1). Whatever
a file says is known from its facts; what the world has to say is asked anew each time.
"""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.cli.findings import Finding
from harnpy.cli.import_graph import early_uses
from harnpy.cli.manifest import Capabilities, merged
from harnpy.cli.preflight_calls import beside, check_call
from harnpy.cli.preflight_hosts import BUILT_IN
from harnpy.cli.preflight_imports import check_imports
from harnpy.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.rules.model import Rule
    from harnpy.cli.source_facts import SourceFacts
    from harnpy.cli.source_files import SourceFile, Sources
    from harnpy.syntax.ast import Span
    from harnpy.syntax.diagnostics import Diagnostic


class PreflightOptions(Record):
    """severity of all findings; bundle_root: second place for templates; allow: silenced host operations."""

    severity: str
    bundle_root: str | None = None
    capabilities: Capabilities = {}
    allow: tuple[str, ...] = ()


def preflight(entry: SourceFile, sources: Sources, options: PreflightOptions) -> Iterator[Finding]:
    """All findings of entry and what it imports, file by file in the order in which they are reached."""
    files, broken = reach(entry, sources)
    known = merged(BUILT_IN, options.capabilities)
    for file in files:
        mocked = _mocked_operations(file.facts)
        known = merged(known, mocked) if mocked else known
    for file in files:
        found = list(FilePreflight(file, sources, options, known).findings())
        if found:
            text = file.text
            yield from [Finding(file.path, text, each) for each in found]
    for file, each in early_uses(entry, sources):
        yield Finding(file.path, file.text, each)
    yield from broken


def reach(entry: SourceFile, sources: Sources) -> tuple[list[SourceFile], list[Finding]]:
    """entry and all it imports, and what is wrong with imported files that do not parse."""
    files = [entry]
    broken: list[Finding] = []
    seen = {sources.identity(entry.path)}
    for current in files:
        for item in current.facts.imports:
            file = sources.imported(item.path, current.path)
            if file is None or sources.identity(file.path) in seen:
                continue
            seen.add(sources.identity(file.path))
            if file.facts.errors:
                broken += [Finding(file.path, file.text, each) for each in file.facts.errors]
            else:
                files.append(file)
    return files, broken


class FilePreflight:
    """The preflight of one file: its facts, and what there is to hold them against."""

    def __init__(
        self, file: SourceFile, sources: Sources, options: PreflightOptions, capabilities: Capabilities
    ) -> None:
        self.path = file.path
        self.facts = file.facts
        self.bundle_root = options.bundle_root
        self.capabilities = capabilities
        self.allow = options.allow
        self._severity = options.severity
        self._sources = sources

    def findings(self) -> Iterator[Diagnostic]:
        """Everything, imports first."""
        yield from check_imports(self)
        for call in self.facts.calls:
            yield from check_call(call, self)

    def finding(self, rule: Rule, span: Span, **values: object) -> Diagnostic:
        """A finding with the severity that the project wants."""
        found = rule.at(span, (), **values)
        return found if found.severity == self._severity else replace(found, severity=self._severity)

    def has_directory(self, directory: str) -> bool:
        """Whether there is such a directory, seen from that of the file."""
        return os.path.isdir(beside(directory, self.path))

    def imported(self, path: str) -> SourceFile | None:
        """The file that an import path means here, if there is one."""
        return self._sources.imported(path, self.path)

    def identity(self, path: str) -> str:
        """What is the same for all paths that lead to one file."""
        return self._sources.identity(path)


def _mocked_operations(facts: SourceFacts) -> Capabilities:
    """The operations that a file makes known by `host_mock("capability", "operation", ...)`."""
    found: dict[str, frozenset[str]] = {}
    for call in facts.calls:
        if call.name == "host_mock" and call.first is not None and call.second is not None:
            found[call.first] = found.get(call.first, frozenset()) | {call.second}
    return found

"""`harn check`: everything that can be said about programs without running them.

What a file says by itself comes first (check_passes), then what the world around it has to say (preflight). Nothing is
loaded here that a check of unchanged files can do without.
"""

from __future__ import annotations

import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.check_cache import CheckCache
from harnpy.cli.check_passes import CheckOptions, partial_findings, verdict_of
from harnpy.cli.finding_formats import FORMATS, document
from harnpy.cli.findings import CheckedFile, Finding, fails
from harnpy.cli.import_graph import cycles
from harnpy.cli.manifest import Manifests, overridden
from harnpy.cli.preflight import PreflightOptions, preflight
from harnpy.cli.source_files import SourceFile, Sources
from harnpy.cli.targets import collect
from harnpy.cli.used_elsewhere import used_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from harnpy.cli.manifest import Manifest
    from harnpy.syntax.diagnostics import Diagnostic

COMMAND = Command(
    "check",
    "Check programs without running them",
    flags=(
        Flag("--strict-types", "also report fields of values that come from outside and were never validated"),
        Flag("--fix", "write the corrections that findings come with, and report what remains"),
        Flag("--format", "how findings are reported: text, json, github or sarif", "FORMAT", choices=FORMATS),
        Flag("--json", "the same as --format json"),
        Flag("--host-capabilities", "JSON or TOML file with further host operations", "FILE", takes="file"),
        Flag("--bundle-root", "second directory in which templates are looked up", "DIR", takes="directory"),
        Flag("--workspace", "also check everything under [workspace].pipelines of harn.toml"),
        Flag("--preflight", "severity of preflight findings: error, warning or off", "SEVERITY"),
        Flag("--effects", "print what each function may touch, and the --allow list for it, instead of checking"),
        Flag("--verbose", "with --effects: one way by which each effect is reached", short="-v"),
    ),
    positionals=(Positional("TARGET", "files, and directories to search for .harn files", many=True, takes="harn"),),
    exclusive=(("--format", "--json"), ("--fix", "--effects")),
    details="`harn explain CODE` tells what a finding means; --format json shows the codes.",
)


def execute(arguments: Arguments) -> int:
    """Check the targets; 1 if one cannot be read or parsed, or has an error (or, under `strict`, a warning)."""
    paths = collect(_targets(arguments))
    if not paths:
        raise UsageError("no .harn files found under the given target(s)")
    if arguments.has("--effects"):
        from harnpy.cli.check_effects import show_effects

        format = arguments.value("--format") or "text"
        if format not in ("text", "json"):
            raise UsageError(f"the argument '--effects' cannot be used with '--format {format}'")
        as_json = arguments.has("--json") or format == "json"
        return show_effects(paths, sys.stdout, as_json=as_json, verbose=arguments.has("--verbose"))
    if arguments.has("--fix"):
        from harnpy.cli.mending import mend_files

        mend_files(paths, sys.stderr if arguments.has("--json") or arguments.has("--format") else sys.stdout)
    sources = new_sources()
    report = Report(arguments)
    files = load_all(paths, sources, report)
    if files is not None:
        check_files(files, sources, arguments, report)
    report.end(files or [], sources)
    return 1 if report.failed else 0


def new_sources() -> Sources:
    """An empty collection of files."""
    return Sources(CheckCache(tuple(sorted(BUILTIN_MODULES))))


class Report:
    """Where findings go: as text to stderr while they are made, or to stdout as one document in the end."""

    def __init__(self, arguments: Arguments, stream: TextIO | None = None, clean: str = "ok") -> None:
        self.format = "json" if arguments.has("--json") else arguments.value("--format") or "text"
        self.failed = False
        self._clean = clean  # what is said of a file in which there is nothing to find
        self._stream = stream if stream is not None else sys.stdout
        self._files: list[CheckedFile] = []

    def add(self, file: CheckedFile) -> None:
        """Take in what was found in one file, or about it."""
        self.failed = self.failed or file.failed
        if self.format != "text":
            self._files.append(file)
            return
        if file.applied:
            print(f"{file.path}: applied {file.applied} fix(es)", file=self._stream, flush=True)
        if file.findings:
            from harnpy.cli.diagnostics_text import findings_text

            print(findings_text(file.findings, sys.stderr), file=sys.stderr, flush=True)
        else:
            print(f"{file.path}: {self._clean}", file=self._stream, flush=True)

    def unreadable(self, path: str, error: OSError | ValueError) -> None:
        """Take in that a file cannot be read."""
        from harnpy.analysis.rules.syntax_rules import UNREADABLE
        from harnpy.syntax.ast import NO_SPAN
        from harnpy.vm.os_errors import reason

        found = UNREADABLE.at(NO_SPAN, path=path, reason=reason(error))
        self.failed = True
        if self.format == "text":
            print(found.message, file=sys.stderr)
        else:
            self._files.append(CheckedFile(path, (Finding(path, "", found),), True))

    def end(self, files: list[SourceFile], sources: Sources) -> None:
        """Nothing more comes; files are those that could be read and parsed."""
        if self.format != "text":
            text = document(self.format, self._files, cycles(files, sources) if self.format == "json" else [])
            if text:
                print(text, file=self._stream, flush=True)


def check_files(files: list[SourceFile], sources: Sources, arguments: Arguments, report: Report) -> None:
    """Run all passes over files, whose manifests the flags of arguments override."""
    manifests = Manifests()
    elsewhere = used_elsewhere(files)
    for file in files:
        manifest = overridden(manifests.of(os.path.dirname(file.path)), arguments)
        options = options_of(manifest, elsewhere)
        applied, unwritten = 0, False
        if arguments.has("--fix"):
            file, applied, unwritten = _fixed(file, sources, options)
        text = file.text
        findings = [Finding(file.path, text, each) for each in verdict_of(file, sources, options).findings]
        findings += _preflight(file, sources, manifest)
        failed = unwritten or fails([finding.diagnostic for finding in findings], manifest.strict)
        report.add(CheckedFile(file.path, tuple(findings), failed, applied))


def options_of(manifest: Manifest, imported: frozenset[str] = frozenset()) -> CheckOptions:
    """What the passes are to do in a project, of which files import these names."""
    return CheckOptions(manifest.strict_types, manifest.disable_rules, imported)


def _partial(file: SourceFile) -> list[Diagnostic]:
    return partial_findings(file, options_of(Manifests().of(os.path.dirname(file.path)), frozenset()))


def load_all(
    paths: list[str],
    sources: Sources,
    report: Report,
    partial: Callable[[SourceFile], Sequence[Diagnostic]] = _partial,
) -> list[SourceFile] | None:
    """All files; None at the first that cannot be read or parsed, which is then reported.

    partial: what else there is to say about a file with syntax errors.
    """
    files = []
    for path in paths:
        try:
            file = sources.open(path)
        except (OSError, ValueError) as error:
            report.unreadable(path, error)
            return None
        file.is_target = True
        if file.facts.errors:
            found = (*file.facts.errors, *partial(file))
            text = file.text
            report.add(CheckedFile(path, tuple([Finding(path, text, each) for each in found]), True))
            return None
        files.append(file)
    return files


def _preflight(file: SourceFile, sources: Sources, manifest: Manifest) -> Iterator[Finding]:
    """Files, directories, modules and host operations that the program names."""
    if manifest.preflight_severity is not None:
        options = PreflightOptions(
            manifest.preflight_severity, manifest.bundle_root, manifest.host_capabilities, manifest.preflight_allow
        )
        yield from preflight(file, sources, options)


def _fixed(file: SourceFile, sources: Sources, options: CheckOptions) -> tuple[SourceFile, int, bool]:
    """The file with all corrections written into it, how many those were, and whether writing them failed."""
    file = sources.open(file.path)  # by another path it may have been changed already
    verdict = verdict_of(file, sources, options)
    if not any(each.fixes for each in verdict.findings):
        return file, 0, False
    from harnpy.cli.fixing import write_fixes

    count, is_well = write_fixes(file.path, file.data, (*verdict.lint, *verdict.types))
    return (sources.reread(file.path) if count else file), count, not is_well


def _targets(arguments: Arguments) -> list[str]:
    targets = list(arguments.positionals)
    if arguments.has("--workspace"):
        first = targets[0] if targets else os.getcwd()
        manifest = Manifests().of(first if os.path.isdir(first) else os.path.dirname(first))
        if manifest.path is None:
            raise UsageError("--workspace could not find a harn.toml walking up from the target(s)")
        if not manifest.workspace:
            raise UsageError("--workspace requires `[workspace].pipelines` in the nearest harn.toml")
        targets += manifest.workspace
    if not targets:
        raise UsageError(
            "`harn check` requires at least one target path, or `--workspace` together with `[workspace].pipelines`"
        )
    return targets

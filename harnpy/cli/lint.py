"""`harn lint`: what the linter says about files, and with --fix the corrections that it and the type checker offer."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.lint import lint_program
from harnpy.analysis.lint.options import DEFAULT_COMPLEXITY_THRESHOLD, LintOptions
from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.check import Report, load_all, new_sources, options_of
from harnpy.cli.check_passes import verdict_of
from harnpy.cli.finding_formats import FORMATS
from harnpy.cli.findings import CheckedFile, Finding, fails
from harnpy.cli.fixing import write_fixes
from harnpy.cli.manifest import Manifests
from harnpy.cli.targets import collect
from harnpy.cli.used_elsewhere import used_elsewhere

if TYPE_CHECKING:
    from harnpy.cli.manifest import Manifest
    from harnpy.cli.source_files import SourceFile, Sources
    from harnpy.syntax.diagnostics import Diagnostic

COMMAND = Command(
    "lint",
    "Report style and likely mistakes of programs, and mend them with --fix",
    flags=(
        Flag("--fix", "write the corrections that findings come with, and report what remains"),
        Flag("--require-file-header", "also report files that do not begin with a `/** */` block"),
        Flag("--format", "how findings are reported: text, json, github or sarif", "FORMAT", choices=FORMATS),
        Flag("--json", "the same as --format json"),
    ),
    positionals=(
        Positional(
            "TARGET", "files, and directories to search for .harn files", required=True, many=True, takes="harn"
        ),
    ),
    exclusive=(("--format", "--json"),),
    details="`harn explain RULE` tells what a rule is about. A comment `// harn: allow(RULE)` at the end of a line, or on the line\n"
    "above, allows what is found there; `[lint].disabled` in harn.toml switches rules off for a project.",
)


def execute(arguments: Arguments) -> int:
    """Lint the targets; 1 if one cannot be read or parsed, or has an error (or, under `strict`, a warning).

    With --fix, only what cannot be read, parsed or written is a failure.
    """
    paths = collect(arguments.positionals)
    if not paths:
        raise UsageError("no .harn files found under the given target(s)")
    sources = new_sources()
    report = Report(arguments, clean="no issues found")
    files = load_all(paths, sources, report, lambda _: ())
    if files is not None:
        _lint_files(files, sources, arguments, report)
    report.end(files or [], sources)
    return 1 if report.failed else 0


def _lint_files(files: list[SourceFile], sources: Sources, arguments: Arguments, report: Report) -> None:
    manifests = Manifests()
    elsewhere = used_elsewhere(files)
    for file in files:
        if arguments.has("--fix"):
            file = sources.open(file.path)  # by another path it may have been changed already
        manifest = manifests.of(os.path.dirname(file.path))
        options = _options(manifest, arguments, elsewhere)
        found = _lint(file, options)
        applied, failed = 0, fails(found, manifest.strict)
        if arguments.has("--fix"):
            checked = verdict_of(file, sources, options_of(manifest, elsewhere)).types
            applied, is_well = write_fixes(file.path, file.data, (*found, *checked))
            failed = not is_well
            if not applied and report.format == "text":
                report.failed = report.failed or failed
                continue
            if applied:
                file = sources.reread(file.path)
                found = _lint(file, options)
        findings = tuple([Finding(file.path, file.text, each) for each in found])
        report.add(CheckedFile(file.path, findings, failed, applied))


def _options(manifest: Manifest, arguments: Arguments, imported: frozenset[str]) -> LintOptions:
    threshold = manifest.complexity_threshold
    return LintOptions(
        disabled=frozenset((*manifest.disable_rules, *manifest.lint_disabled)),
        require_file_header=manifest.require_file_header or arguments.has("--require-file-header"),
        complexity_threshold=DEFAULT_COMPLEXITY_THRESHOLD if threshold is None else threshold,
        builtins=frozenset(BUILTIN_MODULES),
        imported_elsewhere=imported,
    )


def _lint(file: SourceFile, options: LintOptions) -> list[Diagnostic]:
    found = lint_program(file.program(), file.text, file.path, options)
    file.forget_program()
    return found

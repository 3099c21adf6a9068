"""`harn check`: everything that can be said about programs without running them, pass by pass.

A pass takes a loaded file and the options that hold for it and yields findings; PASSES lists them in the order in
which they report. A type checker and a linter are further passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from harnpy.bytecode.errors import CompileError
from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.compose import make_runtime
from harnpy.cli.diagnostics_text import diagnostics_text
from harnpy.cli.failure import unreadable_text
from harnpy.cli.manifest import BadManifest, Manifest, capabilities_of_file, find, load, merged, severity_named
from harnpy.cli.preflight import PreflightOptions, preflight
from harnpy.cli.preflight_model import Finding, LoadedFile
from harnpy.cli.targets import collect
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.parser import parse_program

COMMAND = Command(
    "check",
    "Check programs without running them",
    flags=(
        Flag("--host-capabilities", "JSON or TOML file with further host operations", "FILE", takes="file"),
        Flag("--bundle-root", "second directory in which templates are looked up", "DIR", takes="directory"),
        Flag("--workspace", "also check everything under [workspace].pipelines of harn.toml"),
        Flag("--preflight", "severity of preflight findings: error, warning or off", "SEVERITY"),
        Flag("--effects", "print what each function may touch, and the --allow list for it, instead of checking"),
        Flag("--verbose", "with --effects: one way by which each effect is reached", short="-v"),
    ),
    positionals=(Positional("TARGET", "files, and directories to search for .harn files", many=True, takes="harn"),),
)


def execute(arguments: Arguments) -> int:
    """Check the targets; 1 if one cannot be read or parsed, or has an error (or, under `strict`, a warning)."""
    paths = collect(_targets(arguments))
    if not paths:
        raise UsageError("no .harn files found under the given target(s)")
    if arguments.has("--effects"):
        from harnpy.cli.check_effects import show_effects

        return show_effects(paths, sys.stdout, verbose=arguments.has("--verbose"))
    files = load_all(paths)
    return 1 if files is None else check_files(files, arguments, sys.stdout)


def check_files(files: list[LoadedFile], arguments: Arguments, report: TextIO) -> int:
    """Run all passes over files, whose manifests the flags of arguments override; report gets the `ok` lines."""
    manifests = Manifests()
    failed = False
    for file in files:
        manifest = overridden(manifests.of(Path(file.path).parent), arguments)
        findings = [finding for check in PASSES for finding in check(file, manifest)]
        _show(findings)
        severities = {finding.diagnostic.severity for finding in findings}
        failed = failed or "error" in severities or (manifest.strict and "warning" in severities)
        if not findings:
            print(f"{file.path}: ok", file=report, flush=True)
    return 1 if failed else 0


def check_compilation(file: LoadedFile, manifest: Manifest) -> Iterator[Finding]:
    """The structural error that keeps a file which parses from being compiled."""
    runtime = make_runtime()
    try:
        runtime.compile(file.text, file.path)
    except CompileError as error:
        span = Span(0, 0, error.line, max(error.column, 1), error.line)
        diagnostic = Diagnostic("error", f"compile error: {error}", span, help=error.help, code="compile")
        yield Finding(file.path, file.text, diagnostic)
    finally:
        runtime.close()


def check_preflight(file: LoadedFile, manifest: Manifest) -> Iterator[Finding]:
    """Files, directories, modules and host operations that the program names."""
    if manifest.preflight_severity is not None:
        yield from preflight(
            file,
            PreflightOptions(
                manifest.preflight_severity, manifest.bundle_root, manifest.host_capabilities, manifest.preflight_allow
            ),
        )


PASSES: tuple[Callable[[LoadedFile, Manifest], Iterator[Finding]], ...] = (check_compilation, check_preflight)


class Manifests:
    """The manifests that hold for the files of one run; each is read, and complained about, once."""

    def __init__(self) -> None:
        self._loaded: dict[Path, Manifest] = {}

    def of(self, directory: Path) -> Manifest:
        """The manifest for files in directory; an empty one if there is none, or none that can be parsed."""
        path = find(directory)
        if path is None:
            return Manifest()
        if path not in self._loaded:
            try:
                self._loaded[path] = load(path)
            except BadManifest as error:
                print(f"warning: failed to parse {path}: {error}", file=sys.stderr)
                self._loaded[path] = Manifest(path)
        return self._loaded[path]


def overridden(manifest: Manifest, arguments: Arguments) -> Manifest:
    """manifest with the values that the command line gives."""
    severity, root = arguments.value("--preflight"), arguments.value("--bundle-root")
    capabilities = arguments.value("--host-capabilities")
    if severity is not None:
        manifest = replace(manifest, preflight_severity=severity_named(severity))
    if root is not None:
        manifest = replace(manifest, bundle_root=root)
    if capabilities is not None:
        known = merged(manifest.host_capabilities, capabilities_of_file(Path(capabilities)))
        manifest = replace(manifest, host_capabilities=known)
    return manifest


def _targets(arguments: Arguments) -> list[str]:
    targets = list(arguments.positionals)
    if arguments.has("--workspace"):
        first = Path(targets[0]) if targets else Path.cwd()
        manifest = Manifests().of(first if first.is_dir() else first.parent)
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


def load_all(paths: list[str]) -> list[LoadedFile] | None:
    """All files parsed; None at the first that cannot be read or parsed, which is then said on stderr."""
    files = []
    for path in paths:
        file = _load(path)
        if file is None:
            return None
        files.append(file)
    return files


def _load(path: str) -> LoadedFile | None:
    """The parsed file, or None when it cannot be read or parsed, which is then said on stderr."""
    try:
        source = Path(path).read_bytes()
        program = parse_program(source, path)
    except (OSError, ValueError) as error:
        print(unreadable_text(path, error), file=sys.stderr)
        return None
    except HarnSyntaxError as error:
        print(diagnostics_text(error.diagnostics, error.source, path, sys.stderr), file=sys.stderr)
        return None
    return LoadedFile(path, source.decode("utf-8").removeprefix("\ufeff"), program)


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        print(diagnostics_text([finding.diagnostic], finding.text, finding.path, sys.stderr), file=sys.stderr)

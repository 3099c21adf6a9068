"""The data that the preflight passes exchange."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.cli.manifest import Capabilities
from harnpy.syntax.ast import Program, Span
from harnpy.syntax.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file that could be read and parsed; path as given on the command line or as an import resolved."""

    path: str
    text: str
    program: Program


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic and the file it is about, which may be an imported one."""

    path: str
    text: str
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class CallContext:
    """What judging a call needs: its file, the severity of findings, where templates may be, known host operations."""

    file: LoadedFile
    severity: str
    bundle_root: str | None
    capabilities: Capabilities
    allow: tuple[str, ...]


def finding(file: LoadedFile, severity: str, message: str, span: Span, help: str) -> Finding:
    """A preflight finding; the prefix of the message and the label are the same for all."""
    return Finding(
        file.path, file.text, Diagnostic(severity, f"preflight: {message}", span, "preflight", help, "preflight")
    )

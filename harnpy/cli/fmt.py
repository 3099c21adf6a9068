"""`harn fmt`: files in the canonical layout (chapter 10 section 4)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import Arguments, Command, Flag, Positional

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = Command(
    "fmt",
    "Rewrite programs in the canonical layout",
    flags=(
        Flag("--check", "change nothing; fail if a file is not in that layout"),
        Flag("--diff", "print what would change instead of changing it; fail if that is anything"),
        Flag("--line-width", "the width from which lists and operations are broken (default 100)", "N"),
        Flag("--separator-width", "the width of the bars of section headers (default 80)", "N"),
    ),
    positionals=(
        Positional(
            "TARGET", "files, directories to search for .harn files, `-` for standard input", True, True, takes="harn"
        ),
    ),
    details="Widths are also read from `line_width` and `separator_width` under [fmt] in harn.toml. What `-` reads is\n"
    "written to standard output.",
)

_STANDARD_INPUT = "-"


def execute(arguments: Arguments) -> int:
    """Format the targets; 1 if one cannot be read, parsed or written, or would change under --check or --diff."""
    from harnpy.cli.harn_files import harn_files

    formatted_text = _formatter(arguments)
    paths: list[str] = []
    for target in arguments.positionals:
        unreadable: list[str] = []
        paths += [str(path) for path in harn_files(target, unreadable)] if os.path.isdir(target) else [target]
        paths += unreadable
    if not paths:
        print("No .harn files found", file=sys.stderr)
        return 1
    results = [_format(path, formatted_text, arguments) for path in paths]
    return 0 if all(results) else 1


def _formatter(arguments: Arguments) -> Callable[[bytes], str]:
    """The formatter with the widths of the command line, else those of the first target's manifest."""
    from harnpy.cli.manifest import Manifests
    from harnpy.syntax.formatter import format_source
    from harnpy.syntax.formatter.program import DEFAULT_SEPARATOR_WIDTH, DEFAULT_WIDTH

    first = Path(arguments.positionals[0])
    manifest = Manifests().of(first if first.is_dir() else first.parent)
    width = arguments.integer("--line-width", manifest.line_width or DEFAULT_WIDTH, minimum=1)
    separator_width = arguments.integer(
        "--separator-width", manifest.separator_width or DEFAULT_SEPARATOR_WIDTH, minimum=1
    )
    return lambda source: format_source(source, width, separator_width)


def _format(path: str, formatted_text: Callable[[bytes], str], arguments: Arguments) -> bool:
    """Format one file or standard input; whether all is well with it."""
    from harnpy.cli.failure import unreadable_text
    from harnpy.syntax.diagnostics import HarnSyntaxError

    name = "<stdin>" if path == _STANDARD_INPUT else path
    try:
        source = _read(path)
    except (OSError, ValueError) as error:
        print(unreadable_text(name, error), file=sys.stderr)
        return False
    try:
        text = formatted_text(source)
    except HarnSyntaxError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    result = text.encode("utf-8")
    is_only_checked = arguments.has("--check") or arguments.has("--diff")
    if not is_only_checked:
        return _write(path, source, result)
    if result == source:
        return True
    if arguments.has("--diff"):
        _print_diff(name, source, text)
    if arguments.has("--check"):
        print(f"{name}: would be reformatted", file=sys.stderr)
    return False


def _read(path: str) -> bytes:
    if path == _STANDARD_INPUT:
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, source: bytes, result: bytes) -> bool:
    from harnpy.cli.rewriting import rewrite

    if path == _STANDARD_INPUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(result)
        return True
    if result == source:
        return True
    if not rewrite(path, source, result):
        return False
    print(f"formatted {path}")
    return True


def _print_diff(name: str, source: bytes, text: str) -> None:
    from difflib import unified_diff

    from harnpy.cli.terminal import Paint, wants_colour

    paint = Paint(wants_colour(sys.stdout))
    before = source.decode("utf-8").split("\n")
    after = text.split("\n")
    for number, line in enumerate(unified_diff(_lines(before), _lines(after), name, f"{name} (formatted)", n=3)):
        body, ending, _ = line.partition("\n")
        if number < 2:
            body = paint.bold(body)
        elif body.startswith("@@"):
            body = paint.cyan(body)
        elif body.startswith("+"):
            body = paint.green(body)
        elif body.startswith("-"):
            body = paint.red(body)
        print(body)
        if not ending:
            print("\\ No newline at end of file")


def _lines(parts: list[str]) -> list[str]:
    """Lines with their ends, from a text that was split at line breaks."""
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines

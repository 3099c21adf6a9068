"""`harn viz`: the structure of a program as a Mermaid diagram (chapter 05 section 12.1)."""

from __future__ import annotations

import sys
from pathlib import Path

from harnpy.cli.arguments import Arguments, Command, Flag, Positional
from harnpy.vm.os_errors import reason

COMMAND = Command(
    "viz",
    "Draw the structure of a program as a Mermaid flowchart",
    flags=(Flag("--output", "write the diagram to OUT instead of printing it", "OUT", short="-o", takes="file"),),
    positionals=(Positional("FILE", "the program", required=True, takes="harn"),),
    details="Pages that understand Mermaid, such as those of code hosts, draw it between ```mermaid and ```.",
)


def execute(arguments: Arguments) -> int:
    """Print or write the diagram; 1 if the program cannot be read or parsed, or the diagram not be written."""
    from harnpy.cli.viz_graph import flowchart
    from harnpy.syntax.diagnostics import HarnSyntaxError
    from harnpy.syntax.parser import parse_program

    path, output = arguments.positionals[0], arguments.value("--output")
    try:
        source = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        return _failed(f"failed to read {path}: {reason(error)}")
    try:
        text = flowchart(parse_program(source, path))
    except HarnSyntaxError as error:
        return _failed(f"failed to visualize {path}: {error}")
    except RecursionError:
        return _failed(f"failed to visualize {path}: it is nested too deeply")
    if output is None:
        print(text)
        return 0
    try:
        Path(output).write_text(text + "\n", encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        return _failed(f"failed to write {output}: {reason(error)}")
    return 0


def _failed(text: str) -> int:
    print(f"error: {text}", file=sys.stderr)
    return 1

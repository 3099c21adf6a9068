"""`harn disasm`: the bytecode of a program as text, for people who work on the compiler or wonder what it made."""

from __future__ import annotations

import sys
from pathlib import Path

from harnpy.bytecode.disassembler import disassemble
from harnpy.cli.arguments import Arguments, Command, Flag, Positional
from harnpy.cli.compose import make_runtime
from harnpy.cli.failure import failure_text, unreadable_text

COMMAND = Command(
    "disasm",
    "Print the bytecode of a program",
    flags=(Flag("--python", "print the Python that HARN_JIT=auto and eager make of it instead"),),
    positionals=(Positional("FILE", "the program", required=True, takes="harn"),),
)


def execute(arguments: Arguments) -> int:
    """Print the disassembly; 1 when the file cannot be read or compiled."""
    path = arguments.positionals[0]
    try:
        source = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        print(unreadable_text(path, error), file=sys.stderr)
        return 1
    runtime = make_runtime()
    try:
        module = runtime.compile(source, path)
        if arguments.has("--python"):
            from harnpy.jit.listing import list_python

            print(list_python(runtime, module).rstrip("\n"))
        else:
            print(disassemble(module).rstrip("\n"))
    except Exception as error:
        text = failure_text(error)
        if text is None:
            raise
        print(text, file=sys.stderr)
        return 1
    finally:
        runtime.close()
    return 0

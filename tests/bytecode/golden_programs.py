"""The small programs whose disassembly is kept beside them: together they use every opcode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harnpy.bytecode.assembler import assemble
from harnpy.bytecode.chunk import Chunk, CompiledModule
from harnpy.syntax.parser import parse_program

FOLDER = Path(__file__).parent / "golden"
PROGRAMS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.harn"))
# What names mean depends on the builtins there are; these are the ones that the programs use.
BUILTINS = frozenset(
    {"Err", "Ok", "await", "channel", "close_channel", "iter", "len", "max", "min", "println", "send"}
    | {"__select_list", "__select_timeout", "__select_try"}
)
ENTRIES = [name for name in PROGRAMS if "/" not in name]


def compiled(name: str) -> CompiledModule:
    """One program; files in lib/ are compiled as imported modules. Its path is its name, wherever it lies."""
    program = parse_program((FOLDER / name).read_bytes(), name)
    return assemble(program, name, "module" if "/" in name else "entry", BUILTINS)


def chunks(chunk: Chunk) -> Iterator[Chunk]:
    """chunk and all below it."""
    yield chunk
    for child in chunk.children:
        yield from chunks(child)

"""Compiled code as data: functions, modules, and the packed form of instructions.

A chunk knows nothing of runtimes: its builtins are names, its module variables numbers. It can be serialized,
verified, printed, linked and translated.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.opcodes import OPCODES, Op
from harnpy.records import IntEnum, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from harnpy.syntax.diagnostics import Diagnostic

OPERAND_COUNTS = tuple(len(OPCODES[op].operands) for op in Op)


class CaptureKind(IntEnum):
    """What a closure takes from the function around it when it is made."""

    VALUE = 0  # the value of a local: a snapshot
    CELL = 1  # the cell in a local: shared (late-bound functions, variables of defer bodies)
    CELL_VALUE = 2  # what the cell in a local holds now: a snapshot
    SELF = 3  # the running closure
    MODULE_VALUE = 4  # a variable of the module as it is now: a snapshot (sessions)


class Capture(Record):
    """source is a slot of the function around (or a module variable); target the slot that receives it."""

    kind: CaptureKind
    source: int
    target: int
    name: str


class Chunk(Record):
    """One function. Locals are numbered, parameters first; captures say into which slots they go.

    code is packed (see pack); positions holds a line and a column for each instruction. needed is there for the handlers
    of declared tools, which may be called by the names of their parameters: those without a default.
    """

    name: str
    parameters: tuple[str, ...]
    has_rest: bool
    captures: tuple[Capture, ...]
    slot_count: int
    is_generator: bool
    constants: tuple[Any, ...]
    code: bytes
    positions: bytes
    children: tuple[Chunk, ...]
    needed: tuple[str, ...] | None = None


class ImportInfo(Record):
    """One import of a module; names is None for a wildcard. name is what the module itself is to be called, if anything."""

    path: str
    names: tuple[str, ...] | None
    line: int
    column: int
    name: str = ""


class PipelineInfo(Record):
    name: str
    is_test: bool
    line: int


class CompiledModule(Record):
    """One compiled file. mode is "entry", "module" or "session"; exports are the functions others may import.

    variables names the module variables by number. exports maps a function name to (variable number, is_pub). findings is
    what the check of the program has found, all of it warnings; None if it has not been checked.
    """

    path: str
    mode: str
    main: Chunk
    imports: tuple[ImportInfo, ...]
    pipelines: tuple[PipelineInfo, ...]
    variables: tuple[str, ...]
    exports: dict[str, tuple[int, bool]]
    findings: tuple[Diagnostic, ...] | None = None


Instruction = tuple[int, ...]


def write_number(out: bytearray, value: int) -> None:
    """Append an unsigned LEB128 number."""
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned LEB128 number at offset `at`, and the offset behind it. Raises ValueError when cut off."""
    result = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("number cut off")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7
        if shift > 63:
            raise ValueError("number too long")


def pack(instructions: list[Instruction]) -> bytes:
    """Opcode byte, then each operand as LEB128."""
    out = bytearray()
    for instruction in instructions:
        out.append(instruction[0])
        for operand in instruction[1:]:
            if operand < 0x80:
                out.append(operand)
            else:
                write_number(out, operand)
    return bytes(out)


def unpack(code: bytes) -> Iterator[Instruction]:
    """The instructions of packed code. Raises ValueError on an unknown opcode or a cut operand."""
    at, size = 0, len(code)
    while at < size:
        op = code[at]
        at += 1
        if op >= len(OPERAND_COUNTS):
            raise ValueError(f"unknown opcode {op}")
        operands = []
        for _ in range(OPERAND_COUNTS[op]):
            if at < size and code[at] < 0x80:
                operands.append(code[at])
                at += 1
            else:
                number, at = read_number(code, at)
                operands.append(number)
        yield (op, *operands)


def pack_positions(positions: list[tuple[int, int]]) -> bytes:
    """Line deltas (zigzag) and columns, one pair an instruction."""
    out = bytearray()
    previous = 0
    for line, column in positions:
        delta = line - previous
        previous = line
        write_number(out, delta << 1 if delta >= 0 else (-delta << 1) - 1)
        write_number(out, column)
    return bytes(out)


def unpack_positions(data: bytes) -> list[tuple[int, int]]:
    """The inverse of pack_positions."""
    positions: list[tuple[int, int]] = []
    at = line = 0
    while at < len(data):
        delta, at = read_number(data, at)
        column, at = read_number(data, at)
        line += -((delta + 1) >> 1) if delta & 1 else delta >> 1
        positions.append((line, column))
    return positions


__all__ = [
    "OPERAND_COUNTS",
    "Capture",
    "CaptureKind",
    "Chunk",
    "CompiledModule",
    "ImportInfo",
    "Instruction",
    "Op",
    "PipelineInfo",
    "pack",
    "pack_positions",
    "read_number",
    "unpack",
    "unpack_positions",
    "write_number",
]

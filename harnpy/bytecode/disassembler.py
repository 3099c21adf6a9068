"""Compiled modules as text, for people: one block a function, structure by indentation, operands by name.

It only reads. Code that the verifier would refuse is printed as far as it can be unpacked.
"""

from __future__ import annotations

import json

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Capture, CaptureKind, Chunk, CompiledModule, Instruction, unpack, unpack_positions
from harnpy.bytecode.opcodes import CONSTANT_KINDS, OPCODES, SLOT_KINDS, Op

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_INDENT = "  "
_MIDDLES = frozenset({Op.ELSE, Op.CATCH, Op.FINALLY})
_PLACES = ("local", "cell", "module")
_ORIGINS = ("type", "runtime", "bare")


def disassemble(module: CompiledModule) -> str:
    """The module as readable text: what it imports and exports, then every function with its code."""
    return "\n".join([*_head(module), *_functions(module.main, module.variables, "")]) + "\n"


def _head(module: CompiledModule) -> Iterator[str]:
    yield f"{module.mode} {module.path}"
    for info in module.imports:
        names = "everything public" if info.names is None else ", ".join(info.names) or f"as {info.name}"
        yield f"import {_text(info.path)}: {names}  (line {info.line})"
    for pipeline in module.pipelines:
        yield f"{'test ' if pipeline.is_test else ''}pipeline {pipeline.name}  (line {pipeline.line})"
    if module.variables:
        yield f"variables: {', '.join(module.variables)}"
    for name, (number, is_pub) in module.exports.items():
        yield f"export {'pub ' if is_pub else ''}{name} = variable {module.variables[number]}"


def _functions(chunk: Chunk, variables: tuple[str, ...], place: str) -> Iterator[str]:
    yield ""
    yield from _Function(chunk, variables).lines(place)
    for number, child in enumerate(chunk.children):
        yield from _functions(child, variables, f"{place}{number}.")


class _Function:
    def __init__(self, chunk: Chunk, variables: tuple[str, ...]) -> None:
        self.chunk = chunk
        self.variables = variables
        self.slot_names = dict(enumerate(chunk.parameters))
        self.slot_names.update({capture.target: capture.name for capture in chunk.captures})

    def lines(self, place: str) -> Iterator[str]:
        chunk = self.chunk
        names = list(chunk.parameters)
        if chunk.has_rest:
            names[-1] = "..." + names[-1]
        where = f"[{place.rstrip('.')}] " if place else ""
        generator = ", generator" if chunk.is_generator else ""
        yield f"{where}{chunk.name}({', '.join(names)})  {chunk.slot_count} slots{generator}"
        for capture in chunk.captures:
            yield f"{_INDENT}captures {self.capture(capture)}"
        yield from self.code()

    def capture(self, capture: Capture) -> str:
        source = {
            CaptureKind.VALUE: f"slot {capture.source}",
            CaptureKind.CELL: f"the cell in slot {capture.source}",
            CaptureKind.CELL_VALUE: f"what the cell in slot {capture.source} holds",
            CaptureKind.SELF: "the function around",
            CaptureKind.MODULE_VALUE: f"variable {capture.source} of the session",
        }[capture.kind]
        return f"{source} as {self.slot(capture.target)}"

    def code(self) -> Iterator[str]:
        """One line an instruction; the source line stands before the first instruction of each."""
        blocks: list[int] = []
        opened = shown = 0
        for instruction, (line, _) in zip(unpack(self.chunk.code), unpack_positions(self.chunk.positions)):
            op = Op(instruction[0])
            if op is Op.END and blocks:
                blocks.pop()
            depth = len(blocks) - (op in _MIDDLES)
            text = " ".join([op.name, *self.operands(op, instruction, blocks)])
            if OPCODES[op].opens:
                text += f" @{opened}"
                blocks.append(opened)
                opened += 1
            label = str(line) if line != shown else ""
            shown = line
            yield f"{label:>5}  {_INDENT * depth}{text}"

    def operands(self, op: Op, instruction: Instruction, blocks: list[int]) -> Iterator[str]:
        place = 0
        for kind, value in zip(OPCODES[op].operands, instruction[1:]):
            if kind == "place":
                place = value
            elif kind == "index":
                kind = ("slot", "cell", "variable")[place] if place < len(_PLACES) else "count"
            yield self.operand(kind, value, blocks)

    def operand(self, kind: str, value: int, blocks: list[int]) -> str:
        names: Sequence[str] = {"place": _PLACES, "origin": _ORIGINS, "variable": self.variables}.get(kind, ())
        if value < len(names):
            return names[value]
        if kind in CONSTANT_KINDS and value < len(self.chunk.constants):
            constant = self.chunk.constants[value]
            return f"{_text(constant[1])}ms" if type(constant) is tuple else _text(constant)
        if kind in SLOT_KINDS:
            return self.slot(value)
        if kind == "child" and value < len(self.chunk.children):
            return f"[{value}] {self.chunk.children[value].name}"
        if kind == "depth" and value < len(blocks):
            return f"@{blocks[-1 - value]}"
        return str(value)

    def slot(self, number: int) -> str:
        name = self.slot_names.get(number)
        return f"%{number}" if name is None else f"%{number}:{name}"


# Python refuses to write integers of more than 4300 digits in decimal.
_WRITTEN_BITS = 14_000


def _text(value: Any) -> str:
    """A constant as Harn would write it, or nearly so: surrogates and line breaks are escaped, huge integers hexadecimal."""
    return json.dumps(_writable(value), ensure_ascii=True)


def _writable(value: Any) -> Any:
    if type(value) is int and value.bit_length() > _WRITTEN_BITS:
        return hex(value)
    if type(value) is list:
        return [_writable(item) for item in value]
    if type(value) is dict:
        return {key: _writable(item) for key, item in value.items()}
    return value

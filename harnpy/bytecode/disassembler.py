"""Compiled modules as text, for people: one block a function, structure by indentation, operands by name.

It only reads. Code that the verifier would refuse is printed as far as it can be unpacked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harnpy.bytecode.chunk import Capture, CaptureKind, Chunk, CompiledModule, Instruction, unpack, unpack_positions
from harnpy.bytecode.opcodes import OPCODES, Op

_INDENT = "  "
_MIDDLES = frozenset({Op.ELSE, Op.CATCH, Op.FINALLY})
_PLACES = ("local", "cell", "module")
_ERRORS = ("type", "runtime", "bare")
# Operands that are numbers of module variables, by opcode and position.
_MODULE_VARIABLES = frozenset({(Op.LOAD_MODULE, 0), (Op.STORE_MODULE, 0)})


def disassemble(module: CompiledModule) -> str:
    """The module as readable text: what it imports and exports, then every function with its code."""
    return "\n".join([*_head(module), *_functions(module.main, module.variables, "")]) + "\n"


def _head(module: CompiledModule) -> Iterator[str]:
    yield f"{module.mode} {module.path}"
    for info in module.imports:
        names = "everything public" if info.names is None else ", ".join(info.names)
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
        for position, (kind, value) in enumerate(zip(OPCODES[op].operands, instruction[1:])):
            if kind == "const":
                yield self.constant(value)
            elif kind == "slot":
                yield self.slot(value)
            elif kind == "child":
                yield f"[{value}] {self.chunk.children[value].name}"
            elif kind == "depth":
                yield f"@{blocks[-1 - value]}" if value < len(blocks) else f"depth {value}"
            elif kind == "place":
                yield _PLACES[value] if value < len(_PLACES) else str(value)
            elif position == 1 and OPCODES[op].operands[0] == "place" and instruction[1] < _PLACES.index("module"):
                yield self.slot(value)
            elif op is Op.RAISE and kind == "flag" and value < len(_ERRORS):
                yield _ERRORS[value]
            elif value < len(self.variables) and self.is_module_variable(op, position, instruction):
                yield self.variables[value]
            else:
                yield str(value)

    @staticmethod
    def is_module_variable(op: Op, position: int, instruction: Instruction) -> bool:
        """Whether an operand is the number of a module variable: always, or when the place before it says so."""
        if OPCODES[op].operands[0] == "place":
            return position == 1 and instruction[1] == _PLACES.index("module")
        return (op, position) in _MODULE_VARIABLES

    def slot(self, number: int) -> str:
        name = self.slot_names.get(number)
        return f"%{number}" if name is None else f"%{number}:{name}"

    def constant(self, number: int) -> str:
        value = self.chunk.constants[number]
        return f"{value[1]}ms" if type(value) is tuple else _text(value)


def _text(value: Any) -> str:
    """A constant as Harn would write it, or nearly so; surrogates and line breaks are escaped."""
    return json.dumps(value, ensure_ascii=True)

"""What is known of a function before any translation: its layout, and which locals its parts read and change."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind, Instruction, unpack_positions
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.verifier import BlockInfo, Layout

if TYPE_CHECKING:
    from harnpy.vm.linker import LinkedFunction


class Shape:
    """What is known of a function before any translation, and stays so."""

    def __init__(self, function: LinkedFunction, layout: Layout) -> None:
        self.function = function
        self.layout = layout
        self.positions = unpack_positions(function.chunk.positions)
        self.targets = {id(branch.target) for branch in layout.branches.values()}
        self.missing = {each[1] for each in layout.instructions if each[0] == Op.IF_MISSING}
        self.stored = [stored_slots(each) for each in layout.instructions]
        self.has_defers = any(each[0] == Op.DEFER for each in layout.instructions)
        self.has_scopes = any(each[0] in (Op.DEADLINE_ENTER, Op.MUTEX_ENTER) for each in layout.instructions)
        self.read_early = self._read_before_written()
        self.calls_itself = any(each[0] == Op.SELF for each in layout.instructions)
        self.calls_itself_last = self._has_self_tail_calls()
        self._stored_in: dict[int, set[int]] = {}
        self._in_place: dict[int, set[int]] = {}

    def stored_in(self, info: BlockInfo) -> set[int]:
        """The locals that a block may change."""
        found = self._stored_in.get(info.start)
        if found is None:
            end = info.end if info.end >= 0 else len(self.stored)
            found = {slot for slots in self.stored[max(info.start, 0) : end] for slot in slots}
            self._stored_in[info.start] = found
        return found

    def changed_in_place(self, info: BlockInfo) -> set[int]:
        """The locals that a loop changes in no other way than by storing into their parts."""
        found = self._in_place.get(info.start)
        if found is None:
            parts: set[int] = set()
            others: set[int] = set()
            for index in range(info.start, info.end):
                instruction = self.layout.instructions[index]
                if instruction[0] == Op.STORE_PATH and instruction[1] == 0:
                    parts.add(instruction[2])
                else:
                    others.update(self.stored[index])
            found = self._in_place[info.start] = parts - others
        return found

    def is_read_deeper(self, index: int, slot: int) -> bool:
        """Whether a loop that begins behind instruction index, inside the loops around it, reads a local."""
        depth = 0
        instructions = self.layout.instructions
        for at in range(index + 1, len(instructions)):
            op = instructions[at][0]
            if op == Op.LOOP or op == Op.FOR:
                depth += 1
            elif op == Op.END and self.layout.blocks[at].op in (Op.LOOP, Op.FOR):
                depth -= 1
                if depth < 0:
                    return False
            elif depth and op == Op.LOAD and instructions[at][1] == slot:
                return True
        return False

    def mentioned(self, start: int, end: int) -> list[int]:
        """The locals that the instructions of a loop read or change."""
        slots: set[int] = set()
        for index in range(start, end):
            slots.update(read_slots(self.function, self.layout.instructions[index]))
            slots.update(self.stored[index])
        return sorted(slots)

    def _read_before_written(self) -> list[int]:
        """Locals that code reads before the place that gives them a value: they are unset until then."""
        chunk = self.function.chunk
        written = set(range(len(chunk.parameters))) | {capture.target for capture in chunk.captures}
        early: list[int] = []
        for instruction in self.layout.instructions:
            read = read_slots(self.function, instruction)
            early.extend(slot for slot in dict.fromkeys(read) if slot not in written and slot not in early)
            if instruction[0] in (Op.STORE, Op.NEW_CELL, Op.CLEAR, Op.TRY_CATCH):
                written.add(instruction[1])
        return early

    def _has_self_tail_calls(self) -> bool:
        chunk = self.function.chunk
        previous = None
        for instruction in self.layout.instructions:
            if instruction[0] == Op.TAIL_CALL and previous is not None and previous[0] == Op.SELF:
                if instruction[1] == len(chunk.parameters) and not chunk.has_rest:
                    return not chunk.is_generator
            previous = instruction
        return False


def mentions(text: str, name: str) -> bool:
    """Whether a name occurs in Python source."""
    at = text.find(name)
    while at >= 0:
        before, behind = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or before == "_" or behind.isalnum() or behind == "_"):
            return True
        at = text.find(name, at + 1)
    return False


def captured_slots(child: LinkedFunction) -> list[int]:
    """The locals that a child function captures."""
    own = (CaptureKind.VALUE, CaptureKind.CELL, CaptureKind.CELL_VALUE)
    return [source for kind, source in child.capture_kinds if kind in own]


def read_slots(function: LinkedFunction, instruction: Instruction) -> list[int]:
    """The locals that an instruction reads."""
    op = Op(instruction[0])
    if op in (
        Op.LOAD,
        Op.LOAD_CHECKED,
        Op.LATE,
        Op.LOAD_CELL,
        Op.STORE_CELL,
        Op.CHECK_PARAM,
        Op.IF_MISSING,
        Op.RETHROW,
    ):
        return [instruction[1]]
    if op in (Op.ADD_STORE, Op.METHOD_STORE, Op.STORE_PATH) and instruction[1] != 2:
        return [instruction[2]]
    if op is Op.CLOSURE:
        return captured_slots(function.children[instruction[1]])
    if op is Op.ENTRY:
        return [
            slot
            for child in function.chunk.constants[instruction[1]].values()
            for slot in captured_slots(function.children[child])
        ]
    return []


def stored_slots(instruction: Instruction) -> list[int]:
    """The locals that an instruction changes."""
    op = instruction[0]
    if op in (Op.STORE, Op.CLEAR, Op.NEW_CELL, Op.FOR, Op.TRY_CATCH, Op.TRY_FINALLY):
        return [instruction[1]]
    if op in (Op.ADD_STORE, Op.METHOD_STORE, Op.STORE_PATH) and instruction[1] == 0:
        return [instruction[2]]
    return []

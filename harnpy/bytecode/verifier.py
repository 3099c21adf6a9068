"""Proves in one pass that a chunk keeps the rules of the opcode table, and finds what linking needs to know.

Cached bytecode is input, and input is checked: operands are in range, blocks are closed, every operand is on the
stack when it is popped, and every way into a place brings the same stack height. What the pass learns on the way
(where blocks end, where branches go, which finally bodies they cross) is its result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harnpy.bytecode.chunk import Chunk, Instruction, unpack
from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import OPCODES, Op

# Height of the operand stack inside a block at its start, and behind it, relative to the height below the block.
_INSIDE = {Op.FOR: 1, Op.RESULT_OR: 1}
_BEHIND = {
    Op.AND: 1,
    Op.OR: 1,
    Op.COALESCE: 1,
    Op.CALLABLE_OR: 1,
    Op.RESULT_OR: 1,
    Op.LATE: 1,
    Op.IMPORTED: 1,
    Op.TRY_CATCH: 1,
    Op.TRY_FINALLY: 1,
}
_ENDS = frozenset({Op.BR, Op.RETURN, Op.THROW, Op.RETHROW, Op.RAISE})


@dataclass(eq=False, slots=True)
class BlockInfo:
    """One block: indexes of its instructions, the stack height below it, what it leaves."""

    op: Op
    start: int
    height: int
    arity: int
    slot: int = -1
    type_name: str = ""
    middle: int = -1  # ELSE, CATCH or FINALLY
    end: int = -1
    in_body: bool = True
    end_reachable: bool = True

    @property
    def inside(self) -> int:
        return self.height + _INSIDE.get(self.op, 0)

    @property
    def behind(self) -> int:
        return self.height + (self.arity if self.op in (Op.BLOCK, Op.IF) else _BEHIND.get(self.op, 0))


@dataclass(slots=True)
class Branch:
    """A BR or BR_UNLESS: its block, the stack height where it stands, the finally blocks that it leaves."""

    target: BlockInfo
    height: int
    crossed: tuple[BlockInfo, ...]


@dataclass(slots=True)
class Layout:
    """blocks by the index of the opener, of ELSE/CATCH/FINALLY and of END; branches and crossing returns by index."""

    instructions: list[Instruction]
    blocks: dict[int, BlockInfo] = field(default_factory=dict)
    branches: dict[int, Branch] = field(default_factory=dict)
    returns: dict[int, tuple[BlockInfo, ...]] = field(default_factory=dict)


def analyze(chunk: Chunk) -> Layout:
    """Verify one chunk (not its children). Raises BadBytecode."""
    try:
        layout = Layout(list(unpack(chunk.code)))
    except ValueError as error:
        raise BadBytecode(f"{chunk.name}: {error}") from None
    _Pass(chunk, layout).run()
    return layout


class _Pass:
    def __init__(self, chunk: Chunk, layout: Layout) -> None:
        self.chunk = chunk
        self.layout = layout
        self.open: list[BlockInfo] = []
        self.height = 0
        self.reachable = True
        self.index = 0

    def run(self) -> None:
        for index, instruction in enumerate(self.layout.instructions):
            self.index = index
            self.check_operands(instruction)
            op = Op(instruction[0])
            if OPCODES[op].opens:
                self.open_block(op, instruction)
            elif op in (Op.ELSE, Op.CATCH, Op.FINALLY):
                self.middle(op)
            elif op is Op.END:
                self.end()
            else:
                self.step(op, instruction)
        if self.open:
            self.fail("a block is not closed")
        if self.reachable:
            self.fail("the end is reached without RETURN")

    def fail(self, message: str) -> None:
        raise BadBytecode(f"{self.chunk.name}: instruction {self.index}: {message}")

    def check_operands(self, instruction: Instruction) -> None:
        limits = {"slot": self.chunk.slot_count, "const": len(self.chunk.constants), "child": len(self.chunk.children)}
        for kind, value in zip(OPCODES[Op(instruction[0])].operands, instruction[1:]):
            if value >= limits.get(kind, value + 1):
                self.fail(f"{kind} {value} is out of range")

    def pop(self, count: int) -> None:
        floor = self.open[-1].height if self.open else 0
        self.height -= count
        if self.height < floor:
            if self.reachable:
                self.fail("the operand stack underflows")
            self.height = floor

    def step(self, op: Op, instruction: Instruction) -> None:
        info = OPCODES[op]
        if op is Op.BR_UNLESS:
            self.pop(1)
        if op in (Op.BR, Op.BR_UNLESS):
            self.branch(instruction[1])
        else:
            count = instruction[-1] if len(instruction) > 1 else 0
            self.pop(_amount(info.pops, count))
            self.height += _amount(info.pushes, count)
        if op is Op.RETURN:
            self.layout.returns[self.index] = self.crossed(0)
        if op in _ENDS:
            self.reachable = False

    def crossed(self, keep: int) -> tuple[BlockInfo, ...]:
        """The finally blocks, innermost first, whose bodies enclose this place, above the keep outermost blocks."""
        return tuple(block for block in reversed(self.open[keep:]) if block.op is Op.TRY_FINALLY and block.in_body)

    def branch(self, depth: int) -> None:
        if depth >= len(self.open):
            self.fail("branch to a block that is not open")
        position = len(self.open) - 1 - depth
        target = self.open[position]
        if target.op not in (Op.BLOCK, Op.LOOP, Op.FOR, Op.IF):
            self.fail(f"branch to a {target.op.name} block")
        needed = target.height + (0 if target.op in (Op.LOOP, Op.FOR) else target.arity)
        if self.reachable and self.height < needed:
            self.fail("a branch lacks its value")
        self.layout.branches[self.index] = Branch(target, self.height, self.crossed(position + 1))

    def open_block(self, op: Op, instruction: Instruction) -> None:
        self.pop(_amount(OPCODES[op].pops, 0) if op is not Op.RESULT_OR else 1)
        block = BlockInfo(op, self.index, self.height, 0)
        if op in (Op.BLOCK, Op.IF):
            block.arity = instruction[1]
        elif op in (Op.FOR, Op.TRY_CATCH, Op.TRY_FINALLY):
            block.slot = instruction[1]
        if op is Op.TRY_CATCH:
            block.type_name = str(self.chunk.constants[instruction[2]])
        block.end_reachable = self.reachable
        self.open.append(block)
        self.layout.blocks[self.index] = block
        self.height = block.inside

    def middle(self, op: Op) -> None:
        opener = {Op.ELSE: Op.IF, Op.CATCH: Op.TRY_CATCH, Op.FINALLY: Op.TRY_FINALLY}[op]
        if not self.open or self.open[-1].op is not opener or self.open[-1].middle >= 0:
            self.fail(f"{op.name} without {opener.name}")
        block = self.open[-1]
        self.expect(block.behind)
        block.middle = self.index
        block.in_body = False
        self.layout.blocks[self.index] = block
        if op is Op.FINALLY:
            block.end_reachable = self.reachable
            self.height = block.height + 1
        else:
            self.height = block.height + (1 if op is Op.CATCH else 0)
        self.reachable = True

    def end(self) -> None:
        if not self.open:
            self.fail("END without a block")
        block = self.open.pop()
        if block.op in (Op.TRY_CATCH, Op.TRY_FINALLY) and block.middle < 0:
            self.fail(f"{block.op.name} without its second part")
        if block.op is Op.IF and block.arity and block.middle < 0:
            self.fail("an IF with a value lacks ELSE")
        self.expect(block.height if block.op in (Op.LOOP, Op.FOR) else block.behind)
        block.end = self.index
        self.layout.blocks[self.index] = block
        self.height = block.behind
        self.reachable = block.op is not Op.LOOP
        if block.op is Op.TRY_FINALLY:
            self.reachable = block.end_reachable

    def expect(self, height: int) -> None:
        if self.reachable and self.height != height:
            self.fail(f"stack height {self.height} where {height} is due")


def _amount(spec: int | str, count: int) -> int:
    if isinstance(spec, int):
        return spec
    return {"n": count, "2n": 2 * count, "n+1": count + 1}[spec]


def verify(chunk: Chunk) -> None:
    """Verify a chunk and all its children. Raises BadBytecode."""
    pending = [chunk]
    while pending:
        current = pending.pop()
        analyze(current)
        pending.extend(current.children)

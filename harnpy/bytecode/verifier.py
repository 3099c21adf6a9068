"""Proves in one pass that a chunk keeps the rules of the opcode table, and finds what linking needs to know.

Cached bytecode is input, and input is checked: operands are in range and of their kind, slots have one purpose, blocks
are closed, every operand is on the stack when it is popped, every way into a place brings the same stack height, and
what is entered (deadlines, the lock) is left. What the pass learns on the way (where blocks end, where branches go,
which finally bodies they cross) is its result. Instructions are total over values: with the above, verified code can
fail in no other way than a Harn program can.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind, Chunk, Instruction, unpack
from harnpy.bytecode.constant_kinds import IS_KIND
from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import CONSTANT_KINDS, OPCODES, SLOT_KINDS, Op, OpcodeInfo
from harnpy.bytecode.slots import SlotUse
from harnpy.records import Record

if TYPE_CHECKING:
    from typing import NoReturn

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
# How large operands of a kind may be, where nothing but the kind decides.
_LIMITS = {"arity": 2, "place": 3, "flag": 2, "origin": 3}
_EXITS = {Op.DEADLINE_ENTER: Op.DEADLINE_EXIT, Op.MUTEX_ENTER: Op.MUTEX_EXIT}
_REPLACING = frozenset({Op.TAIL_CALL, Op.TAIL_CALL_SPREAD, Op.TAIL_PIPE, Op.ENTRY})
_LOOPS = frozenset({Op.LOOP, Op.FOR})
_ENDS = frozenset({Op.BR, Op.RETURN, Op.THROW, Op.RETHROW, Op.RAISE})


_PARTICULAR = frozenset(
    {Op.IMPL, Op.STORE_PATH, Op.GENERATOR, Op.YIELD, Op.RETHROW, *_REPLACING, *_EXITS, *_EXITS.values()}
)


class BlockInfo:
    """One block: indexes of its instructions, the stack height below it, what it leaves."""

    __slots__ = (
        "arity",
        "end",
        "end_reachable",
        "error_cleared",
        "error_rethrown",
        "height",
        "in_body",
        "middle",
        "op",
        "slot",
        "start",
        "type_name",
    )

    def __init__(self, op: Op, start: int, height: int, arity: int) -> None:
        self.op = op
        self.start = start
        self.height = height
        self.arity = arity
        self.slot = -1
        self.type_name = ""
        self.middle = -1  # ELSE, CATCH or FINALLY
        self.end = -1
        self.in_body = True
        self.end_reachable = True
        self.error_cleared = False
        self.error_rethrown = False

    @property
    def inside(self) -> int:
        return self.height + _INSIDE.get(self.op, 0)

    @property
    def behind(self) -> int:
        return self.height + (self.arity if self.op in (Op.BLOCK, Op.IF) else _BEHIND.get(self.op, 0))


class Branch(Record):
    """A BR or BR_UNLESS: its block, the stack height where it stands, the finally blocks that it leaves."""

    target: BlockInfo
    height: int
    crossed: tuple[BlockInfo, ...]


class Layout:
    """blocks by the index of the opener, of ELSE/CATCH/FINALLY and of END; branches and crossing returns by index."""

    __slots__ = ("blocks", "branches", "instructions", "returns")

    def __init__(self, instructions: list[Instruction]) -> None:
        self.instructions = instructions
        self.blocks: dict[int, BlockInfo] = {}
        self.branches: dict[int, Branch] = {}
        self.returns: dict[int, tuple[BlockInfo, ...]] = {}


def analyze(chunk: Chunk, variable_count: int | None = None) -> Layout:
    """Verify one chunk (not its children) of a module with that many variables. Raises BadBytecode."""
    try:
        layout = Layout(list(unpack(chunk.code)))
    except ValueError as error:
        raise BadBytecode(f"{chunk.name}: {error}") from None
    _Pass(chunk, layout, variable_count).run()
    return layout


class _Pass:
    def __init__(self, chunk: Chunk, layout: Layout, variable_count: int | None = None) -> None:
        self.chunk = chunk
        self.constants = chunk.constants
        self.layout = layout
        self.variable_count = variable_count
        self.open: list[BlockInfo] = []
        self.height = 0
        self.reachable = True
        self.index = 0
        self.paused = False  # behind GENERATOR
        self.guards: dict[int, Op] = {}  # start of a TRY_FINALLY -> what its FINALLY has to begin with
        self.exits: set[int] = set()  # the places of those

    def run(self) -> None:
        self.check_chunk()
        self.slots = SlotUse(self.chunk)
        for index, instruction in enumerate(self.layout.instructions):
            self.index = index
            op, operands, way, pops, pushes = _PLANS[instruction[0]]
            if operands:
                self.check_operands(op, operands, instruction)
            if way == _PLAIN:
                height = self.height - pops
                if height < (self.open[-1].height if self.open else 0):
                    self.pop(pops)
                    height = self.height
                self.height = height + pushes
            elif way == _STEP:
                self.step(op, instruction)
            elif way == _OPENER:
                self.open_block(op, instruction)
            elif way == _MIDDLE:
                self.middle(op)
            else:
                self.end()
        if self.open:
            self.fail("a block is not closed")
        if self.reachable:
            self.fail("the end is reached without RETURN")

    def fail(self, message: str) -> NoReturn:
        raise BadBytecode(f"{self.chunk.name}: instruction {self.index}: {message}")

    def check_chunk(self) -> None:
        chunk = self.chunk
        count = len(chunk.parameters)
        if chunk.slot_count < count or (chunk.has_rest and not count):
            self.fail("there are too few slots or parameters")
        for capture in chunk.captures:
            if not count <= capture.target < chunk.slot_count:
                self.fail("a capture goes to no slot of its own")
            if capture.kind is CaptureKind.MODULE_VALUE:
                self.check_variable(capture.source)

    def check_variable(self, number: int) -> None:
        if self.variable_count is not None and number >= self.variable_count:
            self.fail(f"variable {number} is out of range")

    # --- operands -------------------------------------------------------------------------------------------------

    def check_operands(self, op: Op, kinds: tuple[str, ...], instruction: Instruction) -> None:
        place = 0
        constants = self.constants
        for kind, value in zip(kinds, instruction[1:]):
            if kind in CONSTANT_KINDS:
                if value >= len(constants):
                    self.fail(f"constant {value} is out of range")
                if not IS_KIND[kind](constants[value]):
                    self.fail(f"constant {value} is no {kind}")
                continue
            if kind == "count":
                continue
            if kind == "place":
                place = value
            elif kind == "index":
                kind = ("slot", "cell", "variable")[place]
            if kind in SLOT_KINDS:
                self.check_slot(op, kind, value)
            elif kind == "variable":
                self.check_variable(value)
            elif kind == "child":
                if value >= len(self.chunk.children):
                    self.fail(f"child {value} is out of range")
                self.check_captures(self.chunk.children[value])
            elif value >= _LIMITS.get(kind, value + 1):
                self.fail(f"{kind} {value} is out of range")

    def check_slot(self, op: Op, kind: str, slot: int) -> None:
        problem = self.slots.make_cell(slot) if op is Op.NEW_CELL else self.slots.use(kind, slot)
        if problem is not None:
            self.fail(problem)
        if kind in ("any", "iterator", "error", "exit"):
            for block in self.open:
                if block.slot == slot:
                    self.check_kept(op, block)

    def check_kept(self, op: Op, block: BlockInfo) -> None:
        """An open block keeps its iterator, exit or error in a slot: nobody else may use it."""
        in_handler = block.op is Op.TRY_CATCH and not block.in_body
        if op is Op.RETHROW and in_handler and not block.error_cleared:
            block.error_rethrown = True
        elif op is Op.CLEAR and in_handler and not block.error_rethrown:
            block.error_cleared = True
        else:
            self.fail(f"slot {block.slot} is in use by a {block.op.name} block")

    def check_captures(self, child: Chunk) -> None:
        for capture in child.captures:
            problem = None
            if capture.kind is CaptureKind.CELL or capture.kind is CaptureKind.VALUE:
                problem = self.slots.use("cell" if capture.kind is CaptureKind.CELL else "slot", capture.source)
            elif capture.kind is CaptureKind.CELL_VALUE:
                problem = self.slots.use("cell", capture.source)
            if problem is not None:
                self.fail(problem)

    def check_lists(self, op: Op, instruction: Instruction) -> None:
        """Counts that have to agree with a constant; entries that have to be children."""
        if op is Op.IMPL:
            if len(self.chunk.constants[instruction[2]]) != instruction[3]:
                self.fail("IMPL needs a name for each method")
        elif op is Op.STORE_PATH:
            path = self.chunk.constants[instruction[3]]
            if not path or path.count(None) != instruction[4]:
                self.fail("STORE_PATH needs an index for each nil in its path")
        elif op is Op.ENTRY:
            for child in self.chunk.constants[instruction[1]].values():
                if child >= len(self.chunk.children):
                    self.fail(f"child {child} is out of range")
                self.check_captures(self.chunk.children[child])

    # --- the stack ------------------------------------------------------------------------------------------------

    def pop(self, count: int) -> None:
        floor = self.open[-1].height if self.open else 0
        self.height -= count
        if self.height < floor:
            if self.reachable:
                self.fail("the operand stack underflows")
            self.height = floor

    def step(self, op: Op, instruction: Instruction) -> None:
        info = OPCODES[op]
        if op in _PARTICULAR:
            self.check_particular(op, instruction)
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

    def check_particular(self, op: Op, instruction: Instruction) -> None:
        if op in (Op.IMPL, Op.STORE_PATH, Op.ENTRY):
            self.check_lists(op, instruction)
        if op in _EXITS:
            following = self.layout.instructions[self.index + 1 : self.index + 2]
            if not following or following[0][0] != Op.TRY_FINALLY:
                self.fail(f"{op.name} without TRY_FINALLY")
            self.guards[self.index + 1] = _EXITS[op]
        elif op in _EXITS.values() and self.index not in self.exits:
            self.fail(f"{op.name} outside of its FINALLY")
        elif op is Op.GENERATOR:
            if not self.chunk.is_generator or self.paused or self.open or self.height:
                self.fail("GENERATOR out of place")
            self.paused = True
        elif op is Op.YIELD and not self.paused:
            self.fail("YIELD outside of a generator")
        elif op in _REPLACING:
            protected = any(block.op in (Op.TRY_CATCH, Op.TRY_FINALLY) and block.in_body for block in self.open)
            if protected or self.chunk.is_generator:
                self.fail(f"{op.name} where the frame is needed")
        elif op is Op.RETHROW and not any(block.error_rethrown for block in self.open):
            self.fail("RETHROW outside of a handler")

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
        self.slots.open(op in _LOOPS)
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
        self.slots.middle()
        leave = self.guards.get(block.start)
        if leave is not None:
            following = self.layout.instructions[self.index + 1 : self.index + 2]
            if not following or following[0][0] != leave:
                self.fail(f"FINALLY does not begin with {leave.name}")
            self.exits.add(self.index + 1)
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
        self.slots.close()
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


def _way(op: Op, info: OpcodeInfo) -> int:
    if info.opens:
        return _OPENER
    if op in (Op.ELSE, Op.CATCH, Op.FINALLY):
        return _MIDDLE
    if op is Op.END:
        return _END
    fixed = isinstance(info.pops, int) and isinstance(info.pushes, int)
    return _PLAIN if fixed and op not in _PARTICULAR | _ENDS | {Op.BR_UNLESS} else _STEP


# How an instruction is checked: by its two amounts alone, by `step`, or as a part of a block.
_PLAIN, _STEP, _OPENER, _MIDDLE, _END = range(5)
# By opcode: itself, the kinds of its operands, how it is checked, and what a plain one pops and pushes.
_PLANS: list[tuple[Op, tuple[str, ...], int, int, int]] = [
    (
        op,
        info.operands,
        _way(op, info),
        info.pops if isinstance(info.pops, int) else 0,
        info.pushes if isinstance(info.pushes, int) else 0,
    )
    for op, info in sorted(OPCODES.items())
]


def _amount(spec: int | str, count: int) -> int:
    if isinstance(spec, int):
        return spec
    return {"n": count, "2n": 2 * count, "n+1": count + 1}[spec]


def verify(chunk: Chunk, variable_count: int | None = None) -> None:
    """Verify a chunk and all its children. Raises BadBytecode."""
    pending = [chunk]
    while pending:
        current = pending.pop()
        analyze(current, variable_count)
        pending.extend(current.children)

"""Linking: a verified chunk becomes a list of (handler, operand) pairs that the interpreter steps through.

Blocks become jump targets, constants become values, builtin names become builtins of the runtime. Functions are
linked when they are first called, so that a program pays only for what it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harnpy.bytecode.chunk import CaptureKind, Chunk, Instruction, unpack_positions
from harnpy.bytecode.opcodes import CONSTANT_KINDS, OPCODES, Op
from harnpy.bytecode.verifier import BlockInfo, Branch, analyze
from harnpy.vm import instructions as do
from harnpy.vm.frames import UNSET, Frame
from harnpy.vm.instructions import FinallyExit, Place
from harnpy.vm.schema import compile_parameter_check
from harnpy.vm.values import Duration

if TYPE_CHECKING:
    from harnpy.vm.modules import ModuleInstance

Handler = Callable[[Frame, Any], Any]
Step = tuple[Handler, Any]


@dataclass(frozen=True, slots=True)
class Region:
    """A protected range of steps: errors inside go to handler with the operand stack cut to height."""

    start: int
    end: int
    handler: int
    height: int
    slot: int
    is_finally: bool
    type_name: str


class LinkedFunction:
    """One function of one module instance, ready to run once `link` has been called."""

    __slots__ = (
        "arity",
        "blank",
        "body",
        "capture_kinds",
        "capture_targets",
        "children",
        "chunk",
        "code",
        "fixed_count",
        "has_rest",
        "heat",
        "is_generator",
        "module",
        "name",
        "origins",
        "padding",
        "parameter_names",
        "path",
        "positions",
        "raw_body",
        "regions",
        "specialized",
    )

    def __init__(self, chunk: Chunk, module: ModuleInstance) -> None:
        self.chunk = chunk
        self.module = module
        self.name = chunk.name
        self.path = module.path
        self.parameter_names = chunk.parameters
        self.has_rest = chunk.has_rest
        self.is_generator = chunk.is_generator
        self.fixed_count = len(chunk.parameters) - chunk.has_rest
        self.blank = [UNSET] * (chunk.slot_count - len(chunk.parameters))
        self.capture_kinds = tuple((capture.kind, capture.source) for capture in chunk.captures)
        self.capture_targets = tuple(capture.target for capture in chunk.captures)
        self.children = tuple(LinkedFunction(child, module) for child in chunk.children)
        self.code: list[Step] | None = None
        self.regions: tuple[Region, ...] = ()
        self.origins: list[int] = []
        self.positions: list[tuple[int, int]] | None = None
        # Set by the compiled tier. arity is the exact number of arguments with which body may be called directly,
        # -1 while it may not; padding stands for missing arguments; raw_body may return tail calls.
        self.heat = 0
        self.arity = -1
        self.body: Callable[..., Any] | None = None
        self.raw_body: Callable[..., Any] | None = None
        self.padding: list[Any] = []
        self.specialized = False

    def link(self) -> list[Step]:
        """Verify and link the chunk; the steps. Raises BadBytecode for bytecode that breaks the rules."""
        if self.code is None:
            linker = _Linker(self)
            self.code = linker.run()
            self.regions = tuple(linker.regions)
            self.origins = linker.origins
        return self.code

    def position(self, pc: int) -> tuple[int, int]:
        """Line and column of a step; (0, 0) when unknown."""
        if not 0 <= pc < len(self.origins):
            return 0, 0
        if self.positions is None:
            self.positions = unpack_positions(self.chunk.positions)
        origin = self.origins[pc]
        return self.positions[origin] if origin < len(self.positions) else (0, 0)


class _Linker:
    def __init__(self, function: LinkedFunction) -> None:
        self.function = function
        self.chunk = function.chunk
        self.module = function.module
        self.layout = analyze(function.chunk, len(self.module.variables))
        self.steps: list[Step] = []
        self.origins: list[int] = []
        self.regions: list[Region] = []
        self.place_of: dict[int, int] = {}  # instruction index -> step index
        self.fixups: list[tuple[int, Callable[[], Any]]] = []

    def run(self) -> list[Step]:
        for index, instruction in enumerate(self.layout.instructions):
            self.place_of[index] = len(self.steps)
            handler = _SPECIAL.get(Op(instruction[0]))
            if handler is not None:
                handler(self, index, instruction)
            else:
                self.add(index, _DIRECT[Op(instruction[0])], self.operand(instruction))
        self.place_of[len(self.layout.instructions)] = len(self.steps)
        for place, operand in self.fixups:
            self.steps[place] = (self.steps[place][0], operand())
        return self.steps

    def add(self, index: int, handler: Handler, operand: Any = None) -> int:
        self.steps.append((handler, operand))
        self.origins.append(index)
        return len(self.steps) - 1

    def add_late(self, index: int, handler: Handler, operand: Callable[[], Any]) -> None:
        """A step whose operand needs places that are not known yet."""
        self.fixups.append((self.add(index, handler), operand))

    def constant(self, number: int) -> Any:
        value = self.chunk.constants[number]
        return Duration(value[1]) if type(value) is tuple else value

    def operand(self, instruction: Instruction) -> Any:
        """Operands as the handler wants them: constants resolved, one operand bare, several as a tuple."""
        kinds = OPCODES[Op(instruction[0])].operands
        values = tuple(
            self.constant(value) if kind in CONSTANT_KINDS else value for kind, value in zip(kinds, instruction[1:])
        )
        return values[0] if len(values) == 1 else values or None

    # --- places ---------------------------------------------------------------------------------------------------

    def behind(self, block: BlockInfo) -> int:
        """The step behind the END of a block."""
        return self.place_of[block.end + 1]

    def branch_place(self, block: BlockInfo) -> int:
        if block.op is Op.LOOP:
            return self.place_of[block.start + 1]
        if block.op is Op.FOR:
            return self.place_of[block.start] + 1
        return self.behind(block)

    def exits(self, crossed: tuple[BlockInfo, ...]) -> tuple[tuple[int, int, int], ...]:
        """(slot, step of the finally body, stack height) of each finally block on the way out."""
        return tuple((block.slot, self.place_of[block.middle] + 1, block.height) for block in crossed)

    # --- lowering of control flow -----------------------------------------------------------------------------------

    def block_marker(self, index: int, instruction: Instruction) -> None:
        """BLOCK, LOOP, TRY_CATCH and TRY_FINALLY leave no step."""

    def if_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        self.add_late(
            index,
            do.jump_if_false,
            lambda: self.place_of[block.middle] + 1 if block.middle >= 0 else self.behind(block),
        )

    def else_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        self.add_late(index, do.jump, lambda: self.behind(block))

    def catch(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        start, end = self.place_of[block.start], len(self.steps)
        self.add_late(index, do.jump, lambda: self.behind(block))
        self.regions.append(Region(start, end, end + 1, block.height, block.slot, False, block.type_name))

    def finally_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        start, end = self.place_of[block.start], len(self.steps)
        self.add(index, do.enter_finally, block.slot)
        self.regions.append(Region(start, end, end + 1, block.height, block.slot, True, ""))

    def end(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        if block.op in (Op.LOOP, Op.FOR):
            self.add(index, do.back_edge, self.branch_place(block))
        elif block.op is Op.TRY_FINALLY:
            self.add(index, do.end_finally, block.slot)

    def conditional_block(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        handler = _OPENERS[block.op]
        extra = self.operand(instruction)
        if extra is None:
            self.add_late(index, handler, lambda: self.behind(block))
        else:
            self.add_late(index, handler, lambda: (extra, self.behind(block)))

    def for_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        self.add(index, do.for_start, block.slot)
        self.add_late(index, do.for_next, lambda: (block.slot, self.behind(block)))

    def branch(self, index: int, instruction: Instruction) -> None:
        branch = self.layout.branches[index]
        target = branch.target
        arity = 0 if target.op in (Op.LOOP, Op.FOR) else target.arity
        unless = instruction[0] == Op.BR_UNLESS
        if branch.crossed:
            if unless:
                self.add(index, do.jump_if_true, len(self.steps) + 2)
            self.add_late(
                index,
                do.leave_by_branch,
                lambda: FinallyExit(self.exits(branch.crossed), self.branch_place(target), target.height, arity),
            )
            return
        backwards = target.op in (Op.LOOP, Op.FOR)
        if branch.height == target.height + arity:
            handler = do.jump_if_false if unless else do.back_edge if backwards else do.jump
            if unless and backwards:
                handler = do.back_edge_if_false
            self.add_late(index, handler, lambda: self.branch_place(target))
            return
        if unless:
            self.add(index, do.jump_if_true, len(self.steps) + 2)
        self.add_late(index, do.jump_cut, lambda: (self.branch_place(target), target.height, arity))

    def return_(self, index: int, instruction: Instruction) -> None:
        crossed = self.layout.returns[index]
        if crossed:
            self.add_late(index, do.leave_by_return, lambda: self.exits(crossed))
        else:
            self.add(index, do.return_)

    # --- instructions whose operands are prepared --------------------------------------------------------------------

    def builtin(self, index: int, instruction: Instruction) -> None:
        name = self.constant(instruction[1])
        found = self.module.runtime.registry.get(name)
        if found is not None:
            self.add(index, do.push, found)
        else:
            self.add(index, do.global_, (name, "", 0))

    def closure(self, index: int, instruction: Instruction) -> None:
        self.add(index, do.closure, self.function.children[instruction[1]])

    def entry(self, index: int, instruction: Instruction) -> None:
        children = {name: self.function.children[child] for name, child in self.constant(instruction[1]).items()}
        self.add(index, do.entry, children)

    def check_param(self, index: int, instruction: Instruction) -> None:
        _, slot, name, schema = instruction
        label, form = self.constant(name), self.constant(schema)
        self.add(index, do.check_param, (slot, compile_parameter_check(form), label, form))

    def in_place(self, index: int, instruction: Instruction) -> None:
        place = Place(instruction[1], instruction[2])
        op = Op(instruction[0])
        if op is Op.ADD_STORE:
            handler = do.add_store_local if instruction[1] == 0 else do.add_store
            self.add(index, handler, instruction[2] if instruction[1] == 0 else place)
        elif op is Op.METHOD_STORE:
            self.add(index, do.method_store, (place, self.constant(instruction[3]), instruction[4]))
        else:
            self.add(index, do.store_path, (place, tuple(self.constant(instruction[3])), instruction[4]))


_OPENERS: dict[Op, Handler] = {
    Op.AND: do.and_,
    Op.OR: do.or_,
    Op.COALESCE: do.coalesce,
    Op.CALLABLE_OR: do.callable_or,
    Op.RESULT_OR: do.result_or,
    Op.LATE: do.late,
    Op.IMPORTED: do.imported,
    Op.IF_MISSING: do.if_missing,
}

_SPECIAL: dict[Op, Callable[[_Linker, int, Instruction], None]] = {
    Op.BLOCK: _Linker.block_marker,
    Op.LOOP: _Linker.block_marker,
    Op.TRY_CATCH: _Linker.block_marker,
    Op.TRY_FINALLY: _Linker.block_marker,
    Op.IF: _Linker.if_,
    Op.ELSE: _Linker.else_,
    Op.CATCH: _Linker.catch,
    Op.FINALLY: _Linker.finally_,
    Op.END: _Linker.end,
    Op.FOR: _Linker.for_,
    Op.BR: _Linker.branch,
    Op.BR_UNLESS: _Linker.branch,
    Op.RETURN: _Linker.return_,
    Op.BUILTIN: _Linker.builtin,
    Op.CLOSURE: _Linker.closure,
    Op.ENTRY: _Linker.entry,
    Op.CHECK_PARAM: _Linker.check_param,
    Op.ADD_STORE: _Linker.in_place,
    Op.METHOD_STORE: _Linker.in_place,
    Op.STORE_PATH: _Linker.in_place,
    **dict.fromkeys(_OPENERS, _Linker.conditional_block),
}

_DIRECT: dict[Op, Handler] = {
    Op.NIL: do.nil,
    Op.TRUE: do.true,
    Op.FALSE: do.false,
    Op.CONST: do.push,
    Op.DATA: do.data,
    Op.LOAD: do.load,
    Op.STORE: do.store,
    Op.CLEAR: do.clear,
    Op.LOAD_CHECKED: do.load_checked,
    Op.NEW_CELL: do.new_cell,
    Op.LOAD_CELL: do.load_cell,
    Op.STORE_CELL: do.store_cell,
    Op.SELF: do.self_,
    Op.LOAD_MODULE: do.load_module,
    Op.STORE_MODULE: do.store_module,
    Op.GLOBAL: do.global_,
    Op.HOST: do.host,
    Op.POP: do.pop,
    Op.DUP: do.dup,
    Op.ADD: do.add,
    Op.SUBTRACT: do.subtract,
    Op.MULTIPLY: do.multiply,
    Op.DIVIDE: do.divide,
    Op.MODULO: do.modulo,
    Op.POWER: do.power,
    Op.NEGATE: do.negate,
    Op.NOT: do.not_,
    Op.EQUAL: do.equal,
    Op.NOT_EQUAL: do.not_equal,
    Op.LESS: do.less,
    Op.GREATER: do.greater,
    Op.LESS_EQUAL: do.less_equal,
    Op.GREATER_EQUAL: do.greater_equal,
    Op.CONTAINS: do.contains,
    Op.TO_BOOL: do.to_bool,
    Op.RANGE: do.range_,
    Op.CONCAT: do.concat,
    Op.LIST: do.list_,
    Op.LIST_EXTEND: do.list_extend,
    Op.DICT: do.dict_,
    Op.DICT_MERGE: do.dict_merge,
    Op.STRUCT: do.struct,
    Op.STRUCT_TYPE: do.struct_type,
    Op.IMPL: do.impl,
    Op.ENUM: do.enum,
    Op.ENUM_EXTEND: do.enum_extend,
    Op.INDEX: do.index,
    Op.SLICE: do.slice_,
    Op.PROP: do.prop,
    Op.PROP_OPTIONAL: do.prop_optional,
    Op.CALL: do.call,
    Op.CALL_SPREAD: do.call_spread,
    Op.TAIL_CALL: do.tail_call,
    Op.TAIL_CALL_SPREAD: do.tail_call_spread,
    Op.METHOD: do.method,
    Op.METHOD_OPTIONAL: do.method_optional,
    Op.METHOD_SPREAD: do.method_spread,
    Op.METHOD_SPREAD_OPTIONAL: do.method_spread_optional,
    Op.PIPE: do.pipe,
    Op.TAIL_PIPE: do.tail_pipe,
    Op.GENERATOR: do.generator,
    Op.YIELD: do.yield_,
    Op.THROW: do.throw,
    Op.RETHROW: do.rethrow,
    Op.RAISE: do.raise_,
    Op.CHECK_DICT: do.check_dict,
    Op.CHECK_LIST: do.check_list,
    Op.DICT_ITEM: do.dict_item,
    Op.LIST_ITEM: do.list_item,
    Op.DICT_REST: do.dict_rest,
    Op.LIST_REST: do.list_rest,
    Op.MATCH_ENUM: do.match_enum,
    Op.ENUM_FIELD: do.enum_field,
    Op.IS_DICT: do.is_dict,
    Op.IS_LIST: do.is_list,
    Op.DEADLINE_ENTER: do.deadline_enter,
    Op.DEADLINE_EXIT: do.deadline_exit,
    Op.MAY_RETRY: do.may_retry,
    Op.MUTEX_ENTER: do.mutex_enter,
    Op.MUTEX_EXIT: do.mutex_exit,
    Op.PARALLEL: do.parallel,
    Op.SPAWN: do.spawn,
    Op.DEFER: do.defer,
    Op.RUN_DEFERS: do.run_defers,
    Op.CHECK_IMPORTED: do.check_imported,
}

# Every opcode is lowered in exactly one of the two ways; a test compares this with the opcode table.
LOWERED = frozenset(_SPECIAL) | frozenset(_DIRECT)

__all__ = ["LOWERED", "Branch", "CaptureKind", "LinkedFunction", "Region", "Step"]

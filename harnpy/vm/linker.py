"""Linking: a verified chunk becomes a list of (handler, operand) pairs that the interpreter steps through.

Blocks become jump targets, constants become values, builtin names become builtins of the runtime. Functions are
linked when they are first called, so that a program pays only for what it runs.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind, Chunk, Instruction, unpack_positions
from harnpy.bytecode.opcodes import CONSTANT_KINDS, OPCODES, Op
from harnpy.bytecode.verifier import BlockInfo, Branch, analyze
from harnpy.records import Record
from harnpy.vm.calls import cold_entry
from harnpy.vm.frames import UNSET, Frame
from harnpy.vm.instructions import Deferred, Family, calls, flow, variables
from harnpy.vm.values import Duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.vm.modules import ModuleInstance

    Handler = Callable[[Frame, Any], Any]
    Step = tuple[Handler, Any]
    from harnpy.vm.instructions import exits, operations, stores, tasks, values
else:
    # Not every program needs these.
    exits, operations, stores, tasks, values = map(Family, ("exits", "operations", "stores", "tasks", "values"))


class Region(Record):
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
        "_children",
        "arity",
        "blank",
        "body",
        "capture_kinds",
        "capture_targets",
        "chunk",
        "code",
        "directory",
        "entry",
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
        "refused",
        "regions",
    )

    def __init__(self, chunk: Chunk, module: ModuleInstance) -> None:
        self.chunk = chunk
        self.module = module
        self.name = chunk.name
        self.path = module.path
        # Closures use the source directory that is current, like all of a library module.
        self.directory = None if chunk.name.startswith("<") else module.directory
        self.parameter_names = chunk.parameters
        self.has_rest = chunk.has_rest
        self.is_generator = chunk.is_generator
        self.fixed_count = len(chunk.parameters) - chunk.has_rest
        self.blank = [UNSET] * (chunk.slot_count - len(chunk.parameters))
        self.capture_kinds = tuple((capture.kind, capture.source) for capture in chunk.captures)
        self.capture_targets = tuple(capture.target for capture in chunk.captures)
        self._children: tuple[LinkedFunction, ...] | None = None
        self.code: list[Step] | None = None
        self.regions: tuple[Region, ...] = ()
        self.origins: list[int] = []
        self.positions: list[tuple[int, int]] | None = None
        # Set by the compiled tier. entry takes the fiber, the closure and the arguments of a call; a number of arguments
        # that it does not take is a TypeError. arity is the exact number of arguments with which body may be called
        # directly, -1 while it may not; padding stands for missing arguments; raw_body may return tail calls.
        self.entry: Callable[..., Any] = cold_entry
        self.heat = 0
        self.refused = False
        self.arity = -1
        self.body: Callable[..., Any] | None = None
        self.raw_body: Callable[..., Any] | None = None
        self.padding: list[Any] = []

    @property
    def children(self) -> tuple[LinkedFunction, ...]:
        """The functions that this one makes closures of; made when they are first asked for."""
        if self._children is None:
            self._children = tuple([LinkedFunction(child, self.module) for child in self.chunk.children])
        return self._children

    def link(self) -> list[Step]:
        """Verify and link the chunk; the steps. Raises BadBytecode for bytecode that breaks the rules."""
        if self.code is None:
            linker = _Linker(self)
            self.code = linker.run()
            self.regions = tuple(linker.regions)
            self.origins = linker.origins
        return self.code

    def step_of(self, instruction: int) -> int:
        """The step with which an instruction begins; the function is linked."""
        from bisect import bisect_left

        return bisect_left(self.origins, instruction)

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
        steps, origins, place_of, lowerings = self.steps, self.origins, self.place_of, _LOWERINGS
        for index, instruction in enumerate(self.layout.instructions):
            place_of[index] = len(steps)
            special, handler, is_bare = lowerings[instruction[0]]
            if special is not None:
                special(self, index, instruction)
            elif isinstance(handler, Deferred) or not is_bare:
                self.add(index, handler, self.operand(instruction))
            else:
                steps.append((handler, instruction[1] if len(instruction) > 1 else None))
                origins.append(index)
        place_of[len(self.layout.instructions)] = len(steps)
        for place, operand in self.fixups:
            self.steps[place] = (self.steps[place][0], operand())
        return self.steps

    def add(self, index: int, handler: Handler, operand: Any = None) -> int:
        if isinstance(handler, Deferred):
            handler = handler.load()
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
            flow.jump_if_false,
            lambda: self.place_of[block.middle] + 1 if block.middle >= 0 else self.behind(block),
        )

    def else_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        self.add_late(index, flow.jump, lambda: self.behind(block))

    def catch(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        start, end = self.place_of[block.start], len(self.steps)
        self.add_late(index, flow.jump, lambda: self.behind(block))
        self.regions.append(Region(start, end, end + 1, block.height, block.slot, False, block.type_name))

    def finally_(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        start, end = self.place_of[block.start], len(self.steps)
        self.add(index, exits.enter_finally, block.slot)
        self.regions.append(Region(start, end, end + 1, block.height, block.slot, True, ""))

    def end(self, index: int, instruction: Instruction) -> None:
        block = self.layout.blocks[index]
        if block.op in (Op.LOOP, Op.FOR):
            self.back_edge(index, block)
        elif block.op is Op.TRY_FINALLY:
            self.add(index, exits.end_finally, block.slot)

    def back_edge(self, index: int, block: BlockInfo) -> None:
        """To another round of a loop, which the compiled tier may run."""
        if self.module.runtime.tier is None:
            self.add_late(index, flow.back_edge, lambda: self.branch_place(block))
        else:
            self.add_late(index, flow.hot_back_edge, lambda: (self.branch_place(block), block.start))

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
        self.add(index, flow.for_start, block.slot)
        self.add_late(index, flow.for_next, lambda: (block.slot, self.behind(block)))

    def branch(self, index: int, instruction: Instruction) -> None:
        branch = self.layout.branches[index]
        target = branch.target
        arity = 0 if target.op in (Op.LOOP, Op.FOR) else target.arity
        unless = instruction[0] == Op.BR_UNLESS
        if branch.crossed:
            from harnpy.vm.instructions.exits import FinallyExit

            if unless:
                self.add(index, flow.jump_if_true, len(self.steps) + 2)
            self.add_late(
                index,
                exits.leave_by_branch,
                lambda: FinallyExit(self.exits(branch.crossed), self.branch_place(target), target.height, arity),
            )
            return
        backwards = target.op in (Op.LOOP, Op.FOR)
        if branch.height == target.height + arity:
            if backwards and not unless:
                self.back_edge(index, target)
                return
            handler = flow.jump_if_false if unless else flow.jump
            if unless and backwards:
                handler = flow.back_edge_if_false
            self.add_late(index, handler, lambda: self.branch_place(target))
            return
        if unless:
            self.add(index, flow.jump_if_true, len(self.steps) + 2)
        self.add_late(index, flow.jump_cut, lambda: (self.branch_place(target), target.height, arity))

    def return_(self, index: int, instruction: Instruction) -> None:
        crossed = self.layout.returns[index]
        if crossed:
            self.add_late(index, exits.leave_by_return, lambda: self.exits(crossed))
        else:
            self.add(index, calls.return_)

    # --- instructions whose operands are prepared --------------------------------------------------------------------

    def builtin(self, index: int, instruction: Instruction) -> None:
        name = self.constant(instruction[1])
        found = self.module.runtime.registry.get(name)
        if found is not None:
            self.add(index, variables.push, found)
        else:
            self.add(index, variables.global_, (name, "", 0))

    def closure(self, index: int, instruction: Instruction) -> None:
        self.add(index, calls.closure, self.function.children[instruction[1]])

    def entry(self, index: int, instruction: Instruction) -> None:
        children = {name: self.function.children[child] for name, child in self.constant(instruction[1]).items()}
        self.add(index, calls.entry, children)

    def check_param(self, index: int, instruction: Instruction) -> None:
        _, slot, name, schema = instruction
        from harnpy.vm.schema import compile_parameter_check

        label, form = self.constant(name), self.constant(schema)
        self.add(index, calls.check_param, (slot, compile_parameter_check(form), label, form))

    def in_place(self, index: int, instruction: Instruction) -> None:
        from harnpy.vm.instructions import stores

        place = stores.Place(instruction[1], instruction[2])
        op = Op(instruction[0])
        if op is Op.ADD_STORE:
            handler = stores.add_store_local if instruction[1] == 0 else stores.add_store
            self.add(index, handler, instruction[2] if instruction[1] == 0 else place)
        elif op is Op.METHOD_STORE:
            self.add(index, stores.method_store, (place, self.constant(instruction[3]), instruction[4]))
        else:
            self.add(index, stores.store_path, (place, tuple(self.constant(instruction[3])), instruction[4]))


_OPENERS: dict[Op, Handler] = {
    Op.AND: flow.and_,
    Op.OR: flow.or_,
    Op.COALESCE: flow.coalesce,
    Op.CALLABLE_OR: flow.callable_or,
    Op.RESULT_OR: flow.result_or,
    Op.LATE: variables.late,
    Op.IMPORTED: variables.imported,
    Op.IF_MISSING: calls.if_missing,
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
    Op.NIL: variables.nil,
    Op.TRUE: variables.true,
    Op.FALSE: variables.false,
    Op.CONST: variables.push,
    Op.DATA: variables.data,
    Op.LOAD: variables.load,
    Op.STORE: variables.store,
    Op.CLEAR: variables.clear,
    Op.LOAD_CHECKED: variables.load_checked,
    Op.NEW_CELL: variables.new_cell,
    Op.LOAD_CELL: variables.load_cell,
    Op.STORE_CELL: variables.store_cell,
    Op.SELF: variables.self_,
    Op.LOAD_MODULE: variables.load_module,
    Op.STORE_MODULE: variables.store_module,
    Op.GLOBAL: variables.global_,
    Op.HOST: variables.host,
    Op.POP: variables.pop,
    Op.DUP: variables.dup,
    Op.ADD: operations.add,
    Op.SUBTRACT: operations.subtract,
    Op.MULTIPLY: operations.multiply,
    Op.DIVIDE: operations.divide,
    Op.MODULO: operations.modulo,
    Op.POWER: operations.power,
    Op.NEGATE: operations.negate,
    Op.NOT: operations.not_,
    Op.EQUAL: operations.equal,
    Op.NOT_EQUAL: operations.not_equal,
    Op.LESS: operations.less,
    Op.GREATER: operations.greater,
    Op.LESS_EQUAL: operations.less_equal,
    Op.GREATER_EQUAL: operations.greater_equal,
    Op.CONTAINS: operations.contains,
    Op.TO_BOOL: operations.to_bool,
    Op.RANGE: operations.range_,
    Op.CONCAT: operations.concat,
    Op.LIST: values.list_,
    Op.LIST_EXTEND: values.list_extend,
    Op.DICT: values.dict_,
    Op.DICT_MERGE: values.dict_merge,
    Op.STRUCT: values.struct,
    Op.STRUCT_TYPE: values.struct_type,
    Op.IMPL: values.impl,
    Op.ENUM: values.enum,
    Op.ENUM_EXTEND: values.enum_extend,
    Op.INDEX: values.index,
    Op.SLICE: values.slice_,
    Op.PROP: values.prop,
    Op.PROP_OPTIONAL: values.prop_optional,
    Op.CALL: calls.call,
    Op.CALL_SPREAD: calls.call_spread,
    Op.TAIL_CALL: calls.tail_call,
    Op.TAIL_CALL_SPREAD: calls.tail_call_spread,
    Op.METHOD: calls.method,
    Op.METHOD_OPTIONAL: calls.method_optional,
    Op.METHOD_SPREAD: calls.method_spread,
    Op.METHOD_SPREAD_OPTIONAL: calls.method_spread_optional,
    Op.PIPE: calls.pipe,
    Op.TAIL_PIPE: calls.tail_pipe,
    Op.GENERATOR: calls.generator,
    Op.YIELD: calls.yield_,
    Op.THROW: exits.throw,
    Op.RETHROW: exits.rethrow,
    Op.RAISE: exits.raise_,
    Op.CHECK_DICT: values.check_dict,
    Op.CHECK_LIST: values.check_list,
    Op.DICT_ITEM: values.dict_item,
    Op.LIST_ITEM: values.list_item,
    Op.DICT_REST: values.dict_rest,
    Op.LIST_REST: values.list_rest,
    Op.MATCH_ENUM: values.match_enum,
    Op.ENUM_FIELD: values.enum_field,
    Op.IS_DICT: values.is_dict,
    Op.IS_LIST: values.is_list,
    Op.DEADLINE_ENTER: tasks.deadline_enter,
    Op.DEADLINE_EXIT: tasks.deadline_exit,
    Op.MAY_RETRY: tasks.may_retry,
    Op.MUTEX_ENTER: tasks.mutex_enter,
    Op.MUTEX_EXIT: tasks.mutex_exit,
    Op.PARALLEL: tasks.parallel,
    Op.SPAWN: tasks.spawn,
    Op.DEFER: tasks.defer,
    Op.RUN_DEFERS: tasks.run_defers,
    Op.CHECK_IMPORTED: variables.check_imported,
}

# By opcode: how it is lowered, and whether its operand, if it has one, is what the handler wants as it stands.
_LOWERINGS: list[tuple[Callable[[_Linker, int, Instruction], None] | None, Any, bool]] = [
    (
        _SPECIAL.get(op),
        _DIRECT.get(op),
        len(info.operands) < 2 and CONSTANT_KINDS.isdisjoint(info.operands),
    )
    for op, info in sorted(OPCODES.items())
]

# Every opcode is lowered in exactly one of the two ways; a test compares this with the opcode table.
LOWERED = frozenset(_SPECIAL) | frozenset(_DIRECT)

__all__ = ["LOWERED", "Branch", "CaptureKind", "LinkedFunction", "Region"]

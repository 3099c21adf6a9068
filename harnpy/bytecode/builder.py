"""The builder of one function's code: instructions, constants, slots, scopes, open blocks.

It knows how to emit, not what a construct means; expressions.py, statements.py and their neighbours do.
"""

from __future__ import annotations

from contextlib import contextmanager

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Capture, CaptureKind, Chunk, Instruction, pack, pack_positions
from harnpy.bytecode.errors import CompileError
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Binding, Block, Kind
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Label:
    """An open block of the instruction stream; protected blocks forbid tail calls inside."""

    __slots__ = ("protected",)

    def __init__(self, protected: bool) -> None:
        self.protected = protected


def _constant_key(value: Any) -> object:
    """Equal for constants of the same type and value. Digits are never written out: integers may have any number."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind, tuple([_constant_key(item) for item in value])
    if kind is dict:
        return kind, tuple([(key, _constant_key(item)) for key, item in value.items()])
    return kind, repr(value) if kind is float else value


class FileFacts:
    """What every function of a file knows: names of enums, type aliases, builtins, imports; where variables live."""

    __slots__ = (
        "aliases",
        "builtin_hints",
        "builtin_names",
        "enums",
        "has_wildcard",
        "imported",
        "imported_aliases",
        "mode",
        "module_variables",
        "path",
        "variable_names",
    )

    def __init__(
        self,
        path: str,
        mode: str,
        builtin_names: frozenset[str],
        enums: frozenset[str],
        aliases: dict[str, ast.TypeExpr],
        imported: frozenset[str],
        has_wildcard: bool,
    ) -> None:
        self.path = path
        self.mode = mode
        self.builtin_names = builtin_names
        self.enums = enums
        self.aliases = aliases
        self.imported = imported
        self.has_wildcard = has_wildcard
        self.module_variables: dict[str, Binding] = {}
        self.variable_names: list[str] = []
        self.imported_aliases: frozenset[str] = frozenset()  # those of aliases that a variable may hide
        self.builtin_hints: dict[str, str] = {}  # the closest builtin to names called before declared

    def new_variable(self, name: str) -> int:
        self.variable_names.append(name)
        return len(self.variable_names) - 1


class FunctionBuilder:
    """Collects one function. parent is the builder of the function around it."""

    def __init__(self, file: FileFacts, parent: FunctionBuilder | None, name: str) -> None:
        self.file = file
        self.parent = parent
        self.name = name
        self.parameters: tuple[str, ...] = ()
        self.has_rest = False
        self.needed: tuple[str, ...] | None = None
        self.is_generator = False
        self.shares_cells = False  # a defer body: captures variables themselves, not snapshots
        self.self_name: str | None = None
        self.has_defer = False
        self.allows_rethrow = True
        self.is_pipeline_body = False
        self.declared_variables: set[str] = set()  # module variables that this code has declared so far
        self.cell_names: frozenset[str] = frozenset()  # variables that defer bodies share
        self.instructions: list[Instruction] = []
        self.positions: list[tuple[int, int]] = []
        self.position = (0, 0)
        self.constants: list[Any] = []
        self._constant_index: dict[object, int] = {}
        self.children: list[Chunk] = []
        self.blocks: list[Block] = []
        self.labels: list[Label] = []
        self.loops: list[tuple[Label, Label]] = []
        self.slot_count = 0
        self.captures: list[Capture] = []
        self._captured: dict[int, Binding] = {}
        self._kept: list[Binding] = []  # so that the ids in _captured stay theirs

    # --- emitting -------------------------------------------------------------------------------------------------

    def at(self, node: ast.Node) -> None:
        """Following instructions belong to the start of node."""
        self.position = (node.span.line, node.span.column)

    def emit(self, op: Op, *operands: int) -> None:
        self.instructions.append((int(op), *operands))
        self.positions.append(self.position)

    def call_builtin(self, name: str, count: int) -> None:
        """Call a builtin with the values on top of the stack, whatever programs mean by its name."""
        self.emit(Op.BUILTIN, self.constant(name))
        self.emit(Op.CALL, count)

    def insert(self, index: int, instruction: Instruction) -> None:
        """Put an instruction at an earlier place; structured code has no offsets that would go wrong."""
        self.instructions.insert(index, instruction)
        self.positions.insert(index, self.position)
        for block in self.blocks:
            if block.start > index:
                block.start += 1

    def constant(self, value: Any) -> int:
        """The index of a constant; equal ones of the same type share one."""
        key = _constant_key(value)
        index = self._constant_index.get(key)
        if index is None:
            index = self._constant_index[key] = len(self.constants)
            self.constants.append(value)
        return index

    def push_constant(self, value: Any) -> None:
        if value is None:
            self.emit(Op.NIL)
        elif value is True or value is False:
            self.emit(Op.TRUE if value else Op.FALSE)
        else:
            self.emit(Op.CONST, self.constant(value))

    def open(self, op: Op, *operands: int, protected: bool = False) -> Label:
        self.emit(op, *operands)
        label = Label(protected)
        self.labels.append(label)
        return label

    def end(self, label: Label) -> None:
        assert self.labels[-1] is label
        self.labels.pop()
        self.emit(Op.END)

    @contextmanager
    def block(self, op: Op, *operands: int, protected: bool = False) -> Iterator[Label]:
        label = self.open(op, *operands, protected=protected)
        yield label
        self.end(label)

    def branch(self, op: Op, label: Label) -> None:
        self.emit(op, len(self.labels) - 1 - self.labels.index(label))

    @property
    def protected(self) -> bool:
        """Whether something has to happen between a return here and the caller."""
        return self.has_defer or any(label.protected for label in self.labels)

    def error(self, node: ast.Node, message: str, help: str | None = None) -> CompileError:
        return CompileError(self.file.path, node.span.line, message, node.span.column, help)

    # --- scopes ---------------------------------------------------------------------------------------------------

    def new_slot(self) -> int:
        self.slot_count += 1
        return self.slot_count - 1

    def push_block(self, upcoming: dict[str, Kind] | None = None) -> Block:
        block = Block(len(self.instructions), dict(upcoming or {}))
        self.blocks.append(block)
        return block

    def pop_block(self) -> None:
        block = self.blocks.pop()
        for slot in block.aliases:
            self.emit(Op.CLEAR, slot)

    def new_module_variable(self, name: str, mutable: bool, kind: Kind) -> Binding:
        index = self.file.new_variable(name)
        binding = Binding(name, mutable, kind, module_index=index)
        self.file.module_variables[name] = binding
        return binding

    @contextmanager
    def scope(self, upcoming: dict[str, Kind] | None = None) -> Iterator[Block]:
        block = self.push_block(upcoming)
        yield block
        self.pop_block()

    def add_cell(self, block: Block) -> int:
        """A slot with a fresh cell for each entry into the block."""
        slot = self.new_slot()
        self.insert(block.start, (int(Op.NEW_CELL), slot))
        return slot

    def bind(self, name: str, mutable: bool, kind: Kind = Kind.DATA) -> Binding:
        """A new local in the innermost block; the caller stores into it with `store`."""
        block = self.blocks[-1]
        late = block.late.pop(name, None)
        if late is not None:
            binding = late
            binding.mutable, binding.kind = mutable, kind
        elif mutable and name in self.cell_names:
            binding = Binding(name, mutable, kind, slot=self.add_cell(block), cell=True)
        else:
            binding = Binding(name, mutable, kind, slot=self.new_slot())
        block.upcoming.pop(name, None)
        block.bindings[name] = binding
        return binding

    def late_binding(self, block: Block, name: str) -> Binding:
        """The cell through which closures reach a function that this block declares later."""
        found = block.late.get(name)
        if found is None:
            found = Binding(name, False, block.upcoming[name], slot=self.add_cell(block), cell=True)
            block.late[name] = found
        return found

    def load(self, binding: Binding) -> None:
        if binding.module_index >= 0:
            self.emit(Op.LOAD_MODULE, binding.module_index, self.constant(binding.name))
        elif binding.cell:
            self.emit(Op.LOAD_CELL, binding.slot)
        elif binding.checked:
            self.emit(Op.LOAD_CHECKED, binding.slot, self.constant(binding.name))
        else:
            self.emit(Op.LOAD, binding.slot)

    def store(self, binding: Binding) -> None:
        if binding.module_index >= 0:
            self.emit(Op.STORE_MODULE, binding.module_index)
        elif binding.cell:
            self.emit(Op.STORE_CELL, binding.slot)
        else:
            self.emit(Op.STORE, binding.slot)

    @staticmethod
    def place(binding: Binding) -> tuple[int, int]:
        """The (place, index) operands of in-place instructions: 0 local, 1 cell, 2 module variable."""
        if binding.module_index >= 0:
            return 2, binding.module_index
        return (1 if binding.cell else 0), binding.slot

    def capture(self, owner: FunctionBuilder, binding: Binding, late: bool) -> Binding:
        """A local of this function that holds owner's binding; every function in between captures it too."""
        if owner is self:
            return binding
        own = self._captured.get(id(binding))
        if own is not None:
            return own
        assert self.parent is not None
        outer = self.parent.capture(owner, binding, late)
        share = late or (self.shares_cells and outer.cell)
        if outer.module_index >= 0:
            kind, source = CaptureKind.MODULE_VALUE, outer.module_index
        else:
            kind = CaptureKind.CELL if share else CaptureKind.CELL_VALUE if outer.cell else CaptureKind.VALUE
            source = outer.slot
        slot = self.new_slot()
        self.captures.append(Capture(kind, source, slot, binding.name))
        own = Binding(binding.name, binding.mutable, binding.kind, slot=slot, cell=share, checked=binding.checked)
        if binding.mutable and not share and not binding.checked and binding.name in self.cell_names:
            own.slot, own.cell = self._cell_for(slot), True
        self._captured[id(binding)] = own
        self._kept.append(binding)
        return own

    def _cell_for(self, slot: int) -> int:
        """A cell, made when the function begins, with the captured value of slot: defer bodies share it."""
        block = self.blocks[0]
        cell = self.add_cell(block)
        self.insert(block.start + 1, (int(Op.LOAD), slot))
        self.insert(block.start + 2, (int(Op.STORE_CELL), cell))
        return cell

    def capture_self(self, owner: FunctionBuilder, name: str) -> Binding:
        """A local that holds the closure of owner, which is around this function."""
        assert self.parent is not None
        key = -1 - id(owner)
        own = self._captured.get(key)
        if own is None:
            slot = self.new_slot()
            if self.parent is owner:
                self.captures.append(Capture(CaptureKind.SELF, 0, slot, name))
            else:
                outer = self.parent.capture_self(owner, name)
                self.captures.append(Capture(CaptureKind.VALUE, outer.slot, slot, name))
            own = self._captured[key] = Binding(name, False, Kind.FUNCTION, slot=slot)
        return own

    def finish(self) -> Chunk:
        return Chunk(
            self.name,
            self.parameters,
            self.has_rest,
            tuple(self.captures),
            self.slot_count,
            self.is_generator,
            tuple(self.constants),
            pack(self.instructions),
            pack_positions(self.positions),
            tuple(self.children),
            self.needed,
        )

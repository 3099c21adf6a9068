"""From a verified chunk to the source of a Python function that does the same.

Operands become names: constants, locals (`l3`) and temporaries (`t7`), so that the operand stack disappears. Blocks
become Python's own statements; a branch over several loops sets a flag that each of them looks at. What an instruction
does is written by operations.py, the namespace in which the source runs is support.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harnpy.bytecode.chunk import CaptureKind, Chunk, Instruction, unpack_positions
from harnpy.bytecode.opcodes import OPCODES, Op
from harnpy.bytecode.verifier import BlockInfo, Layout
from harnpy.jit import operations
from harnpy.jit.writer import Writer
from harnpy.vm.stack_walk import STANDS_IN


class Untranslatable(Exception):
    """The chunk has a form that no compiler output has; the interpreter runs it."""


@dataclass(eq=False, slots=True)
class Construct:
    """An open block: its result name, whether it is a Python loop, whether the place behind it is reached."""

    info: BlockInfo
    result: str
    height: int
    is_loop: bool = False
    flag: str = ""
    reached: bool = False
    suites: int = 1
    merged_with: Construct | None = None
    kinds: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Translation:
    """source defines `body(fiber, closure, l0, l1, ...)`; constants are the values of its names k0, k1, ...

    positions holds line and column for each line of the source. trampoline: a call may end in a TailCall.
    """

    source: str
    constants: dict[str, Any]
    positions: list[tuple[int, int]]
    trampoline: bool


class Translator:
    """Translates one chunk. resolve gives the value of a builtin name or None; children are linked functions.

    slot_kinds says which locals always hold values of one kind ("int", "float", "str", ...); stored_kinds tells, after
    a run, what was stored where, so that the caller can check that. guarded are parameters that are expected to be of
    a kind: with anything else the call goes to `generic_body`.
    """

    def __init__(
        self,
        chunk: Chunk,
        layout: Layout,
        resolve: Any,
        children: tuple[Any, ...],
        slot_kinds: dict[int, str],
        guarded: dict[int, str],
    ) -> None:
        self.guarded = guarded
        self.slot_kinds = slot_kinds
        self.stored_kinds: dict[int, set[str]] = {}
        self.kinds: dict[str, str] = {}
        self.chunk = chunk
        self.layout = layout
        self.resolve = resolve
        self.children = children
        self.out = Writer()
        self.stack: list[str] = []
        self.constants: dict[str, Any] = {}
        self.open: list[Construct] = []
        self.reachable = True
        self.dead = 0
        self.names = 0
        self.trampoline = False
        self.in_generator = False
        self.assigned: set[int] = set()
        self.targets = {id(branch.target) for branch in layout.branches.values()}
        self.self_tail = self._has_self_tail_calls()
        self.function_loop: Construct | None = None

    # --- names ------------------------------------------------------------------------------------------------------

    def fresh(self, prefix: str = "t") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def push(self, name: str) -> None:
        self.stack.append(name)

    def pop(self) -> str:
        return self.stack.pop()

    def take(self, count: int) -> list[str]:
        if not count:
            return []
        names = self.stack[-count:]
        del self.stack[-count:]
        return names

    def assign(self, expression: str, kind: str = "") -> str:
        """A new temporary that holds the value of expression; kind is what that always is, if known."""
        name = self.fresh()
        self.out.line(f"{name} = {expression}")
        if kind:
            self.kinds[name] = kind
        return name

    def compute(self, expression: str, kind: str = "") -> None:
        self.push(self.assign(expression, kind))

    def kind(self, name: str) -> str:
        """The kind that a name is known to hold: int, float, str, bool, nil, list, dict, range, or ""."""
        found = self.kinds.get(name)
        if found is not None:
            return found
        if name.lstrip("-").isdigit():
            return "int"
        if name[0] == "l" and name[1:].isdigit():
            return self.slot_kinds.get(int(name[1:]), "")
        if name[0] == "k" and name in self.constants:
            return _KIND_OF.get(type(self.constants[name]), "")
        return _LITERAL_KINDS.get(name, "")

    def is_int(self, name: str) -> bool:
        return self.kind(name) == "int"

    def is_literal(self, name: str) -> bool:
        """Whether name is written as a literal, on which Python's `is` and attributes make no sense."""
        return name in _LITERAL_KINDS or name.lstrip("-").isdigit()

    def named(self, name: str) -> str:
        """name, or a temporary for a literal."""
        return self.assign(name, self.kind(name)) if self.is_literal(name) else name

    def truth(self, name: str) -> str:
        """An expression for the truth of a value."""
        if self.kind(name) == "bool":
            return name
        if name in ("True", "False"):
            return name
        if self.is_literal(name):
            return f"truthy({name})"
        return f"({name} is True or ({name} is not False and truthy({name})))"

    def store(self, slot: int, value: str) -> None:
        """Assign a local; operands that still mean its old value are kept aside."""
        self.keep_aside(slot)
        self.note_store(slot, self.kind(value))
        self.out.line(f"l{slot} = {value}")
        self.assigned.add(slot)

    def note_store(self, slot: int, kind: str) -> None:
        """Note that a local gets a value of that kind ("" for unknown)."""
        self.stored_kinds.setdefault(slot, set()).add(kind)

    def keep_aside(self, slot: int) -> None:
        """Copy a local that is about to change for the operands that still mean its old value."""
        name = f"l{slot}"
        if name in self.stack:
            kept = self.assign(name, self.kind(name))
            self.stack = [kept if each == name else each for each in self.stack]

    # --- the whole --------------------------------------------------------------------------------------------------

    def run(self) -> Translation:
        chunk, out = self.chunk, self.out
        positions = unpack_positions(chunk.positions)
        if positions:
            out.position = positions[0]
        parameters = "".join(f", l{slot}" for slot in range(len(chunk.parameters)))
        self.assigned.update(range(len(chunk.parameters)))
        out.open(f"def body(fiber, closure{parameters}):")
        out.line("if fiber.signal.pending: fiber.attend(fiber.frame)")
        for slot in range(len(chunk.parameters)):
            self.note_store(slot, self.guarded.get(slot, ""))
        if self.guarded:
            tests = " or ".join(f"type(l{slot}) is not {kind}" for slot, kind in self.guarded.items())
            values = "".join(f", l{slot}" for slot in range(len(chunk.parameters)))
            position, out.position = out.position, STANDS_IN
            out.line(f"if {tests}: return generic_body(fiber, closure{values})")
            out.position = position
        if self.self_tail:
            out.open("while True:")
            info = BlockInfo(Op.LOOP, -1, 0, 0)
            self.function_loop = Construct(info, "", 0, is_loop=True)
            self.open.append(self.function_loop)
        if chunk.captures:
            out.line("c = closure.captures")
            for index, capture in enumerate(chunk.captures):
                out.line(f"l{capture.target} = c[{index}]")
                self.note_store(capture.target, "")
                self.assigned.add(capture.target)
        for slot in self._read_before_written():
            out.line(f"l{slot} = UNSET")
            self.note_store(slot, "")
            self.assigned.add(slot)
        if any(instruction[0] == Op.DEFER for instruction in self.layout.instructions):
            out.line("defers = []")
        for index, instruction in enumerate(self.layout.instructions):
            out.position = positions[index]
            self.step(index, instruction)
        while self.open:
            self.open.pop()
            out.close()
        if self.in_generator:
            out.close()
            names = ", ".join(["fiber", *(f"l{slot}" for slot in self.generator_slots)])
            out.line(f"return start_generator(generate({names}))")
        out.close()
        return Translation(out.source, self.constants, out.positions, self.trampoline)

    def step(self, index: int, instruction: Instruction) -> None:
        op = Op(instruction[0])
        if not self.reachable:
            if OPCODES[op].opens:
                self.dead += 1
                return
            if op is Op.END and self.dead:
                self.dead -= 1
                return
            if self.dead or op not in (Op.ELSE, Op.CATCH, Op.FINALLY, Op.END):
                return
        control = _CONTROL.get(op)
        if control is not None:
            control(self, index, instruction)
        else:
            operations.WRITERS[op](self, instruction)

    def operand(self, instruction: Instruction, place: int) -> Any:
        """The constant that operand number place (from 1) names."""
        value = self.chunk.constants[instruction[place]]
        return operations.as_value(value)

    def _read_before_written(self) -> list[int]:
        """Locals that code reads before the place that gives them a value: they are unset until then."""
        written = set(range(len(self.chunk.parameters))) | {capture.target for capture in self.chunk.captures}
        early: list[int] = []
        for instruction in self.layout.instructions:
            op = Op(instruction[0])
            read: list[int] = []
            if op in (Op.LOAD, Op.LOAD_CHECKED, Op.LATE, Op.LOAD_CELL, Op.STORE_CELL):
                read = [instruction[1]]
            elif op in (Op.ADD_STORE, Op.METHOD_STORE, Op.STORE_PATH) and instruction[1] != 2:
                read = [instruction[2]]
            elif op is Op.CLOSURE:
                read = _captured_slots(self.children[instruction[1]])
            elif op is Op.ENTRY:
                for child in self.chunk.constants[instruction[1]].values():
                    read.extend(_captured_slots(self.children[child]))
            early.extend(slot for slot in dict.fromkeys(read) if slot not in written and slot not in early)
            if op in (Op.STORE, Op.NEW_CELL, Op.CLEAR, Op.TRY_CATCH):
                written.add(instruction[1])
        return early

    def _has_self_tail_calls(self) -> bool:
        previous = None
        for instruction in self.layout.instructions:
            if instruction[0] == Op.TAIL_CALL and previous is not None and previous[0] == Op.SELF:
                if instruction[1] == len(self.chunk.parameters) and not self.chunk.has_rest:
                    return not self.chunk.is_generator
            previous = instruction
        return False

    # --- blocks -----------------------------------------------------------------------------------------------------

    def enter(self, index: int, *, result: bool, is_loop: bool = False, suites: int = 1) -> Construct:
        construct = Construct(self.layout.blocks[index], self.fresh("r") if result else "", len(self.stack))
        construct.is_loop = is_loop
        construct.suites = suites
        if is_loop:
            construct.flag = f"g{index}"
        self.open.append(construct)
        return construct

    def settle(self, construct: Construct) -> None:
        """The normal end of a branch of a construct: its value goes into the result."""
        if self.reachable:
            construct.reached = True
            if construct.result:
                value = self.pop()
                construct.kinds.add(self.kind(value))
                self.out.line(f"{construct.result} = {value}")

    def leave(self, construct: Construct, reachable: bool) -> None:
        """Behind a construct: the stack as below it, and its result."""
        del self.stack[construct.height :]
        if construct.result:
            self.push(construct.result)
            if construct.info.op in (Op.AND, Op.OR):
                self.kinds[construct.result] = "bool"
            elif construct.info.op in (Op.IF, Op.BLOCK) and len(construct.kinds) == 1:
                self.kinds[construct.result] = next(iter(construct.kinds))
        self.reachable = reachable

    def block(self, index: int, instruction: Instruction) -> None:
        info = self.layout.blocks[index]
        used = id(info) in self.targets
        merged = used and self._ends_with_loop(info)
        construct = self.enter(index, result=bool(info.arity), is_loop=used and not merged)
        if construct.is_loop:
            self.out.line(f"{construct.flag} = 0")
            self.out.open("while True:")
        else:
            construct.suites = 0

    def _ends_with_loop(self, info: BlockInfo) -> bool:
        """Whether the block ends where a loop in it ends, and only that loop branches to it."""
        last = self.layout.blocks.get(info.end - 1)
        if last is None or last.end != info.end - 1 or last.op not in (Op.LOOP, Op.FOR):
            return False
        return all(
            last.start < place < last.end for place, branch in self.layout.branches.items() if branch.target is info
        )

    def loop(self, index: int, instruction: Instruction) -> None:
        construct = self.enter(index, result=False, is_loop=True)
        self.out.line(f"{construct.flag} = 0")
        self.out.open("while True:")
        self.out.line("if fiber.signal.pending: fiber.attend(fiber.frame)")
        self._merge(construct)

    def for_(self, index: int, instruction: Instruction) -> None:
        iterable = self.pop()
        construct = self.enter(index, result=False, is_loop=True)
        item = self.fresh("x")
        self.out.line(f"{construct.flag} = 0")
        if self.kind(iterable) == "range":
            self.kinds[item] = "int"
            self.out.open(f"for {item} in {iterable}.py:")
        else:
            iterate = "iterate_paused" if self.chunk.is_generator else "iterate"
            self.out.open(f"for {item} in {iterate}(fiber, {iterable}):")
        self.out.line("if fiber.signal.pending: fiber.attend(fiber.frame)")
        self._merge(construct)
        self.push(item)

    def _merge(self, construct: Construct) -> None:
        """Let branches to the block around, if it ends with this loop, be breaks of the loop."""
        if len(self.open) > 1:
            outer = self.open[-2]
            if outer.info.op is Op.BLOCK and not outer.is_loop and id(outer.info) in self.targets:
                if outer.info.end == construct.info.end + 1:
                    outer.merged_with = construct

    def if_(self, index: int, instruction: Instruction) -> None:
        condition = self.truth(self.pop())
        info = self.layout.blocks[index]
        if id(info) in self.targets:
            raise Untranslatable("a branch to an IF")
        self.enter(index, result=bool(info.arity))
        self.out.open(f"if {condition}:")

    def else_(self, index: int, instruction: Instruction) -> None:
        construct = self.open[-1]
        self.settle(construct)
        del self.stack[construct.height :]
        self.out.close()
        self.out.open("else:")
        self.reachable = True

    def conditional(self, index: int, instruction: Instruction) -> None:
        op = Op(instruction[0])
        out = self.out
        if op is Op.IF_MISSING:
            self.enter(index, result=False)
            out.open(f"if l{instruction[1]} is MISSING:")
            return
        if op in (Op.AND, Op.OR):
            condition = self.truth(self.pop())
            construct = self.enter(index, result=True)
            if op is Op.AND:
                out.line(f"{construct.result} = False")
                out.open(f"if {condition}:")
            else:
                out.line(f"{construct.result} = True")
                out.open(f"if not {condition}:")
        elif op in (Op.COALESCE, Op.CALLABLE_OR, Op.RESULT_OR):
            value = self.pop()
            construct = self.enter(index, result=True)
            name = construct.result
            out.line(f"{name} = {value}")
            if op is Op.COALESCE:
                out.open(f"if {name} is None:")
            elif op is Op.CALLABLE_OR:
                out.open(f"if type({name}) is not Closure and type({name}) is not Builtin:")
            else:
                out.open(f'if type({name}) is EnumVariant and {name}.enum == "Result" and {name}.variant == "Ok":')
                out.line(f"{name} = {name}.fields[0] if {name}.fields else None")
                out.close()
                out.open("else:")
                out.line(f"check_result({name})")
                self.push(name)
        elif op is Op.LATE:
            construct = self.enter(index, result=True)
            name = construct.result
            out.line(f"{name} = l{instruction[1]}.value")
            callable_too = f" or not is_callable({name})" if instruction[2] else ""
            out.open(f"if {name} is UNSET{callable_too}:")
        else:
            construct = self.enter(index, result=True)
            name = construct.result
            out.line(f"{name} = module.imported_function({self.constant(self.operand(instruction, 1))})")
            out.open(f"if {name} is None:")
        construct.reached = True

    def try_catch(self, index: int, instruction: Instruction) -> None:
        self.enter(index, result=True)
        self.out.open("try:")

    def catch(self, index: int, instruction: Instruction) -> None:
        construct = self.open[-1]
        self.settle(construct)
        del self.stack[construct.height :]
        self.out.close()
        error = self.fresh("e")
        self.out.open(f"except (HarnError, RecursionError) as {error}:")
        self.out.line(f"l{construct.info.slot} = {error} = caught(fiber, {error})")
        self.note_store(construct.info.slot, "")
        self.assigned.add(construct.info.slot)
        if construct.info.type_name:
            self.out.line(f"if not catches({construct.info.type_name!r}, {error}): raise {error}")
        self.reachable = True
        self.push(self.assign(f"{error}.caught"))

    def try_finally(self, index: int, instruction: Instruction) -> None:
        construct = self.enter(index, result=True)
        self.out.line(f"s{index} = True")
        self.out.line(f"{construct.result} = None")
        self.out.open("try:")

    def finally_(self, index: int, instruction: Instruction) -> None:
        construct = self.open[-1]
        construct.reached = False
        self.settle(construct)
        del self.stack[construct.height :]
        out, start = self.out, construct.info.start
        out.close()
        with out.suite("except SKIPS_FINALLY:"):
            out.line(f"s{start} = False")
            out.line("raise")
        out.open("finally:")
        out.open(f"if s{start}:")
        construct.suites = 2
        self.reachable = True
        self.push("None")

    def end(self, index: int, instruction: Instruction) -> None:
        construct = self.open[-1]
        op = construct.info.op
        if op is Op.TRY_FINALLY:
            if self.reachable:
                self.pop()
            reachable = construct.reached
        elif op in (Op.LOOP, Op.FOR):
            reachable = op is Op.FOR
        else:
            self.settle(construct)
            if construct.is_loop and self.reachable:
                self.out.line("break")
            reachable = construct.reached or (op is Op.IF and construct.info.middle < 0) or op is Op.IF_MISSING
        self.open.pop()
        for _ in range(construct.suites):
            self.out.close()
        self.leave(construct, reachable)
        if construct.is_loop:
            self._look_at_flags(construct)

    def _look_at_flags(self, ended: Construct) -> None:
        """Behind a Python loop: go on with branches that were on their way further out."""
        for position in range(len(self.open) - 1, -1, -1):
            outer = self.open[position]
            if not outer.is_loop or not outer.flag:
                continue
            if not any(self._crosses(place, ended, outer) for place in self.layout.branches):
                continue
            if any(each.is_loop for each in self.open[position + 1 :]):
                self.out.line(f"if {outer.flag}: break")
            else:
                self.out.line(f"if {outer.flag} == 1: break")
                with self.out.suite(f"if {outer.flag} == 2:"):
                    self.out.line(f"{outer.flag} = 0")
                    self.out.line("continue")

    def _crosses(self, place: int, ended: Construct, outer: Construct) -> bool:
        """Whether the branch at place leaves ended on its way to the Python loop outer."""
        if not ended.info.start < place < ended.info.end:
            return False
        target = self.layout.branches[place].target
        if target is outer.info:
            return True
        return target.op is Op.BLOCK and target.end == outer.info.end + 1 and target.start < outer.info.start

    def branch(self, index: int, instruction: Instruction) -> None:
        branch = self.layout.branches[index]
        if instruction[0] == Op.BR_UNLESS:
            condition = self.pop()
            self.out.open(f"if not {self.truth(condition)}:")
            self.jump(branch.target, keep=True)
            self.out.close()
        else:
            self.jump(branch.target, keep=False)
            self.reachable = False

    def jump(self, target: BlockInfo, keep: bool) -> None:
        """Write the jump to a block; keep leaves the operands for the way on."""
        position = next(place for place, each in enumerate(self.open) if each.info is target)
        construct = self.open[position]
        if construct.result:
            value = self.stack[-1] if keep else self.pop()
            construct.kinds.add(self.kind(value))
            self.out.line(f"{construct.result} = {value}")
        construct.reached = True
        again = target.op in (Op.LOOP, Op.FOR)
        loop = construct
        if not construct.is_loop:
            if construct.merged_with is None:
                raise Untranslatable("a branch to a block that is no loop")
            loop = construct.merged_with
            position = self.open.index(loop)
        if any(each.is_loop for each in self.open[position + 1 :]):
            self.out.line(f"{loop.flag} = {2 if again else 1}")
            self.out.line("break")
        else:
            self.out.line("continue" if again else "break")

    def again(self) -> None:
        """Go back to the start of the function (a tail call of itself)."""
        assert self.function_loop is not None
        if any(each.is_loop for each in self.open[1:]):
            raise Untranslatable("a tail call of itself inside a loop")
        self.out.line("if fiber.signal.pending: fiber.attend(fiber.frame)")
        self.out.line("continue")

    # --- functions --------------------------------------------------------------------------------------------------

    def return_(self, index: int, instruction: Instruction) -> None:
        value = self.pop()
        self.out.line("return" if self.in_generator else f"return {value}")
        self.reachable = False

    def generator(self, index: int, instruction: Instruction) -> None:
        """What follows is the body of a Python generator; the fiber that pulls is sent to it."""
        self.generator_slots = sorted(self.assigned)
        names = ", ".join(["fiber", *(f"l{slot}" for slot in self.generator_slots)])
        self.out.open(f"def generate({names}):")
        self.out.line("fiber = yield UNSET")
        self.in_generator = True

    def closure(self, index: int, instruction: Instruction) -> None:
        child = self.children[instruction[1]]
        parts = []
        for kind, source in child.capture_kinds:
            if kind is CaptureKind.SELF:
                parts.append("closure")
            elif kind is CaptureKind.MODULE_VALUE:
                parts.append(f"module.variables[{source}]")
            elif kind is CaptureKind.CELL_VALUE:
                parts.append(f"cell_value(l{source})")
            else:
                parts.append(f"l{source}")
        captures = f"({', '.join(parts)},)" if parts else "()"
        self.compute(f"Closure({self.constant(child)}, {captures}, module)")


_KIND_OF = {int: "int", float: "float", str: "str"}
_LITERAL_KINDS = {"True": "bool", "False": "bool", "None": "nil"}


def _captured_slots(child: Any) -> list[int]:
    """The locals that a child function captures."""
    own = (CaptureKind.VALUE, CaptureKind.CELL, CaptureKind.CELL_VALUE)
    return [source for kind, source in child.capture_kinds if kind in own]


_CONTROL = {
    Op.BLOCK: Translator.block,
    Op.LOOP: Translator.loop,
    Op.FOR: Translator.for_,
    Op.IF: Translator.if_,
    Op.ELSE: Translator.else_,
    Op.AND: Translator.conditional,
    Op.OR: Translator.conditional,
    Op.COALESCE: Translator.conditional,
    Op.CALLABLE_OR: Translator.conditional,
    Op.RESULT_OR: Translator.conditional,
    Op.LATE: Translator.conditional,
    Op.IMPORTED: Translator.conditional,
    Op.IF_MISSING: Translator.conditional,
    Op.TRY_CATCH: Translator.try_catch,
    Op.CATCH: Translator.catch,
    Op.TRY_FINALLY: Translator.try_finally,
    Op.FINALLY: Translator.finally_,
    Op.END: Translator.end,
    Op.BR: Translator.branch,
    Op.BR_UNLESS: Translator.branch,
    Op.RETURN: Translator.return_,
    Op.GENERATOR: Translator.generator,
    Op.CLOSURE: Translator.closure,
}
TRANSLATED_CONTROL = frozenset(_CONTROL)

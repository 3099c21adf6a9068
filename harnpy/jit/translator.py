"""From a verified chunk to the source of a Python function that does the same.

Operands become Python expressions, blocks Python's own statements; a branch over several loops sets a flag that each of
them looks at. What an instruction does is written by the modules listed in operations.py; the namespace in which the
source runs is support.py's.

The source guesses: that operators see kinds on which Python agrees with Harn, that indexes are in range, that callees
are closures. Where a guess is wrong a Python exception says so, and the interpreter goes on at that instruction with
the locals as they are (see recovery.py). Guesses that were wrong before are not made again.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind, Instruction
from harnpy.bytecode.opcodes import OPCODES, Op
from harnpy.bytecode.verifier import BlockInfo
from harnpy.jit import blocks, checks, exits
from harnpy.jit.checks import CHECK
from harnpy.jit.kinds import (
    ANY,
    BOOL,
    COUNTER,
    DICT,
    INT,
    LIST,
    OTHER,
    SCALAR,
    STRUCT,
    TYPE_NAME,
    kind_of,
)
from harnpy.jit.knowledge import (
    FIELDS_CHANGED,
    SAME_CLOSURE,
    Asked,
    Assumptions,
    Construct,
    Misses,
    Translation,
    Untranslatable,
)
from harnpy.jit.operands import NO_SLOTS, SMALL, Operand, start_of
from harnpy.jit.shape import Shape, mentions
from harnpy.jit.writer import Line, Resume, Writer
from harnpy.vm.frames import Cell
from harnpy.vm.stack_walk import STANDS_IN
from harnpy.vm.values import Builtin, Closure, Duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from harnpy.jit.direct import Direct
    from harnpy.jit.field_kinds import FieldKinds
    from harnpy.vm.linker import LinkedFunction


NO_DIRECTS: dict[int, Direct] = {}


class Translator:
    """Translates one function, or with loop the loop that starts at that instruction, as it runs in a frame.

    guards: the kinds that locals are expected to have at the start. resolve gives the value of a builtin name or None.
    direct: what the function is translated for, if not for everybody. directs: by instruction, what calls it directly.
    """

    def __init__(
        self,
        shape: Shape,
        resolve: Callable[[str], Builtin | None],
        assumptions: Assumptions,
        guards: dict[int, int],
        misses: Misses,
        name: str,
        loop: int | None = None,
        struct_fields: frozenset[str] = frozenset(),
        values: dict[int, Any] | None = None,
        shape_of: Callable[[LinkedFunction], Shape | None] = lambda function: None,
        natural: set[int] | None = None,
        fields: FieldKinds | None = None,
        direct: Direct | None = None,
        directs: Mapping[int, Direct] = NO_DIRECTS,
    ) -> None:
        from harnpy.jit.operations import CONTROL, WRITERS  # which are written against this class

        self.control, self.writers = CONTROL, WRITERS
        self.shape = shape
        self.function = shape.function
        self.chunk = self.function.chunk
        self.children = self.function.children
        self.layout = shape.layout
        self.positions = shape.positions
        self.resolve = resolve
        self.assumed = assumptions
        self.found = Assumptions()
        self.guards = guards
        self.misses = misses
        self.name = name
        self.loop_start = loop
        self.struct_fields = struct_fields
        self.values = values or {}
        self.shape_of = shape_of
        # Locals that are expected to be ints that are not negative: of a loop, all that are at its start.
        self.naturals = {
            slot
            for slot, kind in guards.items()
            if kind == INT and (loop is not None or slot in (natural or ())) and self.values.get(slot, -1) >= 0
        }
        self.direct = direct
        self.directs = directs
        self.called: list[Direct] = []  # those that were of use
        if direct is not None:
            self.naturals.update(slot for slot, known in enumerate(direct.natural) if known)
        self.holders: set[str] = set()
        self.inlined: dict[int, tuple[str, int, frozenset[int]]] = {}  # locals of a callback that is written inline
        self.helpers: list[str] = []  # lines of functions beside this one
        self.sites: set[str] = set()
        # On this way, variables that hold the part at a path of a local, which nothing else but its container holds, and how
        # to read it; and
        # the locals that were set to another one, or a literal, since when neither has changed.
        self.parts: dict[tuple[str, ...], tuple[str, str]] = {}
        self.copies: dict[str, str] = {}
        self.released: set[str] = set()  # variables for parts that hold none
        self.sources: dict[int, frozenset[int]] = {}  # by local, those whose value it was given
        self.verified: Any = None  # what the store that is being written has found out about parts
        self.callees: dict[int, Closure] = {}  # locals that are known to hold this very closure
        self.fields = fields
        self.relied: dict[str, int] = {}  # the kinds of fields that the translation goes by
        self.fields_checked = -1  # how many calls had been written when `fields_changed` was looked at on this way
        # What reads a variable of a function that is declared further down, with the closure that it has held.
        self.late = {
            f"l{slot}.value": value.value
            for slot, value in self.values.items()
            if type(value) is Cell and type(value.value) is Closure and value.value.function is not None
        }
        self.out = Writer()
        self.stack: list[Operand] = []
        self.constants: dict[str, Any] = {}
        self.constant_names: dict[int, str] = {}
        self.open: list[Construct] = []
        self.facts: dict[str, int] = {}
        self.owned: set[int] = set()
        self.reachable = True
        self.dead = 0
        self.names = 0
        self.index = 0
        self.skip = -1
        self.skip_until = -1
        self.trampoline = False
        self.in_generator = False
        self.generator_start = 0  # the line at which the body of the Python generator begins
        self.generator_slots: list[int] = []
        self.in_finally = 0
        self.targets = shape.targets
        self.function_loop: Construct | None = None
        self.expression_cache: dict[int, bool] = {}
        self.bound: set[int] = set()

    # --- names and constants ------------------------------------------------------------------------------------------

    def fresh(self, prefix: str = "t") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: Any) -> str:
        """The name of a constant that cannot be written as a literal."""
        name = self.constant_names.get(id(value))
        if name is None:
            name = self.constant_names[id(value)] = f"k{len(self.constants)}"
            self.constants[name] = value
            if getattr(value, "__module__", None) == "math":
                self.out.quiet.add(name)
        return name

    def method_site(self) -> str:
        """The prefix of the names under which a call of a method finds what it has called last."""
        site = f"m{self.index}"
        self.sites.add(site)
        return site

    def operand(self, instruction: Instruction, place: int) -> Any:
        """The constant that operand number place (from 1) names."""
        value = self.chunk.constants[instruction[place]]
        return Duration(value[1]) if type(value) is tuple else value

    def text(self, instruction: Instruction, place: int) -> str:
        """The same, as the literal of a string."""
        return repr(self.operand(instruction, place))

    def known(self, operand: Operand) -> Any:
        """The value of an operand that is a named constant, or None."""
        return self.constants.get(operand.text) if operand.is_name else None

    # --- kinds ----------------------------------------------------------------------------------------------------------

    def kinds(self, operand: Operand) -> int:
        """The kinds that an operand may have, by what is known here."""
        if operand.is_name:
            return self.facts.get(operand.text, operand.kinds)
        return operand.kinds

    def learn(self, name: str, kinds: int) -> None:
        """From here on, on this way, name holds a value of one of these kinds."""
        self.facts[name] = kinds

    def sample(self, operand: Operand) -> int:
        """The kind that a local has had where the function, or loop, began; 0 if that is unknown."""
        slot = next(iter(operand.aliases)) if operand.is_name and len(operand.aliases) == 1 else -1
        return kind_of(self.values[slot]) if slot in self.values and operand.text == f"l{slot}" else 0

    @property
    def is_for_one_closure(self) -> bool:
        """Whether the function is guessed to be run for the closure that it was run for."""
        return (
            self.loop_start is None
            and self.values.get(-1) is not None
            and not self.misses.closures
            and not self.misses.all
            and self.chunk.name[:1] != "<"
        )

    def callee(self, operand: Operand) -> Closure | None:
        """The closure that an operand is known to be."""
        known = self.known(operand)
        if type(known) is Closure:
            return known
        if operand.text == "closure":
            if self.direct is not None:
                return self.direct.closure
            made: Closure | None = self.values.get(-1) if self.is_for_one_closure and self.shape.calls_itself else None
            return made
        if operand.is_name and operand.text[0] == "l" and operand.text[1:].isdigit():
            return self.callees.get(int(operand.text[1:]))
        return None

    def field_kinds(self, name: str, obj: Operand) -> int:
        """The kinds that a field of obj, which is about to be read, may hold if obj is a struct."""
        if self.fields is None or self.misses.all or self.in_finally:
            return ANY
        if not self.fields.matters(name, self.function.module):
            return ANY
        kinds = self.fields.kinds(name)
        if not kinds or kinds & BOOL:
            return ANY
        if self.fields_checked != self.out.calls:
            if self.in_expression:
                return ANY
            wrong = f"bad({self.index})"
            resume, _ = self.resume([obj])
            self.out.line(f"if fields_changed: {wrong}", resume, ((wrong, FIELDS_CHANGED),))
            self.fields_checked = self.out.calls
        self.relied[name] = kinds
        return kinds

    def want(self, operand: Operand) -> None:
        """A test of a parameter's kind at the start of the function would spare one of operand here."""
        for slot in operand.aliases:
            self.found.wanted.add(slot)
            self.found.wanted.update(self.sources.get(slot, NO_SLOTS))

    def want_natural(self, operand: Operand) -> None:
        """The same, of a test that a parameter is not negative."""
        self.want(operand)
        for slot in operand.aliases:
            self.found.natural.add(slot)
            self.found.natural.update(self.sources.get(slot, NO_SLOTS))

    @property
    def in_loop(self) -> bool:
        """Whether what is written here runs once a round."""
        return any(each.info.op in (Op.LOOP, Op.FOR) for each in self.open)

    def missed(self, *exceptions: str) -> bool:
        """Whether this instruction's guess was wrong before, by one of these exceptions (any, if none is named)."""
        if self.misses.all or self.in_finally:
            return True
        found = self.misses.places.get(self.index)
        if not found:
            return False
        return not exceptions or not found.isdisjoint(exceptions)

    # --- the stack --------------------------------------------------------------------------------------------------------

    def push(self, operand: Operand) -> None:
        self.stack.append(operand)

    def push_literal(self, text: str, kinds: int) -> None:
        self.stack.append(Operand(text, kinds, True, self.index))

    def push_constant(self, value: Any, kinds: int = OTHER) -> None:
        self.stack.append(Operand(self.constant(value), kinds, True, self.index))

    def push_expression(self, text: str, kinds: int, parts: list[Operand], guess: str = "") -> Operand:
        """Push an expression over parts, which are the operands it takes off the stack, in their order.

        guess is the part of the text that fails when a guess is wrong; empty when nothing can fail.
        """
        pc, prefix = start_of(parts)
        if pc is None:
            pc, prefix = self.index, tuple(each.text for each in parts)
        reads = NO_SLOTS
        operations: tuple[tuple[str, int], ...] = ()
        for part in parts:
            reads |= part.reads
            operations += part.operations
        if guess:
            operations += ((guess, self.index),)
        made = Operand(text, kinds, False, pc, reads, prefix, operations)
        self.stack.append(made)
        return made

    def push_result(self, name: str, kinds: int) -> None:
        """Push a temporary that cannot be made again."""
        self.facts[name] = kinds
        self.stack.append(Operand(name, kinds, True, None))

    def pop(self) -> Operand:
        return self.stack.pop()

    def take(self, count: int) -> list[Operand]:
        if not count:
            return []
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def spill(self) -> None:
        """Write out what is still pending on the stack, so that what is written next comes after it."""
        for position, operand in enumerate(self.stack):
            if not operand.is_name:
                self._spill_at(position, operand)

    def _spill_at(self, position: int, operand: Operand) -> None:
        name = self.fresh()
        below = tuple(each.text for each in self.stack[:position])
        assert operand.pc is not None
        self.escape(operand)
        self.out.line(f"{name} = {operand.text}", Resume(operand.pc, below + operand.prefix), operand.operations)
        self.facts[name] = operand.kinds
        self.stack[position] = self._temporary(name, operand)

    def _temporary(self, name: str, operand: Operand) -> Operand:
        """The operand that name holds from now on."""
        made = Operand(name, operand.kinds, True, None)
        made.natural = operand.natural
        made.part_of = operand.part_of
        for slot in operand.part_of:
            self.forget_parts(slot)  # the variable holds it, too
        if operand.kinds & (LIST | DICT | STRUCT):
            self.holders.add(name)
        return made

    def resume(self, consumed: list[Operand]) -> tuple[Resume | None, tuple[tuple[str, int], ...]]:
        """Where to go on if the line fails that evaluates consumed, which lay on top of the stack, in their order."""
        if self.in_finally:
            return None, ()
        everything = [*self.stack, *consumed]
        operations: tuple[tuple[str, int], ...] = ()
        for operand in consumed:
            operations += operand.operations
        for position, operand in enumerate(everything):
            # A guess about a callee is part of the line, not of the operand: start before it was made.
            if not operand.is_name or operand.callee_guess:
                assert operand.pc is not None
                below = tuple(each.text for each in everything[:position])
                return Resume(operand.pc, below + operand.prefix), operations
        return Resume(self.index, tuple(each.text for each in everything)), operations

    def emit(self, text: str, consumed: list[Operand] | None = None, guess: str = "") -> None:
        """Write a line that evaluates consumed operands."""
        self.spill()
        resume, operations = self.resume(consumed or [])
        if guess:
            operations += ((guess, self.index),)
        self.out.line(text, resume, operations)

    def open_suite(self, head: str, consumed: list[Operand] | None = None, guess: str = "") -> None:
        self.spill()
        resume, operations = self.resume(consumed or [])
        if guess:
            operations += ((guess, self.index),)
        self.out.open(head, resume, operations)

    def emit_result(self, text: str, consumed: list[Operand], kinds: int = ANY, guess: str = "") -> None:
        """Write a line that computes a value with effects, and push it."""
        name = self.fresh()
        self.emit(f"{name} = {text}", consumed, guess)
        self.push_result(name, kinds)

    def find_direct(self, closure: Closure, args: list[Operand]) -> Direct | None:
        """What to call closure by, with these arguments; asks for it if there is nothing yet."""
        function = closure.function
        if function is None or function.is_generator or function.has_rest or self.misses.all or self.in_finally:
            return None
        if len(args) != function.fixed_count or self.index in self.misses.results:
            return None
        kinds = tuple([self.kinds(each) for each in args])
        natural = tuple([each.natural for each in args])
        for found in (self.direct, self.directs.get(self.index)):
            if found is not None and found.closure is closure and found.takes(kinds, natural):
                return found
        self.found.asked[self.index] = Asked(closure, kinds, natural)
        return None

    def direct_kinds(self, direct: Direct) -> int:
        """The kinds of what a direct call gives."""
        if direct is self.direct:
            return self.assumed.results
        self.called.append(direct)
        return direct.promised or ANY

    def named(self, operand: Operand, below: list[Operand] | None = None) -> Operand:
        """operand as a variable, with the operands of below, taken off the stack before it, still pending under it."""
        if operand.is_name and not operand.is_literal:
            return operand
        self.spill()
        waiting = below or []
        for position, each in enumerate(waiting):
            if not each.is_name:
                waiting[position] = self._named_now(each, waiting[:position])
        return self._named_now(operand, waiting)

    def _named_now(self, operand: Operand, below: list[Operand]) -> Operand:
        name = self.fresh()
        self.escape(operand)
        resume, operations = self.resume([*below, operand])
        self.out.line(f"{name} = {operand.text}", resume, operations)
        self.facts[name] = self.kinds(operand)
        return self._temporary(name, operand)

    def names_of(self, operands: list[Operand]) -> list[Operand]:
        """The operands as names, evaluated in order."""
        result: list[Operand] = []
        for operand in operands:
            result.append(operand if operand.is_name else self.named(operand, list(result)))
        return result

    # --- locals -----------------------------------------------------------------------------------------------------------

    def load(self, slot: int) -> None:
        if slot in self.inlined:
            name, kinds, reads = self.inlined[slot]
            self.stack.append(Operand(name, kinds, True, self.index, reads))
            return
        kinds = self.assumed.kinds.get(slot, 0)
        operand = Operand(f"l{slot}", kinds, True, self.index, frozenset((slot,)))
        operand.aliases = operand.reads
        operand.natural = slot not in self.assumed.signed
        self.stack.append(operand)

    def keep_aside(self, slot: int) -> None:
        """A local is about to change: evaluate what still means its old value."""
        name = f"l{slot}"
        for position, operand in enumerate(self.stack):
            if slot in operand.reads:
                if operand.is_name:
                    kept = self.fresh()
                    self.out.line(f"{kept} = {name}")
                    self.facts[kept] = self.kinds(operand)
                    self.stack[position] = self._temporary(kept, operand)
                    self.escape(operand)
                else:
                    self.spill()
                    return self.keep_aside(slot)

    def note_store(self, slot: int, kinds: int, natural: bool = False) -> None:
        """A local gets a value of these kinds; natural: if it is an int, it is not negative."""
        if kinds & INT and not natural:
            self.found.signed.add(slot)
        self.found.kinds[slot] = self.found.kinds.get(slot, 0) | kinds
        self.facts[f"l{slot}"] = kinds
        self.bound.add(slot)
        self.forget_values(slot)

    def store(self, slot: int, value: Operand, fresh: bool = False) -> None:
        """Assign a local. fresh: nobody else has the value."""
        self.keep_aside(slot)
        kinds = self.kinds(value)
        if value.aliases:
            self.sources[slot] = self.sources.get(slot, NO_SLOTS) | value.aliases
        self.escape(value)
        self.emit(f"l{slot} = {value.text}", [value])
        if value.items is not None and value.is_name:
            self.out.line(f"{value.text} = None")  # which would look like another holder
        self.note_store(slot, kinds, value.natural)
        if value.is_name and value.text[0] != "t" and kinds & ~(LIST | DICT | STRUCT) == kinds:
            self.copies[f"l{slot}"] = self.copies.get(value.text, value.text)
        self._guess_kind(slot, kinds)
        self.note_owner(slot, fresh and bool(kinds & (LIST | DICT | STRUCT)) and value.items is not None)

    def _guess_kind(self, slot: int, kinds: int) -> None:
        """A local has got a value of unknown kind: if a loop inside this one reads it, guess that it is what it was."""
        sample = kind_of(self.values[slot]) if slot in self.values else 0
        if not sample & SCALAR or kinds == sample or not kinds & sample or self.missed() or self.in_expression:
            return
        if not self.shape.is_read_deeper(self.index, slot):
            return
        wrong = f"bad({self.index})"
        self.spill()
        resume = Resume(self.index + 1, tuple(each.text for each in self.stack))
        self.out.line(f"if type(l{slot}) is not {TYPE_NAME[sample]}: {wrong}", resume, ((wrong, self.index),))
        self.learn(f"l{slot}", sample)

    def note_owner(self, slot: int, alone: bool) -> None:
        """Whether a local that was just assigned is the only one to hold its value."""
        if alone:
            self.owned.add(slot)
        else:
            self.owned.discard(slot)
        if slot in self.assumed.flagged:
            self.out.line(f"o{slot} = {alone}")

    def escape(self, operand: Operand) -> None:
        """The value of an operand is given to somebody who may keep it."""
        for slot in operand.aliases:
            self.escape_slot(slot)
        for slot in operand.part_of:
            self.forget_parts(slot)

    def forget_parts(self, slot: int) -> None:
        """A part of a local is held by others, or is another one now."""
        name = f"l{slot}"
        if self.parts:
            self.parts = {path: part for path, part in self.parts.items() if path[0] != name}

    def share_parts(self, operand: Operand) -> None:
        """The elements of an operand are given to somebody else."""
        for slot in operand.aliases | operand.part_of:
            self.forget_parts(slot)

    def forget_values(self, slot: int) -> None:
        """A local is assigned: what was known by its value is known no more."""
        name = f"l{slot}"
        if self.parts:
            self.parts = {path: part for path, part in self.parts.items() if name not in path}
        if self.copies:
            self.copies = {each: other for each, other in self.copies.items() if name not in (each, other)}

    def forget_path(self) -> None:
        """Here several ways meet, or part."""
        self.parts = {}
        self.copies = {}
        self.released = set()

    def part_name(self, taken: set[str]) -> str:
        """A variable for a part, which is not in use for another one."""
        live = {name for name, _ in self.parts.values()} | taken
        number = 1
        while f"p{number}" in live:
            number += 1
        self.found.part_names.add(f"p{number}")
        return f"p{number}"

    def release_parts(self, taken: set[str]) -> list[str]:
        """The variables that may hold parts of no use, which would look like other holders of them."""
        live = {name for name, _ in self.parts.values()} | taken
        stale = (self.assumed.part_names | self.found.part_names) - live - self.released
        self.released |= stale
        self.released -= taken
        return sorted(stale)

    def path_key(self, operand: Operand) -> str:
        """How a key is named in a path: the same for locals that are copies of one."""
        return self.copies.get(operand.text, operand.text)

    def escape_slot(self, slot: int) -> None:
        self.forget_parts(slot)
        kinds = self.facts.get(f"l{slot}", self.assumed.kinds.get(slot, 0))
        if not kinds & (LIST | DICT | STRUCT):
            return
        self.found.escapes.setdefault(slot, set()).add(self.index)
        self.owned.discard(slot)
        if slot in self.assumed.flagged:
            self.out.line(f"o{slot} = False")

    def is_owned(self, slot: int) -> bool:
        return slot in self.owned and not self.misses.all

    # --- the whole ----------------------------------------------------------------------------------------------------------

    def run(self) -> Translation:
        if self.loop_start is not None:
            self._loop_unit(self.loop_start)
        else:
            self._function()
        constants = self.constants
        for site in sorted(self.sites):
            constants = {**constants, f"{site}_type": None, f"{site}_method": None, f"{site}_entry": None}
        self._write_helpers()
        translation = Translation(self.name, self.out, constants, self.trampoline, self.relied)
        translation.directs = self.called
        translation.results = self.found.results
        return translation

    def _write_helpers(self) -> None:
        self.out.position = STANDS_IN
        for line in self.helpers:
            self.out.line(line)

    def _function(self) -> None:
        chunk, out = self.chunk, self.out
        if self.positions:
            out.position = self.positions[0]
        missing = self.shape.missing
        parameters = ""
        for slot in range(len(chunk.parameters)):
            is_rest = chunk.has_rest and slot == len(chunk.parameters) - 1
            parameters += f", l{slot}" + ("" if is_rest else "=MISSING" if slot in missing else "=None")
            if is_rest:
                parameters = parameters.replace("=MISSING", "").replace("=None", "")
        direct = self.direct
        if direct is not None:
            names = [f"l{slot}" for slot in range(len(chunk.parameters))]
            if direct.ends_in_calls:
                names.append("room")
            out.open(f"def {self.name}({', '.join(names)}):")
            out.open("try:")
            out.line("fiber = current")
            closure = out.line(f"closure = {self.constant(direct.closure)}")
        else:
            out.open(f"def {self.name}(fiber, closure{parameters}):")
            out.open("try:")
        # What happens here is the caller's affair, as in the interpreter, which looks before it calls.
        position, out.position = out.position, STANDS_IN
        out.line(CHECK)
        out.position = position
        for slot in range(len(chunk.parameters)):
            kinds = ANY if direct is None else direct.kinds[slot]
            self.found.kinds[slot] = self.guards.get(slot, kinds)
            if direct is not None:
                self.facts[f"l{slot}"] = kinds
            if slot not in self.naturals:
                self.found.signed.add(slot)
            self.bound.add(slot)
        if direct is not None:
            captured = self._constant_captures(direct)
        else:
            captured = self._captures()
            if self.callees or (self.shape.calls_itself and self.is_for_one_closure):
                test = f"if closure is not {self.constant(self.values[-1])}: bad(1)"
                out.line(test, Resume(0, ()), (("bad(1)", SAME_CLOSURE),))
        self._test_guards(Resume(0, ()))
        if self.shape.calls_itself_last:
            for slot in self.assumed.flagged:
                out.line(f"o{slot} = False")
            out.open("while True:")
            info = BlockInfo(Op.LOOP, -1, 0, 0)
            self.function_loop = self._construct(info, "", is_loop=True)
            self.open.append(self.function_loop)
            self.facts = {}
            stored = {slot for slots in self.shape.stored for slot in slots}
            for index, capture in enumerate(chunk.captures):
                if capture.target in stored:
                    out.line(f"l{capture.target} = closure.captures[{index}]")  # as every call finds it
                    if capture.target in self.assumed.flagged:
                        out.line(f"o{capture.target} = False")
        for slot in self.shape.read_early:
            out.line(f"l{slot} = UNSET")
            self.note_store(slot, OTHER)
        if self.function_loop is None:
            for slot in self.assumed.flagged:
                out.line(f"o{slot} = False")
        if self.shape.has_defers:
            out.line("defers = []")
        self._instructions(0, len(self.layout.instructions))
        while self.open:
            self.open.pop()
            out.close()
        if self.in_generator:
            exits.end_generator(self)
        if direct is None:
            self._drop_unused(captured)
            self._recover("return recover(fiber, closure, error, locals(), unit)")
        else:
            captured = [line for line in captured if line.text]
            lines = [line for line in out.lines if line is not closure and line not in captured]
            text = "\n".join([line.text for line in lines])
            for line in [closure, *captured]:
                if not mentions(text, line.text[: line.text.index(" ")]):
                    line.text = ""
            exits.drop_fiber(self, 0)
            self._recover("return recover_direct(error, locals(), unit)")
        out.close()

    def _captures(self) -> list[Line]:
        """Write what gives the captured values their locals; the lines."""
        chunk, out = self.chunk, self.out
        if not chunk.captures:
            return []
        written = [out.line("c = closure.captures")]
        for index, capture in enumerate(chunk.captures):
            written.append(out.line(f"l{capture.target} = c[{index}]"))
            self.note_store(capture.target, self.guards.get(capture.target, ANY), capture.target in self.naturals)
        stored = {slot for slots in self.shape.stored for slot in slots}
        if self.is_for_one_closure:
            for capture in chunk.captures:
                value = self.values.get(capture.target)
                if type(value) is Closure and value.function is not None and capture.target not in stored:
                    self.callees[capture.target] = value
        return written

    def _constant_captures(self, direct: Direct) -> list[Line]:
        """The same, for a closure that is known."""
        written = []
        stored = {slot for slots in self.shape.stored for slot in slots}
        for capture, value in zip(self.chunk.captures, direct.closure.captures):
            target = capture.target
            simple = (type(value) is int and -SMALL < value < SMALL) or (type(value) is str and len(value) < 1000)
            text = repr(value) if simple or value is None or type(value) is bool else self.constant(value)
            written.append(self.out.line(f"l{target} = {text}"))
            self.note_store(target, kind_of(value), type(value) is int and value >= 0)
            if target not in stored:
                if type(value) is Closure and value.function is not None:
                    self.callees[target] = value
        return written

    def _drop_unused(self, captured: list[Line]) -> None:
        """Remove lines that give captured values to locals which nobody reads; recovery finds those values itself."""
        if not captured:
            return
        written = {id(line) for line in captured}
        text = "\n".join([line.text for line in self.out.lines if id(line) not in written])
        unused = [line for line in captured[1:] if not mentions(text, line.text[: line.text.index(" ")])]
        for line in unused:
            line.text = ""
        if len(unused) == len(captured) - 1:
            captured[0].text = ""

    def _loop_unit(self, start: int) -> None:
        """The loop at start as a function over the slots of a frame that is about to begin another round."""
        out = self.out
        out.position = self.positions[start]
        info = self.layout.blocks[start]
        used = self.shape.mentioned(start, info.end)
        self.guards = {slot: kinds for slot, kinds in self.guards.items() if slot in used}
        out.open(f"def {self.name}(fiber, closure, slots):")
        out.open("try:")
        for slot in used:
            out.line(f"l{slot} = slots[{slot}]")
            self.found.kinds[slot] = self.guards.get(slot, ANY)
            if slot not in self.naturals:
                self.found.signed.add(slot)
            self.bound.add(slot)
        if used:
            # The frame lets go of what the loop works on: changing it in place needs the only reference.
            out.line(" = ".join(f"slots[{slot}]" for slot in used) + " = None")
        for slot in self.assumed.flagged:
            out.line(f"o{slot} = False")
        resume = Resume(start, (), head=info.op is Op.FOR)
        self._test_guards(resume)
        self.index = start
        if not self.misses.closures and not self.misses.all:
            stored = self.shape.stored_in(info)
            for slot in used:
                value = self.values.get(slot)
                if type(value) is Closure and value.function is not None and slot not in stored:
                    self.callees[slot] = value
                    test = f"if l{slot} is not {self.constant(value)}: bad(1)"
                    out.line(test, resume, (("bad(1)", SAME_CLOSURE),))
        if info.op is Op.FOR:
            construct = self._enter(start, result=False, is_loop=True)
            if blocks.takes_pairs_apart(self, start, info.slot):
                blocks.open_for_halves(self, construct, start)
            elif self.guards.get(info.slot) == COUNTER:
                # The numbers that are still to come are larger than the one that the loop's variable has now.
                following = self.layout.instructions[start + 1]
                natural = following[0] == Op.STORE and following[1] in self.naturals
                rounds = blocks.open_for(self, construct, f"l{info.slot}", INT, start, natural)
                rounds.is_over_range = True
            else:
                stepper = "paused_stepper" if self.chunk.is_generator else "stepper"
                blocks.open_for(self, construct, f"{stepper}(fiber, l{info.slot})", ANY, start)
        else:
            construct = self._enter(start, result=False, is_loop=True)
            self._begin_loop(construct)
            out.open("while True:")
            checks.begin(self, construct)
        self._instructions(start + 1, info.end + 1)
        if self.reachable:
            out.line(f"return leave(slots, locals(), {info.end + 1}, ())")
        self._recover("return recover_loop(fiber, error, locals(), slots, unit)")
        with out.suite("except BaseException:"):
            out.line("keep(slots, locals())")
            out.line("raise")
        out.close()

    def _recover(self, text: str) -> None:
        out = self.out
        out.close()
        position, out.position = out.position, STANDS_IN
        with out.suite("except GUESSED as error:"):
            out.line(text)
        out.position = position

    def _test_guards(self, resume: Resume) -> None:
        for slot, kinds in self.guards.items():
            positive = f" or l{slot} < 0" if slot in self.naturals else ""
            test = f"if type(l{slot}) is not {TYPE_NAME[kinds]}{positive}: bad(0)"
            self.out.line(test, resume, (("bad(0)", -1 - slot),))
            self.facts[f"l{slot}"] = kinds

    def _instructions(self, start: int, end: int) -> None:
        instructions = self.layout.instructions
        for index in range(start, end):
            if index == self.skip or index < self.skip_until:
                continue
            self.out.position = self.positions[index]
            self.index = index
            self.step(index, instructions[index])

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
        if self.open:
            checks.weigh(self, op, instruction)
        control = self.control.get(op)
        if control is not None:
            control(self, index, instruction)
        else:
            self.writers[op](self, instruction)

    # --- blocks ---------------------------------------------------------------------------------------------------------------

    def _construct(self, info: BlockInfo, result: str, is_loop: bool) -> Construct:
        self.forget_path()
        return Construct(info, result, len(self.stack), is_loop, dict(self.facts), set(self.owned), self.fields_checked)

    def _enter(self, index: int, *, result: bool, is_loop: bool = False) -> Construct:
        construct = self._construct(self.layout.blocks[index], self.fresh("r") if result else "", is_loop)
        if is_loop:
            construct.flag = f"g{index}"
        self.open.append(construct)
        return construct

    def restore(self, construct: Construct) -> None:
        """What is known behind a block, or in its other part: what was known before, but for what it may change."""
        stored = self.shape.stored_in(construct.info)
        facts = {}
        for name, kinds in construct.facts.items():
            if name[0] == "l" and int(name[1:]) in stored:
                continue
            facts[name] = kinds
        # Temporaries on the stack keep their kinds.
        for operand in self.stack:
            if operand.is_name and operand.text in self.facts and operand.text[0] in "tr":
                facts.setdefault(operand.text, self.facts[operand.text])
        self.facts = facts
        self.fields_checked = construct.fields_checked
        self.forget_path()
        self.owned = {
            slot for slot in construct.owned if slot not in stored and not self.escapes_in(slot, construct.info)
        }

    def escapes_in(self, slot: int, info: BlockInfo) -> bool:
        """Whether the value of a local is given to somebody else in a block."""
        places = self.assumed.escapes.get(slot, ())
        return any(info.start <= place <= info.end for place in places)

    def _begin_loop(self, construct: Construct) -> None:
        """Before a loop: forget what its rounds may change."""
        info = construct.info
        stored = self.shape.stored_in(info)
        in_place = self.shape.changed_in_place(info)
        self.facts = {
            name: kinds
            for name, kinds in self.facts.items()
            if name[0] != "l" or int(name[1:]) not in stored or int(name[1:]) in in_place
        }
        self.owned = {
            slot for slot in self.owned if (slot not in stored or slot in in_place) and not self.escapes_in(slot, info)
        }
        self.forget_path()
        # Other code may run in rounds before, and between rounds.
        self.fields_checked = construct.fields_checked = -1
        construct.facts = dict(self.facts)
        construct.owned = set(self.owned)
        construct.flag_line = self.out.line(f"{construct.flag} = 0")

    def before_block(self, index: int) -> None:
        """Before a block: write out what is pending, and copy what the block may change but the stack still needs."""
        self.spill()
        for slot in self.shape.stored_in(self.layout.blocks[index]):
            self.keep_aside(slot)

    def settle(self, construct: Construct) -> None:
        """The normal end of a branch of a construct: its value goes into the result."""
        if self.reachable:
            construct.reached = True
            if construct.result:
                value = self.pop()
                self.escape(value)
                construct.kinds |= self.kinds(value)
                self.emit(f"{construct.result} = {value.text}", [value])
            else:
                self.spill()

    def leave(self, construct: Construct, reachable: bool) -> None:
        """Behind a construct: the stack as below it, and its result."""
        del self.stack[construct.height :]
        self.restore(construct)
        if construct.result:
            self.push_result(construct.result, construct.kinds)
        self.reachable = reachable

    # --- conditions -----------------------------------------------------------------------------------------------------------

    def is_expression(self, start: int, end: int) -> bool:
        """Whether the instructions from start to end can be written as one expression."""
        known = self.expression_cache.get(start)
        if known is None:
            known = not self.misses.all and not self.in_finally and self._only_expressions(start, end)
            self.expression_cache[start] = known
        return known

    def _only_expressions(self, start: int, end: int) -> bool:
        instructions = self.layout.instructions
        for index in range(start, end):
            op = instructions[index][0]
            if op == Op.IF and not instructions[index][1]:
                return False
            if op in _EXPRESSIONS and not self.misses.places.get(index):
                continue
            if op == Op.BUILTIN and instructions[index + 1][0] == Op.CALL:
                # The only builtin that is written as an expression.
                if instructions[index + 1][1] == 1 and self.chunk.constants[instructions[index][1]] == "len":
                    continue
                return False
            if op == Op.CALL and index > start and instructions[index - 1][0] == Op.BUILTIN:
                continue
            return False
        return True

    # --- errors -----------------------------------------------------------------------------------------------------------------

    def as_bool(self, operand: Operand) -> str:
        """operand's truth as a Python bool."""
        return operand.code if self.kinds(operand) == BOOL else f"(not not {operand.code})"

    @property
    def in_expression(self) -> bool:
        """Whether what is written must not need a line of its own."""
        return any(each.expression is not None for each in self.open)

    def exit_unit(self, extra: list[str]) -> None:
        """Leave a translated loop for the interpreter, which goes on with this instruction."""
        if self.in_finally:
            raise Untranslatable("a way out of a finally body")
        self.spill()
        for construct in self.open:
            if construct.info.op is Op.TRY_FINALLY:
                self.out.line(f"s{construct.info.start} = False")  # the interpreter runs the finally body
        stack = "".join(f"{text}, " for text in [*(each.text for each in self.stack), *extra])
        self.out.line(f"return leave(slots, locals(), {self.index}, ({stack}))")

    def again(self) -> None:
        """Go back to the start of the function (a tail call of itself)."""
        assert self.function_loop is not None
        self.out.line(CHECK)
        self.out.line("continue")

    # --- functions ------------------------------------------------------------------------------------------------------------

    def closure_text(self, child: LinkedFunction) -> str:
        """An expression that makes a closure of child."""
        return f"Closure({self.constant(child)}, {self.captures_text(child)}, module)"

    def captures_text(self, child: LinkedFunction) -> str:
        """The tuple of what child captures here."""
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
                self.escape_slot(source)
        return f"({', '.join(parts)},)" if parts else "()"


# What can be part of an expression: pure, and without a suite of its own.
_EXPRESSIONS = frozenset(
    {
        Op.NIL, Op.TRUE, Op.FALSE, Op.CONST, Op.LOAD, Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.NEGATE, Op.NOT,
        Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.GREATER, Op.LESS_EQUAL, Op.GREATER_EQUAL, Op.CONTAINS, Op.TO_BOOL,
        Op.INDEX, Op.PROP, Op.AND, Op.OR, Op.COALESCE, Op.END, Op.IF, Op.ELSE, Op.CONCAT,
    }
)  # fmt: skip

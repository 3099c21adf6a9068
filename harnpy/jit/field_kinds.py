"""The kinds of values that fields of structs hold, as far as translated code may rely on them.

Nothing that a program declares says what a field holds, but what has been stored so far does (see FieldTypes), together
with what translated code may store without saying so. Translations that go by it are out of use as soon as it changes.
The ones that are running then look at `fields_changed` before they read a field again, wherever other code can have run
since they looked last.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import unpack
from harnpy.bytecode.opcodes import Op
from harnpy.jit.kinds import ANY, BOOL, NIL, TYPE_NAME, kind_of_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.jit.recovery import Unit
    from harnpy.vm.field_types import FieldTypes
    from harnpy.vm.modules import ModuleInstance

# Operators that test the kinds of their operands, and how many instructions may lie between a field and its operator.
_OPERATORS = frozenset(
    {
        Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.MODULO, Op.NEGATE, Op.LESS, Op.GREATER, Op.LESS_EQUAL,
        Op.GREATER_EQUAL, Op.EQUAL, Op.NOT_EQUAL, Op.ADD_STORE,
    }
)  # fmt: skip
_OPERANDS = frozenset({Op.LOAD, Op.CONST, Op.PROP, Op.INDEX})
_DISTANCE = 6
# A value is tested for at most so many kinds before it is stored.
_MOST_KINDS = 2


class FieldKinds:
    """types is what the program stores where no translated code does; drop puts a translation out of use."""

    def __init__(self, types: FieldTypes, drop: Callable[[Unit], None]) -> None:
        self._types = types
        # What code calls that makes a struct, or stores into one: with its fields, or with the name and the value.
        self.note, self.note_one = types.note, types.note_one
        types.listener = self._changed
        self._drop = drop
        self._allowed: dict[str, int] = {}
        self._relying: dict[str, list[Unit]] = {}
        self._operands: set[str] = set()
        self._studied: dict[int, ModuleInstance] = {}

    def kinds(self, name: str) -> int:
        """The kinds that a field of that name may hold; 0 if none has ever held a value."""
        types = self._types.types_of(name)
        if types is None:
            return ANY
        kinds = self._allowed.get(name, 0)
        for each in types:
            kinds |= kind_of_type(each)
        return kinds

    def matters(self, name: str, module: ModuleInstance) -> bool:
        """Whether knowing the kinds of a field spares tests: operators in module, or one seen before, work on it."""
        if id(module) not in self._studied:
            self._studied[id(module)] = module
            self._study(module)
        return name in self._operands

    def allow(self, name: str, kinds: int) -> None:
        """Translated code is going to store values of these kinds without saying so."""
        if kinds & ~self.kinds(name):
            self._allowed[name] = self._allowed.get(name, 0) | kinds
            self._changed(name)

    def rely(self, unit: Unit, names: set[str]) -> None:
        """A translation goes by the kinds of these fields."""
        for name in names:
            self._relying.setdefault(name, []).append(unit)

    def _changed(self, name: str | None) -> None:
        """Fields of that name, or all, may hold other kinds of values from now on."""
        for each in [name] if name is not None else list(self._relying):
            for unit in self._relying.pop(each, ()):
                self._drop(unit)

    def _study(self, module: ModuleInstance) -> None:
        pending = [module.compiled.main]
        while pending:
            chunk = pending.pop()
            pending.extend(chunk.children)
            waiting: dict[int, str] = {}  # by place, the fields that have been read just now
            for place, instruction in enumerate(unpack(chunk.code)):
                if instruction[0] in _OPERATORS:
                    self._operands.update(name for at, name in waiting.items() if place - at <= _DISTANCE)
                elif instruction[0] == Op.PROP:
                    waiting[place] = chunk.constants[instruction[1]]
                elif instruction[0] not in _OPERANDS:
                    waiting.clear()


def test_of_kinds(name: str, kinds: int) -> str | None:
    """The test whether a variable's value is of one of these kinds; None if they are too many to test for."""
    if not kinds or kinds & BOOL or bin(kinds).count("1") > _MOST_KINDS:
        return None
    tests = [f"type({name}) is {text}" for kind, text in TYPE_NAME.items() if kind & kinds]
    if kinds & NIL:
        tests.append(f"{name} is None")
    return " or ".join(tests) if len(tests) == bin(kinds).count("1") else None

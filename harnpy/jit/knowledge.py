"""What the translation of a function goes by, and what it comes to."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.verifier import BlockInfo
from harnpy.jit.operands import Operand
from harnpy.jit.writer import Writer

if TYPE_CHECKING:
    from typing import Any


# The place of the guess that a function is run for the closure that it has been run for.
SAME_CLOSURE = -(10**9)
# The place of the guess that fields of structs hold what they did, in a translation that is out of use once they do not.
FIELDS_CHANGED = SAME_CLOSURE - 1
# The place of the guess that a value is of a kind that its field has held. The interpreter stores it and notes its kind.
FIELD_FITS = SAME_CLOSURE - 2


class Untranslatable(Exception):
    """The chunk has a form that no compiler output has; the interpreter runs it."""


class Assumptions:
    """What one pass of the translator takes for granted, and what it found: the next pass starts from that.

    kinds: by local, the kinds of all values it ever holds. escapes: the places where a local's list, dict or struct is
    given to somebody else. flagged: locals with a variable that says whether nobody else has their value, by the type
    for which they need it. wanted: parameters whose kind is worth testing at the start, natural those of which it is
    worth to know that they are not negative. signed: locals that may hold a negative int. part_names: the variables that hold parts of locals.
    """

    def __init__(self) -> None:
        self.kinds: dict[int, int] = {}
        self.escapes: dict[int, set[int]] = {}
        self.flagged: dict[int, str] = {}
        self.wanted: set[int] = set()
        self.natural: set[int] = set()
        self.signed: set[int] = set()
        self.part_names: set[str] = set()

    def covers(self, found: Assumptions) -> bool:
        """Whether a pass that started from this has found nothing new."""
        return (
            all(kinds | self.kinds.get(slot, 0) == self.kinds.get(slot, 0) for slot, kinds in found.kinds.items())
            and all(places <= self.escapes.get(slot, set()) for slot, places in found.escapes.items())
            and found.flagged.keys() <= self.flagged.keys()
            and found.signed <= self.signed
            and found.part_names <= self.part_names
        )

    def merge(self, found: Assumptions) -> None:
        for slot, kinds in found.kinds.items():
            self.kinds[slot] = self.kinds.get(slot, 0) | kinds
        for slot, places in found.escapes.items():
            self.escapes.setdefault(slot, set()).update(places)
        self.flagged = {**found.flagged, **self.flagged}
        self.signed |= found.signed
        self.part_names |= found.part_names


class Misses:
    """The guesses in a function that have been wrong: by instruction, the exceptions that said so.

    all: do not guess at all any more. guards: locals whose kind at the start was not what it had been before. closures:
    the function, or loop, has been run for another closure, or with another callee in a local, than before.
    """

    def __init__(self) -> None:
        self.places: dict[int, set[str]] = {}
        self.guards: set[int] = set()
        self.closures = False
        self.count = 0
        self.all = False


class Construct:
    """An open block: its result name, whether it is a Python loop, whether the place behind it is reached."""

    def __init__(
        self,
        info: BlockInfo,
        result: str,
        height: int,
        is_loop: bool,
        facts: dict[str, int],
        owned: set[int],
        fields_checked: int,
    ):
        self.info = info
        self.result = result
        self.height = height
        self.is_loop = is_loop
        self.flag = ""
        self.flag_line: Any = None
        self.reached = False
        self.suites = 1
        self.merged_with: Construct | None = None
        self.kinds = 0
        self.facts = facts
        self.owned = owned
        self.fields_checked = fields_checked
        self.flag_used = False
        self.expression: Operand | None = None  # the condition, when the whole block becomes one expression
        self.other: Operand | None = None


class Translation:
    """source defines a function called name; constants are the values of the names k0, k1, ... in it.

    relied: the kinds of the fields of structs that it goes by.
    """

    def __init__(
        self, name: str, writer: Writer, constants: dict[str, Any], trampoline: bool, relied: dict[str, int]
    ) -> None:
        self.name = name
        self.lines = [line for line in writer.lines if line.text]
        self.source = "\n".join(["    " * line.indent + line.text for line in self.lines]) + "\n"
        self.constants = constants
        self.positions = [line.position for line in self.lines]
        self.trampoline = trampoline
        self.relied = relied

"""Operands: what lies on the operand stack while a function is translated, as Python expressions.

An expression that is not yet written anywhere is pure: evaluating it again gives the same and changes nothing. Where it
fails (a guess was wrong), the interpreter starts again at the instruction that began it.
"""

from __future__ import annotations

NO_SLOTS: frozenset[int] = frozenset()
# Ints up to this size are written as they are.
SMALL = 2**53


class Operand:
    """text is a Python expression, without parentheses around it; kinds the kinds its value may have.

    is_name: a variable or literal, which costs nothing to evaluate. pc is the instruction from which it can be made
    again, with prefix on the stack by then; None if it cannot (the result of a call). reads are the locals in it, aliases
    those whose very value it may be, part_of those whose list, dict or struct it may be an element of; operations its guesses, see writer.Line. items are the elements of a list that is
    written out, range is set for a range that a loop walks, and says whether it starts at 0 or above; count how many items such
    a range has at most, if that is known, bound a variable that is about as large. callee_guess: that it can be called is a guess yet to be proved. natural: if
    it is an int, then one that is not negative.
    """

    __slots__ = (
        "aliases",
        "bound",
        "callee_guess",
        "count",
        "is_name",
        "items",
        "kinds",
        "natural",
        "operations",
        "part_of",
        "pc",
        "prefix",
        "range",
        "reads",
        "text",
    )

    def __init__(
        self,
        text: str,
        kinds: int,
        is_name: bool,
        pc: int | None,
        reads: frozenset[int] = NO_SLOTS,
        prefix: tuple[str, ...] = (),
        operations: tuple[tuple[str, int], ...] = (),
    ) -> None:
        self.text = text
        self.kinds = kinds
        self.is_name = is_name
        self.pc = pc
        self.reads = reads
        self.prefix = prefix
        self.operations = operations
        self.items: list[Operand] | None = None
        self.range: bool | None = None
        self.count: int | None = None
        self.bound = ""
        self.callee_guess = False
        self.aliases: frozenset[int] = NO_SLOTS
        self.part_of: frozenset[int] = NO_SLOTS
        self.natural = is_name and text.isdigit()

    @property
    def code(self) -> str:
        """The text as a part of a larger expression."""
        return self.text if self.is_name else f"({self.text})"

    @property
    def is_literal(self) -> bool:
        """Whether the text is a constant, not a variable."""
        return (self.is_name and not self.text.isidentifier()) or self.text in ("None", "True", "False")

    @property
    def small_int(self) -> int | None:
        """The number, if this is a literal int."""
        return int(self.text) if self.is_name and self.text.lstrip("-").isdigit() else None


def start_of(operands: list[Operand]) -> tuple[int | None, tuple[str, ...]]:
    """Where an expression over operands can begin again: an instruction, and what is on the stack by then."""
    last = len(operands)
    while last and operands[last - 1].pc is not None:
        last -= 1
        if operands[last].prefix:
            break  # what is on the stack by then cannot be made again
    if last == len(operands):
        return None, ()
    first = operands[last]
    return first.pc, (*(each.text for each in operands[:last]), *first.prefix)

"""Where translated code looks whether its fiber is asked for attention.

In general at the start of every function and every round, as the interpreter does. Rounds of a few cheap instructions share
one look: those of a `for` over a range are done in strips, with a look before each, and those of other loops are written
out several times in a row. Where to go on after a wrong guess stays with the lines, so it is right in every copy.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.opcodes import Op
from harnpy.jit.kinds import BOOL, CLOSURE, COUNTER, NIL, NUMBER, RANGE, SCALAR, STR
from harnpy.jit.writer import Line
from harnpy.vm.values import Builtin

if TYPE_CHECKING:
    from harnpy.bytecode.chunk import Instruction
    from harnpy.jit.knowledge import Construct
    from harnpy.jit.translator import Translator

CHECK = "if pending: attend(fiber)"

# Instructions between two looks of a loop in strips: some tens of microseconds, or a few hundred.
STRIP = 8192
# Rounds of the longest and shortest strips that are worth it.
MOST_ROUNDS = 4096
FEWEST_ROUNDS = 128
# How often the lines of a round are written out in a row, and how many they may be.
_COPIES = 4
_MOST_LINES = 8

# What takes the same short time for whatever values.
_LIGHT = frozenset(
    {
        Op.NIL, Op.TRUE, Op.FALSE, Op.CONST, Op.LOAD, Op.STORE, Op.CLEAR, Op.LOAD_CHECKED, Op.NEW_CELL, Op.LOAD_CELL,
        Op.STORE_CELL, Op.SELF, Op.LOAD_MODULE, Op.STORE_MODULE, Op.BUILTIN, Op.POP, Op.DUP, Op.SUBTRACT, Op.DIVIDE,
        Op.MODULO, Op.NEGATE, Op.NOT, Op.TO_BOOL, Op.RANGE, Op.LIST, Op.INDEX, Op.PROP, Op.PROP_OPTIONAL, Op.RETURN,
        Op.BLOCK, Op.IF, Op.ELSE, Op.END, Op.BR, Op.BR_UNLESS, Op.AND, Op.OR, Op.COALESCE, Op.DICT_ITEM, Op.LIST_ITEM,
        Op.MATCH_ENUM, Op.ENUM_FIELD, Op.IS_DICT, Op.IS_LIST, Op.CHECK_DICT, Op.CHECK_LIST,
    }
)  # fmt: skip
_COMPARISONS = frozenset({Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.GREATER, Op.LESS_EQUAL, Op.GREATER_EQUAL})
_LIGHT_BUILTINS = frozenset({"len", "abs", "floor", "ceil", "sqrt"})
# The kinds whose values are of one size, nearly: ints grow, but too slowly to matter.
_SMALL = NUMBER | BOOL | NIL | RANGE | CLOSURE | COUNTER


class Rounds:
    """The rounds of a loop that is being written.

    head: the number of the line that begins the loop. check: the line in it that looks. light: whether all instructions so
    far take the same short time for whatever values. iterator: for a loop over a range, the line that makes its iterator,
    or None where there is one already. count: how many rounds there are at most, if that is known; bound: a variable that is
    about as large, or "".
    """

    __slots__ = ("bound", "check", "count", "head", "is_over_range", "iterator", "light")

    def __init__(self, head: int, check: Line) -> None:
        self.head = head
        self.check = check
        self.light = True
        self.is_over_range = False
        self.iterator: Line | None = None
        self.count: int | None = None
        self.bound = ""


def begin(t: Translator, construct: Construct) -> Rounds:
    """Write the look of a loop whose head has just been written."""
    head = len(t.out.lines) - 1
    position, t.out.position = t.out.position, t.positions[construct.info.end]
    rounds = construct.rounds = Rounds(head, t.out.line(CHECK))
    t.out.position = position
    return rounds


def weigh(t: Translator, op: Op, instruction: Instruction) -> None:
    """Note what an instruction that is about to be written means for the rounds that it is a part of."""
    if op in _LIGHT or _is_light(t, op, instruction):
        return
    for construct in t.open:
        if construct.rounds is not None:
            construct.rounds.light = False


def _is_light(t: Translator, op: Op, instruction: Instruction) -> bool:
    """Whether an instruction takes a short time with these operands."""
    if op is Op.ADD:
        return any(not t.kinds(each) & ~_SMALL for each in t.stack[-2:])
    if op in _COMPARISONS:
        a, b = (t.kinds(each) for each in t.stack[-2:])
        guessed = op not in (Op.EQUAL, Op.NOT_EQUAL) and a & b & SCALAR and not t.missed()
        return bool(guessed) or not a & ~(_SMALL | STR) or not b & ~(_SMALL | STR)
    if op is Op.MULTIPLY:
        return not t.missed() and not any(t.kinds(each) == STR for each in t.stack[-2:])
    if op is Op.CALL:
        builtin = t.known(t.stack[-1])
        return isinstance(builtin, Builtin) and builtin.name in _LIGHT_BUILTINS
    if op is Op.ADD_STORE:
        top = t.stack[-1]
        return not t.kinds(top) & ~_SMALL or (top.items is not None and _stays_own(t, instruction))
    if op is Op.STORE_PATH:
        return len(t.operand(instruction, 3)) == 1 and _stays_own(t, instruction)
    if op is Op.METHOD_STORE:
        return t.operand(instruction, 3) == "push" and _stays_own(t, instruction)
    return False


def _stays_own(t: Translator, instruction: Instruction) -> bool:
    """Whether a store into a local copies its value at most once in all rounds: they give it to nobody else."""
    if instruction[1] != 0:
        return False
    return not any(each.rounds and t.escapes_in(instruction[2], each.info) for each in t.open)


def end(t: Translator, construct: Construct) -> None:
    """At the end of the lines of a round, or behind the loop if it is one over a range: thin out its looks."""
    rounds = construct.rounds
    if rounds is None or not rounds.light or t.misses.all or t.in_finally:
        return
    if construct.info.op is Op.LOOP:
        _repeat(t, rounds)
    elif rounds.is_over_range:
        size = construct.info.end - construct.info.start
        strip = min(MOST_ROUNDS, STRIP // size)
        if rounds.count is not None and rounds.count <= strip:
            _look_before(t, rounds)
        elif strip >= FEWEST_ROUNDS and not t.misses.places.get(construct.info.start):
            _strip(t, construct, rounds, strip)


def _repeat(t: Translator, rounds: Rounds) -> None:
    """Write the lines of a round out several times."""
    lines = [line for line in t.out.lines[rounds.head + 2 :] if line.text]
    if t.reachable and len(lines) <= _MOST_LINES:
        for _ in range(_COPIES - 1):
            t.out.lines.extend([line.copy() for line in lines])


def _take_check(t: Translator, rounds: Rounds) -> Line:
    """Take the look out of the rounds; it, to be written elsewhere."""
    check = rounds.check.copy()
    check.indent = t.out.lines[rounds.head].indent
    alone = not any(line.text for line in t.out.lines[rounds.head + 2 :])
    rounds.check.text = "pass" if alone else ""
    return check


def _look_before(t: Translator, rounds: Rounds) -> None:
    """Look once, before the first of a few rounds."""
    t.out.lines.insert(rounds.head, _take_check(t, rounds))


def _strip(t: Translator, construct: Construct, rounds: Rounds, strip: int) -> None:
    """Do the rounds over a range in strips: `w1` tells of the iterator `l1` of a strip what comes behind it."""
    out, start, slot = t.out, construct.info.start, construct.info.slot
    items, strips = f"l{slot}", f"w{slot}"
    check = _take_check(t, rounds)
    position, out.position = out.position, t.positions[start]
    depth = check.indent
    before = [
        Line(depth, f"{strips} = Strips(range_of({items}), {strip})", out.position, None, ()),
        Line(depth, f"{items} = next({strips})", out.position, None, ()),
    ]
    made = rounds.iterator
    if made is not None:
        # What cannot be stepped in strips, because its numbers are too large, is a wrong guess.
        wrong = f"bad({start})"
        test = f"if type({items}) is not range_iterator: {wrong}"
        before.insert(0, Line(depth, test, out.position, made.resume, ((wrong, start),)))
        for line in before:
            line.indent += 1
        long = f"if {rounds.bound or items + '.__length_hint__()'} > {strip}:"
        before[:0] = [
            Line(depth, f"{strips} = None", out.position, None, ()),
            Line(depth, long, out.position, None, ()),
        ]
    out.lines[rounds.head : rounds.head] = before
    with out.around(rounds.head + len(before), "while True:"):
        check.indent += 1
        out.lines.insert(rounds.head + len(before) + 1, check)
        with out.suite("else:"), out.suite(f"if {strips} is not None and {strips}.rest:"):
            out.line(f"{items} = next({strips})")
            out.line("continue")
        out.line("break")
    out.position = position

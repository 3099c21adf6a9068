"""Blocks, loops and branches in translated code: Python's own statements; a branch over several loops sets a flag."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.verifier import BlockInfo
from harnpy.jit import checks
from harnpy.jit.conditions import end_expression
from harnpy.jit.kinds import (
    ANY,
    INT,
    LIST,
    OTHER,
    RANGE,
)
from harnpy.jit.knowledge import Construct, Untranslatable
from harnpy.jit.writer import Resume
from harnpy.vm.values import Iter

if TYPE_CHECKING:
    from harnpy.jit.checks import Rounds
    from harnpy.jit.translator import Translator


# How a loop over pairs begins that takes them apart.
_TAKING_APART = [Op.STORE, Op.LOAD, Op.PROP, Op.STORE, Op.LOAD, Op.PROP, Op.STORE, Op.CLEAR]


def block(t: Translator, index: int, instruction: Instruction) -> None:
    t.before_block(index)
    info = t.layout.blocks[index]
    used = id(info) in t.targets
    merged = used and _ends_with_loop(t, info)
    construct = t._enter(index, result=bool(info.arity), is_loop=used and not merged)
    if construct.is_loop:
        construct.flag_line = t.out.line(f"{construct.flag} = 0")
        t.out.open("while True:")
    else:
        construct.suites = 0


def _ends_with_loop(t: Translator, info: BlockInfo) -> bool:
    """Whether the block ends where a loop in it ends, and only that loop branches to it."""
    last = t.layout.blocks.get(info.end - 1)
    if last is None or last.end != info.end - 1 or last.op not in (Op.LOOP, Op.FOR):
        return False
    return all(last.start < place < last.end for place, branch in t.layout.branches.items() if branch.target is info)


def loop(t: Translator, index: int, instruction: Instruction) -> None:
    t.before_block(index)
    construct = t._enter(index, result=False, is_loop=True)
    t._begin_loop(construct)
    t.out.open("while True:")
    checks.begin(t, construct)
    merge(t, construct)


def for_(t: Translator, index: int, instruction: Instruction) -> None:
    iterable = t.pop()
    t.before_block(index)
    kinds = t.kinds(iterable)
    slot = t.layout.blocks[index].slot
    natural = False
    iterator = None
    if iterable.range is not None:
        t.emit(f"l{slot} = iter({iterable.text})", [iterable])
        iterator = t.out.lines[-1]
        step, item, natural = f"l{slot}", INT, iterable.range
    elif kinds == LIST:
        t.escape(iterable)
        t.emit(f"l{slot} = iter({iterable.text})", [iterable])
        step, item = f"l{slot}", ANY
    else:
        t.escape(iterable)
        # Who pulls a generator may be another fiber each time.
        fiber = "current" if t.in_generator else "fiber"
        t.emit(f"l{slot} = iterate({fiber}, {iterable.text})", [iterable])
        stepper = "paused_stepper" if t.in_generator else "stepper"
        step, item = f"{stepper}({fiber}, l{slot})", INT if kinds == RANGE else ANY
    t.note_store(slot, OTHER)
    construct = t._enter(index, result=False, is_loop=True)
    rounds = open_for(t, construct, step, item, index, natural)
    rounds.iterator = iterator
    rounds.is_over_range = iterator is not None
    rounds.count, rounds.bound = iterable.count, iterable.bound
    merge(t, construct)


def open_for(t: Translator, construct: Construct, step: str, item: int, index: int, natural: bool = False) -> Rounds:
    t._begin_loop(construct)
    following = t.layout.instructions[index + 1]
    resume = Resume(index, tuple(each.text for each in t.stack), head=True)
    if following[0] == Op.STORE:
        t.skip = index + 1
        t.out.open(f"for l{following[1]} in {step}:", resume)
        rounds = checks.begin(t, construct)
        t.note_store(following[1], item, natural)
        t.owned.discard(following[1])
        if following[1] in t.assumed.flagged:
            t.out.line(f"o{following[1]} = False")
    else:
        name = t.fresh("x")
        t.out.open(f"for {name} in {step}:", resume)
        rounds = checks.begin(t, construct)
        t.push_result(name, item)
    return rounds


def takes_pairs_apart(t: Translator, start: int, slot: int) -> bool:
    """Whether the loop at start takes the pairs of an iter apart before it does anything else."""
    iterator = t.values.get(slot)
    if type(iterator) is not Iter or iterator.halves is None or t.chunk.is_generator:
        return False
    if t.misses.places.get(start + 1) or t.misses.all:
        return False
    head = t.layout.instructions[start + 1 : start + 9]
    if [each[0] for each in head] != _TAKING_APART or head[7][1] != head[0][1]:
        return False
    return (t.operand(head[2], 1), t.operand(head[5], 1)) == ("first", "second")


def open_for_halves(t: Translator, construct: Construct, start: int) -> None:
    """Begin such a loop: its two variables are assigned at once."""
    t._begin_loop(construct)
    whole, _, _, first, _, _, second, _ = t.layout.instructions[start + 1 : start + 9]
    slot = construct.info.slot
    head = Resume(start, tuple(each.text for each in t.stack), head=True)
    t.out.open(f"for l{first[1]}, l{second[1]} in halves(fiber, l{slot}):", head)
    checks.begin(t, construct)
    wrong = f"bad({start + 1})"
    behind = Resume(start + 2, tuple(each.text for each in t.stack))
    with t.out.suite(f"if l{second[1]} is NO_PAIR:"):
        t.out.line(f"l{whole[1]} = l{first[1]}")
        t.out.line(wrong, behind, ((wrong, start + 1),))
    for each in (first[1], second[1]):
        t.note_store(each, ANY)
        t.note_owner(each, False)
    t.note_store(whole[1], OTHER)
    t.skip_until = start + 9


def merge(t: Translator, construct: Construct) -> None:
    """Let branches to the block around, if it ends with this loop, be breaks of the loop."""
    if len(t.open) > 1:
        outer = t.open[-2]
        if outer.info.op is Op.BLOCK and not outer.is_loop and id(outer.info) in t.targets:
            if outer.info.end == construct.info.end + 1:
                outer.merged_with = construct


def end(t: Translator, index: int, instruction: Instruction) -> None:
    construct = t.open[-1]
    op = construct.info.op
    if construct.expression is not None:
        end_expression(t, construct)
        return
    if op is Op.TRY_FINALLY:
        if t.reachable:
            t.pop()
        t.in_finally -= 1
        reachable = construct.reached
    elif op in (Op.LOOP, Op.FOR):
        reachable = op is Op.FOR
    else:
        t.settle(construct)
        if construct.is_loop and t.reachable:
            t.out.line("break")
        reachable = construct.reached or (op is Op.IF and construct.info.middle < 0) or op is Op.IF_MISSING
    t.open.pop()
    if op is Op.LOOP:
        checks.end(t, construct)
    for _ in range(construct.suites):
        t.out.close()
    if op is Op.FOR:
        checks.end(t, construct)
    t.leave(construct, reachable)
    if construct.is_loop:
        _look_at_flags(t, construct)
        if not construct.flag_used:
            construct.flag_line.text = ""


def _look_at_flags(t: Translator, ended: Construct) -> None:
    """Behind a Python loop: go on with branches that were on their way further out."""
    for position in range(len(t.open) - 1, -1, -1):
        outer = t.open[position]
        if not outer.is_loop or not outer.flag_used:
            continue
        if not any(_crosses(t, place, ended, outer) for place in t.layout.branches):
            continue
        if any(each.is_loop for each in t.open[position + 1 :]):
            t.out.line(f"if {outer.flag}: break")
        else:
            t.out.line(f"if {outer.flag} == 1: break")
            with t.out.suite(f"if {outer.flag} == 2:"):
                t.out.line(f"{outer.flag} = 0")
                t.out.line("continue")


def _crosses(t: Translator, place: int, ended: Construct, outer: Construct) -> bool:
    """Whether the branch at place leaves ended on its way to the Python loop outer."""
    if not ended.info.start < place < ended.info.end:
        return False
    target = t.layout.branches[place].target
    if target is outer.info:
        return True
    return target.op is Op.BLOCK and target.end == outer.info.end + 1 and target.start < outer.info.start


def branch(t: Translator, index: int, instruction: Instruction) -> None:
    branch = t.layout.branches[index]
    if instruction[0] == Op.BR_UNLESS:
        condition = t.pop()
        t.open_suite(f"if not {condition.code}:", [condition])
        facts, owned = dict(t.facts), set(t.owned)
        jump(t, branch.target, keep=True)
        t.facts, t.owned = facts, owned
        t.out.close()
    else:
        jump(t, branch.target, keep=False)
        t.reachable = False


def jump(t: Translator, target: BlockInfo, keep: bool) -> None:
    """Write the jump to a block; keep leaves the operands for the way on."""
    position = next((place for place, each in enumerate(t.open) if each.info is target), None)
    if position is None:
        # Out of the loop that is translated: the interpreter makes the jump.
        t.exit_unit(["False"] if keep else [])
        return
    construct = t.open[position]
    if construct.result:
        value = t.stack[-1] if keep else t.pop()
        t.escape(value)
        construct.kinds |= t.kinds(value)
        if keep:
            t.spill()
            value = t.stack[-1]
        t.emit(f"{construct.result} = {value.text}", [] if keep else [value])
    construct.reached = True
    again = target.op in (Op.LOOP, Op.FOR)
    loop = construct
    if not construct.is_loop:
        if construct.merged_with is None:
            raise Untranslatable("a branch to a block that is no loop")
        loop = construct.merged_with
        position = t.open.index(loop)
    if any(each.is_loop for each in t.open[position + 1 :]):
        loop.flag_used = True
        t.out.line(f"{loop.flag} = {2 if again else 1}")
        t.out.line("break")
    else:
        t.out.line("continue" if again else "break")

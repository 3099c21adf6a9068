"""Blocks that are run or not by a value: as Python expressions where they hold nothing else, else as statements."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.bytecode.opcodes import Op
from harnpy.jit.calls import result_test
from harnpy.jit.kinds import (
    ANY,
    BOOL,
    ENUM,
    NIL,
)
from harnpy.jit.knowledge import Construct, Untranslatable
from harnpy.jit.operands import Operand

if TYPE_CHECKING:
    from harnpy.jit.translator import Translator


def if_(t: Translator, index: int, instruction: Instruction) -> None:
    condition = t.pop()
    info = t.layout.blocks[index]
    if id(info) in t.targets:
        raise Untranslatable("a branch to an IF")
    if info.arity and t.is_expression(index + 1, info.end):
        construct = t._enter(index, result=False)
        construct.expression = condition
        construct.reached = True
        return
    t.before_block(index)
    t.open_suite(f"if {condition.text}:", [condition])
    t._enter(index, result=bool(info.arity))


def else_(t: Translator, index: int, instruction: Instruction) -> None:
    construct = t.open[-1]
    if construct.expression is not None:
        construct.other = t.pop()
        construct.kinds = t.kinds(construct.other)
        t.restore(construct)
        return
    t.settle(construct)
    del t.stack[construct.height :]
    t.out.close()
    t.out.open("else:")
    t.restore(construct)
    t.reachable = True


def conditional(t: Translator, index: int, instruction: Instruction) -> None:
    op = Op(instruction[0])
    if op is Op.IF_MISSING:
        t.before_block(index)
        t.open_suite(f"if l{instruction[1]} is MISSING:")
        t._enter(index, result=False)
        return
    info = t.layout.blocks[index]
    if op in (Op.AND, Op.OR, Op.COALESCE):
        condition = t.pop()
        if t.is_expression(index + 1, info.end):
            construct = t._enter(index, result=False)
            construct.expression = condition
            construct.reached = True
            return
        _conditional_suite(t, index, op, condition)
    elif op is Op.CALLABLE_OR or op is Op.LATE:
        _callee(t, index, op, instruction)
    elif op is Op.RESULT_OR:
        _result_or(t, index)
    else:
        name = t.text(instruction, 1)
        t.before_block(index)
        result = t.fresh("r")
        t.emit(f"{result} = module.imported_function({name})")
        _open_with_result(t, index, result, f"if {result} is None:", ANY)


def _conditional_suite(t: Translator, index: int, op: Op, condition: Operand) -> None:
    t.before_block(index)
    result = t.fresh("r")
    if op is Op.COALESCE:
        kinds = t.kinds(condition)
        t.escape(condition)
        t.emit(f"{result} = {condition.text}", [condition])
        _open_with_result(t, index, result, f"if {result} is None:", kinds & ~NIL)
        return
    t.emit(f"{result} = {t.as_bool(condition)}", [condition])
    _open_with_result(t, index, result, f"if {result}:" if op is Op.AND else f"if not {result}:", BOOL)


def _open_with_result(t: Translator, index: int, result: str, head: str, kinds: int) -> Construct:
    """Open a suite that gives result another value; it has one already."""
    t.spill()
    t.out.open(head)
    construct = t._construct(t.layout.blocks[index], result, False)
    construct.reached = True
    construct.kinds = kinds
    t.open.append(construct)
    return construct


def _callee(t: Translator, index: int, op: Op, instruction: Instruction) -> None:
    """A callee that may be another one: guess that it is the first, if a call follows at once."""
    info = t.layout.blocks[index]
    following = t.layout.instructions[info.end + 1]
    missed = t.missed() or bool(t.misses.places.get(info.end + 1))
    if op is Op.LATE:
        guessed = Operand(f"l{instruction[1]}.value", ANY, False, index, frozenset((instruction[1],)))
    else:
        guessed = t.pop()
    if (
        following[0] in (Op.CALL, Op.TAIL_CALL)
        and not missed
        and guessed.pc is not None
        and (following[0] == Op.CALL or t.callee(guessed) is not None or guessed.text in t.late)
    ):
        guessed.callee_guess = True
        t.push(guessed)
        t._enter(index, result=False).expression = guessed
        t.reachable = False
        return
    t.before_block(index)
    result = t.fresh("r")
    t.emit(f"{result} = {guessed.text}", [guessed] if op is not Op.LATE else [])
    if op is Op.LATE:
        callable_too = f" or not is_callable({result})" if instruction[2] else ""
        head = f"if {result} is UNSET{callable_too}:"
    else:
        head = f"if type({result}) is not Closure and not is_callable({result}):"
    _open_with_result(t, index, result, head, ANY)


def _result_or(t: Translator, index: int) -> None:
    value = t.pop()
    t.before_block(index)
    name = t.fresh("r")
    t.escape(value)
    t.emit(f"{name} = {value.text}", [value])
    test = result_test(t, Operand(name, t.kinds(value), True, None), "Ok")
    with t.out.suite(f"if {test}:"):
        t.out.line(f"{name} = {name}.fields[0] if {name}.fields else None")
    _open_with_result(t, index, name, "else:", ANY)
    t.out.line(f"check_result({name})")
    t.push(Operand(name, ENUM, True, None))


def end_expression(t: Translator, construct: Construct) -> None:
    """The end of a block that is written as an expression."""
    t.open.pop()
    op = construct.info.op
    condition = construct.expression
    assert condition is not None
    if op in (Op.CALLABLE_OR, Op.LATE):
        t.reachable = True
        return
    value = t.pop()
    kinds = t.kinds(value)
    aliases, part_of = value.aliases, value.part_of
    if op is Op.IF:
        other = construct.other
        assert other is not None
        parts = [condition, other, value]
        text = f"{other.code} if {condition.code} else {value.code}"
        kinds |= construct.kinds
        aliases |= other.aliases
        part_of |= other.part_of
    elif op is Op.AND:
        parts = [condition, value]
        text = f"{t.as_bool(condition)} and {value.code}"
        kinds = BOOL
    elif op is Op.OR:
        parts = [condition, value]
        text = f"{t.as_bool(condition)} or {value.code}"
        kinds = BOOL
    else:
        parts = [condition, value]
        if condition.is_name:
            text = f"{condition.text} if {condition.text} is not None else {value.code}"
        else:
            name = t.fresh()
            t.holders.add(name)
            text = f"{name} if ({name} := {condition.text}) is not None else {value.code}"
        kinds |= t.kinds(condition) & ~NIL
        aliases |= condition.aliases
        part_of |= condition.part_of
    t.restore(construct)
    made = t.push_expression(text, kinds, parts)
    made.aliases, made.part_of = aliases, part_of
    # The parts cannot begin anywhere but where the condition does, or behind it.
    if condition.pc is not None:
        made.pc, made.prefix = condition.pc, condition.prefix
    else:
        made.pc, made.prefix = construct.info.start, (condition.text,)

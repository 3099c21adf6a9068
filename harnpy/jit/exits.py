"""Errors, returns, generators and closures in translated code."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.jit.checks import CHECK
from harnpy.jit.inline import write_callback
from harnpy.jit.kinds import (
    ANY,
    CLOSURE,
    NIL,
    OTHER,
)
from harnpy.jit.operands import Operand
from harnpy.jit.shape import mentions

if TYPE_CHECKING:
    from harnpy.jit.translator import Translator
    from harnpy.vm.linker import LinkedFunction


def try_catch(t: Translator, index: int, instruction: Instruction) -> None:
    t.before_block(index)
    t.out.open("try:")
    t._enter(index, result=True)


def catch(t: Translator, index: int, instruction: Instruction) -> None:
    construct = t.open[-1]
    t.settle(construct)
    del t.stack[construct.height :]
    t.out.close()
    error = t.fresh("e")
    slot = construct.info.slot
    t.out.open(f"except (HarnError, RecursionError) as {error}:")
    t.out.line(f"l{slot} = {error} = caught(fiber, {error})")
    t.restore(construct)
    t.note_store(slot, OTHER)
    if construct.info.type_name:
        t.out.line(f"if not catches({construct.info.type_name!r}, {error}): raise {error}")
    t.reachable = True
    name = t.fresh()
    t.out.line(f"{name} = {error}.value if {error}.origin is THROWN else {error}.caught")
    t.push_result(name, ANY)


def try_finally(t: Translator, index: int, instruction: Instruction) -> None:
    t.before_block(index)
    construct = t._enter(index, result=True)
    t.out.line(f"s{index} = True")
    t.out.line(f"{construct.result} = None")
    t.out.open("try:")


def finally_(t: Translator, index: int, instruction: Instruction) -> None:
    construct = t.open[-1]
    construct.reached = False
    t.settle(construct)
    del t.stack[construct.height :]
    out, start = t.out, construct.info.start
    out.close()
    with out.suite("except SKIPS_FINALLY:"):
        out.line(f"s{start} = False")
        out.line("raise")
    out.open("finally:")
    out.open(f"if s{start}:")
    construct.suites = 2
    t.restore(construct)
    t.in_finally += 1
    t.reachable = True
    t.push(Operand("None", NIL, True, None))


def return_(t: Translator, index: int, instruction: Instruction) -> None:
    if t.loop_start is not None:
        t.exit_unit([])
        t.reachable = False
        return
    value = t.pop()
    t.spill()
    if t.in_generator:
        if not value.is_name:
            t.emit(value.text, [value])
        t.out.line("return")
    else:
        t.found.results |= t.kinds(value)
        t.emit(f"return {value.text}", [value])
    t.reachable = False


def generator(t: Translator, index: int, instruction: Instruction) -> None:
    """What follows is the body of a Python generator."""
    t.generator_slots = sorted(t.bound)
    names = ", ".join(["closure", *(f"l{slot}" for slot in t.generator_slots)])
    t.generator_start = len(t.out.lines)
    t.out.open(f"def {t.name}_items({names}):")
    t.out.open("try:")
    t.out.line("fiber = current")
    for slot in t.assumed.flagged:
        t.out.line(f"o{slot} = False")
    t.in_generator = True


def end_generator(t: Translator) -> None:
    t._recover("yield from recover_generator(current, closure, error, locals(), unit)")
    t.out.close()
    drop_fiber(t, t.generator_start)
    names = ", ".join(["closure", *(f"l{slot}" for slot in t.generator_slots)])
    # Deadlines and the lock that its body enters are put aside while it is paused: more than a loop can do.
    plain = not t.shape.has_scopes
    t.out.line(f"return Generator({t.name}_items({names}), {plain})")


def drop_fiber(t: Translator, start: int) -> None:
    """Spare code from a line on that does not use its fiber to ask for it (a generator: after every item)."""
    body = t.out.lines[start:]
    asking = [line for line in body if line.text == "fiber = current"]
    looking = [line for line in body if line.text == CHECK]
    ignored = {id(line) for line in (*asking, *looking)}
    if any(mentions(line.text, "fiber") for line in body if id(line) not in ignored):
        return
    for line in asking:
        line.text = ""
    for line in looking:
        line.text = CHECK.replace("fiber", "current")


def closure(t: Translator, index: int, instruction: Instruction) -> None:
    child = t.children[instruction[1]]
    if not write_callback(t, index, child):
        _closure(t, child)


def _closure(t: Translator, child: LinkedFunction) -> None:
    """Write a closure of child; without __init__, which would cost as much as all the rest."""
    t.spill()
    name = t.fresh()
    captures = t.captures_text(child)
    t.out.line(f"{name} = new(Closure)")
    t.out.line(f"{name}.captures = {captures}")
    t.out.line(f"{name}.function = {t.constant(child)}")
    t.out.line(f"{name}.module = module")
    t.out.line(f"{name}.struct_type = None")
    t.push_result(name, CLOSURE)

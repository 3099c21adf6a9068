"""Constants, variables, errors, tasks and parameters in translated code."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.jit.kinds import ANY, BOOL, CLOSURE, FLOAT, INT, NIL, NUMBER, OTHER, STR
from harnpy.jit.operands import SMALL, Operand

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.jit.translator import Translator

    WriterOf = Callable[[Translator, Instruction], None]


def nil(t: Translator, i: Instruction) -> None:
    t.push_literal("None", NIL)


def true(t: Translator, i: Instruction) -> None:
    t.push_literal("True", BOOL)


def false(t: Translator, i: Instruction) -> None:
    t.push_literal("False", BOOL)


def const(t: Translator, i: Instruction) -> None:
    value = t.operand(i, 1)
    kind = type(value)
    if kind is int and -SMALL < value < SMALL:
        t.push_literal(repr(value), INT)
    elif kind is str and len(value) < 1000:
        t.push_literal(repr(value), STR)
    elif kind is float and value == value and abs(value) != float("inf") and value >= 0:
        t.push(Operand(repr(value), FLOAT, True, t.index))
    else:
        t.push_constant(value, {int: INT, str: STR, float: FLOAT}.get(kind, OTHER))


def data(t: Translator, i: Instruction) -> None:
    t.emit_result(f"deepcopy({t.constant(t.operand(i, 1))})", [])


def load(t: Translator, i: Instruction) -> None:
    t.load(i[1])


def store(t: Translator, i: Instruction) -> None:
    t.store(i[1], t.pop(), fresh=True)


def clear(t: Translator, i: Instruction) -> None:
    t.store(i[1], Operand("UNSET", OTHER, True, t.index))


def load_checked(t: Translator, i: Instruction) -> None:
    t.emit(f"if l{i[1]} is UNSET: raise undefined({t.text(i, 2)})")
    t.load(i[1])


def new_cell(t: Translator, i: Instruction) -> None:
    t.store(i[1], Operand("Cell()", OTHER, True, t.index))


def load_cell(t: Translator, i: Instruction) -> None:
    t.emit_result(f"l{i[1]}.value", [])


def store_cell(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.escape(value)
    t.emit(f"l{i[1]}.value = {value.text}", [value])


def self_(t: Translator, i: Instruction) -> None:
    t.push_literal("closure", CLOSURE)


def load_module(t: Translator, i: Instruction) -> None:
    t.spill()
    name = t.fresh()
    t.emit(f"{name} = module.variables[{i[1]}]")
    t.emit(f"if {name} is UNSET: raise undefined({t.text(i, 2)})")
    t.push_result(name, ANY)


def store_module(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.escape(value)
    t.emit(f"module.variables[{i[1]}] = {value.text}", [value])


def global_(t: Translator, i: Instruction) -> None:
    t.emit_result(f"global_value(fiber.runtime, {t.text(i, 1)}, {t.text(i, 2)}, {i[3]})", [])


def builtin(t: Translator, i: Instruction) -> None:
    name = t.operand(i, 1)
    found = t.resolve(name)
    if found is None:
        t.emit_result(f"global_value(fiber.runtime, {name!r}, '', 0)", [])
    else:
        t.push_constant(found)


def host(t: Translator, i: Instruction) -> None:
    t.emit_result(f"host_value(fiber.runtime, {t.text(i, 1)})", [])


def pop(t: Translator, i: Instruction) -> None:
    value = t.pop()
    if not value.is_name:
        t.emit(value.text, [value])


def dup(t: Translator, i: Instruction) -> None:
    value = t.named(t.pop())
    t.push(value)
    t.push(Operand(value.text, value.kinds, True, value.pc, value.reads))
    t.stack[-1].aliases, t.stack[-1].part_of = value.aliases, value.part_of


# --- generators, errors, tasks -------------------------------------------------------------------------------------------


def yield_(t: Translator, i: Instruction) -> None:
    from harnpy.jit.knowledge import Untranslatable

    if t.loop_start is not None:
        raise Untranslatable("a loop that yields")
    value = t.pop()
    t.escape(value)
    t.emit(f"yield {value.text}", [value])
    t.out.line("fiber = current")


def throw(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.escape(value)
    t.emit(f"raise thrown({value.text})", [value])
    t.reachable = False


def rethrow(t: Translator, i: Instruction) -> None:
    t.emit(f"raise l{i[1]}")
    t.reachable = False


def raise_(t: Translator, i: Instruction) -> None:
    kind = ("type_error", "runtime_error", "bare_error")[i[1]]
    t.emit(f"raise {kind}({t.text(i, 2)})")
    t.reachable = False


def check_param(t: Translator, i: Instruction) -> None:
    from harnpy.vm.schema import compile_parameter_check

    slot, schema = i[1], t.operand(i, 3)
    kinds = _KINDS_OF_ANNOTATION.get(schema.get("type", "")) if schema.keys() == {"type"} else None
    name = f"l{slot}"
    known = t.facts.get(name, t.assumed.kinds.get(slot, 0))
    if kinds is not None and known and not known & ~kinds:
        return
    check = t.constant(compile_parameter_check(schema))
    t.emit(f"if not {check}({name}): check_parameter({t.text(i, 2)}, {name}, {t.constant(schema)})")
    if kinds is not None:
        t.learn(name, (known or ANY) & kinds)


# An annotation of one kind of number takes both.
_KINDS_OF_ANNOTATION = {"string": STR, "int": NUMBER, "float": NUMBER, "bool": BOOL, "nil": NIL}


def statement(text: str, pops: bool = False) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        if pops:
            value = t.pop()
            t.escape(value)
            t.emit(text.format(value.text), [value])
        else:
            t.emit(text)

    return write


def defer(t: Translator, i: Instruction) -> None:
    from harnpy.jit.knowledge import Untranslatable

    if t.loop_start is not None:
        raise Untranslatable("a deferred block in a loop")
    value = t.pop()
    t.emit(f"defers.append({value.text})", [value])


def may_retry(t: Translator, i: Instruction) -> None:
    t.emit_result("not fiber.has_passed_deadline", [], BOOL)


def parallel(t: Translator, i: Instruction) -> None:
    names = t.names_of(t.take(3))
    for each in names:
        t.escape(each)
    limit, operand, body = (each.text for each in names)
    t.emit_result(f"fiber.parallel({t.text(i, 1)}, {operand}, {body}, {limit})", names)


def spawn(t: Translator, i: Instruction) -> None:
    body = t.pop()
    t.emit_result(f"fiber.spawn({body.text})", [body])


def check_imported(t: Translator, i: Instruction) -> None:
    t.emit(f"refuse_imported(module, {t.text(i, 1)})")

"""Calls in translated code: of closures by the entry of their function, of builtins and methods by their Python function."""

from __future__ import annotations

import math

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction, unpack
from harnpy.bytecode.opcodes import Op
from harnpy.jit.arithmetic import Guarded, describe_range
from harnpy.jit.kinds import (
    ANY,
    BOOL,
    CLOSURE,
    DICT,
    ENUM,
    FLOAT,
    INT,
    LIST,
    NUMBER,
    OTHER,
    RANGE,
    SET,
    STR,
    STRUCT,
    TYPE_NAME,
)
from harnpy.jit.operands import Operand
from harnpy.jit.writer import Resume
from harnpy.vm.stack_walk import STANDS_IN
from harnpy.vm.values import Builtin, Closure

if TYPE_CHECKING:
    from harnpy.jit.direct import Direct
    from harnpy.jit.translator import Translator
    from harnpy.vm.linker import LinkedFunction

# How many frames of tail calls there may be before they make room for one another.
ROOM = 50
# Kinds that builtins always give, whatever they are called with.
_RESULT_KINDS = {
    "len": INT,
    "range": RANGE,
    "to_string": STR,
    "keys": LIST,
    "values": LIST,
    "Ok": ENUM,
    "Err": ENUM,
    "is_ok": BOOL,
    "is_err": BOOL,
}
# Builtins of one number for which Python's own function does: the same for a float in its domain.
_FLOAT_FUNCTIONS = {"sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan}


def _texts(operands: list[Operand]) -> str:
    return "".join(f", {each.text}" for each in operands)


def _given_away(t: Translator, operands: list[Operand]) -> None:
    for operand in operands:
        t.escape(operand)


def call(t: Translator, i: Instruction) -> None:
    callee = t.pop()
    args = t.take(i[1])
    known = t.known(callee)
    if isinstance(known, Builtin):
        _call_builtin(t, known, callee, args)
        return
    _given_away(t, args)
    callee = _found_late(t, args, callee)
    closure = t.callee(callee)
    if closure is not None and not t.missed():
        direct = t.find_direct(closure, args)
        if direct is not None:
            _direct_call(t, direct, args, callee)
            return
    if callee.text == "closure" and len(args) == len(t.chunk.parameters) and not t.chunk.has_rest:
        if t.loop_start is None and t.direct is None and not t.in_generator and not t.chunk.is_generator:
            t.emit_result(f"self_entry(fiber, closure{_texts(args)})", args)
            return
    operands = [*args, callee]
    if closure is not None and not t.missed():
        text = _known_call(t, closure, args)
        t.emit_result(text, operands, ANY, text)
        return
    if callee.is_literal or t.missed() or (callee.kinds == OTHER and callee.pc is None):
        names = t.names_of(operands)
        listed = ", ".join(each.text for each in names[:-1])
        t.emit_result(f"call_value(fiber, {names[-1].text}, [{listed}])", names)
        return
    guess = f"(m := {callee.code}.function.entry)"
    if callee.is_name:
        name = callee.text
    else:
        name = t.fresh()
        guess = f"(m := ({name} := {callee.text}).function.entry)"
    text = f"{guess}(fiber, {name}{_texts(args)})"
    t.emit_result(text, operands, ANY, text)


def _found_late(t: Translator, args: list[Operand], callee: Operand) -> Operand:
    """The callee, as a constant if it is guessed to be what the variable of a later function has held."""
    closure = t.late.get(callee.text) if callee.callee_guess and not t.missed() else None
    if closure is None:
        return callee
    t.spill()
    name = t.constant(closure)
    wrong = f"bad({t.index})"
    resume, operations = t.resume([*args, callee])
    t.out.line(f"if {callee.text} is not {name}: {wrong}", resume, (*operations, (wrong, t.index)))
    return Operand(name, CLOSURE, True, t.index)


def _direct_call(t: Translator, direct: Direct, args: list[Operand], callee: Operand) -> None:
    """The call of a closure by a translation for just such arguments."""
    operands = [*args, callee]
    name = t.fresh()
    t.spill()
    resume, operations = t.resume(operands)
    listed = ", ".join(each.text for each in args)
    line = t.out.line(f"{name} = {t.constant(direct.call)}({listed})", resume, operations)
    line.after = Resume(t.index + 1, tuple([each.text for each in t.stack]))
    t.push_result(name, t.direct_kinds(direct))


def _known_call(t: Translator, closure: Closure, args: list[Operand]) -> str:
    """The call of a closure that is known while translating, with as many arguments as it happens to take."""
    return f"(m := {t.constant(closure.function)}.entry)(fiber, {t.constant(closure)}{_texts(args)})"


def ends_in_calls(function: LinkedFunction) -> bool:
    """Whether a call of function may end in a call of another one in its place."""
    previous: Instruction = (int(Op.NIL),)
    for instruction in unpack(function.chunk.code):
        if instruction[0] in (Op.TAIL_CALL_SPREAD, Op.TAIL_PIPE, Op.ENTRY):
            return True
        if instruction[0] == Op.TAIL_CALL and previous[0] not in (Op.SELF, Op.BUILTIN):
            return True
        previous = instruction
    return False


def _call_builtin(t: Translator, known: Builtin, callee: Operand, args: list[Operand]) -> None:
    if _inline(t, known, callee, args):
        return
    if known.name == "range" and _range(t, callee, args):
        return
    direct = (
        known.max_args is not None
        and known.min_args <= len(args) <= known.max_args
        and not known.effects
        and not known.is_async
    )
    if t.in_expression:
        from harnpy.jit.arithmetic import hand_over

        hand_over(t, [*args, callee])
        return
    _given_away(t, args)
    if direct and known.name in ("unwrap", "unwrap_or") and not args[0].is_literal:
        names = t.names_of([*args, callee])
        x = names[0].text
        listed = ", ".join(each.text for each in names[:-1])
        content = f"{x}.fields[0] if {result_test(t, names[0], 'Ok')} and {x}.fields"
        t.emit_result(f"{content} else {t.constant(known.fn)}({listed})", names)
    elif direct:
        fiber = ["fiber"] if known.wants_fiber else []
        listed = ", ".join([*fiber, *(each.text for each in args)])
        kinds = _RESULT_KINDS.get(known.name, ANY)
        t.emit_result(f"{t.constant(known.fn)}({listed})", [*args, callee], kinds)
    else:
        listed = ", ".join(each.text for each in args)
        t.emit_result(f"call_builtin(fiber, {callee.text}, [{listed}])", [*args, callee])


def result_test(t: Translator, operand: Operand, variant: str) -> str:
    """Whether an operand, a name, is a Result of this variant."""
    x = operand.text
    kind = "" if t.kinds(operand) == ENUM else f"type({x}) is EnumVariant and "
    return f'{kind}{x}.variant == "{variant}" and {x}.enum == "Result"'


def _range(t: Translator, callee: Operand, args: list[Operand]) -> bool:
    """Write what a loop walks over as Python's range, which refuses what are no ints, but for bools."""
    following = t.layout.instructions[t.index + 1]
    if following[0] != Op.FOR or len(args) not in (1, 2) or t.missed() or callee.pc is None:
        return False
    g = Guarded(t, *args)
    for place in range(len(args)):
        g.no_bool(place)
    start = Operand("0", INT, True, t.index) if len(args) == 1 else args[0] if g.kinds[0] == INT else None
    g.operands.append(callee)
    g.kinds.append(OTHER)
    g.texts = [f"range({', '.join(g.texts)})"]
    g.push("{}", RANGE)
    describe_range(t.stack[-1], start, args[-1], 0)
    return True


def _inline(t: Translator, known: Builtin, callee: Operand, args: list[Operand]) -> bool:
    """Write a call of a builtin as an expression, if it is one of those."""
    name = known.name
    if t.missed() or not args or args[0].is_literal or callee.pc is None:
        return False
    if len(args) == 2 and name in ("min", "max") and not t.in_expression:
        return _inline_extreme(t, name, callee, args)
    if len(args) != 1:
        return False
    (arg,) = args
    kinds = t.kinds(arg)
    if name == "len":
        if kinds and not kinds & (LIST | STR | DICT):
            return False
        # Python's len refuses what has no length, for which Harn has an answer.
        text = f"len({arg.text})"
        if kinds & RANGE:
            g = Guarded(t, arg)
            test = f"type({g.name(0)}) is not Range"
            g.test(test)
            g.operands.append(callee)
            g.texts.append("")
            g.kinds.append(OTHER)
            g.push("len({})", INT, natural=True)
        else:
            t.push_expression(text, INT, [arg, callee], text).natural = True
        return True
    if name in ("is_ok", "is_err") and not t.in_expression:
        value, callee = t.names_of([arg, callee])
        t.push_expression(result_test(t, value, "Ok" if name == "is_ok" else "Err"), BOOL, [value, callee])
        return True
    if name in _FLOAT_FUNCTIONS and kinds == FLOAT and not t.in_expression:
        text = f"{t.constant(_FLOAT_FUNCTIONS[name])}({arg.text})"
        t.push_expression(text, FLOAT, [arg, callee], text)
        return True
    if name == "abs" and kinds and not kinds & ~NUMBER and not t.in_expression:
        text = f"abs({arg.text})"
        t.push_expression(text, kinds, [arg, callee], text)
        return True
    return False


def _inline_extreme(t: Translator, name: str, callee: Operand, args: list[Operand]) -> bool:
    """Write min or max of two ints as a comparison."""
    if any(t.kinds(each) and not t.kinds(each) & INT for each in args):
        return False
    g = Guarded(t, *args)
    for place in (0, 1):
        g.exactly(place, INT)
    natural = g.natural
    # The condition is evaluated first, and names what is not a name yet.
    first, second = g.name(0), g.name(1)
    symbol = "<" if name == "min" else ">"
    g.operands.append(callee)
    g.kinds.append(OTHER)
    g.texts = [f"{g.texts[1]} if {second} {symbol} {first} else {g.texts[0]}"]
    g.push("{}", INT, natural=natural)
    return True


def call_spread(t: Translator, i: Instruction) -> None:
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.emit_result(f"call_value(fiber, {names[1].text}, spread({names[0].text}))", names)


def tail_call(t: Translator, i: Instruction) -> None:
    if t.loop_start is not None:
        t.exit_unit([])
        t.reachable = False
        t.push(Operand("None", ANY, True, t.index))
        return
    callee = t.pop()
    args = t.take(i[1])
    _given_away(t, args)
    inside_loop = any(each.is_loop for each in t.open[1:])
    if callee.text == "closure" and t.function_loop is not None and not inside_loop:
        if len(args) == len(t.chunk.parameters):
            _again(t, args, callee)
            return
    if isinstance(t.known(callee), Builtin):
        t.stack.extend([*args, callee])
        call(t, (int(Op.CALL), i[1]))
        return
    callee = _found_late(t, args, callee)
    t.found.results = ANY  # of what is called in its place
    operands = [*args, callee]
    closure = t.callee(callee) if callee.text != "closure" else None
    if closure is not None and not t.missed():
        function = closure.function
        if function is not None and function.name[:1] != "<" and not ends_in_calls(function):
            # One more frame, which does not show, instead of a way back to whoever called.
            text = _known_call(t, closure, args)
            t.spill()
            position, t.out.position = t.out.position, STANDS_IN
            t.emit(f"return {text}", operands, text)
            t.out.position = position
            _end(t)
            return
    t.trampoline = True
    direct = None
    if closure is not None and closure.name[:1] != "<" and not t.missed():
        direct = t.find_direct(closure, args)
    if direct is not None and direct.ends_in_calls:
        # Some frames more, which do not show; a trampoline lets go of them when they are too many.
        counted = t.direct is not None
        given = ", ".join([*(each.text for each in args), "room - 1" if counted else str(ROOM)])
        t.direct_kinds(direct)
        t.spill()
        position, t.out.position = t.out.position, STANDS_IN
        t.emit(f"{'if room: ' if counted else ''}return {t.constant(direct.inner)}({given})", operands)
        t.out.position = position
        if not counted:
            _end(t)
            return
    fiber = "current" if t.direct is not None else "fiber"
    t.emit(f"{fiber}.tail = ({callee.text}, [{', '.join(each.text for each in args)}])", operands)
    t.out.line("return TAIL")
    _end(t)


def _again(t: Translator, args: list[Operand], callee: Operand) -> None:
    for slot, arg in enumerate(args):
        kinds = t.kinds(arg)
        t.found.kinds[slot] = t.found.kinds.get(slot, 0) | kinds
        if kinds & INT and not arg.natural:
            t.found.signed.add(slot)
    if args:
        targets = ", ".join(f"l{slot}" for slot in range(len(args)))
        t.emit(f"{targets} = {', '.join(each.text for each in args)}", [*args, callee])
        for slot in range(len(args)):
            if slot in t.assumed.flagged:
                t.out.line(f"o{slot} = False")
    t.again()
    _end(t)


def _end(t: Translator) -> None:
    t.push(Operand("None", ANY, True, None))
    t.reachable = False


def tail_call_spread(t: Translator, i: Instruction) -> None:
    if t.loop_start is not None:
        t.exit_unit([])
        _end(t)
        return
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.trampoline = True
    t.emit(f"fiber.tail = ({names[1].text}, spread({names[0].text}))", names)
    t.out.line("return TAIL")
    _end(t)


# --- methods -----------------------------------------------------------------------------------------------------------


def method(t: Translator, i: Instruction) -> None:
    args = t.take(i[2])
    obj = t.pop()
    _method(t, obj, t.operand(i, 1), args, optional=False)


def method_optional(t: Translator, i: Instruction) -> None:
    args = t.take(i[2])
    obj = t.pop()
    _method(t, obj, t.operand(i, 1), args, optional=True)


_RECEIVERS = ((LIST, "list"), (STR, "string"), (DICT, "dict"), (SET, "set"))


def _method(t: Translator, obj: Operand, name: str, args: list[Operand], optional: bool) -> None:
    """A method call: by a guess at the kind of the receiver, and by call_method for all others."""
    kinds = t.kinds(obj)
    _given_away(t, args)
    registry = t.function.module.runtime.registry
    is_set = kinds == SET or (kinds & SET and t.sample(obj) == SET)
    if is_set and name == "contains" and len(args) == 1 and t.kinds(args[0]) in (INT, STR) and not t.missed():
        # Sets of ints and strings hold them as their own keys, and strings are so in every set.
        contained = t.constant(registry.methods("set")[name].fn)
        g = Guarded(t, obj, args[0])
        g.exactly(0, SET)
        x = g.name(0)
        if x.isidentifier():
            if t.kinds(args[0]) == INT:
                g.test(f"{x}.plain")
            g.push("{1} in {0}.items", BOOL, f"{contained}({{0}}, {{1}})")
            return
    if not optional and not obj.is_literal and not t.missed():
        if _inline_method(t, obj, name, args):
            return
    if not optional and not obj.is_literal:
        for kind, receiver in _RECEIVERS:
            if kinds == kind:
                found = registry.methods(receiver).get(name)
                if found is not None and _fits(found, len(args)):
                    if name in _READERS:
                        t.share_parts(obj)
                    else:
                        t.escape(obj)
                    fiber = "fiber, " if found.wants_fiber else ""
                    text = f"{t.constant(found.fn)}({fiber}{obj.text}{_texts(args)})"
                    t.emit_result(text, [obj, *args], _METHOD_KINDS.get((kind, name), ANY))
                    return
    if obj.is_literal or optional:
        names = t.names_of([obj, *args])
        listed = ", ".join(each.text for each in names[1:])
        head = f"None if {names[0].text} is None else " if optional else ""
        t.emit_result(f"{head}call_method(fiber, {names[0].text}, {name!r}, [{listed}])", names)
        return
    t.escape(obj)
    candidates = [
        (kind, receiver, found)
        for kind, receiver in _RECEIVERS
        if kinds & kind and (found := registry.methods(receiver).get(name)) is not None and _fits(found, len(args))
    ]
    is_struct = bool(kinds & STRUCT) and (kinds == STRUCT or name in t.struct_fields)
    names = t.names_of([obj, *args])
    x = names[0].text
    listed = ", ".join(each.text for each in names[1:])
    rest = _texts(names[1:])
    result = t.fresh()
    t.spill()
    resume, operations = t.resume(names)
    general = f"{result} = call_method(fiber, {x}, {name!r}, [{listed}])"
    if is_struct and not t.missed():
        # The method that this place has called last, by the struct's type; each translation has its own.
        site = t.method_site()
        test = f"if {x}.type is {site}_type:"
        with t.out.suite(test, resume, (*operations, (f"{x}.type", t.index))):
            t.out.line(f"{result} = {site}_entry(fiber, {site}_method, {x}{rest})")
        with t.out.suite("else:"):
            t.out.line(f"{result} = call_struct_method(fiber, unit, '{site}', {x}, {name!r}, [{listed}])")
        t.push_result(result, ANY)
        return
    head = "if"
    for kind, _, found in candidates:
        fiber = "fiber, " if found.wants_fiber else ""
        with t.out.suite(f"{head} type({x}) is {TYPE_NAME[kind]}:"):
            t.out.line(f"{result} = {t.constant(found.fn)}({fiber}{x}{rest})")
        head = "elif"
    if head == "if":
        t.out.line(general, resume, operations)
    else:
        with t.out.suite("else:"):
            t.out.line(general)
    t.push_result(result, ANY)


# Methods that always give one kind for a receiver of that kind.
_METHOD_KINDS = {
    (STR, "trim"): STR,
    (STR, "contains"): BOOL,
    (STR, "starts_with"): BOOL,
    (STR, "ends_with"): BOOL,
    (STR, "split"): LIST,
    (STR, "lines"): LIST,
}

# Methods that give neither their receiver nor anything that holds it.
_READERS = frozenset(
    {
        "count", "len", "empty", "contains", "join", "sum", "index_of", "has", "get", "keys", "values", "entries",
        "map", "filter", "any", "all", "none", "every", "find", "find_index", "group_by",
    }
)  # fmt: skip

# Methods of strings, called with strings, that are Python's: how to write them, and what they give.
_PYTHON_METHODS = {
    ("lowercase", 0): ("{0}.lower()", STR),
    ("uppercase", 0): ("{0}.upper()", STR),
    ("contains", 1): ("{1} in {0}", BOOL),
    ("starts_with", 1): ("{0}.startswith({1})", BOOL),
    ("ends_with", 1): ("{0}.endswith({1})", BOOL),
    ("index_of", 1): ("{0}.find({1})", INT),
    ("replace", 2): ("{0}.replace({1}, {2})", STR),
    ("split", 1): ("{0}.split({1})", LIST),
    ("count", 0): ("len({0})", INT),
    ("len", 0): ("len({0})", INT),
}


def _inline_method(t: Translator, obj: Operand, name: str, args: list[Operand]) -> bool:
    """Write a call of a method of strings as an expression, if Python has the same and the receiver may be one."""
    found = _PYTHON_METHODS.get((name, len(args)))
    if found is None or t.function.module.runtime.registry.methods("string").get(name) is None:
        return False
    kinds = t.kinds(obj)
    if not kinds & STR or any(t.kinds(each) != STR for each in args):
        # Of what is known to be a string, the argument is likely to be one.
        if kinds != STR or len(args) != 1 or not t.kinds(args[0]) & STR:
            return False
    if name == "split" and args[0].text in ("''", '""'):
        return False
    if kinds != STR and (name in ("count", "contains", "index_of") or name in t.struct_fields):
        return False  # which lists and dicts have, too
    if name == "len" and kinds & LIST and kinds & STR and t.missed():
        return False
    if name == "split" and not args[0].is_literal:
        return False  # an empty separator is an error in Python
    g = Guarded(t, obj, *args)
    for place in range(len(args) + 1):
        g.exactly(place, STR)
    text, result = found
    g.push(text, result, natural=name != "index_of")
    return True


def _fits(found: Builtin, count: int) -> bool:
    return (
        found.max_args is not None
        and found.min_args <= count + 1 <= found.max_args
        and not found.effects
        and not found.is_async
    )


def method_spread(t: Translator, i: Instruction) -> None:
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.emit_result(f"call_method(fiber, {names[0].text}, {t.text(i, 1)}, spread({names[1].text}))", names)


def method_spread_optional(t: Translator, i: Instruction) -> None:
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.emit_result(f"optional_spread(fiber, {names[0].text}, {t.text(i, 1)}, {names[1].text})", names)


def pipe(t: Translator, i: Instruction) -> None:
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.emit_result(f"call_value(fiber, pipe_target(fiber, {names[1].text}), [{names[0].text}])", names)


def tail_pipe(t: Translator, i: Instruction) -> None:
    if t.loop_start is not None:
        t.exit_unit([])
        _end(t)
        return
    names = t.names_of(t.take(2))
    _given_away(t, names)
    t.trampoline = True
    t.emit(f"fiber.tail = (pipe_target(fiber, {names[1].text}), [{names[0].text}])", names)
    t.out.line("return TAIL")
    _end(t)


def entry(t: Translator, i: Instruction) -> None:
    if t.loop_start is not None:
        t.exit_unit([])
        _end(t)
        return
    children = {name: t.children[child] for name, child in t.operand(i, 1).items()}
    slots = "{" + ", ".join(f"{slot}: l{slot}" for slot in sorted(t.bound)) + "}"
    t.trampoline = True
    t.emit(f"fiber.tail = (entry_closure(closure, module, {t.constant(children)}, {slots}), [])")
    t.out.line("return TAIL")
    _end(t)

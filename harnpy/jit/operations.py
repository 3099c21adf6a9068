"""What each instruction becomes in Python: guarded inline forms for the common kinds, calls of support.py otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harnpy.bytecode.chunk import Instruction
from harnpy.bytecode.opcodes import Op
from harnpy.vm.values import Builtin, Duration

if TYPE_CHECKING:
    from harnpy.jit.translator import Translator

WriterOf = Callable[["Translator", Instruction], None]


# Kinds that builtins always give, whatever they are called with.
_RESULT_KINDS = {"len": "int", "range": "range", "to_string": "str", "keys": "list", "values": "list"}


def as_value(constant: Any) -> Any:
    """A chunk's constant as the Harn value that it stands for."""
    return Duration(constant[1]) if type(constant) is tuple else constant


def _nil(t: Translator, i: Instruction) -> None:
    t.push("None")


def _true(t: Translator, i: Instruction) -> None:
    t.push("True")


def _false(t: Translator, i: Instruction) -> None:
    t.push("False")


def _const(t: Translator, i: Instruction) -> None:
    value = t.operand(i, 1)
    if type(value) is int and -(10**9) < value < 10**9:
        t.push(repr(value))
    else:
        t.push(t.constant(value))


def _data(t: Translator, i: Instruction) -> None:
    t.compute(f"deepcopy({t.constant(t.operand(i, 1))})")


def _load(t: Translator, i: Instruction) -> None:
    t.push(f"l{i[1]}")


def _store(t: Translator, i: Instruction) -> None:
    t.store(i[1], t.pop())


def _clear(t: Translator, i: Instruction) -> None:
    t.store(i[1], "UNSET")


def _load_checked(t: Translator, i: Instruction) -> None:
    t.out.line(f"if l{i[1]} is UNSET: raise undefined({t.operand(i, 2)!r})")
    t.push(f"l{i[1]}")


def _new_cell(t: Translator, i: Instruction) -> None:
    t.store(i[1], "Cell()")


def _load_cell(t: Translator, i: Instruction) -> None:
    t.compute(f"l{i[1]}.value")


def _store_cell(t: Translator, i: Instruction) -> None:
    t.out.line(f"l{i[1]}.value = {t.pop()}")


def _self(t: Translator, i: Instruction) -> None:
    t.push("closure")


def _load_module(t: Translator, i: Instruction) -> None:
    name = t.assign(f"module.variables[{i[1]}]")
    t.out.line(f"if {name} is UNSET: raise undefined({t.operand(i, 2)!r})")
    t.push(name)


def _store_module(t: Translator, i: Instruction) -> None:
    t.out.line(f"module.variables[{i[1]}] = {t.pop()}")


def _global(t: Translator, i: Instruction) -> None:
    t.compute(f"global_value(fiber.runtime, {t.operand(i, 1)!r}, {t.operand(i, 2)!r}, {i[3]})")


def _builtin(t: Translator, i: Instruction) -> None:
    name = t.operand(i, 1)
    found = t.resolve(name)
    if found is None:
        t.compute(f"global_value(fiber.runtime, {name!r}, '', 0)")
    else:
        t.push(t.constant(found))


def _host(t: Translator, i: Instruction) -> None:
    t.compute(f"host_value(fiber.runtime, {t.operand(i, 1)!r})")


def _pop(t: Translator, i: Instruction) -> None:
    t.pop()


def _dup(t: Translator, i: Instruction) -> None:
    t.push(t.stack[-1])


# --- operators ---------------------------------------------------------------------------------------------------


def _int_test(t: Translator, *names: str) -> str:
    """The guard under which all names are ints; empty when that is known."""
    return " and ".join(f"type({name}) is int" for name in dict.fromkeys(names) if not t.is_int(name))


def _number_test(t: Translator, a: str, b: str) -> str:
    """The guard under which a and b are both ints or both floats; empty when that is known."""
    kinds = {t.kind(a), t.kind(b)}
    if kinds <= {"int"} or kinds <= {"float"}:
        return ""
    for known, other in ((a, b), (b, a)):
        if t.kind(known) in ("int", "float"):
            return f"type({other}) is {t.kind(known)}"
    if a == b:
        return f"(n := type({a})) is int or n is float"
    return f"(n := type({a})) is type({b}) and (n is int or n is float)"


def _arithmetic(symbol: str, function: str) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        b = t.pop()
        a = t.pop()
        kinds = t.kind(a), t.kind(b)
        if symbol == "+" and kinds == ("str", "str"):
            t.compute(f"{a} + {b}", "str")
        elif _mixes_float_and_literal(t, a, b):
            t.compute(f"{a} {symbol} {b}", "float")
        else:
            guard = _number_test(t, a, b)
            if guard:
                t.compute(f"{a} {symbol} {b} if {guard} else {function}({a}, {b})")
            else:
                t.compute(f"{a} {symbol} {b}", kinds[0])

    return write


def _mixes_float_and_literal(t: Translator, a: str, b: str) -> bool:
    """A float and a literal int, which is small enough to be a float without loss or overflow."""
    return (t.kind(a) == "float" and b.lstrip("-").isdigit()) or (t.kind(b) == "float" and a.lstrip("-").isdigit())


def _divide(t: Translator, i: Instruction) -> None:
    b = t.pop()
    a = t.pop()
    if t.kind(a) == "float" and (t.kind(b) == "float" or b.lstrip("-").isdigit()):
        t.compute(f"{a} / {b} if {b} else divide({a}, {b})", "float")
        return
    # Of two positive ints Python's quotient is Harn's.
    both = t.is_int(a) and t.is_int(b)
    sign = f"{a} >= 0" if b.isdigit() and int(b) > 0 else f"{a} >= 0 and {b} > 0"
    guard = " and ".join(part for part in (_int_test(t, a, b), sign) if part)
    t.compute(f"{a} // {b} if {guard} else divide({a}, {b})", "int" if both else "")


def _modulo(t: Translator, i: Instruction) -> None:
    b = t.pop()
    a = t.pop()
    both = t.is_int(a) and t.is_int(b)
    sign = f"{a} >= 0" if b.isdigit() and int(b) > 0 else f"{a} >= 0 and {b} > 0"
    guard = " and ".join(part for part in (_int_test(t, a, b), sign) if part)
    t.compute(f"{a} % {b} if {guard} else modulo({a}, {b})", "int" if both else "")


# With a NaN every comparison counts as equal, so `<=` is "not greater", for which Python gives the right answer.
_COMPARISONS = {"<": "{a} < {b}", ">": "{a} > {b}", "<=": "not {a} > {b}", ">=": "not {a} < {b}"}


def _comparison(symbol: str) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        b = t.pop()
        a = t.pop()
        both_int = t.is_int(a) and t.is_int(b)
        inline = f"{a} {symbol} {b}" if both_int else _COMPARISONS[symbol].format(a=a, b=b)
        if _mixes_float_and_literal(t, a, b) or (t.kind(a) == "str" == t.kind(b)):
            t.compute(inline, "bool")
            return
        guard = _number_test(t, a, b)
        if guard:
            t.compute(f"({inline}) if {guard} else compare({a}, {b}) {symbol} 0", "bool")
        else:
            t.compute(inline, "bool")

    return write


def _equality(negated: bool) -> WriterOf:
    symbol, prefix = ("!=", "not ") if negated else ("==", "")

    def write(t: Translator, i: Instruction) -> None:
        b = t.pop()
        a = t.pop()
        if t.is_literal(a) and t.is_literal(b):
            t.compute(f"{prefix}equal({a}, {b})", "bool")
            return
        for one, other in ((a, b), (b, a)):
            if t.is_literal(other):
                continue
            if one == "None":
                t.compute(f"{other} is {'not ' if negated else ''}None", "bool")
                return
            kind, known = t.kind(other), t.kind(one)
            if known in ("int", "str", "float") and kind == known:
                t.compute(f"{a} {symbol} {b}", "bool")
                return
            if known == "int":
                t.compute(f"{a} {symbol} {b} if type({other}) is int else {prefix}equal({a}, {b})", "bool")
                return
            if known == "str":
                test = f"type({other}) is str and " if not negated else f"type({other}) is not str or "
                t.compute(f"{test}{a} {symbol} {b}", "bool")
                return
        same = f"(n := type({a})) is type({b}) and (n is int or n is str or n is float)"
        t.compute(f"{a} {symbol} {b} if {same} else {prefix}equal({a}, {b})", "bool")

    return write


def _binary(function: str, kind: str = "") -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        b = t.pop()
        a = t.pop()
        t.compute(f"{function}({a}, {b})", kind)

    return write


def _negate(t: Translator, i: Instruction) -> None:
    a = t.pop()
    if a.isdigit():
        t.push(f"-{a}" if a != "0" else "0")
    elif t.kind(a) in ("int", "float"):
        t.compute(f"-{a}", t.kind(a))
    else:
        t.compute(f"-{a} if type({a}) is int else negate({a})")


def _not(t: Translator, i: Instruction) -> None:
    t.compute(f"not {t.truth(t.pop())}", "bool")


def _to_bool(t: Translator, i: Instruction) -> None:
    a = t.pop()
    if t.kind(a) == "bool":
        t.push(a)
    else:
        t.compute(t.truth(a), "bool")


def _range(t: Translator, i: Instruction) -> None:
    b = t.pop()
    a = t.pop()
    t.compute(f"make_range({a}, {b}, {bool(i[1])})", "range")


def _concat(t: Translator, i: Instruction) -> None:
    parts = []
    for name in t.take(i[1]):
        kind = t.kind(name)
        if kind == "str":
            parts.append(name)
        elif kind == "int":
            parts.append(f"display_int({name})")
        else:
            parts.append(f"{name} if type({name}) is str else display({name})")
    t.compute(f'"".join(({", ".join(parts)},))', "str")


# --- collections -------------------------------------------------------------------------------------------------


def _list(t: Translator, i: Instruction) -> None:
    t.compute(f"[{', '.join(t.take(i[1]))}]", "list")


def _list_extend(t: Translator, i: Instruction) -> None:
    more = t.pop()
    t.out.line(f"list_extend({t.stack[-1]}, {more})")


def _dict(t: Translator, i: Instruction) -> None:
    parts = t.take(2 * i[1])
    entries = []
    for key, value in zip(parts[::2], parts[1::2]):
        is_text = t.kind(key) == "str"
        entries.append(f"{key if is_text else f'key_text({key})'}: {value}")
    t.compute("{" + ", ".join(entries) + "}", "dict")


def _dict_merge(t: Translator, i: Instruction) -> None:
    more = t.pop()
    t.out.line(f"dict_merge({t.stack[-1]}, {more})")


def _struct(t: Translator, i: Instruction) -> None:
    t.compute(f"StructInstance(module.struct_type({t.operand(i, 1)!r}), {t.pop()})")


def _struct_type(t: Translator, i: Instruction) -> None:
    t.compute(f"Closure(None, (), module, module.struct_type({t.operand(i, 1)!r}))")


def _impl(t: Translator, i: Instruction) -> None:
    closures = ", ".join(t.take(i[3]))
    t.out.line(f"add_methods(module, {t.operand(i, 1)!r}, {t.operand(i, 2)!r}, [{closures}])")


def _enum(t: Translator, i: Instruction) -> None:
    fields = t.take(i[3])
    made = f"({', '.join(fields)},)" if fields else "()"
    t.compute(f"EnumVariant({t.operand(i, 1)!r}, {t.operand(i, 2)!r}, {made})")


def _enum_extend(t: Translator, i: Instruction) -> None:
    variant = t.pop()
    fields = t.pop()
    t.compute(f"EnumVariant({variant}.enum, {variant}.variant, tuple({fields}))")


def _index(t: Translator, i: Instruction) -> None:
    key = t.pop()
    obj = t.pop()
    if t.is_literal(obj):
        t.compute(f"get_index({obj}, {key})")
        return
    is_list = "" if t.kind(obj) == "list" else f"type({obj}) is list"
    tests = (is_list, _int_test(t, key), f"-len({obj}) <= {key} < len({obj})")
    guard = " and ".join(part for part in tests if part)
    t.compute(f"{obj}[{key}] if {guard} else get_index({obj}, {key})")


def _slice(t: Translator, i: Instruction) -> None:
    end = t.pop()
    start = t.pop()
    t.compute(f"slice_value({t.pop()}, {start}, {end})")


def _prop(t: Translator, i: Instruction) -> None:
    obj = t.pop()
    name = repr(t.operand(i, 1))
    if t.is_literal(obj):
        t.compute(f"get_property({obj}, {name})")
        return
    if name == "'count'":
        t.compute(f"len({obj}) if type({obj}) is list else get_property({obj}, 'count')")
        return
    fast = f"{obj}.fields.get({name}) if type({obj}) is StructInstance else {obj}.get({name}) if type({obj}) is dict"
    t.compute(f"{fast} else get_property({obj}, {name})")


def _prop_optional(t: Translator, i: Instruction) -> None:
    t.compute(f"get_property_optional({t.pop()}, {t.operand(i, 1)!r})")


def _place(t: Translator, i: Instruction) -> tuple[str, str]:
    """The holder and the key of a variable that is not a local, as arguments; a variable must have been declared."""
    if i[1] == 1:
        t.out.line(f"if l{i[2]}.value is UNSET: raise bare_error('Undefined variable')")
        return f"l{i[2]}", "None"
    t.out.line(f"if module.variables[{i[2]}] is UNSET: raise undefined(module.compiled.variables[{i[2]}])")
    return "module.variables", str(i[2])


def _store_path(t: Translator, i: Instruction) -> None:
    indexes = t.take(i[4])
    value = t.pop()
    path = t.operand(i, 3)
    rest = iter(indexes)
    steps = ", ".join(next(rest) if step is None else repr(step) for step in path)
    named = [step is not None for step in path]
    if i[1] == 0 and len(path) == 1:
        _store_one(t, i[2], steps, named[0], value)
    elif i[1] == 0:
        t.store(i[2], f"store_into(l{i[2]}, [{steps}], {named}, 0, {value})")
    else:
        holder, key = _place(t, i)
        t.out.line(f"store_part({holder}, {key}, [{steps}], {named}, {value})")


def _store_one(t: Translator, slot: int, step: str, named: bool, value: str) -> None:
    """One level: at once where the local alone holds a list, dict or struct that takes the step."""
    t.keep_aside(slot)
    name = f"l{slot}"
    t.note_store(slot, t.kind(name))
    alone = f"getrefcount({name}) == UNIQUE_LOCAL"
    if t.kind(name) == "list" and not named:
        test = " and ".join(part for part in (_int_test(t, step), f"0 <= {step} < len({name})", alone) if part)
        with t.out.suite(f"if {test}:"):
            t.out.line(f"{name}[{step}] = {value}")
    elif named:
        with t.out.suite(f"if type({name}) is StructInstance and {alone}:"):
            t.out.line(f"{name}.fields[{step}] = {value}")
    else:
        test = " and ".join(part for part in (_int_test(t, step), f"0 <= {step} < len({name})") if part)
        with t.out.suite(f"if type({name}) is list and {test} and {alone}:"):
            t.out.line(f"{name}[{step}] = {value}")
        with t.out.suite(f"elif type({name}) is dict and type({step}) is str and {alone}:"):
            t.out.line(f"{name}[{step}] = {value}")
    with t.out.suite("else:"):
        t.out.line(f"{name} = store_into({name}, [{step}], [{named}], 0, {value})")


def _add_store(t: Translator, i: Instruction) -> None:
    more = t.pop()
    if i[1] != 0:
        holder, key = _place(t, i)
        t.out.line(f"add_to({holder}, {key}, {more})")
        return
    slot, name = i[2], f"l{i[2]}"
    t.keep_aside(slot)
    kinds = t.kind(name), t.kind(more)
    if kinds[0] == kinds[1] and kinds[0] in ("int", "float", "str"):
        t.note_store(slot, kinds[0])
        t.out.line(f"{name} += {more}")
        return
    if kinds[0] == "float" and more.lstrip("-").isdigit():
        t.note_store(slot, "float")
        t.out.line(f"{name} += {more}")
        return
    if kinds == ("list", "list"):
        t.note_store(slot, "list")
        with t.out.suite(f"if getrefcount({name}) == UNIQUE_LOCAL:"):
            t.out.line(f"{name}.extend({more})")
        with t.out.suite("else:"):
            t.out.line(f"{name} = {name} + {more}")
        return
    t.note_store(slot, "")
    if kinds[1] not in ("list", "dict"):
        with t.out.suite(f"if (n := type({name})) is type({more}) and (n is int or n is float or n is str):"):
            t.out.line(f"{name} += {more}")
        with t.out.suite("else:"):
            t.out.line(f"{name} = add_in_place({name}, {more})")
    else:
        t.out.line(f"{name} = add_in_place({name}, {more})")


def _method_store(t: Translator, i: Instruction) -> None:
    args = ", ".join(t.take(i[4]))
    name = repr(t.operand(i, 3))
    if i[1] == 0:
        t.store(i[2], f"method_in_place(fiber, l{i[2]}, {name}, [{args}])")
    else:
        holder, key = _place(t, i)
        t.out.line(f"method_to(fiber, {holder}, {key}, {name}, [{args}])")


# --- calls -------------------------------------------------------------------------------------------------------


def _call(t: Translator, i: Instruction) -> None:
    callee = t.pop()
    args = t.take(i[1])
    known = t.constants.get(callee)
    listed = ", ".join(args)
    if isinstance(known, Builtin):
        direct = (
            known.max_args is not None
            and known.min_args <= len(args) <= known.max_args
            and not known.effects
            and not known.is_async
        )
        if direct:
            fiber = ["fiber"] if known.wants_fiber else []
            kind = _RESULT_KINDS.get(known.name, "")
            t.compute(f"{t.constant(known.fn)}({', '.join([*fiber, *args])})", kind)
        else:
            t.compute(f"call_builtin(fiber, {callee}, [{listed}])")
        return
    if t.is_literal(callee):
        t.compute(f"call_value(fiber, {callee}, [{listed}])")
        return
    if callee == "closure" and len(args) == len(t.chunk.parameters) and not t.chunk.has_rest:
        t.compute(f"self_body(fiber, closure, {listed})" if args else "self_body(fiber, closure)")
        return
    result = t.fresh()
    direct_args = "".join(f", {arg}" for arg in args)
    test = f"type({callee}) is Closure and (f := {callee}.function) is not None and f.arity == {len(args)}"
    with t.out.suite(f"if {test}:"):
        t.out.line(f"{result} = f.body(fiber, {callee}{direct_args})")
    with t.out.suite("else:"):
        t.out.line(f"{result} = call_value(fiber, {callee}, [{listed}])")
    t.push(result)


def _call_spread(t: Translator, i: Instruction) -> None:
    callee = t.pop()
    t.compute(f"call_value(fiber, {callee}, list({t.pop()}))")


def _tail_call(t: Translator, i: Instruction) -> None:
    callee = t.pop()
    args = t.take(i[1])
    inside_loop = any(each.is_loop for each in t.open[1:]) if t.function_loop is not None else False
    if callee == "closure" and t.function_loop is not None and not inside_loop and len(args) == len(t.chunk.parameters):
        for slot, arg in enumerate(args):
            t.note_store(slot, t.kind(arg))
        if args:
            targets = ", ".join(f"l{slot}" for slot in range(len(args)))
            t.out.line(f"{targets} = {', '.join(args)}")
        t.again()
    elif isinstance(t.constants.get(callee), Builtin):
        t.stack.extend([*args, callee])
        _call(t, (int(Op.CALL), i[1]))
        return
    else:
        t.trampoline = True
        t.out.line(f"return TailCall({callee}, [{', '.join(args)}])")
    t.push("None")
    t.reachable = False


def _tail_call_spread(t: Translator, i: Instruction) -> None:
    callee = t.pop()
    t.trampoline = True
    t.out.line(f"return TailCall({callee}, list({t.pop()}))")
    t.push("None")
    t.reachable = False


def _method(t: Translator, i: Instruction) -> None:
    args = t.take(i[2])
    obj = t.pop()
    name = repr(t.operand(i, 1))
    if t.is_literal(obj):
        t.compute(f"call_method(fiber, {obj}, {name}, [{', '.join(args)}])")
        return
    result = t.fresh()
    listed = "".join(f", {arg}" for arg in args)
    with t.out.suite(f"if type({obj}) is StructInstance:"):
        t.out.line(f"m = {obj}.type.methods.get({name})")
        with t.out.suite(f"if m is not None and m.function.arity == {len(args) + 1}:"):
            t.out.line(f"{result} = m.function.body(fiber, m, {obj}{listed})")
        with t.out.suite("else:"):
            t.out.line(f"{result} = call_method(fiber, {obj}, {name}, [{', '.join(args)}])")
    with t.out.suite("else:"):
        t.out.line(f"{result} = call_method(fiber, {obj}, {name}, [{', '.join(args)}])")
    t.push(result)


def _method_optional(t: Translator, i: Instruction) -> None:
    args = ", ".join(t.take(i[2]))
    obj = t.named(t.pop())
    t.compute(f"None if {obj} is None else call_method(fiber, {obj}, {t.operand(i, 1)!r}, [{args}])")


def _method_spread(t: Translator, i: Instruction) -> None:
    args = t.pop()
    t.compute(f"call_method(fiber, {t.pop()}, {t.operand(i, 1)!r}, list({args}))")


def _method_spread_optional(t: Translator, i: Instruction) -> None:
    args = t.pop()
    obj = t.named(t.pop())
    t.compute(f"None if {obj} is None else call_method(fiber, {obj}, {t.operand(i, 1)!r}, list({args}))")


def _pipe(t: Translator, i: Instruction) -> None:
    target = t.pop()
    t.compute(f"call_value(fiber, pipe_target(fiber, {target}), [{t.pop()}])")


def _tail_pipe(t: Translator, i: Instruction) -> None:
    target = t.pop()
    t.trampoline = True
    t.out.line(f"return TailCall(pipe_target(fiber, {target}), [{t.pop()}])")
    t.push("None")
    t.reachable = False


def _entry(t: Translator, i: Instruction) -> None:
    children = {name: t.children[child] for name, child in t.operand(i, 1).items()}
    slots = "{" + ", ".join(f"{slot}: l{slot}" for slot in sorted(t.assigned)) + "}"
    t.trampoline = True
    t.out.line(f"return TailCall(entry_closure(closure, module, {t.constant(children)}, {slots}), [])")
    t.push("None")
    t.reachable = False


def _yield(t: Translator, i: Instruction) -> None:
    t.out.line(f"fiber = yield {t.pop()}")


# --- the rest ----------------------------------------------------------------------------------------------------


def _throw(t: Translator, i: Instruction) -> None:
    t.out.line(f"raise thrown({t.pop()})")
    t.reachable = False


def _rethrow(t: Translator, i: Instruction) -> None:
    t.out.line(f"raise l{i[1]}")
    t.reachable = False


def _raise(t: Translator, i: Instruction) -> None:
    kind = ("type_error", "runtime_error", "bare_error")[i[1]]
    t.out.line(f"raise {kind}({t.operand(i, 2)!r})")
    t.reachable = False


def _check_param(t: Translator, i: Instruction) -> None:
    schema = t.operand(i, 3)
    check = t.constant(_compiled_check(schema))
    t.out.line(f"if not {check}(l{i[1]}): check_parameter({t.operand(i, 2)!r}, l{i[1]}, {t.constant(schema)})")


def _compiled_check(schema: Any) -> Any:
    """The compiled check of a parameter's schema."""
    from harnpy.vm.schema import compile_parameter_check

    return compile_parameter_check(schema)


def _on_top(function: str) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        parts = [t.pop()]
        for place in range(1, len(i)):
            parts.append(repr(i[place]))
        t.compute(f"{function}({', '.join(parts)})")

    return write


def _check_kind(function: str) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        t.out.line(f"{function}({t.stack[-1]})")

    return write


def _dict_item(t: Translator, i: Instruction) -> None:
    t.compute(f"{t.pop()}.get({t.operand(i, 1)!r})")


def _dict_rest(t: Translator, i: Instruction) -> None:
    t.compute(f"dict_rest({t.pop()}, {t.operand(i, 1)!r})")


def _list_rest(t: Translator, i: Instruction) -> None:
    t.compute(f"{t.pop()}[{i[1]}:]")


def _match_enum(t: Translator, i: Instruction) -> None:
    value = t.named(t.pop())
    test = f"{value}.variant == {t.operand(i, 2)!r} and {value}.enum == {t.operand(i, 1)!r}"
    t.compute(f"type({value}) is EnumVariant and {test}", "bool")


def _is_dict(t: Translator, i: Instruction) -> None:
    t.compute(f"type({t.pop()}) is dict", "bool")


def _is_list(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.compute(f"type({value}) is list and len({value}) >= {i[1]}", "bool")


def _statement(text: str, pops: bool = False) -> WriterOf:
    def write(t: Translator, i: Instruction) -> None:
        t.out.line(text.format(t.pop()) if pops else text)

    return write


def _parallel(t: Translator, i: Instruction) -> None:
    limit, operand, body = t.take(3)
    t.compute(f"fiber.parallel({t.operand(i, 1)!r}, {operand}, {body}, {limit})")


def _spawn(t: Translator, i: Instruction) -> None:
    t.compute(f"fiber.spawn({t.pop()})")


def _check_imported(t: Translator, i: Instruction) -> None:
    t.out.line(f"refuse_imported(module, {t.operand(i, 1)!r})")


WRITERS: dict[Op, WriterOf] = {
    Op.NIL: _nil,
    Op.TRUE: _true,
    Op.FALSE: _false,
    Op.CONST: _const,
    Op.DATA: _data,
    Op.LOAD: _load,
    Op.STORE: _store,
    Op.CLEAR: _clear,
    Op.LOAD_CHECKED: _load_checked,
    Op.NEW_CELL: _new_cell,
    Op.LOAD_CELL: _load_cell,
    Op.STORE_CELL: _store_cell,
    Op.SELF: _self,
    Op.LOAD_MODULE: _load_module,
    Op.STORE_MODULE: _store_module,
    Op.GLOBAL: _global,
    Op.BUILTIN: _builtin,
    Op.HOST: _host,
    Op.POP: _pop,
    Op.DUP: _dup,
    Op.ADD: _arithmetic("+", "add"),
    Op.SUBTRACT: _arithmetic("-", "subtract"),
    Op.MULTIPLY: _arithmetic("*", "multiply"),
    Op.DIVIDE: _divide,
    Op.MODULO: _modulo,
    Op.POWER: _binary("power"),
    Op.NEGATE: _negate,
    Op.NOT: _not,
    Op.EQUAL: _equality(False),
    Op.NOT_EQUAL: _equality(True),
    Op.LESS: _comparison("<"),
    Op.GREATER: _comparison(">"),
    Op.LESS_EQUAL: _comparison("<="),
    Op.GREATER_EQUAL: _comparison(">="),
    Op.CONTAINS: _binary("contains", "bool"),
    Op.TO_BOOL: _to_bool,
    Op.RANGE: _range,
    Op.CONCAT: _concat,
    Op.LIST: _list,
    Op.LIST_EXTEND: _list_extend,
    Op.DICT: _dict,
    Op.DICT_MERGE: _dict_merge,
    Op.STRUCT: _struct,
    Op.STRUCT_TYPE: _struct_type,
    Op.IMPL: _impl,
    Op.ENUM: _enum,
    Op.ENUM_EXTEND: _enum_extend,
    Op.INDEX: _index,
    Op.SLICE: _slice,
    Op.PROP: _prop,
    Op.PROP_OPTIONAL: _prop_optional,
    Op.STORE_PATH: _store_path,
    Op.ADD_STORE: _add_store,
    Op.METHOD_STORE: _method_store,
    Op.CALL: _call,
    Op.CALL_SPREAD: _call_spread,
    Op.TAIL_CALL: _tail_call,
    Op.TAIL_CALL_SPREAD: _tail_call_spread,
    Op.METHOD: _method,
    Op.METHOD_OPTIONAL: _method_optional,
    Op.METHOD_SPREAD: _method_spread,
    Op.METHOD_SPREAD_OPTIONAL: _method_spread_optional,
    Op.PIPE: _pipe,
    Op.TAIL_PIPE: _tail_pipe,
    Op.YIELD: _yield,
    Op.THROW: _throw,
    Op.RETHROW: _rethrow,
    Op.RAISE: _raise,
    Op.CHECK_PARAM: _check_param,
    Op.CHECK_DICT: _check_kind("as_dict"),
    Op.CHECK_LIST: _check_kind("as_list"),
    Op.DICT_ITEM: _dict_item,
    Op.LIST_ITEM: _on_top("list_item"),
    Op.DICT_REST: _dict_rest,
    Op.LIST_REST: _list_rest,
    Op.MATCH_ENUM: _match_enum,
    Op.ENUM_FIELD: _on_top("enum_field"),
    Op.IS_DICT: _is_dict,
    Op.IS_LIST: _is_list,
    Op.DEADLINE_ENTER: _statement("fiber.enter_deadline({})", pops=True),
    Op.DEADLINE_EXIT: _statement("fiber.exit_deadline()"),
    Op.MAY_RETRY: lambda t, i: t.compute("not fiber.has_passed_deadline", "bool"),
    Op.MUTEX_ENTER: _statement("fiber.runtime.mutex.acquire(fiber)"),
    Op.MUTEX_EXIT: _statement("fiber.runtime.mutex.release(fiber)"),
    Op.PARALLEL: _parallel,
    Op.SPAWN: _spawn,
    Op.DEFER: _statement("defers.append({})", pops=True),
    Op.RUN_DEFERS: _statement("run_deferred(fiber, defers)"),
    Op.CHECK_IMPORTED: _check_imported,
    Op.ENTRY: _entry,
}

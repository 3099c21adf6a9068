"""Building values and reading their parts in translated code."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.bytecode.opcodes import Op
from harnpy.jit.arithmetic import Guarded, hand_over
from harnpy.jit.field_kinds import test_of_kinds
from harnpy.jit.kinds import ANY, BOOL, DICT, ENUM, INT, LIST, NIL, OTHER, STR, STRUCT, TYPE_NAME
from harnpy.jit.operands import Operand

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.jit.translator import Translator

# Properties that lists and strings have; the others belong to dicts and structs.
_SEQUENCE_PROPERTIES = {
    "count": "len({0})",
    "empty": "not {0}",
    "first": "{0}[0] if {0} else None",
    "last": "{0}[-1] if {0} else None",
}


def list_(t: Translator, i: Instruction) -> None:
    items = t.take(i[1])
    for item in items:
        t.escape(item)
    made = t.push_expression(f"[{', '.join(each.text for each in items)}]", LIST, items)
    made.items = items


def list_extend(t: Translator, i: Instruction) -> None:
    more = t.pop()
    t.share_parts(more)
    target = t.named(t.pop(), None) if more.is_name else None
    if target is None:
        waiting = [t.pop()]
        more = t.named(more, waiting)
        target = t.named(waiting[0])
    t.escape(more)
    t.emit(f"list_extend({target.text}, {more.text})", [target, more])
    t.push(Operand(target.text, LIST, True, None))


def dict_(t: Translator, i: Instruction) -> None:
    parts = t.take(2 * i[1])
    entries = []
    for key, value in zip(parts[::2], parts[1::2]):
        t.escape(value)
        entries.append(f"{key.text if t.kinds(key) == STR else f'key_text({key.text})'}: {value.text}")
    made = t.push_expression("{" + ", ".join(entries) + "}", DICT, parts)
    made.items = parts


def dict_merge(t: Translator, i: Instruction) -> None:
    more = t.pop()
    t.share_parts(more)
    waiting = [t.pop()]
    more = t.named(more, waiting)
    target = t.named(waiting[0])
    t.escape(more)
    t.emit(f"dict_merge({target.text}, {more.text})", [target, more])
    t.push(Operand(target.text, DICT, True, None))


def struct(t: Translator, i: Instruction) -> None:
    fields = t.pop()
    kind = t.constant(t.function.module.struct_type(t.operand(i, 1)))
    t.escape(fields)
    # Without __init__, which would cost as much as all the rest.
    name = t.fresh()
    t.spill()
    resume, operations = t.resume([fields])
    t.out.line(f"{name} = new(StructInstance)")
    t.out.line(f"{name}.fields = {fields.text}", resume, operations)
    t.out.line(f"{name}.type = {kind}")
    _note_fields(t, name, fields.items)
    t.push_result(name, STRUCT)
    t.stack[-1].items = fields.items


def _note_fields(t: Translator, name: str, entries: list[Operand] | None) -> None:
    """A struct has been made: say so where its fields may hold something new. entries: keys and values, if written out."""
    kinds = t.fields
    if kinds is None:
        return
    tests: list[str] = []
    for key, value in zip(entries[::2], entries[1::2]) if entries is not None else ():
        if key.text[0] not in "'\"":
            entries = None
            break
        field = eval(key.text)
        test = new_kind_test(t, field, t.kinds(value), f"{name}.fields[{key.text}]")
        if test:
            tests.append(test)
    if entries is None:
        tests = [""]
    if tests:
        head = "" if "" in tests else f"if {' or '.join(tests)}: "
        t.out.line(f"{head}{t.constant(kinds.note)}({name}.fields)")


def new_kind_test(t: Translator, field: str, value: int, text: str) -> str | None:
    """The test whether text, of the kinds in value, is of a kind that a field is not known to hold.

    None when it cannot be, or need not be known; empty when it always has to be noted.
    """
    fields = t.fields
    assert fields is not None
    known = fields.kinds(field)
    if not value & ~known:
        return None
    if not known & value and known:
        fields.allow(field, value)
        return None
    if not fields.matters(field, t.function.module):
        fields.allow(field, ANY)
        return None
    if not known:
        if value & (value - 1):
            return ""
        fields.allow(field, value)
        return None
    test = test_of_kinds(text, known)
    if test is None:
        fields.allow(field, ANY)
        return None
    return f"not ({test})"


def struct_type(t: Translator, i: Instruction) -> None:
    t.emit_result(f"Closure(None, (), module, struct_type({t.text(i, 1)}))", [], OTHER)


def impl(t: Translator, i: Instruction) -> None:
    closures = t.names_of(t.take(i[3]))
    listed = ", ".join(each.text for each in closures)
    t.emit(f"add_methods(module, {t.text(i, 1)}, {t.text(i, 2)}, [{listed}])", closures)


def enum(t: Translator, i: Instruction) -> None:
    fields = t.take(i[3])
    for field in fields:
        t.escape(field)
    made = f"({', '.join(each.text for each in fields)},)" if fields else "()"
    t.push_expression(f"EnumVariant({t.text(i, 1)}, {t.text(i, 2)}, {made})", ENUM, fields)


def enum_extend(t: Translator, i: Instruction) -> None:
    variant = t.pop()
    waiting = [t.pop()]
    variant = t.named(variant, waiting)
    fields = t.named(waiting[0])
    t.emit_result(
        f"EnumVariant({variant.text}.enum, {variant.text}.variant, tuple({fields.text}))", [fields, variant], ENUM
    )


def index(t: Translator, i: Instruction) -> None:
    key, obj = t.pop(), t.pop()
    kinds = t.kinds(obj)
    followed_by_default = t.layout.instructions[t.index + 1][0] == Op.COALESCE
    result = STR | NIL if kinds == STR else ANY
    if not obj.is_literal and not t.missed("TypeError"):
        maybe_missing = t.missed("KeyError") or (followed_by_default and not kinds & (LIST | STR))
        if maybe_missing and not kinds & ~DICT and t.kinds(key) & STR:
            g = Guarded(t, obj, key)
            g.exactly(1, STR)
            g.push("{}.get({})", result)
            return
        if not t.missed() and obj.is_name and key.is_name and t.parts:
            part = t.parts.get((obj.text, t.path_key(key)))
            if part is not None:
                t.push_expression(part[0], ANY, [obj, key]).part_of = obj.aliases
                return
        if not t.missed():
            g = Guarded(t, obj, key)
            if kinds & ~DICT and g.kinds[1] & ~(STR | INT):
                g.no_bool(1)
            g.push("{}[{}]", STR if kinds == STR else ANY)
            t.stack[-1].part_of = obj.aliases
            return
    if t.in_expression:
        hand_over(t, [obj, key])
        return
    names = t.names_of([obj, key])
    x, y = (each.text for each in names)
    if obj.is_literal:
        t.emit_result(f"get_index({x}, {y})", names)
        return
    in_list = f"{x}[{y}] if type({x}) is list and type({y}) is int and -len({x}) <= {y} < len({x})"
    in_dict = f"{x}.get({y}) if type({x}) is dict and type({y}) is str"
    if t.missed("KeyError") and not t.missed("IndexError"):
        t.emit_result(f"{in_dict} else get_index({x}, {y})", names)
    else:
        t.emit_result(f"{in_list} else {in_dict} else get_index({x}, {y})", names)


def slice_(t: Translator, i: Instruction) -> None:
    operands = t.take(3)
    t.share_parts(operands[0])
    if not t.missed() and not operands[0].is_literal:
        g = Guarded(t, *operands)
        g.no_bool(1)
        g.no_bool(2)
        g.push("{}[{}:{}]", g.kinds[0] & (LIST | STR))
        return
    operands = t.names_of(operands)
    obj, start, end = (each.text for each in operands)
    kinds = t.kinds(operands[0]) & (LIST | STR)
    t.emit_result(f"slice_value({obj}, {start}, {end})", operands, kinds)


def prop(t: Translator, i: Instruction) -> None:
    obj = t.pop()
    name = t.operand(i, 1)
    quoted = repr(name)
    kinds = t.kinds(obj)
    if not t.missed("TypeError", "AttributeError") and not obj.is_literal:
        guess = _holder(t, name, kinds)
        if guess in (LIST, STR):
            g = Guarded(t, obj)
            if obj.aliases and kinds != guess:
                t.found.wanted.update(obj.aliases)
            g.exactly(0, guess)
            result = INT if name == "count" else BOOL if name == "empty" else ANY
            g.push(_SEQUENCE_PROPERTIES[name], result, natural=True)
            return
        if guess == OTHER:
            text = f"{obj.code}.{name}"
            t.push_expression(text, ANY, [obj], text)
            return
        text = f"{obj.code}.fields" if guess == STRUCT else obj.code
        # A property that is not there gives nil; what has a default is likely to be missing now and then.
        defaulted = kinds == guess and t.layout.instructions[t.index + 1][0] == Op.COALESCE
        maybe_missing = t.missed() or defaulted
        text += f".get({quoted})" if maybe_missing else f"[{quoted}]"
        found = t.field_kinds(name, obj) if guess == STRUCT else ANY
        t.push_expression(text, found | NIL if maybe_missing else found, [obj], text).part_of = obj.aliases
        return
    if t.in_expression:
        hand_over(t, [obj])
        return
    obj = t.named(obj)
    x = obj.text
    if name in _SEQUENCE_PROPERTIES:
        fast = f"len({x}) if type({x}) is list else " if name == "count" else ""
        if name == "first":
            fast = f"{x}.first if type({x}) is Pair else "
        t.emit_result(f"{fast}get_property({x}, {quoted})", [obj])
        return
    fast = f"{x}.fields.get({quoted}) if type({x}) is StructInstance else {x}.get({quoted}) if type({x}) is dict"
    if name == "second":
        fast = f"{x}.second if type({x}) is Pair else {fast}"
    t.emit_result(f"{fast} else get_property({x}, {quoted})", [obj])


def _holder(t: Translator, name: str, kinds: int) -> int:
    """The kind of value that is guessed to have a property."""
    if kinds in (STRUCT, DICT):
        return kinds
    if name in ("first", "second") and kinds & OTHER and name not in t.struct_fields and "second" in t.chunk.constants:
        return OTHER  # a pair, whose halves are attributes
    if name in _SEQUENCE_PROPERTIES and kinds & (LIST | STR):
        return LIST if kinds & LIST or name in ("first", "last") else STR
    if not kinds & STRUCT:
        return DICT
    return STRUCT if name in t.struct_fields or not kinds & DICT else DICT


def prop_optional(t: Translator, i: Instruction) -> None:
    obj = t.pop()
    t.push_expression(f"get_property_optional({obj.text}, {t.text(i, 1)})", ANY, [obj])


# --- matching ------------------------------------------------------------------------------------------------------------


def check_kind(function: str, kind: int) -> Callable[[Translator, Instruction], None]:
    def write(t: Translator, i: Instruction) -> None:
        value = t.named(t.pop())
        if t.kinds(value) != kind:
            t.emit(f"if type({value.text}) is not {TYPE_NAME[kind]}: {function}({value.text})", [value])
            t.learn(value.text, kind)
        t.push(value)

    return write


def dict_item(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.share_parts(value)
    t.push_expression(f"{value.code}.get({t.text(i, 1)})", ANY, [value])


def dict_rest(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.share_parts(value)
    t.push_expression(f"dict_rest({value.text}, {t.text(i, 1)})", DICT, [value])


def list_item(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.share_parts(value)
    if t.missed():
        t.push_expression(f"list_item({value.text}, {i[1]})", ANY, [value])
    else:
        text = f"{value.code}[{i[1]}]"
        t.push_expression(text, ANY, [value], text)


def list_rest(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.share_parts(value)
    t.push_expression(f"{value.code}[{i[1]}:]", LIST, [value])


def match_enum(t: Translator, i: Instruction) -> None:
    value = t.named(t.pop())
    x = value.text
    test = f"{x}.variant == {t.text(i, 2)} and {x}.enum == {t.text(i, 1)}"
    if not t.missed() and t.kinds(value) & ENUM:
        t.push_expression(test, BOOL, [value], test)
    else:
        t.push_expression(f"type({x}) is EnumVariant and {test}", BOOL, [value])


def enum_field(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.push_expression(f"enum_field({value.text}, {i[1]})", ANY, [value])


def is_dict(t: Translator, i: Instruction) -> None:
    value = t.pop()
    t.push_expression(f"type({value.text}) is dict", BOOL, [value])


def is_list(t: Translator, i: Instruction) -> None:
    value = t.named(t.pop())
    t.push_expression(f"type({value.text}) is list and len({value.text}) >= {i[1]}", BOOL, [value])

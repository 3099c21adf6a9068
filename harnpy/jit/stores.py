"""Assignments that may work in place, in translated code.

A local whose list, dict or struct nobody else holds can be changed at once. Whether that is so is known while
translating (the value was made here and never given away), or at run time from a variable `o3` beside the local `l3`,
or else from the reference count.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.jit.access import new_kind_test
from harnpy.jit.arithmetic import push_sum
from harnpy.jit.kinds import ANY, BOOL, DICT, INT, LIST, NUMBER, SET, STR, STRUCT
from harnpy.jit.knowledge import FIELD_FITS
from harnpy.jit.operands import Operand
from harnpy.jit.support import UNIQUE_LOCAL, UNIQUE_PART
from harnpy.vm.in_place import IN_PLACE
from harnpy.vm.values import HarnSet

if TYPE_CHECKING:
    from harnpy.jit.translator import Translator

_TYPES = {LIST: "list", DICT: "dict", STRUCT: "StructInstance"}


def _place(t: Translator, i: Instruction) -> tuple[str, str]:
    """The holder and the key of a variable that is not a local, as arguments; a variable must have been declared."""
    if i[1] == 1:
        t.out.line(f"if l{i[2]}.value is UNSET: raise bare_error('Undefined variable')")
        return f"l{i[2]}", "None"
    t.out.line(f"if module.variables[{i[2]}] is UNSET: raise undefined(module.compiled.variables[{i[2]}])")
    return "module.variables", str(i[2])


def _flag(t: Translator, slot: int, kind: int) -> bool:
    """Ask for a variable that says whether the local's value, of that kind, is its own; False if it says other things."""
    wanted = t.assumed.flagged.get(slot) or t.found.flagged.get(slot)
    if wanted is None:
        t.found.flagged[slot] = _TYPES[kind]
        return False
    return wanted == _TYPES[kind] and slot in t.assumed.flagged


def store_path(t: Translator, i: Instruction) -> None:
    indexes = t.take(i[4])
    value = t.pop()
    path = t.operand(i, 3)
    if value.aliases:
        t.escape(value)
    operands = [value, *indexes]
    if i[1] != 0:
        names = t.names_of(operands)
        t.spill()
        rest = iter(names[1:])
        steps = ", ".join(next(rest).text if step is None else repr(step) for step in path)
        named = [step is not None for step in path]
        holder, key = _place(t, i)
        t.emit(f"store_part({holder}, {key}, [{steps}], {named}, {names[0].text})", names)
        return
    slot = i[2]
    operands, expected = _expect_kind(t, slot, path, operands)
    t.keep_aside(slot)
    if expected:
        t.out.quiet.add("store_into")
    if len(path) == 1:
        _store_one(t, slot, path[0], operands)
    else:
        _store_deep(t, slot, path, operands)
    t.out.quiet.discard("store_into")
    kinds = t.facts.get(f"l{slot}", t.assumed.kinds.get(slot, 0))
    facts = t.facts.get(f"l{slot}")
    before = t.parts
    t.note_store(slot, kinds)
    if facts is not None:
        t.facts[f"l{slot}"] = facts
    if t.verified is not None:
        # The part that was stored into is still its container's alone; what was replaced in it is another one.
        path_known, checked, last = t.verified
        replaced = (*path_known, last)
        t.parts = {each: part for each, part in before.items() if each[: len(replaced)] != replaced}
        t.parts.update(checked)
        t.verified = None


def _expect_kind(
    t: Translator, slot: int, path: tuple[str | None, ...], operands: list[Operand]
) -> tuple[list[Operand], bool]:
    """Test whether the value that goes into a field is of a kind that is expected there: the interpreter stores others.

    The operands, and whether the kind is expected, so that nobody has to be told.
    """
    field, value = path[-1], operands[0]
    if field is None or t.fields is None:
        return operands, True
    holder = t.facts.get(f"l{slot}", t.assumed.kinds.get(slot, 0)) & (DICT | STRUCT) if len(path) == 1 else 0
    if t.missed() or _container_of(t, field, holder) == DICT:
        return operands, not t.kinds(value) & ~t.fields.kinds(field)
    if new_kind_test(t, field, t.kinds(value), value.text) is None:
        return operands, True
    operands = t.names_of(operands)
    value = operands[0]
    t.spill()
    resume, operations = t.resume(operands)
    test = new_kind_test(t, field, t.kinds(value), value.text)
    if test:
        wrong = f"bad({t.index})"
        t.out.line(f"if {test}: {wrong}", resume, (*operations, (wrong, FIELD_FITS)))
        t.learn(value.text, t.fields.kinds(field))
    else:
        t.out.line(f"{t.constant(t.fields.note_one)}({field!r}, {value.text})")
    return operands, True


def _container_of(t: Translator, field: str, kinds: int) -> int:
    """The kind of container that is guessed to have a part of that name."""
    return kinds if kinds in (DICT, STRUCT) else STRUCT if field in t.struct_fields else DICT


def _slow(slot: int, steps: str, named: list[bool], value: str) -> str:
    return f"l{slot} = store_into(l{slot}, [{steps}], {named}, 0, {value})"


def _store_one(t: Translator, slot: int, step: str | None, operands: list[Operand]) -> None:
    name = f"l{slot}"
    kinds = t.facts.get(name, t.assumed.kinds.get(slot, 0)) & (LIST | DICT | STRUCT)
    if step is not None:
        guess = _container_of(t, step, kinds)
        key = repr(step)
        target = f"{name}.fields[{key}]" if guess == STRUCT else f"{name}[{key}]"
        test = ""
        operands = [operands[0]]
    else:
        at = operands[1]
        key_kinds = t.kinds(at)
        guess = kinds if kinds in (LIST, DICT) else DICT if key_kinds == STR else LIST
        if (guess == LIST and key_kinds & BOOL) or (guess == DICT and key_kinds != STR):
            operands = t.names_of(operands)
            at = operands[1]
            test = f"type({at.text}) is {'int' if guess == LIST else 'str'}"
        else:
            test = ""
        key = at.text
        target = f"{name}[{key}]"
    value = operands[0].text
    t.spill()
    store = f"{target} = {value}"
    slow = _slow(slot, key, [step is not None], value)
    if not t.missed():
        if t.is_owned(slot) and kinds == guess:
            if not test:
                t.emit(store, operands, store)
                return
            with_test = [f"if {test}:", store]
            _suites(t, operands, [with_test, ["else:", slow]])
            return
        if _flag(t, slot, guess):
            if test or all(each.is_name for each in operands):
                both = f"o{slot} and {test}" if test else f"o{slot}"
                _suites(t, operands, [[f"if {both}:", store], ["else:", slow, _now_owned(slot, guess)]])
            else:
                t.out.line(f"if not o{slot}: {name}, o{slot} = own_{_TYPES[guess].lower()}({name})")
                _suites(t, operands, [[f"if o{slot}:", store], ["else:", slow]])
            return
    names = t.names_of(operands)
    value = names[0].text
    key = key if step is not None else names[1].text
    t.emit(_slow(slot, key, [step is not None], value), names)


def _now_owned(slot: int, kind: int) -> str:
    return f"o{slot} = type(l{slot}) is {_TYPES[kind]}"


def _suites(t: Translator, operands: list[Operand], suites: list[list[str]]) -> None:
    """Write alternatives; each line can be taken up again by the interpreter, before the store."""
    resume, operations = t.resume(operands)
    for head, *lines in suites:
        with t.out.suite(head, resume, operations):
            for line in lines:
                t.out.line(line, resume, (*operations, (line, t.index)))


def _store_deep(t: Translator, slot: int, path: tuple[str | None, ...], operands: list[Operand]) -> None:
    """Through several levels at once, where each part is held by the container around it alone."""
    names = t.names_of(operands)
    keys = iter(names[1:])
    steps = [next(keys) if step is None else None for step in path]
    texts = [key.text if key is not None else repr(step) for step, key in zip(path, steps)]
    slow = _slow(slot, ", ".join(texts), [step is not None for step in path], names[0].text)
    outer = _container(t, path[0], steps[0])
    if t.missed() or not _flag(t, slot, outer):
        t.emit(slow, names)
        return
    name = f"l{slot}"
    tests: list[str] = []
    part = name
    path_known: tuple[str, ...] = (name,)
    checked: list[tuple[tuple[str, ...], tuple[str, str]]] = []
    for level in range(len(path) - 1):
        kind = outer if level == 0 else _container(t, path[level], steps[level])
        key = steps[level]
        step = texts[level] if key is None else t.path_key(key)
        path_known += (step,)
        known = t.parts.get(path_known)
        if known is not None:
            part = known[0]
            continue
        if key is not None and kind == LIST and t.kinds(key) & BOOL:
            tests.append(f"type({key.text}) is int")
        if key is not None:
            # Another key may lead to the same part, which would seem to be shared.
            size = len(path_known)
            t.parts = {
                each: part
                for each, part in t.parts.items()
                if each[: size - 1] != path_known[:-1] or len(each) < size or each[size - 1][0] in "'\""
            }
        # A variable of its own for each part, which is known to be held by its container alone from here on.
        following = t.part_name({part for _, (part, _) in checked})
        read = f"{part}.fields[{step}]" if kind == STRUCT else f"{part}[{step}]"
        tests.append(f"getrefcount({following} := {read}) == {UNIQUE_PART}")
        part = following
        checked.append((path_known, (following, read)))
    last = _container(t, path[-1], steps[-1])
    key = steps[-1]
    if key is not None:
        # A key of any other kind than its container takes would be taken by Python.
        tests.append(f"type({part}) is {_TYPES[last]}")
        if t.kinds(key) & ~(STR if last == DICT else INT | STR):
            tests.append(f"type({key.text}) is {'str' if last == DICT else 'int'}")
    target = f"{part}.fields[{texts[-1]}]" if last == STRUCT else f"{part}[{texts[-1]}]"
    if path[-1] is not None and last == DICT:
        tests.append(f"type({part}) is dict")
    t.spill()
    # Temporaries that hold parts would look like other holders of them.
    used = {each.text for each in (*t.stack, *names)}
    if checked:
        released = sorted(t.holders - used)
        t.holders.difference_update(released)
        released += t.release_parts({part for _, (part, _) in checked})
        if released:
            t.out.line(f"{' = '.join(released)} = None")
    store = f"{target} = {names[0].text}"
    resume, operations = t.resume(names)
    if slot not in t.owned:
        if not any(each[0] == name for each in t.parts):
            t.out.line(f"if not o{slot}: {name}, o{slot} = own_{_TYPES[outer].lower()}({name})")
        if t.facts.get(name, t.assumed.kinds.get(slot, 0)) == outer:
            t.owned.add(slot)  # it is of the kind that can be owned, so it is from here on
        else:
            tests.insert(0, f"o{slot}")
    t.verified = (path_known, checked, texts[-1] if steps[-1] is None else t.path_key(steps[-1]))
    if not tests:
        t.out.line(store, resume, (*operations, (store, t.index)))
        return
    condition = " and ".join(tests)
    with t.out.suite(f"if {condition}:", resume, (*operations, (condition, t.index))):
        t.out.line(store, resume, (*operations, (store, t.index)))
    with t.out.suite("else:"):
        if checked:
            t.out.line(f"{' = '.join(part for _, (part, _) in checked)} = None")
        t.out.line(slow, resume, operations)
        t.out.line(_now_owned(slot, outer))
        # What was shared has been copied: another one than these variables hold.
        for each, (part, read) in (*t.parts.items(), *checked):
            if each[0] == name:
                t.out.line(f"{part} = {read}", resume, operations)


def _container(t: Translator, step: str | None, key: Operand | None) -> int:
    """The kind of container that a step of a path is guessed to lead into."""
    if step is not None:
        return _container_of(t, step, 0)
    return DICT if key is not None and t.kinds(key) == STR else LIST


def add_store(t: Translator, i: Instruction) -> None:
    more = t.pop()
    if i[1] != 0:
        more = t.named(more) if not more.is_name else more
        t.escape(more)
        t.spill()
        holder, key = _place(t, i)
        t.emit(f"add_to({holder}, {key}, {more.text})", [more])
        return
    slot, name = i[2], f"l{i[2]}"
    kinds = t.facts.get(name, t.assumed.kinds.get(slot, 0))
    more_kinds = t.kinds(more)
    if kinds & LIST and more_kinds & LIST and (kinds == LIST or more_kinds == LIST):
        _extend(t, slot, more)
        return
    t.share_parts(more)
    if (kinds & DICT and more_kinds & DICT) or (kinds & LIST and more_kinds & LIST):
        _slow_add(t, slot, more)
        return
    result = _sum(kinds, more_kinds)
    if (not (kinds == more_kinds and kinds in (INT, STR)) and t.missed()) or (not result and kinds and more_kinds):
        t.keep_aside(slot)
        more = t.named(more)
        same = f"(n := type({name})) is type({more.text}) and (n is int or n is float or n is str)"
        t.emit(f"{name} = {name} + {more.text} if {same} else add({name}, {more.text})", [more])
        t.note_store(slot, result)
        t.note_owner(slot, False)
        return
    t.load(slot)
    push_sum(t, t.pop(), more)
    _assign_sum(t, slot, t.pop(), more)


def _assign_sum(t: Translator, slot: int, total: Operand, more: Operand) -> None:
    name = f"l{slot}"
    t.keep_aside(slot)
    t.spill()
    resume, operations = t.resume([more])
    t.out.line(f"{name} = {total.text}", resume, (*operations, *total.operations))
    t.note_store(slot, t.kinds(total), total.natural)
    t.note_owner(slot, False)


def _slow_add(t: Translator, slot: int, more: Operand) -> None:
    """By reference count, whatever the kinds are."""
    name = f"l{slot}"
    t.keep_aside(slot)
    more = more if more.is_name else t.named(more)
    t.escape(more)
    kinds = t.facts.get(name, t.assumed.kinds.get(slot, 0))
    t.emit(f"{name} = add_in_place({name}, {more.text})", [more])
    t.note_store(slot, _sum(kinds, t.kinds(more)))
    t.note_owner(slot, False)


def _sum(a: int, b: int) -> int:
    if not a or not b:
        return 0
    kinds = a & b & (LIST | DICT | STR)
    if a & NUMBER and b & NUMBER:
        kinds |= (a | b) & NUMBER
    return kinds


def _extend(t: Translator, slot: int, more: Operand) -> None:
    """A list grows by a list."""
    name = f"l{slot}"
    t.keep_aside(slot)
    kinds = t.facts.get(name, t.assumed.kinds.get(slot, 0))
    items = more.items
    t.share_parts(more)
    if items is not None and len(items) == 1:
        operands, grow = items, f"{name}.append({items[0].text})"
    else:
        operands, grow = [more], f"{name}.extend({more.text})"
    owned = t.is_owned(slot) and kinds == LIST
    if t.missed() or not (owned or _flag(t, slot, LIST)) or t.kinds(more) != LIST:
        _slow_add(t, slot, more)
        if kinds & LIST and not t.missed():
            t.facts[name] = LIST
        return
    t.spill()
    if owned:
        _grow(t, operands, grow, more)
    else:
        names = t.names_of([more]) if items is None else None
        resume, operations = t.resume([more])
        if names is not None:
            more = names[0]
            grow = f"{name}.extend({more.text})"
        with t.out.suite(f"if o{slot}:"):
            t.out.line(grow, resume, (*operations, (grow, t.index)))
        with t.out.suite("else:"):
            t.out.line(f"{name} = add_in_place({name}, {more.text})", resume, operations)
            t.out.line(_now_owned(slot, LIST))
    t.found.kinds[slot] = t.found.kinds.get(slot, 0) | LIST
    t.facts[name] = LIST


def _grow(t: Translator, operands: list[Operand], grow: str, more: Operand) -> None:
    resume, operations = t.resume([more])
    t.out.line(grow, resume, (*operations, (grow, t.index)))


def method_store(t: Translator, i: Instruction) -> None:
    args = t.names_of(t.take(i[4]))
    for each in args:
        t.escape(each)
    listed = ", ".join(each.text for each in args)
    name = t.text(i, 3)
    if i[1] != 0:
        t.spill()
        holder, key = _place(t, i)
        t.emit(f"method_to(fiber, {holder}, {key}, {name}, [{listed}])", args)
        return
    slot = i[2]
    t.keep_aside(slot)
    kinds = t.facts.get(f"l{slot}", t.assumed.kinds.get(slot, 0))
    if t.operand(i, 3) == "push" and len(args) == 1 and kinds & LIST and not t.missed():
        if (t.is_owned(slot) and kinds == LIST) or _flag(t, slot, LIST):
            grow = f"l{slot}.append({args[0].text})"
            if t.is_owned(slot) and kinds == LIST:
                t.emit(grow, args, grow)
            else:
                slow = f"l{slot} = method_in_place(fiber, l{slot}, {name}, [{listed}])"
                # Only the method of lists gives a list that nobody else has.
                _suites(t, args, [[f"if o{slot}:", grow], ["else:", _now_owned(slot, LIST), slow]])
            t.found.kinds[slot] = t.found.kinds.get(slot, 0) | kinds
            if kinds != LIST:
                t.note_store(slot, ANY)
            return
    t.spill()
    methods = IN_PLACE.get(t.operand(i, 3))
    if kinds == SET and methods is not None and HarnSet in methods:
        with t.out.suite(f"if getrefcount(l{slot}) == {UNIQUE_LOCAL}:"):
            t.out.line(f"{t.constant(methods[HarnSet])}(l{slot}{''.join(f', {each.text}' for each in args)})")
        with t.out.suite("else:"):
            t.emit(f"l{slot} = call_method(fiber, l{slot}, {name}, [{listed}])", args)
        t.note_store(slot, SET)
        return
    if methods is not None:
        # In place when the local holds the only reference; else, and for other kinds, by the copying method.
        test = f"(m := {t.constant(methods)}.get(type(l{slot}))) is not None and getrefcount(l{slot}) == {UNIQUE_LOCAL}"
        with t.out.suite(f"if {test}:"):
            t.out.line(f"l{slot} = m(l{slot}{''.join(f', {each.text}' for each in args)})")
        with t.out.suite("else:"):
            t.emit(f"l{slot} = call_method(fiber, l{slot}, {name}, [{listed}])", args)
    else:
        t.emit(f"l{slot} = call_method(fiber, l{slot}, {name}, [{listed}])", args)
    t.note_store(slot, ANY)
    t.note_owner(slot, False)

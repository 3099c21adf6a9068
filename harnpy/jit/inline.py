"""Callbacks written into their caller: `xs.map({ x -> x * 3 })` as a loop without calls.

Only callbacks that are one pure expression, given to a method of lists that walks at once. A wrong guess in one starts the
whole walk again in the interpreter, which is why nothing impure may be in it.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind
from harnpy.bytecode.opcodes import Op
from harnpy.jit.kinds import ANY, BOOL, INT, LIST, STR

if TYPE_CHECKING:
    from harnpy.jit.operands import Operand
    from harnpy.jit.translator import Translator
    from harnpy.vm.linker import LinkedFunction

# A longer list is walked with calls, in which deadlines, cancellation and other tasks have their turn.
_LONGEST = 50_000

# By the method: how many parameters its callback has, the body of a function over `items` (and `result`, the first
# argument, for two of them), and the kind of what it gives. {0} and {1} are the parameters, {e} is the expression.
_WALKS: dict[str, tuple[int, tuple[str, ...], int]] = {
    "map": (1, ("return [({e}) for {0} in items]",), LIST),
    "filter": (1, ("return [{0} for {0} in items if ({e})]",), LIST),
    "any": (1, ("for {0} in items:", "    if ({e}): return True", "return False"), BOOL),
    "all": (1, ("for {0} in items:", "    if not ({e}): return False", "return True"), BOOL),
    "every": (1, ("for {0} in items:", "    if not ({e}): return False", "return True"), BOOL),
    "none": (1, ("for {0} in items:", "    if ({e}): return False", "return True"), BOOL),
    "find": (1, ("for {0} in items:", "    if ({e}): return {0}", "return None"), ANY),
    "find_index": (1, ("for place, {0} in enumerate(items):", "    if ({e}): return place", "return -1"), INT),
    "group_by": (
        1,
        (
            "groups = {{}}",
            "for {0} in items:",
            "    if (key := ({e})) in groups: groups[key].append({0})",
            "    else: groups[key] = [{0}]",
            "return groups",
        ),
        ANY,
    ),
    "reduce": (2, ("for {1} in items:", "    {0} = ({e})", "return {0}"), ANY),
}


def write_callback(t: Translator, index: int, child: LinkedFunction) -> bool:
    """Write the closure of child at index and the call of a list's method that takes it, if it is of this form."""
    following = t.layout.instructions[index + 1]
    if following[0] != Op.METHOD or t.in_expression or t.misses.all or t.in_finally:
        return False
    name = t.chunk.constants[following[1]]
    walk = _WALKS.get(name)
    if walk is None or following[2] != walk[0] or t.misses.places.get(index + 1):
        return False
    count, body, result = walk
    if len(child.parameter_names) != count or child.has_rest or child.is_generator:
        return False
    receiver = t.stack[-count]
    if not t.kinds(receiver) & LIST or receiver.is_literal:
        return False
    names = [t.fresh("x") for _ in range(count)]
    expression = _expression(t, child, names)
    if expression is None:
        return False
    text = expression.text
    if name == "group_by":
        text = text if expression.kinds == STR else f"display({text})"
    operands = t.names_of(t.take(count))
    # What the walk gives may be any of what it sees: an element, the first argument, a captured value.
    t.share_parts(operands[0])
    for operand in operands[1:]:
        t.escape(operand)
    for slot in expression.reads:
        t.escape_slot(slot)
    captured = sorted({f"l{slot}" for slot in expression.reads})
    first = ["items"] if count == 1 else ["items", names[0]]
    function = f"{t.name}_walk{index}"
    t.helpers.append(f"def {function}({', '.join([*first, *captured])}):")
    t.helpers.extend("    " + line.format(*names, e=text) for line in body)
    given = ", ".join([*(each.text for each in operands), *captured])
    items = operands[0].text
    target = t.fresh()
    t.spill()
    resume, _ = t.resume(operands)
    call = f"{function}({given})"
    with t.out.suite(f"if type({items}) is list and len({items}) <= {_LONGEST}:"):
        t.out.line(f"{target} = {call}", resume, ((call, index + 1),))
    with t.out.suite("else:"):
        made = t.closure_text(child)
        arguments = ", ".join([*(each.text for each in operands[1:]), made])
        t.out.position = t.positions[index + 1]
        t.out.line(f"{target} = call_method(fiber, {items}, {name!r}, [{arguments}])")
    t.push_result(target, result if t.kinds(operands[0]) == LIST else ANY)
    t.skip = index + 1
    return True


def _expression(t: Translator, child: LinkedFunction, names: list[str]) -> Operand | None:
    """What child computes from parameters of these names, in t's own locals; None if it is not one expression."""
    from harnpy.jit.knowledge import Assumptions, Misses
    from harnpy.jit.translator import Translator

    shape = t.shape_of(child)
    if shape is None:
        return None
    instructions = shape.layout.instructions
    end = next((at for at, each in enumerate(instructions) if each[0] == Op.RETURN), -1)
    inner = Translator(shape, t.resolve, Assumptions(), {}, Misses(), t.name, None, t.struct_fields)
    if end < 1 or end > 40 or any(each[0] != Op.NIL for each in instructions[end + 1 : -1]):
        return None
    if not inner.is_expression(0, end):
        return None
    inner.constants, inner.constant_names, inner.names = t.constants, t.constant_names, t.names
    for slot, name in enumerate(names):
        inner.inlined[slot] = (name, ANY, frozenset())
    for capture in child.chunk.captures:
        source = t.facts.get(f"l{capture.source}", t.assumed.kinds.get(capture.source, ANY))
        if capture.kind is not CaptureKind.VALUE:
            return None
        inner.inlined[capture.target] = (f"l{capture.source}", source, frozenset((capture.source,)))
    for index in range(end):
        inner.index = index
        inner.out.position = inner.positions[index]
        inner.step(index, instructions[index])
    t.names = inner.names
    if inner.out.lines or len(inner.stack) != 1:
        return None
    return inner.stack[0]

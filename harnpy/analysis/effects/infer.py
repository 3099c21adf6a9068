"""From the call graph to what each function may touch: a fixpoint over calls, and the shortest way to each effect."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.effects.functions import Argument, Call, Function
from harnpy.analysis.effects.graph import Graph
from harnpy.analysis.effects.model import Catalog, FunctionEffects, Module, ProgramEffects, Use, Way
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.syntax.ast import Span

# Not effects, but spread through calls in the same way.
_GIVEN, _UNKNOWN = "given", "unknown"
_MARKS = (_GIVEN, _UNKNOWN)


class _Step:
    """How a function reaches something: by itself (text), or through the function that it calls next."""

    __slots__ = ("next", "span", "text")

    def __init__(self, span: Span, text: str = "", next: Function | None = None) -> None:
        self.span = span
        self.text = text
        self.next = next


def infer(modules: Mapping[str, Module], entry: str, catalog: Catalog) -> ProgramEffects:
    """What the functions of the file under the key entry may touch.

    modules: that file and all that it imports, directly or not, by keys of the caller's choice. The package docstring says
    what is assumed.
    """
    graph = Graph(modules, entry, catalog)
    _spread_parameters(graph)
    steps = _reached(graph)
    listed = [each for each in graph.functions if each.file == entry and _is_listed(each)]
    listed.sort(key=lambda each: (each.kind == "top level", each.span.start))
    found = tuple(_effects_of(each, steps) for each in listed)
    used = _used(graph.run_roots)
    unknown = next((way for root in graph.run_roots if (way := _way(root, _UNKNOWN, steps)) is not None), None)
    return ProgramEffects(found, tuple(used), unknown)


def _is_listed(function: Function) -> bool:
    """Closures are listed where a `let` at top level names them."""
    return function.kind not in ("", "closure") or (function.kind == "closure" and "." not in function.name)


# --- functions that are given to functions ---------------------------------------------------------------------------------


def _spread_parameters(graph: Graph) -> None:
    """Find out who calls its parameters by giving them to somebody who does, and who gives away unknown functions."""
    for function in graph.functions:
        for callback in function.callbacks:
            name = callback.name.removeprefix(".")
            for position in sorted(callback.positions):
                argument = _argument(callback.args, position, "")
                if argument is not None:
                    _give(graph, function, argument, name, callback.span, False)
    done: set[tuple[int, int]] = set()
    changed = True
    while changed:
        changed = False
        for caller in graph.functions:
            for call in list(caller.calls):
                for position, (_, _, is_pipe) in list(call.function.called_params.items()):
                    mark = (id(call), position * 2 + is_pipe)
                    if mark in done:
                        continue
                    done.add(mark)
                    changed = True
                    _give_parameter(graph, caller, call, position, is_pipe)


def _give_parameter(graph: Graph, caller: Function, call: Call, position: int, is_pipe: bool) -> None:
    """caller calls a function that calls its parameter at a position: look at what it gives for it."""
    callee = call.function
    if call.args is None:
        caller.given.append((f"hands on `{callee.name}`, which calls what it is given", call.span))
        return
    index = position - call.shift
    if index < 0:
        return
    argument = _argument(call.args, index, callee.params[position])
    if argument is not None:
        _give(graph, caller, argument, callee.name, call.span, is_pipe)


def _argument(args: tuple[Argument, ...], index: int, name: str) -> Argument | None:
    """The argument for a parameter; a spread may have it in it. None if it is not given."""
    for place, argument in enumerate(args):
        if argument.name:
            if argument.name == name:
                return argument
        elif place == index or isinstance(argument.expression, ast.Spread):
            return argument
    return None


def _give(graph: Graph, giver: Function, argument: Argument, taker: str, span: Span, is_pipe: bool) -> None:
    """giver gives an argument to somebody who calls it. What is known counts where it is written, which is in giver."""
    functions, others = graph.values_of(argument)
    giver.calls += [
        Call(function, span, None) for function in functions if function.kind and not function.called_params
    ]
    if is_pipe and isinstance(argument.expression, ast.Str):
        graph.use_by_name(argument.expression.value, span, giver)
    for other in others:
        if other is not None and other.owner is not None and other.position >= 0 and other.owner.kind:
            text = f"gives its parameter `{other.owner.params[other.position]}` to `{taker}`, which calls it"
            other.owner.called_params.setdefault(other.position, (text, span, is_pipe))
        elif is_pipe:
            giver.unknown.append(
                (f"gives a value to `{taker}`, which pipes into it, maybe by the name of a builtin", span)
            )
        else:
            giver.given.append((f"gives a value to `{taker}`, which calls it", span))


# --- effects ---------------------------------------------------------------------------------------------------------------


def _reached(graph: Graph) -> dict[str, dict[int, _Step]]:
    """For each effect (and mark) the next step towards it from every function that reaches it, along a shortest way."""
    callers: dict[int, list[tuple[Function, Span]]] = {}
    for function in graph.functions:
        for call in function.calls:
            callers.setdefault(id(call.function), []).append((function, call.span))
    steps: dict[str, dict[int, _Step]] = {}
    sources: dict[str, list[Function]] = {}

    def source(what: str, function: Function, step: _Step) -> None:
        known = steps.setdefault(what, {})
        if id(function) not in known:
            known[id(function)] = step
            sources.setdefault(what, []).append(function)

    for function in graph.functions:
        for use in sorted(function.uses, key=lambda use: use.span.start):
            for effect in use.effects:
                source(effect, function, _Step(use.span, use.name))
        for text, span in function.given:
            source(_GIVEN, function, _Step(span, text))
        for text, span in function.unknown:
            source(_UNKNOWN, function, _Step(span, text))
    for what, level in sources.items():
        known = steps[what]
        while level:
            following: list[Function] = []
            for function in level:
                for caller, span in callers.get(id(function), ()):
                    if id(caller) not in known:
                        known[id(caller)] = _Step(span, next=function)
                        following.append(caller)
            level = following
    return steps


def _way(function: Function, what: str, steps: Mapping[str, Mapping[int, _Step]]) -> Way | None:
    """The way from a function to an effect or mark; closures without a name are passed over."""
    known = steps.get(what, {})
    step = known.get(id(function))
    if step is None:
        return None
    names, spans = [function.name], [step.span]
    while step.next is not None:
        current = step.next
        step = known[id(current)]
        if current.kind:
            names.append(current.name)
            spans.append(step.span)
        else:
            spans[-1] = step.span
    return Way(tuple(names), step.text, tuple(spans))


def _effects_of(function: Function, steps: Mapping[str, Mapping[int, _Step]]) -> FunctionEffects:
    ways = {}
    for effect in sorted(each for each in steps if each not in _MARKS):
        way = _way(function, effect, steps)
        if way is not None:
            ways[effect] = way
    given = _way(function, _GIVEN, steps)
    if function.kind == "top level":
        given = None  # whatever it is given was written in what it reaches, and counts already
    elif function.called_params:
        text, span, _ = min(function.called_params.values(), key=lambda each: each[1].start)
        given = Way((function.name,), text, (span,))
    return FunctionEffects(function.name, function.kind, function.span, ways, given, _way(function, _UNKNOWN, steps))


def _used(roots: list[Function]) -> list[Use]:
    """All that the roots and what they reach use, in no order that means anything."""
    seen = {id(root) for root in roots}
    pending, used = list(roots), list[Use]()
    while pending:
        function = pending.pop()
        used += function.uses
        for call in function.calls:
            if id(call.function) not in seen:
                seen.add(id(call.function))
                pending.append(call.function)
    return used

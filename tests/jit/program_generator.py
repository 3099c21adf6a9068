"""Generated Harn programs: complete, terminating, mostly without uncaught errors, and nasty for a compiler that speculates.

The rules in program_rules.py say what there is; this file fills their holes, keeps track of scopes and kinds, and bounds
what a program costs. Every loop, recursion and generator of a program is bounded by construction: an estimate of its steps
is kept while it is made, and what would exceed the allowance is not taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeVar

from choices import Choices, DrawnChoices, RandomChoices
from hypothesis import strategies as st
from program_rules import (
    CRASHES,
    EXPRESSIONS,
    FOR_ANY_KIND,
    LITERALS,
    OPERATORS,
    PRELUDE,
    SCALARS,
    STATEMENTS,
    UNIONS,
    WILD,
    WILD_STATEMENTS,
    Rule,
)

# Steps, roughly, that a program may take.
MOST_STEPS = 6_000
# What a rule that suspends costs of them: the event loop goes round several times.
SUSPENSION_STEPS = 40
_SUSPENDS = re.compile(r"pause|sleep|spawn|parallel|through_channel|produced|deadline|select|channel\(")
# Rounds of a loop, or calls, after which a tier has surely noticed that it is hot.
HOT_ROUNDS = (45, 50, 64)
COLD_ROUNDS = (2, 3, 1, 0)
# One hole in so many is filled with something of another kind.
WILD_SHARE = 90
EXPRESSION_DEPTH = 3
STATEMENT_DEPTH = 3

T = TypeVar("T")

_HOLE = re.compile(r"<(@?[a-z_]+)(?::([a-z_K]+))?(?::([a-z_]+))?>")


@dataclass
class Variable:
    """A name that a program declares. cost: steps of a call, of a closure."""

    name: str
    kind: str
    mutable: bool
    cost: int = 1


@dataclass(frozen=True)
class Function:
    """A function that the generator declared."""

    name: str
    parameters: tuple[str, ...]
    result: str
    cost: int


@dataclass(frozen=True)
class Program:
    """source: the text. constructs: how often each rule was used."""

    source: str
    constructs: Counter[str]


@dataclass
class _Context:
    """What surrounds a place: what it may use, and how often it runs."""

    is_loop: bool = False
    is_function: bool = False
    is_named: bool = False  # in a function that is no closure: what an error can be rethrown out of
    is_generator: bool = False
    result: str = "scalar"
    rounds: int = 1  # how often it runs while the function runs once
    times: int = 1  # how often it runs altogether


@dataclass
class _Template:
    """The state of one rule being written out."""

    labels: dict[str, str] = field(default_factory=dict)
    bound: list[Variable] = field(default_factory=list)  # for the next block
    declared: list[Variable] = field(default_factory=list)  # from the next line on
    finally_declared: list[Variable] = field(default_factory=list)  # behind the template
    rounds: int = 3


class _Wants(NamedTuple):
    """What a rule asks of the place where it is used: variables that it assigns and reads, functions that it calls."""

    blocks: bool
    suspends: bool
    assigned: frozenset[str]
    read: tuple[frozenset[str], ...]
    called: frozenset[str]


@cache
def _wants(rule: Rule) -> _Wants:
    holes = [(each[1], each[2] or "") for each in _HOLE.finditer(rule.text)]
    return _Wants(
        blocks=any(hole in ("block", "loop", "body", "returns", "wildly") for hole, _ in holes),
        suspends=_SUSPENDS.search(rule.text) is not None,
        assigned=frozenset(kind for hole, kind in holes if hole == "var"),
        read=tuple(frozenset(_kinds_of(kind)) for hole, kind in holes if hole == "ref"),
        called=frozenset(kind for hole, kind in holes if hole == "call"),
    )


def _kinds_of(kind: str) -> tuple[str, ...]:
    """The kinds of variables that serve as an expression of kind."""
    if kind in ("any", "scalar"):
        return (kind, "scalar", "count", *UNIONS[kind])
    return ("int", "count") if kind == "int" else (kind, *UNIONS.get(kind, ()))


class ProgramGenerator:
    """One program in the making."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._scopes: list[list[Variable]] = [[]]
        self._functions: list[Function] = []
        self._context = _Context()
        self._steps = 0
        self._names = 0
        self._tags = 0
        self._hot_loops = 0
        self._constructs: Counter[str] = Counter()

    # --- the whole -----------------------------------------------------------------------------------------------

    def program(self) -> Program:
        """Declarations, functions, and a main part that is a script, a pipeline or a function."""
        parts = []
        for kind in (
            "int",
            "ints",
            "scalar",
            "float",
            "any",
            "dict",
            "str",
            "node",
            "list",
            "grid",
            "fns",
            "gen",
            "atomic",
        ):
            if self._chance(1, 2):
                parts.append(self._rule(Rule("global", f"var <new:{kind}:x> = <lit:{kind}>"), 0))
        for _ in range(1 + self._choices.below(2)):
            parts.append(self._function())
        shape = self._pick(("script", "function", "pipeline"))
        self._constructs[f"main as {shape}"] += 1
        with self._scope(is_function=shape == "function" and self._chance(1, 4), is_named=shape != "script"):
            body = [self._section() for _ in range(1 + self._choices.below(3))]
            if self._chance(1, 5):
                body.append(self._choose(CRASHES, 1))
            visible = [each.name for each in self._scopes[-1] if each.kind != "count"]
            body.append('println("end ' + " ".join(f"${{{name}}}" for name in visible) + '")')
        text = "\n".join(body)
        if shape == "pipeline":
            text = "pipeline default(task) {\n" + _indented(text) + "\n}"
        elif shape == "function":
            text = "fn main() {\n" + _indented(text) + "\n}\nmain()"
        source = "\n".join((*parts, text))
        return Program(_with_prelude(source), self._constructs)

    def _section(self) -> str:
        """Some statements; more often than not, errors in them are caught."""
        guarded = self._chance(7, 10)
        warm = self._warm_up() if self._chance(1, 2) else ""
        if not guarded:
            return "\n".join(part for part in (warm, self._statements(3, STATEMENT_DEPTH)) if part)
        tag = self._tag()
        with self._scope():
            text = "\n".join(part for part in (self._statements(4, STATEMENT_DEPTH), warm) if part)
        return f'try {{\n{_indented(text)}\n}} catch (e) {{\n  println("{tag} ${{e}}")\n}}'

    def _warm_up(self) -> str:
        """Calls of one function until it is hot, then one with arguments of other kinds."""
        rounds = self._pick(HOT_ROUNDS)
        room = [each for each in self._functions if each.result != "gen" and self._affordable(each.cost * rounds)]
        if not room:
            return ""
        function = self._pick(room)
        self._constructs["warm-up"] += 1
        self._steps += function.cost * rounds
        place = self._fresh("w")
        args = ", ".join(
            self._pick((place, f"{place} + 1", f"{place} % 5"))
            if kind in ("int", "num", "scalar")
            else self.expression(kind, 1)
            for kind in function.parameters
        )
        other = ", ".join(self._wild_argument(each) for each in function.parameters)
        tag = self._tag()
        switch = self._pick(("", f"    if {place} == {rounds - 2} {{ println({function.name}({other})) }}\n"))
        return (
            f"try {{\n  for {place} in 0 to {rounds} {{\n    let got = {function.name}({args})\n"
            f'    if {place} > {rounds - 3} {{ println("{tag} ${{got}}") }}\n{switch}  }}\n'
            f'  println("{tag} ${{{function.name}({other})}}")\n}} catch (e) {{\n  println("{tag} ${{e}}")\n}}'
        )

    def _function(self) -> str:
        """The declaration of a function, which later code may call."""
        style = self._pick(("plain", "plain", "typed", "default", "recursive", "generator", "loop"))
        self._constructs[f"function: {style}"] += 1
        name = self._fresh("f")
        kinds = ("int", "scalar", "num", "ints", "list", "node", "any", "dict", "str")
        parameters = [Variable(self._fresh("p"), self._pick(kinds), False) for _ in range(1 + self._choices.below(3))]
        result = self._pick(("int", "scalar", "float", "ints", "str", "bool", "list", "any"))
        if style in ("recursive", "generator"):
            parameters[0].kind = "count"
            result = "gen" if style == "generator" else result
        before, self._steps = self._steps, 0
        try:
            with self._scope(
                parameters, True, is_function=True, is_named=True, is_generator=style == "generator", result=result
            ):
                body = self._function_body(style, name, parameters, result)
        finally:
            cost, self._steps = self._steps + 1, before
        cost *= 8 if style in ("recursive", "generator") else 1
        self._functions.append(Function(name, tuple(each.kind for each in parameters), result, cost))
        heads = [each.name for each in parameters]
        if style == "typed" and parameters[-1].kind in ("int", "ints", "dict", "str"):
            heads[-1] += ": " + {"ints": "list<int>", "str": "string"}.get(parameters[-1].kind, parameters[-1].kind)
        if style == "default":
            heads[-1] += " = " + self.literal(parameters[-1].kind)
        return f"fn {name}({', '.join(heads)}) {{\n{_indented(body)}\n}}"

    def _function_body(self, style: str, name: str, parameters: list[Variable], result: str) -> str:
        first = parameters[0].name
        if style == "generator":
            with self._scope(is_loop=True, rounds=4):
                body = self._statements(3, 1)
                body += f"\nyield {self.expression('int', 2)}"
            return f"for i in range({first}) {{\n{_indented(body)}\n}}"
        if style == "recursive":
            end = self.expression(result, 1)
            body = self._statements(2, 1)
            args = ", ".join([f"{first} - 1", *(self.expression(each.kind, 1) for each in parameters[1:])])
            again = f"return {name}({args})"
            if self._chance(1, 2):
                again = f"let deeper = {name}({args})\n{self._statements(1, 1)}\nreturn {first} % 2 == 0 ? deeper : ({self.expression(result, 1)})"
            return f"if {first} <= 0 {{ return {end} }}\n{body}\n{again}"
        if style == "loop":
            rounds = self._pick((3, 5, 45))
            with self._scope(is_loop=True, rounds=rounds):
                body = self._statements(3, 1)
            return f"for i in range({rounds}) {{\n{_indented(body)}\n}}\nreturn {self.expression(result, 2)}"
        return f"{self._statements(3, 2)}\nreturn {self.expression(result, 2)}"

    # --- statements ----------------------------------------------------------------------------------------------

    def _statements(self, most: int, depth: int) -> str:
        """One statement or more, in the scope that is open."""
        return "\n".join(self._choose(STATEMENTS, depth) for _ in range(1 + self._choices.below(most)))

    def _choose(self, rules: Sequence[Rule], depth: int) -> str:
        """What one of the rules that can be used here makes."""
        self._steps += self._context.times
        return self._rule(self._weighted(self._usable(rules, depth)), depth)

    def _usable(self, rules: Sequence[Rule], depth: int) -> list[Rule]:
        """Those of the rules that can be used here, with depth levels of blocks left."""
        context = self._context
        has = {
            "": True,
            "loop": context.is_loop,
            "calm": not context.is_loop and context.rounds == 1,
            "function": context.is_function and not context.is_generator,
            "named": context.is_named and not context.is_generator,
            "generator": context.is_generator,
        }
        variables = [each for scope in self._scopes for each in scope]
        assignable = {each.kind for each in variables if each.mutable}
        visible = {each.kind for each in variables if each.cost == 1 or self._affordable(each.cost)}
        may_suspend = self._affordable(SUSPENSION_STEPS)
        usable = []
        for rule in rules:
            wants = _wants(rule)
            if not has[rule.needs] or (wants.suspends and not may_suspend) or (wants.blocks and depth <= 0):
                continue
            if not wants.assigned <= assignable or not all(visible & kinds for kinds in wants.read):
                continue
            if all(self._callable(kind) for kind in wants.called):
                usable.append(rule)
        return usable

    # --- expressions ---------------------------------------------------------------------------------------------

    def expression(self, kind: str, depth: int) -> str:
        """An expression that usually gives a value of kind. "count": how often something is to happen."""
        if kind == "count":
            return self._pick(("3", "2", "0", "6"))
        if kind == "wild":
            return self._choose(WILD, max(1, depth))
        if kind in UNIONS:
            if kind == "scalar" or kind == "any":
                known = self._variables(kind, False)
                if known and self._chance(1, 3):
                    return self._pick(known).name
            kind = self._pick(UNIONS[kind])
        if self._choices.below(WILD_SHARE) == WILD_SHARE - 1:
            self._constructs["another kind"] += 1
            kind = self._pick(SCALARS)
        known = self._variables(kind, False)
        if known and self._choices.below(10) >= (6 if depth > 0 else 2):
            return self._pick(known).name
        if depth <= 0 or self._steps > MOST_STEPS:
            return self.literal(kind)
        rules = self._usable(_rules_for(kind), depth - 1)
        if not rules or self._chance(1, 4):
            return self.literal(kind)
        return self._rule(self._weighted(rules), depth - 1)

    def literal(self, kind: str) -> str:
        """A literal of kind."""
        if kind in UNIONS:
            kind = self._pick(UNIONS[kind])
        text = self._pick(LITERALS[kind]) if kind in LITERALS else "3"
        return f"({text})" if kind in ("range", "duration") or text.startswith("{ ") else text

    # --- filling in ----------------------------------------------------------------------------------------------

    def _rule(self, rule: Rule, depth: int) -> str:
        self._constructs[rule.name] += 1
        if _wants(rule).suspends:
            self._steps += SUSPENSION_STEPS * self._context.times
        template = _Template()
        lines = []
        for line in rule.text.split("\n"):
            indentation = line[: len(line) - len(line.lstrip())]
            written = []
            end = 0
            for hole in _HOLE.finditer(line):
                written.append(line[end : hole.start()])
                end = hole.end()
                text = self._fill(template, hole[1], hole[2] or "", hole[3] or "", depth)
                written.append(text.replace("\n", "\n" + indentation))
            written.append(line[end:])
            lines.append("".join(written))
            self._scopes[-1].extend(template.declared)
            template.declared.clear()
        self._scopes[-1].extend(template.finally_declared)
        return "\n".join(lines)

    def _fill(self, template: _Template, hole: str, kind: str, label: str, depth: int) -> str:
        if hole.startswith("@"):
            return template.labels[hole[1:]]
        if hole in ("new", "let", "fname"):
            variable = Variable(
                self._fresh(kind[0]), "fn" if hole == "fname" else kind, hole == "new" and kind != "count"
            )
            # A function is not to call itself, which would not end.
            (template.finally_declared if hole == "fname" else template.declared).append(variable)
            template.labels[label] = variable.name
            if variable.kind == "fn":
                variable.cost = 40
            return variable.name
        if hole in ("bind", "bindvar"):
            variable = Variable(self._fresh(kind[0]), kind, hole == "bindvar")
            template.bound.append(variable)
            template.labels[label] = variable.name
            return variable.name
        if hole in ("var", "ref"):
            variable = self._pick(self._variables(kind, hole == "var", at_any_cost=True))
            if label:
                template.labels[label] = variable.name
            self._steps += variable.cost * self._context.times
            return variable.name
        if hole == "rounds":
            template.rounds = self._rounds()
            return str(template.rounds)
        if hole in ("block", "loop"):
            bound = template.bound if hole == "loop" or template.bound else []
            rounds = template.rounds if hole == "loop" else 1
            with self._scope(bound, is_loop=self._context.is_loop or hole == "loop", rounds=rounds):
                template.bound = []
                return self._statements(3 if depth > 1 else 2, depth - 1)
        if hole in ("body", "returns", "scoped"):
            bound, template.bound = template.bound, []
            with self._scope(bound, True, is_function=True, result=kind, rounds=2):
                value = self.expression(kind, max(0, depth - 1) if hole != "scoped" else depth)
                if hole == "scoped":
                    return value
                text = self._statements(2, depth - 1)
                value = self.expression(kind, 1)
                return f"{text}\n{'return ' if hole == 'returns' else ''}{value}"
        if hole == "op":
            return self._pick(OPERATORS[kind])
        if hole == "tag":
            return self._tag()
        if hole == "call":
            return self._call(kind, depth)
        if hole == "returned":
            return self.expression(self._context.result, 1)
        if hole == "wildly":
            return self._choose(WILD_STATEMENTS, depth - 1)
        if hole == "lit":
            return self.literal(kind)
        if hole == "index":
            return self._pick(OPERATORS["index"]) if self._chance(1, 2) else self.expression("int", depth - 1)
        return self.expression(hole, depth)

    def _call(self, kind: str, depth: int) -> str:
        callable_here = self._callable(kind)
        if not callable_here:  # what stands before it in the template has used up the allowance
            return self.literal("scalar" if kind == "wild" else kind)
        function = self._pick(callable_here)
        self._steps += function.cost * self._context.times
        wild = kind == "wild"
        args = [
            self._wild_argument(each) if wild else self.expression(each, min(depth, 1)) for each in function.parameters
        ]
        if self._chance(1, 8):
            args.pop()
        return f"{function.name}({', '.join(args)})"

    def _wild_argument(self, kind: str) -> str:
        """An argument of another kind; where it counts how often something happens, one that does not make it endless."""
        return self._pick(("3", "1.5", "nil", '"s"', "true")) if kind == "count" else self.expression("scalar", 1)

    def _callable(self, kind: str) -> list[Function]:
        return [each for each in self._functions if kind in (each.result, "wild") and self._affordable(each.cost)]

    def _rounds(self) -> int:
        if self._hot_loops < 4 and self._context.times <= 8 and self._affordable(200) and self._chance(2, 5):
            self._hot_loops += 1
            self._constructs["hot loop"] += 1
            return self._pick(HOT_ROUNDS)
        return self._pick(COLD_ROUNDS)

    # --- scopes and choices --------------------------------------------------------------------------------------

    @contextmanager
    def _scope(
        self,
        bound: Sequence[Variable] = (),
        is_call: bool = False,
        *,
        is_loop: bool = False,
        is_function: bool | None = None,
        is_named: bool = False,
        is_generator: bool | None = None,
        result: str | None = None,
        rounds: int = 1,
    ) -> Iterator[None]:
        """A scope with the given variables; what is not said stays as it is around it. is_call: of a function's body."""
        outer = self._context
        self._context = _Context(
            is_loop=is_loop or (not is_call and outer.is_loop),
            is_function=outer.is_function if is_function is None else is_function,
            is_named=is_named or outer.is_named,
            is_generator=bool(is_generator) if is_call else outer.is_generator,
            result=outer.result if result is None else result,
            rounds=1 if is_call else outer.rounds * max(1, rounds),
            times=outer.times * max(1, rounds),
        )
        self._scopes.append(list(bound))
        try:
            yield
        finally:
            self._scopes.pop()
            self._context = outer

    def _variables(self, kind: str, assigned: bool, *, at_any_cost: bool = False) -> list[Variable]:
        """The visible variables of a kind that may stand here, by default only those that the allowance suffices for."""
        kinds = (kind,) if assigned else _kinds_of(kind)
        return [
            each
            for scope in self._scopes
            for each in scope
            if each.kind in kinds
            and (each.mutable or not assigned)
            and (at_any_cost or each.cost == 1 or self._affordable(each.cost))
        ]

    def _affordable(self, cost: int) -> bool:
        return self._steps + cost * self._context.times <= MOST_STEPS

    def _pick(self, options: Sequence[T]) -> T:
        return options[self._choices.below(len(options))]

    def _fresh(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _tag(self) -> str:
        self._tags += 1
        return f"#{self._tags}"

    def _chance(self, numerator: int, denominator: int) -> bool:
        return self._choices.below(denominator) >= denominator - numerator

    def _weighted(self, rules: Sequence[Rule]) -> Rule:
        place = self._choices.below(sum(each.weight for each in rules))
        for rule in rules:
            place -= rule.weight
            if place < 0:
                return rule
        raise AssertionError("there is a rule for every place")


@cache
def _rules_for(kind: str) -> tuple[Rule, ...]:
    general = tuple(
        each._replace(text=each.text.replace("<K>", f"<{kind}>").replace(":K>", f":{kind}>")) for each in FOR_ANY_KIND
    )
    if kind in ("gen", "fn", "fns", "atomic"):
        general = ()
    return EXPRESSIONS[kind] + general


@cache
def _prelude_items() -> dict[str, str]:
    """The declarations of the prelude by name; methods go with their struct."""
    items: dict[str, str] = {}
    for text in re.split(r"\n(?=[a-z])", PRELUDE.strip()):
        name = re.split(r"[ ({]", text)[1]
        items[name] = items[name] + "\n" + text if name in items else text
    return items


def _with_prelude(source: str) -> str:
    """source after those declarations of the prelude that it needs."""
    items = _prelude_items()
    needed: set[str] = set()
    pending = [source]
    while pending:
        words = set(re.findall(r"\w+", pending.pop()))
        for name in words & items.keys() - needed:
            needed.add(name)
            pending.append(items[name])
    return "\n".join((*(text for name, text in items.items() if name in needed), source)) + "\n"


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))


def program_of_seed(seed: int) -> Program:
    """The program of a seed."""
    return ProgramGenerator(RandomChoices(seed)).program()


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs that hypothesis draws and shrinks."""
    return ProgramGenerator(DrawnChoices(draw)).program()

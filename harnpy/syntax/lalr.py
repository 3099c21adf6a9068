"""LALR parsing over tables: the loop that shifts tokens and reduces rules, building nodes as it goes.

The tables come from grammar/harn.lark by way of Lark (see grammar.py); in here they are symbols, rules and states
without a trace of it. Nodes are made at each reduction, so depth of nesting costs no recursion. Knows nothing of Harn.
"""

from __future__ import annotations

from struct import calcsize, pack, unpack_from

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from harnpy.syntax.tokens import Token

    # What a state does with a symbol: go to a state (0 and above), or reduce rule n (as ~n).
    Row = Mapping[str, int]

_OFFSET = "<2I"
_LARGEST = 0x7FFF


class Rule(Record):
    """One rule as the parser needs it.

    origin is what it reduces to, size how many symbols it takes from the stack. builder names the method that makes
    the node; without one the children themselves are the value, which go to where they are used. With is_unit, the
    one symbol is the value. steps pick the children among the symbols, None: all as they are; each is
    (number of absent children before it, index of the symbol, whether its own children take its place), -1 for the
    index behind the last symbol.
    """

    origin: str
    size: int
    builder: str
    is_unit: bool
    steps: tuple[tuple[int, int, bool], ...] | None


class Reduction:
    """What reducing a rule comes to. build is None for a rule whose one symbol is its value."""

    __slots__ = ("build", "origin", "size")

    def __init__(self, origin: str, size: int, build: Callable[[list[Any]], Any] | None) -> None:
        self.origin = origin
        self.size = size
        self.build = build


class Tables:
    """The tables of one grammar, read from bytes piece by piece as they are needed.

    nodes has a method for every builder that a rule names. Raises ValueError for bytes that are no tables.
    """

    def __init__(self, data: bytes, nodes: object) -> None:
        end = data.find(b"\0")
        symbols, *rules = data[: max(end, 0)].decode("ascii").split("\n")
        if not rules:
            raise ValueError("these are no parser tables")
        self._data = data
        self._nodes = nodes
        self._symbols = symbols.split(" ")
        self._rules = rules
        self.start, self.end, count = unpack_from("<3I", data, end + 1)
        self._offsets = end + 1 + calcsize("<3I")
        self._rows: list[Row | None] = [None] * count
        self._reductions: list[Reduction | None] = [None] * len(rules)

    def row(self, state: int) -> Row:
        """What a state does, by symbol."""
        found = self._rows[state]
        if found is None:
            begin, end = unpack_from(_OFFSET, self._data, self._offsets + 4 * state)
            numbers = unpack_from(f"<{(end - begin) // 2}h", self._data, begin)
            symbols = self._symbols
            found = {symbols[number]: action for number, action in zip(numbers[::2], numbers[1::2])}
            self._rows[state] = found
        return found

    def reduction(self, number: int) -> Reduction:
        """The rule of that number."""
        found = self._reductions[number]
        if found is None:
            rule = _read_rule(self._rules[number])
            build = None if rule.is_unit else _builder(rule, self._nodes)
            found = self._reductions[number] = Reduction(rule.origin, rule.size, build)
        return found

    def rules(self) -> list[Rule]:
        """Every rule."""
        return [_read_rule(line) for line in self._rules]


class Parser:
    """One parse. states is the stack of states, the innermost last."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.states = [tables.start]
        self._values: list[Any] = []

    def feed(self, tokens: Sequence[Token], index: int) -> int:
        """Take tokens from index on; the index of the first one that does not fit, or their number."""
        tables, states, values = self.tables, self.states, self._values
        rows, reductions = tables._rows, tables._reductions
        state = states[-1]
        for at in range(index, len(tokens)):
            token = tokens[at]
            kind = token[0]
            while True:
                action = (rows[state] or tables.row(state)).get(kind)
                if action is None:
                    return at
                if action >= 0:
                    state = action
                    states.append(action)
                    values.append(token)
                    break
                reduction = reductions[~action] or tables.reduction(~action)
                build = reduction.build
                if build is None:
                    del states[-1]
                elif size := reduction.size:
                    children = values[-size:]
                    del states[-size:], values[-size:]
                    values.append(build(children))
                else:
                    values.append(build([]))
                before = states[-1]
                state = (rows[before] or tables.row(before))[reduction.origin]
                states.append(state)
        return len(tokens)

    def finish(self) -> Any:
        """The value of the whole text once all tokens are taken; None if something is still missing."""
        tables, states, values = self.tables, self.states, self._values
        while True:
            action = tables.row(states[-1]).get("$END")
            if action is None:
                return None
            reduction = tables.reduction(~action)
            kept = len(values) - reduction.size
            if reduction.build is not None:
                values[kept:] = [reduction.build(values[kept:])]
            del states[kept + 1 :]
            states.append(tables.row(states[-1])[reduction.origin])
            if states[-1] == tables.end:
                return values[-1]


def _builder(rule: Rule, nodes: object) -> Callable[[list[Any]], Any]:
    """The function from the symbols of a rule to its value."""
    make: Callable[[list[Any]], Any] = getattr(nodes, rule.builder) if rule.builder else _as_they_are
    steps = rule.steps
    if steps is None:
        return make

    def build(symbols: list[Any]) -> Any:
        children: list[Any] = []
        for absent, index, spread in steps:
            if absent:
                children += [None] * absent
            if index < 0:
                break
            if not spread:
                children.append(symbols[index])
            elif children:
                children += symbols[index]
            else:
                # The list belongs to nobody else: so a long sequence is not copied for each of its elements.
                children = symbols[index]
        return make(children)

    return build


def _as_they_are(children: list[Any]) -> list[Any]:
    return children


# --- the bytes ------------------------------------------------------------------------------------------------------


def write_tables(rules: Sequence[Rule], rows: Sequence[Row], start: int, end: int) -> bytes:
    """Tables as bytes: names and rules as lines of text, then the rows as numbers. Nothing in them can run."""
    symbols = list(dict.fromkeys(symbol for row in rows for symbol in row))
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    head = "\n".join([" ".join(symbols), *map(_write_rule, rules)]).encode("ascii") + b"\0"
    head += pack("<3I", start, end, len(rows))
    if max(len(symbols), len(rows), len(rules)) > _LARGEST:
        raise ValueError("the grammar is too large for this layout")
    packed = [pack(f"<{2 * len(row)}h", *[n for key in row for n in (numbers[key], row[key])]) for row in rows]
    at = len(head) + 4 * (len(rows) + 1)
    offsets = [at]
    for row in packed:
        at += len(row)
        offsets.append(at)
    return head + pack(f"<{len(offsets)}I", *offsets) + b"".join(packed)


def _write_rule(rule: Rule) -> str:
    steps = "all" if rule.steps is None else ",".join([f"{a}:{i}:{int(spread)}" for a, i, spread in rule.steps])
    return f"{rule.origin} {rule.size} {rule.builder} {int(rule.is_unit)} {steps}"


def _read_rule(line: str) -> Rule:
    origin, size, builder, is_unit, steps = line.split(" ")
    picked = None
    if steps != "all":
        parts = [step.split(":") for step in steps.split(",") if step]
        picked = tuple([(int(absent), int(index), spread == "1") for absent, index, spread in parts])
    return Rule(origin, int(size), builder, is_unit == "1", picked)

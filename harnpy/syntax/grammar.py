"""From grammar/harn.lark to parser tables, by Lark's LALR construction. Importing this module imports Lark.

Nobody needs it to parse: the tables are kept in a file (see tables.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lark
from lark.lexer import Lexer
from lark.parse_tree_builder import maybe_create_child_filter

from harnpy.syntax.lalr import Rule, write_tables


class HarnLexer(Lexer):
    """Stands where Lark wants a lexer: every terminal is declared, and harnpy lexes by itself."""

    def __init__(self, _configuration: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[lark.Token]:
        raise NotImplementedError("only the tables are wanted")


def build_tables(grammar: str) -> bytes:
    """The tables of a grammar with the start symbol `program`, as lalr.Tables reads them."""
    parser = lark.Lark(grammar, parser="lalr", lexer=HarnLexer, start="program", maybe_placeholders=True)
    table = parser.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(parser.rules)}
    rows = [
        {
            symbol: ~numbers[argument] if isinstance(argument, lark.grammar.Rule) else argument
            for symbol, (_action, argument) in table.states[state].items()
        }
        for state in range(len(table.states))
    ]
    rules = [_rule(rule) for rule in parser.rules]
    return write_tables(rules, rows, table.start_states["program"], table.end_states["program"])


def _rule(rule: Any) -> Rule:
    """A rule of Lark, with the shaping of its children that Lark's documentation describes for `_x`, `?x` and `[x]`."""
    origin = str(rule.origin.name)
    is_inlined = origin.startswith("_") and not rule.alias
    options = rule.options
    child_filter = maybe_create_child_filter(rule.expansion, options.keep_all_tokens, False, options.empty_indices)
    steps: list[tuple[int, int, bool]] | None = None
    if child_filter is not None:
        picked, *behind = child_filter.args
        # Lark leaves out how many children are absent in rules that have no `[x]`.
        steps = [(absent[0] if absent else 0, index, bool(spread)) for index, spread, *absent in picked]
        if behind and behind[0]:
            steps.append((behind[0], -1, False))
    size = len(rule.expansion)
    is_unit = bool(options.expand1 and not rule.alias)
    if is_unit and (size != 1 or steps is not None):
        raise ValueError(f"an alternative of ?{origin} with more than one symbol has no alias that names its node")
    builder = "" if is_inlined or is_unit else rule.alias or origin
    return Rule(origin, size, builder, is_unit, None if steps is None else tuple(steps))

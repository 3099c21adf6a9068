"""Puts comments into random places of a program, without making another program of it."""

from __future__ import annotations

import random

from formatting import same_program

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.lexer import lex

_FORMS = (
    " // {}\n",
    "\n// {}\n",
    " /* {} */ ",
    " /* {} */\n",
    "\n/* {} */ ",
    "\n/* {}\n   and more */\n",
    " /** {} */ ",
    "\n/// {}\n",
    "\n\n/// {}\n\n/// too\n",
    " /* {}\n */ ",
    "\n// ----\n// {}\n// ----\n",
    "\n// ---- {} ----\n",
)


def scattered(source: str, chance: random.Random, count: int) -> str:
    """source with up to count comments between its tokens; those with which it would be another program are left out."""
    for number in range(count):
        places = sorted({token.span.start for token in lex(source)} | {token.span.end for token in lex(source)})
        at = chance.choice(places)
        comment = chance.choice(_FORMS).format(f"c{number}")
        changed = source[:at] + comment + source[at:]
        if _is_same(source, changed):
            source = changed
    return source


def _is_same(first: str, second: str) -> bool:
    try:
        return same_program(first, second)
    except HarnSyntaxError:
        return False

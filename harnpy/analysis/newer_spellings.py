"""Spellings of newer Harn releases, of Python, JavaScript and Rust, in programs that parse: what to write here instead.

Nothing is reported in a program that means what it says: a word counts as foreign only where nothing in the file declares
it, a method only where no value that the file can have has one of that name. What does not even parse is answered by the
help of its parse error (syntax/habits.py).
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.spellings.facts import Facts, Known
from harnpy.analysis.spellings.harness import harness_spellings
from harnpy.analysis.spellings.methods import foreign_methods
from harnpy.analysis.spellings.names import foreign_names
from harnpy.analysis.spellings.statements import foreign_statements

if TYPE_CHECKING:
    from harnpy.syntax import ast
    from harnpy.syntax.diagnostics import Diagnostic

__all__ = ["Known", "newer_spellings"]


def newer_spellings(program: ast.Program, source: str, known: Known) -> list[Diagnostic]:
    """The findings in a program, whose text is source, in source order."""
    facts = Facts(program, source, known)
    found = list(harness_spellings(facts))
    places = {(each.span.start, each.span.end) for each in found}
    for each in (*foreign_statements(facts), *foreign_names(facts), *foreign_methods(facts)):
        if (each.span.start, each.span.end) not in places:
            places.add((each.span.start, each.span.end))
            found.append(each)
    return sorted(found, key=lambda each: (each.span.start, each.span.end))

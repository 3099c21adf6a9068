"""Whether all cases of an `unknown` are handled where the program says that none is left (chapter 09, 9.3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import UNKNOWN, Loose
from harnpy.analysis.types.narrowed import TYPE_NAMES

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.syntax import ast


def check_never_site(checker: Checker, node: ast.Node, site: str) -> None:
    """Report the variables that are still unknown at site although some of what they may be was ruled out."""
    for name in sorted(checker.partly_known):
        binding = checker.scopes.find(name)
        if binding is None or not binding.covered:
            continue
        type_ = binding.type.shown if isinstance(binding.type, Loose) else binding.type
        if type_ != UNKNOWN:
            continue
        missing = [each for each in TYPE_NAMES if each not in binding.covered]
        if not binding.excluded.issuperset(TYPE_NAMES):
            checker.report(type_rules.UNKNOWN_NOT_COVERED, node, site=site, variable=name, missing=", ".join(missing))

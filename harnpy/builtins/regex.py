"""Builtin functions on regular expressions. The flavour is in vm/patterns; compiled patterns are kept by the runtime."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.patterns import PatternCache, PatternError
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.patterns.pattern import Match, Pattern


@builtin("regex_match(pattern: string, text: string) -> list<string> | nil", pure=True, checked_as="string | nil")
def regex_match(fiber: Fiber, pattern: Value = MISSING, text: Value = MISSING) -> list[str | None] | None:
    """The texts of all matches of pattern in text, or nil if there are none. Throws `Invalid regex: ...`."""
    if text is MISSING:
        return None
    return [match.group(0) for match in _compile(fiber, pattern).matches(display(text))] or None


@builtin(
    "regex_replace(pattern: string, replacement: string, text: string) -> string",
    pure=True,
    aliases=("regex_replace_all",),
)
def regex_replace(
    fiber: Fiber, pattern: Value = MISSING, replacement: Value = MISSING, text: Value = MISSING
) -> str | None:
    """text with every match of pattern replaced.

    In replacement, `$1`, `$name` and `${name}` stand for groups and `$$` for a dollar. Throws `Invalid regex: ...`.
    """
    if text is MISSING:
        return None
    return _compile(fiber, pattern).replace_all(display(text), display(replacement))


@builtin("regex_captures(pattern: string, text: string) -> list<dict>", pure=True, checked_as="list")
def regex_captures(fiber: Fiber, pattern: Value = MISSING, text: Value = MISSING) -> list[dict[str, Value]]:
    """One dict a match: `match`, `groups` (nil where a group took no part), and an entry for each named group.

    Throws `Invalid regex: ...`.
    """
    if text is MISSING:
        return []
    compiled = _compile(fiber, pattern)
    return [_captures(compiled, match) for match in compiled.matches(display(text))]


def _captures(pattern: Pattern, match: Match) -> dict[str, Value]:
    found: dict[str, Value] = {
        "match": match.group(0),
        "groups": list(match.groups()),
    }
    for name, index in pattern.names.items():
        text = match.group(index)
        if text is not None:
            found[name] = text
    return found


def _compile(fiber: Fiber, pattern: Value) -> Pattern:
    try:
        return fiber.runtime.state(PatternCache).get(display(pattern))
    except PatternError as error:
        raise thrown(f"Invalid regex: {error}") from None

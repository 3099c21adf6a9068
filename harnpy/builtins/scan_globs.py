"""The patterns of `scan_directory`, which are tested against a whole relative path."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"(?P<dirs>(?:(?<=/)|^)\*\*/)|(?P<below>/\*\*\Z)|(?P<star>\*+)|(?P<one>\?)|(?P<set>\[[^/\]]+\])|.", re.DOTALL
)


def path_test(pattern: str) -> Callable[[str], bool]:
    """Whether a path is meant by pattern.

    Without a star, whether the pattern is part of the path. With one: `*` stands for any characters, slashes too, `**/`
    for any directories or none, `/**` at the end for a directory and all that is in it, `?` for one character that is
    no slash, `[ab]` and `[!ab]` for one that is listed or not, or for just these characters: names may have brackets.
    """
    if "*" not in pattern:
        return lambda path: pattern in path
    matches = re.compile(_expression(pattern), re.DOTALL).match
    return lambda path: matches(path) is not None


def _expression(pattern: str) -> str:
    """What follows a wildcard is looked for once, where it comes first: if the rest does not fit there, it fits nowhere.

    So the time does not multiply with each further star.
    """
    pieces = [""]  # the first begins where the path does, each of the others with a wildcard
    for token in _TOKEN.finditer(pattern):
        if token["dirs"]:
            pieces.append("(?:.*?/)??")
        elif token["star"]:
            pieces.append(".*?")
        else:
            pieces[-1] += _single(token)
    first, *others = pieces
    if not others:
        return first + r"\Z"
    *inner, last = others
    return first + "".join(f"(?>{piece})" for piece in inner) + last + r"\Z"


def _single(token: re.Match[str]) -> str:
    if token["below"]:
        return "(?:/.*)?"
    if token["one"]:
        return "[^/]"
    if token["set"]:
        return f"(?:{_set(token[0][1:-1])}|{re.escape(token[0])})"
    return re.escape(token[0])


def _set(members: str) -> str:
    negated = len(members) > 1 and members[0] in "!^"
    listed = re.sub(r"[^\w-]", r"\\\g<0>", members[negated:])
    expression = f"[^{listed}/]" if negated else f"[{listed}]"
    try:
        re.compile(expression)
    except re.error:  # such as [z-a]
        return re.escape(members)
    return expression

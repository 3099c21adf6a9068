"""Named sets of characters: POSIX classes and Unicode properties. The engine knows the properties; what is fixed here
is which names the language accepts.
"""

from __future__ import annotations

import re
from functools import cache

import regex

from harnpy.vm.patterns.nodes import LAST_CODE_POINT, Ranges
from harnpy.vm.patterns.ranges import ALL, RangeSet, negate, union


def _ranges(*pairs: str) -> Ranges:
    return Ranges(tuple((ord(pair[0]), ord(pair[-1])) for pair in pairs))


ASCII_CLASSES = {
    "alnum": _ranges("09", "AZ", "az"),
    "alpha": _ranges("AZ", "az"),
    "ascii": _ranges("\x00\x7f"),
    "blank": _ranges("\t", " "),
    "cntrl": _ranges("\x00\x1f", "\x7f"),
    "digit": _ranges("09"),
    "graph": _ranges("!~"),
    "lower": _ranges("az"),
    "print": _ranges(" ~"),
    "punct": _ranges("!/", ":@", "[`", "{~"),
    "space": _ranges("\t\r", " "),
    "upper": _ranges("AZ"),
    "word": _ranges("09", "AZ", "_", "az"),
    "xdigit": _ranges("09", "AF", "af"),
}
ASCII_SPACES = ASCII_CLASSES["space"]
ASCII_WORDS = ASCII_CLASSES["word"]

_KEYS = frozenset(
    {
        *("gc", "generalcategory", "sc", "script", "scx", "scriptextensions"),
        *("gcb", "graphemeclusterbreak", "wb", "wordbreak", "sb", "sentencebreak"),
    }
)
# Names that the engine takes and the language does not: POSIX names, other spaces than Unicode's, surrogates.
_REFUSED = frozenset(
    {
        *("l&", "alnum", "xdigit", "word", "blank", "graph", "print"),
        *("horizspace", "vertspace", "cs", "surrogate"),
    }
)
_NAME = re.compile(r"[A-Za-z0-9_\- &]+")


def complement(ranges: Ranges) -> Ranges:
    """The other code points."""
    return Ranges(negate(union(ranges.ranges)))


def find_property(name: str) -> str | Ranges | None:
    """What stands for the Unicode property called name: engine source, explicit ranges, or None if there is none.

    name may be `Value` or `Property=Value` (also with a colon); case, spaces, hyphens and underscores do not matter.
    """
    key, separator, value = name.replace(":", "=", 1).partition("=")
    parts = [key, value] if separator else [key]
    if not all(_NAME.fullmatch(part) for part in parts):
        return None
    loose = [re.sub(r"[ _\-]", "", part).lower() for part in parts]
    if len(loose) == 1:
        loose[0] = loose[0].removeprefix("is") if len(loose[0]) > 2 else loose[0]
        if loose[0] == "any":
            return Ranges(ALL)
        if loose[0] in _REFUSED or (loose[0].startswith(("in", "posix")) and loose[0] != "inherited"):
            return None
    elif loose[0] not in _KEYS or loose[1] in _REFUSED:
        return None
    source = "\\p{" + "=".join(loose) + "}"
    try:
        regex.compile(source, regex.V1)
    except regex.error:
        return None
    return source


@cache
def code_points_of(source: str) -> RangeSet:
    r"""The set that engine source such as `\p{Greek}` stands for."""
    every = b"".join([code.to_bytes(4, "little") for low, high in ALL for code in range(low, high + 1)])
    text = every.decode("utf-32-le")
    first_after_gap = ALL[0][1] + 1
    gap = ALL[1][0] - first_after_gap

    def code(index: int) -> int:
        return index if index < first_after_gap else index + gap

    found = regex.compile(f"[{source}]+", regex.V1).finditer(text)
    spans = [(code(match.start()), code(match.end() - 1)) for match in found]
    return union([(low, min(high, LAST_CODE_POINT)) for low, high in spans])

"""A structured answer that is not quite what was asked for, mended instead of asked for again.

Only what validates against the schema counts, so that a plainly wrong answer still gets its nudge and its error.
"""

from __future__ import annotations

from collections.abc import Iterator

from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import compact_json, to_json
from harnpy.llm.schema_fit import Conforms, fitted
from harnpy.llm.tolerant_json import documents
from harnpy.vm.errors import HarnError
from harnpy.vm.patterns import PatternCache
from harnpy.vm.schema import Schema, canonicalize
from harnpy.vm.schema.validate import Validator
from harnpy.vm.values import Value

# How providers spell that the answer had to end before it was complete.
_CUT_SHORT = ("length", "max_tokens", "MAX_TOKENS")


class NotMended(Exception):
    """Nothing in the answer can be read as what the schema asks for."""


def mended_answer(
    result: RawResult, found: tuple[Value, ...], schema: dict[str, Value], patterns: PatternCache
) -> Value:
    """The one value in the answer that conforms to schema once it is mended.

    found is the document that was read from it, if there was one. Raises NotMended; also where several different
    values in the text would conform, since then it is not plain which one is meant.
    """
    try:
        canonical = canonicalize(schema)
    except HarnError:
        raise NotMended from None

    conforms = conformity(canonical, patterns)
    for value in found:
        candidate = fitted(value, canonical, conforms)
        if conforms(candidate, canonical):
            return candidate
    if "structured" in result:
        raise NotMended
    conforming: dict[str, Value] = {}
    for value in _candidates(result, canonical):
        candidate = fitted(value, canonical, conforms)
        if conforms(candidate, canonical):
            conforming[compact_json(to_json(candidate))] = candidate
    if len(conforming) != 1:
        raise NotMended
    return conforming.popitem()[1]


def conformity(canonical: Schema, patterns: PatternCache) -> Conforms:
    """Says whether a value conforms to canonical or a part of it."""

    def conforms(value: Value, part: Schema) -> bool:
        errors: list[str] = []
        try:
            Validator(canonical, patterns=patterns).check(value, part, "", errors)
        except (HarnError, RecursionError):
            return False
        return not errors

    return conforms


def _candidates(result: RawResult, schema: Schema) -> Iterator[Value]:
    text = result["text"]
    if "enum" in schema:
        # A classification: models answer the bare word.
        yield text.strip().strip("\"'`.")
    yield from documents(text, cut_short=result["stop_reason"] in _CUT_SHORT)

"""Structured output: finding JSON in an answer, validating it, asking again, giving up (chapter 11 section 14)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import Json, parse_json, well_formed
from harnpy.llm.options import StructuredOutput
from harnpy.vm.errors import Category, HarnError, categorized_error
from harnpy.vm.patterns import PatternCache
from harnpy.vm.schema import canonicalize, validate
from harnpy.vm.values import Value

UNPARSEABLE = "response did not contain parseable JSON"

_FENCE = "```"
_PAIRS = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """What an answer gave: the data if some was found, and what is wrong with it.

    repaired says that the model wrote something close to the data and not the data itself.
    """

    found: bool
    data: Value
    errors: tuple[str, ...]
    repaired: bool = False


def read_answer(result: RawResult, wanted: StructuredOutput, patterns: PatternCache) -> StructuredAnswer:
    """Find and validate the structured answer of a result. No JSON is an error where validation was asked for.

    An answer that does not conform, and would once it is mended, is.
    """
    answer = _written_answer(result, wanted, patterns)
    if not answer.errors or wanted.schema is None:
        return answer
    from harnpy.llm.answer_repair import NotMended, mended_answer

    try:
        data = mended_answer(result, (answer.data,) if answer.found else (), wanted.schema, patterns)
    except NotMended:
        return answer
    return StructuredAnswer(True, well_formed(data), (), repaired=True)


def _written_answer(result: RawResult, wanted: StructuredOutput, patterns: PatternCache) -> StructuredAnswer:
    try:
        data = result["structured"] if "structured" in result else well_formed(extract_json(result["text"]))
    except ValueError:
        # A model that calls a tool has not answered yet; that is no failure to answer in JSON.
        validated = wanted.schema is not None or wanted.mode != "off"
        return StructuredAnswer(False, None, (UNPARSEABLE,) if validated and not result["tool_calls"] else ())
    return StructuredAnswer(True, data, validation_errors(data, wanted.schema, patterns))


def validation_errors(data: Value, schema: dict[str, Value] | None, patterns: PatternCache) -> tuple[str, ...]:
    """What is wrong with data; a schema that is itself malformed is the one error."""
    if schema is None:
        return ()
    try:
        _, errors = validate(data, canonicalize(schema), patterns=patterns)
    except HarnError as error:
        return (error.message,)
    return tuple(errors)


def extract_json(text: str) -> Json:
    """The JSON document in an answer: fenced, or from the first bracket to its partner, or the text as a whole.

    Raises ValueError if there is none.
    """
    trimmed = text.strip()
    if trimmed[:1] in _PAIRS:
        try:
            return parse_json(trimmed)
        except ValueError:
            pass
    candidate = _fenced(trimmed)
    if candidate is not None:
        return parse_json(candidate)
    for start in sorted(start for start in (trimmed.find("{"), trimmed.find("[")) if start >= 0):
        candidate = _balanced(trimmed, start)
        if candidate is not None:
            try:
                return parse_json(candidate)
            except ValueError:
                continue
    return parse_json(trimmed)


def _fenced(text: str) -> str | None:
    _, opened, rest = text.partition(_FENCE)
    if not opened:
        return None
    _, newline, body = rest.partition("\n")
    inside, closed, _ = (body if newline else rest).partition(_FENCE)
    return inside.strip() if closed else None


def _balanced(text: str, start: int) -> str | None:
    """The text from the bracket at start to its partner; brackets inside JSON strings do not count."""
    opening = text[start]
    closing = _PAIRS[opening]
    depth = 0
    in_string = escaped = False
    for position in range(start, len(text)):
        character = text[position]
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character == opening:
            depth += 1
        elif character == closing:
            depth -= 1
            if depth == 0:
                return text[start : position + 1]
    return None


def nudge_text(wanted: StructuredOutput, errors: tuple[str, ...]) -> str:
    """What the model is told after an answer that does not conform; "" if nothing is to be said."""
    details = joined_errors(errors)
    if type(wanted.nudge) is str:
        return f"{wanted.nudge}\n\nValidation errors: {details}" if wanted.nudge else ""
    lines = [
        "Your previous response did not match the required JSON schema.",
        f"Validation errors: {details}.",
    ]
    schema = wanted.schema or {}
    required = schema.get("required")
    names = [name for name in required if type(name) is str] if type(required) is list else []
    if names:
        lines.append(f"Required keys: {', '.join(names)}.")
    properties = schema.get("properties")
    if type(properties) is dict and properties:
        lines.append(f"Allowed top-level keys: {', '.join(sorted(properties))}.")
    lines.append("Answer again with nothing but valid JSON that fits the schema: no prose, no markdown fences.")
    return "\n".join(lines)


def conformance_error(wanted: StructuredOutput, errors: tuple[str, ...]) -> HarnError:
    """The error of a call whose answer did not conform within its rounds; its message is also the warning."""
    if wanted.retries == 0:
        hint = (
            "(hint: set `schema_retries: N` among the options of llm_call to have the model asked again "
            "with a corrective nudge)"
        )
    else:
        hint = (
            "(hint: schema_retries budget exhausted without an answer that conforms; raise `schema_retries` "
            "or loosen the schema)"
        )
    return categorized_error(
        Category.SCHEMA_VALIDATION, f"LLM output failed schema validation: {joined_errors(errors)} {hint}"
    )


def joined_errors(errors: tuple[str, ...]) -> str:
    return "; ".join(errors) or "(no detailed errors)"

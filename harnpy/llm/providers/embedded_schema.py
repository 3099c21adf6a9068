"""From the schema of a structured answer to one that a small model can be held to, token by token.

llama.cpp turns a JSON Schema into a grammar. The schema made here accepts less than the one it is made from and is
written in the subset that the grammar knows: every text and list has a longest length, because a small model that is
allowed to go on for ever does, and an answer without its closing brackets is none.
"""

from __future__ import annotations

import math

from harnpy.llm.json_values import Json
from harnpy.vm.errors import HarnError
from harnpy.vm.schema import canonicalize, to_json_schema

LONGEST_TEXT = 400
LONGEST_LIST = 12

# Whole numbers between bounds that are further apart are only checked afterwards.
_WIDEST_RANGE = 1000

ANY_OBJECT: dict[str, Json] = {"type": "object"}

# Keywords that the grammar takes as they are. Patterns are not among them: its dialect is not that of schemas.
_KEPT = ("minLength", "minItems", "minimum", "maximum", "format")
_FORMATS = ("date", "time", "date-time", "uuid")


def answer_schema(schema: Json) -> dict[str, Json]:
    """The JSON Schema for an answer that has to fit schema, a schema in Harn's spelling; None means any object."""
    if not isinstance(schema, dict):
        return dict(ANY_OBJECT)
    try:
        exported = to_json_schema(canonicalize(schema))
    except HarnError:
        # A schema that is malformed is reported by the validation of the answer.
        return dict(ANY_OBJECT)
    return _Narrower(exported).narrow(exported)


class _Narrower:
    """Narrows the parts of one document, whose definitions references point at."""

    def __init__(self, document: dict[str, Json]) -> None:
        self._document = document
        self._open: list[str] = []

    def narrow(self, schema: Json) -> dict[str, Json]:
        if not isinstance(schema, dict):
            return {}
        if isinstance(schema.get("$ref"), str):
            return self._referenced(schema["$ref"])
        for keyword in ("const", "enum"):
            if keyword in schema:
                return {keyword: schema[keyword]}
        for keyword in ("oneOf", "anyOf"):
            if isinstance(schema.get(keyword), list) and schema[keyword]:
                # What stands beside the branches holds for each of them.
                beside = {name: value for name, value in schema.items() if name != keyword}
                return {"anyOf": [self.narrow(_merged(beside, branch)) for branch in schema[keyword]]}
        if isinstance(schema.get("allOf"), list):
            merged = {name: value for name, value in schema.items() if name != "allOf"}
            for part in schema["allOf"]:
                merged = _merged(merged, self._resolved(part))
            return self.narrow(merged)
        kind = schema.get("type")
        if isinstance(kind, list):
            return {"anyOf": [self.narrow({**schema, "type": each}) for each in kind]}
        return self._of_type(schema, kind)

    def _of_type(self, schema: dict[str, Json], kind: Json) -> dict[str, Json]:
        result: dict[str, Json] = {name: schema[name] for name in _KEPT if name in schema}
        if result.get("format") not in _FORMATS:
            result.pop("format", None)
        result["type"] = kind
        if ("properties" in schema or "required" in schema) and kind in (None, "object"):
            return self._object(schema)
        if kind is None:
            # Anything would do; a text or a number comes to an end.
            return {"anyOf": [self.narrow({"type": each}) for each in ("string", "integer", "boolean", "null")]}
        if kind == "object":
            values = schema.get("additionalProperties")
            return (
                {"type": "object", "additionalProperties": self.narrow(values)} if isinstance(values, dict) else result
            )
        if kind == "array":
            result["items"] = self.narrow(schema.get("items") or {"type": "string"})
            result["maxItems"] = max(_least(schema.get("maxItems"), LONGEST_LIST), result.get("minItems", 0))
        elif kind == "integer" and "minimum" in result and "maximum" in result:
            # The grammar knows no bounds.
            if 0 <= result["maximum"] - result["minimum"] < _WIDEST_RANGE:
                return {"enum": list(range(math.ceil(result["minimum"]), math.floor(result["maximum"]) + 1))}
        elif kind == "string" and "format" not in result:
            result["maxLength"] = max(_least(schema.get("maxLength"), LONGEST_TEXT), result.get("minLength", 0))
        return result

    def _object(self, schema: dict[str, Json]) -> dict[str, Json]:
        required = [name for name in schema.get("required") or () if isinstance(name, str)]
        described: dict[str, Json] = dict(schema.get("properties") or {})
        for name in required:
            described.setdefault(name, {})
        return {
            "type": "object",
            "properties": {name: self.narrow(value) for name, value in described.items()},
            "required": required,
            "additionalProperties": False,
        }

    def _referenced(self, reference: str) -> dict[str, Json]:
        if reference in self._open:
            # A schema that contains itself: the grammar could follow it for ever, and the model would.
            return {"type": "null"}
        self._open.append(reference)
        try:
            return self.narrow(self._resolved({"$ref": reference}))
        finally:
            self._open.pop()

    def _resolved(self, schema: Json) -> dict[str, Json]:
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        target: Json = self._document
        for step in reference[2:].split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        return target if isinstance(target, dict) else {}


def _merged(first: dict[str, Json], second: Json) -> dict[str, Json]:
    """Both schemas at once, as far as objects go: their properties and required names together."""
    if not isinstance(second, dict):
        return first
    result = {**first, **second}
    if isinstance(first.get("properties"), dict) and isinstance(second.get("properties"), dict):
        result["properties"] = {**first["properties"], **second["properties"]}
    if isinstance(first.get("required"), list) and isinstance(second.get("required"), list):
        result["required"] = [*first["required"], *second["required"]]
    return result


def _least(given: Json, limit: int) -> int:
    return min(given, limit) if type(given) is int else limit

"""Validating a value against a canonical schema (chapter 06 section 12.2): the normalised value and the errors.

The order of checks is part of the language, since programs see the first error. Two readings exist: the strict one
of the schema builtins, and the lenient one of parameter checks, where int and float accept each other.
"""

from __future__ import annotations

from harnpy.vm.compare import equal, make_set
from harnpy.vm.display import display, display_int, plain_float
from harnpy.vm.errors import runtime_error
from harnpy.vm.patterns import PatternCache, PatternError
from harnpy.vm.schema.canonical import Schema
from harnpy.vm.schema.references import resolve_reference
from harnpy.vm.values import HarnSet, StructInstance, Value, type_name


def validate(
    value: Value, schema: Schema, apply_defaults: bool = False, patterns: PatternCache | None = None
) -> tuple[Value, list[str]]:
    """The normalised value and the error texts, in order; no errors means that value conforms.

    schema must be canonical. apply_defaults fills missing properties that have a default. patterns keeps compiled
    regular expressions across calls. Raises a runtime error when value or schema nest too deeply to be walked.
    """
    errors: list[str] = []
    validator = Validator(schema, apply_defaults=apply_defaults, patterns=patterns)
    try:
        normalised = validator.check(value, schema, "", errors)
    except RecursionError:
        raise runtime_error("schema validation: the value or its schema is nested too deeply") from None
    return normalised, errors


def reported_type(value: Value) -> str:
    """The type name that messages give: that of `type_of`, with structs counting as dicts."""
    name = type_name(value)
    return "dict" if name == "struct" else name


def number_text(value: int | float) -> str:
    """A number as messages show it: plain decimal form."""
    return plain_float(value) if type(value) is float else display_int(value)  # type: ignore[arg-type]


class Validator:
    """One validation: the root that references are resolved against, and the reading.

    With lenient, int and float accept each other and `closure` accepts builtin references.
    """

    def __init__(
        self,
        root: Schema,
        *,
        apply_defaults: bool = False,
        lenient: bool = False,
        patterns: PatternCache | None = None,
    ) -> None:
        self._root = root
        self._apply_defaults = apply_defaults
        self._lenient = lenient
        self._patterns = patterns if patterns is not None else PatternCache()
        # (reference, value id) pairs being resolved: a reference that leads back to itself at one value has no answer.
        self._resolving: set[tuple[str, int]] = set()

    def check(self, value: Value, schema: Schema, path: str, errors: list[str]) -> Value:
        """Validate value at path, append to errors, return the normalised value."""
        if "$ref" in schema:
            return self._check_reference(value, schema["$ref"], path, errors)
        if value is None and "nullable" in schema:
            return value
        if "const" in schema and not equal(value, schema["const"]):
            constant = display(schema["const"])
            errors.append(f"at {path or 'root'}: expected constant {constant}, got {display(value)}")
            return value
        if "all_of" in schema:
            for branch in schema["all_of"]:
                value = self.check(value, branch, path, errors)
            return value
        if "union" in schema:
            return self._check_union(value, schema["union"], path, errors)
        expected = schema.get("type")
        if expected is not None and not self.type_matches(value, expected):
            errors.append(f"at {path or 'root'}: expected type '{expected}', got '{reported_type(value)}'")
            return value
        kind = type(value)
        if kind is dict:
            return self._check_fields(value, schema, path, errors)
        if kind is StructInstance:
            fields = self._check_fields(value.fields, schema, path, errors)
            return value if fields is value.fields else StructInstance(value.type, fields)
        if kind is list or kind is HarnSet:
            return self._check_elements(value, schema, path, errors)
        if kind is str:
            self._check_string(value, schema, path, errors)
        elif kind is int or kind is float:
            self._check_bounds(value, schema, path, errors)
        if "enum" in schema and (kind in (str, int, float, bool) or value is None):
            if not any(equal(value, member) for member in schema["enum"]):
                members = ", ".join([display(member) for member in schema["enum"]])
                errors.append(f"at {path or 'root'}: value must be one of [{members}]")
        return value

    def type_matches(self, value: Value, expected: str) -> bool:
        """Whether value is of the type that a schema names."""
        actual = type_name(value)
        if actual == expected or expected == "any":
            return True
        if expected == "dict":
            return actual == "struct"
        if self._lenient:
            if expected == "int" or expected == "float":
                return actual == "int" or actual == "float"
            if expected == "closure":
                return actual == "builtin"
        return False

    def _check_reference(self, value: Value, reference: str, path: str, errors: list[str]) -> Value:
        target = resolve_reference(self._root, reference)
        step = (reference, id(value))
        if target is None or step in self._resolving:
            errors.append(f"at {path or 'root'}: unresolved schema reference '{reference}'")
            return value
        self._resolving.add(step)
        try:
            return self.check(value, target, path, errors)
        finally:
            self._resolving.discard(step)

    def _check_union(self, value: Value, branches: list[Schema], path: str, errors: list[str]) -> Value:
        for branch in branches:
            problems: list[str] = []
            normalised = self.check(value, branch, path, problems)
            if not problems:
                return normalised
        errors.append(f"at {path or 'root'}: value did not match any union branch")
        return value

    def _check_fields(self, fields: dict[str, Value], schema: Schema, path: str, errors: list[str]) -> dict[str, Value]:
        here = path or "root"
        properties: dict[str, Schema] = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in fields and not (self._apply_defaults and "default" in properties.get(name, ())):
                errors.append(f"at {here}: missing required key '{name}'")
        changed: dict[str, Value] = {}
        for name in sorted(properties):
            described = properties[name]
            if name in fields:
                self._check_field(fields[name], name, described, path, errors, changed)
            elif self._apply_defaults and "default" in described:
                default = described["default"]
                changed[name] = default
                self._check_field(default, name, described, path, errors, changed)
        additional = schema.get("additional_properties", True)
        if additional is not True:
            for name in sorted(fields.keys() - properties.keys()):
                if additional is False:
                    errors.append(f"at {here}: unexpected key '{name}'")
                else:
                    self._check_field(fields[name], name, additional, path, errors, changed)
        return {**fields, **changed} if changed else fields

    def _check_field(
        self,
        value: Value,
        name: str,
        schema: Schema,
        path: str,
        errors: list[str],
        changed: dict[str, Value],
    ) -> None:
        """Check one property; a normalised value that differs goes into changed, a failing one stays as it was."""
        count = len(errors)
        normalised = self.check(value, schema, f"{path}.{name}" if path else name, errors)
        if normalised is not value and len(errors) == count:
            changed[name] = normalised

    def _check_elements(self, elements: Value, schema: Schema, path: str, errors: list[str]) -> Value:
        here = path or "root"
        count = len(elements)
        if count < schema.get("min_items", 0):
            errors.append(f"at {here}: expected at least {schema['min_items']} items, got {count}")
        if "max_items" in schema and count > schema["max_items"]:
            errors.append(f"at {here}: expected at most {schema['max_items']} items, got {count}")
        if "items" not in schema:
            return elements
        described = schema["items"]
        kept: list[Value] = []
        changed = False
        for index, element in enumerate(elements):
            before = len(errors)
            normalised = self.check(element, described, f"{path}[{index}]", errors)
            if len(errors) == before:
                kept.append(normalised)
                changed = changed or normalised is not element
            else:
                changed = True
        if not changed:
            return elements
        return kept if type(elements) is list else make_set(kept)

    def _check_string(self, text: str, schema: Schema, path: str, errors: list[str]) -> None:
        here = path or "root"
        if len(text) < schema.get("min_length", 0):
            errors.append(f"at {here}: expected length >= {schema['min_length']}, got {len(text)}")
        if "max_length" in schema and len(text) > schema["max_length"]:
            errors.append(f"at {here}: expected length <= {schema['max_length']}, got {len(text)}")
        if "pattern" in schema:
            source = schema["pattern"]
            try:
                matches = self._patterns.get(source).is_match(text)
            except PatternError as error:
                errors.append(f"at {here}: invalid regex pattern '{source}': {error}")
            else:
                if not matches:
                    errors.append(f"at {here}: value does not match pattern '{source}'")

    def _check_bounds(self, value: int | float, schema: Schema, path: str, errors: list[str]) -> None:
        here = path or "root"
        if "min" in schema and value < schema["min"]:
            errors.append(f"at {here}: expected value >= {number_text(schema['min'])}, got {number_text(value)}")
        if "max" in schema and value > schema["max"]:
            errors.append(f"at {here}: expected value <= {number_text(schema['max'])}, got {number_text(value)}")

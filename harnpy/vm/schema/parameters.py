"""Run-time checks of annotated parameters (chapter 02 section 5.9; 06 section 12.6): a quick answer that is compiled
once for a function, and the slow path that finds the exact text of the first problem.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import closest
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error, type_error
from harnpy.vm.schema.canonical import Schema, is_object_like
from harnpy.vm.schema.references import resolve_reference
from harnpy.vm.schema.validate import Validator, reported_type
from harnpy.vm.values import Builtin, Closure, HarnSet, StructInstance, Value, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def check_parameter(name: str, value: Value, schema: Schema, is_rest: bool = False) -> None:
    """Raise the error of the first way in which value does not fit the parameter called name.

    schema is canonical (analysis.type_schema makes it from the annotation). A rest parameter is not checked. The
    error is a type error when the schema is dict-like, else a runtime error that starts with `TypeError: `.
    """
    if is_rest:
        return
    try:
        problem = _ParameterCheck(schema).problem(name, value, schema)
    except RecursionError:
        raise runtime_error(f"TypeError: parameter '{name}' is nested too deeply to be checked") from None
    if problem is not None:
        raise type_error(problem) if is_object_like(schema) else runtime_error(f"TypeError: {problem}")


def type_label(schema: Schema) -> str:
    """What a message calls the type that a schema describes: `int`, `dict`, `string|nil`, or `value`."""
    if "union" in schema:
        return "|".join([type_label(branch) for branch in schema["union"]])
    if is_object_like(schema):
        return "dict"
    return str(schema.get("type", "value"))


class _ParameterCheck:
    """The slow path for one schema: finds the first problem and words it."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._validator = Validator(root, lenient=True)
        self._resolving: set[tuple[str, int]] = set()

    def problem(self, name: str, value: Value, schema: Schema) -> str | None:
        if "$ref" in schema:
            return self._reference_problem(name, value, schema["$ref"])
        if value is None and "nullable" in schema:
            return None
        if "all_of" in schema:
            problems = (self.problem(name, value, branch) for branch in schema["all_of"])
            return next((problem for problem in problems if problem is not None), None)
        if "union" in schema:
            if any(self.problem(name, value, branch) is None for branch in schema["union"]):
                return None
            return f"parameter '{name}' expected {type_label(schema)}, got {reported_type(value)} ({display(value)})"
        if is_object_like(schema):
            return self._object_problem(name, value, schema)
        expected = schema.get("type")
        if expected is not None and not self._validator.type_matches(value, expected):
            return f"parameter '{name}' expected {expected}, got {reported_type(value)} ({display(value)})"
        errors: list[str] = []
        self._validator.check(value, schema, "root", errors)
        if not errors:
            return None
        return f"parameter '{name}': " + "; ".join([error.removeprefix("at root: ") for error in errors])

    def _reference_problem(self, name: str, value: Value, reference: str) -> str | None:
        target = resolve_reference(self._root, reference)
        step = (reference, id(value))
        if target is None or step in self._resolving:
            return f"parameter '{name}': unresolved schema reference '{reference}'"
        self._resolving.add(step)
        try:
            return self.problem(name, value, target)
        finally:
            self._resolving.discard(step)

    def _object_problem(self, name: str, value: Value, schema: Schema) -> str | None:
        if type(value) is dict:
            fields = value
        elif type(value) is StructInstance:
            fields = value.fields
        else:
            return f"parameter '{name}': expected dict or struct, got {type_name(value)}"
        properties: dict[str, Schema] = schema.get("properties", {})
        for field in schema.get("required", ()):
            if field not in fields:
                label = type_label(properties.get(field, {}))
                return f"parameter '{name}': missing field '{field}' ({label}){_meant(field, fields, properties)}"
        for field in sorted(properties):
            if field in fields:
                problem = self._field_problem(name, field, fields[field], properties[field])
                if problem is not None:
                    return problem
        additional = schema.get("additional_properties", True)
        if additional is not True:
            for field in sorted(fields.keys() - properties.keys()):
                if additional is False:
                    return f"parameter '{name}': unexpected field '{field}'"
                problem = self._field_problem(name, field, fields[field], additional)
                if problem is not None:
                    return problem
        return None

    def _field_problem(self, name: str, field: str, value: Value, schema: Schema) -> str | None:
        if "$ref" in schema or "all_of" in schema or "union" in schema or (value is None and "nullable" in schema):
            return self.problem(f"{name}.{field}", value, schema)
        if is_object_like(schema):
            if type(value) is not dict and type(value) is not StructInstance:
                return f"parameter '{name}': field '{field}' expected dict or struct, got {type_name(value)}"
        else:
            expected = schema.get("type")
            if expected is not None and not self._validator.type_matches(value, expected):
                return f"parameter '{name}': field '{field}' expected {expected}, got {reported_type(value)}"
        return self.problem(f"{name}.{field}", value, schema)


# The Python types that a schema's type name stands for in a parameter check.
_NUMBERS: frozenset[type] = frozenset({int, float})
_KINDS: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "int": _NUMBERS,
    "float": _NUMBERS,
    "bool": frozenset({bool}),
    "nil": frozenset({type(None)}),
    "list": frozenset({list}),
    "dict": frozenset({dict, StructInstance}),
    "set": frozenset({HarnSet}),
    "closure": frozenset({Closure, Builtin}),
}
_DESCRIBING = frozenset({"type", "items", "properties", "required", "additional_properties", "const", "enum", "union"})


def _meant(field: str, given: Iterable[str], properties: Schema) -> str:
    """`, did you mean 'key'?` for a given key that the schema does not know and that is close to the missing one."""
    limit = 1 if len(field) <= 4 else 2
    close = closest(field, (key for key in given if key not in properties), limit)
    return f", did you mean '{close}'?" if close is not None else ""


def compile_parameter_check(schema: Schema) -> Callable[[Value], bool]:
    """A quick check for values of a parameter: True means that value fits; False means that check_parameter decides.

    schema is canonical. Compile once for a function, not once a call.
    """
    kinds = _kinds_of(schema)
    if kinds is not None:
        return _kind_check(kinds)
    if not schema.keys() <= _DESCRIBING:
        return lambda value: _ParameterCheck(schema).problem("", value, schema) is None
    if "union" in schema:
        branches = tuple(compile_parameter_check(branch) for branch in schema["union"])
        return lambda value: any(branch(value) for branch in branches)
    if is_object_like(schema):
        return _compile_object_check(schema)
    if "const" in schema or "enum" in schema:
        return _compile_member_check(schema)
    return _compile_list_check(schema)


def _kinds_of(schema: Schema) -> frozenset[type] | None:
    """The Python types that a schema stands for, if the type of a value is all that it looks at."""
    if schema.keys() == {"type"}:
        return _KINDS.get(schema["type"])
    if schema.keys() == {"union"}:
        branches = [_kinds_of(branch) for branch in schema["union"]]
        known = [branch for branch in branches if branch is not None]
        return frozenset().union(*known) if len(known) == len(branches) else None
    return None


def _kind_check(kinds: frozenset[type]) -> Callable[[Value], bool]:
    if len(kinds) == 1:
        (kind,) = kinds
        return lambda value: type(value) is kind
    return lambda value: type(value) in kinds


def _compile_member_check(schema: Schema) -> Callable[[Value], bool]:
    """Literal types. Only strings take the quick way: Harn's equality of numbers is not Python's."""
    constants = [schema["const"]] if "const" in schema else schema["enum"]
    if schema.keys() - {"const", "enum"} == {"type"} and not {"const", "enum"} <= schema.keys():
        if schema["type"] == "string":
            allowed = frozenset(member for member in constants if type(member) is str)
            return lambda value: type(value) is str and value in allowed
    return lambda value: _ParameterCheck(schema).problem("", value, schema) is None


def _compile_list_check(schema: Schema) -> Callable[[Value], bool]:
    if schema.keys() != {"type", "items"} or schema["type"] not in ("list", "set"):
        return lambda value: _ParameterCheck(schema).problem("", value, schema) is None
    kinds = _kinds_of(schema["items"])
    check = compile_parameter_check(schema["items"])
    if schema["type"] == "set":
        return lambda value: type(value) is HarnSet and all(map(check, value))
    if kinds is not None:
        return lambda value: type(value) is list and kinds.issuperset(map(type, value))
    return lambda value: type(value) is list and all(map(check, value))


def _compile_object_check(schema: Schema) -> Callable[[Value], bool]:
    if schema.keys() - {"type", "properties", "required", "additional_properties"} or schema.get("type") not in (
        None,
        "dict",
    ):
        return lambda value: _ParameterCheck(schema).problem("", value, schema) is None
    required: list[str] = schema.get("required", [])
    properties = {name: compile_parameter_check(described) for name, described in schema.get("properties", {}).items()}
    checks = tuple(properties.items())
    additional = schema.get("additional_properties", True)
    extra_check = compile_parameter_check(additional) if type(additional) is dict else None

    def check(value: Value) -> bool:
        if type(value) is dict:
            fields = value
        elif type(value) is StructInstance:
            fields = value.fields
        else:
            return False
        for name in required:
            if name not in fields:
                return False
        for name, property_check in checks:
            if name in fields and not property_check(fields[name]):
                return False
        if extra_check is not None:
            return all(extra_check(fields[name]) for name in fields.keys() - properties.keys())
        return additional is True or not (fields.keys() - properties.keys())

    return check

"""Schemas as values: canonical form, validation, parameter checks and export. Knows no builtin and no fiber."""

from harnpy.vm.schema.canonical import Schema, canonicalize, is_object_like
from harnpy.vm.schema.export import Dialect, to_json_schema
from harnpy.vm.schema.parameters import check_parameter, compile_parameter_check
from harnpy.vm.schema.validate import validate

__all__ = [
    "Dialect",
    "Schema",
    "canonicalize",
    "check_parameter",
    "compile_parameter_check",
    "is_object_like",
    "to_json_schema",
    "validate",
]

"""How other schema languages call the types of values."""

from __future__ import annotations

# JSON Schema's name of a type -> Harn's, where they differ.
SCHEMA_TYPES = {
    "object": "dict",
    "array": "list",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "nil",
}

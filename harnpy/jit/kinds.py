"""What is known of a value: the set of kinds that it may have, as bits.

The bits tell apart what Python's operators treat differently from Harn's, and what has a form of its own in translated
code. Everything else is OTHER.
"""

from __future__ import annotations

from harnpy.vm.values import Closure, EnumVariant, HarnSet, Range, StructInstance, Value

INT = 1
FLOAT = 2
STR = 4
BOOL = 8
NIL = 16
LIST = 32
DICT = 64
STRUCT = 128
CLOSURE = 256
RANGE = 512
ENUM = 1024
OTHER = 2048
COUNTER = 4096  # what steps a loop over a range
SET = 8192
ANY = 16383

NUMBER = INT | FLOAT
SCALAR = INT | FLOAT | STR

_OF_TYPE: dict[type, int] = {
    int: INT,
    float: FLOAT,
    str: STR,
    bool: BOOL,
    type(None): NIL,
    list: LIST,
    dict: DICT,
    StructInstance: STRUCT,
    Closure: CLOSURE,
    Range: RANGE,
    EnumVariant: ENUM,
    type(iter(range(0))): COUNTER,
    HarnSet: SET,
}

# The Python names under which translated code knows the types of the kinds that it tests for.
TYPE_NAME = {
    INT: "int",
    FLOAT: "float",
    STR: "str",
    LIST: "list",
    DICT: "dict",
    STRUCT: "StructInstance",
    CLOSURE: "Closure",
    RANGE: "Range",
    ENUM: "EnumVariant",
    COUNTER: "range_iterator",
    SET: "HarnSet",
}


def kind_of(value: Value) -> int:
    """The one kind of a value."""
    return _OF_TYPE.get(type(value), OTHER)


def kind_of_type(kind: type) -> int:
    """The kind of the values of a Python type."""
    return _OF_TYPE.get(kind, OTHER)

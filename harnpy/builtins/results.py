"""Result values: making `Result.Ok` and `Result.Err`, asking which one a value is, and taking it apart.

Any enum called Result counts; a value that is no Result passes through unwrap and unwrap_or unchanged.
"""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import EnumVariant, Value

_new = object.__new__


@builtin("Ok(value: any = nil) -> Result", pure=True)
def make_ok(value: Value = None) -> EnumVariant:
    """`Result.Ok(value)`."""
    # Without __init__, which would cost as much as all the rest.
    made = _new(EnumVariant)
    made.enum = "Result"
    made.variant = "Ok"
    made.fields = (value,)
    return made


@builtin("Err(error: any = nil) -> Result", pure=True)
def make_err(error: Value = None) -> EnumVariant:
    """`Result.Err(error)`."""
    return EnumVariant("Result", "Err", (error,))


@builtin("is_ok(result: any) -> bool", pure=True)
def is_ok(result: Value) -> bool:
    """Whether the value is a `Result.Ok`."""
    return type(result) is EnumVariant and result.enum == "Result" and result.variant == "Ok"


@builtin("is_err(result: any) -> bool", pure=True)
def is_err(result: Value) -> bool:
    """Whether the value is a `Result.Err`."""
    return type(result) is EnumVariant and result.enum == "Result" and result.variant == "Err"


@builtin("unwrap(result: any) -> any")
def unwrap(result: Value) -> Value:
    """The value of an Ok; a value that is no Result itself. Runtime error for an Err."""
    if type(result) is not EnumVariant or result.enum != "Result":
        return result
    variant, fields = result.variant, result.fields
    if variant == "Ok":
        return fields[0] if fields else None
    if variant == "Err":
        raise runtime_error(f"unwrap called on Err: {display(_content(result))}")
    return result


@builtin("unwrap_or(result: any, default: any = nil) -> any", pure=True)
def unwrap_or(result: Value, default: Value = None) -> Value:
    """The value of an Ok, default for an Err; a value that is no Result itself."""
    if type(result) is not EnumVariant or result.enum != "Result":
        return result
    variant, fields = result.variant, result.fields
    if variant == "Ok":
        return fields[0] if fields else None
    return default if variant == "Err" else result


@builtin("unwrap_err(result: any) -> any")
def unwrap_err(result: Value) -> Value:
    """The error of an Err. Runtime error for anything else."""
    if not is_err(result):
        raise runtime_error("unwrap_err called on non-Err")
    return _content(result)


def _content(result: EnumVariant) -> Value:
    return result.fields[0] if result.fields else None

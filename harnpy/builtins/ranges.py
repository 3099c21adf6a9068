"""The range function and the methods of ranges. A method name that is not here is looked up among those of iters."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import type_error
from harnpy.vm.registry import builtin, method
from harnpy.vm.values import Range, Value


@builtin("range(...bounds: int) -> list")
def make_range(*bounds: Value) -> Range:
    """The ints from 0 up to, not including, n, or from a up to, not including, b. Type error for other arguments."""
    if len(bounds) == 1:
        if type(bounds[0]) is not int:
            raise type_error("range(n): expected integer argument")
        return Range(0, bounds[0], False)
    if len(bounds) == 2:
        if type(bounds[0]) is not int or type(bounds[1]) is not int:
            raise type_error("range(a, b): expected integer arguments")
        return Range(bounds[0], bounds[1], False)
    raise type_error(f"range expects 1 or 2 integer arguments, got {len(bounds)}")


@method("range.count() -> int", pure=True, aliases=("len",))
def range_count(numbers: Range) -> int:
    """How many ints are in the range."""
    return numbers.__len__()  # len() refuses what exceeds the machine's word


@method("range.empty() -> bool", pure=True)
def range_empty(numbers: Range) -> bool:
    """Whether the range has no ints, because it starts beyond its end."""
    return not numbers.__len__()


@method("range.contains(value: any) -> bool", pure=True)
def range_contains(numbers: Range, value: Value) -> bool:
    """Whether value is an int in the range."""
    return type(value) is int and value in numbers.py


@method("range.first() -> int | nil", pure=True)
def range_first(numbers: Range) -> int | None:
    """The first int, nil for an empty range."""
    return numbers.py[0] if numbers.py else None


@method("range.last() -> int | nil", pure=True)
def range_last(numbers: Range) -> int | None:
    """The last int, nil for an empty range."""
    return numbers.py[-1] if numbers.py else None


@method("range.to_string() -> string", pure=True)
def range_to_string(numbers: Range) -> str:
    """The range as it is printed."""
    return display(numbers)

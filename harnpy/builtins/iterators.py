"""Making iters and pairs, and stepping generators. What can be done with an iter is in iter_combinators and iter_sinks."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import type_error
from harnpy.vm.iteration import lift
from harnpy.vm.registry import builtin, method
from harnpy.vm.values import END, MISSING, Generator, Iter, Pair, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("pair(first: any, second: any) -> pair")
def make_pair(*halves: Value) -> Pair:
    """A pair of two values. Type error unless there are exactly two."""
    if len(halves) != 2:
        raise type_error(f"pair: expected 2 arguments, got {len(halves)}")
    return Pair(halves[0], halves[1])


@builtin("iter(source: any) -> iter")
def make_iter(fiber: Fiber, source: Value = MISSING) -> Iter:
    """A lazy iter over a list, set, dict (as pairs), string, range, generator or channel. Type error for all else."""
    if source is MISSING:
        raise type_error("iter: expected 1 argument")
    return lift(fiber, source)


@method("list.iter() -> iter")
@method("set.iter() -> iter")
@method("dict.iter() -> iter")
@method("string.iter() -> iter")
@method("range.iter() -> iter")
@method("generator.iter() -> iter")
@method("channel.iter() -> iter")
@method("iter.iter() -> iter")
def iterate(fiber: Fiber, source: Value) -> Iter:
    """A lazy iter over the value; an iter returns itself, a dict gives pairs."""
    return lift(fiber, source)


@method("generator.next() -> dict")
def generator_next(fiber: Fiber, generator: Generator) -> dict[str, Value]:
    """Runs the generator to its next yield: `{value, done}`. Once it has ended, value is nil and done true."""
    value = fiber.resume(generator)
    return {"value": None, "done": True} if value is END else {"value": value, "done": False}

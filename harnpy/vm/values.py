"""The value model. Python's own objects wherever they fit; small slotted classes for the rest.

nil is None, and bool, int, float, str, list and dict are Python's. Collections are values: only assignment
statements change one in place, and only when the variable holds the sole reference. Dict keys are always str, and
dicts are sorted when observed (iteration, display, serialization), never when stored.
"""

from __future__ import annotations

from itertools import chain

from harnpy import TYPE_CHECKING
from harnpy.vm.field_types import FieldTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from functools import partial
    from typing import Any, TypeAlias

    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.modules import ModuleInstance
else:
    from _functools import partial  # nothing else of `functools` is needed, and it loads much

# Any Harn value. The kinds are those of KIND_NAMES; every consumer dispatches on type() at run time, which is what
# a dynamic language does, so a static union would be narrowed again at each use.
if TYPE_CHECKING:
    Value: TypeAlias = Any
else:
    Value = object


class Missing:
    """The type of MISSING, the default of a builtin's parameter that tells "not passed" from nil."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Range:
    """`a to b` (inclusive) or `a to b exclusive`; both bounds are ints, nothing else is stored."""

    __slots__ = ("end", "inclusive", "start")

    def __init__(self, start: int, end: int, inclusive: bool) -> None:
        self.start = start
        self.end = end
        self.inclusive = inclusive

    @property
    def py(self) -> range:
        """The same numbers as a Python range."""
        return range(self.start, self.end + 1 if self.inclusive else self.end)

    def __len__(self) -> int:
        return max(0, self.end - self.start + (1 if self.inclusive else 0))

    def __bool__(self) -> bool:
        return True


class Duration:
    """A length of time in whole milliseconds."""

    __slots__ = ("ms",)

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def __bool__(self) -> bool:
        return self.ms != 0


class Pair:
    __slots__ = ("first", "second")

    def __init__(self, first: Value, second: Value) -> None:
        self.first = first
        self.second = second


class HarnSet:
    """A set in insertion order. items maps the structural key (compare.structural_key) of each element to it.

    plain: every element is a string or an int, which are their own keys, so that sets of them are Python's business.
    False says nothing. Whoever puts another element into items has to clear it.
    """

    __slots__ = ("items", "plain")

    def __init__(self, items: dict[object, Value], plain: bool = False) -> None:
        self.items = items
        self.plain = plain

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items.values())


class StructType:
    """One struct of one module: its name and the methods that `impl` blocks have added so far.

    field_types is the program's, which structs of all types share.
    """

    __slots__ = ("field_types", "methods", "name")

    def __init__(self, name: str, field_types: FieldTypes | None = None) -> None:
        self.name = name
        self.methods: dict[str, Closure] = {}
        self.field_types = field_types if field_types is not None else FieldTypes()


class StructInstance:
    """Whoever changes fields notes that at type.field_types."""

    __slots__ = ("fields", "type")

    def __init__(self, type: StructType, fields: dict[str, Value]) -> None:
        self.type = type
        self.fields = fields
        type.field_types.note(fields)

    def copy(self) -> StructInstance:
        """Another struct with the same fields."""
        made: StructInstance = object.__new__(StructInstance)  # without noting again what they hold
        made.type = self.type
        made.fields = dict(self.fields)
        return made


class EnumVariant:
    __slots__ = ("enum", "fields", "variant")

    def __init__(self, enum: str, variant: str, fields: tuple[Value, ...] = ()) -> None:
        self.enum = enum
        self.variant = variant
        self.fields = fields


def ok(value: Value) -> EnumVariant:
    """`Result.Ok(value)`."""
    return EnumVariant("Result", "Ok", (value,))


def err(error: Value) -> EnumVariant:
    """`Result.Err(error)`."""
    return EnumVariant("Result", "Err", (error,))


class Closure:
    """A Harn function value: linked code plus the values it captured when it was made.

    struct_type is set on the constructor that a `struct` declaration binds: it has no code, takes one dict and makes
    an instance.
    """

    __slots__ = ("captures", "function", "module", "struct_type")

    def __init__(
        self,
        function: LinkedFunction | None,
        captures: tuple[Value, ...],
        module: ModuleInstance | None,
        struct_type: StructType | None = None,
    ) -> None:
        self.function = function
        self.captures = captures
        self.module = module
        self.struct_type = struct_type

    @property
    def name(self) -> str:
        return self.function.name if self.function is not None else self.struct_type.name if self.struct_type else ""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return self.function.parameter_names if self.function is not None else ("fields",)


class Builtin:
    """A builtin reference. Made from a declaration by registry.py; see there for the calling convention."""

    __slots__ = ("effects", "fn", "is_async", "max_args", "min_args", "name", "signature", "wants_fiber")

    def __init__(
        self,
        name: str,
        fn: Callable[..., Value],
        signature: str,
        effects: frozenset[str],
        wants_fiber: bool,
        min_args: int,
        max_args: int | None,
        is_async: bool,
    ) -> None:
        self.name = name
        self.fn = fn
        self.signature = signature
        self.effects = effects
        self.wants_fiber = wants_fiber
        self.min_args = min_args
        self.max_args = max_args
        self.is_async = is_async


class End:
    """The type of END, what a step of an iterator returns when there is nothing left."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "END"


END = End()


class IterEnd:
    """Whether an iter has ended. Apart from the Iter, so that what pulls for an iter need not hold it.

    Standing behind the items of a Python iterator it notes that somebody asked for more: `chain(items, end)`.
    """

    __slots__ = ("reached",)

    def __init__(self) -> None:
        self.reached = False

    def __iter__(self) -> Iterator[Value]:
        self.reached = True
        return iter(())


class Iter:
    """A lazy, single-pass, fused iterator.

    Fibers pull through walks: Python iterators, one for each fiber, that walk(end, fiber) makes. A walk notes at end
    when the iter has ended; what an iter has to remember between pulls is kept outside of its walks, since a walk
    that fails is made anew, as is one that was set aside for another fiber. sources are the iters that walks step.

    An iter is ended for a fiber that is in the middle of stepping it, or one of its sources, further out. Python's
    generators know whether they are being stepped, so that this costs nothing until somebody pulls from outside.

    generator is the one whose values these are, if that is all that the iter does.
    """

    __slots__ = ("_walk", "_walks", "end", "generator", "halves", "items", "sources")

    def __init__(self, walk: Callable[[IterEnd, Any], Iterator[Value]], *sources: Iter) -> None:
        self.end = IterEnd()
        self.items: Iterator[Value] | None = None
        self.halves: Iterator[tuple[Value, Value]] | None = None
        self.generator: Generator | None = None
        self.sources = list(sources)
        self._walk = walk
        self._walks: dict[Any, Iterator[Value]] = {}

    @classmethod
    def over(cls, items: Iterator[Value]) -> Iter:
        """An iter over Python items that need no fiber: stepping them neither runs Harn code nor fails.

        It has its items for all fibers in the attribute of that name, which is None for all others.
        """
        made = cls(_no_walk)
        made.items = chain(items, made.end)
        return made

    @classmethod
    def over_pairs(cls, firsts: Iterator[Value], seconds: Iterator[Value]) -> Iter:
        """As over, of pairs made of the items of two Python iterators, until one ends.

        The attribute halves gives the same items as tuples, to loops that take pairs apart at once.
        """
        made = cls.over(map(Pair, firsts, seconds))
        made.halves = chain(zip(firsts, seconds), made.end)
        return made

    @property
    def exhausted(self) -> bool:
        """Whether a pull has found no item."""
        return self.end.reached

    def pulled_by(self, fiber: Any) -> Iterator[Value]:
        """The remaining items, for fiber to step at once: not to be kept while other code of that fiber may pull."""
        if self.items is not None:
            return self.items
        return chain.from_iterable(self.walks(fiber)) if self.may_go_on(fiber) else iter(())

    def next_value(self, fiber: Any) -> Value:
        """The next item, or END."""
        return next(self.walk(fiber), END) if self.may_go_on(fiber) else END

    def may_go_on(self, fiber: Any) -> bool:
        """Whether there may be more items for fiber: the iter has not ended, and fiber is not inside of it."""
        if self.end.reached:
            return False
        pending = [self]
        while pending:
            each = pending.pop()
            if getattr(each._walks.get(fiber), "gi_running", False):
                return False
            pending.extend(each.sources)
        return True

    def walks(self, fiber: Any) -> Iterator[Iterator[Value]]:
        """The walk of fiber, and the one after it if it ended by an error that was caught further in, and so on.

        For walks of other iters that have this one as a source, and for nobody else.
        """
        # No generator: one that an error ends early is closed, which takes longer the more generators are running.
        return chain((self.walk(fiber),), iter(partial(self._further_walk, fiber), None))

    def _further_walk(self, fiber: Any) -> Iterator[Value] | None:
        return self.walk(fiber) if self.may_go_on(fiber) else None

    def walk(self, fiber: Any) -> Iterator[Value]:
        """The walk of fiber; see walks."""
        if self.items is not None:
            return self.items
        found: Any = self._walks.get(fiber)
        if found is None or found.gi_frame is None:
            # Walks that nobody is inside of are dropped, lest an iter that many fibers share keep them all.
            self._walks = {other: each for other, each in self._walks.items() if getattr(each, "gi_running", False)}
            found = self._walks[fiber] = self._walk(self.end, fiber)
        return found  # type: ignore[no-any-return]


def _no_walk(end: IterEnd, fiber: Any) -> Iterator[Value]:
    return iter(())


class Generator:
    """A suspended generator call. frame is the interpreter frame that `next` resumes; None when finished.

    scopes holds what the paused body has entered and not left; running is the fiber that pulls, pullers are those that
    wait for their turn. A translated function has a Python generator for a frame; plain says that nothing needs to be
    done around its steps, so that loops may step it themselves.
    """

    __slots__ = ("frame", "plain", "pullers", "running", "scopes")

    def __init__(self, frame: Any, plain: bool = False) -> None:
        self.frame = frame
        self.plain = plain
        self.running: Any = None
        self.scopes: Any = None
        self.pullers: list[Any] = []

    @property
    def done(self) -> bool:
        # A Python generator that a loop has walked to its end has no frame any more.
        return self.frame is None or getattr(self.frame, "gi_frame", self) is None


class Atomic:
    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class PyObject:
    """A Python object that is no Harn value. What the language does to it is in python/objects.py; home is its runtime.

    It has none of Python's operators on purpose, so that translated code, which tries them, leaves it to the interpreter.
    """

    type_name = "python"
    __slots__ = ("__weakref__", "home", "object")

    def __init__(self, home: Any, object: Any) -> None:
        self.home = home
        self.object = object

    def __str__(self) -> str:
        from harnpy.vm.python.objects import text

        return text(self)

    def __bool__(self) -> bool:
        from harnpy.vm.python.objects import truth

        return truth(self)

    # These two can be had without asking for them, so they have to be right.
    def __eq__(self, other: object) -> Any:
        from harnpy.vm.python.objects import equality

        return equality("==", self, other)

    def __ne__(self, other: object) -> Any:
        from harnpy.vm.python.objects import equality

        return equality("!=", self, other)

    def __hash__(self) -> int:
        return id(self.object)


KIND_NAMES = [
    "string",
    "int",
    "float",
    "bool",
    "nil",
    "list",
    "dict",
    "closure",
    "builtin",
    "duration",
    "enum",
    "struct",
    "task_handle",
    "channel",
    "atomic",
    "mcp_client",
    "set",
    "generator",
    "range",
    "iter",
    "pair",
]

_TYPE_NAMES: dict[type, str] = {
    str: "string",
    int: "int",
    float: "float",
    bool: "bool",
    type(None): "nil",
    list: "list",
    dict: "dict",
    Closure: "closure",
    Builtin: "builtin",
    Duration: "duration",
    EnumVariant: "enum",
    StructInstance: "struct",
    Atomic: "atomic",
    HarnSet: "set",
    Generator: "generator",
    Range: "range",
    Iter: "iter",
    Pair: "pair",
}


def type_name(value: Value) -> str:
    """What `type_of(value)` returns. Classes outside this file carry a class attribute `type_name`."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    return str(getattr(type(value), "type_name", type(value).__name__))


def is_callable(value: Value) -> bool:
    """Whether value may be called: a closure, a builtin reference or a Python callable."""
    kind = type(value)
    return kind is Closure or kind is Builtin or (kind is PyObject and callable(value.object))


def truthy(value: Value) -> bool:
    """Chapter 02 section 1.3. Python's truth of every kind is Harn's: the classes here say what is falsy."""
    return bool(value)

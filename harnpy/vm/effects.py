"""The effect seam: the one way by which a builtin touches the world.

An operation is a function that does something to, or learns something from, the world; it is marked with the effect
it has and with whether repeating it is safe. Builtins never call operations, they hand them to `fiber.effect`, which
ends here. The seam knows what is done (builtin, operation, arguments), where (call site) and on which dynamic path:
the fiber's path (branch indexes of parallel and spawn from the main fiber down) plus how often this site has
executed on that path. Two runs of one program agree on these keys whatever the interleaving, which a global
sequence number would not give. Sandbox, trace, cost, record and replay attach here.
"""

from __future__ import annotations

from _collections_abc import Coroutine

from harnpy import TYPE_CHECKING
from harnpy.records import Enum, Record
from harnpy.vm.errors import HarnError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    from harnpy.vm.fiber import Fiber

    F = TypeVar("F", bound=Callable[..., Any])
    # Sees an operation, its arguments and its purpose before anybody else does; gives the arguments to go on with, or raises.
    Guard = Callable[[Fiber, "Operation", tuple[Any, ...], str], tuple[Any, ...]]
else:
    Protocol = object

# What most operations give; to ask whether something is a coroutine takes longer than the operation itself.
_PLAIN = frozenset((type(None), bool, int, float, str, bytes, list))

# Every effect that an operation or a builtin may declare.
EFFECTS = frozenset(
    {
        "clock",
        "env",
        "fs.read",
        "fs.write",
        "host",  # requests to the program that runs this one
        "input",
        "llm",
        "net",
        "output",
        "process",
        "python",  # importing a Python module, which may do anything
        "random",
        "schedule",
        "time",  # waiting: sleep, deadlines of waits
    }
)


# Why an operation is done, if not because the program asked for just that: OWN for what the runtime reads for itself, whose
# arguments are none of the program's; IMPORT for reading a module that the program imports.
OWN = "own"
IMPORT = "import"


class Repeat(Enum):
    """Whether doing an operation again is safe after it failed or was interrupted."""

    PURE = "pure"  # it only reads; the answer may differ
    IDEMPOTENT = "idempotent"  # doing it twice leaves the world as doing it once
    COMMITTED = "committed"  # doing it twice does it twice


class Operation(Record):
    effect: str
    repeat: Repeat
    name: str


def operation(effect: str, repeat: Repeat) -> Callable[[F], F]:
    """Mark a function or method as an operation: `@operation("fs.read", Repeat.PURE)`."""
    assert effect in EFFECTS, effect

    def mark(fn: F) -> F:
        fn.__harn_operation__ = Operation(effect, repeat, fn.__name__)  # type: ignore[attr-defined]
        return fn

    return mark


def operation_of(fn: Callable[..., Any]) -> Operation:
    """The mark of an operation. Raises AttributeError for anything else: nothing unmarked passes the seam."""
    return fn.__harn_operation__  # type: ignore[attr-defined,no-any-return]


class Site(Record):
    """Where in the source an effectful call stands."""

    path: str
    line: int
    column: int


class EffectCall(Record):
    """One execution of an operation. key identifies it across runs: fiber path, site and count on that path."""

    builtin: str
    operation: Operation
    args: tuple[Any, ...]
    site: Site
    fiber_path: tuple[int, ...]
    count: int

    @property
    def key(self) -> tuple[tuple[int, ...], Site, int]:
        return (self.fiber_path, self.site, self.count)


class EffectHandler(Protocol):
    """What can attach to the seam: a policy, a trace, a recorder, a replayer.

    handle(call, proceed) returns the operation's result: its own, or that of proceed(), which does the operation (or
    asks the next handler). A policy raises instead of proceeding.
    """

    def handle(self, call: EffectCall, proceed: Callable[[], Any]) -> Any: ...


class EffectSeam:
    """The handlers of one runtime, outermost first."""

    def __init__(self) -> None:
        self._handlers: tuple[EffectHandler, ...] = ()
        self._guards: tuple[Guard, ...] = ()
        self._is_watched = False

    def guard(self, guard: Guard) -> None:
        """Let guard stand outside of all handlers, for good. What it refuses has not happened and is not counted."""
        self._guards = (*self._guards, guard)
        self._is_watched = True

    def attach(self, handler: EffectHandler) -> None:
        """Let handler stand innermost. Executions are counted while there is a handler, so attach before the run."""
        self._handlers = (*self._handlers, handler)
        self._is_watched = True

    def detach(self, handler: EffectHandler) -> None:
        self._handlers = tuple(each for each in self._handlers if each is not handler)
        self._is_watched = bool(self._handlers or self._guards)

    def perform(self, fiber: Fiber, fn: Callable[..., Any], args: tuple[Any, ...], purpose: str = "") -> Any:
        """Do one operation on behalf of fiber; a coroutine is awaited by the fiber. purpose is "", OWN or IMPORT.

        A HarnError that leaves the operation without saying so is marked: repeatable unless the operation commits.
        """
        mark = operation_of(fn)
        if self._is_watched:
            return self._watched(fiber, mark, fn, args, purpose)
        try:
            result = fn(*args)
            return result if type(result) in _PLAIN or not isinstance(result, Coroutine) else fiber.wait(result)
        except HarnError as error:
            if error.repeatable is None:
                error.begun = True
                error.repeatable = mark.repeat is not Repeat.COMMITTED
            raise

    def _watched(
        self, fiber: Fiber, mark: Operation, fn: Callable[..., Any], args: tuple[Any, ...], purpose: str
    ) -> Any:
        for guard in self._guards:
            args = guard(fiber, mark, args, purpose)
        if self._handlers:
            return self._handled(fiber, mark, fn, args)
        return _WITHOUT_HANDLERS.perform(fiber, fn, args)

    def _handled(self, fiber: Fiber, mark: Operation, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        site = fiber.site()
        call = EffectCall(fiber.builtin, mark, args, site, fiber.path, fiber.count_site(site))

        def run() -> Any:
            return _WITHOUT_HANDLERS.perform(fiber, fn, args)

        for handler in reversed(self._handlers):
            run = _chain(handler, call, run)
        return run()


_WITHOUT_HANDLERS = EffectSeam()


def _chain(handler: EffectHandler, call: EffectCall, proceed: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: handler.handle(call, proceed)

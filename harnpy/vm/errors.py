"""Harn errors: one exception class, its origins and categories, and the texts that a program or a user sees.

Chapter 02 section 11.1 fixes the texts. A Python exception from a library never leaves a builtin: it is translated
where it is caught, with the operation, the path or URL and the cause.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Enum, Record

if TYPE_CHECKING:
    from typing import Any


class Category(Enum):
    """The vocabulary of error categories (chapter 02 section 11.2)."""

    TIMEOUT = "timeout"
    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    TRANSIENT_NETWORK = "transient_network"
    SCHEMA_VALIDATION = "schema_validation"
    TOOL_ERROR = "tool_error"
    TOOL_REJECTED = "tool_rejected"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    CIRCUIT_OPEN = "circuit_open"
    GENERIC = "generic"


CATEGORY_NAMES = frozenset(category.value for category in Category)


class Origin(Enum):
    """Where an error came from; it decides the text and the value that `catch` binds."""

    THROWN = "thrown"  # `throw v`, and builtins that throw strings or dicts: bound unchanged
    TYPE = "type"  # bound as "Type error: m"
    RUNTIME = "runtime"  # bound as "Runtime error: m"
    BARE = "bare"  # a runtime error that is bound without its prefix, e.g. "Division by zero"
    CATEGORIZED = "categorized"  # bound as "Error [category]: m"


class TraceEntry(Record):
    """One frame of a stack trace, innermost first. column 0 means unknown."""

    function: str
    path: str
    line: int
    column: int


# Frames in a trace: that of a stack overflow would be as long as the stack. What is too much is left out in the middle.
MOST_ENTRIES = 20_000


class HarnError(Exception):
    """An error inside a Harn program.

    value is what was thrown (THROWN only). trace is filled while the error passes frames on its way out, innermost
    first, so that an error costs as much as it unwinds; it is None until then. begun and repeatable are set by effects: whether the effect had begun when it failed, and
    whether repeating it is safe; None where no effect was involved. partial_text is what of a streamed answer had
    arrived; details is what else the effect learned, as plain data.
    """

    origin = Origin.THROWN
    _message: str | None = None
    value: Any = None
    category = Category.GENERIC
    trace_is_complete = False
    import_line: int | None = None  # line of the import in the entry file, for errors of loading a module
    begun: bool | None = None
    repeatable: bool | None = None
    partial_text: str | None = None
    details: dict[str, str] | None = None
    host_error: BaseException | None = None  # what Python code has raised, for errors that come from there
    _trace: Any = None
    _has_later = False  # whether _trace has places that are not looked up yet
    _last_frame: Any = 0
    _way: tuple[Any, ...] | None = None  # what put_off has noted and nobody has asked for

    def __init__(
        self,
        origin: Origin,
        message: str,
        value: Any = None,
        category: Category = Category.GENERIC,
    ) -> None:
        self.origin = origin
        self._message = message
        self.value = value
        self.category = category

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """What happened; of what a program has thrown, the text that it threw, if it is one."""
        if self._message is None:
            return self.value if type(self.value) is str else ""
        return self._message

    @message.setter
    def message(self, text: str) -> None:
        self._message = text

    @property
    def trace(self) -> list[TraceEntry] | tuple[TraceEntry, ...] | None:
        """The frames that the error has passed, see above."""
        if self._way is not None:
            self._take_up()
        passed: list[Any] | tuple[Any, ...] | None = self._trace
        if self._has_later:
            assert passed is not None
            # Places in translated code are looked up when somebody asks.
            entries: list[TraceEntry] = []
            for each in passed:
                if type(each) is TraceEntry:
                    entries.append(each)
                else:
                    entries.extend(each[0](*each[1:]))
            self._trace = passed = entries
            self._has_later = False
        return passed

    @trace.setter
    def trace(self, entries: list[TraceEntry] | tuple[TraceEntry, ...] | None) -> None:
        if self._way is not None:
            self._take_up()
        self._trace = entries
        self._has_later = False

    @property
    def last_frame(self) -> Any:
        """The frame that trace ends with: its identity, or the Python frame of translated code."""
        if self._way is not None:
            self._take_up()
        return self._last_frame

    @last_frame.setter
    def last_frame(self, frame: Any) -> None:
        if self._way is not None:
            self._take_up()
        self._last_frame = frame

    def pass_place(self, entry: TraceEntry) -> None:
        """Add a frame to the trace."""
        if self._way is not None:
            self._take_up()
        if type(self._trace) is not list:
            self._trace = list(self._trace or ())
        self._trace.append(entry)
        if len(self._trace) > MOST_ENTRIES:
            del self._trace[MOST_ENTRIES // 2]

    def pass_entries(self, entries: list[TraceEntry]) -> None:
        """Add frames to the trace."""
        if self._way is not None:
            self._take_up()
        if type(self._trace) is not list:
            self._trace = list(self._trace or ())
        self._trace.extend(entries)
        if len(self._trace) > MOST_ENTRIES:
            self._trace[MOST_ENTRIES // 2 : -(MOST_ENTRIES // 2)] = []

    def put_off(self, way: tuple[Any, ...]) -> None:
        """Add the places of a traceback to the trace once somebody asks for it.

        way is a function, its first argument and the traceback; the function is called with these two and the frame
        with which the trace has ended before.
        """
        if self._way is not None:
            self._take_up()
        self._way = way  # all that the errors cost that a handler only catches

    def _take_up(self) -> None:
        """Let trace tell of what was put off."""
        way, self._way = self._way, None
        assert way is not None
        place = (*way, self._last_frame)
        self._trace = [place] if self._trace is None else [*self._trace, place]
        self._has_later = True
        # The handler may raise the error again from its own frame, which is in the trace by then.
        self._last_frame = way[2].tb_frame

    def settle(self) -> None:
        """Look up all that is not looked up yet, so that the error holds on to nothing of the code that it has passed."""
        if self._way is not None or self._has_later:
            self._trace = self.trace

    @property
    def caught(self) -> Any:
        """The value that `catch` binds and that `try { }` wraps in Result.Err."""
        if self.origin is Origin.THROWN:
            return self.value
        if self.origin is Origin.BARE:
            return self.message
        return self.text

    @property
    def text(self) -> str:
        """The uncaught text without the line suffix."""
        match self.origin:
            case Origin.THROWN:
                from harnpy.vm.display import display

                return f"Thrown: {display(self.value)}"
            case Origin.TYPE:
                return f"Type error: {self.message}"
            case Origin.CATEGORIZED:
                return f"Error [{self.category.value}]: {self.message}"
            case _:
                return f"Runtime error: {self.message}"

    @property
    def uncaught_text(self) -> str:
        """The uncaught text with ` (line N)`, once, where the origin calls for it."""
        if self.origin in (Origin.THROWN, Origin.CATEGORIZED) or not self.trace:
            return self.text
        return f"{self.text} (line {self.import_line or self.trace[0].line})"


def thrown(value: Any) -> HarnError:
    """The error of `throw value`; builtins throw strings of the form `<builtin>: <problem>`."""
    error = HarnError.__new__(HarnError)  # without __init__, which programs that throw often would notice
    error.value = value
    return error


def type_error(message: str) -> HarnError:
    """An error of kind [T] (02) or Y (06)."""
    return HarnError(Origin.TYPE, message)


def runtime_error(message: str) -> HarnError:
    """An error of kind [R]."""
    return HarnError(Origin.RUNTIME, message)


def bare_error(message: str) -> HarnError:
    """A runtime error that `catch` binds as the bare message: division by zero, unknown names, and the like."""
    return HarnError(Origin.BARE, message)


def categorized_error(category: Category, message: str) -> HarnError:
    """An error of the runtime itself (LLM, HTTP, policy) with its category."""
    return HarnError(Origin.CATEGORIZED, message, category=category)


class ExitProgram(BaseException):
    """`exit(code)`: ends the program; no Harn code catches it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Cancelled(BaseException):
    """Thrown into a fiber that is cancelled. `finally` and `defer` run; `catch` does not see it."""


class Interrupted(Cancelled):
    """Ctrl-C or SIGTERM: cancels the main fiber."""

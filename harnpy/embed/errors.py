"""The exceptions that users of the package meet. What Python code sees of a failing Harn program is made here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harnpy.bytecode.errors import CompileError
from harnpy.syntax import diagnostics as syntax
from harnpy.vm.errors import CATEGORY_NAMES, Cancelled, Category, ExitProgram, Origin, categorized_error, thrown
from harnpy.vm.errors import HarnError as VmError
from harnpy.vm.python.conversion import to_python
from harnpy.vm.python.failures import failure

if TYPE_CHECKING:
    from harnpy.embed.engine import Engine


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A function that an error has passed. column is 0 where it is not known."""

    function: str
    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.function or 'pipeline'} at {self.path}:{self.line}"


class HarnError(Exception):
    """An error of a Harn program that nothing has caught; or one that a builtin raises for the program to catch.

    value: what was thrown, as a Python value; for errors of the language itself what `catch` would bind.
    category: one of Harn's categories, `generic` for most errors. trace: the functions passed, innermost first.
    `__cause__` is the exception of the Python function where it began, if it began in one. str() is the text that
    `harn run` shows first.
    """

    def __init__(self, value: Any, *, category: str = "generic") -> None:
        if category not in CATEGORY_NAMES:
            raise ValueError(f"no category of errors: {category!r} (known: {', '.join(sorted(CATEGORY_NAMES))})")
        super().__init__(value)
        self.value = value
        self.category = category
        self.trace: tuple[TraceLine, ...] = ()
        self._text = str(value)
        self._inner: VmError | None = None
        self._sources: dict[str, bytes] = {}

    def __str__(self) -> str:
        return self._text

    @property
    def harn_error(self) -> VmError | None:
        """The error inside the virtual machine; nothing for users."""
        return self._inner

    @property
    def message(self) -> str:
        """What happened, without the kind of error in front; "" where what was thrown is no text."""
        if self._inner is not None:
            return self._inner.message
        return self.value if isinstance(self.value, str) else ""

    @property
    def path(self) -> str:
        """The file where it happened; "" if that is not known."""
        return self.trace[0].path if self.trace else ""

    @property
    def line(self) -> int:
        """The line where it happened; 0 if that is not known."""
        return self.trace[0].line if self.trace else 0

    @property
    def column(self) -> int:
        """The column where it happened; 0 if that is not known."""
        return self.trace[0].column if self.trace else 0

    @property
    def report(self) -> str:
        """What `harn run` prints about it: the text, the place with its source line, the callers."""
        if self._inner is None:
            return str(self)
        from harnpy.cli.runtime_report import runtime_report, text_of_file

        def source_of(path: str) -> str | None:
            source = self._sources.get(path)
            return text_of_file(path) if source is None else source.decode("utf-8", "replace")

        return runtime_report(self._inner, source_of)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong with a program's text. line and column count from 1; help may be ""."""

    code: str
    message: str
    path: str
    line: int
    column: int
    help: str


class HarnSyntaxError(Exception):
    """The text is no Harn program. diagnostics: all that is wrong with it. str() is the first message."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...], report: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics
        self.report = report


class HarnExit(Exception):
    """A function that was called from Python has ended the program with `exit(code)`."""

    def __init__(self, code: int, engine: object = None) -> None:
        super().__init__(f"exit({code})")
        self.code = code
        self.engine = engine  # that of the program; nothing for users

    @property
    def harn_error(self) -> ExitProgram:
        """The same inside the virtual machine; nothing for users."""
        return ExitProgram(self.code)


class HarnCancelled(Exception):
    """What was called has been cancelled: the runtime was closed, or another call has ended the program."""

    @property
    def harn_error(self) -> Cancelled:
        """The same inside the virtual machine; nothing for users."""
        return Cancelled()


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Raise what the virtual machine raises as what users of the package meet."""
    try:
        yield
    except VmError as error:
        raise public_error(engine, error) from error.host_error
    except ExitProgram as exit_program:
        raise HarnExit(exit_program.code & 0xFF, engine) from None
    except Cancelled:
        raise HarnCancelled("cancelled") from None
    except syntax.HarnSyntaxError as error:
        raise _syntax_error(error) from None
    except CompileError as error:
        found = Diagnostic("compile", error.message, error.path, error.line, error.column, error.help or "")
        raise HarnSyntaxError(str(error), (found,), f"error: compile error: {error}") from None


def public_error(engine: Engine, error: VmError) -> HarnError:
    """What users meet for an error of a program."""
    made = HarnError(to_python(engine.runtime, error.caught), category=_category(error))
    error.settle()
    made._inner = error
    made._text = error.uncaught_text
    made._sources = engine.sources
    made.trace = tuple(TraceLine(each.function, each.path, each.line, each.column) for each in error.trace or ())
    return made


def _category(error: VmError) -> str:
    if error.origin is Origin.THROWN and type(error.value) is dict:
        category = error.value.get("category")
        if category in CATEGORY_NAMES:
            return str(category)
    return error.category.value


def inner_error(engine: Engine, error: BaseException) -> BaseException:
    """What the virtual machine has to raise for what Python code that it has called raises."""
    from harnpy.embed.values import to_harn

    if isinstance(error, HarnError) and error._inner is None:
        if error.category != "generic":
            made = categorized_error(Category(error.category), str(error))
        else:
            made = thrown(to_harn(engine, error.value))
        made.host_error = error
        return made
    if isinstance(error, HarnExit) and error.engine is not engine:
        error = RuntimeError(str(error))  # another program's end is not that of this one
    return failure(error)


def _syntax_error(error: syntax.HarnSyntaxError) -> HarnSyntaxError:
    from harnpy.syntax.render import render_diagnostic

    found = tuple(
        Diagnostic(each.code, each.message, error.path, each.span.line, each.span.column, each.help or "")
        for each in error.diagnostics
    )
    report = "".join(render_diagnostic(each, error.path, error.source, False, False) for each in error.diagnostics)
    return HarnSyntaxError(str(error), found, report.rstrip("\n"))

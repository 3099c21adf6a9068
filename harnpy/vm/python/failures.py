"""Python's exceptions as Harn's errors."""

from __future__ import annotations

from contextlib import contextmanager

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import Cancelled, ExitProgram, HarnError, Interrupted, thrown

if TYPE_CHECKING:
    from collections.abc import Iterator


def text_of(error: BaseException) -> str:
    """`ValueError: math domain error`, as the last line of a Python traceback has it, without the class's module."""
    try:
        message = str(error)
    except Exception:
        message = ""
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def failure(error: BaseException) -> BaseException:
    """What a Python exception is to a Harn program: a thrown text.

    Harn's own errors, which callbacks raise, stay what they are, as do the ways to end a fiber or the program. Ctrl-C
    interrupts the program; `sys.exit()` and the like do not end it.
    """
    error = getattr(error, "harn_error", None) or error  # what a host knows by another name
    if isinstance(error, HarnError | Cancelled | ExitProgram) or type(error).__name__ == "GreenletExit":
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted()
    made = thrown(text_of(error))
    made.host_error = error
    return made


@contextmanager
def translated() -> Iterator[None]:
    """Raise what Python code raises as what it is to a Harn program."""
    try:
        yield
    except BaseException as error:
        raise failure(error) from None

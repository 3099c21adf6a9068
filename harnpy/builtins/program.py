"""The program as a whole: ending it."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import int_or
from harnpy.vm.errors import ExitProgram
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from typing import NoReturn


@builtin("exit(code: int = 0) -> nil")
def exit_program(code: Value = 0) -> NoReturn:
    """Ends the program at once with an exit code, 0 for what is no int. Never returns; no `finally` or `defer` runs."""
    raise ExitProgram(int_or(code, 0))

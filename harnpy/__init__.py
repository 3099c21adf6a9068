"""harnpy: the Python implementation of the Harn language, and what Python programs need to run Harn programs.

`harnpy.run("...")` runs a program; `harnpy.Runtime` is for more: builtins of one's own, Harn functions as Python's.
"""

__version__ = "0.1.0"

# As in `typing`, whose import would take a good part of the time in which `harn` starts: what only annotations need is
# imported below `if TYPE_CHECKING:` with this one.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnpy.embed.errors import Diagnostic, HarnCancelled, HarnError, HarnExit, HarnSyntaxError, TraceLine
    from harnpy.embed.functions import Function
    from harnpy.embed.module import Module
    from harnpy.embed.runtime import RunResult, Runtime, run, run_async
    from harnpy.embed.values import EnumValue, HarnIterator, Result, Struct

# Loaded when somebody asks for them: the `harn` command needs none.
_PUBLIC = {
    "Diagnostic": "errors",
    "EnumValue": "values",
    "Function": "functions",
    "HarnCancelled": "errors",
    "HarnError": "errors",
    "HarnExit": "errors",
    "HarnIterator": "values",
    "HarnSyntaxError": "errors",
    "Module": "module",
    "Result": "values",
    "RunResult": "runtime",
    "Runtime": "runtime",
    "Struct": "values",
    "TraceLine": "errors",
    "run": "runtime",
    "run_async": "runtime",
}

__all__ = [
    "Diagnostic",
    "EnumValue",
    "Function",
    "HarnCancelled",
    "HarnError",
    "HarnExit",
    "HarnIterator",
    "HarnSyntaxError",
    "Module",
    "Result",
    "RunResult",
    "Runtime",
    "Struct",
    "TraceLine",
    "run",
    "run_async",
]


def __getattr__(name: str) -> object:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'harnpy' has no attribute '{name}'")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"harnpy.embed.{module}"), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""Importing Python modules: `import { sqrt } from "py:math"`, `import "py:pandas" as pd`."""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.import_paths import PYTHON
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.python.conversion import to_harn
from harnpy.vm.python.failures import failure, text_of
from harnpy.vm.python.threads import Bridge
from harnpy.vm.values import PyObject, Value

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from harnpy.bytecode.chunk import ImportInfo
    from harnpy.vm.fiber import Fiber

# What some modules are called where they can be had.
_PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "jwt": "PyJWT",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}


class _Imported:
    """The Python modules that a runtime has imported, and what programs have taken from them."""

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}
        self.values: dict[tuple[str, str], Value] = {}


def bindings(fiber: Fiber, info: ImportInfo, directory: str) -> dict[str, Value]:
    """The names that a `py:` import binds, and their values.

    directory is that of the importing file; modules there can be imported, too. Raises the errors of modules that are
    not installed, that fail when they are imported, or that do not have what is asked for, and tool_rejected where a
    policy denies the effect.
    """
    name = info.path.removeprefix(PYTHON)
    if not all(part.isidentifier() for part in name.split(".")):
        raise runtime_error(f"Import error: '{info.path}' names no Python module")
    if info.names is None:
        short = name.rsplit(".", 1)[-1]
        raise runtime_error(
            f"Import error: say what of the Python module '{name}' you want: "
            f'import "{info.path}" as {short}, or import {{ ... }} from "{info.path}"'
        )
    module = _module(fiber, name, directory)
    imported = fiber.runtime.state(_Imported)
    if info.name:
        return {info.name: imported.values.setdefault((name, ""), PyObject(fiber.runtime, module))}
    found: dict[str, Value] = {}
    for wanted in info.names:
        if (name, wanted) not in imported.values:
            imported.values[name, wanted] = _taken(fiber, module, name, wanted, directory)
        found[wanted] = imported.values[name, wanted]
    return found


def _module(fiber: Fiber, name: str, directory: str) -> Any:
    runtime = fiber.runtime
    modules = runtime.state(_Imported).modules
    if name not in modules:
        runtime.state(Bridge)
        try:
            modules[name] = fiber.effect(runtime.world.import_python, name, directory)
        except BaseException as error:
            raise _import_failure(name, error) from None
        runtime.uses_python = True
        _enter_loop(fiber)
    return modules[name]


def _enter_loop(fiber: Fiber) -> None:
    """Let the program run inside of the event loop from now on, if libraries for that have been imported.

    Many of them ask which loop is running when they make an object.
    """
    if "asyncio" in sys.modules:
        from asyncio import _get_running_loop

        if _get_running_loop() is None:
            fiber.wait(_nothing())


async def _nothing() -> None:
    pass


def _import_failure(name: str, error: BaseException) -> BaseException:
    if isinstance(error, HarnError):
        return error
    if not isinstance(error, ModuleNotFoundError):
        found = failure(error)
        if not isinstance(found, HarnError):
            return found
        return _because(f"Import error: the Python module '{name}' cannot be imported: {text_of(error)}", error)
    missing = error.name or name
    if missing == name or name.startswith(missing + "."):
        parent, _, last = name.rpartition(".")
        if parent and parent in sys.modules and missing == name:
            path = PYTHON + parent
            return _because(
                f"Import error: the Python module '{parent}' has no module '{last}' in it; "
                f'for anything else in it: import {{ {last} }} from "{path}"',
                error,
            )
        return _because(f"Import error: there is no Python module '{missing}'{_advice(missing)}", error)
    return _because(
        f"Import error: the Python module '{name}' needs '{missing}', which is not installed{_advice(missing)}", error
    )


def _because(message: str, error: BaseException) -> HarnError:
    made = runtime_error(message)
    made.host_error = error
    return made


def _advice(name: str) -> str:
    """What may be meant, or how it is installed."""
    top = name.partition(".")[0]
    hint = None
    if top not in _PACKAGES:
        known = {*sys.stdlib_module_names, *_installed()}
        hint = suggest(top, sorted(each for each in known if not each.startswith("_")))
    if hint is not None and hint != top:
        return f" (did you mean `{PYTHON}{hint}`?)"
    return f"; if it is a package: pip install {_PACKAGES.get(top, top)}"


def _installed() -> set[str]:
    """The names of top-level modules that can be imported."""
    from pkgutil import iter_modules

    return {each.name for each in iter_modules()}


def _taken(fiber: Fiber, module: Any, name: str, wanted: str, directory: str) -> Value:
    """What `import { wanted } from` gives: an attribute of the module, or a module in it."""
    try:
        found = getattr(module, wanted)
    except AttributeError as error:
        if not hasattr(module, "__path__"):
            raise _missing(module, name, wanted, error) from None
        try:
            found = fiber.effect(fiber.runtime.world.import_python, f"{name}.{wanted}", directory)
        except ModuleNotFoundError:
            raise _missing(module, name, wanted, error) from None
        except BaseException as other:
            raise _import_failure(f"{name}.{wanted}", other) from None
    except BaseException as error:
        raise failure(error) from None
    if found is None:
        raise runtime_error(
            f"Import error: '{wanted}' is None in the Python module '{name}'; "
            f'import the module itself: import "{PYTHON}{name}" as {name.rpartition(".")[2]}'
        )
    return to_harn(fiber.runtime, found)


def _missing(module: Any, name: str, wanted: str, error: BaseException) -> HarnError:
    hint = suggest(wanted, [each for each in dir(module) if not each.startswith("__")])
    known = f" (did you mean `{hint}`?)" if hint else ""
    return _because(f"Import error: '{wanted}' is not defined in {PYTHON}{name}{known}", error)

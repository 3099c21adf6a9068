"""The one touch of the world here: importing a module of Python's."""

from __future__ import annotations

import sys
from importlib import import_module

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def import_python(name: str, directory: str) -> ModuleType:
    """The Python module of a dotted name. Raises whatever importing it raises.

    Modules in directory can be imported, too, from now on; they come last, so that none stands in for an installed one.
    """
    if directory and directory not in sys.path:
        sys.path.append(directory)
    return import_module(name)

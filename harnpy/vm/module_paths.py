"""Where the path of an import leads (chapter 04 section 2). Loads nothing, so that tools that only look can use it."""

from __future__ import annotations

import os

from harnpy.import_paths import PYTHON, STANDARD
from harnpy.vm.directories import absolute

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def standard_module(name: str) -> str | None:
    """The file of a std/* module, or None. Nothing on disk outside the distribution can add one."""
    if not name.replace("_", "").isalnum():
        return None
    for root in (os.path.join(_PACKAGE, "stdlib"), os.path.join(os.path.dirname(_PACKAGE), "stdlib")):
        file = os.path.join(root, name + ".harn")
        if os.path.isfile(file):
            return file
    return None


def imported_file(path: str, importer: str) -> str | None:
    """The file that an import path in the file importer means; None for Python modules and for what is not there."""
    if path.startswith(PYTHON):
        return None
    if path.startswith(STANDARD):
        return standard_module(path.removeprefix(STANDARD))
    found = resolve(path, os.path.dirname(importer))
    return found if os.path.isfile(found) else None


def resolve(path: str, base: str) -> str:
    """The file that an import path means, seen from directory base; it may not exist (chapter 04 section 2)."""
    candidate = os.path.join(base or ".", path)
    if not os.path.exists(candidate) and "." not in path.rsplit("/", 1)[-1]:
        candidate += ".harn"
    if os.path.exists(candidate):
        return candidate
    directory = absolute(base or ".")
    while True:
        found = _package(os.path.join(directory, ".harn", "packages", path))
        if found is not None:
            return found
        parent = os.path.dirname(directory)
        if parent == directory or os.path.exists(os.path.join(directory, "harn.toml")):
            return candidate
        directory = parent


def _package(path: str) -> str | None:
    if os.path.isdir(path):
        library = os.path.join(path, "lib.harn")
        return library if os.path.isfile(library) else path
    if os.path.isfile(path):
        return path
    file = os.path.splitext(path)[0] + ".harn"
    return file if os.path.isfile(file) else None

"""The on-disk cache of compiled modules, keyed by source, mode and everything that compiling depends on.

A file that is damaged, foreign or stale is ignored and written anew; it is never executed. A cache that cannot be
written is no error.
"""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING, __version__
from harnpy.bytecode.chunk import CompiledModule
from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.serial import MAGIC, deserialize, serialize
from harnpy.digest import blake2b

if TYPE_CHECKING:
    from collections.abc import Iterable

# To be raised when the check of a program finds other things than before: modules are kept with what it found.
CHECKS_VERSION = 1

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_COMPILER_FOLDERS = tuple(
    os.path.join(_PACKAGE, *name.split("/"))
    for name in ("bytecode", "analysis", "analysis/checker", "analysis/rules", "analysis/types", "syntax")
)
_TOOL_FOLDERS = tuple(
    os.path.join(_PACKAGE, *name.split("/")) for name in ("analysis/lint", "analysis/spellings", "cli")
)
# In a wheel the grammar is inside the package, in a checkout beside it.
_GRAMMAR_FOLDERS = (os.path.join(_PACKAGE, "grammar"), os.path.join(os.path.dirname(_PACKAGE), "grammar"))


def cache_directory() -> str:
    """HARN_CACHE_DIR, else `harnpy` in the user's cache folder."""
    chosen = os.environ.get("HARN_CACHE_DIR")
    if chosen:
        return chosen
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "harnpy", "bytecode")


class BytecodeCache:
    """Compiled modules below one directory. builtin_names are part of the key: they decide what names mean."""

    def __init__(self, directory: str, builtin_names: Iterable[str]) -> None:
        self._directory = directory
        digest = blake2b(digest_size=16)
        digest.update(MAGIC + f"{CHECKS_VERSION}\n{__version__}\n{_compiler_state()}\n".encode())
        digest.update("\n".join(sorted(builtin_names)).encode())
        self._fingerprint = digest.digest()

    def path_of(self, source: bytes, mode: str) -> str:
        """The file that holds the module compiled from source."""
        digest = blake2b(source, digest_size=16, key=self._fingerprint, person=mode.encode())
        return os.path.join(self._directory, digest.hexdigest() + ".hbc")

    def load(self, source: bytes, mode: str, path: str) -> CompiledModule | None:
        """The module compiled from source earlier, or None."""
        try:
            with open(self.path_of(source, mode), "rb") as file:
                module = deserialize(file.read(), path)
        except (OSError, BadBytecode):
            return None
        return module if module.mode == mode else None

    def save(self, source: bytes, module: CompiledModule) -> None:
        """Keep a module; atomically, and silently if that is impossible."""
        keep(self.path_of(source, module.mode), serialize(module))


def keep(target: str, data: bytes) -> None:
    """Write a file of a cache: atomically, and silently not, if that is impossible."""
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, target)
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            return


def state_of_checks() -> str:
    """As that of the compiler, for those who keep what all static tools have found."""
    return _state(*_COMPILER_FOLDERS, *_GRAMMAR_FOLDERS, *_TOOL_FOLDERS)


def _compiler_state() -> str:
    """Names, sizes and times of the compiler's own files: a changed compiler finds nothing in an old cache."""
    return _state(*_COMPILER_FOLDERS, *_GRAMMAR_FOLDERS)


def _state(*folders: str) -> str:
    parts = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith((".py", ".lark")):
                        status = entry.stat()
                        parts.append(f"{folder}/{entry.name} {status.st_size} {status.st_mtime_ns}")
        except FileNotFoundError:
            continue
    return "\n".join(sorted(parts))

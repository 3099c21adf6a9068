"""The tools that every loop has without a handler: `read_file` and `list_directory` (chapter 12 section 12.5.3)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from harnpy.agents.builtin_checks import require_builtin
from harnpy.builtins.file_access import read_text, resolve
from harnpy.vm.display import display
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_MOST_LINES = 2000


def read_only_tool(name: str) -> Callable[[Fiber, Value], str] | None:
    """The tool of that name; it takes the arguments and gives the text for the model.

    It raises the error of a policy that does not admit the builtin which does the same.
    """
    return _TOOLS.get(name)


def effective_arguments(name: str, arguments: Value) -> Value:
    """The arguments for whoever decides about a call of such a tool: the path that it will open is a text under `path`.

    The tools take it under another name as well, or from a default, which must be no way around a policy.
    """
    if name not in _TOOLS:
        return arguments
    path = _read_path(arguments) if name == "read_file" else _listed_path(arguments)
    return {**(arguments if type(arguments) is dict else {}), "path": path}


def _read_path(arguments: Value) -> str:
    return _text(arguments, "path") or _text(arguments, "name") or ""


def _listed_path(arguments: Value) -> str:
    path = _text(arguments, "path")
    return "." if path is None else path


def _read_file(fiber: Fiber, arguments: Value) -> str:
    path = _read_path(arguments)
    if not path:
        return "Error: missing path parameter"
    require_builtin(fiber, "read_file", path)
    full = resolve(fiber, path)
    if _is_directory(fiber, full):
        return _directory(fiber, path, full)
    try:
        return _excerpt(
            read_text(fiber, full), _integer(arguments, "offset", 1), _integer(arguments, "limit", _MOST_LINES)
        )
    except (OSError, ValueError) as error:
        return f"Error: cannot read file '{path}': {reason(error)}"


def _list_directory(fiber: Fiber, arguments: Value) -> str:
    path = _listed_path(arguments)
    require_builtin(fiber, "list_dir", path)
    return _directory(fiber, path, resolve(fiber, path or "."))


def _directory(fiber: Fiber, shown: str, full: str) -> str:
    try:
        return _listing(fiber, full)
    except (OSError, ValueError) as error:
        return f"Error: cannot list directory '{shown}': {reason(error)}"


_TOOLS: dict[str, Callable[[Fiber, Value], str]] = {"read_file": _read_file, "list_directory": _list_directory}


def _listing(fiber: Fiber, directory: str) -> str:
    names: list[str] = fiber.effect(fiber.runtime.world.list_directory, directory)
    return "\n".join(f"{name}/" if _is_directory(fiber, posixpath.join(directory, name)) else name for name in names)


def _is_directory(fiber: Fiber, path: str) -> bool:
    try:
        return bool(fiber.effect(fiber.runtime.world.file_status, path).is_directory)
    except (OSError, ValueError):
        return False


def _excerpt(text: str, offset: int, limit: int) -> str:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    first = max(1, offset)
    last = min(len(lines), first - 1 + min(max(1, limit), _MOST_LINES))
    shown = "\n".join(f"{number}\t{lines[number - 1].removesuffix(chr(13))}" for number in range(first, last + 1))
    if last >= len(lines):
        return shown
    return f"{shown}\n\n[... {len(lines) - last} more lines not shown. Use offset={last + 1} to continue reading]"


def _text(arguments: Value, key: str) -> str | None:
    value = arguments.get(key) if type(arguments) is dict else None
    return None if value is None else display(value)


def _integer(arguments: Value, key: str, default: int) -> int:
    value = arguments.get(key) if type(arguments) is dict else None
    return value if type(value) is int else default

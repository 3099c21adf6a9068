"""File builtins. Text is UTF-8 and newlines stay as they are; relative paths start from the execution root."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import attempt, read_text, refusal, resolve
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.os_errors import reason
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, EnumVariant, Value, err, ok

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("read_file(path: string) -> string", effects={"fs.read"})
def read_file(fiber: Fiber, path: Value = "") -> str:
    """The whole file as a string. Throws when it cannot be read or is not UTF-8."""
    full = resolve(fiber, display(path))
    try:
        return read_text(fiber, full)
    except (OSError, ValueError) as error:
        raise refusal(f"Failed to read file {full}", fiber.runtime.world.read_bytes, error) from None


@builtin("read_file_result(path: string) -> Result<string, string>", effects={"fs.read"}, checked_as="any")
def read_file_result(fiber: Fiber, path: Value = "") -> EnumVariant:
    """The whole file as `Result.Ok(text)`, or `Result.Err(message)` when it cannot be read. Never throws."""
    full = resolve(fiber, display(path))
    try:
        return ok(read_text(fiber, full))
    except (OSError, ValueError) as error:
        return err(f"Failed to read file {full}: {reason(error)}")


@builtin("write_file(path: string, content: string) -> nil", effects={"fs.read", "fs.write"})
def write_file(fiber: Fiber, path: Value = MISSING, content: Value = MISSING) -> None:
    """Writes content to a file, creating or overwriting it; its directory must exist. Returns nil; throws on failure."""
    if content is MISSING:
        raise thrown("write_file: path and content are required")
    full = resolve(fiber, display(path))
    failure = f"Failed to write file {full}"
    world = fiber.runtime.world
    attempt(fiber, failure, world.write_bytes, full, _encode(failure, content))


@builtin("append_file(path: string, content: string) -> nil", effects={"fs.read", "fs.write"})
def append_file(fiber: Fiber, path: Value = MISSING, content: Value = MISSING) -> None:
    """Adds content to the end of a file, creating it if it is missing. Returns nil; throws on failure."""
    if content is MISSING:
        raise thrown("append_file: path and content are required")
    full = resolve(fiber, display(path))
    data = _encode(f"Failed to append to file {full}", content)
    world = fiber.runtime.world
    try:
        fiber.effect(world.append_bytes, full, data)
    except (OSError, ValueError) as error:
        writing = isinstance(error, OSError) and error.filename is None
        failure = "Failed to append to file" if writing else "Failed to open file"
        raise refusal(f"{failure} {full}", world.append_bytes, error) from None


@builtin("copy_file(source: string, target: string) -> nil", effects={"fs.read", "fs.write"})
def copy_file(fiber: Fiber, source: Value = MISSING, target: Value = MISSING) -> None:
    """Copies a file with its permissions, overwriting the target. Returns nil; throws on failure."""
    if target is MISSING:
        raise thrown("copy_file: source and target are required")
    full_source, full_target = resolve(fiber, display(source)), resolve(fiber, display(target))
    failure = f"Failed to copy {full_source} to {full_target}"
    attempt(fiber, failure, fiber.runtime.world.copy_file, full_source, full_target)


@builtin("delete_file(path: string) -> nil", effects={"fs.read", "fs.write"})
def delete_file(fiber: Fiber, path: Value = "") -> None:
    """Removes a file, a link (not what it leads to), or a directory with all that is in it.

    Returns nil; throws when there is nothing at path or it cannot be removed.
    """
    shown = display(path)
    if not shown:
        raise thrown("delete_file: path is required")  # it would mean the whole execution root
    full = resolve(fiber, shown)
    world = fiber.runtime.world
    if fiber.effect(world.is_real_directory, full):
        attempt(fiber, f"Failed to delete directory {full}", world.remove_tree, full)
    else:
        attempt(fiber, f"Failed to delete file {full}", world.remove_file, full)


@builtin("file_exists(path: string) -> bool", effects={"fs.read"})
def file_exists(fiber: Fiber, path: Value = "") -> bool:
    """Whether there is a file or directory at path; a link counts by what it leads to. Never throws."""
    return bool(fiber.effect(fiber.runtime.world.exists, resolve(fiber, display(path))))


@builtin('list_dir(path: string = ".") -> list', effects={"fs.read"})
def list_dir(fiber: Fiber, path: Value = None) -> list[Value]:
    """The names of the entries of a directory, hidden ones too, sorted. Throws when it cannot be read."""
    full = resolve(fiber, "." if path is None else display(path))
    names = attempt(fiber, f"Failed to list directory {full}", fiber.runtime.world.list_directory, full)
    return list(names)


@builtin("mkdir(path: string) -> nil", effects={"fs.read", "fs.write"})
def mkdir(fiber: Fiber, path: Value = "") -> None:
    """Creates a directory and the missing ones above it; one that exists is fine. Returns nil; throws on failure."""
    full = resolve(fiber, display(path))
    attempt(fiber, f"Failed to create directory {full}", fiber.runtime.world.make_directories, full)


@builtin("stat(path: string) -> dict", effects={"fs.read"})
def stat(fiber: Fiber, path: Value = "") -> dict[str, Value]:
    """What is known about a file or directory, links followed. Throws when there is none.

    `size` in bytes, `is_file`, `is_dir`, `readonly` (nobody may write), `modified` in seconds since the Unix epoch.
    """
    full = resolve(fiber, display(path))
    status = attempt(fiber, f"Failed to stat {full}", fiber.runtime.world.file_status, full)
    return {
        "size": status.size,
        "is_file": status.is_file,
        "is_dir": status.is_directory,
        "readonly": status.is_read_only,
        "modified": float(status.modified),
    }


def _encode(failure: str, content: Value) -> bytes:
    try:
        return display(content).encode("utf-8")
    except UnicodeEncodeError as error:
        raise thrown(f"{failure}: {reason(error)}") from None

"""What programs can learn of the machine, the user and the process that they run in."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.environment import variable
from harnpy.vm.registry import builtin

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("temp_dir() -> string", effects={"env"})
def temp_dir(fiber: Fiber) -> str:
    """The directory for temporary files: TMPDIR, else `/tmp` (on Windows TEMP or TMP). Nothing is created."""
    found = variable(fiber, "TMPDIR")
    if not found and fiber.effect(fiber.runtime.world.platform) == "windows":
        found = variable(fiber, "TEMP") or variable(fiber, "TMP")
    return found or "/tmp"


@builtin("home_dir() -> string", effects={"env"})
def home_dir(fiber: Fiber) -> str:
    """The user's directory: HOME, else USERPROFILE, else ""."""
    return variable(fiber, "HOME") or variable(fiber, "USERPROFILE") or ""


@builtin("username() -> string", effects={"env"})
def username(fiber: Fiber) -> str:
    """The user's name: USER, else USERNAME, else what the account database says; the user's number if that has none."""
    named = variable(fiber, "USER") or variable(fiber, "USERNAME")
    return named or str(fiber.effect(fiber.runtime.world.account_name))


@builtin("hostname() -> string", effects={"env"})
def hostname(fiber: Fiber) -> str:
    """The machine's name: HOSTNAME, else COMPUTERNAME, else what the system calls it; "" if it has none."""
    named = variable(fiber, "HOSTNAME") or variable(fiber, "COMPUTERNAME")
    return named or str(fiber.effect(fiber.runtime.world.host_name))


@builtin("platform() -> string", effects={"env"})
def platform(fiber: Fiber) -> str:
    """The operating system: `linux`, `darwin`, `windows`, or its own name such as `freebsd`."""
    return str(fiber.effect(fiber.runtime.world.platform))


@builtin("arch() -> string", effects={"env"})
def arch(fiber: Fiber) -> str:
    """The processor's architecture: `x86_64`, `aarch64`, `x86`, `arm`, ..."""
    return str(fiber.effect(fiber.runtime.world.architecture))


@builtin("pid() -> int", effects={"env"})
def pid(fiber: Fiber) -> int:
    """The number of the process that runs the program."""
    return int(fiber.effect(fiber.runtime.world.process_id))

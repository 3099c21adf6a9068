"""What is known about the machine and the account that this process runs on. Loaded by the operations that ask."""

from __future__ import annotations

import os

# Python's and the systems' names of processors, by what programs know them as.
_ARCHITECTURES = {
    "amd64": "x86_64",
    "aarch64_be": "aarch64",
    "arm64": "aarch64",
    "i386": "x86",
    "i486": "x86",
    "i586": "x86",
    "i686": "x86",
    "ppc": "powerpc",
    "ppc64": "powerpc64",
    "ppc64le": "powerpc64",
}


def account_name() -> str:
    """The name that the account database knows for this process's user; the number of a user that has none there.

    Containers often run under a number that nobody has given a name.
    """
    try:
        from pwd import getpwuid
    except ImportError:
        return ""
    user = os.getuid()
    try:
        return getpwuid(user).pw_name or str(user)
    except KeyError:
        return str(user)


def host_name() -> str:
    """The name of this machine in its network; "" if it has none."""
    import platform

    return platform.node().strip()


def platform_name(system: str) -> str:
    """The name by which programs know a `sys.platform`: `freebsd14` is `freebsd`."""
    if system.startswith(("win32", "cygwin")):
        return "windows"
    return system.rstrip("0123456789.") or system


def architecture() -> str:
    """The name of the processor's architecture."""
    import platform

    return architecture_name(platform.machine())


def architecture_name(machine: str) -> str:
    """The name by which programs know what the system calls its machine."""
    name = machine.lower()
    if name.startswith("armv"):
        return "arm"
    return _ARCHITECTURES.get(name, name)

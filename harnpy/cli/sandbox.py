"""The policies of a run: those of `--deny` and `--allow` (chapter 05 section 3), and those that a process has inherited.

A list of names alone denies calls of builtins, as it always has; effects and scopes are held at the effect seam by
vm/sandbox. A process that is started in a sandbox inherits it by the variable HARN_SANDBOX, and can only narrow it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from harnpy import TYPE_CHECKING
from harnpy.cli.arguments import Arguments, UsageError
from harnpy.vm.sandbox.guard import Sandbox
from harnpy.vm.sandbox.policy import VARIABLE, BadPolicy, Policy, decoded, encoded, policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.vm.runtime import Runtime

# What stays usable under every --allow list.
CORE = frozenset(
    {
        "println",
        "print",
        "log",
        "type_of",
        "to_string",
        "to_int",
        "to_float",
        "len",
        "assert",
        "assert_eq",
        "assert_ne",
        "json_parse",
        "json_stringify",
    }
)

# Waiting for and cancelling one's own tasks is never denied, by either list.
TASK_CONTROL = frozenset({"await", "cancel", "cancel_graceful", "is_cancelled"})

# Never denied by --allow: syntax lowers to these, or handles what it yields with them.
LANGUAGE = frozenset({"Ok", "Err", "unwrap", "is_ok", "is_err"}) | TASK_CONTROL


# What may be run by a process in a sandbox: these do nothing but what the sandbox looks at.
_CONFINED_COMMANDS = frozenset({"run", "test", "watch", "repl", "explain", "version"})


def items_in(text: str) -> list[str]:
    """The items of a comma-separated list; blanks are trimmed and empty items ignored."""
    return [item for item in (each.strip() for each in text.split(",")) if item]


def denied_by_deny(names: frozenset[str]) -> frozenset[str]:
    """The names denied by `--deny` of names: exactly those, known or not, except the language's own task controls."""
    return names - TASK_CONTROL


def denied_by_allow(names: frozenset[str], registered: Iterable[str]) -> frozenset[str]:
    """The names denied by `--allow` of names: all registered ones but these, the core set and the language's own."""
    kept = names | CORE | LANGUAGE
    return frozenset(name for name in registered if name not in kept and not name.startswith("__"))


def policies_of(arguments: Arguments) -> list[Policy]:
    """The policies that a command line asks for. Raises UsageError for lists that make no sense."""
    found = []
    for flag in ("--deny", "--allow"):
        text = arguments.value(flag)
        if text is not None:
            try:
                found.append(policy(items_in(text), allows=flag == "--allow"))
            except BadPolicy as error:
                raise UsageError(f"invalid value '{text}' for '{flag} <LIST>': {error}") from None
    return found


def inherited_policies() -> list[Policy]:
    """The policies that this process runs under. Raises UsageError when they cannot be read."""
    try:
        return decoded(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else []
    except BadPolicy as error:
        raise UsageError(f"the variable {VARIABLE} makes no sense: {error}") from None


def confine(runtime: Runtime, policies: Iterable[Policy]) -> None:
    """Hold a runtime to policies, before it runs anything."""
    for each in policies:
        if not each.allows:
            runtime.deny(denied_by_deny(each.names))
        elif not each.is_by_effect:
            runtime.deny(denied_by_allow(each.names, runtime.registry.names))
        runtime.state(Sandbox).confine(runtime, each)


@contextmanager
def handed_on(policies: list[Policy]) -> Iterator[None]:
    """Everything that this process runs inside, and the processes that it starts, are held to policies as well."""
    if not policies:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = encoded([*inherited_policies(), *policies])
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def refusal_of_command(arguments: Arguments) -> str | None:
    """Why a process in a sandbox may not run a command; None if it may."""
    command = arguments.command
    if command.name not in _CONFINED_COMMANDS:
        return f"`harn {command.name}` is not permitted in a sandbox ({VARIABLE} is set)"
    for flag in command.flags:
        if arguments.has(flag.name) and (flag.takes in ("file", "directory") or flag.name == "--record"):
            return f"`{flag.name}` is not permitted in a sandbox ({VARIABLE} is set)"
    for path in arguments.positionals:
        if (refusal := refusal_of_program(path)) is not None:
            return refusal
    return None


def refusal_of_program(path: str) -> str | None:
    """Why a process in a sandbox may not run the program at path; None if it may."""
    place = os.path.realpath(path)
    for each in inherited_policies():
        if not each.admits_module(place, each.import_root or os.path.dirname(place)):
            return f"the program {path} is not permitted: allow it with --allow fs.read={place}"
    return None

"""The colon commands of the REPL: what they are called, what they do, their help."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harnpy.cli.arguments import table
from harnpy.cli.catalog import METHOD_MODULES
from harnpy.cli.repl_session import ReplSession, Reply
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Builtin, Closure, type_name


class Quit(Exception):
    """The user wants to leave."""


@dataclass(frozen=True, slots=True)
class ReplCommand:
    """One command; run gets the text behind its name."""

    name: str
    argument: str
    summary: str
    run: Callable[[ReplSession, str], Reply]


def run_command(session: ReplSession, line: str) -> Reply:
    """Run an input that begins with a colon. Raises Quit."""
    name, _, argument = line.strip().partition(" ")
    command = next((command for command in COMMANDS if command.name == name), None)
    if command is None:
        return Reply(error=f"Unknown command {name}; :help lists the commands")
    if command.argument and not argument.strip():
        return Reply(error=f"Usage: {name} {command.argument}")
    return command.run(session, argument.strip())


def _help(session: ReplSession, argument: str) -> Reply:
    rows = [(f"{command.name} {command.argument}".rstrip(), command.summary) for command in COMMANDS]
    keys = [
        ("Tab", "complete a name, a member after a dot, or a path after import"),
        ("Ctrl-C", "stop what is running, or drop what is typed"),
        ("Ctrl-D", "leave"),
    ]
    return Reply("\n".join([*table(rows), "", *table(keys), "", "The value of an expression stays available as _N."]))


def _type(session: ReplSession, argument: str) -> Reply:
    found = session.registry.get(argument) if argument not in session.names() else None
    if found is not None:
        return Reply(f"builtin: {found.signature}")
    value, failure = session.value_of(argument)
    if failure.error:
        return failure
    if isinstance(value, Closure):
        return Reply(f"closure: fn({', '.join(value.parameter_names)})")
    return Reply(type_name(value))


def _doc(session: ReplSession, argument: str) -> Reply:
    kind, dot, member = argument.rpartition(".")
    found: list[tuple[str, Builtin]] = []
    builtin = session.registry.get(argument)
    if builtin is not None:
        found.append(("", builtin))
    for receiver in METHOD_MODULES if not dot or not kind else (kind,):
        method = session.registry.methods(receiver).get(member)
        if method is not None:
            found.append((f"{receiver}.", method))
    if not found:
        return Reply(error=f"No documentation for {argument}")
    return Reply("\n\n".join(f"{receiver}{each.signature}{_prose(each)}" for receiver, each in found))


def _prose(builtin: Builtin) -> str:
    lines = (builtin.fn.__doc__ or "").strip().splitlines()
    return "".join(f"\n  {line.strip()}" for line in lines)


def _load(session: ReplSession, argument: str) -> Reply:
    if os.environ.get("HARN_SANDBOX"):
        from harnpy.cli.sandbox import refusal_of_program

        refusal = refusal_of_program(argument)
        if refusal is not None:
            return Reply(error=refusal)
    try:
        text = Path(argument).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        return Reply(error=f"Error reading {argument}: {reason(error)}")
    return session.execute(text)


def _reset(session: ReplSession, argument: str) -> Reply:
    session.reset()
    return Reply("All bindings are gone.")


def _time(session: ReplSession, argument: str) -> Reply:
    started = time.perf_counter()
    reply = session.evaluate(argument)
    took = f"({(time.perf_counter() - started) * 1000:.1f} ms)"
    return Reply(f"{reply.text}\n{took}" if reply.text else took, reply.error)


def _quit(session: ReplSession, argument: str) -> Reply:
    raise Quit


COMMANDS = (
    ReplCommand(":help", "", "list the commands", _help),
    ReplCommand(":type", "EXPR", "the type of a value, or the signature of a builtin", _type),
    ReplCommand(":doc", "NAME", "what a builtin does, or a method: split, list.map, .map", _doc),
    ReplCommand(":load", "FILE", "run a file as if it had been typed", _load),
    ReplCommand(":time", "INPUT", "run an input and say how long it took", _time),
    ReplCommand(":reset", "", "forget everything and start over", _reset),
    ReplCommand(":quit", "", "leave", _quit),
)

COMMAND_NAMES = tuple(command.name for command in COMMANDS)

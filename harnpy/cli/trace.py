"""`harn trace`: what a run did, as a timeline in the terminal, as a page, or as JSON."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.terminal import Paint, wants_colour
from harnpy.cli.trace_builder import build
from harnpy.cli.trace_events import NotEvents, read_events
from harnpy.cli.trace_format import visible
from harnpy.cli.trace_model import Trace, agents_of, only_agent
from harnpy.vm.os_errors import reason

_STREAM = "-"

COMMAND = Command(
    "trace",
    "Show what a run did: its agents, calls and tools on a timeline",
    flags=(
        Flag("--html", "write a page instead, to OUT or beside FILE, and print its name"),
        Flag("--json", "print the tree as JSON instead"),
        Flag("--agent", "show only agents of this name or id, and what they started", "NAME"),
    ),
    positionals=(
        Positional(
            "FILE", "what `harn run --events FILE` wrote; `-` reads standard input", required=True, takes="file"
        ),
        Positional("OUT", "where --html writes; `-` is standard output"),
    ),
    exclusive=(("--html", "--json"),),
    details=(
        "A run that was killed, or is still going, is shown as far as its events go.\n"
        "Colours appear only on a terminal, and not with NO_COLOR in the environment."
    ),
)


def execute(arguments: Arguments) -> int:
    """Show the trace; 1 when there is no such file, no event in it, or no such agent."""
    source = arguments.positionals[0]
    page = _page_of(arguments)
    try:
        data = sys.stdin.buffer.read() if source == _STREAM else Path(source).read_bytes()
    except (OSError, ValueError) as error:
        return _failed(f"cannot read {source}: {reason(error)}")
    name = "standard input" if source == _STREAM else source
    try:
        trace = build(read_events(data))
    except NotEvents as error:
        return _failed(f"{name} is no file of events: {error}", "`harn run --events FILE` writes one")
    wanted = arguments.value("--agent")
    if wanted is not None:
        part = only_agent(trace, wanted)
        if part is None:
            return _failed(f"no agent is called '{wanted}'", _known_agents(trace))
        trace = part
    return _show(trace, name, arguments, page)


def _show(trace: Trace, name: str, arguments: Arguments, page: str) -> int:
    if arguments.has("--json"):
        from harnpy.cli.trace_json import trace_json

        print(trace_json(trace))
    elif page:
        from harnpy.cli.trace_html import trace_html

        content = trace_html(trace, os.path.basename(name)).encode("utf-8", "replace")
        if page == _STREAM:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        else:
            try:
                Path(page).write_bytes(content)
            except (OSError, ValueError) as error:
                return _failed(f"cannot write {page}: {reason(error)}")
            print(page)
    else:
        from harnpy.cli.trace_text import trace_text

        # A pipe has no width of its own: COLUMNS, or 80.
        print(trace_text(trace, name, shutil.get_terminal_size().columns, Paint(wants_colour(sys.stdout))))
    return 0


def _page_of(arguments: Arguments) -> str:
    """Where the page goes, "" if none is wanted. Raises UsageError."""
    source, *rest = arguments.positionals
    if not arguments.has("--html"):
        if rest:
            raise UsageError(f"unexpected argument '{rest[0]}' found", "OUT stands only with --html")
        return ""
    if source == _STREAM and not rest:
        raise UsageError("the following required arguments were not provided: OUT", "a page of `-` needs a name")
    page = rest[0] if rest else str(Path(source).with_suffix(".html")) if Path(source).name else source
    if page != _STREAM and source != _STREAM and os.path.realpath(page) == os.path.realpath(source):
        raise UsageError(f"the page would replace its events: {page}", "name another OUT")
    return page


def _known_agents(trace: Trace) -> str:
    names = list(dict.fromkeys(visible(agent.name) for _, agent in agents_of(trace)))
    return f"agents of this run: {', '.join(names)}" if names else "this run has no agents"


def _failed(message: str, hint: str = "") -> int:
    print(f"error: {visible(message)}" + (f"\n\n  hint: {hint}" if hint else ""), file=sys.stderr)
    return 1

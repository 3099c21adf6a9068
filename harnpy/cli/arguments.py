"""Command lines as data: a command declares its flags and positionals once, and parsing, usage line and help follow.

Knows nothing of any particular command but the flags that several take. `harn run` pays for this file at every start, hence records: a dataclass takes
many times as long to make.
"""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable


class UsageError(Exception):
    """The command line makes no sense. str() is the text behind `error: `; hint is one more line, or empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class HelpWanted(Exception):
    """`-h` or `--help` stands on the command line."""


class Flag(Record):
    """One flag. Without a metavar it is a switch, with one it takes a value. short is its one-letter form.

    choices are the only values it takes. takes says what else its values are, for shells that complete them: "harn"
    (Harn programs and directories), "file", "directory", "name" (what `harn explain` knows), "test" (the name of one), or
    "".
    is_list says that the value is a comma-separated list: given again, the flag adds to it.
    """

    name: str
    summary: str
    metavar: str = ""
    short: str = ""
    choices: tuple[str, ...] = ()
    takes: str = ""
    is_list: bool = False

    @property
    def title(self) -> str:
        """The flag as usage texts show it: `--filter <P>`."""
        return f"{self.name} <{self.metavar}>" if self.metavar else self.name


# Flags about model calls that several commands take.
MODEL_CALL_FLAGS = (
    Flag("--record", "keep the answers of providers in .harn-fixtures, to be used by --replay"),
    Flag("--replay", "answer model calls from .harn-fixtures, without key and network"),
    Flag("--llm-mock", "answer model calls from FILE: an `llm_mock` dict as JSON a line", "FILE", takes="file"),
    Flag("--llm-mock-record", "write the answers of this run to FILE, for --llm-mock", "FILE", takes="file"),
    Flag(
        "--tool-record", "write what tools of agents give in this run to FILE, for --tool-replay", "FILE", takes="file"
    ),
    Flag("--tool-replay", "answer tool calls of agents from FILE instead of running the tools", "FILE", takes="file"),
    Flag("--events", "write what happens to model calls to FILE, as JSON lines, as it happens", "FILE", takes="file"),
)

# What a program may do, for the commands that run one; see sandbox.py.
POLICY_FLAGS = (
    Flag("--deny", "what the program may not do: builtins, effects, EFFECT=SCOPE", "LIST", is_list=True),
    Flag("--allow", "all that the program may do, besides a harmless core", "LIST", is_list=True),
)
POLICY_HELP = """Lists of --allow and --deny are comma-separated, and the flags may be repeated. An item is the name of a builtin, an effect,
or EFFECT=SCOPE, which limits the effect:
  fs.read=PATH  fs.write=PATH   the file, or all that is below the directory, links resolved
  net=HOST                      one host; HOST:PORT one port of it, *.HOST all hosts below it; redirects count
  process=PROGRAM               one program, found through PATH; `process` permits whatever a child process can do
  env=NAME                      one variable; child processes get the listed ones and PATH
  llm=PROVIDER[:MODEL]          model calls, with the network that they need
  python=MODULE                 a module of Python and those below it
What is refused is an error of category tool_rejected that names what to allow. Example:
  harn run --allow fs.read=./data --allow fs.write=./out --allow net=api.example.com report.harn"""


class Positional(Record):
    """A positional argument; many takes all that remain. required ones are the parser's business to demand.

    choices and takes are those of a Flag.
    """

    name: str
    summary: str
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    takes: str = ""


class Command(Record):
    """What a command accepts.

    exclusive lists groups of flags of which one at most may be given. passthrough names the arguments after `--`,
    when they belong to somebody else; without it they are ordinary positionals. details is more help text.
    A command with subcommands does nothing itself; their names begin with its own.
    """

    name: str
    summary: str
    flags: tuple[Flag, ...] = ()
    positionals: tuple[Positional, ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    passthrough: str = ""
    details: str = ""
    subcommands: tuple[Command, ...] = ()

    @property
    def usage(self) -> str:
        """The usage line, without the word "Usage"."""
        if self.subcommands:
            return f"harn {self.name} COMMAND [flags] [args]"
        parts = ["harn", self.name]
        shown: set[str] = set()
        for flag in self.flags:
            if flag.name in shown:
                continue
            group = next((group for group in self.exclusive if flag.name in group), (flag.name,))
            shown.update(group)
            members = [each for each in self.flags if each.name in group]
            forms = [f"{each.name} {each.metavar}" if each.metavar else each.name for each in members]
            parts.append("[" + " | ".join(forms) + "]")
        for positional in self.positionals:
            name = positional.name + ("..." if positional.many else "")
            parts.append(name if positional.required else f"[{name}]")
        if self.passthrough:
            parts.append(f"[-- {self.passthrough}...]")
        return " ".join(parts)

    @property
    def help(self) -> str:
        """The text of `harn COMMAND --help`."""
        lines = [self.summary, "", f"Usage: {self.usage}"]
        if self.subcommands:
            rows = [(command.name.rpartition(" ")[2], command.summary) for command in self.subcommands]
            lines += ["", "Commands:", *table(rows)]
        if self.positionals or self.passthrough:
            rows = [(positional.name, positional.summary) for positional in self.positionals]
            if self.passthrough:
                rows.append((f"-- {self.passthrough}...", "handed on to the program"))
            lines += ["", "Arguments:", *table(rows)]
        rows = [(f"{flag.short}, {flag.title}" if flag.short else flag.title, flag.summary) for flag in self.flags]
        lines += ["", "Options:", *table([*rows, ("-h, --help", "print this help")])]
        if self.details:
            lines += ["", self.details]
        return "\n".join(lines)


class Arguments:
    """A parsed command line: values of flags by name, switches that were given, positionals, arguments after `--`."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.values: dict[str, str] = {}
        self.switches: set[str] = set()
        self.positionals: list[str] = []
        self.passed: list[str] = []

    def has(self, name: str) -> bool:
        """Whether the flag was given."""
        return name in self.switches or name in self.values

    def value(self, name: str) -> str | None:
        """The value of a flag, or None when it was not given."""
        return self.values.get(name)

    @property
    def argv(self) -> list[str]:
        """What was handed on to the program, as UTF-8 whatever the locale took it for."""
        return [os.fsencode(word).decode("utf-8", "surrogateescape") for word in self.passed]

    def integer(self, name: str, default: int, minimum: int = 0) -> int:
        """The value of a flag as a whole number. Raises UsageError when it is none, or below minimum."""
        text = self.values.get(name)
        if text is None:
            return default
        title = next(flag.title for flag in self.command.flags if flag.name == name)
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"invalid value '{text}' for '{title}': expected a whole number")
        if int(text) < minimum:
            raise UsageError(f"invalid value '{text}' for '{title}': expected at least {minimum}")
        return int(text)


def table(rows: list[tuple[str, str]]) -> list[str]:
    """Two aligned columns, indented by two blanks."""
    width = max(len(left) for left, _ in rows)
    return [f"  {left:<{width}}  {right}".rstrip() for left, right in rows]


def select(command: Command, words: list[str]) -> tuple[Command, list[str]]:
    """The command that words are about, which may be a subcommand, and the words behind its name.

    Raises UsageError when a subcommand has to be named and is not.
    """
    while command.subcommands and not (words and words[0] in ("-h", "--help")):
        known = {each.name.rpartition(" ")[2]: each for each in command.subcommands}
        if not words:
            raise UsageError(f"`harn {command.name}` requires a subcommand: {', '.join(known)}")
        if words[0] not in known:
            raise UsageError(f"unrecognized subcommand '{words[0]}'", _similar_command(words[0], known))
        command, words = known[words[0]], words[1:]
    return command, words


def _similar_command(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(name, known, 1)
    return f"a similar command exists: '{matches[0]}'" if matches else f"subcommands: {', '.join(known)}"


def parse(command: Command, words: list[str]) -> Arguments:
    """Read words (everything behind the command's name). Raises UsageError or HelpWanted."""
    flags = {flag.name: flag for flag in command.flags} | {flag.short: flag for flag in command.flags if flag.short}
    found = Arguments(command)
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "--":
            (found.passed if command.passthrough else found.positionals).extend(words[index:])
            break
        if word in ("-h", "--help"):
            raise HelpWanted
        if len(word) < 2 or word[0] != "-":
            found.positionals.append(word)
            continue
        name, equals, value = word.partition("=")
        flag = flags.get(name)
        if flag is None:
            raise UsageError(f"unexpected argument '{word}' found", _similar(name, flags))
        if found.has(flag.name) and not flag.is_list:
            raise UsageError(f"the argument '{flag.title}' cannot be used multiple times")
        if not flag.metavar:
            if equals:
                raise UsageError(f"unexpected value '{value}' for '{flag.name}' found; no more were expected")
            found.switches.add(flag.name)
            continue
        if not equals:
            if index == len(words) or words[index] == "--" or words[index].partition("=")[0] in flags:
                raise UsageError(f"a value is required for '{flag.title}' but none was supplied")
            value = words[index]
            index += 1
        _check_choice(flag.title, flag.choices, value)
        before = found.value(flag.name)
        found.values[flag.name] = value if before is None else f"{before},{value}"
    _hold_to(command, found)
    return found


def _hold_to(command: Command, found: Arguments) -> None:
    titles = {flag.name: flag.title for flag in command.flags}
    for group in command.exclusive:
        given = [name for name in group if found.has(name)]
        if len(given) > 1:
            raise UsageError(f"the argument '{titles[given[0]]}' cannot be used with '{titles[given[1]]}'")
    if not any(positional.many for positional in command.positionals):
        for surplus in found.positionals[len(command.positionals) :]:
            hint = f"program arguments stand after `--`: -- {surplus}" if command.passthrough else ""
            raise UsageError(f"unexpected argument '{surplus}' found", hint)
    for positional, given_value in zip(command.positionals, found.positionals):
        _check_choice(positional.name, positional.choices, given_value)
    required = [positional.name for positional in command.positionals if positional.required]
    missing = required[len(found.positionals) :]
    if missing:
        raise UsageError("the following required arguments were not provided: " + " ".join(missing))


def _check_choice(title: str, choices: tuple[str, ...], value: str) -> None:
    if choices and value not in choices:
        raise UsageError(f"invalid value '{value}' for '{title}'", f"possible values: {', '.join(choices)}")


def _similar(name: str, flags: dict[str, Flag]) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(name, flags, 1)
    return f"a similar argument exists: '{flags[matches[0]].title}'" if matches else ""

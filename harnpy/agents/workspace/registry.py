"""The builtin workspace_tools: the tools that every agent needs, as a tool registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.workspace import editing, reading, running, searching
from harnpy.agents.workspace.failures import ToolFailure
from harnpy.agents.workspace.settings import Settings, read_settings
from harnpy.agents.workspace.tool_arguments import ToolArguments
from harnpy.builtins.tools import tool_registry
from harnpy.vm.registry import builtin
from harnpy.vm.values import Builtin, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class _Tool:
    """capabilities are those of chapter 12 section 12.8.2; parameters are JSON schemas, `required: false` where optional."""

    name: str
    description: str
    parameters: dict[str, dict[str, Value]]
    kind: str
    level: str
    capabilities: dict[str, list[Value]]
    effects: frozenset[str]
    run: Callable[[Fiber, Settings, ToolArguments], str]

    def entry(self, settings: Settings) -> dict[str, Value]:
        """The tool as registries hold it."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": {name: dict(shape) for name, shape in self.parameters.items()},
            "handler": self._handler(settings),
            "annotations": self._annotations(),
            "policy": self._annotations(),
        }

    def _annotations(self) -> dict[str, Value]:
        """As `tool_annotations` of a capability policy, and `policy` of an entry, have them."""
        required: list[Value] = [name for name, shape in self.parameters.items() if shape.get("required") is not False]
        paths: list[Value] = ["path"] if "path" in self.parameters else []
        return {
            "kind": self.kind,
            "side_effect_level": self.level,
            "capabilities": {name: list(operations) for name, operations in self.capabilities.items()},
            "arg_schema": {"path_params": paths, "arg_aliases": {}, "required": required},
        }

    def _handler(self, settings: Settings) -> Builtin:
        def handle(fiber: Fiber, arguments: Value = None) -> str:
            try:
                return self.run(fiber, settings, ToolArguments(arguments))
            except ToolFailure as failure:
                return f"Error: {failure}"

        name = f"workspace_{self.name}"
        return Builtin(name, handle, f"{name}(arguments: dict) -> string", self.effects, True, 0, 1, False)


def _parameter(kind: str, description: str, *, optional: bool = False) -> dict[str, Value]:
    shape: dict[str, Value] = {"type": kind, "description": description}
    return {**shape, "required": False} if optional else shape


_PATH = "Path within the workspace, relative to its root."
_READS = frozenset({"fs.read"})
_WRITES = frozenset({"fs.read", "fs.write"})

_TOOLS = (
    _Tool(
        "read",
        "Read a text file: its lines, each with its number and a tab before it. A directory gives its entries.",
        {
            "path": _parameter("string", _PATH),
            "offset": _parameter("integer", "The first line to read, from 1.", optional=True),
            "limit": _parameter("integer", f"How many lines, at most {reading.MOST_LINES}.", optional=True),
        },
        "read",
        "read_only",
        {"workspace": ["read_text", "list"]},
        _READS,
        reading.read,
    ),
    _Tool(
        "list",
        "List a directory, sorted; directories end with '/'.",
        {
            "path": _parameter("string", f"{_PATH} The root itself if left out.", optional=True),
            "depth": _parameter("integer", "How many levels of directories to show, 1 if left out.", optional=True),
        },
        "read",
        "read_only",
        {"workspace": ["list"]},
        _READS,
        reading.list_directory,
    ),
    _Tool(
        "search",
        "Search files line by line; shows path:line:text of what matches. Binary files and .git are passed over.",
        {
            "pattern": _parameter("string", "A regular expression, without lookaround and backreferences."),
            "path": _parameter("string", f"{_PATH} A file, or a directory to search below.", optional=True),
            "literal": _parameter("boolean", "Take the pattern as plain text.", optional=True),
            "ignore_case": _parameter("boolean", "Letters match in either case.", optional=True),
            "glob": _parameter("string", "Only files of this name or path, such as *.py or src/**/*.c.", optional=True),
            "context": _parameter("integer", "How many lines around each match to show.", optional=True),
            "max_matches": _parameter("integer", "How many matching lines to show, 100 if left out.", optional=True),
        },
        "search",
        "read_only",
        {"workspace": ["read_text", "list"]},
        _READS,
        searching.search,
    ),
    _Tool(
        "edit",
        "Change a text file: replace old_string, which has to occur exactly once, by new_string; or apply patch, a"
        " unified diff of this one file. All of it is done or nothing.",
        {
            "path": _parameter("string", _PATH),
            "old_string": _parameter("string", "The text to replace, character by character.", optional=True),
            "new_string": _parameter("string", "What to put in its place.", optional=True),
            "replace_all": _parameter("boolean", "Replace every occurrence of old_string.", optional=True),
            "patch": _parameter("string", "A unified diff with hunks such as @@ -3,2 +3,2 @@.", optional=True),
        },
        "edit",
        "workspace_write",
        {"workspace": ["read_text", "apply_edit"]},
        _WRITES,
        editing.edit,
    ),
    _Tool(
        "write",
        "Create or overwrite a text file; missing directories are made.",
        {
            "path": _parameter("string", _PATH),
            "content": _parameter("string", "The whole text of the file."),
        },
        "edit",
        "workspace_write",
        {"workspace": ["write_text"]},
        _WRITES,
        editing.write,
    ),
    _Tool(
        "run",
        "Run a command in the root of the workspace; gives what it prints and exit_code=N. It has no input, and what"
        " it leaves running in the background is killed when it ends.",
        {
            "command": {
                "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                "description": "A text for the shell, or a list of a program and its arguments.",
            },
            "timeout_ms": _parameter("integer", "Kill it after so many milliseconds.", optional=True),
        },
        "execute",
        "process_exec",
        {"process": ["exec"]},
        frozenset({"fs.read", "process"}),
        running.run,
    ),
)


@builtin("workspace_tools(options: dict | nil = nil) -> dict", effects={"fs.read"})
def workspace_tools(fiber: Fiber, options: Value = None) -> Value:
    """A tool registry with `read`, `list`, `search`, `edit`, `write` and `run`, confined to a workspace.

    Paths must lie within the root, symbolic links followed; others are refused by a result that begins with `Error:`.
    Nothing writes in a `.git`. `run` starts in the root but cannot be confined: a command can do whatever this process
    may do. Leave it out by `only`, deny it by a policy (its side effect level is process_exec) or by
    `--deny workspace_run`. Keys of model providers are not in the environment of commands.

    Options: `root`, the directory (as given now; without it where file builtins resolve paths, of whoever calls);
    `only`, a list of the tools wanted; `timeout_ms`, the longest that a command may take (120000); `max_output`, the
    longest result in characters (30000), of commands in bytes; `allow_hidden`, false to shut out names that begin with
    a dot (true); `env`, a dict of variables for commands. Throws a string for an option that is unknown or wrong.
    """
    settings, names = read_settings(fiber, options, tuple(tool.name for tool in _TOOLS))
    registry = tool_registry()
    return {**registry, "tools": [tool.entry(settings) for tool in _TOOLS if tool.name in names]}

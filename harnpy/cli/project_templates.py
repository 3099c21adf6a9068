"""Starting a project from a template (`harn new`, `harn init`; chapter 05 section 10). The files lie in templates/."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shlex import quote

from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.manifest import NAME as MANIFEST
from harnpy.cli.package_files import toml_string
from harnpy.vm.os_errors import reason

# Each template is a directory beside this file. The files in the order in which they are made.
TEMPLATES = {
    "basic": ("main.harn", "lib/helpers.harn", "tests/test_main.harn"),
    "agent": ("main.harn", "tests/test_agent.harn"),
    "mcp-server": ("main.harn",),
    "eval": ("main.harn", "tests/test_eval.harn", "eval-suite.json"),
}

DEFAULT_TEMPLATE = "basic"

_UNNAMED = "my-project"


def command(name: str, summary: str) -> Command:
    """`harn new` or `harn init`, which differ in nothing else."""
    return Command(
        name,
        summary,
        flags=(Flag("--template", "what to start from (default: basic)", "T", choices=tuple(TEMPLATES)),),
        positionals=(
            Positional(
                "NAME", "the directory to make, and the name of the package; without it the working directory is used"
            ),
        ),
        details="\n".join(
            [
                "Templates:",
                "  basic       a program, a module, and tests",
                "  agent       an agent with a tool, and a test whose model is mocked",
                "  mcp-server  a tool and a resource for clients of the Model Context Protocol",
                "  eval        metrics of a program, with a suite that compares them",
                "",
                "Files that exist are never replaced.",
            ]
        ),
    )


def execute(arguments: Arguments) -> int:
    """Create a project as the arguments of `harn new` or `harn init` ask for it."""
    name = arguments.positionals[0] if arguments.positionals else None
    if name is not None and not name.strip():
        raise UsageError("the name of a project cannot be empty")
    template = arguments.value("--template") or DEFAULT_TEMPLATE
    if name is not None and os.path.lexists(name):
        print(f"Directory '{name}' already exists", file=sys.stderr)
        return 1
    print(f"Creating project '{name}'..." if name is not None else "Initializing harn project in current directory...")
    try:
        _create(Path(name or "."), _package_name(name), template)
    except (OSError, ValueError) as error:
        print(f"error: cannot create the project: {_shown(error)}", file=sys.stderr)
        return 1
    print("\n".join(["", *(f"  {line}" for line in _hints(name, template))]))
    return 0


def _create(directory: Path, package: str, template: str) -> None:
    source = Path(__file__).with_name("templates") / template
    texts = {MANIFEST: _manifest(package)}
    texts |= {name: (source / name).read_text(encoding="utf-8") for name in TEMPLATES[template]}
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = directory / name
        if os.path.lexists(path):
            print(f"  skip  {name} (already exists)")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"  create  {name}")


def _manifest(package: str) -> str:
    return f'[package]\nname = {toml_string(package)}\nversion = "0.1.0"\n\n[dependencies]\n'


def _package_name(name: str | None) -> str:
    if name is None:
        return _UNNAMED
    last = os.path.basename(os.path.abspath(name)) or _UNNAMED
    return os.fsencode(last).decode("utf-8", "replace")


def _hints(name: str | None, template: str) -> list[str]:
    tests = ("harn test tests/", "run the tests")
    if template == "mcp-server":
        tests = ("harn mcp-serve main.harn", "expose the starter MCP server")
    commands = [
        ("harn run main.harn", "run the program"),
        tests,
        ("harn fmt main.harn", "format code"),
        ("harn lint main.harn", "lint code"),
        ("harn doctor", "verify the local environment"),
    ]
    lines = [f"{command:<24} # {purpose}" for command, purpose in commands]
    if name is None:
        return lines
    # `cd -x` would be an option.
    return [f"cd {quote(os.path.join('.', name) if name.startswith('-') else name)}", *lines]


def _shown(error: OSError | ValueError) -> str:
    file = getattr(error, "filename", None)
    return f"{file}: {reason(error)}" if file is not None else reason(error)

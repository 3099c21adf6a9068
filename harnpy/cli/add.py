"""`harn add`: note a dependency in harn.toml (chapter 04 section 14.1)."""

from __future__ import annotations

import sys
from pathlib import Path

from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.manifest import NAME as MANIFEST
from harnpy.cli.package_files import Dependency, with_dependency
from harnpy.vm.os_errors import reason

COMMAND = Command(
    "add",
    "Add a dependency to harn.toml",
    flags=(
        Flag("--git", "the repository that it is fetched from", "URL"),
        Flag("--tag", "the tag or branch of that repository", "TAG"),
        Flag("--path", "the file or directory that it is copied from", "PATH", takes="file"),
    ),
    positionals=(Positional("NAME", "what `import` will call the package", required=True),),
    exclusive=(("--git", "--path"),),
)


def execute(arguments: Arguments) -> int:
    """Edit the manifest of the working directory; 1 if it cannot be read or written, or no source is given."""
    git, tag, path = (arguments.value(name) for name in ("--git", "--tag", "--path"))
    if git is None and path is None:
        return _failed("Must specify --git <url> or --path <local-path>")
    if git is None and tag is not None:
        raise UsageError("the argument '--tag <TAG>' cannot be used without '--git <URL>'")
    dependency = Dependency(arguments.positionals[0], git, tag, path)
    if not dependency.is_safe:
        raise UsageError(f"'{dependency.name}' cannot be the name of a package: it becomes the name of a folder")
    manifest = Path(MANIFEST)
    try:
        text = manifest.read_text(encoding="utf-8") if manifest.exists() else None
        manifest.write_text(with_dependency(text, dependency), encoding="utf-8")
    except (OSError, ValueError) as error:
        return _failed(f"error: cannot edit {MANIFEST}: {reason(error)}")
    print(f"Added {dependency.name} to {MANIFEST}\nRun `harn install` to fetch the package.")
    return 0


def _failed(text: str) -> int:
    print(text, file=sys.stderr)
    return 1

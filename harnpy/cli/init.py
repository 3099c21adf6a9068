"""`harn init`: start a project in the working directory, or as `harn new` does."""

from __future__ import annotations

from harnpy.cli import project_templates
from harnpy.cli.arguments import Command

COMMAND = Command(
    "init",
    "Start a project in the working directory",
    flags=project_templates.FLAGS,
    positionals=project_templates.POSITIONALS,
    details=project_templates.DETAILS,
)

execute = project_templates.execute

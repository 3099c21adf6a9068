"""`harn new`: start a project in a new directory."""

from __future__ import annotations

from harnpy.cli import project_templates
from harnpy.cli.arguments import Command

COMMAND = Command(
    "new",
    "Start a project in a new directory",
    flags=project_templates.FLAGS,
    positionals=project_templates.POSITIONALS,
    details=project_templates.DETAILS,
)

execute = project_templates.execute

"""`harn init`: start a project in the working directory, or as `harn new` does."""

from __future__ import annotations

from harnpy.cli import project_templates

COMMAND = project_templates.command("init", "Start a project in the working directory")

execute = project_templates.execute

"""`harn new`: start a project in a new directory."""

from __future__ import annotations

from harnpy.cli import project_templates

COMMAND = project_templates.command("new", "Start a project in a new directory")

execute = project_templates.execute

"""Build hook: makes the parser tables when a wheel is built, so that no installation ever builds them (about 2 s)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface):
    """Adds harnpy/syntax/_tables.bin to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        # The modules that the tables need import nothing but Lark and each other.
        sys.path.insert(0, str(root))
        try:
            from harnpy.syntax.tables import grammar_text, table_file

            content = table_file(grammar_text())
        finally:
            sys.path.remove(str(root))
        target = root / "harnpy" / "syntax" / "_tables.bin"
        target.write_bytes(content)
        build_data["artifacts"].append("harnpy/syntax/_tables.bin")

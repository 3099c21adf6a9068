"""docs/stdlib.md and the modules it tells of: its tables are those that the comments of the modules give.

After a change of comments: `python tests/stdlib/guide.py` writes the tables anew.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "docs" / "stdlib.md"

_COMMENT = r"/\*\*((?:(?!\*/).)*)\*/\n"
_FUNCTION = re.compile(_COMMENT + r"(?:pub )?fn ([a-z]\w*)\(([^)]*)\)", re.DOTALL)


def module_sources() -> dict[str, str]:
    """The source of each std/* module by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "stdlib").glob("*.harn"))}


def table(source: str) -> str:
    """The table of a module: the signature of each function and what its comment says first."""
    lines = ["| function | |", "|---|---|"]
    for comment, name, parameters in _FUNCTION.findall(source):
        lines.append(f"| `{name}({parameters})` | {_first_paragraph(comment)} |")
    return "\n".join(lines) + "\n"


def with_tables(guide: str) -> str:
    """The guide with the tables that belong into it."""
    for name, source in module_sources().items():
        before, heading, section = guide.partition(f"\n## std/{name}\n")
        section = re.sub(r"\| function \| \|\n(?:\|.*\n)*", table(source).replace("\\", "\\\\"), section, count=1)
        guide = before + heading + section
    return guide


def _first_paragraph(comment: str) -> str:
    text = "\n".join(line.strip().removeprefix("*").strip() for line in comment.strip().splitlines())
    paragraph = " ".join(text.strip().split("\n\n")[0].splitlines())
    # The page tells what functions give; in what cases they give nothing is for the comment.
    return paragraph.split(" Throws ")[0].replace("|", "\\|")


if __name__ == "__main__":
    GUIDE.write_text(with_tables(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")

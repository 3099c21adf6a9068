"""Pages of documentation as a sequence of code blocks. Knows Markdown fences and comments, not what blocks do.

A line "`NAME`:" right above a block is the name of a file: the block is saved there, in the directory of the page, for the
blocks that follow. A comment right above a block says what the reader need not see:

    <!-- before ... -->     statements put in front of the program
    <!-- model ... -->      what the model answers, one answer a call, parted by lines `---`
    <!-- web ... -->        pages that http builtins find, one a line: `URL STATUS TEXT`
    <!-- compiled -->       the program is only compiled: it needs what no test has
    <!-- virtual time -->   the clock jumps instead of waiting; not where the program waits for the world outside
    <!-- interrupt TEXT --> the command never ends: it gets a Ctrl-C as soon as it has printed TEXT
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

_COMMENT = re.compile(r"<!-- (before|model|web|compiled|virtual time|interrupt)\b[ \n]?(.*?)\n?[ ]?-->\n", re.DOTALL)
_FILE = re.compile(r"`([\w./-]+\.\w+)`:\n")
_FENCE = re.compile(r"```(\w*)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_RESULT = re.compile(r"\n?```text\n(.*?)^```\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: where its text lies in the page, and what the page says it prints.

    expected is the text of the block of language `text` that follows, or None; console blocks hold their own outputs.
    body is where the code stands in the page, result where the expected text does: pairs of offsets.
    """

    language: str
    text: str
    line: int
    body: tuple[int, int]
    expected: str | None = None
    result: tuple[int, int] | None = None
    directives: dict[str, str] = field(default_factory=dict)

    @property
    def model_answers(self) -> list[str] | None:
        """What the model says, call by call; None where the block does not tell."""
        answers = self.directives.get("model")
        return None if answers is None else answers.split("\n---\n")


def blocks_of(page: str) -> list[Block]:
    """The code blocks of a page in order; a `text` block that follows another one belongs to that."""
    blocks = []
    position, directives = 0, {}
    while position < len(page):
        if comment := _COMMENT.match(page, position):
            directives[comment[1]] = comment[2]
            position = comment.end()
        elif file := _FILE.match(page, position):
            directives["file"] = file[1]
            position = file.end()
        elif fence := _FENCE.match(page, position):
            result = _RESULT.match(page, fence.end()) if fence[1] not in ("text", "console") else None
            blocks.append(
                Block(
                    fence[1],
                    fence[2],
                    page.count("\n", 0, fence.start()) + 1,
                    fence.span(2),
                    result[1] if result else None,
                    result.span(1) if result else None,
                    directives,
                )
            )
            position, directives = (result or fence).end(), {}
        else:
            end_of_line = page.find("\n", position)
            if page[position:end_of_line].strip():
                directives = {}
            position = end_of_line + 1 if end_of_line >= 0 else len(page)
    return blocks


def commands_of(console: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it. Raises ValueError for output alone."""
    commands: list[tuple[str, str]] = []
    for line in console.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].rstrip("\n"), ""))
        elif not commands:
            raise ValueError(f"a console block begins with a command, `$ ...`, and not with {line!r}")
        elif commands[-1][0].endswith("\\") and not commands[-1][1]:
            commands[-1] = (f"{commands[-1][0]}\n{line.rstrip()}", "")
        else:
            commands[-1] = (commands[-1][0], commands[-1][1] + line)
    return commands


def fits(printed: str, shown: str) -> bool:
    """Whether printed is what a console block shows: `…` stands for any text in a line, a line of it for any lines."""
    pattern = ""
    for line in shown.splitlines(keepends=True):
        if line == "…\n":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("…"))
    return re.fullmatch(pattern, printed) is not None


# Its examples are what is reported and not to be run; tests/cli/test_cli_explain_diagnostics.py holds it to its word.
DIAGNOSTICS = DOCS / "diagnostics.md"


def pages() -> list[Path]:
    """All pages whose blocks are run: the README and everything below docs/ but the diagnostics."""
    return [ROOT / "README.md", *sorted(set(DOCS.glob("**/*.md")) - {DIAGNOSTICS})]

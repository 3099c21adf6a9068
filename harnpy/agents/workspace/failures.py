"""What keeps a workspace tool from doing what it was asked for, as the model is told it."""

from __future__ import annotations

from harnpy.vm.os_errors import reason

_SHOWN = 200


class ToolFailure(Exception):
    """The tool has done nothing; the text says why, and what would work. Tools put `Error: ` before it."""


class RefusedPath(ToolFailure):
    """A path that no tool of the workspace may touch."""


def failed(doing: str, path: str, error: OSError | ValueError) -> ToolFailure:
    """`cannot <doing> '<path>': <reason>`, for what the system refused."""
    return ToolFailure(f"cannot {doing} {quoted(path)}: {reason(error)}")


def quoted(text: str) -> str:
    """text in quotes on one line, cut if it is long; what cannot be shown is escaped."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return f"'{one_line(shown)}'"


def one_line(text: str) -> str:
    """text with escapes for control characters, line separators and lone surrogates, which would look like something else."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)

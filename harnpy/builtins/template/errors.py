"""The errors of templates. They know lines, columns and file paths, not how Harn reports errors."""

from __future__ import annotations


class TemplateError(Exception):
    """A fault at a directive. line and column (in characters) are 1-based and give its `{{`.

    path is the file with the fault, as the template named it, or None where the text has no file.
    """

    def __init__(self, line: int, column: int, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.path = path

    @property
    def text(self) -> str:
        """`<path> at <line>:<column>: <message>`, without the path where there is none."""
        place = f"at {self.line}:{self.column}: {self.message}"
        return place if self.path is None else f"{self.path} {place}"


class Fault(Exception):
    """What is wrong inside a directive; whoever holds the directive turns it into a TemplateError."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

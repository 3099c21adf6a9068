"""Files of JSON objects, one a line, that observers of model calls write and that runs are answered from.

These belong to whoever runs the program, not to the program: they do not pass the effect seam, so that no policy of the
program hinders them and no replay repeats them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from harnpy.llm.json_values import Json, compact_json, parse_json
from harnpy.llm.secrets import Secrets
from harnpy.vm.os_errors import reason

# The key of an object that is for one test alone: the path of its program and, for a test pipeline, `::NAME`.
TEST_KEY = "test"


class JsonLinesError(Exception):
    """A file that cannot be used; str() says where and why."""


def json_objects(path: str) -> Iterator[tuple[int, dict[str, Json]]]:
    """The objects of a file with the numbers of their lines; blank lines and `#` comments may stand between.

    Raises JsonLinesError, also for a `test` that is no string.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise JsonLinesError(f"cannot read {path}: {reason(error)}") from None
    except UnicodeDecodeError:
        raise JsonLinesError(f"cannot read {path}: it is not UTF-8") from None
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            try:
                yield number, _object(text)
            except ValueError as error:
                raise JsonLinesError(f"{path}:{number}: {error}") from None


def _object(text: str) -> dict[str, Json]:
    try:
        found = parse_json(text)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("expected a JSON object")
    test = found.get(TEST_KEY)
    if test is not None and type(test) is not str:
        raise ValueError(f"`{TEST_KEY}` must be a string")
    return found


class JsonlFile:
    """Appends to a file. Every line is there, whole, when append returns, also with several processes writing."""

    def __init__(self, path: str, secrets: Secrets) -> None:
        self._path = path
        self._secrets = secrets
        self._descriptor: int | None = None

    def redacted(self, text: str) -> str:
        """text as append would write it: without keys of providers."""
        return self._secrets.redacted(text)

    def append(self, record: Json) -> None:
        """Write one object, without keys of providers. Raises OSError."""
        line = self.redacted(compact_json(record)) + "\n"
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            if _is_cut(self._path):
                line = "\n" + line
        data = line.encode("utf-8", "replace")
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """Close the file; append would open it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _is_cut(path: str) -> bool:
    """Whether the last line has no end, because whoever wrote it was killed: it would take the next one with it."""
    try:
        if not os.path.isfile(path):  # nothing else can be read from its end
            return False
        with open(path, "rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"
    except OSError:
        return False

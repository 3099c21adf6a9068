"""Files of JSON objects, one a line, that observers of model calls write.

These are outputs of whoever runs the program, not of the program: they do not pass the effect seam, so that no policy
of the program hinders them and no replay repeats them.
"""

from __future__ import annotations

import os

from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.secrets import Secrets


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

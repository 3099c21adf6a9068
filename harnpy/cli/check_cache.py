"""What `harn check` has found out about files, kept beside the compiled modules: by content, options, and the rules that
were in force. A file that is damaged, foreign or stale is ignored and written anew.
"""

from __future__ import annotations

import json
import os

from harnpy import TYPE_CHECKING, __version__
from harnpy.bytecode.cache import CHECKS_VERSION, cache_directory, keep, state_of_checks
from harnpy.digest import blake2b

if TYPE_CHECKING:
    from typing import Any

# The number in it is that of the format: another format, another number.
_MAGIC = b"HARNCK\x01\n"
_DIGEST_SIZE = 16


class CheckCache:
    """Values that JSON can hold, by what they are about. builtin_names are part of the key: they decide what names mean."""

    def __init__(self, builtin_names: tuple[str, ...], directory: str | None = None) -> None:
        self._directory = directory if directory is not None else cache_directory()
        digest = blake2b(_MAGIC, digest_size=16)
        digest.update(f"{CHECKS_VERSION}\n{__version__}\n{state_of_checks()}\n".encode())
        digest.update("\n".join(builtin_names).encode())
        self._fingerprint = digest.digest()

    def path_of(self, kind: str, data: bytes, options: object = None) -> str:
        """The file that holds what is known."""
        digest = blake2b(data, digest_size=16, key=self._fingerprint, person=kind.encode())
        digest.update(b"\0" + json.dumps(options).encode())
        return os.path.join(self._directory, digest.hexdigest() + ".hck")

    def load(self, kind: str, data: bytes, options: object = None) -> Any:
        """What was saved of this kind about data, under the same options; None if nothing was."""
        try:
            with open(self.path_of(kind, data, options), "rb") as file:
                content = file.read()
            head = len(_MAGIC) + _DIGEST_SIZE
            payload = content[head:]
            if content[:head] != _MAGIC + blake2b(payload, digest_size=_DIGEST_SIZE).digest():
                return None
            return json.loads(payload)
        except (OSError, ValueError):
            return None

    def save(self, kind: str, data: bytes, value: object, options: object = None) -> None:
        """Keep value; silently not, if that is impossible."""
        payload = json.dumps(value, separators=(",", ":")).encode()
        digest = blake2b(payload, digest_size=_DIGEST_SIZE).digest()
        keep(self.path_of(kind, data, options), _MAGIC + digest + payload)

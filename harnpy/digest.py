"""BLAKE2b straight from its C module: `hashlib` would load OpenSSL at every start."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b
else:
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b

__all__ = ["blake2b"]

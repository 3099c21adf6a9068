"""Builtin functions for digests and identity: SHA-2, MD5, structural hashes, UUIDs."""

from __future__ import annotations

import hashlib

from harnpy import TYPE_CHECKING
from harnpy.builtins.fnv import fnv1a
from harnpy.vm.compare import structural_encoding
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("sha256(text: string) -> string", pure=True)
def sha256(text: Value = "") -> str:
    """The SHA-256 digest of text in lowercase hex."""
    return hashlib.sha256(_bytes(text)).hexdigest()


@builtin("sha224(text: string) -> string", pure=True)
def sha224(text: Value = "") -> str:
    """The SHA-224 digest of text in lowercase hex."""
    return hashlib.sha224(_bytes(text)).hexdigest()


@builtin("sha384(text: string) -> string", pure=True)
def sha384(text: Value = "") -> str:
    """The SHA-384 digest of text in lowercase hex."""
    return hashlib.sha384(_bytes(text)).hexdigest()


@builtin("sha512(text: string) -> string", pure=True)
def sha512(text: Value = "") -> str:
    """The SHA-512 digest of text in lowercase hex."""
    return hashlib.sha512(_bytes(text)).hexdigest()


@builtin("sha512_256(text: string) -> string", pure=True)
def sha512_256(text: Value = "") -> str:
    """The SHA-512/256 digest of text in lowercase hex. Fails where the installed OpenSSL lacks it."""
    try:
        return hashlib.new("sha512_256", _bytes(text)).hexdigest()
    except ValueError as error:
        raise runtime_error(f"sha512_256: {error}") from None


@builtin("md5(text: string) -> string", pure=True)
def md5(text: Value = "") -> str:
    """The MD5 digest of text in lowercase hex; not for security."""
    return hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest()


@builtin("hash_value(value: any) -> int", pure=True)
def hash_value(value: Value = None) -> int:
    """A 64-bit hash of the structure of a value (FNV-1a): equal for equal values of the same types, in every run."""
    digest = fnv1a(structural_encoding(value).encode("utf-8", "surrogatepass"))
    return digest - 2**64 if digest >> 63 else digest


@builtin("uuid() -> string", effects={"random"})
def uuid(fiber: Fiber) -> str:
    """A random version-4 UUID in lowercase."""
    return str(fiber.effect(fiber.runtime.world.uuid4))


def _bytes(text: Value) -> bytes:
    return display(text).encode("utf-8", "surrogatepass")

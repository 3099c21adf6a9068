"""Builtin functions that encode text: base64 and percent-encoding. Text is UTF-8 in both."""

from __future__ import annotations

import binascii
import re

from harnpy.builtins.base64_syntax import describe_problem
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

_RESERVED = re.compile(rb"[^A-Za-z0-9\-_.~]")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


@builtin("base64_encode(text: string) -> string", pure=True)
def base64_encode(text: Value = "") -> str:
    """The UTF-8 bytes of text in base64, standard alphabet, padded."""
    return binascii.b2a_base64(_bytes(text), newline=False).decode("ascii")


@builtin("base64_decode(text: string)", pure=True)
def base64_decode(text: Value = "") -> str:
    """The text whose UTF-8 bytes text encodes; invalid UTF-8 becomes U+FFFD.

    Fails with `base64 decode error: <detail>` on anything but the standard alphabet with its padding.
    """
    data = _bytes(text)
    problem = describe_problem(data)
    if problem is not None:
        raise runtime_error(f"base64 decode error: {problem}")
    return binascii.a2b_base64(data).decode("utf-8", "replace")


@builtin("url_encode(text: string) -> string", pure=True)
def url_encode(text: Value = "") -> str:
    """The UTF-8 bytes of text, percent-encoded except for letters, digits and `-_.~`."""
    return _RESERVED.sub(lambda byte: b"%%%02X" % ord(byte[0]), _bytes(text)).decode("ascii")


@builtin("url_decode(text: string)", pure=True)
def url_decode(text: Value = "") -> str:
    """text with `%XX` and `+` decoded; malformed sequences stay, invalid UTF-8 becomes U+FFFD."""
    data = _bytes(text).replace(b"+", b" ")
    return _ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), data).decode("utf-8", "replace")


def _bytes(text: Value) -> bytes:
    return display(text).encode("utf-8", "surrogatepass")

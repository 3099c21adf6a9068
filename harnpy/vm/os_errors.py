"""The reason text of a failed system call, as Harn's error messages show it. Knows no messages around it."""

from __future__ import annotations

import os


def reason(error: OSError | ValueError) -> str:
    """`No such file or directory (os error 2)`: the system's text and number, without the path.

    A text that is not UTF-8 (UnicodeError) and a path that no system accepts (ValueError) have texts of their own.
    """
    if isinstance(error, UnicodeDecodeError):
        return "stream did not contain valid UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "text contains a lone surrogate, which UTF-8 cannot hold"
    if isinstance(error, ValueError):
        return "file name contained an unexpected NUL byte"
    if error.errno is None:
        return str(error)
    return f"{os.strerror(error.errno)} (os error {error.errno})"

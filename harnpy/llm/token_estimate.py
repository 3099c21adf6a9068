"""A rough count of tokens, four bytes of text for one (chapter 11 section 27.2)."""

from __future__ import annotations

from harnpy.vm.compare import utf8_length
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

BYTES_PER_TOKEN = 4


@builtin("estimate_tokens(messages: list) -> int", pure=True)
def estimate_tokens(messages: Value = None) -> int:
    """Roughly how many tokens the texts of these messages are; 0 for anything that is no list."""
    if type(messages) is not list:
        return 0
    contents = (message.get("content") for message in messages if type(message) is dict)
    return sum(utf8_length(content) for content in contents if type(content) is str) // BYTES_PER_TOKEN

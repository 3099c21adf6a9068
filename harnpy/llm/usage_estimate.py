"""How many tokens a call will take, judged before it is made: for budgets and for limits of tokens a minute.

The estimate of the input is meant to be rather too high than too low: English text has about four bytes a token, code
and other scripts about three.
"""

from __future__ import annotations

from harnpy.llm.json_values import Json
from harnpy.llm.options import LlmOptions

_BYTES_A_TOKEN = 3
# What a message, tool or block costs beside its text: its role and the marks around it.
_FRAME_TOKENS = 4
# What an image or a file costs, however many bytes carry it: the most that Anthropic counts for an image.
_ATTACHMENT_TOKENS = 1600
# Keys whose text is the encoded content of a file.
_ENCODED = frozenset({"data", "file_data"})


def input_tokens(options: LlmOptions) -> int:
    """An upper estimate of the tokens of what a call sends."""
    total = _tokens(options.messages) + _tokens(options.native_tools)
    for text in (options.system, options.prefill):
        total += _tokens(text)
    return total + (_tokens(options.wire_schema) if options.json_mode else 0)


def _tokens(value: Json) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        if value.startswith("data:"):
            return _ATTACHMENT_TOKENS
        return -(-len(value.encode("utf-8", "surrogatepass")) // _BYTES_A_TOKEN)
    if isinstance(value, list):
        return sum(map(_tokens, value))
    if isinstance(value, dict):
        return _FRAME_TOKENS + sum(
            _ATTACHMENT_TOKENS if key in _ENCODED and isinstance(each, str) else _tokens(key) + _tokens(each)
            for key, each in value.items()
        )
    return 1

"""Content blocks of results and transcripts, which no provider knows, as providers take them.

Blocks in a provider's own shape travel as they are (chapter 11 section 7.2). What `llm_call` returns has a shape of
its own (section 11); messages of a transcript that are sent again would be rejected with it.
"""

from __future__ import annotations

from harnpy.llm.common_prefix import common_prefix
from harnpy.llm.json_values import Json
from harnpy.llm.providers.styles import Style

_OWN_TYPES = ("output_text", "reasoning", "tool_call")


class ProviderMessages:
    """The messages of one conversation as providers take them; each is converted once while the conversation grows.

    What has been given before is told by the identity of the messages, which are never changed in place: a message that
    was edited is another one, and it and what follows it are converted anew.
    """

    def __init__(self) -> None:
        self._style: Style | None = None
        self._given: list[Json] = []
        self._converted: dict[int, Json] = {}  # by index; the others go as they are

    def of(self, messages: list[Json], style: Style) -> list[Json]:
        """messages without blocks of Harn's own shape, the very list if it has none.

        Reasoning goes: no provider takes it back without its signature. The caller does not change messages any more.
        """
        known = common_prefix(self._given, messages) if style is self._style else 0
        if known < len(self._given):
            self._converted = {index: message for index, message in self._converted.items() if index < known}
        for index in range(known, len(messages)):
            message = messages[index]
            converted = provider_message(message, style)
            if converted is not message:
                self._converted[index] = converted
        self._style, self._given = style, messages
        if not self._converted:
            return messages
        result = list(messages)
        for index, message in self._converted.items():
            result[index] = message
        return result


def provider_messages(messages: list[Json], style: Style) -> list[Json]:
    """The messages of a single call, as ProviderMessages gives them."""
    return ProviderMessages().of(messages, style)


def provider_message(message: dict[str, Json], style: Style) -> dict[str, Json]:
    """A message without blocks of Harn's own shape; itself if it has none."""
    content = message.get("content")
    if not isinstance(content, list) or not any(_is_own(block) for block in content):
        return message
    blocks = [block for block in (_provider_block(block, style) for block in content) if block is not None]
    texts = [block["text"] for block in blocks if isinstance(block, dict) and block.get("type") == "text"]
    if len(texts) == len(blocks):
        # The form that every server takes.
        return {**message, "content": "".join(texts) or "".join(_text(block) for block in content)}
    return {**message, "content": blocks}


def _provider_block(block: Json, style: Style) -> Json:
    if not _is_own(block):
        return block
    if block["type"] == "output_text":
        return {"type": "text", "text": _text(block)}
    if block["type"] == "tool_call" and style is Style.ANTHROPIC:
        named = {"id": block.get("id", ""), "name": block.get("name", "")}
        return {"type": "tool_use", **named, "input": block.get("arguments", {})}
    return None


def _is_own(block: Json) -> bool:
    return isinstance(block, dict) and block.get("type") in _OWN_TYPES


def _text(block: Json) -> str:
    text = block.get("text") if isinstance(block, dict) else None
    return text if isinstance(text, str) else ""

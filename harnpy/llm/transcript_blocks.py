"""The content of a message as blocks, and how a transcript renders and hides them (chapter 11 section 26.3)."""

from __future__ import annotations

from itertools import groupby

from harnpy.vm.display import display
from harnpy.vm.values import Value

PUBLIC = "public"
INTERNAL = "internal"

_LABELS = ("name", "title", "path", "asset_id")


def content_blocks(content: Value, visibility: str) -> list[Value]:
    """Message content as blocks; visibility is that of blocks which do not say."""
    if content is None:
        return []
    if type(content) is list:
        return [_block(element, visibility) for element in content]
    return [_block(content, visibility)]


def _block(element: Value, visibility: str) -> dict[str, Value]:
    if type(element) is dict:
        return {"type": "text", "visibility": visibility, **element}
    return text_block(display(element), visibility)


def text_block(text: str, visibility: str) -> dict[str, Value]:
    return {"type": "text", "text": text, "visibility": visibility}


def render_blocks(blocks: list[Value]) -> str:
    """The blocks as one line of text; what is not text appears as `<KIND:LABEL>`.

    Adjacent `output_text` blocks are pieces of one streamed answer, so nothing comes between them.
    """
    pieces: list[str] = []
    for streamed, run in groupby(blocks, _is_streamed_text):
        rendered = map(_rendered, run)
        pieces.extend(["".join(rendered)] if streamed else rendered)
    return " ".join(filter(None, pieces))


def event_visibility(blocks: list[Value], default: str) -> str:
    """The visibility of a message with these blocks: public as soon as one block is."""
    visibility = default
    for block in blocks:
        if block["visibility"] == PUBLIC:
            return PUBLIC
        if block["visibility"] == INTERNAL:
            visibility = INTERNAL
    return visibility


def _is_streamed_text(block: dict[str, Value]) -> bool:
    return bool(block["type"] == "output_text")


def _rendered(block: dict[str, Value]) -> str:
    kind = display(block["type"])
    match kind:
        case "text" | "output_text" | "reasoning":
            text = block.get("text")
            if text is None:
                text = block.get("content")
            return "" if text is None else display(text)
        case "tool_call" | "tool_result":
            name = block.get("name")
            return f"<{kind}:{'tool' if name is None else display(name)}>"
        case "image" | "input_image":
            return f"<image:{_label(block, 'image')}>"
        case "file" | "document" | "attachment":
            return f"<{kind}:{_label(block, kind)}>"
    return f"<{kind}>"


def _label(block: dict[str, Value], kind: str) -> str:
    for key in _LABELS:
        if block.get(key) is not None:
            return display(block[key])
    return kind

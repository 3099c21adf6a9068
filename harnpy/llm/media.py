"""Images and files in message content: what each provider calls them, and assets in the provider's shape.

Message blocks are written in the provider's own shape and travel as they are (chapter 11 section 7.2). Two things do
not: a block that only names an asset, and an image for Ollama, which takes images beside the text.
"""

from __future__ import annotations

from collections.abc import Mapping

from harnpy.llm.json_values import Json
from harnpy.llm.providers.styles import Style

_IMAGES = ("image", "input_image")
_FILES = ("file", "document", "attachment")
_MEDIA_TYPE_KEYS = ("media_type", "mime_type", "mime")


def inline_image(block: Json) -> str | None:
    """The base64 data of an image block in Anthropic's or OpenAI's shape; None for anything else, links included."""
    if not isinstance(block, dict):
        return None
    if block.get("type") == "image" and isinstance(block.get("source"), dict):
        source = block["source"]
        data = source.get("data") if source.get("type") == "base64" else None
        return data if isinstance(data, str) else None
    if block.get("type") == "image_url":
        target = block.get("image_url")
        url = target.get("url") if isinstance(target, dict) else target
        if isinstance(url, str) and url.startswith("data:"):
            head, comma, data = url.partition(",")
            return data if comma and head.endswith(";base64") else None
    return None


def with_assets(messages: list[Json], assets: Mapping[str, Json], style: Style) -> list[Json]:
    """messages with every block that names one of assets in the shape that style has for it.

    A block whose asset is unknown, or holds neither `data` (base64) nor `url`, stays as it is.
    """
    if not assets:
        return messages
    return [_message_with_assets(message, assets, style) for message in messages]


def _message_with_assets(message: dict[str, Json], assets: Mapping[str, Json], style: Style) -> dict[str, Json]:
    content = message.get("content")
    if isinstance(content, dict):
        return {**message, "content": [_resolved(content, assets, style)]} if "asset_id" in content else message
    if not isinstance(content, list):
        return message
    return {**message, "content": [_resolved(block, assets, style) for block in content]}


def _resolved(block: Json, assets: Mapping[str, Json], style: Style) -> Json:
    asset = assets.get(_text(block, "asset_id")) if isinstance(block, dict) else None
    if asset is None:
        return block
    described = {**asset, **block}
    data, url = _text(asset, "data"), _text(asset, "url")
    if not data and not url:
        return block
    media_type = next(filter(None, (_text(described, key) for key in _MEDIA_TYPE_KEYS)), "")
    kind = _text(block, "type") or _text(asset, "kind")
    if kind in _IMAGES or (kind not in _FILES and media_type.startswith("image/")):
        return _image(style, data, url, media_type or "image/png")
    if kind in _FILES:
        name = next(filter(None, (_text(described, key) for key in ("name", "title"))), "")
        return _file(style, data, url, media_type or "application/pdf", name)
    return block


def _image(style: Style, data: str, url: str, media_type: str) -> Json:
    if style is Style.ANTHROPIC:
        return {"type": "image", "source": _anthropic_source(data, url, media_type)}
    return {"type": "image_url", "image_url": {"url": _data_url(data, media_type) if data else url}}


def _file(style: Style, data: str, url: str, media_type: str, name: str) -> Json:
    if style is Style.ANTHROPIC:
        title = {"title": name} if name else {}
        return {"type": "document", "source": _anthropic_source(data, url, media_type), **title}
    return {
        "type": "file",
        "file": {"filename": name or "file", "file_data": _data_url(data, media_type) if data else url},
    }


def _anthropic_source(data: str, url: str, media_type: str) -> Json:
    if data:
        return {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "url", "url": url}


def _data_url(data: str, media_type: str) -> str:
    return data if data.startswith("data:") else f"data:{media_type};base64,{data}"


def _text(values: Mapping[str, Json], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""

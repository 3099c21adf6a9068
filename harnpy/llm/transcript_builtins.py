"""Builtins that make transcripts, read them, and bring them in and out of a program (chapter 11 sections 26.4, 26.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.builtins.display_json import display_json
from harnpy.builtins.json_reader import JsonError, parse_json
from harnpy.llm.context import CallContext
from harnpy.llm.transcript import (
    ID_EFFECTS,
    TranscriptParts,
    asset_list,
    build,
    event_list,
    is_transcript,
    message_list,
    message_role,
    parts_of,
    require_transcript,
    text_entry,
)
from harnpy.llm.transcript_blocks import INTERNAL, PUBLIC
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error, thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.vm.fiber import Fiber


@builtin("transcript(metadata: any = nil) -> dict", effects=ID_EFFECTS)
def transcript(fiber: Fiber, metadata: Value = None) -> Value:
    """An empty transcript with a new id, and with metadata if given."""
    return build(CallContext(fiber).ids(), TranscriptParts(metadata=metadata))


@builtin("transcript_from_messages(messages: list | dict) -> dict", effects=ID_EFFECTS)
def transcript_from_messages(fiber: Fiber, messages: Value = None) -> Value:
    """A new transcript of the messages in a list or in another transcript, of which nothing else is kept.

    Throws `transcript_from_messages: argument must be a message list or transcript`.
    """
    if is_transcript(messages):
        messages = message_list(messages)
    elif type(messages) is not list:
        raise thrown("transcript_from_messages: argument must be a message list or transcript")
    return build(CallContext(fiber).ids(), TranscriptParts(messages=messages))


@builtin("transcript_add_asset(transcript: dict, asset: any) -> dict", effects=ID_EFFECTS)
def transcript_add_asset(fiber: Fiber, transcript: Value = None, asset: Value = None) -> Value:
    """The transcript with an asset at the end of its assets, in place of one with the same id.

    asset is a dict, which gets an id, a kind and a visibility if it lacks them, or else a path. Throws
    `transcript_add_asset: argument must be a transcript` and `transcript_add_asset: missing asset`.
    """
    parts = parts_of(require_transcript(transcript, "transcript_add_asset"))
    if asset is None:
        raise thrown("transcript_add_asset: missing asset")
    ids = CallContext(fiber).ids()
    added = _asset(asset, ids)
    identifier = display(added["id"])
    others = [each for each in parts.assets if type(each) is not dict or display(each.get("id")) != identifier]
    return build(ids, replace(parts, assets=[*others, added]))


def _asset(given: Value, ids: Iterator[str]) -> dict[str, Value]:
    fields = given if type(given) is dict else {"storage": {"path": display(given)}}
    asset = {"kind": "blob", "visibility": INTERNAL, **fields, "_type": "transcript_asset"}
    if asset.get("id") is None:
        asset["id"] = next(ids)
    return asset


@builtin("transcript_messages(transcript: dict) -> list", pure=True)
def transcript_messages(transcript: Value = None) -> list[Value]:
    """The messages of a transcript. Throws `transcript_messages: argument must be a transcript`."""
    return message_list(require_transcript(transcript, "transcript_messages"))


@builtin("transcript_assets(transcript: dict) -> list", pure=True)
def transcript_assets(transcript: Value = None) -> list[Value]:
    """The assets of a transcript. Throws `transcript_assets: argument must be a transcript`."""
    return asset_list(require_transcript(transcript, "transcript_assets"))


@builtin("transcript_events(transcript: dict) -> list", pure=True)
def transcript_events(transcript: Value = None) -> list[Value]:
    """The events of a transcript. Throws `transcript_events: argument must be a transcript`."""
    return event_list(require_transcript(transcript, "transcript_events"))


@builtin("transcript_summary(transcript: dict) -> string | nil", pure=True)
def transcript_summary(transcript: Value = None) -> str | None:
    """The summary of a transcript, nil if it has none. Throws `transcript_summary: argument must be a transcript`."""
    return text_entry(require_transcript(transcript, "transcript_summary"), "summary")


@builtin("transcript_id(transcript: dict) -> string", pure=True)
def transcript_id(transcript: Value = None) -> str:
    """The id of a transcript, "" if it has none. Throws `transcript_id: argument must be a transcript`."""
    return text_entry(require_transcript(transcript, "transcript_id"), "id") or ""


@builtin("transcript_export(transcript: dict) -> string", pure=True)
def transcript_export(transcript: Value = None) -> str:
    """A transcript as indented JSON with sorted keys. Throws `transcript_export: argument must be a transcript`."""
    return display_json(require_transcript(transcript, "transcript_export"), pretty=True)


@builtin("transcript_import(text: string)", pure=True)
def transcript_import(text: Value = "") -> Value:
    """The value of a JSON text, which is not checked to be a transcript.

    Raises the runtime error `transcript_import: <detail> at line L column C`.
    """
    try:
        return parse_json(display(text))
    except JsonError as error:
        raise runtime_error(f"transcript_import: {error}") from None


@builtin("transcript_render_visible(transcript: dict) -> string", pure=True)
def transcript_render_visible(transcript: Value = None) -> str:
    """What a user may see of a transcript: `ROLE: TEXT` lines of its public events.

    Throws `transcript_render_visible: argument must be a transcript`.
    """
    events = event_list(require_transcript(transcript, "transcript_render_visible"))
    return "\n".join(
        f"{message_role(event)}: {_text(event)}"
        for event in events
        if type(event) is dict and event.get("visibility") == PUBLIC and _text(event)
    )


@builtin("transcript_render_full(transcript: dict) -> string", pure=True)
def transcript_render_full(transcript: Value = None) -> str:
    """Every event of a transcript as a line `[VISIBILITY] ROLE: TEXT`.

    Throws `transcript_render_full: argument must be a transcript`.
    """
    events = event_list(require_transcript(transcript, "transcript_render_full"))
    return "\n".join(
        f"[{_visibility(event)}] {message_role(event)}: {_text(event)}" for event in events if type(event) is dict
    )


def _text(event: dict[str, Value]) -> str:
    text = event.get("text")
    return "" if text is None else display(text)


def _visibility(event: dict[str, Value]) -> str:
    # An imported event that does not say is not shown to users either.
    visibility = event.get("visibility")
    return INTERNAL if visibility is None else display(visibility)

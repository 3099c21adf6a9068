"""Transcript files: what went to models and what came back, as JSON lines (chapter 11 section 22).

The prompt of a call can be put together again from the last system prompt, the last tool schemas and the messages
before its request record.
"""

from __future__ import annotations

import os

from harnpy.digest import blake2b
from harnpy.llm.agent_events import AgentStarted, MessageAppended, ResponseInterpreted
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.jsonl_file import JsonlFile
from harnpy.llm.observe import CallStarted, CallSucceeded, Event
from harnpy.llm.options import LlmOptions
from harnpy.llm.secrets import Secrets
from harnpy.llm.tool_schemas import tool_schemas
from harnpy.vm.clock import Clock

FILE_NAME = "llm_transcript.jsonl"


class TranscriptFiles:
    """A subscriber that appends records to a file in directory. A file that cannot be written is nobody's error."""

    def __init__(self, directory: str, clock: Clock, secrets: Secrets) -> None:
        self._directory = directory
        self._file = JsonlFile(os.path.join(directory, FILE_NAME), secrets)
        self._clock = clock
        self._last_system: str | None = None
        self._last_schemas: str | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case CallStarted():
                self._write_prompt(event.options, event.span_id)
                self._write(_request_record(event), event.span_id)
            case CallSucceeded():
                self._write(_response_record(event), event.span_id)
            case MessageAppended():
                self._write(_message_record(event), event.span_id)
            case ResponseInterpreted():
                self._write(_interpreted_record(event), event.span_id)
            case AgentStarted():
                self._last_system = self._last_schemas = None

    def _write_prompt(self, options: LlmOptions, span_id: int | None) -> None:
        """What a request has in common with the one before is written when it changes."""
        system = options.system or ""
        if system != self._last_system:
            self._last_system = system
            self._write({"type": "system_prompt", "hash": _hash(system), "content": system}, span_id)
        schemas = tool_schemas(options.tools)
        text = compact_json(schemas)
        if text != self._last_schemas:
            self._last_schemas = text
            self._write({"type": "tool_schemas", "hash": _hash(text), "schemas": schemas}, span_id)

    def _write(self, record: dict[str, Json], span_id: int | None) -> None:
        record["timestamp"] = f"{int(self._clock.wall() * 1000) / 1000:.3f}"
        record["span_id"] = span_id
        try:
            os.makedirs(self._directory, exist_ok=True)
            self._file.append(record)
        except OSError:
            return


def _request_record(event: CallStarted) -> dict[str, Json]:
    options = event.options
    return {
        "type": "provider_call_request",
        "iteration": event.iteration or 0,
        "call_id": event.call_id,
        "model": options.model,
        "provider": options.provider,
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "tool_choice": options.tool_choice,
        "tool_format": options.tool_format,
        "native_tool_count": len(options.native_tools or ()),
        "message_count": len(options.messages),
    }


def _response_record(event: CallSucceeded) -> dict[str, Json]:
    result = event.result
    return {
        "type": "provider_call_response",
        "iteration": event.iteration or 0,
        "call_id": event.call_id,
        "model": result["model"],
        "text": result["text"],
        "tool_calls": result["tool_calls"],
        "input_tokens": result["input_tokens"],
        "output_tokens": result["output_tokens"],
        "cache_read_tokens": result["cache_read_tokens"],
        "cache_write_tokens": result["cache_write_tokens"],
        "cache_hit": result["cache_read_tokens"] > 0,
        "thinking": result["thinking"],
        "response_ms": event.duration_ms,
    }


def _message_record(event: MessageAppended) -> dict[str, Json]:
    message = event.message
    role = message.get("role")
    return {
        "type": "message",
        "iteration": event.iteration,
        "role": role if isinstance(role, str) else "unknown",
        "content": message.get("content"),
        "tool_calls": message.get("tool_calls"),
        "tool_call_id": message.get("tool_call_id"),
        "name": message.get("name"),
    }


def _interpreted_record(event: ResponseInterpreted) -> dict[str, Json]:
    return {
        "type": "interpreted_response",
        "iteration": event.iteration,
        "call_id": f"iteration-{event.iteration}",
        "tool_format": event.tool_format,
        "prose": event.prose,
        "tool_calls": list(event.tool_calls),
        "tool_parse_errors": list(event.tool_parse_errors),
    }


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")

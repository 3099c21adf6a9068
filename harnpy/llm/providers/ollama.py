"""Ollama's native wire format, `/api/chat` (chapter 11 sections 9.5, 11.5).

Pure functions: options to request body, stream line to deltas. Sampling options stand in the body twice: at its top,
where the OpenAI-compatible endpoint reads them, and in `options`, where the native one does.
"""

from __future__ import annotations

from harnpy.llm.deltas import (
    Delta,
    Done,
    Failure,
    ModelReport,
    Stop,
    TextDelta,
    ThinkingDelta,
    Usage,
    UsageReport,
    WholeToolCall,
    count,
)
from harnpy.llm.json_values import Json, parse_json
from harnpy.llm.media import inline_image
from harnpy.llm.messages import content_text
from harnpy.llm.options import LlmOptions
from harnpy.llm.providers import openai
from harnpy.llm.resolve import Environment

_CONTEXT_VARIABLES = ("BURIN_OLLAMA_NUM_CTX", "OLLAMA_CONTEXT_LENGTH", "OLLAMA_NUM_CTX")
_KEEP_ALIVE_VARIABLES = ("BURIN_OLLAMA_KEEP_ALIVE", "OLLAMA_KEEP_ALIVE")
_FOREVER = ("forever", "infinite", "-1")
_DEFAULT_KEEP_ALIVE = "30m"
_CHAT_ENDPOINT = "/api/chat"
_DEFAULT_PORT = 11434
_MIN_P = 0.05
_REPEAT_PENALTY = 1.05

_SAMPLING = ("temperature", "top_p", "top_k", "seed", "stop")
_PENALTIES = ("frequency_penalty", "presence_penalty")


def is_native(endpoint: str) -> bool:
    """Whether an endpoint is the native one, not the OpenAI-compatible one that the same server has."""
    return _CHAT_ENDPOINT in endpoint


def request_body(options: LlmOptions, env: Environment, *, native: bool) -> dict[str, Json]:
    """The body without streaming flags. env tells the size of the context window and how long a model stays loaded.

    It is the same for both endpoints but for images and earlier tool calls, whose shapes differ.
    """
    body = openai.request_body(options, chat_template=True)
    body["messages"] = [(_native_message if native else _compatible_message)(each) for each in body["messages"]]
    if options.json_mode:
        body["format"] = "json" if options.wire_schema is None else options.wire_schema
    sampling: dict[str, Json] = {}
    context = context_length(env)
    if context is not None:
        sampling["num_ctx"] = context
    sampling |= {"min_p": _MIN_P, "repeat_penalty": _REPEAT_PENALTY}
    if options.max_tokens > 0:
        sampling["num_predict"] = options.max_tokens
    body["options"] = sampling | _given(options, (*_SAMPLING, *_PENALTIES))
    alive = keep_alive(env)
    if alive is not None:
        body["keep_alive"] = alive
    body["think"] = options.thinking_budget is not None
    return body


def streaming_body(options: LlmOptions, *, native: bool) -> dict[str, Json]:
    """The reduced body of `llm_stream`."""
    body = openai.streaming_body(options)
    body["messages"] = [(_native_message if native else _compatible_message)(each) for each in body["messages"]]
    limit = {"num_predict": options.max_tokens} if options.max_tokens > 0 else {}
    body["options"] = limit | _given(options, ("temperature",))
    return body


def completion_body(options: LlmOptions, prefix: str, suffix: str, env: Environment) -> dict[str, Json]:
    """The body of `/api/generate`, which goes on with a text: raw, so that no chat template is put around it."""
    native: dict[str, Json] = {}
    context = context_length(env)
    if context is not None:
        native["num_ctx"] = context
    native |= _given(options, _SAMPLING)
    if options.max_tokens > 0:
        native["num_predict"] = options.max_tokens
    body: dict[str, Json] = {"model": options.model, "prompt": prefix, "stream": False, "raw": True, "options": native}
    if suffix:
        body["suffix"] = suffix
    if options.system is not None:
        body["system"] = options.system
    alive = keep_alive(env)
    if alive is not None:
        body["keep_alive"] = alive
    return body


def host_url(host: str) -> str:
    """The base URL that OLLAMA_HOST means, which Ollama itself reads as `host`, `host:port` or a URL."""
    if "://" in host:
        return host
    name, _, port = host.rstrip("/").rpartition(":")
    return f"http://{host}" if name and port.isdigit() else f"http://{host.rstrip('/')}:{_DEFAULT_PORT}"


def decode_event(line: str) -> list[Delta]:
    """The deltas of one line of a reply. A line that is no JSON object gives none."""
    try:
        event = parse_json(line)
    except ValueError:
        return []
    if not isinstance(event, dict):
        return []
    failure = _failure(event.get("error"))
    if failure is not None:
        return [failure]
    deltas: list[Delta] = []
    model = event.get("model")
    if isinstance(model, str) and model:
        deltas.append(ModelReport(model))
    message = event.get("message")
    if isinstance(message, dict):
        _decode_message(message, deltas)
    if event.get("done") is True:
        deltas.append(UsageReport(Usage(count(event.get("prompt_eval_count")), count(event.get("eval_count")))))
        reason = event.get("done_reason")
        if isinstance(reason, str) and reason:
            deltas.append(Stop(reason))
        deltas.append(Done())
    return deltas


def context_length(env: Environment) -> int | None:
    """The size of the context window to ask for, in tokens; None leaves it to the server."""
    for name in _CONTEXT_VARIABLES:
        text = (env(name) or "").strip()
        if text.isascii() and text.isdigit() and int(text) > 0:
            return int(text)
    return None


def keep_alive(env: Environment) -> int | str | None:
    """How long the model stays in memory: a duration text, seconds, -1 for ever; None leaves it to the server."""
    for name in _KEEP_ALIVE_VARIABLES:
        text = (env(name) or "").strip()
        if not text:
            continue
        word = text.lower()
        if word == "default":
            return _DEFAULT_KEEP_ALIVE
        if word in _FOREVER:
            return -1
        digits = text.removeprefix("-").removeprefix("+")
        return int(text) if digits.isascii() and digits.isdigit() else text
    return None


def _decode_message(message: dict[str, Json], deltas: list[Delta]) -> None:
    content, thinking = message.get("content"), message.get("thinking")
    if isinstance(content, str) and content:
        deltas.append(TextDelta(content))
    elif isinstance(thinking, str) and thinking:
        deltas.append(ThinkingDelta(thinking))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            deltas.append(WholeToolCall(_text(call.get("id")), _text(function.get("name")), _arguments(function)))


def _native_message(message: dict[str, Json]) -> dict[str, Json]:
    """A message as `/api/chat` takes it: text only, images beside it, arguments of tool calls as objects."""
    content = message.get("content")
    images: list[str] = []
    if isinstance(content, list):
        images = [image for image in map(inline_image, content) if image is not None]
        content = [block for block in content if inline_image(block) is None]
    native = {**message, "content": content_text(content)}
    if images:
        native["images"] = images
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        native["tool_calls"] = [_native_call(call) for call in calls]
    return native


def _compatible_message(message: dict[str, Json]) -> dict[str, Json]:
    """A message as the OpenAI-compatible endpoint takes it: text only, unless there are images in it."""
    content = message.get("content")
    if isinstance(content, list) and any(inline_image(block) is not None for block in content):
        return message
    return {**message, "content": content_text(content)}


def _native_call(call: Json) -> Json:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return call
    return {**call, "function": {**function, "arguments": _arguments(function)}}


def _arguments(function: dict[str, Json]) -> Json:
    """The arguments of a call as an object; text that is no JSON object becomes {}."""
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = parse_json(arguments)
        except ValueError:
            return {}
    return arguments if isinstance(arguments, dict) else {}


def _given(options: LlmOptions, names: tuple[str, ...]) -> dict[str, Json]:
    values = {name: getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _failure(error: Json) -> Failure | None:
    if isinstance(error, dict):
        error = error.get("message")
    return Failure("", error) if isinstance(error, str) and error else None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""

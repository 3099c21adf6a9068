"""Runs one GGUF model with llama.cpp: the one file that knows it, through the C API that llama-cpp-python exposes.

llama-cpp-python's own Llama class is not used: while it loads a model it points the standard streams of the whole
process at /dev/null, and what other tasks print meanwhile is lost. Everything here runs on the worker thread; calls
into the library let go of the interpreter lock, so other tasks go on.
"""

from __future__ import annotations

import codecs
import ctypes
import functools
import importlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harnpy.llm.deltas import Delta, Done, Stop, TextDelta, Usage, UsageReport
from harnpy.llm.json_values import Json
from harnpy.llm.providers.embedded import Generation, Sampling
from harnpy.llm.providers.embedded_schema import ANY_OBJECT
from harnpy.llm.providers.stop_finder import StopFinder

# The longest context that is set up, in tokens: memory grows with it, whether it is used or not.
LONGEST_CONTEXT = 8192

# How many tokens of a prompt are computed between two looks at whether anybody still wants the answer. Prompts are cut
# at multiples of it, and only whole pieces are used again: the same pieces give the same numbers to the last bit.
PIECE_TOKENS = 64

# Over how many of the last tokens the penalties look.
_PENALTY_TOKENS = 64

# Rules in place of llama-cpp-python's. Its texts may hold bare line breaks, which JSON forbids, and halves of surrogate
# pairs; its numbers may look whole, and a whole number is no float in Harn.
_TEXT_CHARACTER = r"""[^"\\\x7F\x00-\x1F] | [\\] ["\\/bfnrt]"""
_FLOAT = r""""-"? ([0-9] | [1-9] [0-9]{0,14}) "." [0-9]{1,15} space"""

_TEMPLATE_VARIABLES = {"tools": None, "documents": None, "enable_thinking": False}


class EngineFailure(Exception):
    """The model cannot be loaded or cannot do what is asked. too_long is there where the prompt exceeds the context."""

    def __init__(self, text: str, too_long: bool = False) -> None:
        super().__init__(text)
        self.too_long = too_long


class Engine:
    """One loaded model and its context. Raises EngineFailure if the file cannot be loaded."""

    def __init__(self, path: Path) -> None:
        self._library, self._complaint = _library()
        self._model = self._context = None
        self._computed: list[int] = []
        self._model = self._library.llama_model_load_from_file(
            os.fsencode(path), self._library.llama_model_default_params()
        )
        if self._model is None:
            raise EngineFailure(f"cannot load the model {path}{self._complaint.text()}")
        parameters = self._library.llama_context_default_params()
        parameters.n_ctx = min(self._library.llama_model_n_ctx_train(self._model), LONGEST_CONTEXT)
        parameters.n_batch = parameters.n_ubatch = PIECE_TOKENS
        parameters.n_threads = parameters.n_threads_batch = _threads()
        self._context = self._library.llama_init_from_model(self._model, parameters)
        if self._context is None:
            self.close()
            raise EngineFailure(f"cannot set up a context for the model {path}{self._complaint.text()}")
        self._vocabulary = self._library.llama_model_get_vocab(self._model)
        self._memory = self._library.llama_get_memory(self._context)
        self._context_tokens = self._library.llama_n_ctx(self._context)
        self._template = self._chat_template()

    def close(self) -> None:
        """Free the memory of model and context; the engine is of no use afterwards."""
        context, model = self._context, self._model
        self._context = self._model = None
        if context is not None:
            self._library.llama_free(context)
        if model is not None:
            self._library.llama_model_free(model)

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text; special tokens are recognized where it spells them."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        array = (self._library.llama_token * room)()
        count = self._library.llama_tokenize(self._vocabulary, data, len(data), array, room, False, True)
        if count < 0:
            raise EngineFailure("the text cannot be split into tokens")
        return list(array[:count])

    def generate(self, wanted: Generation, abandoned: Callable[[], bool]) -> Iterator[Delta]:
        """Answer: pieces of text as they come, then why it stopped, the token counts and the end.

        Ends early, without those, as soon as abandoned says so: between two tokens, or two pieces of the prompt.
        """
        prompt = self._prompt_tokens(wanted)
        room = self._context_tokens - len(prompt)
        if room <= 0:
            raise EngineFailure(
                f"the prompt is too long: {len(prompt)} tokens, and this model's maximum context length "
                f"is {self._context_tokens} tokens",
                too_long=True,
            )
        sampler = self._sampler(wanted)
        try:
            if self._compute_prompt(prompt, abandoned):
                yield from self._answer(wanted, len(prompt), min(wanted.max_tokens, room), sampler, abandoned)
        finally:
            self._library.llama_sampler_free(sampler)

    def _answer(
        self, wanted: Generation, prompt_tokens: int, limit: int, sampler: Any, abandoned: Callable[[], bool]
    ) -> Iterator[Delta]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        finder = StopFinder(wanted.stop)
        reason = "length"
        count = 0
        while count < limit:
            if abandoned():
                return
            token = self._library.llama_sampler_sample(sampler, self._context, -1)
            if self._library.llama_vocab_is_eog(self._vocabulary, token):
                reason = "stop"
                break
            count += 1
            text = finder.feed(decoder.decode(self._bytes(token)))
            if text:
                yield TextDelta(text)
            if finder.found:
                reason = "stop"
                break
            if count < limit:
                self._decode([token])
        rest = "" if finder.found else finder.feed(decoder.decode(b"", final=True)) + finder.rest()
        if rest:
            yield TextDelta(rest)
        yield Stop(reason)
        yield UsageReport(Usage(prompt_tokens, count))
        yield Done()

    def _prompt_tokens(self, wanted: Generation) -> list[int]:
        if wanted.prompt is not None:
            text = wanted.prompt
        else:
            text = self._rendered(wanted.messages)
        tokens = self.tokens(text + wanted.opening)
        first = self._library.llama_vocab_bos(self._vocabulary)
        # Chat templates write the first token themselves.
        if self._library.llama_vocab_get_add_bos(self._vocabulary) and tokens[:1] != [first]:
            tokens.insert(0, first)
        # Without any token there is nothing to go on from.
        return tokens or [self._library.llama_vocab_eos(self._vocabulary)]

    def _rendered(self, messages: tuple[tuple[str, str], ...]) -> str:
        if self._template is None:
            raise EngineFailure("the model has no chat template: it is not made for conversations")
        try:
            response = self._template(
                messages=[{"role": role, "content": content} for role, content in messages], **_TEMPLATE_VARIABLES
            )
        except Exception as error:
            # Templates are programs of the model's makers; they raise what they like about roles and their order.
            raise EngineFailure(f"the model's chat template rejects the messages: {error}") from None
        rendered: str = response.prompt
        return rendered

    def _chat_template(self) -> Any:
        template = self._library.llama_model_chat_template(self._model, None)
        if not template:
            return None
        formats = importlib.import_module("llama_cpp.llama_chat_format")
        first, last = (
            self._token_text(token)
            for token in (
                self._library.llama_vocab_bos(self._vocabulary),
                self._library.llama_vocab_eos(self._vocabulary),
            )
        )
        try:
            return formats.Jinja2ChatFormatter(template.decode("utf-8"), eos_token=last, bos_token=first)
        except Exception as error:
            raise EngineFailure(f"the model's chat template is damaged: {error}") from None

    def _token_text(self, token: int) -> str:
        if token < 0:
            return ""
        text: bytes = self._library.llama_vocab_get_text(self._vocabulary, token)
        return text.decode("utf-8", "replace")

    def _compute_prompt(self, tokens: list[int], abandoned: Callable[[], bool]) -> bool:
        """Let the model read the prompt, but for whole pieces that it has just read; False when abandoned."""
        kept = 0
        while (
            kept + PIECE_TOKENS < len(tokens)
            and self._computed[kept : kept + PIECE_TOKENS] == tokens[kept : kept + PIECE_TOKENS]
        ):
            kept += PIECE_TOKENS
        self._computed = self._computed[:kept]
        if not self._library.llama_memory_seq_rm(self._memory, -1, kept, -1):
            # Some kinds of models can only forget everything.
            self._library.llama_memory_clear(self._memory, True)
            self._computed, kept = [], 0
        for start in range(kept, len(tokens), PIECE_TOKENS):
            if abandoned():
                return False
            piece = tokens[start : start + PIECE_TOKENS]
            self._decode(piece)
            if len(piece) == PIECE_TOKENS:
                self._computed += piece
        return True

    def _decode(self, tokens: list[int]) -> None:
        array = (self._library.llama_token * len(tokens))(*tokens)
        status = self._library.llama_decode(self._context, self._library.llama_batch_get_one(array, len(tokens)))
        if status != 0:
            self._computed = []
            raise EngineFailure(f"llama.cpp failed to compute (status {status}){self._complaint.text()}")

    def _bytes(self, token: int) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length: int = self._library.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def _sampler(self, wanted: Generation) -> Any:
        """A chain of samplers for one answer; free it afterwards."""
        library, sampling = self._library, wanted.sampling
        chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
        links = [*self._penalties(sampling)]
        if wanted.schema is not None:
            links.append(self._grammar(wanted.schema))
        if sampling.temperature <= 0:
            links.append(library.llama_sampler_init_greedy())
        else:
            seed = secrets.randbits(32) if sampling.seed is None else sampling.seed & 0xFFFFFFFF
            links += [
                library.llama_sampler_init_top_k(sampling.top_k),
                library.llama_sampler_init_top_p(sampling.top_p, 1),
                library.llama_sampler_init_min_p(sampling.min_p, 1),
                library.llama_sampler_init_temp(sampling.temperature),
                library.llama_sampler_init_dist(seed),
            ]
        for link in links:
            library.llama_sampler_chain_add(chain, link)
        return chain

    def _penalties(self, sampling: Sampling) -> Iterator[Any]:
        if (sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty) != (1, 0, 0):
            yield self._library.llama_sampler_init_penalties(
                self._library.llama_vocab_n_tokens(self._vocabulary),
                _PENALTY_TOKENS,
                sampling.repeat_penalty,
                sampling.frequency_penalty,
                sampling.presence_penalty,
            )

    def _grammar(self, schema: dict[str, Json]) -> Any:
        """The sampler that lets only answers of schema through; any JSON object where the schema has no grammar."""
        for each in (schema, ANY_OBJECT):
            try:
                text = _grammar_text(each)
            except (AssertionError, KeyError, TypeError, ValueError):
                continue
            link = self._library.llama_sampler_init_grammar(self._vocabulary, text.encode(), b"root")
            if link:
                return link
        raise EngineFailure(f"llama.cpp does not take its own grammar of JSON{self._complaint.text()}")


def _grammar_text(schema: dict[str, Json]) -> str:
    """The grammar of a schema, in llama.cpp's notation."""
    text: str = importlib.import_module("llama_cpp.llama_grammar").json_schema_to_gbnf(json.dumps(schema))
    rules = {"char": _TEXT_CHARACTER} if schema == ANY_OBJECT else {"char": _TEXT_CHARACTER, "number": _FLOAT}
    for name, rule in rules.items():
        text = re.sub(rf"^{name} ::= .*$", f"{name} ::= {rule}".replace("\\", r"\\"), text, flags=re.MULTILINE)
    return text


class _Complaint:
    """Takes what llama.cpp would otherwise write to standard error and keeps the last error."""

    def __init__(self, library: Any) -> None:
        self._text = ""

        @library.llama_log_callback  # type: ignore[untyped-decorator, unused-ignore]
        def take(level: int, text: bytes, _: object) -> None:
            if level == _LOG_LEVEL_ERROR:
                self._text = text.decode("utf-8", "replace").strip()

        # The library keeps the bare address; this reference keeps what is there.
        self._take = take
        library.llama_log_set(take, ctypes.c_void_p(0))

    def text(self) -> str:
        """The last error, to be put behind another text; "" if there was none."""
        text, self._text = self._text, ""
        return f": {text}" if text else ""


_LOG_LEVEL_ERROR = 4  # enum ggml_log_level; llama-cpp-python's own table of it is one off


@functools.cache
def _library() -> tuple[Any, _Complaint]:
    """The module llama_cpp, set up and silent, for the life of the process: the library keeps the address of what
    takes its messages. Raises EngineFailure if it is installed but broken.
    """
    # Before the import: the package installs a callback that writes whatever this logger lets through.
    logging.getLogger("llama-cpp-python").setLevel(logging.CRITICAL + 1)
    try:
        library = importlib.import_module("llama_cpp")
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineFailure(f"llama.cpp cannot be loaded: {error}") from None
    complaint = _Complaint(library)
    library.llama_backend_init()
    return library, complaint


def _threads() -> int:
    """Half the processors. llama.cpp's threads wait for one another by spinning, which on a machine whose processors
    are all busy makes two threads many times slower than one.
    """
    return max(1, (os.cpu_count() or 1) // 2)

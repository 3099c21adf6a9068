"""Provider `local` with a real model behind a real server: the one that comes with llama-cpp-python, in its own process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from embedded_model import needs_embedded_model
from programs import run

from harnpy.llm.observe import CallDelta
from harnpy.llm.providers.embedded import available_models

pytestmark = needs_embedded_model

QUESTION = '"What is the capital of France?", "Answer with one word."'


@pytest.fixture(scope="module")
def model_server() -> Iterator[dict[str, str]]:
    """The environment that sends provider `local` to a server of its own."""
    path = str(available_models()["smollm2-135m"])
    # By default this server ends an answer when the next request comes.
    settings = {"model": path, "host": "127.0.0.1", "port": 0, "n_threads": 1, "n_ctx": 1024, "verbose": False}
    settings["interrupt_requests"] = False
    arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", "llama_cpp.server", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        log = []
        for line in process.stderr:
            log.append(line)
            running = re.search(r"running on (http://127\.0\.0\.1:[0-9]+)", line)
            if running:
                break
        else:
            pytest.fail("the server ended: " + "".join(log[-5:]))
        yield {"HARN_LLM_PROVIDER": "local", "LOCAL_LLM_BASE_URL": running[1], "LOCAL_LLM_MODEL": "smollm2"}
    finally:
        process.kill()
        process.communicate()


def test_a_streamed_call_gives_the_answer_and_its_pieces(model_server: dict[str, str]) -> None:
    done = run(f"println(json_stringify(llm_call({QUESTION}, {{temperature: 0}})))", model_server, watch=True)
    result = json.loads(done.output)
    assert "Paris" in result["text"]
    assert result["stop_reason"] == "stop"
    assert "".join(event.text for event in done.events if isinstance(event, CallDelta)) == result["text"]


def test_an_unstreamed_call_gives_token_counts_too(model_server: dict[str, str]) -> None:
    source = f"println(json_stringify(llm_call({QUESTION}, {{temperature: 0, stream: false, max_tokens: 3}})))"
    result = json.loads(run(source, model_server).output)
    assert result["output_tokens"] == 3
    assert result["input_tokens"] > 10
    assert result["stop_reason"] == "length"


def test_a_stream_gives_the_text_in_pieces(model_server: dict[str, str]) -> None:
    source = """
    var pieces = []
    for piece in llm_stream("Count to twenty.", nil, {temperature: 0, max_tokens: 20}) { pieces = pieces + [piece] }
    println(json_stringify(pieces))
    """
    pieces = json.loads(run(source, model_server).output)
    assert len(pieces) > 5
    assert not any(piece.startswith("error:") for piece in pieces)


def test_structured_output_fits_the_schema(model_server: dict[str, str]) -> None:
    # This server takes a schema under another name than OpenAI does; overrides are there for such servers. Its grammar
    # lets line breaks into texts, which JSON forbids: hence no free text here.
    source = """
    let schema = {type: "object", properties: {city: {enum: ["Rome", "Oslo"]}, big: {type: "boolean"}},
                  required: ["city", "big"]}
    let result = llm_call("Name a city.", nil, {
      temperature: 0, response_format: "json", output_schema: schema, output_validation: "error", schema_retries: 0,
      local: {response_format: {type: "json_object", schema: schema}},
    })
    println(json_stringify(result.data))
    """
    data = json.loads(run(source, model_server).output)
    assert {key: type(value) for key, value in data.items()} == {"city": str, "big": bool}


def test_calls_at_once_each_get_an_answer(model_server: dict[str, str]) -> None:
    source = """
    let texts = parallel each ["France", "Italy"] { place ->
      llm_call("What is the capital of ${place}?", "Answer with one word.", {temperature: 0}).text
    }
    println(json_stringify(texts))
    """
    paris, rome = json.loads(run(source, model_server).output)
    assert "Paris" in paris
    assert "Rome" in rome

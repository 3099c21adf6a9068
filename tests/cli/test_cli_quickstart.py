"""The quickstart example: it runs without any configuration, and with whatever provider it finds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from harn_process import harn

import harnpy

EXAMPLE = Path(harnpy.__file__).parent.parent / "examples" / "quickstart.harn"
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")


class Model(BaseHTTPRequestHandler):
    """A server that speaks the OpenAI protocol and answers every question with it."""

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][-1]["content"]
        answer = f"You asked: {question}"
        body = {"model": "m", "choices": [{"message": {"content": answer}, "finish_reason": "stop"}]}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def model_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def quickstart(monkeypatch, **variables: str):
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    ended = harn("run", str(EXAMPLE), HARN_LLM_STREAM="0", **variables)
    assert (ended.status, ended.errors) == (0, "")
    return ended.output


def test_without_configuration_and_embedded_model_it_uses_the_mock_provider_and_says_why(monkeypatch, tmp_path):
    # Python reads this before anything else; whether the extra is installed makes no difference then.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['llama_cpp'] = None\n")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    output = quickstart(monkeypatch, PYTHONPATH=path)
    assert output.startswith(
        "Provider: mock, because no key and no local server are configured, and there is no embedded model: "
        "provider 'embedded' needs the extra: pip install 'harnpy[local]'.\n"
    )
    assert "I am the mock provider" in output
    assert output.count("That is a question for a real model.") == 3


def test_a_server_that_speaks_the_openai_protocol_is_used(monkeypatch):
    with model_server() as url:
        output = quickstart(monkeypatch, LOCAL_LLM_BASE_URL=url, LOCAL_LLM_MODEL="tiny")
    assert output.startswith("Provider: local, because LOCAL_LLM_BASE_URL is set.\n")
    assert "You asked: Who are you?" in output
    assert output.index("sky blue?\nYou asked: Why is the sky blue?") < output.index("You asked: Why is tea hot?")


@pytest.mark.parametrize("key, provider", list(zip(KEYS, ("anthropic", "openai", "openrouter"))))
def test_a_key_selects_its_provider(monkeypatch, key, provider):
    for each in KEYS:
        monkeypatch.delenv(each, raising=False)
    # Refused calls keep this test from talking to the real provider.
    ended = harn("run", "--deny", "llm_call_safe", str(EXAMPLE), **{key: "k"})
    assert ended.output.startswith(f"Provider: {provider}, because {key} is set.\n")
    assert "Tool 'llm_call_safe' is not permitted." in ended.errors


def test_a_provider_that_cannot_be_reached_is_explained_instead_of_failing(monkeypatch):
    output = quickstart(monkeypatch, HARN_LLM_PROVIDER="openai")
    assert output.startswith("Provider: openai, because HARN_LLM_PROVIDER says so.\n")
    assert output.count("(no answer: Missing API key: set OPENAI_API_KEY environment variable") == 4

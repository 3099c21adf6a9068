"""The quickstart example: it runs without any configuration, and with whatever provider it finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from harn_process import harn

import harnpy

EXAMPLE = Path(harnpy.__file__).parent.parent / "examples" / "quickstart.harn"
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")


class Model(BaseHTTPRequestHandler):
    """A model that answers every question in the protocol it is asked in, at once."""

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][-1]["content"]
        if isinstance(question, list):
            question = question[0]["text"]
        answer = f"You asked: {question}"
        if self.path.endswith("/messages"):
            body = {"model": "m", "content": [{"type": "text", "text": answer}], "stop_reason": "end_turn", "usage": {}}
        else:
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


def test_without_configuration_it_uses_the_mock_provider_and_says_so(monkeypatch):
    output = quickstart(monkeypatch)
    assert output.startswith("Provider: mock, because no key and no local server are configured.\n")
    assert "I am the mock provider" in output
    assert output.count("That is a question for a real model.") == 3


def test_a_server_that_speaks_the_openai_protocol_is_used(monkeypatch):
    with model_server() as url:
        output = quickstart(monkeypatch, LOCAL_LLM_BASE_URL=url, LOCAL_LLM_MODEL="tiny")
    assert output.startswith("Provider: local, because LOCAL_LLM_BASE_URL is set.\n")
    assert "You asked: Who are you?" in output
    assert output.index("sky blue?\nYou asked: Why is the sky blue?") < output.index("You asked: Why is tea hot?")


def test_an_anthropic_key_selects_anthropic(monkeypatch, tmp_path):
    with model_server() as url:
        config = tmp_path / "providers.toml"
        config.write_text(
            f'[providers.anthropic]\nbase_url = "{url}/v1"\nauth_style = "header"\n'
            'auth_env = "ANTHROPIC_API_KEY"\nchat_endpoint = "/messages"\n'
        )
        output = quickstart(monkeypatch, ANTHROPIC_API_KEY="k", HARN_PROVIDERS_CONFIG=str(config))
    assert output.startswith("Provider: anthropic, because ANTHROPIC_API_KEY is set.\n")
    assert "You asked: Who are you?" in output


def test_a_provider_that_cannot_be_reached_is_explained_instead_of_failing(monkeypatch):
    output = quickstart(monkeypatch, HARN_LLM_PROVIDER="openai")
    assert output.startswith("Provider: openai, because HARN_LLM_PROVIDER says so.\n")
    assert output.count("(no answer: Missing API key: set OPENAI_API_KEY environment variable") == 4

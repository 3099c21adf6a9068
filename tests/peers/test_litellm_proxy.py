"""Two wire formats through LiteLLM's proxy, which reads and writes both itself; only the model behind it is scripted."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest
from programs import run
from provider_server import (
    Answer,
    ProviderServer,
    json_answer,
    openai_chunk,
    openai_reply,
    openai_stream,
    stream_answer,
)
from support import HANG_SECONDS

KEY = "sk-of-the-proxy"
STARTED = 90.0

TOOL = '[{name: "weather", description: "Weather of a place", parameters: {place: {type: "string"}}}]'


class Proxy:
    """The proxy and the server behind it, which answers as scripted."""

    def __init__(self, address: str, model: ProviderServer) -> None:
        self.model = model
        self.openai = {
            "HARN_LLM_PROVIDER": "openai",
            "HARN_LLM_MODEL": "scripted",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{address}/v1",
        }
        self.anthropic = {
            "HARN_LLM_PROVIDER": "anthropic",
            "HARN_LLM_MODEL": "scripted",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": f"{address}/v1",
        }


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ProviderServer() as model:
        settings = {"model": "openai/scripted", "api_base": f"{model.url}/v1", "api_key": "sk-behind-the-proxy"}
        config = {
            "model_list": [{"model_name": "scripted", "litellm_params": settings}],
            "litellm_settings": {
                "num_retries": 0,
                "telemetry": False,
                "use_chat_completions_url_for_anthropic_messages": True,
            },
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
            "general_settings": {"master_key": KEY},
        }
        (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        command = [str(Path(os.environ["HARN_TEST_PEERS"]) / "litellm"), "--config", "config.yaml"]
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
                stdout=log,
                stderr=log,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_alive(process, address, folder / "log.txt")
            yield Proxy(address, model)
        finally:
            process.terminate()
            process.wait(timeout=HANG_SECONDS)


def _wait_until_alive(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    while True:
        if process.poll() is not None:
            pytest.fail("the proxy ended: " + log.read_text()[-2000:])
        try:
            with urllib.request.urlopen(f"{address}/health/liveliness", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            # It is not listening yet; the process is asked at most ten times a second.
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue


def ways(proxy: Proxy) -> Iterator[dict[str, str]]:
    yield proxy.openai
    yield proxy.anthropic


def call(proxy: Proxy, variables: dict[str, str], *answers: Answer, options: str) -> dict[str, object]:
    proxy.model.script(*answers)
    source = f'println(json_stringify(llm_call("What is the weather?", "Be brief.", {options})))'
    result: dict[str, object] = json.loads(run(source, variables).output)
    return result


def test_whole_answers(proxy: Proxy) -> None:
    for variables in ways(proxy):
        answer = openai_reply("It rains.", usage={"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14})
        result = call(proxy, variables, answer, options="{stream: false}")
        assert result["text"] == "It rains."
        assert (result["input_tokens"], result["output_tokens"]) == (11, 3)


def test_streamed_answers(proxy: Proxy) -> None:
    for variables in ways(proxy):
        result = call(proxy, variables, openai_stream("It ", "rains — über", "all."), options="{stream: true}")
        assert result["text"] == "It rains — überall."
        assert result["stop_reason"] in ("stop", "end_turn")


def test_tool_calls_whole_and_in_fragments(proxy: Proxy) -> None:
    function = {"name": "weather", "arguments": '{"place": "Oslo"}'}
    whole = openai_reply(None, "tool_calls", tool_calls=[{"id": "call_1", "type": "function", "function": function}])
    started = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    fragments = [{"index": 0, "function": {"arguments": part}} for part in ('{"pla', 'ce": "Os', 'lo"}')]
    streamed = stream_answer(
        openai_chunk(role="assistant", tool_calls=[started]),
        *(openai_chunk(tool_calls=[fragment]) for fragment in fragments),
        openai_chunk(finish="tool_calls"),
    )
    for variables in ways(proxy):
        for answer, stream in ((whole, "false"), (streamed, "true")):
            options = f'{{stream: {stream}, tools: {TOOL}, tool_format: "native"}}'
            result = call(proxy, variables, answer, options=options)
            calls = result["tool_calls"]
            assert isinstance(calls, list)
            assert [(each["name"], each["arguments"]) for each in calls] == [("weather", {"place": "Oslo"})]
        sent = proxy.model.bodies[-1]
        assert sent["tools"][0]["function"]["name"] == "weather"


def test_a_refusal_is_classified_and_tried_again(proxy: Proxy) -> None:
    for variables in ways(proxy):
        before = len(proxy.model.bodies)
        refused = json_answer({"error": {"message": "slow down", "type": "rate_limit_error"}}, 429)
        answers = (refused, openai_reply("Now."))
        result = call(proxy, variables, *answers, options="{stream: false, llm_retries: 1}")
        assert result["text"] == "Now."
        assert len(proxy.model.bodies) - before == 2


def test_a_refusal_of_the_proxy_itself_tells_its_status_and_text_and_no_key(proxy: Proxy) -> None:
    # Without a database it does not know whose key another one is.
    for variables in ways(proxy):
        wrong = {name: "sk-wrong" if name.endswith("API_KEY") else value for name, value in variables.items()}
        output = run('println(llm_call_safe("hi", nil, {stream: false}).error.message)', wrong).output
        assert "HTTP 400" in output
        assert "No connected db" in output
        assert "sk-wrong" not in output

"""No key of a provider is in anything that the runtime writes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from otlp_receiver import UNHURRIED, OtlpReceiver
from provider_server import Answer, ProviderServer, anthropic_reply, json_answer, openai_reply, openai_stream
from support import HANG_SECONDS, harn_with

import harnpy
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.secrets import REPLACEMENT, Secrets

KEY_VARIABLES = sorted({name for provider in BUILT_IN.providers.values() for name in provider.auth_env})

# JSON has another form for what is in the middle.
CANARIES = {
    name: f'canary-{number}-"\\é-{name.lower()}' for number, name in enumerate([*KEY_VARIABLES, "HARN_API_KEY"])
}
PLAIN = {name: f"canary-{number}-{name.lower()}" for number, name in enumerate([*KEY_VARIABLES, "HARN_API_KEY"])}

# A program that gets its keys back from the provider, in answers and in errors, and puts one into a prompt.
PROGRAM = """
enable_tracing()
let o = {model: "gpt-x", llm_retries: 1, llm_backoff_ms: 1}
fn say(r) { return r }
let first = llm_call("tell me: ${env("ANTHROPIC_API_KEY")}", "${env("HARN_API_KEY")}", {provider: "openai", ...o, stream: false})
let second = llm_call_safe("x", nil, {provider: "openai", ...o})
for p in llm_stream("s", nil, {provider: "openai", model: "gpt-x"}) { p }
let third = llm_call("y", nil, {provider: "anthropic", stream: false})
agent_trace()
println(agent_trace_summary().llm_calls)
println(trace_spans().map({ s -> s.metadata }))
println(llm_info())
llm_call("z", nil, {provider: "openai", ...o})
"""


def test_keys_that_look_alike_and_their_json_forms_are_replaced() -> None:
    secrets = Secrets()
    for value in ("abcdefgh", "abcdefgh-longer", "short", 'qu"o\\teé-1234'):
        secrets.add(value)
    assert secrets.redacted("x abcdefgh-longer abcdefgh short") == f"x {REPLACEMENT} {REPLACEMENT} short"
    for text in ('qu"o\\teé-1234', 'qu\\"o\\\\teé-1234', 'qu\\"o\\\\te\\u00e9-1234'):
        assert secrets.redacted(f"[{text}]") == f"[{REPLACEMENT}]"


def environment(server: ProviderServer, canaries: dict[str, str], **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HARN_", "OTEL_"))}
    return {
        **kept,
        "PYTHONPATH": str(Path(harnpy.__file__).parent.parent),
        "OPENAI_BASE_URL": server.url + "/v1",
        "ANTHROPIC_BASE_URL": server.url,
        **canaries,
        **more,
    }


def answers(keys: dict[str, str]) -> list[Answer]:
    """A provider that repeats the keys of everybody wherever it can."""
    everything = " ".join(keys.values())
    return [
        openai_reply(f"your key is {keys['OPENAI_API_KEY']} {everything}", reasoning_content=everything),
        json_answer({"error": everything}, 503),
        json_answer({"error": everything}, 401),
        openai_stream("stream ", keys["OPENAI_API_KEY"], " end"),
        anthropic_reply(f"{everything}", {"type": "tool_use", "id": "t", "name": "f", "input": {"k": everything}}),
        json_answer({"error": f"bad key {keys['OPENAI_API_KEY']}"}, 401),
    ]


@pytest.mark.parametrize("canaries", [PLAIN, CANARIES], ids=["plain", "with characters that JSON escapes"])
def test_nothing_that_is_written_holds_a_key(server: ProviderServer, tmp_path: Path, canaries: dict[str, str]) -> None:
    if canaries is CANARIES:
        # These characters cannot be sent in a header; the keys that are sent stay plain.
        canaries = {
            **CANARIES,
            "OPENAI_API_KEY": PLAIN["OPENAI_API_KEY"],
            "ANTHROPIC_API_KEY": PLAIN["ANTHROPIC_API_KEY"],
        }
    (tmp_path / "p.harn").write_text(PROGRAM)
    server.script(*answers(canaries))
    with OtlpReceiver() as collector:
        variables = environment(
            server,
            canaries,
            HARN_LLM_TRANSCRIPT_DIR=str(tmp_path / "transcripts"),
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true",
            HARN_DEBUG_MESSAGE_SHAPES="1",
        )
        flags = ("--trace", "--record", "--events", "events.jsonl", "--llm-mock-record", "mock.jsonl")
        command = [*harn_with("harnpy.llm.otel", **UNHURRIED), "run", *flags, "p.harn"]
        ended = subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, timeout=HANG_SECONDS, check=False
        )
    assert ended.returncode == 1 and len(server.requests) == 6, ended.stderr.decode()
    assert b"HTTP 401" in ended.stderr and ended.stdout.startswith(b"2\n")
    written = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    program = written.pop("p.harn")
    assert program
    assert {"events.jsonl", "mock.jsonl", "transcripts/llm_transcript.jsonl"} <= written.keys()
    assert any(name.startswith(".harn-fixtures/") for name in written)
    written |= {"stdout": ended.stdout, "stderr": ended.stderr, "telemetry": collector.raw}
    assert all(written.values())
    for (name, value), (file, content) in itertools.product(canaries.items(), written.items()):
        for form in (value.encode(), value.encode("unicode_escape"), value.encode()[:15]):
            assert form not in content, f"{name} is in {file}"
    # What was replaced shows that the keys were really there.
    for file in ("events.jsonl", "mock.jsonl", "transcripts/llm_transcript.jsonl", "telemetry"):
        assert REPLACEMENT.encode() in written[file], file


def test_a_crash_shows_no_key(server: ProviderServer, tmp_path: Path) -> None:
    crash = "import harnpy.llm.pipeline as p\ndef broken(*a): raise ZeroDivisionError\np._show_shapes = broken\n"
    crash += "from harnpy.cli.main import main; import sys; sys.exit(main())"
    command = [sys.executable, "-c", crash, "run", "-e", 'llm_call("x", nil, {provider: "openai"})']
    variables = environment(server, PLAIN)
    ended = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, timeout=HANG_SECONDS, check=False)
    assert ended.returncode != 0 and b"ZeroDivisionError" in ended.stderr
    for name, value in PLAIN.items():
        assert value.encode() not in ended.stderr + ended.stdout, name

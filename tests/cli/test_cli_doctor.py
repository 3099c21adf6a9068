"""`harn doctor`: every line it can print. Providers are servers on loopback."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harn_process import harn, write

PYTHON = f"Python {sys.version.split()[0]}"


@contextmanager
def provider(status):
    """A server that answers everything with status; yields its base URL and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            asked.append((self.command, self.path, self.headers.get("Authorization")))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def doctor(cwd, *words, **variables):
    """Run the command where nothing answers on the ports of local models."""
    nowhere = f"http://127.0.0.1:{closed_port()}"
    surroundings = {
        "HOME": str(cwd),
        "OLLAMA_HOST": nowhere,
        "LOCAL_LLM_BASE_URL": nowhere,
        "OPENAI_API_KEY": "",
        "ANTHROPIC_API_KEY": "",
    }
    return harn("doctor", *words, cwd=cwd, **{**surroundings, **variables})


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def one_provider(tmp_path, url, healthcheck='healthcheck = { method = "GET", path = "/models" }', auth=""):
    """A provider file with the one provider `mine`."""
    text = f'[providers.mine]\nbase_url = "{url}"\nchat_endpoint = "/chat/completions"\n{auth}\n{healthcheck}\n'
    return {"HARN_PROVIDERS_CONFIG": str(write(tmp_path, "providers.toml", text))}


NO_KEY = 'auth_style = "none"'
KEY = 'auth_env = "MINE_KEY"'


def test_without_network_the_report_is_exact(tmp_path):
    write(tmp_path, "harn.toml", '[package]\nname = "demo"')
    ended = doctor(tmp_path, "--no-network")
    assert (ended.status, ended.errors) == (0, "")
    lines = ended.output.splitlines()
    assert lines[:3] == ["Harn doctor", "", f"  OK  python                 {PYTHON}"]
    assert lines[3].startswith("  OK  git                    git version ")
    assert lines[4] == f"  OK  manifest               {tmp_path}/harn.toml (demo)"
    names = ["anthropic", "embedded", "huggingface", "local", "ollama", "openai", "openrouter", "together"]
    assert lines[5:] == [f"SKIP  {f'provider:{name}':<22} network checks disabled" for name in names]


def test_a_tool_that_is_missing_or_fails_is_a_failure(tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    ended = doctor(tmp_path, "--no-network", PATH=str(empty))
    assert ended.status == 1
    assert "FAIL  git                    not found in PATH: No such file or directory (os error 2)\n" in ended.output
    for script, ending in (("exit 3", "exit status: 3"), ("kill -9 $$", "signal: 9 (SIGKILL)")):
        write(empty, "git", f"#!/bin/sh\n{script}\n").chmod(0o755)
        output = doctor(tmp_path, "--no-network", PATH=str(empty)).output
        assert f"FAIL  git                    command exists but exited with {ending}\n" in output


def test_the_manifest_is_looked_for_however_far_above(tmp_path):
    deep = tmp_path.joinpath(*"abcdefghijklmnopqrst")
    deep.mkdir(parents=True)
    (tmp_path / "a/.git").mkdir()
    write(tmp_path, "harn.toml", "")
    assert (
        f"  OK  manifest               {tmp_path}/harn.toml (unnamed package)\n" in doctor(deep, "--no-network").output
    )


def test_without_a_manifest_there_is_a_warning(tmp_path):
    ended = doctor(tmp_path, "--no-network")
    assert ended.status == 0
    wanted = "WARN  manifest               no harn.toml found in the current directory or its parents\n"
    assert wanted in ended.output


def test_a_manifest_that_does_not_parse_is_a_failure(tmp_path):
    write(tmp_path, "harn.toml", "[package\n")
    ended = doctor(tmp_path, "--no-network")
    assert ended.status == 1
    assert f"FAIL  manifest               {tmp_path}/harn.toml: failed to parse manifest: " in ended.output


def test_mcp_servers_are_looked_at_one_by_one(tmp_path):
    write(
        tmp_path,
        "harn.toml",
        """
        [[mcp]]
        name = "files"
        command = "serve-files"
        [[mcp]]
        name = "notes"
        url = "https://me:secret@notes.example/mcp"
        transport = "http"
        [[mcp]]
        name = "empty"
        [[mcp]]
        name = "files"
        command = "other"
        [[mcp]]
        command = "nameless"
        """,
    )
    ended = doctor(tmp_path, "--no-network")
    assert ended.status == 1
    assert ended.output.splitlines()[5:10] == [
        "  OK  mcp:files              stdio serve-files",
        "  OK  mcp:notes              remote https://notes.example/mcp",
        "WARN  mcp:empty              entry has neither url nor command",
        "FAIL  mcp:files              duplicate MCP server name",
        "FAIL  mcp                    entry 5 has no name",
    ]
    assert "secret" not in ended.output


@pytest.mark.parametrize(
    ("status", "line", "exit_status"),
    [
        (200, "  OK  provider:mine          200 {url}/models", 0),
        (401, "FAIL  provider:mine          auth rejected with 401 at {url}/models", 1),
        (403, "FAIL  provider:mine          auth rejected with 403 at {url}/models", 1),
        (500, "WARN  provider:mine          unexpected HTTP 500 at {url}/models", 0),
    ],
)
def test_what_a_provider_answers_decides(status, line, exit_status, tmp_path):
    with provider(status) as (url, asked):
        ended = doctor(tmp_path, **one_provider(tmp_path, url, auth=KEY), MINE_KEY="sk-123456789")
    assert ended.output.splitlines()[-1] == line.format(url=url)
    assert ended.status == exit_status
    assert asked == [("GET", "/v1/models", "Bearer sk-123456789")]
    assert "sk-123456789" not in ended.output


def test_a_provider_whose_key_is_missing_is_not_asked(tmp_path):
    with provider(200) as (url, asked):
        ended = doctor(tmp_path, **one_provider(tmp_path, url, auth='auth_env = ["MINE_KEY", "OTHER_KEY"]'))
        empty = doctor(tmp_path, **one_provider(tmp_path, url, auth=KEY), MINE_KEY=" ")
    assert ended.output.splitlines()[-1] == "WARN  provider:mine          missing credentials (MINE_KEY, OTHER_KEY)"
    assert empty.output.splitlines()[-1] == "WARN  provider:mine          missing credentials (MINE_KEY)"
    assert asked == []


def test_a_provider_without_health_check_is_skipped(tmp_path):
    ended = doctor(tmp_path, **one_provider(tmp_path, "http://127.0.0.1:1/v1", "", NO_KEY))
    assert ended.output.splitlines()[-1] == "SKIP  provider:mine          no healthcheck configured"


def test_a_provider_that_is_not_there_is_a_failure_and_its_password_stays_secret(tmp_path):
    port = closed_port()
    ended = doctor(tmp_path, **one_provider(tmp_path, f"http://me:secret@127.0.0.1:{port}", auth=NO_KEY))
    assert ended.status == 1
    wanted = f"FAIL  provider:mine          request failed for http://127.0.0.1:{port}/models: connection refused"
    assert ended.output.splitlines()[-1] == wanted
    assert "secret" not in ended.output


def local_servers(ended):
    """The status of the built-in servers on this machine, by name."""
    lines = [line.split() for line in ended.output.splitlines() if "request failed for http://" in line]
    return {label.removeprefix("provider:"): status for status, label, *_ in lines}


def test_a_local_server_that_nobody_has_asked_for_need_not_run(tmp_path):
    for port in (11434, 8000):
        with socket.socket() as usual:
            if usual.connect_ex(("127.0.0.1", port)) == 0:
                pytest.skip(f"something answers on port {port} here")
    manifest = write(tmp_path, "harn.toml", '[package]\nname = "demo"')
    nobody = doctor(tmp_path, OLLAMA_HOST="", LOCAL_LLM_BASE_URL="")
    assert (nobody.status, nobody.errors, local_servers(nobody)) == (0, "", {"local": "WARN", "ollama": "WARN"})
    asked = doctor(tmp_path, OLLAMA_HOST="", HARN_LLM_PROVIDER="ollama")  # and LOCAL_LLM_BASE_URL leads elsewhere
    assert (asked.status, local_servers(asked)) == (1, {"local": "FAIL", "ollama": "FAIL"})
    manifest.write_text("[llm.providers.local]\nrpm = 5")
    configured = doctor(tmp_path, OLLAMA_HOST="", LOCAL_LLM_BASE_URL="")
    assert (configured.status, local_servers(configured)) == (1, {"local": "FAIL", "ollama": "WARN"})


def test_the_variables_that_choose_providers_are_checked(tmp_path):
    variables = one_provider(tmp_path, "http://127.0.0.1:1/v1", auth=NO_KEY)
    path = variables["HARN_PROVIDERS_CONFIG"]
    output = doctor(tmp_path, "--no-network", HARN_LLM_PROVIDER="mine", **variables).output
    assert f"  OK  providers config       HARN_PROVIDERS_CONFIG={path}\n" in output
    assert "  OK  selected provider      HARN_LLM_PROVIDER=mine\n" in output
    manifest = write(tmp_path, "harn.toml", '[llm.aliases.quick]\nid = "q"\nprovider = "mine"')
    overlaid = doctor(tmp_path, "--no-network", **variables).output
    assert f"  OK  providers config       HARN_PROVIDERS_CONFIG={path}\n" in overlaid
    manifest.unlink()
    ended = doctor(tmp_path, "--no-network", HARN_LLM_PROVIDER="openai", **variables)
    assert ended.status == 1
    wanted = "FAIL  selected provider      HARN_LLM_PROVIDER=openai: unknown provider (known providers: mine, mock)\n"
    assert wanted in ended.output
    missing = doctor(tmp_path, "--no-network", HARN_PROVIDERS_CONFIG="nowhere.toml")
    assert missing.status == 1
    assert "FAIL  providers config       HARN_PROVIDERS_CONFIG=nowhere.toml: no such file\n" in missing.output
    broken = write(tmp_path, "broken.toml", "[")
    ended = doctor(tmp_path, "--no-network", HARN_PROVIDERS_CONFIG=str(broken))
    assert f"FAIL  providers config       HARN_PROVIDERS_CONFIG={broken}: cannot be used, see above\n" in ended.output
    assert f"[llm_config] TOML parse error in {broken}: " in ended.errors


def test_the_checks_can_be_had_as_json(tmp_path):
    ended = doctor(tmp_path, "--no-network", "--json", HARN_LLM_PROVIDER="nope")
    assert ended.status == 1
    document = json.loads(ended.output)
    assert document["ok"] is False
    assert document["checks"][0] == {"status": "OK", "label": "python", "detail": PYTHON}
    assert {check["status"] for check in document["checks"]} == {"OK", "FAIL", "WARN", "SKIP"}

"""The agent that repairs a repository: on the answers kept beside it, and with a model that is far too weak for it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from embedded_model import needs_embedded_model
from example_runs import ROOT, run_example
from provider_server import Answer, ProviderServer, openai_chunk, openai_usage, stream_answer
from support import HANG_SECONDS

PAGE = (Path(__file__).parent / "fix_tests.expected").read_text()
BROKEN = ROOT / "examples" / "broken_repo"

ANSWERS = [json.loads(line) for line in (ROOT / "examples" / "fix_tests" / "answers.jsonl").read_text().splitlines()]
PRICED = "gpt-4o-mini"


def suite_passes(repository: Path) -> bool:
    finished = subprocess.run(
        [sys.executable, "-B", "-m", "unittest"], cwd=repository, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    return finished.returncode == 0


def contents(directory: Path) -> dict[str, str]:
    """The files below a directory and what is in them, without what Python has compiled."""
    return {
        str(path.relative_to(directory)): path.read_text()
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BROKEN, tmp_path / "repo", ignore=shutil.ignore_patterns("__pycache__")))


def test_it_prints_its_page_and_leaves_the_checkout_and_no_copy(tmp_path: Path) -> None:
    before = contents(BROKEN)
    finished = run_example("fix_tests.harn", TMPDIR=str(tmp_path))
    assert (finished.stdout, finished.stderr, finished.returncode) == (PAGE, "", 0)
    assert contents(BROKEN) == before
    assert list(tmp_path.iterdir()) == []


def test_the_tests_of_a_given_repository_pass_afterwards(repository: Path) -> None:
    before = contents(repository)
    assert not suite_passes(repository)
    finished = run_example("fix_tests.harn", str(repository))
    assert finished.returncode == 0, finished.stderr
    assert suite_passes(repository)
    after = contents(repository)
    assert [name for name in after if after[name] != before.get(name)] == ["durations/spoken.py"]
    assert before.keys() == after.keys()


def streamed(answer: dict[str, Any]) -> Answer:
    """A kept answer as a server with a priced model sends it, its text cut in the middle."""
    text = answer["text"]
    usage = openai_usage(prompt_tokens=answer["input_tokens"], completion_tokens=answer["output_tokens"])
    pieces = [openai_chunk(content=piece) for piece in (text[: len(text) // 2], text[len(text) // 2 :])]
    return stream_answer(*({**event, "model": PRICED} for event in (*pieces, openai_chunk("stop"), usage)), "[DONE]")


def test_a_server_drives_it_the_same_way_and_what_that_costs_is_told(repository: Path) -> None:
    with ProviderServer() as server:
        server.script(*map(streamed, ANSWERS))
        finished = run_example("fix_tests.harn", str(repository), LOCAL_LLM_BASE_URL=server.url, LOCAL_LLM_MODEL=PRICED)
        sent = [body["messages"] for body in server.bodies]
    # 33,280 tokens of input at 0.15 dollars a million, 532 of output at 0.60.
    assert finished.stdout == PAGE.split("\n", 1)[1].replace("cost     0.0 USD", "cost     0.0053 USD"), finished.stderr
    assert suite_passes(repository)
    # What went wrong was said to the model before its next answer.
    told = [
        "",
        "",
        "",
        "protocol_violation",
        "permission_denied",
        "exit_code=1",
        "verification_gate",
        "exit_code=0",
        "",
    ]
    assert [text in str(messages[-3:]) for text, messages in zip(told, sent, strict=True)] == [True] * len(ANSWERS)


def test_its_budget_ends_it(repository: Path) -> None:
    with ProviderServer() as server:
        server.script(*(streamed({**answer, "input_tokens": 2_500_000}) for answer in ANSWERS))
        finished = run_example("fix_tests.harn", str(repository), LOCAL_LLM_BASE_URL=server.url, LOCAL_LLM_MODEL=PRICED)
    assert finished.returncode == 1
    assert "The agent could not go on: LLM budget exceeded: spent $1." in finished.stdout
    assert not suite_passes(repository)


def test_the_end_of_its_turns_is_told(repository: Path) -> None:
    finished = run_example("fix_tests.harn", str(repository), FIX_TESTS_OPTIONS='{"max_iterations": 4}')
    assert finished.returncode == 1
    assert "status   budget_exhausted\nturns    4," in finished.stdout
    assert not suite_passes(repository)


def test_its_run_can_be_looked_at(tmp_path: Path) -> None:
    events, page = tmp_path / "run.jsonl", tmp_path / "run.html"
    assert run_example("fix_tests.harn", flags=["--events", str(events)]).returncode == 0

    def trace(*words: str) -> str:
        command = [sys.executable, "-m", "harnpy", "trace", *words]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS)
        assert (finished.stderr, finished.returncode) == ("", 0)
        return finished.stdout

    text = trace(str(events))
    assert "agent fixer: done" in text
    assert "turn 9" in text
    assert "33,280 tokens in, 532 out" in text
    trace("--html", str(events), str(page))
    html = page.read_text()
    assert "fixer" in html
    assert "minutes = seconds % 3600 // 60" in html


@needs_embedded_model
def test_with_a_weak_model_it_ends_in_a_documented_status(repository: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    finished = run_example(
        "fix_tests.harn",
        str(repository),
        HARN_LLM_PROVIDER="embedded",
        HARN_LLM_TRANSCRIPT_DIR=str(logs),
        FIX_TESTS_OPTIONS='{"max_iterations": 1, "max_tokens": 24, "temperature": 0}',
    )
    status = next(line.split()[1] for line in finished.stdout.splitlines() if line.startswith("status "))
    assert status in ("done", "stuck", "budget_exhausted", "failed")
    assert finished.returncode == (0 if status == "done" else 1)
    assert "Traceback" not in finished.stdout + finished.stderr
    assert suite_passes(repository) is (status == "done")
    records = [json.loads(line) for line in (logs / "llm_transcript.jsonl").read_text().splitlines()]
    messages = [record for record in records if record["type"] == "message"]
    answers = [record for record in records if record["type"] == "provider_call_response"]
    assert messages[0]["role"] == "user"
    assert {message["role"] for message in messages} == {"user", "assistant"}
    assert all(message["content"].strip() for message in messages)
    # Each answer is in the conversation, and something follows each: a result, or what was wrong with it.
    roles = [message["role"] for message in messages]
    assert roles.count("assistant") == len(answers) == 1
    assert all(after == "user" for role, after in pairwise(roles) if role == "assistant")
    assert roles[-1] == ("assistant" if status == "done" else "user")

"""The programs of docs/agents.md print what the page says they print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from programs import LlmWorld

from harnpy.cli.compose import make_runtime
from harnpy.llm.mock import read_mock_answer
from harnpy.llm.providers.table import BUILT_IN
from harnpy.llm.state import LlmState
from harnpy.vm.clock import Clock

DOCS = Path(__file__).parent.parent.parent / "docs"
GUIDE = (DOCS / "agents.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"<!-- model\n(.*?)\n-->\n```harn\n(.*?)```\n```text\n(.*?)```", GUIDE, re.DOTALL)
OTHERS = re.findall(r"```harn\n(.*?)```", (DOCS / "llm.md").read_text(encoding="utf-8"), re.DOTALL)


def test_every_program_of_the_guide_is_among_those_that_are_run() -> None:
    assert len(PROGRAMS) == GUIDE.count("```harn\n") > 5


@pytest.mark.parametrize(("answers", "program", "expected"), PROGRAMS)
def test_a_program_of_the_guide_prints_what_is_shown(
    answers: str, program: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock"})
    world.clock = Clock()  # commands are real ones, which need real time
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    state.configuration = BUILT_IN
    state.mock.follow("docs/agents.md", [read_mock_answer({"text": answer}) for answer in answers.split("\n---\n")])
    try:
        runtime.run(runtime.compile(program, "guide.harn", use_cache=False))
    finally:
        runtime.close()
    assert (world.output, world.errors) == (expected, "")
    assert len(state.mock.calls) == len(answers.split("\n---\n"))


@pytest.mark.parametrize("program", OTHERS)
def test_the_programs_of_the_page_on_models_compile(program: str) -> None:
    runtime = make_runtime()
    try:
        assert runtime.compile(program, "llm.harn", use_cache=False)
    finally:
        runtime.close()

"""Files that script the mock provider: what they may hold, whom they answer, and how they are recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import LlmWorld, Run, openai_variables
from provider_server import ProviderServer, json_answer, openai_chunk, openai_reply, openai_stream, stream_answer

from harnpy.cli.compose import make_runtime
from harnpy.cli.model_calls import ModelCallSettings, attach
from harnpy.llm.jsonl_file import JsonLinesError
from harnpy.llm.mock_file import read_mock_file
from harnpy.vm.errors import HarnError

CALL = 'println(llm_call("PROMPT", nil, {provider: "openai", model: "gpt-x"}).text)\n'


def run(source: str, variables: dict[str, str] | None = None, **settings: str) -> Run:
    """Run a program under settings: mock_file, mock_record, test."""
    world = LlmWorld(variables or {})
    runtime = make_runtime(world=world)
    attach(runtime, ModelCallSettings(**settings))  # type: ignore[arg-type]
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return Run(world.output, world.errors, world.waits)


def written(directory: Path, *lines: str) -> str:
    path = directory / "mock.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_file_answers_every_call_whatever_its_provider_without_a_key(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "# two answers in order, and one that stays",
        '{"text": "one"}',
        "",
        '  {"text": "é", "model": "m", "input_tokens": 3}  ',
        '{"text": "always", "match": "*again*"}',
    )
    program = CALL + 'let r = llm_call("x", nil, {provider: "anthropic"})\nprintln("${r.text} ${r.model}")\n'
    program += CALL.replace("PROMPT", "again") * 2
    assert run(program, mock_file=file).lines == ["one", "é m", "always", "always"]


def test_a_call_without_an_answer_fails_and_says_which(tmp_path: Path) -> None:
    file = written(tmp_path, '{"text": "one"}')
    with pytest.raises(HarnError) as raised:
        run(CALL + CALL, mock_file=file)
    assert raised.value.message == (
        f'No answer for model call 2 in {file}: its entries are used up and no `match` fits (last message: "PROMPT")'
    )


def test_what_the_program_registers_comes_first_and_clearing_keeps_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '{"text": "file"}')
    program = 'llm_mock({text: "program"})\n' + CALL + 'llm_mock({text: "gone"})\nllm_mock_clear()\n' + CALL
    assert run(program, mock_file=file).lines == ["program", "file"]


def test_errors_of_a_file_are_raised_and_retried(tmp_path: Path) -> None:
    file = written(tmp_path, '{"error": {"category": "overloaded", "message": "busy"}}', '{"text": "then"}')
    ended = run(CALL, mock_file=file)
    assert ended.lines == ["then"] and len(ended.waits) == 1


def test_a_stream_gets_the_text_in_pieces(tmp_path: Path) -> None:
    file = written(tmp_path, '{"text": " two  words\\n"}', '{"text": ""}')
    program = 'for p in llm_stream("go", nil, {provider: "openai"}) { println("[${p}]") }\n'
    assert run(program + program, mock_file=file).output == "[ two]\n[  words\n]\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON: "),
        ("[]", "expected a JSON object"),
        ('{"txt": "x"}', "unknown key `txt` (known: "),
        ('{"error": {"category": "nope"}}', "unknown error category `nope`"),
        ('{"error": {}}', "error.category is required"),
        ('{"test": 1}', "`test` must be a string"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = written(tmp_path, '{"text": "fine"}', line)
    with pytest.raises(JsonLinesError) as raised:
        read_mock_file(file)
    assert str(raised.value).startswith(f"{file}:2: {reason}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JsonLinesError, match=r"cannot read .*none: No such file or directory"):
        read_mock_file(str(tmp_path / "none"))


def entries(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_real_calls_are_recorded_and_replay_to_the_same_output(tmp_path: Path, server: ProviderServer) -> None:
    program = """
    let o = {provider: "openai", model: "gpt-x", tools: [{name: "f"}], stream: false}
    let r = llm_call("1", nil, o)
    println("${r.text} ${r.tool_calls.map({ c -> c.arguments })} ${r.input_tokens} ${r.model} ${r.stop_reason}")
    println(llm_call("2", nil, {provider: "openai", model: "gpt-x", stream: false}).text)
    println(try { llm_call("3", nil, {provider: "openai", llm_retries: 0, stream: false}) })
    var all = ""
    for p in llm_stream("4", nil, {provider: "openai"}) { all = all + p }
    println(all)
    """
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    server.script(
        openai_reply("", "tool_calls", tool_calls=[call]),
        json_answer({"error": "busy"}, 503),
        openai_reply("second"),
        json_answer({"error": "who are you"}, 401),
        openai_stream("stre", "am"),
    )
    file = tmp_path / "recorded.jsonl"
    real = run(program, openai_variables(server), mock_record=str(file))
    assert entries(file) == [
        {
            "text": "",
            "tool_calls": [{"name": "f", "arguments": {"a": 1}}],
            "input_tokens": 7,
            "output_tokens": 3,
            "model": "gpt-x",
            "stop_reason": "tool_calls",
        },
        {
            "error": {
                "category": "overloaded",
                "message": 'openai HTTP 503 Service Unavailable [http_error]: {"error": "busy"}',
            }
        },
        {"text": "second", "input_tokens": 7, "output_tokens": 3, "model": "gpt-x", "stop_reason": "stop"},
        {
            "error": {
                "category": "auth",
                "message": 'openai HTTP 401 Unauthorized [http_error]: {"error": "who are you"}',
            }
        },
        {"text": "stream"},
    ]
    again = run(program, mock_file=str(file))
    assert [line for line in again.lines if "HTTP" not in line] == [line for line in real.lines if "HTTP" not in line]
    assert "HTTP 401" in again.output and again.waits == real.waits


def test_completions_are_recorded_and_answered_from_the_file(tmp_path: Path, server: ProviderServer) -> None:
    program = (
        'println(llm_completion("a", nil, nil, {provider: "openai", model: "gpt-x"}).text)\n'
        'println(llm_completion("ab", nil, nil, {provider: "mock"}).text)\n'
    ) + CALL
    server.script(json_answer({"choices": [{"text": "from the endpoint"}]}), openai_stream("called"))
    file = tmp_path / "recorded.jsonl"
    real = run(program, openai_variables(server), mock_record=str(file))
    assert real.lines == ["from the endpoint", "Mock completion after 2 chars", "called"]
    assert run(program, mock_file=str(file)).output == real.output
    assert len(server.requests) == 2


def test_mocked_calls_are_recorded_too(tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl"
    program = 'llm_mock({text: "t", thinking: "why"})\nllm_call("x", nil, {provider: "mock"})'
    run(program, mock_record=str(file))
    assert entries(file) == [{"text": "t", "thinking": "why", "input_tokens": 1, "output_tokens": 30, "model": "mock"}]


def test_calls_are_recorded_in_the_order_in_which_they_began(tmp_path: Path, server: ProviderServer) -> None:
    # The first call gets its answer last: it is retried while the second one is answered.
    program = """
    let both = parallel each ["a", "b"] { p -> llm_call(p, nil, {provider: "openai", model: p}).text }
    println(both)
    """
    server.script(stream_answer(openai_chunk(content="x"), openai_chunk("stop")), openai_stream("y"))
    file = tmp_path / "recorded.jsonl"
    real = run(program, openai_variables(server), mock_record=str(file))
    assert [entry["model"] for entry in entries(file)] == ["a", "b"]  # type: ignore[index]
    assert run(program, mock_file=str(file)).output == real.output


def test_entries_of_a_test_answer_in_that_test_only(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '{"text": "for a", "test": "a.harn::test_x"}',
        '{"text": "for all"}',
        '{"text": "for b", "test": "sub/b.harn"}',
    )
    for test, expected in (("a.harn::test_x", ["for a", "for all"]), ("sub/b.harn", ["for all", "for b"])):
        assert run(CALL + CALL, mock_file=file, test=str(tmp_path / test)).lines == expected
    with pytest.raises(HarnError):
        run(CALL + CALL, mock_file=file)

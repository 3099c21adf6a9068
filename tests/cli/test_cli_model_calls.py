"""The flags about model calls of `harn run` and `harn test`, as a user types them."""

from __future__ import annotations

import json

from harn_process import harn, write

CALL = 'println(llm_call("hi", nil, {provider: "openai", model: "m"}).text)'
# Nobody listens there: a call that gets out fails.
NOWHERE = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
RECORDING = json.dumps({"text": "recorded"})

TESTS = """
pipeline test_one(task) { assert_eq(llm_call("1", nil, {provider: "openai", model: "m"}).text, "first") }
pipeline test_two(task) { assert_eq(llm_call("2", nil, {provider: "openai", model: "m"}).text, "second") }
"""


def test_run_answers_from_a_file_and_records_one(tmp_path):
    write(tmp_path, "mock.jsonl", '{"text": "scripted"}\n')
    ended = harn("run", "--llm-mock", "mock.jsonl", "--llm-mock-record", "out.jsonl", "-e", CALL, cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, "scripted\n", "")
    again = harn("run", "--llm-mock=out.jsonl", "-e", CALL, cwd=tmp_path)
    assert again.output == "scripted\n"


def test_run_replays_recordings_without_a_key(tmp_path):
    write(tmp_path, ".harn-fixtures/12744d7ae7f4ee31.json", RECORDING)
    assert harn("run", "--replay", "-e", CALL, cwd=tmp_path, **NOWHERE).output == "recorded\n"
    missing = harn("run", "--replay", "-e", CALL.replace("hi", "ho"), cwd=tmp_path, **NOWHERE)
    assert missing.status == 1 and "No fixture found for LLM call (hash: " in missing.errors


def test_recording_wins_over_replaying(tmp_path):
    write(tmp_path, ".harn-fixtures/12744d7ae7f4ee31.json", RECORDING)
    ended = harn("run", "--replay", "--record", "-e", CALL, cwd=tmp_path, **NOWHERE)
    assert ended.status == 1 and "Missing API key" in ended.errors


def test_tests_replay_what_lies_beside_them(tmp_path):
    write(tmp_path, "tests/sub/.harn-fixtures/12744d7ae7f4ee31.json", RECORDING)
    write(tmp_path, "tests/sub/a.harn", f'pipeline test_it(task) {{ assert_eq({CALL[8:-1]}, "recorded") }}')
    write(tmp_path, "tests/sub/b.harn", "pipeline test_other(task) { }")
    for more in ((), ("--parallel",)):
        ended = harn("test", "--replay", *more, cwd=tmp_path, **NOWHERE)
        assert (ended.status, "2 passed" in ended.output) == (0, True), ended


def test_programs_with_expectations_replay_from_the_working_directory(tmp_path):
    write(tmp_path, ".harn-fixtures/12744d7ae7f4ee31.json", RECORDING)
    write(tmp_path, "conformance/a.harn", CALL)
    write(tmp_path, "conformance/a.expected", "recorded")
    assert harn("test", "conformance", "--replay", cwd=tmp_path, **NOWHERE).status == 0


def test_a_mock_file_tells_tests_apart_also_in_processes_of_their_own(tmp_path):
    write(tmp_path, "tests/a.harn", TESTS)
    write(tmp_path, "tests/b.harn", TESTS.replace("test_one", "test_three"))
    lines = [
        {"text": "first", "match": "1"},
        {"text": "second", "test": "tests/a.harn::test_two"},
        {"text": "second", "test": "tests/b.harn::test_two"},
    ]
    write(tmp_path, "mock.jsonl", "\n".join(map(json.dumps, lines)))
    for more in ((), ("--parallel",)):
        record = ("--llm-mock-record", "out.jsonl")
        ended = harn("test", "--llm-mock", "mock.jsonl", *record, *more, cwd=tmp_path)
        assert ended.status == 0, ended
        recorded = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert sorted((entry["test"], entry["text"]) for entry in recorded) == [
            ("tests/a.harn::test_one", "first"),
            ("tests/a.harn::test_two", "second"),
            ("tests/b.harn::test_three", "first"),
            ("tests/b.harn::test_two", "second"),
        ]
        again = harn("test", "--llm-mock", "out.jsonl", "tests/b.harn", *more, cwd=tmp_path)
        assert again.status == 0, again


def test_files_that_cannot_be_used_are_said_so_before_anything_runs(tmp_path):
    write(tmp_path, "bad.jsonl", "{}\n{oops\n")
    program = ("-e", 'println("ran")')
    for flags, message in (
        (("--llm-mock", "none"), f"error: --llm-mock: cannot read {tmp_path}/none: No such file or directory"),
        (("--llm-mock", "bad.jsonl"), f"error: --llm-mock: {tmp_path}/bad.jsonl:2: not JSON: "),
        (("--llm-mock-record", "no/x"), f"error: --llm-mock-record: cannot write {tmp_path}/no/x: No such file"),
        (("--events", "no/x"), f"error: --events: cannot write {tmp_path}/no/x: No such file"),
    ):
        ended = harn("run", *flags, *program, cwd=tmp_path)
        assert (ended.status, ended.output) == (1, "")
        assert ended.errors.startswith(message)
    write(tmp_path, "a.harn", "pipeline test_x(task) { }")
    ended = harn("test", "a.harn", "--events", "no/x", cwd=tmp_path)
    assert ended.status == 1 and ended.output == ""


def test_flags_that_contradict_each_other_are_refused(tmp_path):
    write(tmp_path, "m.jsonl", "{}")
    both = harn("run", "--llm-mock", "m.jsonl", "--replay", "-e", "1", cwd=tmp_path)
    assert both.status == 2
    assert both.errors.startswith("error: the argument '--llm-mock <FILE>' cannot be used with '--replay'\n")
    same = harn("run", "--llm-mock", "m.jsonl", "--llm-mock-record", "./m.jsonl", "-e", "1", cwd=tmp_path)
    assert same.status == 2 and (tmp_path / "m.jsonl").read_text() == "{}"


def test_each_test_starts_with_nothing_of_the_one_before(tmp_path):
    clean = """
      assert_eq(len(llm_mock_calls()), 0)
      assert_eq(len(agent_trace()), 0)
      assert_eq(llm_usage().total_calls, 0)
      llm_mock({text: "left over"})
      llm_mock({text: "left over", match: "*"})
      assert_eq(llm_call("x").text, "left over")
    """
    write(tmp_path, "a.harn", f"pipeline test_1(task) {{ {clean} }}\npipeline test_2(task) {{ {clean} }}")
    ended = harn("test", "a.harn", cwd=tmp_path)
    assert "2 passed" in ended.output, ended


def test_events_are_written_line_by_line(tmp_path):
    ended = harn("run", "--events", "events.jsonl", "-e", 'llm_call("hi", nil, {provider: "mock"})', cwd=tmp_path)
    assert ended.status == 0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["type"] for event in events] == ["call_start", "delta", "call_end"]


def test_a_device_is_a_file_of_events(tmp_path):
    program = 'println("before")\nllm_call("hi", nil, {provider: "mock"})'
    ended = harn("run", "--events", "/dev/full", "-e", program, cwd=tmp_path)
    assert (ended.status, ended.output) == (0, "before\n")
    assert ended.errors == "[harn] warning: cannot write /dev/full: No space left on device (os error 28)\n"

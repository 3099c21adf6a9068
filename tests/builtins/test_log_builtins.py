"""JSON log lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_world import ScriptedWorld, fiber_in, run_in
from support import run_source

from harnpy.builtins.logging_lines import log_info, quoted
from harnpy.vm.errors import HarnError

_TS = '"ts":"2026-03-29T14:30:00.123Z"'


def logged(source: str) -> str:
    return run_in(ScriptedWorld(), source)


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_a_line_has_time_level_and_message(level: str) -> None:
    assert logged(f'log_{level}("m")') == f'{{{_TS},"level":"{level}","msg":"m"}}\n'


def test_fields_follow_in_key_order() -> None:
    source = 'log_info("m", {b: 1, a: "x", "c d": nil})'
    assert logged(source) == f'{{{_TS},"level":"info","msg":"m","a":"x","b":1,"c d":null}}\n'


@pytest.mark.parametrize("fields", ["1", '"x"', "[1]", "nil"])
def test_fields_that_are_no_dict_are_ignored(fields: str) -> None:
    assert logged(f'log_info("m", {fields})') == f'{{{_TS},"level":"info","msg":"m"}}\n'


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ("nil", "null"),
        ("true", "true"),
        ("-5", "-5"),
        ("1.0", "1"),
        ("0.0000001", "0.0000001"),
        ("sqrt(-1)", "null"),
        ('"a\\"b"', '"a\\"b"'),
        ('[1, "a"]', '"[1, a]"'),
        ("{a: 1}", '"{a: 1}"'),
        ("5s", '"5s"'),
    ],
)
def test_values_are_scalars_or_display_text(value: str, fragment: str) -> None:
    assert logged(f'log_json("k", {value})') == f'{{{_TS},"key":"k","value":{fragment}}}\n'


def test_control_characters_are_escaped() -> None:
    assert quoted('"\\\n\r\t\b\x00\x1f\x7f\x85\x9f\xa0é😀') == (
        '"\\"\\\\\\n\\r\\t\\u0008\\u0000\\u001f\\u007f\\u0085\\u009f\xa0é😀"'
    )


@given(st.text())
def test_a_quoted_text_is_json(text: str) -> None:
    assert json.loads(quoted(text)) == text


@given(st.text(), st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_a_line_is_one_line_of_json(message: str, fields: dict[str, object]) -> None:
    world = ScriptedWorld()
    log_info(fiber_in(world), message, fields)
    line = world.output
    assert line.count("\n") == 1
    assert json.loads(line) == {"ts": "2026-03-29T14:30:00.123Z", "level": "info", "msg": message, **fields}


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", "debug info warn error"), ("info", "info warn error"), ("warn", "warn error"), ("error", "error")],
)
def test_lines_below_the_level_are_dropped(level: str, shown: str) -> None:
    source = f'log_set_level("{level}")\nlog_debug("m")\nlog_info("m")\nlog_warn("m")\nlog_error("m")'
    assert [json.loads(line)["level"] for line in run_source(source).splitlines()] == shown.split()


def test_log_json_is_never_dropped() -> None:
    assert logged('log_set_level("error")\nlog_json("k", 1)') == f'{{{_TS},"key":"k","value":1}}\n'


@pytest.mark.parametrize("name", ["Info", "", "trace"])
def test_an_unknown_level_is_refused(name: str) -> None:
    with pytest.raises(HarnError) as caught:
        run_source(f'log_set_level("{name}")')
    expected = f"log_set_level: invalid level '{name}'. Expected debug, info, warn, or error"
    assert caught.value.caught == expected


def test_two_runtimes_do_not_share_a_level() -> None:
    run_source('log_set_level("error")')
    assert run_source('log_debug("m")') != ""


def test_lines_name_the_innermost_open_span() -> None:
    source = 'let a = trace_start("a")\nlet b = trace_start("b")\nlog_info("m", {x: 1})'
    line = f'{{{_TS},"level":"info","msg":"m","trace_id":"00000001","span_id":"00000003","x":1}}\n'
    assert logged(source) == line


def test_lines_of_a_child_task_name_the_span_of_its_parent() -> None:
    source = 'let a = trace_start("a")\nparallel 1 { i -> log_info("m") }'
    assert logged(source) == f'{{{_TS},"level":"info","msg":"m","trace_id":"00000001","span_id":"00000002"}}\n'


def test_a_span_of_a_child_task_does_not_reach_its_parent() -> None:
    source = 'parallel 1 { i -> trace_start("a") }\nlog_info("m")\nprintln(trace_id())'
    assert logged(source) == f'{{{_TS},"level":"info","msg":"m"}}\nnil\n'

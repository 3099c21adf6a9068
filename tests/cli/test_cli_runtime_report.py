"""The report of an uncaught runtime error."""

from __future__ import annotations

from harnpy.cli.runtime_report import runtime_report, text_of_file
from harnpy.vm.errors import HarnError, TraceEntry, thrown, type_error

SOURCE = 'fn f(n) {\n\n  let x = n + "a"\n}\n'


def raised(error: HarnError, *trace: TraceEntry) -> HarnError:
    error.trace = trace
    return error


def test_the_report_shows_the_place_and_the_callers_from_inner_to_outer():
    error = raised(
        type_error("Cannot add int and string"),
        TraceEntry("compute", "demo.harn", 3, 11),
        TraceEntry("outer", "demo.harn", 8, 3),
        TraceEntry("", "demo.harn", 12, 1),
    )
    assert runtime_report(error, lambda path: SOURCE) == "\n".join(
        [
            "error: Type error: Cannot add int and string (line 3)",
            "  --> demo.harn:3:11",
            "   |",
            ' 3 |   let x = n + "a"',
            "   |           ^",
            "  = note: called from outer at demo.harn:8",
            "  = note: called from pipeline at demo.harn:12",
        ]
    )


def test_of_a_deep_recursion_only_the_innermost_and_the_outermost_callers_are_named():
    error = raised(thrown("boom"), *(TraceEntry("f", "a.harn", line, 1) for line in range(1, 10_001)))
    lines = runtime_report(error, lambda path: None).splitlines()
    assert len(lines) == 2 + 20 + 1 + 20
    assert lines[2] == "  = note: called from f at a.harn:2"
    assert lines[22] == "  = note: ... 9959 calls left out ..."
    assert lines[-1] == "  = note: called from f at a.harn:10000"


def test_an_error_without_a_trace_is_one_line():
    assert runtime_report(thrown("boom")) == "error: Thrown: boom"


def test_a_source_that_cannot_be_shown_leaves_the_position_and_the_callers():
    error = raised(thrown("boom"), TraceEntry("f", "<stdlib>/text.harn", 7, 2), TraceEntry("", "a.harn", 1, 1))
    assert runtime_report(error) == (
        "error: Thrown: boom\n  --> <stdlib>/text.harn:7:2\n  = note: called from pipeline at a.harn:1"
    )


def test_the_text_of_a_file_is_shown_whatever_its_encoding(tmp_path):
    (tmp_path / "a.harn").write_bytes(b"\xef\xbb\xbflet a = \xff\r\n")
    assert text_of_file(str(tmp_path / "a.harn")) == "let a = \ufffd\r\n"


def test_a_missing_file_has_no_text(tmp_path):
    assert text_of_file(str(tmp_path / "none.harn")) is None

"""Fixes keep programs what they are: they parse, the fixing comes to an end, and what they print stays the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linting import fully_fixed, lint
from support import run_source

import harnpy
from harnpy.analysis.fixes import apply
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

ROOT = Path(harnpy.__file__).parent.parent


def text_of(path):
    return path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")


def parses(source):
    try:
        parse_program(source, "a.harn")
    except HarnSyntaxError:
        return False
    return True


PROGRAMS = sorted(
    path
    for folder in ("tests/lang", "examples", "stdlib")
    for path in (ROOT / folder).rglob("*.harn")
    if path.is_file() and parses(text_of(path))
)


@given(st.sampled_from(PROGRAMS), st.sets(st.integers(0, 60)))
@settings(max_examples=60, deadline=None)
def test_any_choice_of_fixes_leaves_a_program(path, dropped):
    source = text_of(path)
    chosen = [finding for number, finding in enumerate(lint(source)) if number not in dropped]
    assert parses(apply(source, chosen)[0])


@given(st.sampled_from(PROGRAMS))
@settings(max_examples=60, deadline=None)
def test_fixing_comes_to_an_end(path):
    _, rounds = fully_fixed(text_of(path))
    assert rounds <= 5


# Statements that fixes have to do with, to be put into each other.
PIECES = [
    "let a = 1",
    "var a = 1",
    "var {a, b} = c",
    "a = 2",
    "let a = b == true",
    "log((a || b) == false, true == a + b)",
    'log("a" + nil)',
    "let b = a == nil ? c || 1 : a",
    "let c: list = a.map({ x -> x })",
    "if a { }",
    "for x in a { }",
    "if a { } // why",
    "return [\n1,\n2 // two\n]",
    "// harn: allow(unused-variable)",
    "// plain",
    "/// doc",
    "throw a",
    "log(a, {\n a: 1,\n b: 2\n})",
]
WRAPPERS = [
    "{}",
    "if a {{\n{}\n}}",
    "if a {{ return 1 }} else {{ {}\nreturn 2 }}",
    "if a {{ return 1 }} else if b {{\n{}\nreturn 2 }} else {{ return 3 }}",
    "for x in a {{ {}\n}}",
    "fn f(a) {{ {}\n}}",
    "let f = {{ x ->\n{}\n}}",
    "match a {{ 1 -> {{ {}\n}} }}",
    "try {{ {}\n}} catch (e) {{ }}",
    "spawn {{ {}\n}}",
]


@st.composite
def programs(draw):
    bodies = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
    body = draw(st.sampled_from(["\n", "; "])).join(bodies)
    for wrapper in draw(st.lists(st.sampled_from(WRAPPERS), max_size=4)):
        body = wrapper.format(body)
        more = draw(st.lists(st.sampled_from(PIECES), max_size=2))
        body = "\n".join([*more[:1], body, *more[1:]])
    return draw(st.sampled_from(["", 'import "b"\nimport { c } from "a"\n'])) + body


@given(programs())
@settings(max_examples=300, deadline=None)
def test_programs_made_of_what_is_mended_stay_programs(source):
    if parses(source):
        fully_fixed(source)


# --- behaviour --------------------------------------------------------------------------------------------------------


# Programs that need no processes, no network and no other files.
_QUICK = {"builtins", "grammar", "semantics", "stdlib"}
# The order of imports may be seen, names that are close to an unknown one are printed, and some programs take long.
_UNSUITED = re.compile("import|suggest|deadline|while true|overflow|limited|endless|hot")


def prints_by_itself(path):
    if not path.with_suffix(".expected").exists():
        return False
    source = text_of(path)
    return _UNSUITED.search(path.stem + source) is None and any(finding.fixes for finding in lint(source))


PRINTING = [path for path in PROGRAMS if _QUICK.intersection(path.parts) and prints_by_itself(path)][::8]


@pytest.mark.parametrize("path", PRINTING, ids=lambda path: path.stem)
def test_a_fixed_program_prints_what_it_printed_before(path):
    source = text_of(path)
    mended, _ = fully_fixed(source)
    assert mended != source
    before = run_source(source, str(path), virtual_time=True)
    after = run_source(mended, str(path), virtual_time=True)
    assert re.sub(r"\d+", "0", after) == re.sub(r"\d+", "0", before)


def test_the_sample_is_large_enough():
    assert len(PRINTING) >= 36

"""`harn viz`: the diagram of every construct, and that whatever a program holds, Mermaid can read the diagram.

The grammar below is the part of Mermaid's that diagrams use; all programs of the language suite also went through
mermaid's own parser (11.17).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harn_process import harn, write
from hypothesis import given, settings
from hypothesis import strategies as st

import harnpy
from harnpy.cli.viz_graph import flowchart
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

NODE = re.compile(r'    n(\d+)\["((?:[^"\n]|(?<=\\)")+)"\]')
EDGE = re.compile(r'    n(\d+) (?:-->|-- (?:[\w .,()\[\]]+|"(?:[^"\n]|(?<=\\)")*") -->) n(\d+)')

SUITE = Path(harnpy.__file__).parent.parent / "tests" / "lang"


def chart(source):
    return flowchart(parse_program(source, "a.harn"))


def body(source):
    """The diagram without the module node, its edge and the first line; numbers as they are."""
    return [line.strip() for line in chart(source).splitlines()[2:]]


def check(text):
    """Every line is a node or an edge, nodes are numbered in order, and all can be reached from node 0."""
    first, *lines = text.split("\n")
    assert first == "flowchart TD"
    count, edges = 0, {}
    for line in lines:
        node = NODE.fullmatch(line)
        if node is not None:
            assert int(node[1]) == count
            count += 1
            continue
        edge = EDGE.fullmatch(line)
        assert edge is not None, line
        assert max(int(edge[1]), int(edge[2])) < count
        edges.setdefault(int(edge[1]), []).append(int(edge[2]))
    reached, pending = {0}, [0]
    while pending:
        for target in edges.get(pending.pop(), ()):
            if target not in reached:
                reached.add(target)
                pending.append(target)
    assert len(reached) == count


def test_a_program_is_a_module_with_an_edge_to_each_item():
    assert chart('let x = 1\npipeline main(task) {\n  log("hi")\n  return x\n}') == "\n".join(
        [
            "flowchart TD",
            '    n0["module"]',
            '    n1["let x = 1"]',
            "    n0 --> n1",
            '    n2["pipeline main"]',
            '    n3["log(...)"]',
            "    n2 --> n3",
            '    n4["return x"]',
            "    n3 --> n4",
            '    n5["end pipeline main"]',
            "    n4 --> n5",
            "    n0 --> n2",
        ]
    )


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("fn f() { work() }", "fn f"),
        ("spawn { work() }", "spawn"),
        ("mutex { work() }", "mutex"),
        ("deadline 5s { work() }", "deadline 5s"),
        ("try { work() }", "try expr"),
        ("@test\npipeline p(task) { work() }", "pipeline p"),
    ],
)
def test_blocks_are_their_body_between_two_nodes(source, label):
    assert body(source) == [
        f'n1["{label}"]',
        'n2["work(...)"]',
        "n1 --> n2",
        f'n3["end {label}"]',
        "n2 --> n3",
        "n0 --> n1",
    ]


def test_if_has_two_branches_and_a_join():
    assert body("if a > 1 { yes() } else { no() }") == [
        'n1["if a > 1"]',
        'n2["then"]',
        "n1 -- yes --> n2",
        'n3["yes(...)"]',
        "n2 --> n3",
        'n4["else"]',
        "n1 -- no --> n4",
        'n5["no(...)"]',
        "n4 --> n5",
        'n6["join"]',
        "n3 --> n6",
        "n5 --> n6",
        "n0 --> n1",
    ]


def test_an_empty_body_is_one_node_and_a_missing_else_none():
    assert body("if a { }") == [
        'n1["if a"]',
        'n2["then"]',
        "n1 -- yes --> n2",
        'n3["join"]',
        "n2 --> n3",
        "n1 -- no --> n3",
        "n0 --> n1",
    ]


@pytest.mark.parametrize(
    ("source", "head", "enter", "leave"),
    [("for x in xs { work() }", "for x in xs", "each", "done"), ("while a { work() }", "while a", "true", "false")],
)
def test_loops_go_back_to_their_head(source, head, enter, leave):
    assert body(source) == [
        f'n1["{head}"]',
        'n2["body"]',
        f"n1 -- {enter} --> n2",
        'n3["work(...)"]',
        "n2 --> n3",
        "n3 --> n1",
        'n4["after loop"]',
        f"n1 -- {leave} --> n4",
        "n0 --> n1",
    ]


def test_match_has_a_branch_for_each_arm():
    assert body("match v {\n  1 -> { one() }\n  n if n > 2 -> { }\n}") == [
        'n1["match v"]',
        'n2["1"]',
        "n1 -- arm --> n2",
        'n3["one(...)"]',
        "n2 --> n3",
        'n4["n if n > 2"]',
        "n1 -- arm --> n4",
        'n5["after match"]',
        "n3 --> n5",
        "n4 --> n5",
        "n0 --> n1",
    ]


def test_retry_goes_back_and_ends():
    assert body("retry 3 { work() }") == [
        'n1["retry 3"]',
        'n2["attempt"]',
        "n1 -- run --> n2",
        'n3["work(...)"]',
        "n2 --> n3",
        "n3 -- retry --> n1",
        'n4["retry done"]',
        "n1 -- done --> n4",
        "n0 --> n1",
    ]


def test_try_leads_through_catch_and_finally():
    assert body("try { } catch (e) { } finally { }") == [
        'n1["try"]',
        'n2["try body"]',
        "n1 -- ok --> n2",
        'n3["catch e"]',
        "n1 -- error --> n3",
        'n4["finally"]',
        "n2 --> n4",
        "n3 --> n4",
        'n5["finally body"]',
        "n4 --> n5",
        'n6["after try"]',
        "n5 --> n6",
        "n0 --> n1",
    ]


def test_parallel_fans_out_and_joins():
    assert body("parallel each xs { x -> work() }") == [
        'n1["parallel each xs -> x"]',
        'n2["parallel body"]',
        "n1 -- fan out --> n2",
        'n3["work(...)"]',
        "n2 --> n3",
        'n4["parallel join"]',
        "n3 --> n4",
        "n0 --> n1",
    ]
    assert body("parallel 3 { }")[0] == 'n1["parallel count 3"]'
    assert body("parallel settle xs { x -> x }")[0] == 'n1["parallel settle xs -> x"]'


def test_select_shows_where_values_come_from():
    assert body('select {\n  v from results { }\n  w from channel("a") { }\n  timeout 2s { }\n}') == [
        'n1["select"]',
        'n2["recv v"]',
        "n1 -- results --> n2",
        'n3["recv w"]',
        "n1 -- channel(...) --> n3",
        'n4["timeout 2s"]',
        "n1 --> n4",
        'n5["after select"]',
        "n2 --> n5",
        "n3 --> n5",
        "n4 --> n5",
        "n0 --> n1",
    ]


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ('let s = "a \\"quoted\\" text that goes on"', r"let s = \"a \"quoted\" text that goe...\""),
        ('let s = "two\\nlines"', r"let s = \"two lines\""),
        ("let {a, b} = f(1)", "let {a, b} = f(...)"),
        ("let xs = [1, 2, 3]", "let xs = [3 items]"),
        ("let d = {a: 1}", "let d = {1 fields}"),
        ("x += 1", "x += 1"),
        ("xs[0].name = nil", "xs[0].name = nil"),
        ("a.b(1).c", "a.b(...).c"),
        ('"${a + 1}!"', r"\"${a + 1}!\""),
        ('import { a } from "m"', r"import { a } from \"m\""),
        ("struct P { x: int }", "struct P"),
        ("throw 90s", "throw 90s"),
        ("a ?? b not in c", "a ?? b not in c"),
        ("let f = { x -> x }", "let f = fn(x)"),
        (f"let n = {'9' * 6000}", f"let n = {'9' * 24}..."),
    ],
)
def test_everything_else_is_one_short_node(source, label):
    assert body(source) == [f'n1["{label}"]', "n0 --> n1"]


def test_every_program_of_the_language_suite_gives_a_diagram():
    drawn = 0
    for path in SUITE.rglob("*.harn"):
        try:
            program = parse_program(path.read_bytes(), str(path)) if path.is_file() else None
        except HarnSyntaxError:
            continue
        if program is not None:
            check(flowchart(program))
            drawn += 1
    assert drawn > 1000


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\\$"), max_size=40).map(
    lambda text: '"' + text.replace('"', '\\"').replace("\n", "\\n") + '"'
)
EXPRESSIONS = st.recursive(
    st.one_of(TEXTS, st.sampled_from(["x", "1", "nil", "[1, 2]", "{a: 1}", "f(1)", "a - -1", "a?.b", "xs[0]", "1h"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["-", "+", "==", "&&", "??", "|>"]), inner).map(" ".join),
        st.tuples(inner, inner).map(lambda pair: f"f({pair[0]}).g[{pair[1]}]"),
    ),
    max_leaves=4,
)
FORMS = [
    "let a = {}",
    "return {}",
    "if {} {{\n@\n}}",
    "if {} {{\n@\n}} else {{\n@\n}}",
    "while {} {{\n@\n}}",
    "for i in {} {{\n@\n}}",
    "retry {} {{\n@\n}}",
    "match {} {{\n  1 -> {{\n@\n}}\n  _ -> {{\n@\n}}\n}}",
    "select {{\n  v from {} {{\n@\n}}\n}}",
    "parallel each {} {{ x ->\n@\n}}",
    "try {{\n@\n}} catch (e) {{\n  throw {}\n}}",
    "fn f() {{\n  f({})\n@\n}}",
]


@st.composite
def programs(draw, depth=3):
    lines = []
    for _ in range(draw(st.integers(0 if depth < 3 else 1, 3))):
        form = draw(st.sampled_from(FORMS)).format(draw(EXPRESSIONS))
        while "\n@\n" in form:
            form = form.replace("\n@\n", f"\n{draw(programs(depth=depth - 1)) if depth else ''}\n", 1)
        lines.append(form)
    return "\n".join(lines)


@settings(deadline=None, max_examples=150)
@given(programs())
def test_any_program_gives_a_valid_diagram(source):
    try:
        program = parse_program(source, "a.harn")
    except HarnSyntaxError:
        return
    check(flowchart(program))


def test_the_diagram_is_printed_or_written(tmp_path):
    write(tmp_path, "a.harn", "work()")
    wanted = 'flowchart TD\n    n0["module"]\n    n1["work(...)"]\n    n0 --> n1\n'
    ended = harn("viz", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, wanted, "")
    assert harn("viz", "a.harn", "-o", "a.mmd", cwd=tmp_path).output == ""
    assert (tmp_path / "a.mmd").read_text() == wanted


def test_what_cannot_be_drawn_is_said(tmp_path):
    write(tmp_path, "bad.harn", "let = 1")
    write(tmp_path, "good.harn", "let x = 1")
    missing = "No such file or directory (os error 2)"
    for words, error in [
        (["none.harn"], f"error: failed to read none.harn: {missing}\n"),
        (["bad.harn"], "error: failed to visualize bad.harn: Expected "),
        (["good.harn", "-o", "no/a.mmd"], f"error: failed to write no/a.mmd: {missing}\n"),
    ]:
        ended = harn("viz", *words, cwd=tmp_path)
        assert (ended.status, ended.output) == (1, "")
        assert ended.errors.startswith(error)

"""When a REPL waits for more."""

from __future__ import annotations

import pytest

from harnpy.syntax.completeness import is_complete


@pytest.mark.parametrize(
    "text",
    [
        "fn f() {",
        "f(1,\n",
        "[1, 2",
        "a +",
        "a +  // note\n",
        "let x =",
        "x +=",
        "a.",
        "a ?.",
        "f(a,",
        "a |>",
        "a not in",
        "1 to",
        "a ? b :",
        '"abc',
        '"a ${b',
        '"""abc\n',
        'r"abc',
        "/* a /* b */",
        "/*/",
        "a \\",
        "a \\\n",
        "{ x ->",
    ],
)
def test_unfinished_text_waits(text: str) -> None:
    assert not is_complete(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a",
        "a\n",
        "f(1)",
        "fn f() {\n}",
        "}",
        ") ] }",
        "a?",
        "a // b +",
        "// (",
        '"("',
        'r"\\"',
        '"a ${b("}")} c"',
        "/* ( */",
        "let x = )",
        "a & b",
        "return",
    ],
)
def test_finished_text_runs(text: str) -> None:
    assert is_complete(text)

"""The rules about layout: blank lines, trailing commas, the order of imports, documentation in old form, file headers."""

from __future__ import annotations

import pytest
from linting import fixed, found, places, texts

from harnpy.analysis.lint.documentation import header_title

# --- blank-line-between-items -----------------------------------------------------------------------------------------


def test_items_without_a_blank_line_between_them():
    source = "fn f() {\n}\nfn g() {\n}\n"
    assert places(source, "blank-line-between-items") == [(3, 1)]
    assert [message for message, _ in texts(source, "blank-line-between-items")] == [
        "top-level items should be separated by a blank line"
    ]


@pytest.mark.parametrize(
    "before, after",
    [
        ("let a = 1\nlet b = 2", "let a = 1\n\nlet b = 2"),
        ("let a = 1\n// b\nlet b = 2", "let a = 1\n\n// b\nlet b = 2"),
        ("let a = 1\n/* long\n comment */\n// b\nlet b = 2", "let a = 1\n\n/* long\n comment */\n// b\nlet b = 2"),
        ("let a = 1 // one\nlet b = 2", "let a = 1 // one\n\nlet b = 2"),
        ('import "m"\nlet b = 2', 'import "m"\n\nlet b = 2'),
        ("let a = (\n  1\n)\nlet b = 2", "let a = (\n  1\n)\n\nlet b = 2"),
        ("let a = 1\r\nlet b = 2\r\n", "let a = 1\r\n\r\nlet b = 2\r\n"),
        ("let a = 1; let b = 2", "let a = 1; \n\nlet b = 2"),
        ("fn f() { } pub fn g() { }", "fn f() { } \n\npub fn g() { }"),
        ("let a = 1 /* long\n comment */ let b = 2", "let a = 1 /* long\n comment */ \n\nlet b = 2"),
        ("struct S { }\npub enum E { A }\ntype T = int", "struct S { }\n\npub enum E { A }\n\ntype T = int"),
    ],
)
def test_a_blank_line_goes_above_the_second_item_and_its_comments(before, after):
    assert fixed(before, "blank-line-between-items") == after
    assert found(after, "blank-line-between-items") == []


@pytest.mark.parametrize(
    "source",
    [
        "let a = 1\n\nlet b = 2",
        "let a = 1\n\n// b\nlet b = 2",
        "let a = 1\n// a\n\nlet b = 2",
        'import "a"\nimport { b } from "b"',
        "log(1)\nlet a = 1\nlog(a)\nfor x in xs { }",
        "let a = 1\n@test fn f() { }",
        "@test fn f() { }\nlet a = 1",
        "fn f() {\n  let a = 1\n  let b = 2\n}",
        "let a = 1 /* long\n comment */\nlet b = 2",
    ],
)
def test_items_that_stand_well(source):
    assert found(source, "blank-line-between-items") == []


# --- trailing-comma ---------------------------------------------------------------------------------------------------


def test_a_missing_comma_is_shown_at_the_beginning_of_the_last_items_line():
    source = "let x = [\n  1,\n    2\n]"
    (finding,) = found(source, "trailing-comma")
    assert (finding.span.line, finding.span.column) == (3, 1)
    assert (finding.span.start, finding.span.end) == (source.index("2") + 1, source.index("2") + 1)
    assert (finding.message, finding.help) == (
        "multiline comma-separated list is missing a trailing comma",
        "add a trailing comma after the last item",
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ("let x = [\n  1,\n  2\n]", "let x = [\n  1,\n  2,\n]"),
        ("f(a,\n  b)", "f(a,\n  b,)"),
        ("let x = {\n  a: 1,\n  b: 2\n}", "let x = {\n  a: 1,\n  b: 2,\n}"),
        ('let x = {\n  "a": 1,\n  b: 2\n}', 'let x = {\n  "a": 1,\n  b: 2,\n}'),
        ("let x = {\n  timeout: 1,\n  type: 2\n}", "let x = {\n  timeout: 1,\n  type: 2,\n}"),
        ("let x = S {\n  a: 1,\n  b: 2\n}", "let x = S {\n  a: 1,\n  b: 2,\n}"),
        ("fn f(\n  a,\n  b\n) { }", "fn f(\n  a,\n  b,\n) { }"),
        ("type T = {\n  a: int,\n  b: int\n}", "type T = {\n  a: int,\n  b: int,\n}"),
        ("type T = {\n  f: fn(int) -> int,\n  b: int\n}", "type T = {\n  f: fn(int) -> int,\n  b: int,\n}"),
        ("f(a, { x ->\n  x\n})", "f(a, { x ->\n  x\n},)"),
        ("f(a,\n  ...b\n)", "f(a,\n  ...b,\n)"),
        ("let x = [\n  1,\n  ...b\n]", "let x = [\n  1,\n  ...b,\n]"),
        # comments are neither items nor commas
        ("let x = [\n  1,\n  2 // two,\n]", "let x = [\n  1,\n  2, // two,\n]"),
        ("let x = [\n  1,\n  2, // two\n]", "let x = [\n  1,\n  2, // two\n]"),
        ("let x = [\n  1,\n  2 /* two */\n]", "let x = [\n  1,\n  2, /* two */\n]"),
        ("let x = [\n  [1,\n   2],\n  3\n]", "let x = [\n  [1,\n   2,],\n  3,\n]"),
    ],
)
def test_the_last_item_gets_a_comma(before, after):
    assert fixed(before, "trailing-comma") == after
    assert found(after, "trailing-comma") == []


@pytest.mark.parametrize(
    "source",
    [
        "let x = [1, 2]",
        "let x = [\n  1, 2,\n]",
        "let x = [\n  1\n]",
        "let x = [\n  1\n  2\n]",
        "f(\n  a\n)",
        "let x = (\n  1\n)",
        "let f = { a, b ->\n  a\n}",
        "let f = { a: int, b: int ->\n  a\n}",
        "if a {\n  f(1, 2)\n}",
        "let {\n  a,\n  b\n} = c",
        "let x = {\n  ...a,\n  b: 2\n}",
        "let x = {\n  type: 1,\n  b: 2\n}",
        'import {\n  a,\n  b\n} from "m"',
        # no comma may stand there
        "for (a,\n  b) in xs { }",
        "fn f(\n  a,\n  ...b\n) { }",
        "tool f(\n  a: int,\n  ...b: list<int>\n) { }",
        "let f = fn(\n  a,\n  ...b\n) { a }",
        "let [\n  a,\n  ...b\n] = c",
        "let {\n  a: x,\n  ...b\n} = c",
        "interface I {\n  fn m(\n  self,\n  ...b\n) }",
        "fn f() {\n  return 1\n  let g = fn(\n    a,\n    ...b\n  ) { a }\n}",
        # text that happens to be code
        'log("${f(a,\n  b)}")',
    ],
)
def test_lists_that_need_no_comma(source):
    assert found(source, "trailing-comma") == []


# --- import-order -----------------------------------------------------------------------------------------------------


def test_imports_out_of_order_are_reported_once_over_all_of_them():
    source = 'import "b"\nimport "a"\nimport "std/math"\nlog(1)'
    (finding,) = found(source, "import-order")
    assert finding.message.startswith("imports are not in canonical order")
    assert finding.help == "reorder imports: std/ first, then third-party and local paths alphabetically"
    assert source[finding.span.start : finding.span.end] == 'import "b"\nimport "a"\nimport "std/math"'
    assert fixed(source, "import-order") == 'import "std/math"\nimport "a"\nimport "b"\nlog(1)'


@pytest.mark.parametrize(
    "before, after",
    [
        ('import { a } from "m"\nimport "m"', 'import "m"\nimport { a } from "m"'),
        ('import { c } from "m"\nimport { b, a } from "m"', 'import { b, a } from "m"\nimport { c } from "m"'),
        ('import "a"\nimport "B"', 'import "B"\nimport "a"'),
        ('import "é"\nimport "z"', 'import "z"\nimport "é"'),
        ('import "b"; import "a"', 'import "a"\nimport "b"'),
        ('import "py:re" as re\nimport "py:json" as json', 'import "py:json" as json\nimport "py:re" as re'),
        ('import { a } from "m"\nimport "m" as z', 'import "m" as z\nimport { a } from "m"'),
        # comments stay with the import that they are about, those at the top at the top
        (
            '/** File. */\nimport "b" // b\n// for a\nimport "a" // a\nlog(1)',
            '/** File. */\n// for a\nimport "a" // a\nimport "b" // b\nlog(1)',
        ),
        ('import "c"\n/* b */ import "b"\n\n// a\n\nimport "a"', '// a\nimport "a"\n/* b */\nimport "b"\nimport "c"'),
        (
            'import {\n  x,\n  y,\n} from "b"\r\nimport "a"\r\n',
            'import "a"\r\nimport {\n  x,\n  y,\n} from "b"\r\n',
        ),
    ],
)
def test_imports_are_sorted_with_their_comments(before, after):
    assert fixed(before, "import-order") == after
    assert found(after, "import-order") == []


@pytest.mark.parametrize(
    "source",
    [
        'import "b"',
        'import "std/z"\nimport "a"',
        'import "a"\nlog(1)\nimport "std/b"\nimport "std/a"',
        'log(1)\nimport "b"\nimport "a"',
        'import { x, a } from "m"',
        # As `harn fmt` puts them: all of a module, then the module by name, then some of its names.
        'import "m"\nimport "m" as z\nimport { a } from "m"',
    ],
)
def test_imports_in_order(source):
    assert found(source, "import-order") == []


# --- legacy-doc-comment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "comments, prefix, form, block",
    [
        ("/// One.", "`///`", "/// lines", "/** One. */"),
        ("/// One.\n/// Two.", "`///`", "/// lines", "/**\n * One.\n * Two.\n */"),
        ("// One.", "plain `//`", "// lines adjacent to the definition", "/** One. */"),
        (
            "//One.\n//\n//  Two.  ",
            "plain `//`",
            "// lines adjacent to the definition",
            "/**\n * One.\n *\n *  Two.\n */",
        ),
        (
            "// One.\n/// Two.",
            "adjacent `//` / `///`",
            "line-comment block adjacent to the definition",
            "/**\n * One.\n * Two.\n */",
        ),
        ("//\n/// One.\n//", "adjacent `//` / `///`", "line-comment block adjacent to the definition", "/** One. */"),
        ("//", "plain `//`", "// lines adjacent to the definition", "/** */"),
    ],
)
def test_line_comments_above_a_declaration_become_a_block(comments, prefix, form, block):
    source = f"log(1)\n\n{comments}\nfn f() {{ }}\n"
    assert texts(source, "legacy-doc-comment") == [
        (
            f"{prefix} doc comment(s) above this item should use `/** */` form",
            f"rewrite the {form} as a canonical `/** ... */` block",
        )
    ]
    assert places(source, "legacy-doc-comment") == [(3, 1)]
    assert fixed(source, "legacy-doc-comment") == f"log(1)\n\n{block}\nfn f() {{ }}\n"


@pytest.mark.parametrize(
    "item",
    [
        "fn f() { }",
        "pub fn f() { }",
        "pipeline p(task) { }",
        "struct S { }",
        "enum E { A }",
        "interface I { }",
        "type T = int",
        "tool t() { }",
        "impl S { }",
        "override o() { }",
    ],
)
def test_all_declarations_at_the_top_have_documentation(item):
    assert len(found(f"// Doc.\n{item}", "legacy-doc-comment")) == 1


@pytest.mark.parametrize(
    "outer",
    ["fn f() {{\n{}\n}}", "pipeline p(task) {{\n{}\n}}", "tool t() {{\n{}\n}}", "fn f() {{\nfn g() {{\n{}\n}}\n}}"],
)
def test_inside_of_bodies_only_what_is_public_or_a_type_has_documentation(outer):
    for item in ("pub fn h() { }", "pub struct S { }", "type T = int", "impl S { }", "interface I { }"):
        assert len(found(outer.format(f"// Doc.\n{item}"), "legacy-doc-comment")) == 1, item
    for item in ("fn h() { }", "struct S { }", "let x = 1", "tool u() { }"):
        assert found(outer.format(f"// Doc.\n{item}"), "legacy-doc-comment") == [], item


def test_methods_and_indentation():
    source = "impl S {\n  // Doc.\n  // More.\n  pub fn m(self) { }\n}"
    assert (
        fixed(source, "legacy-doc-comment") == "impl S {\n  /**\n   * Doc.\n   * More.\n   */\n  pub fn m(self) { }\n}"
    )


def test_a_line_that_does_not_fit_makes_a_block_of_several_lines():
    wide = "é" * 47
    assert fixed(f"// {wide}\nfn f() {{ }}", "legacy-doc-comment") == f"/**\n * {wide}\n */\nfn f() {{ }}"
    text = "x" * 93
    assert fixed(f"// {text}\nfn f() {{ }}", "legacy-doc-comment") == f"/** {text} */\nfn f() {{ }}"
    assert fixed(f"// {text}x\nfn f() {{ }}", "legacy-doc-comment") == f"/**\n * {text}x\n */\nfn f() {{ }}"


@pytest.mark.parametrize(
    "source",
    [
        "/** Doc. */\nfn f() { }",
        "// Not about it.\n\nfn f() { }",
        "let x = 1 // about x\nfn f() { }",
        "/* Doc. */\nfn f() { }",
        "// Doc.\n@test\nfn f() { }",
        "// Doc.\nlet x = 1",
        "#!/usr/bin/env harn\nfn f() { }",
        "// harn: allow(unused-function)\nfn f() { }",
        "/** Doc. */\n// harn: allow(unused-function)\nfn f() { }",
    ],
)
def test_other_comments_are_no_documentation_in_old_form(source):
    assert found(source, "legacy-doc-comment") == []


def test_a_block_above_ends_the_run_and_so_does_a_comment_that_allows_something():
    source = "/** A. */\n// B.\nfn f() { }"
    assert fixed(source, "legacy-doc-comment") == "/** A. */\n/** B. */\nfn f() { }"
    source = "// A.\n// harn: allow(unused-function)\nfn f() { }"
    assert fixed(source, "legacy-doc-comment") == "/** A. */\n// harn: allow(unused-function)\nfn f() { }"


def test_comments_that_would_end_the_block_are_reported_and_left_alone():
    source = "// matches a/*/b\nfn f() { }"
    assert len(found(source, "legacy-doc-comment")) == 1
    assert fixed(source, "legacy-doc-comment") == source


# --- require-file-header ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, title",
    [
        ("my_file-a.harn", "My file a."),
        ("lib/x/URLParser.harn", "Urlparser."),
        ("a  b.harn", "A b."),
        ("what?.harn", "What?"),
        ("done!.harn", "Done!"),
        ("v1.2.harn", "V1.2."),
        ("__.harn", "Module."),
        ("", "Module."),
    ],
)
def test_the_title_of_a_file(path, title):
    assert header_title(path) == title


@pytest.mark.parametrize(
    "before, after",
    [
        ("log(1)", "/**\n * My file.\n */\n\nlog(1)"),
        ("// File.\nlog(1)", "/**\n * My file.\n */\n\n// File.\nlog(1)"),
        ("", "/**\n * My file.\n */\n\n"),
        ("#!/usr/bin/env harn\nlog(1)", "#!/usr/bin/env harn\n/**\n * My file.\n */\n\nlog(1)"),
        ("log(1)\r\n", "/**\r\n * My file.\r\n */\r\n\r\nlog(1)\r\n"),
    ],
)
def test_a_missing_header_is_inserted(before, after):
    options = {"path": "src/my_file.harn", "require_file_header": True}
    assert places(before, "require-file-header", **options) == [(1, 1)]
    ((message, help),) = texts(before, "require-file-header", **options)
    assert message == "file is missing a `/** */` header doc block"
    assert "`My file.`" in help
    assert fixed(before, "require-file-header", **options) == after
    assert found(after, "require-file-header", **options) == []
    assert found(before, "require-file-header") == []


def test_blank_lines_may_stand_above_a_header():
    assert found("\n  /** File. */\nlog(1)", "require-file-header", require_file_header=True) == []

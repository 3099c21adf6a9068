"""Comments: where they stand, documentation, section headers (chapter 10 section 5.2). None is lost or moves across code."""

from __future__ import annotations

import pytest
from formatting import check_formatting


def formatted(source: str, width: int = 100, separator_width: int = 12) -> str:
    """The formatted source without its final line break. Bars are short here: `// ---------`."""
    return check_formatting(source, width, separator_width).removesuffix("\n")


BAR = "// ---------"


# --- plain comments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("// a", "// a"),
        ("\n\n//a  \n\n\n/* b */", "//a\n/* b */"),
        ("// top\n\nlet x = 1", "// top\nlet x = 1"),
        ("let x = 1\n// a\n\n// b\n\nlet y = 1", "let x = 1\n\n// a\n// b\nlet y = 1"),
        ("let x = 1\n\n\n// end\n\n/* of file */\n", "let x = 1\n// end\n/* of file */"),
        ("/* a */ let x = 1", "/* a */\nlet x = 1"),
        ("fn f() {\n\n// a\n\n/* b\n     c */\nx\n}", "fn f() {\n  // a\n  /* b\n     c */\n  x\n}"),
        ("fn f() { /* a */ x }", "fn f() {\n  /* a */\n  x\n}"),
        ("fn f() { x; /* a */ y }", "fn f() {\n  x\n  /* a */\n  y\n}"),
        ("//// not documentation\nlet x = 1", "//// not documentation\nlet x = 1"),
        ("/*** not documentation */\nlet x = 1", "/*** not documentation */\nlet x = 1"),
        ("/**/ let x = 1", "/**/\nlet x = 1"),
        ("/* a /* b */ c */\nx", "/* a /* b */ c */\nx"),
        ("/* a  \n   b\t\n */\nx", "/* a\n   b\n */\nx"),
    ],
)
def test_comments_on_lines_of_their_own(source: str, expected: str) -> None:
    assert formatted(source) == expected


@pytest.mark.parametrize(
    "text",
    [
        "let x = 1 // a",
        "let x = 1 /* a */ // b",
        "let x = 1 /* a\n  b */",
        "fn f() { // a\n  x // b\n  y /* c */\n} // d\n\nlet z = 1 // e",
        "if a { // a\n  b // b\n} else if c { // c\n  d\n} else { // d\n  e\n} // e",
        "try { // a\n  b\n} catch (e) { // b\n  c\n} finally { // c\n} // d",
        "match v { // a\n  0 -> { 1 } // b\n  1 -> { // c\n    2\n  } // d\n}",
        "struct S { // a\n  a: int // b\n  b: int // c\n}",
        "enum E { // a\n  A // b\n  B(x) // c\n}",
        "interface I { // a\n  type T // b\n  fn m() // c\n}",
        "impl S { // a\n  fn m(self) { // b\n  } // c\n}",
        "select { // a\n  v from c { // b\n    v\n  } // c\n  timeout 5s { // d\n  } // e\n}",
        "parallel each xs { x -> // a\n  x\n}",
        "@a // a\n@b // b\nfn f() {\n}",
        'tool t() { // a\n  description "d" // b\n  x\n}',
        "let f = { x -> // a\n  x // b\n} // c",
        "f(\n  { x -> // a\n  x\n}, // b\n)",
        "let f = fn(x) { // a\n  x\n}",
    ],
)
def test_comments_at_the_ends_of_lines_stay_there(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "fn f() {\n  // only\n}",
        "fn f() {\n  x\n  // end\n}",
        "if a {\n  // a\n} else {\n  // b\n}",
        "match v {\n  // a\n  0 -> {\n    // b\n  }\n  // c\n}",
        "match v {\n  0 -> {\n    // b\n    1\n  }\n  1 -> {\n    2 // c\n  }\n}",
        "struct S {\n  // a\n  a: int\n  // b\n}",
        "enum E {\n  // a\n  A\n  // b\n}",
        "interface I {\n  // a\n  fn m()\n  type T\n  // b\n}",
        "impl S {\n  // a\n  fn m(self) {\n  }\n  // b\n}",
        "select {\n  // a\n  v from c {\n    // b\n  }\n  // c\n  default {\n    // d\n  }\n  // e\n}",
        "let f = { x ->\n  // a\n  x\n}",
        "let f = { x ->\n  x\n  // a\n}",
        "let f = { ->\n  // a\n}",
        'tool t() {\n  // a\n  description "d"\n  // b\n  x\n}',
        "@a\n// a\nfn f() {\n}",
        "if a {\n} else {\n  // not flat\n  if b {\n  }\n}",
        "if a {\n} else {\n  if b {\n  }\n  // not flat\n}",
        "if a {\n}\n// b\nelse if b {\n}\n/* c */\nelse {\n}",
        "try {\n  a\n} // b\n// c\ncatch (e) {\n} /* d */ // e\nfinally {\n}",
    ],
)
def test_comments_inside_bodies_stay_where_they_are(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "f(\n  a, // a\n  b, // b\n)",
        "f( // a\n  b,\n)",
        "f(\n  // a\n  b,\n  // c\n)",
        "f( // a\n)",
        "f(\n  // a\n)",
        "f(/* a */)",
        "f(/* count */ 3, b /* b */)",
        "f(\n  /* a\n     b */\n  c,\n)",
        "let x = [\n  // a\n  1,\n  2, // b\n  ...c, /* d */ // e\n]",
        "let d = {\n  // a\n  a: 1, // b\n  [c]: 2,\n  /** d */\n  ...e,\n}",
        "struct S {\n}\n\nlet d = S {\n  a: 1, // a\n}",
        "fn f(\n  a: int, // a\n  // b\n  b = 1,\n) -> int { // c\n}",
        "fn f(\n  ...a // a\n) {\n}",
        "tool t(\n  a, // a\n) {\n}",
        "pipeline p(\n  a, // a\n  b,\n) {\n}",
        "enum E {\n  A(\n    a, // a\n  )\n}",
        "interface I {\n  fn m(\n    self, // a\n  )\n}",
    ],
)
def test_comments_in_sequences(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(a, // one\n b)", "f(\n  a, // one\n  b,\n)"),
        ("f(a // one\n, b // two\n)", "f(\n  a, // one\n  b, // two\n)"),
        ("f(a, b /* two */)", "f(a, b /* two */)"),
        ("f(a, /* two */ b)", "f(a, /* two */ b)"),
        ("f(a, /* two */\nb)", "f(\n  a, /* two */\n  b,\n)"),
        ("f(a,\n/* two */\nb)", "f(\n  a,\n  /* two */\n  b,\n)"),
        ("f(a, b, /* end */)", "f(\n  a,\n  b, /* end */\n)"),
        ("[a /* one */ b]", "[a, /* one */ b]"),
        ("let d = {a: 1 // one\n b: 2}", "let d = {\n  a: 1, // one\n  b: 2,\n}"),
        ("let d = {/* one */ [a]: 1}", "let d = {/* one */ [a]: 1}"),
        ("let f = { x -> [x // why\n] }", "let f = { x ->\n  [\n  x, // why\n]\n}"),
        ("match v { 0 -> { [x // why\n] } }", "match v {\n  0 -> {\n    [\n      x, // why\n    ]\n  }\n}"),
        ("f((a // why\n))", "f(\n  (a // why\n),\n)"),
    ],
)
def test_comments_bring_sequences_into_lines(source: str, expected: str) -> None:
    assert formatted(source) == expected


@pytest.mark.parametrize(
    "text",
    [
        "let x = a // a\n  && b // b\n  // c\n  && c",
        "let x = a // a\n  == b",
        "let x = a /* a */ + b",
        "let x = a + /* b */ b",
        "let x = a /* a */ \\\n  - /* b */ b",
        "let x = a\n  + // b\n  b",
        "let x = a /* a */ \\\n  not in // b\n  b",
        "let x = a\n  // first\n  .b() // second\n  .c()",
        "let x = a\n  // the name\n  .b",
        "let x = a /* a */.b() /* b */.c",
    ],
)
def test_comments_in_operations_and_chains(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "let /* a */ x = 1",
        "let x = // why\n  1",
        "let x /* a */ : list</* b */ int> = 1",
        "return /* a */ x",
        "fn /* a */ f /* b */ () /* c */ -> /* d */ int /* e */ {\n  x\n}",
        "pub /* a */ fn f() {\n}",
        "if /* a */ b {\n  c\n}",
        "if (a // b\n) {\n  c\n}",
        "if a {\n} else /* b */ if c {\n}",
        "for /* a */ x /* b */ in /* c */ y {\n}",
        "match /* a */ v {\n  /* b */\n  0 /* c */ -> /* d */ { 1 }\n}",
        "let f = { x /* a */ -> x }",
        "let f = { x, // a\n y -> x }",
        "parallel /* a */ each /* b */ xs with { /* c */ max_concurrent: 3 } { /* d */ x ->\n  x\n}",
        "@a(/* b */ c)\nfn f() {\n}",
        "struct S {\n  a /* a */ : int\n}",
        "import /* a */ \"m\"",
        "import { a } /* b */ from \"m\"",
        "a /* b */ ? c : d",
        "a[/* b */ 0]",
        "f /* a */ (b)",
        "- /* a */ b",
        "require a, /* b */ c",
        "type T = int /* a */ | string",
        "catch_all.x = /* a */ 1",
    ],
)  # fmt: skip
def test_code_around_comments_in_unusual_places_stays_as_it_is(text: str) -> None:
    assert formatted(text) == text


def test_only_the_smallest_part_stays_as_it_is() -> None:
    source = "fn f(a,b){\nlet  x=  // why\n    1\nif a{g(  1)}\n}"
    expected = "fn f(a, b) {\n  let  x=  // why\n    1\n  if a {\n    g(1)\n  }\n}"
    assert formatted(source) == expected


def test_cases_out_of_order_stay_with_their_comments() -> None:
    text = "select {\n  default { 1 } // a\n  v from c { v }\n}"
    assert formatted(text) == text


# --- documentation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/// Adds.\nfn add() {}", "/** Adds. */\nfn add() {\n}"),
        ("/// One.\n/// Two.\nfn f() {}", "/**\n * One.\n * Two.\n */\nfn f() {\n}"),
        ("/**One.*/\nfn f() {}", "/** One. */\nfn f() {\n}"),
        ("/**\n * One.\n */\nfn f() {}", "/** One. */\nfn f() {\n}"),
        ("/** One.\n  * Two.\n    Three.\n*/\nfn f() {}", "/**\n * One.\n * Two.\n * Three.\n */\nfn f() {\n}"),
        ("/** One. */\n/// Two.\nfn f() {}", "/**\n * One.\n * Two.\n */\nfn f() {\n}"),
        ("///\n/// One.\n///\n///   Two.\n///\nfn f() {}", "/**\n * One.\n *\n *   Two.\n */\nfn f() {\n}"),
        ("///   One.\nfn f() {}", "/** One. */\nfn f() {\n}"),
        ("///\nfn f() {}", "/** */\nfn f() {\n}"),
        ("/** */\nfn f() {}", "/** */\nfn f() {\n}"),
        ("/**\n *\n */\nfn f() {}", "/** */\nfn f() {\n}"),
        ("/// * item\n/// * item\nfn f() {}", "/**\n * * item\n * * item\n */\nfn f() {\n}"),
        ("// plain\n/// One.\n// plain\n/// Two.\nfn f() {}", "// plain\n/** One. */\n// plain\n/** Two. */\nfn f() {\n}"),
        ("// plain\nfn f() {}", "// plain\nfn f() {\n}"),
        ("fn f() {\n/// One.\n///Two.\nx }", "fn f() {\n  /**\n   * One.\n   * Two.\n   */\n  x\n}"),
        ("struct S {\n/// One.\na: int }", "struct S {\n  /** One. */\n  a: int\n}"),
        ("let x = 1 /// one", "let x = 1 /// one"),
        # Across a blank line, documentation of a file is not that of its first item.
        ("/// File.\n\n/// One.\nfn f() {}", "/** File. */\n\n/** One. */\nfn f() {\n}"),
        ("/// File.\n\nfn f() {}", "/** File. */\nfn f() {\n}"),
        # What would end the block early stays a line.
        ("/// a */ b\n/// c\nfn f() {}", "/// a */ b\n/// c\nfn f() {\n}"),
        ("/// a /* b */ c\nfn f() {}", "/** a /* b */ c */\nfn f() {\n}"),
        ("/// a /* b\nfn f() {}", "/// a /* b\nfn f() {\n}"),
    ],
)  # fmt: skip
def test_documentation(source: str, expected: str) -> None:
    assert formatted(source) == expected


def test_documentation_takes_one_line_if_it_fits() -> None:
    assert formatted("/// 12345\nfn f() {}", 12) == "/** 12345 */\nfn f() {\n}"
    assert formatted("/// 12345\nfn f() {}", 11) == "/**\n * 12345\n */\nfn f() {\n}"
    assert formatted("impl S {\n/// 12345\nfn f() {} }", 14) == "impl S {\n  /** 12345 */\n  fn f() {\n  }\n}"
    assert formatted("impl S {\n/// 12345\nfn f() {} }", 13).startswith("impl S {\n  /**\n   * 12345\n   */\n")


# --- section headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("let x = 1\n// ----\nlet y = 1", f"let x = 1\n\n{BAR}\n\nlet y = 1"),
        ("let x = 1\n// ---- Helpers ----\nlet y = 1", f"let x = 1\n\n{BAR}\n// Helpers\n{BAR}\n\nlet y = 1"),
        ("let x = 1\n//------ Helpers\nlet y = 1", f"let x = 1\n\n{BAR}\n// Helpers\n{BAR}\n\nlet y = 1"),
        ("let x = 1\n//----\n//  Helpers\n//-----\nlet y = 1", f"let x = 1\n\n{BAR}\n//  Helpers\n{BAR}\n\nlet y = 1"),
        ("// ----\n// Helpers\n// ----\nlet y = 1", f"{BAR}\n// Helpers\n{BAR}\n\nlet y = 1"),
        ("// ----\n// Helpers\n\n// ----\nlet y = 1", f"{BAR}\n\n// Helpers\n\n{BAR}\n\nlet y = 1"),
        ("// ---\nlet y = 1", "// ---\nlet y = 1"),
        ("// --- Helpers ---\nlet y = 1", "// --- Helpers ---\nlet y = 1"),
        ("/// ----\nlet y = 1", "/** ---- */\nlet y = 1"),
        ("/* ---- */\nlet y = 1", "/* ---- */\nlet y = 1"),
        ("let y = 1 // ----", "let y = 1 // ----"),
        ("fn f() {\n  // ---- a ----\n  x\n}", "fn f() {\n  // ---- a ----\n  x\n}"),
        ("// a\n// ---- B ----\n// c\nlet y = 1", f"// a\n\n{BAR}\n// B\n{BAR}\n\n// c\nlet y = 1"),
        ("let y = 1\n// ---- End ----", f"let y = 1\n\n{BAR}\n// End\n{BAR}"),
        ("// ----\n// ----\nlet y = 1", f"{BAR}\n\n{BAR}\n\nlet y = 1"),
        ('// ---- Imports ----\nimport "b"\n// ---- More ----\nimport "a"\n', f'{BAR}\n// Imports\n{BAR}\n\n{BAR}\n// More\n{BAR}\n\nimport "a"\nimport "b"'),
    ],
)  # fmt: skip
def test_section_headers(source: str, expected: str) -> None:
    assert formatted(source) == expected


def test_bars_are_as_wide_as_separators_are_set() -> None:
    assert check_formatting("// ----\nx") == "// " + "-" * 77 + "\n\nx\n"
    assert check_formatting("// ---- A\nx", separator_width=40).startswith("// " + "-" * 37 + "\n// A\n")
    # A shorter bar would be none.
    assert check_formatting("// -----\nx", separator_width=1) == "// ----\n\nx\n"


def test_documentation_inside_a_closure_makes_lines_however_it_was_written() -> None:
    for comment in ("/// why", "/** why */", "/// why\n/// so", "/** why\n * so\n */"):
        formatted = check_formatting(f"let f = {{ y -> [\n{comment}\ny] }}")
        assert formatted.startswith("let f = { y ->\n  [\n")

"""Spellings of newer releases and other languages: found with what to write, mended where that is plain, never invented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harnpy.analysis.rules.spelling_rules import RULES
from harnpy.cli.spellings import spelling_findings
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.parser import parse_program

ROOT = Path(__file__).parents[2]


def found(text: str) -> list[Diagnostic]:
    return spelling_findings(parse_program(text, "main.harn"), text)


def only(text: str) -> Diagnostic:
    (finding,) = found(text)
    return finding


def mended(text: str) -> str:
    edits = sorted((edit for each in found(text) for edit in each.fixes), key=lambda edit: edit.start, reverse=True)
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


MENDED = [
    # newer releases
    ("const-declaration", "const x = 1", "let x = 1"),
    ("const-declaration", "const [a] = [1, 2]", "let [a] = [1, 2]"),
    ("const-declaration", "fn f() {\n  const x = 1\n  return x\n}", "fn f() {\n  let x = 1\n  return x\n}"),
    ("harness-call", 'let t = harness.fs.read("a")', 'let t = read_file("a")'),
    ("harness-call", 'harness.net.post("u", "b")', 'http_post("u", "b")'),
    ("harness-call", "let x = harness.clock.now()", "let x = timestamp()"),
    ("harness-call", 'let x = harness.env.get("HOME")', 'let x = env("HOME")'),
    ("harness-call", "let x = harness.random.int(1, 6)", "let x = random_int(1, 6)"),
    ("harness-call", 'harness.store.set("k", 1)', 'store_set("k", 1)'),
    ("harness-call", 'let r = harness.llm.call("hi")', 'let r = llm_call("hi")'),
    ("harness-call", 'harness.stdio.println("x")', 'println("x")'),
    ("harness-call", 'harness.process.exec("ls")', 'exec("ls")'),
    ("harness-call", "let a = harness.args", "let a = argv"),
    # Python, JavaScript, Rust
    ("operator-word", "let a = true\nlet b = a and a", "let a = true\nlet b = a && a"),
    ("operator-word", "fn f(a, b) { return a or b }", "fn f(a, b) { return a || b }"),
    ("operator-word", "let a = 1\nlet b = a is nil", "let a = 1\nlet b = a == nil"),
    ("statement-word", 'fn f() { raise "x" }', 'fn f() { throw "x" }'),
    ("statement-word", "async fn f() { }", "fn f() { }"),
    ("statement-word", "export fn f() { }", "pub fn f() { }"),
    ("statement-word", "struct P { x: int }\nlet p = new P({x: 1})", "struct P { x: int }\nlet p = P({x: 1})"),
    ("statement-word", "fn f() { }\nlet x = await f()", "fn f() { }\nlet x = await(f())"),
    ("call-without-parentheses", 'print "x"', 'print("x")'),
    ("macro-call", 'println!("x")', 'println("x")'),
    ("macro-call", "let v = vec![1, 2]", "let v = [1, 2]"),
    ("foreign-name", "let x = null", "let x = nil"),
    ("foreign-name", "let x = [None, undefined]", "let x = [nil, nil]"),
    ("foreign-name", "let x = True", "let x = true"),
    ("foreign-function", 'let n = parseInt("1")', 'let n = to_int("1")'),
    ("foreign-function", "let s = str(1)", "let s = to_string(1)"),
    ("foreign-function", 'console.log("x")', 'println("x")'),
    ("foreign-function", 'let d = JSON.parse("{}")', 'let d = json_parse("{}")'),
    ("foreign-function", "let x = Math.floor(1.5)", "let x = floor(1.5)"),
    ("foreign-method", "var xs = [1]\nxs = xs.append(2)", "var xs = [1]\nxs = xs.push(2)"),
    ("foreign-method", 'let s = "a".toUpperCase()', 'let s = "a".uppercase()'),
    ("foreign-method", 'fn f(s) { return s.startsWith("a") }', 'fn f(s) { return s.starts_with("a") }'),
    ("foreign-method", "fn f(xs) { return xs.includes(1) }", "fn f(xs) { return xs.contains(1) }"),
    ("foreign-method", "fn f(s) { return (s)?.strip() }", "fn f(s) { return (s)?.trim() }"),
    ("foreign-property", "let xs = [1]\nlet n = xs.length", "let xs = [1]\nlet n = xs.count"),
    ("decrement", "fn f() {\n  var i = 3\n  i--\n  println(i)\n}", "fn f() {\n  var i = 3\n  i -= 1\n  println(i)\n}"),
]


@pytest.mark.parametrize(("code", "text", "result"), MENDED, ids=[text.splitlines()[-1] for _, text, _ in MENDED])
def test_what_is_plain_is_mended(code, text, result):
    assert {each.code for each in found(text)} == {code}
    assert mended(text) == result
    assert found(result) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("let a = 1\nlet b = not a", "`!x`"),
        ("let a = 1.5\nlet b = a as int", "`to_int(x)`"),
        ('let name = "x"\nlet s = f"hi {name}"', '"${x}"'),
        ("class Foo { x: int }", "`struct Name"),
        ("let a = typeof b", "`type_of(x)`"),
        ("let d = {}\ndel d", "`d = d.remove(key)`"),
        ("let x = isinstance(1, 2)", "`type_of(x) == ...`"),
        ("let xs = sorted([2, 1])", "`xs.sort()`"),
        ("let ks = Object.keys({})", "`d.keys()`"),
        ("[1].forEach({ x -> println(x) })", "`for x in xs { ... }`"),
        ("let xs = [1]\nlet n = xs.len()", "`len(xs)`"),
        ("fn f(xs: list<int>) { return xs.len() }", "`len(xs)`"),
        ('let d = {a: 1}\nlet n = d.contains("a")', "`d.has(key)`"),
        ("fn f(xs) { return xs.extend([1]) }", "`xs + ys`"),
        ("fn f(r) { return r.unwrap() }", "`unwrap(result)`"),
        ("fn f(n) {\n  var m = n\n  m //= 2\n  return m\n}", "`m = m / ...`"),
        ("let r = harness.tracing.span(1)", "`harn docs`"),
        ("let f = harness.fs", "`harn docs`"),
    ],
)
def test_the_help_says_what_to_write(text, part):
    assert any(part in (each.help or "") for each in found(text))


def test_a_program_that_starts_with_a_harness_becomes_a_pipeline():
    text = 'fn main(harness: Harness) {\n  let text = harness.fs.read("a")\n  harness.stdio.println(text)\n}\n'
    assert [each.code for each in found(text)] == ["harness-main", "harness-call", "harness-call"]
    assert mended(text) == 'pipeline main() {\n  let text = read_file("a")\n  println(text)\n}\n'


def test_a_harness_of_another_name_is_known_by_its_type():
    assert only('fn load(h: Harness) { return h.fs.read("a") }').help == "write `read_file(...)`"


def test_main_stays_a_function_while_its_harness_is_handed_on():
    text = 'fn load(h: Harness) { return h.fs.read("a") }\nfn main(harness: Harness) -> int {\n  load(harness)\n  return 0\n}'
    finding = next(each for each in found(text) if each.code == "harness-main")
    assert finding.fixes == ()
    assert finding.help == "write `pipeline main() { ... }`"


def test_findings_stand_under_the_word():
    finding = only("let xs = [1]\nlet n = xs.map({ x -> x }).forEach({ x -> x })")
    assert (finding.span.line, finding.span.column, finding.span.end - finding.span.start) == (2, 28, 7)
    finding = only('let t = harness.fs.read("a")')
    assert (finding.span.line, finding.span.column, finding.span.end - finding.span.start) == (1, 9, 15)


# --- what is not reported -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        # what the file declares is its own
        "let null = 1\nlet x = null",
        "fn f(undefined) { return undefined }",
        "fn parseInt(s) { return 1 }\nlet x = parseInt(1)",
        "let console = {log: { x -> x }}\nconsole.log(1)",
        "let harness = {fs: {read: { x -> x }}}\nharness.fs",
        "fn f(harness) { return harness.fs.read(1) }",
        "struct Harness { fs: any }\nfn f(h: Harness) { return h.fs }",
        "let const = 1\nvar x = 1\nconst x = 2",
        "let and = 1\nlet a = 1\nlet b = a and a",
        "for new in [1] { new println(new) }",
        "match 1 { null -> { null } }",
        "try { 1 } catch (None) { None }",
        'import { str } from "lib"\nstr(1)',
        "enum E { None }\nlet e = E.None",
        # methods that somebody has
        "struct P { }\nimpl P { fn append(self, x) { return x } }\nfn f(p) { return p.append(1) }",
        "interface Q { fn append(self, x) }\nfn f(p: Q) { return p.append(1) }",
        "let d = {append: { x -> x }}\nd.append(1)",
        "var d = {}\nd.append = { x -> x }\nfn f(e) { return e.append(1) }",
        "enum E { append(x) }\nlet e = E.append(1)",
        'import "py:os" as os\nfn f(x) { return x.append(1) }',
        'import { make } from "lib"\nlet x = make()\nx.append(1)',
        "fn f() { return host_thing().append(1) }",
        "mcp.github.append(1)",
        # methods of the language, on whatever has them
        "fn f(s) { return s.len() + s.size }",
        "fn f(s) { return s.upper().lower().to_upper() }",
        "fn f(it) { it.for_each({ x -> println(x) }) }",
        "fn f(xs) { return xs.every({ x -> x }) }",
        "fn f(x: set) { return x.add(1) }",
        "fn f(r) { return r.length }",
        "let d = {length: 1}\nlet n = d.length",
        "var xs = [1]\nxs = make()\nlet n = xs.length",
        # statements
        "let x = 1\nx - -x",
        "let a = 5 // = 3",
        "fn f(a) { return a // = note\n}",
        'let r = r"raw"',
        'print\n"x"',
        "await(spawn { 1 })",
        "fn main(task) { return task }\nmain(1)",
        "pipeline main(harness) { println(1) }",
        "none = 1",
    ],
)
def test_a_program_that_means_what_it_says_gets_no_hint(text):
    assert found(text) == []


# Programs in which such calls give nil: because that is what they are about, or unnoticed.
ABOUT_UNKNOWN_MEMBERS = {
    "builtins/errors/properties.harn",
    "builtins/errors/unknown_methods_give_nil.harn",
    "builtins/results/no_methods.harn",
    "semantics/methods/unknown_methods_give_nil.harn",
    "types/returned/methods_of_any_receiver.harn",
    "types/walked/interpolations_are_not_checked.harn",
}
# What it is about are names that other languages have.
ABOUT_FOREIGN_NAMES = ROOT / "tests/lang/semantics/names/values_of_other_languages.harn"


def _programs() -> list[Path]:
    places = ["tests/lang", "examples", "stdlib", "bench", "harnpy/cli/templates"]
    return sorted(path for place in places for path in (ROOT / place).rglob("*.harn") if path.is_file())


def test_no_program_of_this_release_gets_a_hint():
    with_hints = set()
    count = 0
    for path in _programs():
        try:
            program = parse_program(path.read_bytes(), str(path))
        except HarnSyntaxError:
            continue
        count += 1
        source = path.read_text(encoding="utf-8").removeprefix("\ufeff")
        hints = spelling_findings(program, source)
        if path == ABOUT_FOREIGN_NAMES:
            assert {each.code for each in hints} == {"foreign-name"}
            continue
        assert {each.code for each in hints} <= {"foreign-method", "foreign-property"}, path
        if hints:
            with_hints.add(path.relative_to(ROOT / "tests/lang").as_posix())
    assert count > 1500
    assert with_hints <= ABOUT_UNKNOWN_MEMBERS
    assert "semantics/methods/unknown_methods_give_nil.harn" in with_hints


def test_no_example_of_the_documentation_gets_a_hint():
    count = 0
    # The page about findings shows programs in which there are some.
    for path in [*{*ROOT.glob("docs/*.md")} - {ROOT / "docs/diagnostics.md"}, ROOT / "README.md"]:
        for block in re.findall(r"```(?:harn|js|rust)\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            try:
                program = parse_program(block, "block.harn")
            except HarnSyntaxError:
                continue
            count += 1
            assert spelling_findings(program, block) == [], (path, block)
    assert count > 20


# --- rules ----------------------------------------------------------------------------------------------------------------------


def test_every_rule_explains_itself_and_is_found_in_these_tests():
    assert {rule.code for rule in RULES} == {code for code, _, _ in MENDED} | {
        "harness-main",
        "string-prefix",
        "floor-division",
    }
    for rule in RULES:
        assert "reported" in rule.documentation or "reported" in rule.message, rule.code
        assert rule.severity == "warning"


def test_the_examples_of_the_rules_are_found():
    for rule in RULES:
        lines = [line.strip() for line in rule.documentation.splitlines() if "// reported" in line]
        assert lines, rule.code


@pytest.mark.parametrize("text", ["let x = " + "(" * 3000 + "null" + ")" * 3000, " + ".join(["null"] * 3000)])
def test_programs_nest_as_deep_as_they_like(text):
    assert found(text)

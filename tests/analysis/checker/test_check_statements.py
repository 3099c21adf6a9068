"""Chapter 09, sections 3 and 4: scopes, what is walked, declarations and assignments."""

from __future__ import annotations

import pytest
from checked_programs import findings, messages

NEEDS_INT = "fn f(a: int) { return a }\n"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("fn f() {\n  return 1\n  log(2)\n  log(3)\n}", ["W 3:3 unreachable code"]),
        ("fn f(a) {\n  if a { return 1 } else { throw 2 }\n  f(1, 2)\n}", ["W 3:3 unreachable code"]),
        ("fn f(a) {\n  if a { return 1 }\n  log(2)\n}", []),
        ("for i in [1] {\n  break\n  log(1)\n}", ["W 3:3 unreachable code"]),
        ("for i in [1] {\n  continue\n  log(1)\n}", ["W 3:3 unreachable code"]),
        ("fn f(a) {\n  if a { log(1)\n return 1\n log(2) } else { return 2 }\n  log(3)\n}", ["W 4:2 unreachable code", "W 5:3 unreachable code"]),
        ("fn f() {\n  unreachable()\n  log(1)\n}", []),
        ("fn f() {\n  while true { return 1 }\n  log(1)\n}", []),
        ("fn f(a) {\n  match a { _ -> { return 1 } }\n  log(1)\n}", []),
        ("fn f(a) {\n  try { return 1 } catch (e) { return 2 }\n  log(1)\n}", []),
    ],
)  # fmt: skip
def test_unreachable_code(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


BAD = "Argument 1 ('a'): expected int, got string"


@pytest.mark.parametrize(
    "statement",
    [
        'f("x")',
        'log(f("x"))',
        '[1].map(f("x"))',
        'x?.y(f("x"))',
        'f("x").y',
        'x[f("x")]',
        'f("x")[0]',
        'x[f("x"):]',
        'x[:f("x")]',
        '1 == f("x")',
        '-f("x")',
        'f("x")?',
        'x ? f("x") : 1',
        'x ? 1 : f("x")',
        'f("x") ? 1 : 2',
        '[f("x")]',
        '[...f("x")]',
        '{a: f("x")}',
        '{[f("x")]: 1}',
        '{...f("x")}',
        '1 to f("x")',
        'S {a: f("x")}',
        '{ -> f("x") }',
        '[fn(b) { f("x") }]',
        'if f("x") { }',
        'if x { f("x") }',
        'if x { } else { f("x") }',
        'if x { } else if y { f("x") }',
        'for i in f("x") { }',
        'for i in [1] { f("x") }',
        'while f("x") { }',
        'while x { f("x") }',
        'guard f("x") else { }',
        'guard x else { f("x") }',
        'require f("x")',
        'require x, f("x")',
        'try { f("x") }',
        'try { f("x") } catch (e) { }',
        'try { } catch (e) { f("x") }',
        'try { } finally { f("x") }',
        'match f("x") { _ -> { } }',
        'match x { f("x") -> { } _ -> { } }',
        'match x { _ if f("x") -> { } }',
        'match x { _ -> { f("x") } }',
        'parallel f("x") { }',
        'parallel each [1] { i -> f("x") }',
        'spawn { f("x") }',
        'retry (f("x")) { }',
        'retry 2 { f("x") }',
        'deadline f("x") { }',
        'deadline 5s { f("x") }',
        'mutex { f("x") }',
        'defer { f("x") }',
        'select { m from f("x") { } }',
        'select { m from c { f("x") } }',
        'select { m from c { } timeout f("x") { } }',
        'select { m from c { } timeout 1s { f("x") } }',
        'select { m from c { } default { f("x") } }',
        'y = f("x")',
        'y += f("x")',
        'throw f("x")',
        'return f("x")',
        'yield f("x")',
        'fn g() { f("x") }',
        'fn g(b = f("x")) { }',
        'tool g(b: string) { f("x") }',
        'f(f("x"))',
        'x |> f("x")',
        'fn g() { try* f("x") }',
        'log(named: f("x"))',
    ],
)
def test_these_positions_are_walked(statement: str) -> None:
    found = findings(f"{NEEDS_INT}pipeline main(x) {{\n  {statement}\n}}")
    assert [each.split(" ", 2)[2] for each in found] == [BAD]


@pytest.mark.parametrize(
    "statement",
    [
        'let r = f("x")',
        'var r = [f("x")]',
        'let r = { -> f("x") }',
        'let r = try { f("x") }',
        'let r = if x { f("x") }',
        'let r = match x { _ -> { f("x") } }',
        'let r = -f("x")',
        'let r = 1 + abs(f("x"))',
        'let {a = f("x")} = x',
        'let [a = f("x")] = x',
        'log("${f("x")}")',
        '{ b = f("x") -> b }',
        'x.y = 1',
    ],
)  # fmt: skip
def test_these_positions_are_not_walked(statement: str) -> None:
    assert findings(f"{NEEDS_INT}pipeline main(x) {{\n  {statement}\n}}") == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('let n: int = "x"', ["E 1:1 'n' declared as int, but assigned string"]),
        ("let n: int = 1 + true", ["E 1:14 can't add int and bool"]),
        ("let n = -(1 + true)", ["E 1:11 can't add int and bool"]),
        ("let n = 1 < true", []),
        ("let {a = 1 + true} = x", ["E 1:10 can't add int and bool"]),
        ("let xs: list<float> = [1]", ["E 1:1 'xs' declared as list<float>, but assigned list<int>"]),
        ("let xs: list<float> = []", []),
        ("let f: float = 1", []),
        ('let s: string = json_parse("1")', []),
        ('let r: Result<int, string> = Err("x")', []),
        ("let x: any = 1\nlet y: string = x", []),
        ("let x: unknown = 1\nlet y: string = x", ["E 2:1 'y' declared as string, but assigned unknown"]),
        (
            'let u: {a: int, b: string} = {a: "x"}',
            [
                "E 1:1 'u' declared as {a: int, b: string}, but assigned {a: string} "
                "(field 'a' has type string, expected int; missing field 'b' (string))"
            ],
        ),
        (
            'type U = {a: int}\nlet u: U = {a: "x"}',
            ["E 2:1 'u' declared as U, but assigned {a: string}"],
        ),
        ('let u: {a: int, b?: int} = {a: 1, b: "x"}', ["E 1:1 'u' declared as {a: int, b?: int}, but assigned {a: int, b: string}"]),
        ("let u: {a: int} = {a: json_parse(s)}", []),
        ("let {a, b} = {a: 1}\nlet c: string = a", []),
        ('var x: string = nil', ["E 1:1 'x' declared as string, but assigned nil"]),
        ("let b: bool = true && 1", []),
        ('let s: "a" | "b" = x() ?? "c"', []),
    ],
)  # fmt: skip
def test_declarations(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('var n = 1\nn = "x"', ["E 2:1 can't assign string to 'n' (declared as int)"]),
        ('var a = nil\na = "s"', ["E 2:1 can't assign string to 'a' (declared as nil)"]),
        ("var xs = []\nxs = [1]\nxs = [\"a\"]", []),
        ("var d = {}\nd = {a: 1}", []),
        ("var n = 1\nn += 1.5", ["E 2:1 can't assign float to 'n' (declared as int)"]),
        ("var n = 1.0\nn += 1", []),
        ('var n = 1\nn += "a"', []),
        ('var s = "a"\ns *= 2', []),
        ("let x = 1\nx = 2", ["W 2:1 Cannot assign to 'x': variable is immutable (declared with 'let')"]),
        (
            'let x = 1\nx = "a"',
            [
                "W 2:1 Cannot assign to 'x': variable is immutable (declared with 'let')",
                "E 2:1 can't assign string to 'x' (declared as int)",
            ],
        ),
        ("fn f(a) { a = 1 }", ["W 1:11 Cannot assign to 'a': variable is immutable (declared with 'let')"]),
        ("for i in [1] { i = 2 }", ["W 1:16 Cannot assign to 'i': variable is immutable (declared with 'let')"]),
        ("try { } catch (e) { e = 2 }", ["W 1:21 Cannot assign to 'e': variable is immutable (declared with 'let')"]),
        ("fn f() {\n  fn g() { }\n  g = 1\n}", ["W 3:3 Cannot assign to 'g': variable is immutable (declared with 'let')"]),
        ("fn f() { }\nf = 1", []),
        ("nobody = 1", []),
        ("let x = {a: 1}\nx.a = \"s\"", []),
        ("let x = [1]\nx[0] = \"s\"", []),
        # The type before narrowing counts, whatever scope has narrowed it.
        ("fn f() {\n  var x: int | nil = g()\n  if x != nil {\n    x = nil\n  }\n}", []),
        ("fn f() {\n  var x: int | nil = g()\n  if x != nil {\n    for i in [1] {\n      x = nil\n    }\n  }\n}", []),
        ("fn f() {\n  var x: int | nil = g()\n  if x == nil { return 1 }\n  x = nil\n}", []),
        # An assignment ends what a condition has taught.
        (
            "fn needs(a: int) { }\nfn f() {\n  var x: int | nil = g()\n  if x == nil { return 1 }\n  needs(x)\n  x = g()\n  needs(x)\n}",
            ["E 7:9 Argument 1 ('a'): expected int, got int | nil"],
        ),
    ],
)  # fmt: skip
def test_assignments(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        # Declarations of types hold before they are reached, also those in pipelines and behind attributes.
        ('let p: P = P { x: "s" }\nlog(P { x: "s" })\nstruct P { x: int }', ["E 2:12 Field 'x' in struct 'P' expects int, got string"]),
        ('fn f() { log(P { x: "s" }) }\npipeline main(t) {\n  struct P { x: int }\n}', ["E 1:21 Field 'x' in struct 'P' expects int, got string"]),
        ('@complexity(allow)\nstruct P { x: int }\nlog(P { x: "s" })', ["E 3:12 Field 'x' in struct 'P' expects int, got string"]),
        # A type of a function's own, which may be called like a global one.
        ("struct P { x: int }\nfn f() {\n  struct P { y: int }\n  log(P { y: 1 })\n}\nlog(P { x: 1 })", []),
        ("fn f() {\n  if true {\n    struct P { y: int }\n    log(P { y: 1 })\n  }\n  log(P { z: 1 })\n}", []),
        ("fn f() {\n  struct P { y: int }\n  log(P { z: 1 })\n}", ["W 3:11 Unknown field 'z' in struct 'P'", "W 3:7 Missing field 'y' in struct 'P' construction"]),
        # Functions are known from their declaration on; before, calls are untyped, even of a builtin's name.
        ('g("x")\nfn g(a: int) { }', []),
        ("let s: int = format(1)\nfn format(x) -> int { return x }", []),
        ('fn f() { let s: int = trim(1) }\ntool trim(x: int) -> int { return x }', []),
        ('fn f() {\n  let s: int = trim(1)\n  fn trim(x) -> int { return x }\n}', []),
        ("import { trim } from \"mine\"\nlet s: int = trim(1)", []),
        ('import "py:json" as format\nlet s: int = format(1)', []),
        # A top-level function is no variable; one in a body is, and so is a tool there.
        ("fn g(a) { }\npipeline main(t) {\n  g(1, 2)\n}", ["W 3:3 Function 'g' expects 1 arguments, got 2"]),
        ("tool g(a: int) { }\ng(1, 2)", []),
        ("pipeline main(t) {\n  tool g(a: int) { }\n  g(1, 2)\n}", ["W 3:3 Function 'g' expects 1 arguments, got 2"]),
        ("impl P { fn m(self, a) { } }\nm(1, 2, 3)", []),
        ("pipeline main(t) {\n  impl P { fn m(self, a) { } }\n  m(1, 2, 3)\n}", []),
        # Bodies of functions see global names only; closures see everything.
        ('pipeline main(t) {\n  let x = 1\n  fn g() { log(x + true) }\n  let h = 1\n  [1].map({ -> x + true })\n}', ["E 5:16 can't add int and bool"]),
        ("let x = 1\nfn g() { log(x + true) }", ["E 2:14 can't add int and bool"]),
        ("fn g() { log(x + true) }\nlet x = 1", []),
        # A local function or variable hides a global function of that name, in functions inside as well.
        ("fn g(a) { }\nfn f(g) { g(1, 2) }", []),
        ("fn g(a) { }\nfn f() {\n  let g = { a, b -> a }\n  fn h() { g(1, 2) }\n}", []),
        ("fn g(a) { }\nfn f() {\n  fn h() { g(1, 2) }\n  fn g(a, b) { }\n}", []),
        ("fn g(a) { }\nfn f(x) {\n  match x { {call: g} -> { g(1, 2) } _ -> { } }\n}", []),
        ("let keys = { x -> 1 }\nlet n: int = keys(1)", []),
        # Narrowings and schemas of the top level are lost, types of variables are not.
        ("let x: int | nil = f()\nif x == nil { return 1 }\nlet y: int = x", ["E 3:1 'y' declared as int, but assigned int | nil"]),
        ("let x = 1\nlet y: string = x", ["E 2:1 'y' declared as string, but assigned int"]),
        ("if true { let x = 1 }\nlet y: string = x", []),
        ("for i in [1] { fn g() { log(i + true) } }", []),
        # Pipeline parameters are untyped, all parameters immutable.
        ("pipeline main(task) {\n  let x: int = task\n  task = 1\n}", ["W 3:3 Cannot assign to 'task': variable is immutable (declared with 'let')"]),
        ("pipeline main(t) { override step(a) { a = 1 } }", ["W 1:39 Cannot assign to 'a': variable is immutable (declared with 'let')"]),
    ],
)  # fmt: skip
def test_scopes(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("let xs: list<int> = []\nfor x in xs", "int"),
        ("for x in [1].iter()", "int"),
        ('for x in "abc"', "string"),
        ("for x in 1 to 3", "int"),
        ("for x in {a: 1}", "untyped"),
        ("for x in []", "untyped"),
        ("for (k, x) in {a: 1}", "untyped"),
        ("let d: dict<string, int> = {}\nfor (k, x) in d.iter()", "int"),
        ('for (x, v) in ["a"].iter().enumerate()', "int"),
        ("for (x, v) in [1]", "untyped"),
        ("for [x, v] in [[1]]", "untyped"),
        ("for {x} in [{x: 1}]", "untyped"),
    ],
)
def test_loop_variables(header: str, expected: str) -> None:
    found = findings(f"{header} {{ let probe: Probe = x }}")
    wanted = [] if expected == "untyped" else [f"'probe' declared as Probe, but assigned {expected}"]
    assert [each.split(" ", 2)[2] for each in found] == wanted


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("parallel 3 { i -> i + true }", ["E 1:19 can't add int and bool"]),
        ("parallel each [1] { i -> i + true }", ["E 1:26 can't add int and bool"]),
        ("parallel settle [1] { i -> i + true }", ["E 1:28 can't add int and bool"]),
        ("parallel each x { i -> i + true }", []),
        ('parallel each [1] with { max_concurrent: "2" } { i -> i }', ["E 1:42 `max_concurrent` on `parallel` must be int, got string"]),
        ("parallel each [1] with { max_concurrent: 2.0 } { i -> i }", ["E 1:42 `max_concurrent` on `parallel` must be int, got float"]),
        ("parallel each [1] with { max_concurrent: n } { i -> i }", []),
        ("select { m from c { m + true } }", []),
        ("try { } catch (e: string) { e + 1 }", ["E 1:29 can't add string and int"]),
        ("try { } catch (e) { e + 1 }", []),
        ("try* f()", ["E 1:1 try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target"]),
        ("let x = try* f()", []),
        ("pipeline main(t) { try* f() }", []),
        ("fn g() { try* f() }", []),
        ("tool g() { try* f() }", []),
        ("impl P { fn g() { try* f() } }", []),
        ("[1].map({ x -> try* f() })", []),
        ("if true { try* f() }", ["E 1:11 try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target"]),
    ],
)  # fmt: skip
def test_tasks_and_errors(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


def test_a_field_that_a_variable_begins_with_as_nil_takes_anything_later() -> None:
    program = """
var state = {count: 0, last: nil, inner: {next: nil}}
state = {count: 1, last: "x", inner: {next: state}}
state = {count: 1, last: 2, inner: {next: nil}}
"""
    assert messages(program) == []
    assert messages(program + 'state = {count: "1", last: nil, inner: {next: nil}}\n') == [
        "can't assign {count: string, last: nil, inner: {next: nil}} to 'state' "
        "(declared as {count: int, last: nil, inner: {next: nil}})"
    ]
    # A constant is what it is.
    assert messages("let c = {last: nil}\nlet d: {last: string} = c\n") == [
        "'d' declared as {last: string}, but assigned {last: nil} (field 'last' has type nil, expected string)"
    ]


PLAN = "type Step = {name: string, cost: float | nil, tags?: list<string>}\ntype Plan = {steps: list<Step>}\n"


@pytest.mark.parametrize(
    "statement",
    [
        'let s: list<Step> = [{name: "a", cost: 1.5}, {name: "b", cost: nil}]',
        'let s: list<Step> | nil = [{name: "a", cost: 1.5, tags: []}]',
        'let p: Plan = {steps: [{name: "a", cost: 1}, {name: "b", cost: nil, tags: ["x"]}]}',
        'let p: {plans: list<Plan>} = {plans: [{steps: []}, {steps: [{name: "a", cost: nil}]}]}',
        'fn f(steps: list<Step>) { return steps }\nf([{name: "a", cost: nil}])',
        'fn f() -> list<Step> { return [{name: "a", cost: nil}] }',
    ],
)
def test_records_in_a_list_that_is_written_out_fit_one_by_one(statement: str) -> None:
    assert messages(PLAN + statement) == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "let s: list<Step> = [{name: 1, cost: nil}]",
            "'s' declared as list<Step>, but assigned list<{name: int, cost: nil}>",
        ),
        ('let s: list<Step> = [{name: "a"}]', "'s' declared as list<Step>, but assigned list<{name: string}>"),
        (
            'let s: list<Step> = [{name: "a", cost: nil, tags: [1]}]',
            "'s' declared as list<Step>, but assigned list<{name: string, cost: nil, tags: list<int>}>",
        ),
        (
            "let known = [{name: nil}]\nlet s: list<{name: string | nil}> = known",
            "'s' declared as list<{name: string | nil}>, but assigned list<{name: nil}>",
        ),
        ("let s: list<float> = [1]", "'s' declared as list<float>, but assigned list<int>"),
        ("let s: list<int | nil> = [1]", "'s' declared as list<int | nil>, but assigned list<int>"),
    ],
)
def test_lists_that_do_not_fit_are_reported(statement: str, message: str) -> None:
    assert messages(PLAN + statement) == [message]


def test_values_in_a_list_that_is_written_out_satisfy_an_interface_one_by_one() -> None:
    program = """
interface Drawable { fn draw(self) -> string }
struct Circle { r: int }
struct Square { a: int }
struct Other { a: int }
impl Circle { fn draw(self) -> string { return "c" } }
impl Square { fn draw(self) -> string { return "s" } }
fn all(xs: list<Drawable>) { return xs }
"""
    assert messages(program + "all([Circle {r: 1}, Square {a: 2}])\n") == []
    assert messages(program + "let xs: list<Drawable> = [Circle {r: 1}]\n") == []
    assert messages(program + "all([Circle {r: 1}, Other {a: 2}])\n") == [
        "Argument 1 ('xs'): expected list<Drawable>, got list<Circle | Other>"
    ]

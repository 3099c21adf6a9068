"""The trace of an uncaught error: every frame from the failing place outwards, whatever lies between."""

from __future__ import annotations

import os

import pytest
from support import make_test_runtime

from harnpy.vm.errors import HarnError


def trace(source, path="main.harn", pipeline=None):
    """function:line of each frame of the uncaught error, innermost first; the file too where it is not main.harn."""
    runtime = make_test_runtime(virtual_time=True)
    try:
        with pytest.raises(HarnError) as caught:
            runtime.run(runtime.compile(source, path, use_cache=False), pipeline)
    finally:
        runtime.close()
    return [
        f"{entry.function}:{entry.line}" + ("" if entry.path == path else f" {os.path.basename(entry.path)}")
        for entry in caught.value.trace
    ]


TRACES = {
    "the program itself": ("let a = 1\nthrow a", ["pipeline:2"]),
    "nested functions": (
        "fn inner() { throw 1 }\nfn outer() {\n  inner()\n}\nouter()",
        ["inner:1", "outer:3", "pipeline:5"],
    ),
    "an error of an operator": ("fn f(x) {\n  return 1 / x\n}\n\nf(0)", ["f:2", "pipeline:5"]),
    "an error of a builtin": ("fn f() {\n  send(1, 2)\n}\nf()", ["f:2", "pipeline:4"]),
    "a closure": ("let f = { x ->\n  throw x }\nf(1)", ["<closure>:2", "pipeline:3"]),
    "a method": (
        "struct S { x: int }\nimpl S {\n  fn m(self) { throw 1 }\n}\nlet s = S {x: 1}\ns.m()",
        ["S.m:3", "pipeline:6"],
    ),
    "a callback of a method": (
        "fn f(x) { throw x }\nlet ys = [1].map({ x ->\n  f(x) })",
        ["f:1", "<closure>:3", "pipeline:2"],
    ),
    "a callback of a lazy chain": (
        "let it = iter([1]).map({ x -> throw x })\n\nit.to_list()",
        ["<closure>:1", "pipeline:3"],
    ),
    "callbacks in callbacks": (
        "[1].map({ x ->\n  [2].map({ y ->\n    throw y }) })",
        ["<closure>:3", "<closure>:2", "pipeline:1"],
    ),
    "a generator, from where it is pulled": (
        "fn g() { yield 1\n  throw 2 }\nlet it = g()\nit.next()\nit.next()",
        ["g:2", "pipeline:5"],
    ),
    "a generator in a loop": ("fn g() { yield 1\n  throw 2 }\n\nfor x in g() { }", ["g:2", "pipeline:4"]),
    "a task": ("fn f() { throw 1 }\nlet h = spawn {\n  f() }\nawait(h)", ["f:1", "<spawn>:3"]),
    "parallel": ("parallel 2 { i ->\n  throw i }", ["<parallel>:2"]),
    "parallel each": ("parallel each [1] { x ->\n  throw x }", ["<parallel_each>:2"]),
    "a tail call, whose frame has gone": ("fn f() { throw 1 }\nfn g() { return f() }\ng()", ["f:1", "pipeline:3"]),
    "a default value": ("fn f(\n  x = 1 / 0) { return x }\nf()", ["f:2", "pipeline:3"]),
    "a parameter check": ('fn f(\n  x: int) { return x }\nf("a")', ["f:2", "pipeline:3"]),
    "a finally body": ("fn f() { try { } finally {\n  throw 1 } }\nf()", ["f:2", "pipeline:3"]),
    "through a finally body": (
        "fn f() { try {\n  throw 1 } finally { let x = 1 } }\ntry { f() } finally {\n  let y = 2 }",
        ["f:2", "pipeline:3"],
    ),
    "a deferred block": ("fn f() { defer {\n  throw 1 } }\nf()", ["<defer>:2", "f:1", "pipeline:3"]),
    "through a deferred block": ("fn f() { defer { let x = 1 }\n  throw 1 }\nf()", ["f:2", "pipeline:3"]),
    "the last attempt of a retry": ("fn f() { throw 1 }\nretry 3 {\n  f() }", ["f:1", "pipeline:3"]),
    "a catch that throws anew": ("fn f() { throw 1 }\ntry { f() } catch (e) {\n  throw e }", ["pipeline:3"]),
    "a catch that does not match": (
        "enum E { A }\nfn f() { throw 1 }\ntry {\n  f() } catch (e: E) { }",
        ["f:2", "pipeline:4"],
    ),
    "recursion": ("fn f(n) { if n == 0 { throw 1 }\n  f(n - 1) }\nf(2)", ["f:1", "f:2", "f:2", "pipeline:3"]),
    "a pipe": ("fn f(x) { throw x }\n1\n|> f", ["f:1", "pipeline:2"]),
    "an interpolation": ('fn f() { throw 1 }\nlet s = "a${f()}"', ["f:1", "pipeline:2"]),
    "a deadline": ("fn f() { sleep(1h) }\ndeadline 1ms {\n  f() }", ["f:1", "pipeline:3"]),
}


@pytest.mark.parametrize("place", TRACES)
def test_the_trace_of(place):
    source, expected = TRACES[place]
    assert trace(source) == expected


def test_the_entry_pipeline_is_called_pipeline():
    source = "fn f() { throw 1 }\npipeline default() {\n  f() }"
    assert trace(source) == ["f:1", "pipeline:3"]


def test_an_inherited_body_belongs_to_the_pipeline():
    source = "pipeline parent() {\n  throw 1 }\npipeline default() extends parent { }"
    assert trace(source) == ["pipeline:2"]


def test_a_function_of_another_file_names_that_file(tmp_path):
    (tmp_path / "lib.harn").write_text(
        "fn helper(x) { throw x }\npub fn api(f) {\n  return [1].map(f) }\npub fn bad() {\n  helper(1) }"
    )
    path = str(tmp_path / "main.harn")
    assert trace('import "lib"\nbad()', path) == ["helper:1 lib.harn", "bad:5 lib.harn", "pipeline:2"]
    assert trace('import "lib"\nlet x = api({ x ->\n  throw x })', path) == [
        "<closure>:3",
        "api:3 lib.harn",
        "pipeline:2",
    ]


def test_an_error_while_a_module_is_loaded_names_the_imports(tmp_path):
    (tmp_path / "inner.harn").write_text("let x = 1\nlet y = x / 0")
    (tmp_path / "outer.harn").write_text('\nimport "inner"')
    found = trace('\n\nimport "outer"', str(tmp_path / "main.harn"))
    assert found == ["pipeline:2 inner.harn", "pipeline:2 outer.harn", "pipeline:3"]


def test_two_tasks_that_await_a_failed_one_get_the_same_trace():
    source = """
let h = spawn { sleep(5)
  throw 1 }
let a = spawn { try { await(h) } }
let b = spawn { try { await(h) } }
await(a)
await(b)
fn again() { await(h) }
again()
"""
    assert trace(source) == ["<spawn>:3"]


def test_columns_point_at_the_failing_expression():
    runtime = make_test_runtime()
    with pytest.raises(HarnError) as caught:
        runtime.run(runtime.compile("let xs = [1]\nlet a = 2 + xs[3 / 0]", "t.harn", use_cache=False))
    assert (caught.value.trace[0].line, caught.value.trace[0].column) == (2, 16)


def test_an_error_deep_down_costs_only_the_frames_that_it_unwinds(monkeypatch):
    from harnpy.vm.frames import Frame

    asked = []
    where = Frame.where
    monkeypatch.setattr(Frame, "where", lambda frame: asked.append(1) or where(frame))
    source = "fn f(n) { try { throw 1 } catch (e) { if n > 0 { f(n - 1) } } }\nf(3000)"
    runtime = make_test_runtime()
    runtime.run(runtime.compile(source, "t.harn", use_cache=False))
    assert len(asked) < 10_000

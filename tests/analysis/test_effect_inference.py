"""What functions may touch: calls, closures, methods, pipes, tasks, modules, Python; what is not known, and why."""

from __future__ import annotations

import pytest
from effect_tables import inferred, reason, rows, ways

# --- calls ------------------------------------------------------------------------------------------------------------------


def test_a_function_has_the_effects_of_what_it_calls():
    source = """
fn save(path) { write_file(path, "x") }
fn publish(path) { save(path) println("saved") }
fn pure(x) { return x + 1 }
publish("a")
"""
    assert rows(source) == {
        "save": "fs.write",
        "publish": "fs.write output",
        "pure": "",
        "(top level)": "fs.write output",
    }
    assert ways(source, "publish") == {"fs.write": "publish -> save -> write_file", "output": "publish -> println"}


def test_mutual_recursion_shares_effects():
    source = """
fn even(n) { if n == 0 { return true } return odd(n - 1) }
fn odd(n) { println("odd") return even(n - 1) }
fn alone(n) { return n > 0 ? alone(n - 1) : env("HOME") }
"""
    assert rows(source) == {"even": "output", "odd": "output", "alone": "env", "(top level)": ""}


def test_a_function_that_is_never_called_costs_the_program_nothing():
    assert rows('fn save() { write_file("a", "b") }')["(top level)"] == ""


def test_a_later_function_of_the_same_name_as_a_builtin_counts_besides_it():
    # Before its declaration has run, the name is the builtin's.
    assert rows('fn go() { log("x") }\nfn log(x) { random() }')["go"] == "output random"
    assert rows('fn log(x) { random() }\nfn go() { log("x") }')["go"] == "random"


def test_a_variable_that_is_no_function_does_not_hide_one():
    assert rows("fn go(xs) { let random = 5\n return random() }")["go"] == "random"


def test_task_operations_cannot_be_shadowed():
    assert rows("fn go(h) { let await = { x -> write_file(x, x) }\n return await(h) }")["go"] == "output schedule"


def test_functions_in_functions_are_listed_with_them():
    source = 'fn outer() { fn inner() { env("X") }\n fn idle() { random() }\n inner() }'
    assert rows(source) == {"outer": "env", "outer.inner": "env", "outer.idle": "random", "(top level)": ""}


def test_the_rows_are_in_source_order_with_the_top_level_last():
    source = "struct P {}\nfn b() {}\nimpl P { fn m(self) {} }\ntool t() { 1 }\nlet c = { -> 1 }\nfn a() {}"
    assert list(rows(source)) == ["b", "P.m", "t", "c", "a", "(top level)"]


@pytest.mark.parametrize(
    "body",
    [
        'if a { env("X") } else { 1 }',
        'if a { 1 } else if b { env("X") }',
        'while a { env("X") }',
        'for x in [env("X")] { }',
        'for x in a { env("X") }',
        'for {x = env("X")} in a { }',
        'let {x = env("X")} = a',
        'match a { 1 if env("X") -> { 2 } }',
        'match a { f(env("X")) -> { 2 } }',
        'match a { _ -> { env("X") } }',
        'try { env("X") } catch (e) { }',
        'try { 1 } catch (e) { env("X") }',
        'try { 1 } finally { env("X") }',
        'let r = try { env("X") }',
        'try* env("X")',
        'defer { env("X") }',
        'mutex { env("X") }',
        'retry 2 { env("X") }',
        'guard a else { env("X") }',
        'require a, env("X")',
        'throw env("X")',
        'return env("X") ?? 1',
        'return "a ${env("X")}"',
        'return {[env("X")]: 1}',
        'return [...a, env("X")]',
        'return a[env("X")]',
        'return a[env("X"):]',
        'return 1 to env("X")',
        'return a?.m(env("X"))',
        'return f(x: env("X"))',
        "return [1].map(env)",
        "return a |> env",
        'return a |> "env"',
        'return a |> f(_, env("X"))',
        "return [1].map({ x -> env(x) })",
        'yield env("X")',
        'spawn { env("X") }',
        'parallel 2 { i -> env("X") }',
        'parallel each [env("X")] { x -> x }',
        'parallel each a with { max_concurrent: env("X") } { x -> x }',
    ],
)
def test_every_construct_passes_on_what_is_in_it(body):
    assert "env" in rows(f"fn f(x) {{ }}\nfn go(a, b) {{ {body} }}")["go"].split()


def test_deadline_and_select_wait():
    assert rows("fn go() { deadline 1s { 1 } }")["go"] == "time"
    assert rows("fn go(c) { select { x from c { 1 } timeout 1s { 2 } } }")["go"] == "schedule time"
    assert rows("fn go(c) { select { x from c { 1 } default { 2 } } }")["go"] == "schedule"


# --- function values --------------------------------------------------------------------------------------------------------


def test_a_closure_counts_where_it_is_written():
    source = 'fn apply(f) { f() }\nfn go() { apply({ -> env("X") }) }'
    assert rows(source) == {"apply": "?", "go": "env", "(top level)": ""}
    assert reason(source, "apply") == "apply: calls its parameter `f`"


def test_a_named_function_counts_where_its_name_stands():
    source = 'fn save(x) { write_file(x, x) }\nfn go(xs) { return xs.map(save) }\nfn two(xs) { let f = save\n f("a") }'
    assert rows(source)["go"] == "fs.write"
    assert rows(source)["two"] == "fs.write"


def test_a_closure_that_a_let_names_counts_where_the_name_stands():
    source = 'let save = { x -> write_file(x, x) }\nfn go() { save("a") }'
    assert rows(source) == {"save": "fs.write", "go": "fs.write", "(top level)": ""}


def test_who_gives_away_its_own_parameter_calls_it():
    source = "fn apply(f) { f() }\nfn twice(g) { apply(g) apply(g) }\nfn go(h) { twice(h) }"
    assert reason(source, "go") == "go: gives its parameter `h` to `twice`, which calls it"


def test_builtin_methods_call_the_functions_that_they_are_given():
    assert (
        reason("fn each(xs, f) { return xs.map(f) }", "each")
        == "each: gives its parameter `f` to `map`, which calls it"
    )
    assert reason("fn each(xs, f) { return xs.reduce(0, f) }", "each").endswith("to `reduce`, which calls it")
    assert rows("fn plain(xs, x) { return xs.contains(x) }")["plain"] == ""
    assert rows("fn start(xs, x) { return xs.reduce(x, { a, b -> a + b }) }")["start"] == ""


def test_a_closure_in_a_function_calls_the_parameter_of_that_function():
    assert reason("fn each(xs, f) { return xs.map({ x -> f(x) }) }", "each") == "each: calls its parameter `f`"


def test_a_known_function_for_a_parameter_leaves_nothing_open():
    source = """
fn apply(f, x) { return f(x) }
fn pure(x) { return x }
fn a() { return apply(pure, 1) }
fn b() { return apply(true ? pure : { x -> env(x) }, 1) }
fn c() { return apply(x: 1, f: pure) }
"""
    table = rows(source)
    assert (table["a"], table["b"], table["c"]) == ("", "env", "")


def test_an_unknown_function_for_a_parameter_is_said():
    source = "fn apply(f) { f() }\nfn go(fs) { apply(fs[0]) }\nfn spread(fs) { apply(...fs) }"
    assert reason(source, "go") == "go: gives a value to `apply`, which calls it"
    assert rows(source)["spread"] == "?"


def test_a_call_of_a_value_marks_all_who_reach_it():
    source = "fn make() { return { -> 1 } }\nfn go() { let f = make()\n return f() }\nfn up() { return go() }"
    assert reason(source, "go") == "go: calls `f`, a value"
    assert reason(source, "up") == "up -> go: calls `f`, a value"


def test_the_top_level_is_marked_by_no_function_that_was_written_somewhere():
    source = 'fn make() { return { -> env("X") } }\nlet f = make()\nf()'
    assert rows(source)["(top level)"] == "env"


def test_a_name_that_nothing_declares_is_said():
    assert reason("fn go() { nowhere() }", "go") == "go: calls `nowhere`, which nothing here declares"


def test_workspace_tools_write_and_start_programs():
    assert rows("fn go() { return workspace_tools() }")["go"] == "fs.read fs.write process"


# --- methods ----------------------------------------------------------------------------------------------------------------


def test_methods_are_found_by_their_name():
    source = """
struct P { x: int }
impl P { fn save(self) { write_file("p", "") } fn other(self) { self.save() } }
fn go(p) { p.save() }
fn maybe(p) { p?.other() }
"""
    table = rows(source)
    assert (table["P.other"], table["go"], table["maybe"]) == ("fs.write", "fs.write", "fs.write")
    assert ways(source, "maybe") == {"fs.write": "maybe -> P.other -> P.save -> write_file"}


def test_self_is_no_argument_of_a_method():
    source = (
        'struct P {}\nimpl P { fn run(self, f) { f() } }\nfn go(p) { p.run({ -> env("X") }) }\nfn on(p, g) { p.run(g) }'
    )
    assert rows(source)["go"] == "env"
    assert reason(source, "on") == "on: gives its parameter `g` to `P.run`, which calls it"


def test_entries_of_dicts_are_found_by_their_key():
    source = """
fn save(x) { write_file(x, x) }
let handlers = {save: save, other: { x -> random() }}
var more = {}
more.third = { -> env("X") }
fn a(x) { handlers.save(x) }
fn b(x) { handlers.other(x) }
fn c() { more.third() }
fn d(h) { h.fourth() }
"""
    table = rows(source)
    assert (table["a"], table["b"], table["c"], table["d"]) == ("fs.write", "random", "env", "?")
    assert reason(source, "d") == "d: calls the method `fourth`, which nothing here declares"


def test_enum_variants_are_no_methods():
    source = "enum E { save(x) }\nstruct P {}\nimpl P { fn save(self) { random() } }\nfn go() { return E.save(1) }"
    assert rows(source)["go"] == ""
    assert rows("enum E { V(x) }\nfn go(e) { match e { E.V(env) -> { env } } }")["go"] == ""


def test_methods_of_built_in_kinds_touch_nothing():
    assert rows('fn go(xs) { return xs.map({ x -> x }).filter({ x -> x }).join(",").split("") }')["go"] == ""


# --- pipes ------------------------------------------------------------------------------------------------------------------


def test_a_pipe_calls_its_right_side():
    source = 'fn save(x) { write_file(x, x) }\nfn go(x) { return x |> save }\nfn by_name(x) { let f = "env"\n return x |> f }'
    assert rows(source)["go"] == "fs.write"
    assert rows(source)["by_name"] == "env"


def test_a_pipe_into_an_unknown_value_may_be_anything():
    source = "fn go(x, fs) { return x |> fs[0] }\ngo(1, [])"
    assert "pipes into what an expression gives" in reason(source, "go")
    assert inferred(source).unknown is not None


def test_a_string_that_is_given_to_a_pipe_is_the_builtin_of_that_name():
    source = 'fn into(x, f) { return x |> f }\nfn a() { return into(1, "env") }\nfn b(t) { return into(1, t) }\nfn c() { return b(env) }'
    table = rows(source)
    assert (table["into"], table["a"], table["b"], table["c"]) == ("?", "env", "?", "env")
    assert inferred(f"{source}\nc()").unknown is None


# --- tools, pipelines, modules, Python --------------------------------------------------------------------------------------


def test_a_tool_counts_where_its_name_stands():
    source = 'tool look(q: string) { exec_at("/", q) }\nfn go() { return tool_list(look) }\nfn other() { return 1 }'
    assert rows(source) == {"look": "process", "go": "process", "other": "", "(top level)": ""}


def test_running_a_file_with_pipelines_runs_its_declarations_and_one_pipeline():
    source = """
let home = env("HOME")
println("never")
pipeline other(task) { random() }
pipeline default(task) extends base { timestamp() }
pipeline base(task) { sleep(1ms) }
"""
    found = inferred(source)
    assert rows(source) == {"other": "random", "default": "clock time", "base": "time", "(top level)": "env"}
    assert {effect for use in found.run for effect in use.effects} == {"env", "clock", "time"}


def test_imports_bring_functions_and_run_what_a_module_runs():
    lib = 'let x = env("X")\nprintln("never")\npub fn save(p) { helper(p) }\nfn helper(p) { write_file(p, p) }'
    source = 'import "lib"\nfn go() { save("a") }\nfn private() { helper("a") }'
    assert rows(source, lib=lib) == {"go": "fs.write", "private": "?", "(top level)": "env"}
    assert ways(source, "go", lib=lib) == {"fs.write": "go -> save -> helper -> write_file"}
    named = 'import { helper } from "lib"\nfn private() { helper("a") }'
    assert rows(named, lib=lib)["private"] == "fs.write"


def test_modules_that_import_each_other():
    source = 'import { ping } from "a"\nping(1)'
    a = 'import { pong } from "b"\npub fn ping(n) { if n > 0 { pong(n - 1) } random() }'
    b = 'import { ping } from "a"\npub fn pong(n) { ping(n - 1) timestamp() }'
    assert rows(source, a=a, b=b)["(top level)"] == "clock random"


def test_a_module_that_cannot_be_read_may_do_anything():
    found = inferred('import "gone"\nfn f() { g() }')
    assert found.unknown is not None
    assert found.unknown.end == "imports 'gone', which cannot be read"


def test_python_is_an_effect_where_it_is_imported_and_where_it_is_used():
    source = """
import "py:os" as os
import { sqrt } from "py:math"
fn a() { return os.getcwd() }
fn b() { return sqrt(2) }
fn c() { return os.path.join("a", "b") }
fn d() { return os.sep }
fn e(x) { return x.anything() }
fn f(x) { return x + 1 }
"""
    table = rows(source)
    assert [table[name] for name in "abcdef"] == ["python"] * 5 + [""]
    assert table["(top level)"] == "python"
    assert ways(source, "c") == {"python": "c -> py:os.path.join"}


# --- options ----------------------------------------------------------------------------------------------------------------


def test_files_of_requests_take_options():
    assert rows("fn go(u) { return http_get(u) }")["go"] == "net output random time"
    assert rows("fn go(u, o) { return http_get(u, o) }")["go"] == "fs.read fs.write net output random time"
    assert rows("fn go(us) { return us.map(http_get) }")["go"] == "fs.read fs.write net output random time"


def test_what_the_runtime_reads_for_itself_is_no_effect_of_the_program():
    assert rows('fn go() { return llm_call("hi") }')["go"] == "clock llm output random time"


# --- depth ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "env(1)" + ")" * 5000,
        "if a { " * 3000 + "env(1)" + " }" * 3000,
        " + ".join(["env(1)"] * 5000),
        "{ -> " * 2000 + "env(1)" + " }" * 2000,
        "f(" * 3000 + "env(1)" + ")" * 3000,
    ],
)
def test_programs_nest_as_deep_as_they_like(text):
    assert "env" in rows(f"fn f(x) {{ return x }}\nfn go(a) {{ return {text} }}")["go"].split()


def test_long_chains_of_calls():
    source = "\n".join(f"fn f{n}() {{ f{n + 1}() }}" for n in range(3000)) + "\nfn f3000() { random() }"
    assert rows(source)["f0"] == "random"

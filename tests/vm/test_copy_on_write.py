"""Collections are values: whatever a program does to one variable, no other holder sees it; and a variable that is
the only holder is changed in place, so that loops which collect take linear time."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import make_test_runtime, run_source

from harnpy.vm.registry import Declaration, make_builtin

# --- a model: Python with deep copies ------------------------------------------------------------------------------

VARIABLES = ("a", "b", "c")
LITERALS = st.recursive(
    st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=5,
)
STEPS = st.lists(st.sampled_from(["p", "q", 0, 1, -1]), min_size=1, max_size=3)
NAMES = st.sampled_from(VARIABLES)


MOST_CHARACTERS = 10_000


class Failed(Exception):
    """What a Harn error is in the model."""


def reject_giants(value):
    """Give the example up: doubling a value once for each of its items, loop after loop, would take all memory there is."""
    assume(len(shown(value)) <= MOST_CHARACTERS)


def literal(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(item)}" for key, item in value.items()) + "}"
    return str(value)


def shown(value):
    """How println shows a value: dicts by key."""
    if value is None:
        return "nil"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
    return str(value)


def place(name, steps):
    return name + "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)


def store(container, steps, value):
    step, *rest = steps
    if isinstance(container, dict):
        key = str(step)
        if rest and key not in container:
            raise Failed
    elif isinstance(container, list) and isinstance(step, int):
        key = step
        if not -len(container) <= step < len(container):
            raise Failed
    else:
        raise Failed
    if rest:
        store(container[key], rest, value)
    else:
        container[key] = value


def add(one, other):
    if type(one) is not type(other) or one is None:
        raise Failed
    return {**one, **other} if isinstance(one, dict) else one + other


class Set:
    """x.p[0] = value, where the value is a literal or another variable."""

    def __init__(self, name, steps, value):
        self.name, self.steps, self.value = name, steps, value

    def source(self, _):
        return f"{place(self.name, self.steps)} = {self.value if isinstance(self.value, str) else literal(self.value)}"

    def apply(self, state, _):
        value = copy.deepcopy(state[self.value] if isinstance(self.value, str) else self.value)
        changed = copy.deepcopy(state[self.name])
        store(changed, self.steps, value)
        state[self.name] = changed
        reject_giants(changed)


class Grow:
    """x = x + value, x += value, x = x.merge(value), x = x.push(value)."""

    def __init__(self, form, name, value):
        self.form, self.name, self.value = form, name, value

    def source(self, _):
        value = self.value if isinstance(self.value, str) else literal(self.value)
        return self.form.format(x=self.name, v=value)

    def apply(self, state, _):
        old = copy.deepcopy(state[self.name])
        value = copy.deepcopy(state[self.value] if isinstance(self.value, str) else self.value)
        if "merge" in self.form:
            state[self.name] = {**old, **(value if isinstance(value, dict) else {})} if isinstance(old, dict) else None
        elif "push" in self.form:
            state[self.name] = [*old, value] if isinstance(old, list) else None
        else:
            state[self.name] = add(old, [value] if "[{v}]" in self.form else value)
        reject_giants(state[self.name])


class Alias:
    """x = y, or x = [y], or x = {p: y}."""

    def __init__(self, form, name, other):
        self.form, self.name, self.other = form, name, other

    def source(self, _):
        return f"{self.name} = " + self.form.format(self.other)

    def apply(self, state, _):
        value = copy.deepcopy(state[self.other])
        state[self.name] = {"{}": value, "[{}]": [value], "{{p: {}}}": {"p": value}}[self.form]
        reject_giants(state[self.name])


class Keep:
    """Somebody else keeps the value: another variable, a closure, a list, a channel, a task."""

    FORMS = {
        "variable": ("let k{n} = {x}", "k{n}"),
        "closure": ("let held{n} = {x}\nlet k{n} = {{ -> held{n} }}", "k{n}()"),
        "list": ("let k{n} = [{x}, 1]", "k{n}[0]"),
        "channel": ('let k{n} = channel("k", 2)\nsend(k{n}, {x})', "receive(k{n})"),
        "task": ("let held{n} = {x}\nlet k{n} = spawn {{ held{n} }}", "await(k{n})"),
    }

    def __init__(self, form, name):
        self.form, self.name = form, name

    def source(self, number):
        return self.FORMS[self.form][0].format(n=number, x=self.name)

    def apply(self, state, number):
        state["kept", number] = copy.deepcopy(state[self.name])


class Loop:
    """for item in x { statement }, which walks over x as it was."""

    def __init__(self, name, inner):
        self.name, self.inner = name, inner

    def source(self, number):
        return f"for item in {self.name} {{ {self.inner.source(number)} }}"

    def apply(self, state, number):
        items = copy.deepcopy(state[self.name])
        for _ in items if isinstance(items, list | dict) else ():
            self.inner.apply(state, number)


GROWTHS = ["{x} = {x} + {v}", "{x} += {v}", "{x} = {x} + [{v}]", "{x} = {x}.merge({v})", "{x} = {x}.push({v})"]
SIMPLE = st.one_of(
    st.builds(Set, NAMES, STEPS, LITERALS | NAMES),
    st.builds(Grow, st.sampled_from(GROWTHS), NAMES, LITERALS | NAMES),
    st.builds(Alias, st.sampled_from(["{}", "[{}]", "{{p: {}}}"]), NAMES, NAMES),
)
STATEMENTS = st.one_of(
    SIMPLE,
    st.builds(Keep, st.sampled_from(sorted(Keep.FORMS)), NAMES),
    st.builds(Loop, NAMES, SIMPLE),
)
STARTS = st.fixed_dictionaries({name: LITERALS for name in VARIABLES})


def expected(start, statements):
    state = copy.deepcopy(start)
    for number, statement in enumerate(statements):
        try:
            statement.apply(state, number)
        except Failed:
            state["failed", number] = True
    lines = [shown(state[name]) for name in VARIABLES]
    lines += [shown(value) for key, value in state.items() if key[0] == "kept"]
    return "".join(line + "\n" for line in lines)


def body(statements):
    """The statements, each failing on its own, and printing at the end."""
    lines, kept = [], []
    for number, statement in enumerate(statements):
        if isinstance(statement, Keep):
            lines.append(statement.source(number))
            kept.append(statement.FORMS[statement.form][1].format(n=number))
        else:
            lines.append(f"try {{ {statement.source(number)} }}")
    lines += [f"println({each})" for each in (*VARIABLES, *kept)]
    return "\n".join(lines)


def declarations(start):
    return "\n".join(f"var {name} = {literal(value)}" for name, value in start.items())


PROPERTY = settings(max_examples=120, deadline=None)


@PROPERTY
@given(STARTS, st.lists(STATEMENTS, max_size=8))
def test_locals_agree_with_deep_copies(start, statements):
    wanted = expected(start, statements)  # gives up giants before they are made
    assert run_source(declarations(start) + "\n" + body(statements)) == wanted


@PROPERTY
@given(STARTS, st.lists(STATEMENTS, max_size=8))
def test_variables_shared_with_a_deferred_block_agree_with_deep_copies(start, statements):
    wanted = expected(start, statements)
    source = (
        f"fn f() {{\n{declarations(start)}\ndefer {{ if false {{ println([a, b, c]) }} }}\n{body(statements)}\n}}\nf()"
    )
    assert run_source(source) == wanted


@PROPERTY
@given(STARTS, st.lists(STATEMENTS, max_size=8))
def test_variables_of_a_module_agree_with_deep_copies(tmp_path_factory, start, statements):
    wanted = expected(start, statements)
    folder = tmp_path_factory.getbasetemp()
    (folder / "m.harn").write_text(f"{declarations(start)}\npub fn go() {{\n{body(statements)}\n}}")
    output = run_source('import { go } from "m"\ngo()', str(folder / "main.harn"))
    assert output == wanted


@PROPERTY
@given(STARTS, st.lists(STATEMENTS, max_size=6), st.lists(SIMPLE, max_size=4))
def test_a_function_that_changes_its_snapshot_changes_nothing_outside(start, statements, inner):
    wanted = expected(start, statements)
    inside = "\n".join(f"try {{ {each.source(0)} }}" for each in inner)
    source = f"{declarations(start)}\nlet f = {{ -> \n{inside}\nnil }}\nf()\nf()\n{body(statements)}"
    assert run_source(source) == wanted


@PROPERTY
@given(STARTS, st.lists(SIMPLE, max_size=4), st.lists(STATEMENTS, max_size=6))
def test_tasks_change_their_own_copies(start, inner, statements):
    inside = "\n".join(f"try {{ {each.source(0)} }}" for each in inner)
    wanted = expected(start, statements)
    source = (
        f"{declarations(start)}\nlet h = spawn {{ {inside}\nnil }}\nparallel 2 {{ i -> {inside}\nnil }}\n"
        f"{body(statements)}\nawait(h)"
    )
    assert run_source(source) == wanted


# --- copies counted ------------------------------------------------------------------------------------------------


def copies(source):
    """How often the value that `seen(v)` is given is another object than at the call before."""
    identities = []

    def seen(value=None):
        """Notes which object value is; keeps no reference."""
        identities.append(id(value))

    runtime = make_test_runtime()
    runtime.registry.define(
        make_builtin(Declaration("seen", "seen(v: any) -> nil", "", frozenset(), False, "", seen, False))
    )
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert len(identities) >= 3
    return sum(one != other for one, other in pairwise(identities))


IN_PLACE = {
    "xs = xs + [i]": "var xs = [0]",
    "xs += [i]": "var xs = [0]",
    "xs = xs.push(i)": "var xs = [0]",
    "xs[0] = i": "var xs = [0]",
    "xs[0] += i": "var xs = [0]",
    "xs = xs + {k: i}": "var xs = {}",
    'xs = xs.merge({["k${i}"]: i})': "var xs = {}",
    'xs = xs.remove("${i}")': "var xs = {a: 1}",
    "xs.k = i": "var xs = {}",
    'xs["${i}"] = i': "var xs = {}",
    "xs = [...xs, i]": "var xs = [0]",
    "xs = {...xs, k: i}": "var xs = {}",
    "xs = xs.add(i)": "var xs = set(1)",
    "xs = xs.remove(i)": "var xs = set(1)",
}


@pytest.mark.parametrize("statement", IN_PLACE)
def test_an_only_holder_is_changed_in_place(statement):
    assert copies(f"{IN_PLACE[statement]}\nfor i in 1 to 50 {{ {statement}\nseen(xs) }}") == 0


@pytest.mark.parametrize("statement", IN_PLACE)
def test_an_only_holder_in_a_function_is_changed_in_place(statement):
    source = f"fn f(n) {{ {IN_PLACE[statement]}\nfor i in 1 to n {{ {statement}\nseen(xs) }}\nreturn xs }}\nf(50)"
    assert copies(source) == 0


@pytest.mark.parametrize("statement", IN_PLACE)
def test_an_only_holder_shared_with_a_deferred_block_is_changed_in_place(statement):
    source = f"fn f() {{ {IN_PLACE[statement]}\ndefer {{ println(xs) }}\nfor i in 1 to 50 {{ {statement}\nseen(xs) }} }}\nf()"
    assert copies(source) == 0


@pytest.mark.parametrize("statement", IN_PLACE)
def test_a_second_holder_costs_one_copy(statement):
    source = (
        f"{IN_PLACE[statement]}\nseen(xs)\nlet other = xs\nfor i in 1 to 50 {{ {statement}\nseen(xs) }}\nprintln(other)"
    )
    assert copies(source) == 1


@pytest.mark.parametrize("statement", IN_PLACE)
def test_an_alias_that_has_gone_costs_nothing(statement):
    source = (
        f"{IN_PLACE[statement]}\nseen(xs)\nif true {{ let other = xs }}\nfor i in 1 to 50 {{ {statement}\nseen(xs) }}"
    )
    assert copies(source) == 0


NESTED = {
    "d.a.b[0] = i": "d.a.b",
    "d.a.b = d.a.b": "d.a",
    "d.a.n += i": "d.a",
    "d.rows[1].x = i": "d.rows[1]",
    "d.s.x = i": "d.s",
}


@pytest.mark.parametrize("statement", NESTED)
def test_a_nested_store_changes_each_level_in_place(statement):
    start = "struct S { x: int }\nvar d = {a: {b: [1, 2], n: 0}, rows: [{x: 1}, {x: 2}], s: S {x: 1}}"
    for part in ("d", NESTED[statement]):
        assert copies(f"{start}\nfor i in 1 to 20 {{ {statement}\nseen({part}) }}") == 0


def test_a_nested_store_copies_only_the_levels_that_are_shared():
    start = "var d = {a: {b: [1]}, z: {y: 1}}\nlet keep = d.a\n"
    assert copies(start + "for i in 1 to 9 { seen(d)\nd.a.b[0] = i }\nprintln(keep)") == 0
    assert copies(start + "for i in 1 to 9 { seen(d.a)\nd.a.b[0] = i }\nprintln(keep)") == 1
    assert copies(start + "for i in 1 to 9 { seen(d.z)\nd.a.b[0] = i }\nprintln(keep)") == 0


def test_a_failed_store_leaves_the_value_where_it_was():
    source = "var d = {a: {b: [1]}}\nfor i in 1 to 9 { try { d.a.b[5] = i } catch { }\nseen(d.a.b) }\nprintln(d)"
    assert copies(source) == 0
    assert (
        run_source("var d = {a: {b: [1]}}\ntry { d.a.b[5] = 2 }\ntry { d.a.b.c.d = 2 }\nprintln(d)")
        == "{a: {b: [1]}}\n"
    )


def test_text_that_grows_is_not_copied_at_each_step():
    """CPython moves a growing string now and then; a copy a step would move it nearly always."""
    source = 'var s = "x"\nfor i in 1 to 2000 { s = s + "0123456789"\nseen(s) }'
    assert copies(source) < 1000


def test_a_loop_walks_over_the_value_as_it_was():
    assert run_source("var xs = [1, 2]\nfor x in xs { xs = xs + [x * 10] }\nprintln(xs)") == "[1, 2, 10, 20]\n"
    assert run_source("var d = {a: 1}\nfor e in d { d[e.key + e.key] = 2 }\nprintln(d)") == "{a: 1, aa: 2}\n"
    assert run_source("var s = set(1)\nfor x in s { s = s.add(x + 1) }\nprintln(len(s))") == "2\n"


def test_a_value_may_be_stored_into_itself():
    assert run_source("var d = {a: 1}\nd.self = d\nd.self.a = 2\nprintln(d)") == "{a: 1, self: {a: 2}}\n"
    assert (
        run_source("var xs = [1]\nxs = xs + xs\nxs += xs\nxs = xs + [xs]\nprintln(xs)")
        == "[1, 1, 1, 1, [1, 1, 1, 1]]\n"
    )
    assert run_source("var d = {a: 1}\nd = d.merge(d)\nd = d + d\nprintln(d)") == "{a: 1}\n"


def test_a_global_list_stays_what_it_was():
    runtime = make_test_runtime()
    runtime.globals["argv"] = ["x"]
    runtime.run(runtime.compile('var a = argv\na = a + ["y"]\na[0] = 1\nprintln([a, argv])', "t.harn", use_cache=False))
    assert runtime.world.output == "[[1, y], [x]]\n"


def test_arguments_stay_what_they_were():
    source = "fn f(xs) { var ys = xs\nys = ys + [2]\nys[0] = 9\nreturn ys }\nlet a = [1]\nprintln([f(a), f(a), a])"
    assert run_source(source) == "[[9, 2], [9, 2], [1]]\n"


def test_constants_are_fresh_at_each_evaluation():
    source = "fn f() { var xs = [1]\nxs = xs + [2]\nxs[0] = 5\nreturn xs }\nprintln([f(), f()])"
    assert run_source(source) == "[[5, 2], [5, 2]]\n"

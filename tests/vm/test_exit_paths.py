"""finally, catch, defer, retry, deadline, mutex, loops and calls in every combination, compared with Python.

A program is generated as a tree and written twice: as Harn, and as Python whose own try/finally is the oracle. Both
log each step that they take; the logs have to be the same.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from virtual_runs import run_virtually

# --- the tree ------------------------------------------------------------------------------------------------------
# A node is (kind, *parts). Leaves: ("log",), ("throw",), ("error",), ("return",), ("break",), ("continue",),
# ("question",). Inner nodes hold bodies, which are lists of nodes.

LEAVES = st.sampled_from(["log", "log", "throw", "error", "return", "break", "continue", "question", "starred"]).map(
    lambda kind: (kind,)
)


def inner(children):
    body = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("finally"), body, body),
        st.tuples(st.just("catch"), body, body),
        st.tuples(st.just("catch finally"), body, body, body),
        st.tuples(st.just("typed catch"), body, body),
        st.tuples(st.just("result"), body),
        st.tuples(st.just("defer"), st.just([("log",)])),
        st.tuples(st.just("throwing defer"), st.just([("log",)])),
        st.tuples(st.just("retry"), body),
        st.tuples(st.just("deadline"), body),
        st.tuples(st.just("mutex"), body),
        st.tuples(st.just("if"), body),
        st.tuples(st.just("match"), body),
        st.tuples(st.just("for"), body),
        st.tuples(st.just("while"), body),
        st.tuples(st.just("call"), body),
        st.tuples(st.just("closure"), body),
        st.tuples(st.just("map"), body),
        st.tuples(st.just("select"), body),
        st.tuples(st.just("spawn"), body),
    )


BODIES = st.lists(st.recursive(LEAVES, inner, max_leaves=12), min_size=1, max_size=4)


class Numbers:
    def __init__(self):
        self.next = 0

    def __call__(self):
        self.next += 1
        return self.next


# --- as Harn -------------------------------------------------------------------------------------------------------


def harn_body(nodes, number, in_loop):
    return "\n".join(harn(node, number, in_loop) for node in nodes)


def harn(node, number, in_loop):
    kind, *parts = node
    n = number()
    note = f'send(steps, "{n}")'

    def body(index, loop=in_loop):
        return harn_body(parts[index], number, loop)

    match kind:
        case "log":
            return note
        case "throw":
            return f'{note}\nthrow "t{n}"'
        case "error":
            return f"{note}\n1 / 0"
        case "return":
            return f"{note}\nreturn {n}"
        case "question":
            return f"{note}\nErr({n})?"
        case "starred":
            return f"{note}\ntry* fail({n})"
        case "break" | "continue":
            return f"{note}\n{kind}" if in_loop else note
        case "finally":
            return f"try {{ {body(0)} }} finally {{ {note}\n{body(1)} }}"
        case "catch":
            return f'try {{ {body(0)} }} catch (e{n}) {{ send(steps, "{n}: ${{e{n}}}")\n{body(1)} }}'
        case "catch finally":
            return (
                f'try {{ {body(0)} }} catch (e{n}) {{ send(steps, "{n}: ${{e{n}}}")\n{body(1)} }} '
                f"finally {{ {note}\n{body(2)} }}"
            )
        case "typed catch":
            return f"try {{ {body(0)} }} catch (e{n}: Never) {{ {note}\n{body(1)} }}"
        case "result":
            return f'let r{n} = try {{ {body(0)}\n"value" }}\nsend(steps, "${{r{n}}}")'
        case "defer":
            return f"defer {{ {body(0, False)} }}"
        case "throwing defer":
            return f'defer {{ {body(0, False)}\nthrow "d{n}" }}'
        case "retry":
            return f"retry 2 {{ {body(0)} }}"
        case "deadline":
            return f"deadline 1h {{ {body(0)} }}"
        case "mutex":
            return f"mutex {{ {body(0)} }}"
        case "if":
            return f"if true {{ {body(0)} }}"
        case "match":
            return f"match {n} {{ {n} -> {{ {body(0)} }} _ -> {{ }} }}"
        case "for":
            return f"for i{n} in 0 to 2 exclusive {{ {note}\n{body(0, True)} }}"
        case "while":
            return f"var w{n} = 0\nwhile w{n} < 2 {{ w{n} = w{n} + 1\n{note}\n{body(0, True)} }}"
        case "call":
            return f'fn f{n}() {{ {body(0, False)} }}\nsend(steps, "${{f{n}()}}")'
        case "closure":
            return f'let f{n} = {{ -> {body(0, False)}\nnil }}\nsend(steps, "${{f{n}()}}")'
        case "map":
            return f'send(steps, "${{[1, 2].map({{ x -> {body(0, False)}\nnil }})}}")'
        case "select":
            return f"select {{ timeout 0 {{ {body(0)} }} }}"
        case "spawn":
            return f'let h{n} = spawn {{ {body(0, False)}\nnil }}\nsend(steps, "${{await(h{n})}}")'
    raise AssertionError(kind)


def harn_program(nodes):
    return f"""
enum Never {{ Ever }}
let steps = channel("steps", 10000)
fn fail(n) {{ throw "s${{n}}" }}
fn program() {{
{harn_body(nodes, Numbers(), False)}
}}
let result = try {{ program() }}
send(steps, "${{result}}")
mutex {{ send(steps, "free") }}
sleep(2h)
close_channel(steps)
for step in steps {{ println(step) }}
"""


# --- as Python -----------------------------------------------------------------------------------------------------


class HarnFailure(Exception):
    pass


class Leave(Exception):
    """A way out of a body that is not an error: return, break or continue. Python's finally sees it as any exit."""

    def __init__(self, kind, value=None):
        self.kind, self.value = kind, value


class Oracle:
    def __init__(self):
        self.steps = []
        self.number = Numbers()
        self.numbers = {}

    def count(self, nodes):
        """Number the nodes in the order in which they are written."""
        for node in nodes:
            self.numbers[id(node)] = self.number()
            for part in node[1:]:
                self.count(part)

    def function(self, nodes):
        """Run a function body: its value."""
        with ExitStack() as defers:
            try:
                self.body(nodes, defers, False)
            except Leave as leave:
                if leave.kind != "return":
                    raise
                return leave.value
        return "nil"

    def body(self, nodes, defers, in_loop):
        for node in nodes:
            self.run(node, defers, in_loop)

    def run(self, node, defers, in_loop):
        kind, *parts = node
        n = self.numbers[id(node)]

        def body(index, loop=in_loop):
            self.body(parts[index], defers, loop)

        match kind:
            case "log":
                self.steps.append(f"{n}")
            case "throw" | "starred":
                self.steps.append(f"{n}")
                raise HarnFailure(f"{kind[0]}{n}")
            case "error":
                self.steps.append(f"{n}")
                raise HarnFailure("Division by zero")
            case "return":
                self.steps.append(f"{n}")
                raise Leave("return", f"{n}")
            case "question":
                self.steps.append(f"{n}")
                raise Leave("return", f"Result.Err({n})")
            case "break" | "continue":
                self.steps.append(f"{n}")
                if in_loop:
                    raise Leave(kind)
            case "finally":
                try:
                    body(0)
                finally:
                    self.steps.append(f"{n}")
                    body(1)
            case "catch":
                try:
                    body(0)
                except HarnFailure as error:
                    self.steps.append(f"{n}: {error}")
                    body(1)
            case "catch finally":
                try:
                    try:
                        body(0)
                    except HarnFailure as error:
                        self.steps.append(f"{n}: {error}")
                        body(1)
                finally:
                    self.steps.append(f"{n}")
                    body(2)
            case "result":
                try:
                    body(0)
                    self.steps.append("Result.Ok(value)")
                except HarnFailure as error:
                    self.steps.append(f"Result.Err({error})")
            case "defer":
                defers.callback(self.body, parts[0], defers, False)
            case "throwing defer":
                defers.callback(self.throwing, parts[0], defers, n)
            case "retry":
                try:
                    body(0)
                except HarnFailure:
                    body(0)
            case "typed catch" | "deadline" | "mutex" | "if" | "match" | "select":
                body(0)
            case "for" | "while":
                for _ in range(2):
                    self.steps.append(f"{n}")
                    try:
                        body(0, True)
                    except Leave as leave:
                        if leave.kind == "break":
                            break
                        if leave.kind == "return":
                            raise
            case "call" | "closure" | "spawn":
                self.steps.append(self.function(parts[0]))
            case "map":
                self.steps.append(f"[{self.function(parts[0])}, {self.function(parts[0])}]")
            case _:
                raise AssertionError(kind)

    def throwing(self, nodes, defers, n):
        self.body(nodes, defers, False)
        raise HarnFailure(f"d{n}")


def expected(nodes):
    oracle = Oracle()
    oracle.count(nodes)
    try:
        oracle.steps.append(f"Result.Ok({oracle.function(nodes)})")
    except HarnFailure as error:
        oracle.steps.append(f"Result.Err({error})")
    return [*oracle.steps, "free"]


def agree(nodes):
    assert run_virtually(harn_program(nodes)).splitlines() == expected(nodes)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODIES)
def test_generated_programs_take_the_same_steps_as_python(nodes):
    agree(fresh(nodes))


# --- every kind of exit through every pair of constructs -----------------------------------------------------------

EXITS = ["log", "throw", "error", "return", "break", "continue", "question", "starred"]
AROUND = {
    "finally": lambda body: ("finally", body, [("log",)]),
    "returning finally": lambda body: ("finally", body, [("return",)]),
    "throwing finally": lambda body: ("finally", body, [("throw",)]),
    "breaking finally": lambda body: ("finally", body, [("break",)]),
    "catch": lambda body: ("catch", body, [("log",)]),
    "rethrowing catch": lambda body: ("catch", body, [("throw",)]),
    "returning catch": lambda body: ("catch", body, [("return",)]),
    "catch finally": lambda body: ("catch finally", body, [("throw",)], [("log",)]),
    "typed catch": lambda body: ("typed catch", body, [("log",)]),
    "result": lambda body: ("result", body),
    "retry": lambda body: ("retry", body),
    "deadline": lambda body: ("deadline", body),
    "mutex": lambda body: ("mutex", body),
    "loop": lambda body: ("for", body),
    "while": lambda body: ("while", body),
    "call": lambda body: ("call", [("defer", [("log",)]), *body]),
    "throwing defer": lambda body: ("call", [("throwing defer", [("log",)]), *body]),
    "closure": lambda body: ("closure", body),
    "map": lambda body: ("map", body),
    "spawn": lambda body: ("spawn", [("defer", [("log",)]), *body]),
    "match": lambda body: ("match", body),
    "select": lambda body: ("select", body),
}


def fresh(node):
    """A copy whose every node is an object of its own, since nodes are numbered by identity."""
    if isinstance(node, tuple):
        return tuple([node[0], *map(fresh, node[1:])])
    return [fresh(each) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("exit", EXITS)
def test_an_exit_through_two_constructs_in_a_loop(exit, around):
    for inside in AROUND.values():
        tree = [
            ("for", [("log",), AROUND[around]([inside([("log",), (exit,), ("log",)]), ("log",)]), ("log",)]),
            ("log",),
        ]
        agree(fresh(tree))


def test_generators_run_their_cleanup_when_they_go_on():
    source = """
fn g() { defer { println("deferred") }
  for i in 0 to 3 {
    try { if i == 1 { continue }
      if i == 2 { return 9 }
      yield i } finally { println("left ${i}") } } }
for x in g() { println(x) }
"""
    assert run_virtually(source) == "0\nleft 0\nleft 1\nleft 2\ndeferred\n"


def test_an_error_in_a_generator_reaches_who_pulls_after_its_cleanup():
    source = """
fn g() { try { yield 1
  throw "bad" } finally { println("cleanup") } }
let it = g()
try { for x in it { println(x) } } catch (e) { println(e) }
println(it.next())
"""
    assert run_virtually(source) == "1\ncleanup\nbad\n{done: true, value: nil}\n"

"""One seam: builtins touch the world through effects that they declare, and effects have the same names in every run."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path

import pytest
from effect_walk import effects_reached, modules_below, source_of
from support import make_test_runtime

from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.compose import make_registry
from harnpy.vm.clock import VirtualClock
from harnpy.vm.effects import EFFECTS, Repeat, operation, operation_of
from harnpy.vm.errors import ExitProgram, HarnError, thrown
from harnpy.vm.registry import declarations_of
from harnpy.vm.world import World

BUILTIN_FILES = modules_below("harnpy.builtins")
FAMILIES = sorted({*BUILTIN_MODULES.values(), *(name for names in METHOD_MODULES.values() for name in names)})

# --- the source of the builtins ------------------------------------------------------------------------------------

# Python modules by which one gets at the world.
WORLDLY = (
    {"os", "time", "random", "subprocess", "socket", "shutil", "pathlib", "tempfile", "io", "sys", "uuid", "secrets"}
    | {"glob", "threading", "asyncio", "multiprocessing", "signal", "platform", "locale", "getpass", "ssl", "http"}
    | {"urllib", "httpx", "aiohttp", "logging", "ctypes", "fcntl", "select", "selectors", "pty", "curses", "readline"}
    | {"webbrowser", "sqlite3", "mmap", "dbm", "fileinput", "linecache"}
)
# datetime computes with dates and knows the clock only by now() and today().
CLOCK_METHODS = frozenset({"now", "today", "utcnow", "fromtimestamp"})
WORLDLY_FUNCTIONS = frozenset({"open", "print", "input", "exec", "eval", "breakpoint", "__import__"})


@pytest.mark.parametrize("module", BUILTIN_FILES)
def test_builtins_import_nothing_that_touches_the_world(module):
    assert {name.partition(".")[0] for name in source_of(module).imports} & WORLDLY == set()


@pytest.mark.parametrize("module", BUILTIN_FILES)
def test_builtins_call_no_function_that_touches_the_world(module):
    # A family may define a builtin of that name (print, input); only calls of Python's own count.
    source = source_of(module)
    assert source.calls & WORLDLY_FUNCTIONS - set(source.functions) - set(source.names) == set()


@pytest.mark.parametrize("module", BUILTIN_FILES)
def test_builtins_do_not_ask_python_for_the_time(module):
    source = source_of(module)
    asked = {
        node.func.attr
        for function in source.functions.values()
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id in ("datetime", "date")
    }
    assert asked & CLOCK_METHODS <= {"fromtimestamp"}  # a pure conversion when it is given a zone


def declarations():
    for family in FAMILIES:
        for declaration in declarations_of(importlib.import_module(family)):
            yield family, declaration


DECLARATIONS = sorted(declarations(), key=lambda pair: (pair[0], pair[1].receiver, pair[1].name))


def test_only_known_effects_are_declared():
    for _, declaration in DECLARATIONS:
        assert declaration.effects <= EFFECTS, declaration.name


def test_pure_builtins_have_no_effects():
    for _, declaration in DECLARATIONS:
        assert not (declaration.pure and declaration.effects), declaration.name


@pytest.mark.parametrize("family", [name for name in FAMILIES if name.startswith("harnpy.builtins.")])
def test_builtins_declare_every_effect_that_they_may_have(family):
    undeclared = {
        declaration.name: missing
        for own, declaration in DECLARATIONS
        if own == family
        if (missing := effects_reached(family, declaration.fn.__name__) - declaration.effects)
    }
    assert undeclared == {}


def test_the_walk_finds_effects_behind_several_calls():
    assert effects_reached("harnpy.builtins.files", "append_file") >= {"fs.write"}
    assert effects_reached("harnpy.builtins.output", "print_line") == {"output"}
    assert effects_reached("harnpy.builtins.concurrency", "sleep") == {"time"}
    assert effects_reached("harnpy.builtins.concurrency", "select_list") >= {"schedule"}


def test_every_method_of_the_world_is_an_operation():
    # They only attend the operations.
    plain = {"clock", "end_programs", "flush", "kill_programs", "reading", "status", "stop_reading"}
    methods = {name for name in vars(World) if not name.startswith("_")}
    assert {name for name in methods - plain if not hasattr(getattr(World, name), "__harn_operation__")} == set()


def test_only_marked_functions_pass_the_seam():
    runtime = make_test_runtime()
    with pytest.raises(AttributeError):
        runtime.main_fiber().effect(len, "abc")


# --- programs run --------------------------------------------------------------------------------------------------


class Recorder:
    """Keeps every effect with its result; results of operations on fibers and channels are not data."""

    def __init__(self):
        self.calls = []
        self.results = {}

    def handle(self, call, proceed):
        self.calls.append(call)
        result = proceed()
        self.results[call.key] = result
        return result


class Replayer:
    """Gives the recorded results; nothing reaches the world but output, and waiting takes no time."""

    def __init__(self, results):
        self.results = dict(results)

    def handle(self, call, proceed):
        if call.operation.effect in ("output", "time", "schedule"):
            return proceed()
        return self.results.pop(call.key)


class HastyClock(VirtualClock):
    """Goes on a little whenever it is looked at, so that deadlines reach busy loops too."""

    def monotonic(self):
        self.now += 0.01
        return self.now


LANGUAGE = Path(__file__).parent.parent / "lang"
PROGRAMS = sorted(
    path
    for folder in ("builtins", "concurrency", "system")
    for path in (LANGUAGE / folder).rglob("*.harn")
    if path.is_file()
)


def test_programs_of_the_language_suite_have_only_the_effects_their_builtins_declare():
    wrong, seen = set(), Counter()
    for path in PROGRAMS[::3]:
        registry = make_registry()
        tables = [registry.get(name) for name in registry.names]
        tables += [each for kind in METHOD_MODULES for each in registry.methods(kind).values()]
        declared = {}
        for each in tables:
            declared.setdefault(each.name, set()).update(each.effects)
            each.effects = each.effects or frozenset({"none declared"})  # so that the seam always learns the name
        runtime = make_test_runtime(virtual_time=True)
        runtime.registry = registry
        runtime.world.clock = runtime.scheduler.clock = HastyClock()
        runtime.scheduler.clock.is_idle = lambda queue=runtime.scheduler._queue: not queue

        class Check:
            def handle(self, call, proceed, declared=declared):
                seen[call.operation.effect] += 1
                if call.builtin and call.operation.effect not in declared.get(call.builtin, ()):
                    wrong.add((call.builtin, call.operation.effect))
                return proceed()

        runtime.seam.attach(Check())
        fiber = runtime.main_fiber
        runtime.main_fiber = lambda fiber=fiber: _with_deadline(fiber())
        try:
            runtime.run(runtime.compile(path.read_bytes(), str(path), use_cache=False))
        except (HarnError, ExitProgram):
            pass
        except Exception as error:
            if type(error).__name__ not in ("HarnSyntaxError", "CompileError"):
                raise
        finally:
            runtime.close()
    assert wrong == set()
    assert {"output", "time", "schedule", "clock"} <= set(seen)


def _with_deadline(fiber):
    fiber.enter_deadline(86_400_000)
    return fiber


PROGRAM = """
fn work(name, first, second) {
  sleep(first)
  let id = random_int(0, 1000000)
  println("${name} ${id} ${timestamp()}")
  for i in 1 to 2 { sleep(second)
    println("${name} ${i} ${random_int(0, 1000000)}") }
  let h = spawn { sleep(first)
    random_int(0, 1000000) }
  return [id, await(h)]
}
let delays = DELAYS
let results = parallel 3 { i -> work("task ${i}", delays[i][0], delays[i][1]) }
let settled = parallel settle [0, 1] with { max_concurrent: 1 } { i -> work("more ${i}", delays[i][1], 1) }
let s = spawn { work("spawned", delays[2][1], 1) }
println([results, settled, await(s), uuid()])
"""


def run_with(handler, source, virtual_time=True):
    runtime = make_test_runtime(virtual_time)
    runtime.seam.attach(handler)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output


def keys(recorder, effects=("random", "clock", "time", "output")):
    return Counter(
        (call.key, call.operation.name, call.builtin) for call in recorder.calls if call.operation.effect in effects
    )


INTERLEAVINGS = ["[[5, 1], [1, 9], [3, 3]]", "[[1, 7], [8, 2], [1, 1]]", "[[2, 2], [2, 2], [2, 2]]"]


def test_effects_have_the_same_keys_whatever_the_interleaving():
    found = []
    for delays in INTERLEAVINGS:
        recorder = Recorder()
        run_with(recorder, PROGRAM.replace("DELAYS", delays))
        found.append(keys(recorder))
    assert found[0] == found[1] == found[2]


def test_no_two_effects_of_a_run_have_the_same_key():
    recorder = Recorder()
    run_with(recorder, PROGRAM.replace("DELAYS", INTERLEAVINGS[0]))
    assert max(Counter(call.key for call in recorder.calls).values()) == 1


@pytest.mark.parametrize("delays", INTERLEAVINGS)
def test_replaying_recorded_results_reproduces_the_output(delays):
    recorder = Recorder()
    source = PROGRAM.replace("DELAYS", delays)
    output = run_with(recorder, source)
    assert run_with(Recorder(), source) != output
    assert run_with(Replayer(recorder.results), source) == output


def test_results_recorded_under_one_interleaving_fit_another():
    recorder = Recorder()
    output = run_with(recorder, PROGRAM.replace("DELAYS", INTERLEAVINGS[0]))
    replayed = run_with(Replayer(recorder.results), PROGRAM.replace("DELAYS", INTERLEAVINGS[1]))
    assert replayed.splitlines()[-1] == output.splitlines()[-1]


def test_the_key_is_path_site_and_count():
    recorder = Recorder()
    run_with(
        recorder,
        "for i in 1 to 2 { timestamp() }\nlet xs = parallel 2 { i -> timestamp() }\nlet h = spawn { timestamp() }\nawait(h)",
    )
    found = [
        (call.fiber_path, call.site.line, call.count) for call in recorder.calls if call.operation.effect == "clock"
    ]
    assert sorted(found) == [((), 1, 0), ((), 1, 1), ((0,), 2, 0), ((1,), 2, 0), ((2,), 3, 0)]


def test_a_call_says_what_is_done_by_whom_and_with_what():
    recorder = Recorder()
    run_with(recorder, "\n  let x = random_int(3, 3)")
    (call,) = [call for call in recorder.calls if call.operation.effect == "random"]
    assert (call.builtin, call.operation.name, call.args) == ("random_int", "random_int", (3, 3))
    assert (call.site.path, call.site.line) == ("program.harn", 2)


def test_effects_inside_callbacks_belong_to_the_line_of_the_callback():
    recorder = Recorder()
    run_with(recorder, "let xs = [1, 2].map({ x ->\n  timestamp() })")
    found = [(call.site.line, call.count) for call in recorder.calls if call.operation.effect == "clock"]
    assert found == [(2, 0), (2, 1)]


def test_a_policy_may_refuse_and_the_program_may_catch_that():
    class Refuse:
        def handle(self, call, proceed):
            if call.operation.effect == "random":
                raise _refusal(call)
            return proceed()

    output = run_with(Refuse(), "println(try { random() } catch (e) { e })")
    assert output == "no random here\n"


def _refusal(call):
    return thrown(f"no {call.operation.effect} here")


def test_handlers_stand_around_each_other_in_the_order_of_attaching():
    order = []

    class Named:
        def __init__(self, name):
            self.name = name

        def handle(self, call, proceed):
            order.append(f"{self.name} in")
            result = proceed()
            order.append(f"{self.name} out")
            return result

    runtime = make_test_runtime()
    one, two = Named("one"), Named("two")
    runtime.seam.attach(one)
    runtime.seam.attach(two)
    runtime.run(runtime.compile("random()", "t.harn", use_cache=False))
    assert order == ["one in", "two in", "two out", "one out"]
    runtime.seam.detach(one)
    order.clear()
    runtime.run(runtime.compile("random()", "t.harn", use_cache=False))
    assert order == ["two in", "two out"]


@pytest.mark.parametrize(
    ("repeat", "repeatable"), [(Repeat.PURE, True), (Repeat.IDEMPOTENT, True), (Repeat.COMMITTED, False)]
)
def test_a_failed_operation_says_whether_it_may_be_repeated(repeat, repeatable):
    @operation("net", repeat)
    def fail():
        raise _refusal(type("Call", (), {"operation": operation_of(fail)}))

    runtime = make_test_runtime()
    with pytest.raises(HarnError) as caught:
        runtime.main_fiber().effect(fail)
    assert (caught.value.begun, caught.value.repeatable) == (True, repeatable)


def test_an_operation_that_is_a_coroutine_lets_other_tasks_run():
    source = 'let h = spawn { println("task")\n1 }\nsleep(5)\nprintln("main")\nawait(h)'
    assert run_with(Recorder(), source) == "main\ntask\n"

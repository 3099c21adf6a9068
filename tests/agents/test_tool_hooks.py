"""Tool hooks as programs register them: which calls they deny, what they leave of results, and how long they live."""

from __future__ import annotations

import pytest
from support import make_test_runtime

from harnpy.agents.hooks import denial, shortened
from harnpy.llm.microcompact import compact_text
from harnpy.vm.fiber import Fiber
from harnpy.vm.runtime import Runtime

LONG = "\n".join(f"line {number}" for number in range(500))


@pytest.fixture
def runtime() -> Runtime:
    return make_test_runtime()


def registering(runtime: Runtime, source: str) -> Fiber:
    """A fiber of the runtime after a program has run."""
    runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    return runtime.main_fiber()


def test_the_first_hook_that_denies_gives_the_reason(runtime: Runtime) -> None:
    fiber = registering(
        runtime,
        """
register_tool_hook({pattern: "read*", max_output: 300})
register_tool_hook({pattern: "exec*", deny: "first"})
register_tool_hook({pattern: "*", deny: "second"})
""",
    )
    assert denial(fiber, "exec_at") == "first"
    assert denial(fiber, "read") == "second"


def test_without_a_pattern_a_hook_is_for_every_tool(runtime: Runtime) -> None:
    fiber = registering(runtime, 'register_tool_hook({deny: "closed"})')
    assert denial(fiber, "anything") == "closed"


def test_reasons_and_patterns_are_taken_as_text(runtime: Runtime) -> None:
    fiber = registering(runtime, "register_tool_hook({pattern: 5, deny: 7})")
    assert denial(fiber, "5") == "7"
    assert denial(fiber, "6") is None


@pytest.mark.parametrize(
    "argument", ["", "nil", '"*"', "5", "[]", "{}", "{deny: nil, max_output: nil}", '{max_output: "9"}']
)
def test_some_hooks_have_no_effect(argument: str, runtime: Runtime) -> None:
    fiber = registering(runtime, f"register_tool_hook({argument})")
    assert denial(fiber, "read") is None
    assert shortened(fiber, "read", LONG) == LONG


def test_results_are_shortened_by_all_hooks_in_turn(runtime: Runtime) -> None:
    fiber = registering(
        runtime,
        """
register_tool_hook({pattern: "run", max_output: 1000})
register_tool_hook({pattern: "*", max_output: 400})
register_tool_hook({pattern: "run", max_output: 199})
register_tool_hook({pattern: "run", max_output: -1})
""",
    )
    assert shortened(fiber, "run", LONG) == compact_text(compact_text(LONG, 1000), 400)
    assert shortened(fiber, "other", LONG) == compact_text(LONG, 400)
    assert len(shortened(fiber, "run", LONG)) < len(LONG)
    assert shortened(fiber, "run", "short") == "short"


def test_hooks_are_cleared_all_at_once(runtime: Runtime) -> None:
    fiber = registering(runtime, 'register_tool_hook({deny: "a"})\nregister_tool_hook({deny: "b"})\nclear_tool_hooks()')
    assert denial(fiber, "read") is None


def test_runtimes_do_not_share_hooks(runtime: Runtime) -> None:
    registering(runtime, 'register_tool_hook({deny: "a"})')
    assert denial(make_test_runtime().main_fiber(), "read") is None

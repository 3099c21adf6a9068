"""The policy denies builtins by name, in both tiers; methods are never denied."""

from __future__ import annotations

import pytest

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit.tier import JitTier
from harnpy.vm.errors import Category, HarnError
from harnpy.vm.runtime import Runtime

TIERS = pytest.mark.parametrize("translated", [False, True], ids=["interpreted", "translated"])
DENIED = frozenset({"trim", "contains", "keys"})


def output_of(source: str, translated: bool) -> str:
    world = CapturingWorld()
    runtime = Runtime(make_registry(), world=world, denied=DENIED)
    if translated:
        runtime.tier = JitTier(runtime, eager=True)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    return world.output


@TIERS
def test_a_method_may_be_called_although_a_builtin_of_its_name_is_denied(translated: bool) -> None:
    source = 'let d = {a: 1}\nprintln([" x ".trim(), [1].contains(1), d.keys(), d?.keys(), " y ".trim(...[])])'
    assert output_of(source, translated) == "[x, true, [a], [a], y]\n"


@TIERS
@pytest.mark.parametrize(
    "call", ['trim(" x ")', '[" x "].map(trim)', '" x " |> trim', '{f: trim}.f(" x ")', 'trim(...[" x "])']
)
def test_a_denied_builtin_is_refused_however_it_is_reached(call: str, translated: bool) -> None:
    with pytest.raises(HarnError) as refused:
        output_of(f"println({call})", translated)
    assert refused.value.category is Category.TOOL_REJECTED
    assert refused.value.message == "Tool 'trim' is not permitted."

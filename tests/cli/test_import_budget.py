"""What a start may load. A module costs a start as much as hundreds of lines of a program, so each one has to be named.

Whoever adds one to the list has measured it with `bench/startup.py`.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from harn_process import environment, write
from support import HANG_SECONDS

# What a second run of a hello loads, besides what Python itself has loaded when it begins.
WARM = frozenset(
    [
        "__future__",
        "gc",
        "_blake2",
        "_collections",
        "_functools",
        "itertools",
        "resource",
        "harnpy",
        "harnpy.digest",
        "harnpy.records",
        "harnpy.builtins",
        "harnpy.builtins.arguments",
        "harnpy.builtins.output",
        "harnpy.bytecode",
        "harnpy.bytecode.cache",
        "harnpy.bytecode.chunk",
        "harnpy.bytecode.constant_kinds",
        "harnpy.bytecode.errors",
        "harnpy.bytecode.opcodes",
        "harnpy.bytecode.serial",
        "harnpy.bytecode.slots",
        "harnpy.bytecode.verifier",
        "harnpy.cli",
        "harnpy.cli.arguments",
        "harnpy.cli.catalog",
        "harnpy.cli.compose",
        "harnpy.cli.main",
        "harnpy.cli.run",
        "harnpy.cli.stop_signals",
        "harnpy.jit",
        "harnpy.jit.heat",
        "harnpy.stack_room",
        "harnpy.vm",
        "harnpy.vm.calls",
        "harnpy.vm.clock",
        "harnpy.vm.directories",
        "harnpy.vm.display",
        "harnpy.vm.effects",
        "harnpy.vm.errors",
        "harnpy.vm.fiber",
        "harnpy.vm.field_types",
        "harnpy.vm.frames",
        "harnpy.vm.generators",
        "harnpy.vm.instructions",
        "harnpy.vm.instructions.calls",
        "harnpy.vm.instructions.flow",
        "harnpy.vm.instructions.operands",
        "harnpy.vm.instructions.signals",
        "harnpy.vm.instructions.variables",
        "harnpy.vm.interpreter",
        "harnpy.vm.iteration",
        "harnpy.vm.linker",
        "harnpy.vm.modules",
        "harnpy.vm.mutex",
        "harnpy.vm.output",
        "harnpy.vm.registry",
        "harnpy.vm.runtime",
        "harnpy.vm.scheduler",
        "harnpy.vm.span_log",
        "harnpy.vm.stack_walk",
        "harnpy.vm.values",
        "harnpy.vm.world",
    ]
)

# What compiling a hello must not load, with all that is below these.
TOO_MUCH_TO_COMPILE = [
    "argparse",
    "asyncio",
    "dataclasses",
    "decimal",
    "greenlet",
    "hashlib",
    "importlib",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "pickle",
    "random",
    "regex",
    "shutil",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "typing",
    "lark",
    "harnpy.jit.tier",
    "harnpy.llm",
    "harnpy.syntax.grammar",
    "harnpy.syntax.expectations",
    "harnpy.vm.schema",
]

MAIN = "from harnpy.cli.main import main; main()"


@pytest.fixture
def hello(tmp_path):
    return str(write(tmp_path, "hello.harn", 'println("hello")'))


def test_a_warm_start_loads_only_what_is_on_the_list(tmp_path, hello):
    run(hello, tmp_path)
    imported = run(hello, tmp_path)
    assert {f"{name}, for {importer}" for name, importer in imported.items() if name not in WARM} == set()
    assert WARM - imported.keys() == set(), "these can leave the list"


def test_a_cold_start_loads_no_library_but_for_regular_expressions(tmp_path, hello):
    run(hello, tmp_path / "first")  # makes the parser tables, if there are none
    imported = run(hello, tmp_path / "second")
    assert "harnpy.syntax.parser" in imported
    assert {
        f"{name}, for {importer}"
        for name, importer in imported.items()
        if any(f"{name}.".startswith(f"{each}.") for each in TOO_MUCH_TO_COMPILE)
    } == set()


def run(script, cache):
    """Run a script as the command does: the modules that it loads, each with the one that asked for it first."""
    variables = environment(HARN_CACHE_DIR=str(cache))
    own = importers([sys.executable, "-X", "importtime", "-c", "pass"], variables)
    imported = importers([sys.executable, "-X", "importtime", "-c", MAIN, "run", script], variables)
    return {name: importer for name, importer in imported.items() if name not in own}


def importers(command, variables):
    """The modules that a command loads, each with the module whose loading caused that."""
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=HANG_SECONDS, check=True)
    found, waiting = {}, []
    # A module stands behind those that it has loaded, two blanks further to the left.
    for line in done.stderr.splitlines():
        if not line.startswith("import time:"):
            continue
        shown = line.rpartition("| ")[2]
        name = shown.strip()
        depth = (len(shown) - len(name)) // 2
        while waiting and waiting[-1][0] > depth:
            found[waiting.pop()[1]] = name
        waiting.append((depth, name))
    return found | {name: "the program" for _, name in waiting}

"""The on-disk cache: what is compiled once is not compiled again, and no file in it can do harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import HANG_SECONDS

import harnpy
from harnpy.bytecode import cache as cache_module
from harnpy.bytecode.assembler import assemble
from harnpy.bytecode.cache import BytecodeCache, cache_directory
from harnpy.bytecode.serial import MAGIC, serialize
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, Edit
from harnpy.syntax.parser import parse_program

NAMES = ("len", "println")
SOURCE = b"fn f(x) { return x + 1 }\nprintln(f(41))\n"
# A small program that only computes and prints may not drag these in once it is compiled.
HEAVY = (
    {"lark", "asyncio", "greenlet", "httpx", "aiohttp", "httpx_sse", "prompt_toolkit", "pygments", "yaml"}
    | {"jsonschema", "regex", "tomlkit", "json", "subprocess", "socket", "ssl", "logging", "argparse", "pathlib"}
    | {"harnpy.syntax", "harnpy.bytecode.assembler", "harnpy.llm", "harnpy.cli.check"}
)


def module_of(source=SOURCE, mode="entry", path="a.harn"):
    return assemble(parse_program(source, path), path, mode, frozenset(NAMES))


def filled(directory, source=SOURCE):
    cache = BytecodeCache(str(directory), NAMES)
    cache.save(source, module_of(source))
    return cache


def test_what_was_saved_is_found(tmp_path):
    cache = filled(tmp_path / "new" / "directory")
    assert cache.load(SOURCE, "entry", "a.harn") == module_of()


def test_a_found_module_has_the_path_that_is_asked_for(tmp_path):
    assert filled(tmp_path).load(SOURCE, "entry", "other/b.harn").path == "other/b.harn"


def test_nothing_is_found_for_another_source_mode_or_set_of_builtins(tmp_path):
    cache = filled(tmp_path)
    assert cache.load(SOURCE + b"\n", "entry", "a.harn") is None
    assert cache.load(SOURCE, "module", "a.harn") is None
    assert BytecodeCache(str(tmp_path), [*NAMES, "f"]).load(SOURCE, "entry", "a.harn") is None
    assert BytecodeCache(str(tmp_path), reversed(NAMES)).load(SOURCE, "entry", "a.harn") is not None


def test_nothing_is_found_by_another_version_or_compiler(tmp_path, monkeypatch):
    filled(tmp_path)
    monkeypatch.setattr(cache_module, "__version__", "0.0.0")
    assert BytecodeCache(str(tmp_path), NAMES).load(SOURCE, "entry", "a.harn") is None
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "_compiler_state", lambda: "other")
    assert BytecodeCache(str(tmp_path), NAMES).load(SOURCE, "entry", "a.harn") is None


def test_nothing_is_found_by_another_format_or_other_checks(tmp_path, monkeypatch):
    filled(tmp_path)
    monkeypatch.setattr(cache_module, "MAGIC", MAGIC + b"next")
    assert not os.path.exists(BytecodeCache(str(tmp_path), NAMES).path_of(SOURCE, "entry"))
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "CHECKS_VERSION", cache_module.CHECKS_VERSION + 1)
    assert not os.path.exists(BytecodeCache(str(tmp_path), NAMES).path_of(SOURCE, "entry"))
    monkeypatch.undo()
    assert os.path.exists(BytecodeCache(str(tmp_path), NAMES).path_of(SOURCE, "entry"))


FINDING = Diagnostic("warning", "ä", Span(1, 2, 3, 4, 5), None, "help", "a-code", (Edit(1, 2, "x"), Edit(7, 7, "")))


@pytest.mark.parametrize(
    "findings", [None, (), (FINDING,), (FINDING, Diagnostic("warning", "b", Span(0, 0, 1, 1, 1), "here"))]
)
def test_what_was_found_is_kept_with_the_module(tmp_path, findings):
    module = assemble(parse_program(SOURCE, "a.harn"), "a.harn", "entry", frozenset(NAMES), findings)
    cache = BytecodeCache(str(tmp_path), NAMES)
    cache.save(SOURCE, module)
    found = cache.load(SOURCE, "entry", "a.harn")
    assert (found, found.findings) == (module, findings)


@pytest.mark.parametrize(
    "name",
    [
        *("bytecode/verifier.py", "analysis/suggest.py", "syntax/ast.py", "grammar/harn.lark"),
        *("analysis/checker/check.py", "analysis/types/assignability.py", "analysis/rules/type_rules.py"),
    ],
)
def test_the_state_of_the_compiler_covers_its_files(name):
    assert f"/{name} " in cache_module._compiler_state()


DAMAGES = {
    "empty": lambda data: b"",
    "foreign": lambda data: b"#!/bin/sh\necho harm\n" * 20,
    "cut": lambda data: data[: len(data) // 2],
    "one byte changed": lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
    "one byte more": lambda data: data + b"\0",
    "of another format": lambda data: MAGIC[:6] + bytes([MAGIC[6] + 1]) + data[7:],
    "of another mode": lambda data: serialize(module_of(mode="module")),
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda name: name.replace(" ", "_"))
def test_a_damaged_file_is_ignored_and_written_anew(tmp_path, damage):
    cache = filled(tmp_path)
    file = Path(cache.path_of(SOURCE, "entry"))
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert cache.load(SOURCE, "entry", "a.harn") is None
    cache.save(SOURCE, module_of())
    assert cache.load(SOURCE, "entry", "a.harn") == module_of()


def test_a_directory_in_place_of_the_file_is_ignored(tmp_path):
    cache = filled(tmp_path)
    file = Path(cache.path_of(SOURCE, "entry"))
    file.unlink()
    (file / "inner").mkdir(parents=True)
    assert cache.load(SOURCE, "entry", "a.harn") is None
    cache.save(SOURCE, module_of())
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_file_in_place_of_the_directory_is_no_error(tmp_path):
    blocker = tmp_path / "cache"
    blocker.write_text("in the way")
    cache = filled(blocker)
    assert cache.load(SOURCE, "entry", "a.harn") is None
    assert blocker.read_text() == "in the way"


def test_saving_leaves_no_temporary_files(tmp_path):
    cache = filled(tmp_path)
    assert [str(path) for path in tmp_path.iterdir()] == [cache.path_of(SOURCE, "entry")]


def test_a_new_directory_is_for_its_owner_alone(tmp_path):
    filled(tmp_path / "cache")
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("HARN_CACHE_DIR", "/somewhere")
    assert cache_directory() == "/somewhere"
    monkeypatch.delenv("HARN_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_directory() == "/xdg/harnpy/bytecode"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_directory() == "/home/somebody/.cache/harnpy/bytecode"


# --- whole processes -----------------------------------------------------------------------------------------------

REPORT = "import sys, harnpy.cli.main as m; status = m.main(sys.argv[1:]); print(status, *sorted(sys.modules))"


def run_reporting_modules(program, cache):
    """Run a program as the command does; what it printed and the modules that were loaded by then."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARN_")}
    environment |= {"HARN_CACHE_DIR": str(cache), "PYTHONPATH": str(Path(harnpy.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT, "run", str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=True,
    )
    *output, report = done.stdout.splitlines()
    status, *modules = report.split()
    assert (status, done.stderr) == ("0", "")
    return output, set(modules)


def heavy(modules):
    return [name for name in modules if any(name == each or name.startswith(each + ".") for each in HEAVY)]


def test_a_second_run_compiles_nothing(tmp_path):
    program = tmp_path / "a.harn"
    (tmp_path / "lib.harn").write_text("pub fn twice(x) { return x * 2 }")
    program.write_text('import "lib"\nfn f(x: int) { return twice(x) }\nprintln(f(21))')
    cold, modules = run_reporting_modules(program, tmp_path / "cache")
    assert "harnpy.bytecode.assembler" in modules
    warm, modules = run_reporting_modules(program, tmp_path / "cache")
    assert cold == warm == ["42"]
    assert heavy(modules) == []


def test_a_warm_empty_program_loads_nothing_heavy(tmp_path):
    program = tmp_path / "empty.harn"
    program.write_text("")
    run_reporting_modules(program, tmp_path / "cache")
    output, modules = run_reporting_modules(program, tmp_path / "cache")
    assert output == []
    assert heavy(modules) == []
    assert not [name for name in modules if name.startswith("harnpy.builtins.")]


def test_a_changed_program_is_compiled_again(tmp_path):
    program = tmp_path / "a.harn"
    program.write_text("println(1)")
    assert run_reporting_modules(program, tmp_path / "cache")[0] == ["1"]
    program.write_text("println(2)")
    assert run_reporting_modules(program, tmp_path / "cache")[0] == ["2"]


def test_damaged_files_of_a_whole_cache_are_rebuilt(tmp_path):
    program = tmp_path / "a.harn"
    program.write_text("println(1)")
    run_reporting_modules(program, tmp_path / "cache")
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert run_reporting_modules(program, tmp_path / "cache")[0] == ["1"]
    assert heavy(run_reporting_modules(program, tmp_path / "cache")[1]) == []


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    program = tmp_path / "a.harn"
    program.write_text("println(1)")
    blocker = tmp_path / "cache"
    blocker.write_text("a file")
    assert run_reporting_modules(program, blocker)[0] == ["1"]
    assert run_reporting_modules(program, "/proc/harnpy-cannot-be-here")[0] == ["1"]

"""The passes of `harn check`: their order, their options, what is kept between runs, and what broken files still tell."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from harn_process import environment, harn, write
from support import HANG_SECONDS

from harnpy.cli.harn_files import harn_paths

CLEAN = "println(1)\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    # HARN_ variables do not reach the processes of these tests, so the directory is given to each of them.
    return {"HARN_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def check(tmp_path, own_cache):
    """Run the command in a directory of its own: status, output, and the headlines on stderr."""

    def run(*words):
        ended = harn("check", *words, cwd=tmp_path, **own_cache)
        heads = [line for line in ended.errors.splitlines() if line.startswith(("error: ", "warning: "))]
        return ended.status, ended.output, heads

    return run


# --- order and options ------------------------------------------------------------------------------------------------


def test_types_come_first_then_lint_then_preflight(tmp_path, check):
    write(tmp_path, "a.harn", 'import "gone"\n\nlet _n: int = "x"\n\nlet unused = 1\n\nexec_at("nowhere", "ls")\n')
    status, output, heads = check("a.harn")
    assert (status, output) == (1, "")
    assert heads == [
        "error: '_n' declared as int, but assigned string",
        "warning: variable `unused` is declared but never used",
        "error: preflight: unresolved import 'gone'",
        "error: preflight: execution directory 'nowhere' does not exist at nowhere",
    ]


def test_warnings_alone_are_no_failure_unless_the_project_is_strict(tmp_path, check):
    write(tmp_path, "a.harn", "let unused = 1\n")
    heads = ["warning: variable `unused` is declared but never used"]
    assert check("a.harn") == (0, "", heads)
    write(tmp_path, "harn.toml", "[check]\nstrict = true\n")
    assert check("a.harn") == (1, "", heads)


def test_rules_that_the_project_switches_off_say_nothing(tmp_path, check):
    write(tmp_path, "a.harn", "let unused = 1\n")
    write(tmp_path, "harn.toml", '[check]\ndisable_rules = ["unused-variable", "no-such-rule"]\n')
    assert check("a.harn") == (0, "a.harn: ok\n", [])
    # What is off for `harn lint` only is on here.
    write(tmp_path, "harn.toml", '[lint]\ndisabled = ["unused-variable"]\nrequire_file_header = true\n')
    assert check("a.harn")[2] == ["warning: variable `unused` is declared but never used"]


@pytest.mark.parametrize("by", ["flag", "manifest"])
def test_strict_types_are_an_option(tmp_path, check, by):
    write(tmp_path, "a.harn", "fn _f(text) {\n  let data = json_parse(text)\n  println(data.name)\n}\n")
    quiet = [head for head in check("a.harn")[2] if "unvalidated" in head]
    assert quiet == []
    if by == "manifest":
        write(tmp_path, "harn.toml", "[check]\nstrict_types = true\n")
    _, _, heads = check(*["--strict-types"] * (by == "flag"), "a.harn")
    assert "warning: Accessing property on unvalidated value 'data' from `json_parse`" in heads


def test_functions_that_another_target_imports_are_used(tmp_path, check):
    write(tmp_path, "lib.harn", "fn helper() { return 1 }\n")
    write(tmp_path, "a.harn", 'import { helper } from "lib"\n\nprintln(helper())\n')
    assert check("lib.harn") == (0, "", ["warning: function `helper` is declared but never used"])
    assert check(".") == (0, "a.harn: ok\nlib.harn: ok\n", [])
    assert check("lib.harn")[2] == ["warning: function `helper` is declared but never used"]


def test_what_the_linter_says_is_not_said_again_by_the_compiler(tmp_path, check):
    write(tmp_path, "a.harn", "println(1)\nbreak\n")
    status, _, heads = check("a.harn")
    assert status == 1
    assert [head for head in heads if head.startswith("error")] == ["error: `break` used outside of a loop"]
    write(tmp_path, "harn.toml", '[check]\ndisable_rules = ["break-outside-loop"]\n')
    assert check("a.harn") == (1, "", ["error: compile error: Compile error at line 2: break outside of loop"])


# --- what is kept -----------------------------------------------------------------------------------------------------

REPORT = """
import sys
from harnpy.cli.main import main
status = main(sys.argv[1:])
print("loaded:", *sorted(name for name in sys.modules if name.startswith("harnpy.")))
"""


@pytest.fixture
def modules(tmp_path, own_cache):
    """Run the command; the modules that were loaded for it."""

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-c", REPORT, "check", *words],
            cwd=tmp_path,
            env=environment(**own_cache),
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=True,
        )
        return set(done.stdout.splitlines()[-1].split()[1:])

    return run


EXAMINERS = {"harnpy.syntax.parser", "harnpy.analysis.checker.check", "harnpy.analysis.lint.lint"}
EXAMINERS |= {"harnpy.bytecode.assembler", "harnpy.vm.runtime"}


def test_an_unchanged_file_is_not_looked_into_again(tmp_path, check, modules):
    write(tmp_path, "lib.harn", "/** One. */\npub fn one() {\n  return 1\n}\n")
    write(tmp_path, "a.harn", 'import "lib"\n\nlet unused = one()\n')
    first = check("a.harn")
    assert first == (0, "", ["warning: variable `unused` is declared but never used"])
    assert EXAMINERS.isdisjoint(modules("a.harn"))
    assert check("a.harn") == first


def test_what_the_world_says_is_asked_anew(tmp_path, check, modules):
    lib = write(tmp_path, "lib.harn", "pub fn one() { return 1 }\n")
    (tmp_path / "place").mkdir()
    write(tmp_path, "a.harn", 'import "lib"\n\nexec_at("place", "ls")\nprintln(one())\n')
    assert check("a.harn") == (0, "a.harn: ok\n", [])
    (tmp_path / "place").rmdir()
    assert check("a.harn")[2] == ["error: preflight: execution directory 'place' does not exist at place"]
    lib.unlink()
    assert check("a.harn")[2][0] == "error: preflight: unresolved import 'lib'"
    assert EXAMINERS.isdisjoint(modules("a.harn"))


def test_whether_a_function_with_attributes_is_imported_elsewhere_is_seen(tmp_path, check):
    write(tmp_path, "a.harn", '@deprecated(since: "1.0")\nfn old() {\n  return 1\n}\n')
    write(tmp_path, "b.harn", 'import { old } from "a"\n\nprintln(old)\n')
    unused = "warning: function `old` is declared but never used"
    assert check("a.harn")[2] == [unused]
    assert check("a.harn", "b.harn") == (0, "a.harn: ok\nb.harn: ok\n", [])
    assert check("a.harn")[2] == [unused]


def test_a_changed_import_is_seen(tmp_path, check):
    write(tmp_path, "one.harn", "pub fn run() { }\n")
    write(tmp_path, "two.harn", "pub fn walk() { }\n")
    write(tmp_path, "a.harn", 'import "one"\nimport "two"\n\nrun()\nwalk()\n')
    assert check("a.harn")[0] == 0
    write(tmp_path, "two.harn", "pub fn walk() { }\n\npub fn run() { }\n")
    assert [head for head in check("a.harn")[2] if "collision" in head]
    write(tmp_path, "two.harn", "pub fn walk( { }\n")
    status, _, heads = check("a.harn")
    assert status == 1
    assert heads[-1].startswith("error: Expected ")


def test_every_option_has_its_own_verdict(tmp_path, check):
    write(tmp_path, "a.harn", "fn _f(text) {\n  let data = json_parse(text)\n  println(data.name)\n}\n")
    for _ in range(2):
        plain, strict = check("a.harn")[2], check("a.harn", "--strict-types")[2]
        assert len(strict) == len(plain) + 1
        assert check("a.harn", "--preflight", "off")[2] == plain


def test_a_changed_file_is_looked_into(tmp_path, check):
    for source, expected in ((CLEAN, []), ('let _n: int = "x"\n', 1), (CLEAN, [])):
        write(tmp_path, "a.harn", source)
        assert check("a.harn")[0] == (1 if expected else 0)


def test_a_kept_verdict_is_not_for_other_imports(tmp_path, check):
    write(tmp_path, "a.harn", "/** A. */\npub fn outer() {\n  fn inner() {\n  }\n}\n")
    write(tmp_path, "b.harn", 'import { inner } from "lib"\n\nlog(inner())\n')
    finding = "warning: function `inner` is declared but never used"
    assert finding in check("a.harn")[2]
    assert finding not in check("a.harn", "b.harn")[2]
    assert finding in check("a.harn")[2]


def test_damaged_files_of_the_cache_are_made_anew(tmp_path, check, modules):
    write(tmp_path, "a.harn", "let unused = 1\n")
    expected = check("a.harn")
    kept = list((tmp_path / "cache").glob("*.hck"))
    assert kept
    for damage in (lambda data: data[:-3], lambda data: b"", lambda data: data[:-2] + b"[]", lambda data: b"x" * 40):
        for file in kept:
            file.write_bytes(damage(file.read_bytes()))
        assert check("a.harn") == expected
    assert EXAMINERS.isdisjoint(modules("a.harn"))


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    write(tmp_path, "a.harn", CLEAN)
    blocker = write(tmp_path, "file", "in the way")
    ended = harn("check", "a.harn", cwd=tmp_path, HARN_CACHE_DIR=str(blocker))
    assert (ended.status, ended.output, ended.errors) == (0, "a.harn: ok\n", "")


# --- corrections ------------------------------------------------------------------------------------------------------


def test_fixes_are_written_and_what_remains_is_reported(tmp_path, check):
    file = write(tmp_path, "a.harn", "let unused = 1\n\nfn _f(x) {\n  return 2\n}\n")
    status, output, heads = check("--fix", "a.harn")
    assert (status, output) == (0, "a.harn: applied 1 fix(es)\n")
    assert heads == ["warning: parameter `x` is declared but never used"]
    assert file.read_text() == "let _unused = 1\n\nfn _f(x) {\n  return 2\n}\n"
    assert check("--fix", "a.harn") == (0, "", heads)


def test_a_file_that_is_all_right_once_it_is_mended_is_ok(tmp_path, check):
    write(tmp_path, "a.harn", "let unused = 1\n")
    assert check("--fix", "a.harn") == (0, "a.harn: applied 1 fix(es)\na.harn: ok\n", [])


def test_what_is_said_of_a_second_name_is_about_the_fixed_file(tmp_path, check):
    write(tmp_path, "a.harn", "let x = 1\n\nprintln(x == true)\n")
    (tmp_path / "b.harn").symlink_to("a.harn")
    assert check("--fix", ".") == (0, "a.harn: applied 1 fix(es)\na.harn: ok\nb.harn: ok\n", [])


def test_directories_that_cannot_be_listed_are_named(tmp_path):
    write(tmp_path, "a.harn", CLEAN)
    gone, unreadable = str(tmp_path / "gone"), []
    assert harn_paths(tmp_path, unreadable) == [str(tmp_path / "a.harn")]
    assert harn_paths(gone, unreadable) == []
    assert unreadable == [gone]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_directory_that_cannot_be_listed_is_a_failure(tmp_path, own_cache):
    write(tmp_path, "src/a.harn", CLEAN)
    write(tmp_path, "src/closed/b.harn", CLEAN)
    (tmp_path / "src/closed").chmod(0)
    try:
        for command in ("check", "lint", "fmt"):
            ended = harn(command, "src", cwd=tmp_path, **own_cache)
            assert ended.status == 1
            assert "Error reading src/closed: Permission denied (os error 13)\n" in ended.errors
    finally:
        (tmp_path / "src/closed").chmod(0o755)


def test_type_errors_are_mended_as_well(tmp_path, check):
    file = write(tmp_path, "a.harn", 'println("n = " + 1)\n')
    assert check("a.harn") == (1, "", ["error: can't add string and int"])
    assert check("--fix", "a.harn") == (0, "a.harn: applied 1 fix(es)\na.harn: ok\n", [])
    assert file.read_text() == 'println("n = ${1}")\n'


def test_a_byte_order_mark_a_link_and_permissions_survive(tmp_path, check):
    real = write(tmp_path, "real.harn", '\ufefflet unused = "ä" // ö\r\nlet other = 2\r\n')
    real.write_bytes('\ufefflet unused = "ä" // ö\r\n\r\nlet other = 2\r\n'.encode())
    real.chmod(0o640)
    (tmp_path / "a.harn").symlink_to("real.harn")
    assert check("--fix", "a.harn")[0] == 0
    assert real.read_bytes() == '\ufefflet _unused = "ä" // ö\r\n\r\nlet _other = 2\r\n'.encode()
    assert (tmp_path / "a.harn").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def test_nothing_is_written_without_the_flag(tmp_path, check):
    file = write(tmp_path, "a.harn", "let unused = 1\n")
    check("a.harn")
    assert file.read_text() == "let unused = 1\n"


# --- files in the middle of typing ------------------------------------------------------------------------------------


def test_what_is_whole_in_a_broken_file_is_still_checked(tmp_path, check):
    source = """\
import { clamp } from "std/math"

fn broken(a: int) {
  let q = area(
}

fn wrong() -> int {
  return "no"
}

let unused = 3
let used_by_what_is_missing = 4

println(wrong(), used_by_what_is_missing +
"""
    write(tmp_path, "a.harn", source)
    status, output, heads = check("a.harn")
    assert (status, output) == (1, "")
    assert heads == [
        "error: Expected expression, got } at 5:1",
        "error: Unexpected end of file, expected expression",
        "error: return type doesn't match: expected int, got string",
        "warning: variable `unused` is declared but never used",
        "warning: imported name `clamp` is never used",
    ]


@pytest.mark.parametrize(
    "source",
    [
        # Each whole part would be reported if the rest were not there.
        "let a = 1\nprintln(a +\n",
        "fn helper() { return 1 }\n\nfn main() {\n  return helper(\n}\n",
        'import { clamp } from "std/math"\n\nlet x = clamp(1,\n',
        "println(later())\n\nfn later() {\n  return (1\n}\n",
        'println(from_elsewhere())\n\nimport "lib/elsew\n',
        "type Id = string | \n\nfn take(id: Id) { return id }\n\nprintln(take(5))\n",
        "type Id = string |\n\ntype Key = Id\n\nfn take(key: Key) { return key }\n\nprintln(take(5))\n",
        "struct Point { x: int, y:  }\n\nlet _p = Point {x: 1}\n",
        "enum Kind { A, B, \n\nfn show(kind: Kind) {\n  return match kind { Kind.A -> { 1 } }\n}\n\nprintln(show(1))\n",
        "var count = 0\n\nfn bump() {\n  count = count +\n}\n\nprintln(count)\n",
        'let name = 1\n\nlet text = "hello ${name\n',
        "fn f() {\n  if true {\n    return 1\n\nfn g() { return f() }\n\nprintln(g())\n",
        "fn f(x) {\n  return x.\n}\n",
        "",
        "}",
    ],
)
def test_nothing_is_reported_that_only_follows_from_an_error(tmp_path, check, source):
    write(tmp_path, "a.harn", source)
    _, _, heads = check("a.harn")
    follow_ups = [
        head for head in heads if not head.startswith(("error: Expected ", "error: Unexpected ", "error: Unterm"))
    ]
    layout = ("warning: top-level items should", "warning: block is empty")
    assert [head for head in follow_ups if not head.startswith(layout)] == []


def test_of_a_text_that_is_no_utf_8_the_rest_is_checked(tmp_path, check):
    (tmp_path / "a.harn").write_bytes(b"let unused = 1\n\xff\n")
    message = "error: Invalid UTF-8 byte 0xFF at 2:1"
    assert check("a.harn") == (1, "", [message, "warning: variable `unused` is declared but never used"])


# --- the files that a program imports ---------------------------------------------------------------------------------


def test_modules_that_import_each_other_are_fine(tmp_path, check):
    write(
        tmp_path,
        "a.harn",
        'import "b"\n\n/** A. */\npub fn fa() {\n  return "a"\n}\n\n/** Both. */\npub fn both() {\n  return fb()\n}\n',
    )
    write(tmp_path, "b.harn", 'import "a"\n\n/** B. */\npub fn fb() {\n  return fa()\n}\n')
    write(tmp_path, "main.harn", 'import "a"\n\nprintln(both())\n')
    assert check(".") == (0, "a.harn: ok\nb.harn: ok\nmain.harn: ok\n", [])
    assert harn("run", "main.harn", cwd=tmp_path).output == "a\n"


CYCLE = {
    "a.harn": 'import "b"\npub fn fa() { return "a" + fb() }\n',
    "b.harn": 'import "a"\nlet greeting = fa()\npub fn fb() { return greeting }\n',
    "main.harn": 'import "a"\n\nprintln(fa())\n',
}


def test_a_call_that_a_cycle_makes_too_early_is_reported_where_it_is(tmp_path, check):
    for name, source in CYCLE.items():
        write(tmp_path, name, source)
    message = "warning: preflight: 'fa' is called before 'a', which imports this file, has been loaded"
    assert check("main.harn") == (0, "", [message])
    # And that is what happens.
    ended = harn("run", "main.harn", cwd=tmp_path)
    assert ended.errors.startswith("error: Runtime error: Undefined builtin: fa")
    write(tmp_path, "b.harn", CYCLE["b.harn"].replace("fa()", "{ -> fa() }"))
    assert check("main.harn") == (0, "main.harn: ok\n", [])
    assert check("main.harn", "--preflight", "off") == (0, "main.harn: ok\n", [])


def test_whoever_is_loaded_first_decides_whether_a_call_is_too_early(tmp_path, check):
    for name, source in CYCLE.items():
        write(tmp_path, name, source)
    write(tmp_path, "a.harn", 'import "b"\npub fn fa() { return "a" }\n')
    write(tmp_path, "main.harn", 'import "b"\n\nprintln(fb())\n')
    assert check("main.harn") == (0, "main.harn: ok\n", [])
    assert harn("run", "main.harn", cwd=tmp_path).output == "a\n"


def test_a_web_of_imports_is_walked_once(tmp_path, check):
    count = 60
    for number in range(count):
        others = "".join(f'import "m{other}"\n' for other in range(count) if other != number)
        write(tmp_path, f"m{number}.harn", f'{others}import "gone{number}"\npub fn f{number}() {{ return 1 }}\n')
    write(tmp_path, "main.harn", 'import "m0"\n\nprintln(f0())\n')
    status, _, heads = check("main.harn")
    assert status == 1
    assert sorted(heads) == sorted(f"error: preflight: unresolved import 'gone{number}'" for number in range(count))


def test_a_long_chain_of_imports_costs_no_recursion(tmp_path, check):
    count = 1200
    for number in range(count):
        write(tmp_path, f"lib/m{number}.harn", f'import "m{number + 1}"\npub fn f{number}() {{ return 1 }}\n')
    write(tmp_path, f"lib/m{count}.harn", 'import "gone"\npub fn last() { return 1 }\n')
    write(tmp_path, "main.harn", 'import "lib/m0"\n\nprintln(f0())\n')
    for words in ((), ("--json",)):
        status, output, heads = check("main.harn", *words)
        assert status == 1
        assert "unresolved import 'gone'" in output + "".join(heads)


# --- depth ------------------------------------------------------------------------------------------------------------


def test_programs_nested_beyond_measure_are_checked_or_passed_over(tmp_path, check):
    depth = 3000
    write(tmp_path, "a.harn", f"let _x = {'(' * depth}1{')' * depth}\n\nlet _y = {'[' * depth}{']' * depth}\n")
    assert check("a.harn") == (0, "a.harn: ok\n", [])
    write(tmp_path, "b.harn", "fn _f() {\n" + "if true {\n" * depth + "println(1)\n" + "}\n" * depth + "}\n")
    status, _, heads = check("b.harn")
    assert status in (0, 1)
    assert not [head for head in heads if "ecursion" in head or "internal" in head]

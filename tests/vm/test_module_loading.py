"""Modules: where a path leads, loaded once, in order, with the line of the import in every error."""

from __future__ import annotations

import os

import pytest
from support import make_test_runtime

from harnpy.vm.errors import HarnError
from harnpy.vm.module_paths import resolve, standard_module


@pytest.fixture
def files(tmp_path):
    def write(**sources):
        for name, text in sources.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name(path.name + ".harn")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def run(folder, source, name="main.harn"):
    runtime = make_test_runtime(virtual_time=True)
    try:
        runtime.run(runtime.compile(source, str(folder / name), use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output


def failure(folder, source):
    with pytest.raises(HarnError) as caught:
        run(folder, source)
    return caught.value


# --- resolution ----------------------------------------------------------------------------------------------------


def place(root, *parts, text=""):
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("present", "path", "found"),
    [
        (["a.harn"], "a", "a.harn"),
        (["a.harn"], "a.harn", "a.harn"),
        (["a", "a.harn"], "a", "a"),
        (["lib/a.harn"], "lib/a", "lib/a.harn"),
        (["a.harn", ".harn/packages/a/lib.harn"], "a", "a.harn"),
        ([".harn/packages/a/lib.harn"], "a", ".harn/packages/a/lib.harn"),
        ([".harn/packages/a.harn"], "a", ".harn/packages/a.harn"),
        ([".harn/packages/a/sub.harn"], "a/sub", ".harn/packages/a/sub.harn"),
        ([".harn/packages/a/other.harn"], "a", ".harn/packages/a"),
        (["v1.harn"], "v1.2", "v1.2"),
        ([], "none", "none.harn"),
        ([], "none.txt", "none.txt"),
    ],
)
def test_resolution(tmp_path, present, path, found):
    place(tmp_path, "harn.toml")
    for each in present:
        place(tmp_path, *each.split("/"))
    assert os.path.normpath(resolve(path, str(tmp_path))) == str(tmp_path / found)


def test_packages_are_looked_up_in_every_directory_up_to_the_project_root(tmp_path):
    place(tmp_path, ".harn", "packages", "far", "lib.harn")
    place(tmp_path, "project", "harn.toml")
    near = place(tmp_path, "project", ".harn", "packages", "near", "lib.harn")
    deep = tmp_path / "project" / "src" / "inner"
    deep.mkdir(parents=True)
    assert resolve("near", str(deep)) == str(near)
    assert resolve("far", str(deep)) == str(deep / "far.harn")


def test_a_package_beside_the_importer_wins_over_one_further_up(tmp_path):
    place(tmp_path, "harn.toml")
    place(tmp_path, ".harn", "packages", "p.harn")
    own = place(tmp_path, "src", ".harn", "packages", "p.harn")
    assert resolve("p", str(tmp_path / "src")) == str(own)


def test_an_absolute_path_stands_alone(tmp_path):
    file = place(tmp_path, "x.harn", text="pub fn f() { return 1 }")
    other = tmp_path / "elsewhere"
    other.mkdir()
    assert run(other, f'import "{file}"\nprintln(f())') == "1\n"


@pytest.mark.parametrize("name", ["async", "nothing", "../async", "async.harn", "", "a/b", "Async "])
def test_standard_modules_are_those_of_the_distribution(name):
    found = standard_module(name)
    assert (found is not None) == (name == "async")


def test_nothing_on_disk_overrides_or_adds_a_standard_module(tmp_path):
    for folder in (tmp_path, tmp_path / ".harn" / "packages"):
        place(folder, "std", "async.harn", text="pub fn retry_until(a, b) { return 1 }")
        place(folder, "std", "mine.harn", text="pub fn mine() { return 1 }")
    assert (
        run(tmp_path, 'import { retry_until } from "std/async"\nprintln(retry_until(1, { -> 7 }))') == "Result.Ok(7)\n"
    )
    assert failure(tmp_path, 'import "std/mine"').text == "Runtime error: Unknown stdlib module: std/mine"


# --- loading once --------------------------------------------------------------------------------------------------


def test_a_module_is_initialized_once_however_often_it_is_imported(files):
    folder = files(
        once='let x = log_init()\nfn log_init() { println("init")\nreturn 1 }\npub fn one() { return x }',
        a='import { one } from "once"\npub fn a() { return one() }',
        b='import { one } from "./once.harn"\npub fn b() { return one() }',
    )
    (folder / "link.harn").symlink_to(folder / "once.harn")
    source = (
        'import "a"\nimport "b"\nimport { one } from "link"\nimport { one } from "../'
        + folder.name
        + '/once"\nprintln(a() + b() + one())'
    )
    assert run(folder, source) == "init\n3\n"


def test_state_is_one_for_all_importers_and_tasks(files):
    folder = files(
        counter="var hits = []\npub fn hit(x) { hits = hits + [x]\nreturn len(hits) }\npub fn all() { return hits }",
        other='import { hit } from "counter"\npub fn through(x) { return hit(x) }',
    )
    source = 'import "counter"\nimport "other"\nhit(1)\nthrough(2)\nparallel 2 { i -> hit(i + 3) }\nprintln(all())'
    assert run(folder, source) == "[1, 2, 3, 4]\n"


def test_two_runs_do_not_share_state(files):
    folder = files(counter="var hits = 0\npub fn hit() { hits = hits + 1\nreturn hits }")
    for _ in range(2):
        assert run(folder, 'import "counter"\nhit()\nprintln(hit())') == "2\n"


def test_imports_run_depth_first_in_source_order(files):
    folder = files(
        a='import "c"\nlet x = note("a")\nfn note(s) { println(s)\nreturn s }\npub fn fa() { }',
        b='import "c"\nlet x = note("b")\nfn note(s) { println(s)\nreturn s }\npub fn fb() { }',
        c='let x = note("c")\nfn note(s) { println(s)\nreturn s }\npub fn fc() { }',
    )
    assert run(folder, 'println("main")\nimport "b"\nimport "a"') == "c\nb\na\nmain\n"


def test_modules_that_import_each_other_share_functions_and_state(files):
    folder = files(
        even='import "odd"\nvar asked = 0\npub fn even(n) { asked = asked + 1\nif n == 0 { return [true, asked] }\nreturn odd(n - 1) }',
        odd='import { even } from "even"\npub fn odd(n) { if n == 0 { return [false, 0] }\nreturn even(n - 1) }',
    )
    assert run(folder, 'import "even"\nprintln(even(6))') == "[true, 4]\n"


def test_a_module_that_imports_the_entry_gets_a_copy_of_its_own(files):
    source = 'import "helper"\nvar n = 0\npub fn count() { n = n + 1\nreturn n }\ncount()\nprintln([count(), helped()])'
    folder = files(main=source, helper='import { count } from "main"\npub fn helped() { return [count(), count()] }')
    assert run(folder, source) == "[1, [1, 2]]\n"


def test_a_cycle_of_three_with_wildcards_loads_and_runs(files):
    folder = files(
        a='import "b"\npub fn fa(n) { return n == 0 ? "a" : fb(n - 1) }',
        b='import "c"\npub fn fb(n) { return n == 0 ? "b" : fc(n - 1) }',
        c='import "a"\npub fn fc(n) { return n == 0 ? "c" : fa(n - 1) }',
    )
    assert run(folder, 'import "a"\nprintln([fa(3), fa(4), fa(5)])') == "[a, b, c]\n"


# --- errors --------------------------------------------------------------------------------------------------------


def test_an_error_has_the_line_of_the_import_in_the_entry_file(files):
    folder = files(inner="\n\n\nlet x = 1 / 0", outer='import "inner"')
    error = failure(folder, '// first\n\nimport "outer"')
    assert error.uncaught_text == "Runtime error: Division by zero (line 3)"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("let = 1", "Import parse error: "),
        ('let x = "abc', "Import lex error: "),
        ("fn f() { break }", "Import compile error: "),
    ],
)
def test_a_module_that_cannot_be_compiled(files, source, text):
    folder = files(bad=source)
    error = failure(folder, '\nimport "bad"')
    assert error.text.startswith(f"Runtime error: {text}")
    assert error.import_line == 2


def test_a_missing_module_says_where_it_was_looked_for(tmp_path):
    error = failure(tmp_path, 'import "lib/none"')
    assert error.text == (
        f"Runtime error: Import error: cannot read '{tmp_path}/lib/none.harn': No such file or directory (os error 2)"
    )


def test_a_directory_cannot_be_imported(tmp_path):
    (tmp_path / "folder").mkdir()
    assert "Is a directory (os error 21)" in failure(tmp_path, 'import "folder"').text


def test_a_path_that_no_system_accepts_is_an_import_error(tmp_path):
    assert failure(tmp_path, f'import "{"x" * 5000}"').text.startswith("Runtime error: Import error: cannot read")


def test_an_unknown_name_leaves_the_names_before_it_bound(files):
    folder = files(m="pub fn a() { return 1 }\npub fn b() { return 2 }")
    error = failure(folder, 'import { a, nope, b } from "m"')
    assert error.text == f"Runtime error: Import error: 'nope' is not defined in {folder}/m.harn"


def test_a_collision_names_the_second_module(files):
    folder = files(one="pub fn run() { return 1 }", two="pub fn run() { return 2 }")
    error = failure(folder, 'import "one"\nimport "two"')
    assert error.uncaught_text == (
        f"Runtime error: Import collision: 'run' is already defined when importing {folder}/two.harn. "
        'Use selective imports to disambiguate: import { run } from "..." (line 2)'
    )


def test_a_module_in_a_file_that_is_no_text_is_an_error_not_a_crash(tmp_path):
    (tmp_path / "binary.harn").write_bytes(b"\xff\xfe\x00pub fn")
    assert "Import lex error" in failure(tmp_path, 'import "binary"').text


def test_modules_are_read_through_the_effect_seam(files):
    folder = files(m="pub fn a() { return 1 }")
    runtime = make_test_runtime()
    seen = []

    class Watch:
        def handle(self, call, proceed):
            seen.append((call.operation.effect, call.operation.name))
            return proceed()

    runtime.seam.attach(Watch())
    runtime.run(runtime.compile('import "m"', str(folder / "main.harn"), use_cache=False))
    assert ("fs.read", "read_bytes") in seen

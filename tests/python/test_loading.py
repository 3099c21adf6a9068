"""`import ... from "py:..."`: what it binds, what goes wrong and how that is said, and who may do it."""

from __future__ import annotations

import sys

import pytest
from python_runs import PACKAGES, run
from support import make_test_runtime

from harnpy.vm.errors import Category, HarnError
from harnpy.vm.sandbox.policy import policy


def test_names_and_modules_are_bound(lines):
    assert lines("""
import { sqrt, pi } from "py:math"
import "py:os.path" as path
println(sqrt(16))
println(pi > 3)
println(path.join("a", "b"))""") == ["4.0", "true", "a/b"]


def test_a_module_in_a_package_is_imported_by_name(lines):
    assert lines(
        'import { ElementTree } from "py:xml.etree"\nprintln(ElementTree.fromstring("<a b=\'1\'/>").get("b"))'
    ) == ["1"]


def test_imports_shadow_builtins_and_collide_with_other_imports(lines, failure):
    assert lines('import { len } from "py:builtins"\nprintln(try { len(1) })') == [
        "Result.Err(TypeError: object of type 'int' has no len())"
    ]
    error = failure('import { sqrt } from "py:math"\nimport { sqrt } from "py:cmath"')
    assert error.message.startswith("Import collision: 'sqrt' is already defined when importing py:cmath.")
    assert lines('import { pi } from "py:math"\nimport { pi } from "py:math"\nprintln(pi > 3)') == ["true"]


def test_as_stays_a_name(lines):
    assert lines('import "py:math" as as\nlet at = as.floor(1.5)\nprintln(at)') == ["1"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'import "py:math"',
            "Import error: say what of the Python module 'math' you want: "
            'import "py:math" as math, or import { ... } from "py:math"',
        ),
        ('import { sqrtt } from "py:math"', "Import error: 'sqrtt' is not defined in py:math (did you mean `sqrt`?)"),
        ('import { zzz } from "py:math"', "Import error: 'zzz' is not defined in py:math"),
        (
            'import { nothing } from "py:odd_things"',
            "Import error: 'nothing' is None in the Python module 'odd_things'; import the module itself: "
            'import "py:odd_things" as odd_things',
        ),
        (
            'import "py:statistic" as s',
            "Import error: there is no Python module 'statistic' (did you mean `py:statistics`?)",
        ),
        (
            'import "py:qqqwww_zzz.sub" as s',
            "Import error: there is no Python module 'qqqwww_zzz'; if it is a package: pip install qqqwww_zzz",
        ),
        (
            'import "py:math.nope" as s',
            "Import error: the Python module 'math' has no module 'nope' in it; "
            'for anything else in it: import { nope } from "py:math"',
        ),
        ('import "py:a b" as s', "Import error: 'py:a b' names no Python module"),
        ('import "py:" as s', "Import error: 'py:' names no Python module"),
        ('import "py:.math" as s', "Import error: 'py:.math' names no Python module"),
        (
            'import "py:fails_when_imported" as s',
            "Import error: the Python module 'fails_when_imported' cannot be imported: ValueError: not today",
        ),
        (
            'import "py:needs_another" as s',
            "Import error: the Python module 'needs_another' needs 'qqqwww_zzz', which is not installed"
            "; if it is a package: pip install qqqwww_zzz",
        ),
        (
            'import "lib/x" as s',
            'Import error: only Python modules ("py:...") have names: import "lib/x" brings all its functions',
        ),
    ],
)
def test_what_goes_wrong_is_said(failure, source, message):
    error = failure(f"\n{source}\n")
    assert error.message == message
    assert error.import_line == 2


def test_packages_have_other_names(failure, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert "pip install opencv-python" in failure('import "py:cv2" as cv').message


def test_a_module_beside_the_program_does_not_stand_in_for_an_installed_one(tmp_path):
    (tmp_path / "json.py").write_text("raise ValueError")
    (tmp_path / "only_here.py").write_text("value = 42")
    before = list(sys.path)
    try:
        source = 'import { dumps } from "py:json"\nimport { value } from "py:only_here"\nprintln(dumps([value]))'
        assert run(source, directory=tmp_path) == "[42]\n"
    finally:
        sys.path[:] = before
        sys.modules.pop("only_here", None)


def test_the_import_is_one_effect_with_the_name_of_the_module():
    calls = []

    class Watcher:
        def handle(self, call, proceed):
            calls.append((call.operation.effect, call.operation.name, call.args[0]))
            return proceed()

    runtime = make_test_runtime()
    runtime.seam.attach(Watcher())
    try:
        source = 'import { sqrt } from "py:math"\nimport { pi } from "py:math"\nimport "py:json" as json\nsqrt(4)'
        runtime.run(runtime.compile(source, str(PACKAGES / "main.harn"), use_cache=False))
    finally:
        runtime.close()
    assert [each for each in calls if each[0] == "python"] == [
        ("python", "import_python", "math"),
        ("python", "import_python", "json"),
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            policy(["println"], allows=True),
            "Tool 'import' is not permitted: python of math is not allowed. Allow it with: --allow python",
        ),
        (
            policy(["python"], allows=False),
            "Tool 'import' is not permitted: python of math is denied. Allow it without: --deny python",
        ),
    ],
)
def test_a_policy_refuses_python_and_says_what_to_allow(rule, message):
    with pytest.raises(HarnError) as refused:
        run('import { sqrt } from "py:math"', policies=[rule])
    assert refused.value.category is Category.TOOL_REJECTED
    assert refused.value.message == message


def test_modules_of_harn_import_python_for_themselves(tmp_path):
    (tmp_path / "lib.harn").write_text('import { sqrt } from "py:math"\npub fn root(x) { return sqrt(x) }')
    assert run('import { root } from "lib"\nprintln(root(9))', directory=tmp_path) == "3.0\n"
    with pytest.raises(HarnError, match=r"Import error: 'sqrt' is not defined in .*lib\.harn"):
        run('import { sqrt } from "lib"', directory=tmp_path)


def test_the_exception_stays_with_the_error(failure):
    error = failure('import "py:odd_things" as odd\nodd.fails()')
    assert error.text == "Thrown: Custom: (7, 'seven')"
    assert type(error.host_error).__name__ == "Custom" and error.host_error.code == 7
    assert error.host_error.__traceback__ is not None
    assert [entry.line for entry in error.trace] == [2]

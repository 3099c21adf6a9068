"""The corpus of the checker and the linter: programs under tests/lang/types and tests/lang/lint with what is said of each.

Beside NAME.harn stands NAME.diagnostics, the text that `harn check NAME.harn` (types: what the checker says, without lint
and preflight) or `harn lint NAME.harn` prints; it is empty for a program about which there is nothing to say. `[...]` in it
stands for words that are ours to choose. NAME.fixed is the program after `harn lint --fix`. Settings are those of harn.toml
in the folder of the program.
"""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path

import pytest
from harn_process import harn
from support import HANG_SECONDS

from harnpy.analysis.checker.check import check_program
from harnpy.analysis.fixes import apply
from harnpy.analysis.lint.lint import lint_program
from harnpy.analysis.lint.options import DEFAULT_COMPLEXITY_THRESHOLD, LintOptions
from harnpy.cli.builtin_types import BUILTIN_TYPES
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.manifest import Manifest, load
from harnpy.cli.test_discovery import expectation_of
from harnpy.cli.test_expectations import run_program
from harnpy.syntax.diagnostics import Diagnostic
from harnpy.syntax.parser import parse_program
from harnpy.syntax.render import render_diagnostic

LANG = Path(__file__).parents[1] / "lang"
TYPES = sorted((LANG / "types").rglob("*.harn"))
LINT = sorted((LANG / "lint").rglob("*.harn"))
FREE_WORDING = "[...]"
NOT_FOR_RUNNING = "Not for running"


def name_of(program: Path) -> str:
    return str(program.relative_to(LANG).with_suffix(""))


def source_of(program: Path) -> str:
    return program.read_bytes().decode()


def expected_of(program: Path) -> str:
    return program.with_suffix(".diagnostics").read_bytes().decode()


def settings_of(program: Path) -> Manifest:
    path = program.parent / "harn.toml"
    return load(path) if path.exists() else Manifest()


def checked(program: Path) -> list[Diagnostic]:
    tree = parse_program(program.read_bytes(), program.name)
    strict = settings_of(program).strict_types
    return check_program(tree, BUILTIN_TYPES, strict, source_of(program))


def linted(program: Path) -> list[Diagnostic]:
    settings = settings_of(program)
    threshold = settings.complexity_threshold
    options = LintOptions(
        disabled=frozenset((*settings.disable_rules, *settings.lint_disabled)),
        require_file_header=settings.require_file_header,
        complexity_threshold=DEFAULT_COMPLEXITY_THRESHOLD if threshold is None else threshold,
        builtins=frozenset(BUILTIN_MODULES),
        imported_elsewhere=frozenset(),
    )
    return lint_program(parse_program(program.read_bytes(), program.name), source_of(program), program.name, options)


def rendered(program: Path, diagnostics: list[Diagnostic]) -> str:
    source = source_of(program)
    return "".join(render_diagnostic(each, program.name, source) for each in diagnostics)


def difference(wanted: str, actual: str) -> str:
    """What differs, as a unified diff; empty if actual is as wanted."""
    lines, actual_lines = wanted.splitlines(), actual.splitlines()
    for at, line in enumerate(lines):
        if FREE_WORDING in line:
            pattern = ".+".join(re.escape(part) for part in line.split(FREE_WORDING))
            lines[at] = next((other for other in actual_lines[at:] if re.fullmatch(pattern, other)), line)
    return "\n".join(difflib.unified_diff(lines, actual_lines, "expected", "actual", lineterm="", n=6))


def is_for_running(program: Path) -> bool:
    comment = re.match(r"(?:\s*//[^\n]*\n)*", source_of(program))
    return comment is None or NOT_FOR_RUNNING not in comment.group().replace("\n//", "")


def silent_programs() -> list[Path]:
    return [each for each in (*TYPES, *LINT) if not expected_of(each) and is_for_running(each)]


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(TYPES) >= 200
    assert len(LINT) >= 120
    assert len(TYPES) + len(LINT) >= 300


def test_every_program_has_its_expectation_and_begins_with_a_comment() -> None:
    for program in (*TYPES, *LINT):
        assert program.with_suffix(".diagnostics").exists(), name_of(program)
        assert re.match(r"\s*(//|/\*)", source_of(program)), name_of(program)
        assert expectation_of(program) is None, f"{name_of(program)} would be run by `harn test` too"
    for folder in ("types", "lint"):
        for beside in ("*.diagnostics", "*.fixed"):
            for path in (LANG / folder).rglob(beside):
                assert path.with_suffix(".harn").exists(), f"{path} stands alone"


@pytest.mark.parametrize("program", TYPES, ids=map(name_of, TYPES))
def test_the_checker_says_what_is_expected(program: Path) -> None:
    differs = difference(expected_of(program), rendered(program, checked(program)))
    assert not differs, f"{name_of(program)}:\n{differs}"


@pytest.mark.parametrize("program", LINT, ids=map(name_of, LINT))
def test_the_linter_says_what_is_expected(program: Path) -> None:
    differs = difference(expected_of(program), rendered(program, linted(program)))
    assert not differs, f"{name_of(program)}:\n{differs}"


FIXED = [each for each in LINT if each.with_suffix(".fixed").exists()]


@pytest.mark.parametrize("program", FIXED, ids=map(name_of, FIXED))
def test_fixes_leave_what_is_expected(program: Path) -> None:
    text, _ = apply(source_of(program), [*linted(program), *checked(program)])
    differs = difference(program.with_suffix(".fixed").read_bytes().decode(), text)
    assert not differs, f"{name_of(program)}:\n{differs}"
    parse_program(text, program.name)


@pytest.mark.parametrize("program", silent_programs(), ids=map(name_of, silent_programs()))
def test_silent_programs_run(program: Path) -> None:
    ending = run_program(program, round(HANG_SECONDS * 1000))
    assert not ending.timed_out
    assert ending.error is None, ending.error


def blocks_by_file(text: str) -> dict[str, list[str]]:
    """The findings in the output of a command, by the file that they are about, which is then left out of them."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"^(?=(?:error|warning|note): )", text, flags=re.MULTILINE)[1:]:
        place = re.search(r"^ +--> (.*):\d+:\d+$", block, re.MULTILINE)
        assert place is not None, block
        path = Path(place[1])
        found.setdefault(str(path.with_suffix("")), []).append(block.replace(place[1], path.name))
    return found


def test_harn_lint_prints_what_is_expected(tmp_path: Path) -> None:
    shutil.copytree(LANG / "lint", tmp_path / "lint")
    ended = harn("lint", "lint", cwd=tmp_path)
    assert ended.status == 1
    found = blocks_by_file(ended.errors)
    wrong = [
        differs
        for program in LINT
        if (differs := difference(expected_of(program), "".join(found.get(name_of(program), []))))
    ]
    assert not wrong, "\n".join(wrong)
    clean = re.findall(r"^(.*)\.harn: no issues found$", ended.output, re.MULTILINE)
    assert sorted(clean) == sorted(name_of(program) for program in LINT if not expected_of(program))


def test_harn_lint_fix_writes_what_is_expected(tmp_path: Path) -> None:
    shutil.copytree(LANG / "lint", tmp_path / "lint")
    ended = harn("lint", "--fix", "lint", cwd=tmp_path)
    assert ended.status == 0, "fixing does not fail for what it cannot fix"
    for program in FIXED:
        wanted = program.with_suffix(".fixed").read_bytes()
        assert (tmp_path / f"{name_of(program)}.harn").read_bytes() == wanted, name_of(program)
        was_fixed = f"{name_of(program)}.harn: applied " in ended.output
        assert was_fixed == (wanted != program.read_bytes()), name_of(program)


def test_harn_check_prints_what_the_checker_says_first(tmp_path: Path) -> None:
    shutil.copytree(LANG / "types", tmp_path / "types")
    ended = harn("check", "--preflight", "off", "types", cwd=tmp_path)
    assert ended.status == 1
    found = blocks_by_file(ended.errors)
    for program in TYPES:
        wanted = expected_of(program)
        said = "".join(found.get(name_of(program), []))
        differs = difference(wanted, "\n".join(said.splitlines()[: len(wanted.splitlines())]))
        assert not differs, f"{name_of(program)}:\n{differs}"

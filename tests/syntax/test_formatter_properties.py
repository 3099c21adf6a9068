"""Formatting makes the same program with the same comments, and doing it again changes nothing: for all there is to format."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from comment_scattering import scattered
from doc_blocks import DOCS, ROOT, blocks_of
from formatting import check_formatting
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from program_generator import program_of_seed
from support import growth
from syntax_programs import ProgramWriter
from test_syntax_robustness import PROGRAM

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.formatter import format_source
from harnpy.syntax.parser import parse_program

WIDTHS = (100, 40, 10)


def parses(source: str) -> bool:
    try:
        parse_program(source, "source.harn")
    except HarnSyntaxError:
        return False
    return True


def programs_below(folder: str) -> Iterator[tuple[str, str]]:
    """The programs of a folder that parse, with their names."""
    for path in sorted((ROOT / folder).rglob("*.harn")):
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
        if parses(text):
            yield str(path.relative_to(ROOT)), text


FOLDERS = (
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "lang").iterdir() if path.is_dir()),
    *("tests/bytecode", "stdlib", "examples", "bench", "harnpy/cli/templates"),
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_programs_of_a_folder(folder: str) -> None:
    for number, (name, source) in enumerate(programs_below(folder)):
        width = WIDTHS[number % 3]
        try:
            check_formatting(source, width)
        except AssertionError as error:
            raise AssertionError(f"{name} at width {width}: {error}") from None


def test_all_suites_are_among_them() -> None:
    found = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*.harn")}
    everywhere = ("tests", "stdlib", "examples", "bench", "harnpy", "docs")
    here = {path for folder in everywhere for path in (ROOT / folder).rglob("*.harn")}
    assert here <= found


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_programs_of_a_page_of_documentation(page: Path) -> None:
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language == "harn" and parses(block.text):
            check_formatting(block.text)


@pytest.mark.parametrize("seed", range(40))
def test_generated_programs_of_the_tiers(seed: int) -> None:
    check_formatting(program_of_seed(seed).source, WIDTHS[seed % 3])


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.sampled_from(WIDTHS))
def test_programs_of_every_construct(seed: int, width: int) -> None:
    source = ProgramWriter(random.Random(seed)).program()
    assume(parses(source))
    check_formatting(source, width)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(WIDTHS), st.integers(1, 6))
def test_programs_of_every_construct_with_comments_anywhere(seed: int, width: int, count: int) -> None:
    chance = random.Random(seed)
    source = ProgramWriter(chance).program()
    assume(parses(source))
    check_formatting(scattered(source, chance, count), width)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(WIDTHS), st.integers(1, 12))
def test_one_program_with_comments_anywhere(seed: int, width: int, count: int) -> None:
    check_formatting(scattered(PROGRAM, random.Random(seed), count), width)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(WIDTHS))
def test_formatted_programs_with_comments_anywhere(seed: int, width: int) -> None:
    """What comments bring about does not depend on how the rest was written."""
    chance = random.Random(seed)
    check_formatting(scattered(format_source(PROGRAM, width), chance, 5), width)


DEPTH = 5000


@pytest.mark.parametrize(
    "source",
    [
        "(" * DEPTH + "1" + ")" * DEPTH,
        "[" * DEPTH + "]" * DEPTH,
        "let x = " + "{a: " * DEPTH + "1" + "}" * DEPTH,
        "{ x -> " * DEPTH + "}" * DEPTH,
        "f(" * DEPTH + ")" * DEPTH,
        "f(// c\n" * DEPTH + ")" * DEPTH,
        "-" * DEPTH + "x",
        "x" + ".y" * DEPTH,
        "x" + ".y()" * DEPTH,
        "x" + "[0]" * DEPTH,
        "**".join(["x"] * DEPTH),
        " + ".join(["x"] * DEPTH),
        "a // c\n && " * DEPTH + "b",
        "a ? b : " * DEPTH + "c",
        "if a { " * DEPTH + "}" * DEPTH,
        "let x = " + "if a { " * DEPTH + "}" * DEPTH,
        "if a {}" + " else if b {}" * DEPTH,
        "let x = if a {}" + " else if b {}" * DEPTH,
        "fn f() { " * DEPTH + "}" * DEPTH,
        '"${' * DEPTH + "x" + '}"' * DEPTH,
        "type T = " + " | ".join(["int"] * DEPTH),
        "type T = " + "list<" * DEPTH + "int" + ">" * DEPTH,
    ],
    ids=lambda source: source[:12],
)
def test_five_thousand_levels(source: str) -> None:
    formatted = format_source(source)
    if len(formatted) < 1_000_000:
        assert format_source(formatted) == formatted


def test_time_grows_with_the_length_of_the_file() -> None:
    source = """
/// Counts.
fn count(a, b) { // the fast way
  let found = a.filter({ x -> x > 1 && b[x] == "${x}" }).map({ x -> {value: x, next: x + 1} }) // all
  return found
}
"""
    assert growth(lambda size: format_source(source * size), 300) < 10


@pytest.mark.parametrize("folder", ["stdlib", "examples", "harnpy/cli/templates"])
def test_what_users_read_is_in_the_canonical_layout(folder: str) -> None:
    for name, source in programs_below(folder):
        assert format_source(source) == source, f"harn fmt {name}"

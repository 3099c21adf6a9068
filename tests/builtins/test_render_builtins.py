"""`render` on real template files."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import run_source

from harnpy.vm.errors import HarnError


def run_beside(directory: Path, source: str) -> str:
    return run_source(source, str(directory / "main.harn"))


def test_a_template_beside_the_program_is_rendered(tmp_path: Path) -> None:
    (tmp_path / "a.prompt").write_text("Hi {{ name }}!{{ for x in xs }} {{ x }}{{ end }}\n")
    assert run_beside(tmp_path, 'print(render("a.prompt", {name: "Ada", xs: [1, 2]}))') == "Hi Ada! 1 2\n"


def test_render_prompt_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.prompt").write_text("{{ 1 }}")
    assert run_beside(tmp_path, 'print(render_prompt("a.prompt"))') == "1"


@pytest.mark.parametrize("bindings", ["", ", nil", ", [1]", ', "x"'])
def test_a_template_without_bindings_is_processed_too(tmp_path: Path, bindings: str) -> None:
    (tmp_path / "a").write_text("{{ x }}{{ x.y }}{{# c #}}")
    assert run_beside(tmp_path, f'print(render("a"{bindings}))') == "{{x}}"


def test_an_absolute_path_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A")
    assert run_source(f'print(render("{tmp_path}/a"))') == "A"


def test_a_library_finds_the_templates_beside_it(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "lib.harn").write_text('pub fn greet() { return render("a.prompt") }')
    (tmp_path / "lib" / "a.prompt").write_text("lib")
    (tmp_path / "a.prompt").write_text("main")
    source = 'import { greet } from "lib/lib"\nprint(greet())\nprint(render("a.prompt"))'
    assert run_beside(tmp_path, source) == "libmain"


def test_includes_resolve_beside_the_including_template(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_text('{{ include "sub/b" with { n: 1 } }}')
    (tmp_path / "sub" / "b").write_text('b{{ n }}{{ include "c" }}')
    (tmp_path / "sub" / "c").write_text("c{{ n }}")
    assert run_beside(tmp_path, 'print(render("a"))') == "b1c1"


def test_a_missing_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnError) as caught:
        run_beside(tmp_path, 'render("no.prompt")')
    expected = f"Failed to read template {tmp_path}/no.prompt: No such file or directory (os error 2)"
    assert caught.value.caught == expected


def test_a_template_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(HarnError) as caught:
        run_beside(tmp_path, 'render("a")')
    assert caught.value.caught == f"Failed to read template {tmp_path}/a: stream did not contain valid UTF-8"


def test_a_faulty_template_is_reported_with_path_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n  {{ end }}")
    with pytest.raises(HarnError) as caught:
        run_beside(tmp_path, 'render("a")')
    assert caught.value.caught == f"{tmp_path}/a at 2:3: unexpected `{{{{ end }}}}`"


def test_a_fault_while_rendering_can_be_caught(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("{{ x | nope }}")
    source = 'try { render("a") } catch (e) { print(e) }'
    assert run_beside(tmp_path, source) == f"{tmp_path}/a at 1:1: unknown filter `nope`"


def test_a_cycle_through_links_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{{ include "b" }}')
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(HarnError) as caught:
        run_beside(tmp_path, 'render("a")')
    real = (tmp_path / "a").resolve()
    assert caught.value.caught == f"{tmp_path}/a at 1:1: circular include detected: {real} → {real}"


def test_an_included_path_that_no_system_accepts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("{{ include x }}")
    with pytest.raises(HarnError) as caught:
        run_beside(tmp_path, r'render("a", {x: "\u{0}"})')
    assert str(caught.value.caught).startswith(f"{tmp_path}/a at 1:1: failed to read included template ")


def test_a_changed_template_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    source = f'print(render("a"))\nwrite_file("{tmp_path}/a", "2")\nprint(render("a"))'
    assert run_beside(tmp_path, source) == "12"

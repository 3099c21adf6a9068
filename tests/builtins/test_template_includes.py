"""Templates inside templates."""

from __future__ import annotations

from template_rendering import MAIN, FilesInMemory, fault_of, rendered

from harnpy.builtins.template import parse_template, render_template


def test_an_included_file_is_inserted_unchanged() -> None:
    assert rendered('<{{ include "a" }}>', {"/t/a": "hi\n"}) == "<hi\n>"


def test_paths_resolve_beside_the_including_file() -> None:
    files = {"/t/sub/a": '{{ include "b" }}{{ include "../c" }}', "/t/sub/b": "B", "/t/c": "C"}
    assert rendered('{{ include "sub/a" }}', files) == "BC"


def test_an_absolute_path_is_used_as_it_is() -> None:
    assert rendered('{{ include "/etc/x" }}', {"/etc/x": "X"}) == "X"


def test_the_path_is_an_expression() -> None:
    assert rendered('{{ include name | default: "a" }}', {"/t/a": "A"}) == "A"


def test_an_included_file_sees_bindings_and_loop_variables() -> None:
    template = '{{ for x in xs }}{{ include "a" }}{{ end }}'
    assert rendered(template, {"/t/a": "{{ x }}{{ y }}{{ loop.index }} "}, xs=[5, 6], y="y") == "5y1 6y2 "


def test_with_adds_bindings_that_end_with_the_include() -> None:
    template = '{{ include "a" with { x: n | upper, y: [1], } }}{{ x }}'.replace("[1]", '"k: v, w"')
    assert rendered(template, {"/t/a": "{{ x }}/{{ y }} "}, n="n", x="o") == "N/k: v, w o"


def test_with_may_be_empty() -> None:
    assert rendered('{{ include "a" with {} }}', {"/t/a": "A"}) == "A"


def test_malformed_bindings_are_refused() -> None:
    assert fault_of('{{ include "a" with x }}') == "at 1:1: expected `{ ... }` after `with`"
    assert fault_of('{{ include "a" with { x } }}') == "at 1:1: expected `key: value` in include bindings"
    assert fault_of('{{ include "a" with { x: 1,, y: 2 } }}') == "at 1:1: expected `key: value` in include bindings"
    assert fault_of('{{ include "a" with { "x": 1 } }}') == "at 1:1: invalid include binding key"


def test_the_word_with_in_quotes_or_without_spaces_is_no_keyword() -> None:
    assert rendered('{{ include " with " }}', {"/t/ with ": "W"}) == "W"
    assert fault_of('{{ include "a"\twith {} }}').startswith("at 1:1: unexpected character `{`")


def test_a_path_that_is_no_string_is_refused() -> None:
    assert fault_of("{{ include 5 }}") == f"{MAIN} at 1:1: include path must be a string (got int)"


def test_an_unreadable_file_is_reported_at_its_directive() -> None:
    expected = f"{MAIN} at 2:1: failed to read included template /t/x/../no: No such file or directory (os error 2)"
    assert fault_of('\n{{ include "x/../no" }}') == expected


def test_a_file_in_an_untaken_branch_need_not_exist() -> None:
    assert rendered('{{ if nil }}{{ include "no" }}{{ end }}') == ""


def test_a_syntax_error_in_an_included_file_carries_its_path() -> None:
    assert fault_of('{{ include "a" }}', {"/t/a": "\n {{ end }}"}) == "/t/a at 2:2: unexpected `{{ end }}`"


def test_an_error_while_rendering_an_included_file_carries_its_path() -> None:
    assert fault_of('{{ include "a" }}', {"/t/a": "\n {{ 1 | no }}"}) == "/t/a at 2:2: unknown filter `no`"


def test_a_file_that_includes_itself_is_refused() -> None:
    files = {MAIN: '{{ include "main.prompt" }}'}
    assert fault_of(files[MAIN], files) == f"{MAIN} at 1:1: circular include detected: {MAIN} → {MAIN}"


def test_a_cycle_through_the_outermost_file_is_refused_at_once() -> None:
    files = {"/t/b": '{{ include "main.prompt" }}'}
    assert fault_of('{{ include "b" }}', files) == f"/t/b at 1:1: circular include detected: {MAIN} → /t/b → {MAIN}"


def test_a_cycle_below_the_outermost_file_does_not_name_it() -> None:
    files = {"/t/a": '{{ include "b" }}', "/t/b": '{{ include "./a" }}'}
    expected = "/t/b at 1:1: circular include detected: /t/a → /t/b → /t/a"
    assert fault_of('{{ include "a" }}', files) == expected


def test_the_same_file_may_be_included_twice_in_a_row() -> None:
    assert rendered('{{ include "a" }}{{ include "a" }}', {"/t/a": "A"}) == "AA"


def test_a_file_included_in_a_loop_is_read_once() -> None:
    files = FilesInMemory({"/t/a": "A"})
    body = parse_template('{{ for x in xs }}{{ include "a" }}{{ end }}')
    assert render_template(body, {"xs": [1, 2, 3]}, MAIN, files) == "AAA"
    assert files.reads == ["/t/a"]


def test_includes_nest_thirty_two_levels_deep() -> None:
    files = {f"/t/{level}": f'{{{{ include "{level + 1}" }}}}' for level in range(1, 40)}
    assert rendered('{{ include "1" }}', {**files, "/t/32": "x"}) == "x"
    assert fault_of('{{ include "1" }}', files) == "/t/32 at 1:1: include depth exceeded (32 levels)"

"""`harn check`: what it finds, where it says so, how it ends."""

from __future__ import annotations

import pytest
from harn_process import harn, write


def check(directory, *words):
    ended = harn("check", *words, cwd=directory)
    return ended.status, ended.output, ended.errors


def findings(directory, source, *words):
    """The first lines and the help lines of what is found in a file with that source."""
    write(directory, "main.harn", source)
    status, output, errors = check(directory, "main.harn", *words)
    lines = [line.strip() for line in errors.splitlines()]
    heads = [line for line in lines if line.startswith(("error:", "warning:"))]
    helps = [line.removeprefix("= help: ") for line in lines if line.startswith("= help: ")]
    assert (status == 0) == (not any(line.startswith("error:") for line in heads))
    assert (output == "main.harn: ok\n") == (not heads)
    return heads, helps


# --- targets ----------------------------------------------------------------------------------------------------------


def test_clean_files_are_ok_in_sorted_order_without_duplicates(tmp_path):
    for name in ("b.harn", "a/z.harn", "a/y.harn"):
        write(tmp_path, name, "println(1)")
    write(tmp_path, "a/notes.md", "")
    assert check(tmp_path, "b.harn", "a", "a/y.harn") == (0, "a/y.harn: ok\na/z.harn: ok\nb.harn: ok\n", "")


def test_the_first_file_that_does_not_parse_ends_the_run_with_all_its_errors(tmp_path):
    write(tmp_path, "a.harn", "let x = )\nlet y = ]\n")
    write(tmp_path, "b.harn", "let x = )")
    status, output, errors = check(tmp_path, ".")
    assert (status, output) == (1, "")
    assert errors.startswith("error: Expected expression, got ) at 1:9\n  --> a.harn:1:9\n")
    assert "error: Expected expression, got ] at 2:9\n  --> a.harn:2:9\n" in errors
    assert "b.harn" not in errors


def test_an_unreadable_file_is_named_with_the_reason(tmp_path):
    assert check(tmp_path, "none.harn") == (
        1,
        "",
        "Error reading none.harn: No such file or directory (os error 2)\n",
    )


def test_no_target_and_an_empty_directory_are_usage_errors(tmp_path):
    status, _, errors = check(tmp_path)
    assert status == 2
    assert errors.startswith("error: `harn check` requires at least one target path, or `--workspace`")
    status, _, errors = check(tmp_path, ".")
    assert status == 2
    assert errors.startswith("error: no .harn files found under the given target(s)\n")


def test_the_workspace_of_the_manifest_is_checked(tmp_path):
    write(tmp_path, "harn.toml", '[workspace]\npipelines = ["flows"]')
    write(tmp_path, "flows/a.harn", "println(1)")
    write(tmp_path, "flows/deep/b.harn", "println(1)")
    status, output, _ = check(tmp_path / "flows/deep", "--workspace")
    assert status == 0
    assert [line.rsplit("/", 1)[-1] for line in output.splitlines()] == ["a.harn: ok", "b.harn: ok"]


def test_a_workspace_that_is_not_declared_is_a_usage_error(tmp_path):
    (tmp_path / ".git").mkdir()
    status, _, errors = check(tmp_path, "--workspace")
    assert status == 2
    assert errors.startswith("error: --workspace could not find a harn.toml walking up from the target(s)\n")
    write(tmp_path, "harn.toml", "[check]")
    status, _, errors = check(tmp_path, "--workspace")
    assert status == 2
    assert errors.startswith("error: --workspace requires `[workspace].pipelines` in the nearest harn.toml\n")


def test_a_manifest_that_cannot_be_parsed_is_a_warning(tmp_path):
    path = write(tmp_path, "harn.toml", "[check")
    write(tmp_path, "a.harn", "println(1)")
    write(tmp_path, "b.harn", "println(1)")
    status, output, errors = check(tmp_path, ".")
    assert (status, output) == (0, "a.harn: ok\nb.harn: ok\n")
    assert errors.startswith(f"warning: failed to parse {path}: ")
    assert errors.count("warning") == 1


# --- compile errors ---------------------------------------------------------------------------------------------------


def test_a_structural_error_is_shown_with_its_line(tmp_path):
    write(tmp_path, "harn.toml", '[check]\ndisable_rules = ["break-outside-loop"]\n')
    write(tmp_path, "a.harn", "println(1)\n\n  break\n")
    assert check(tmp_path, "a.harn") == (
        1,
        "",
        "error: compile error: Compile error at line 3: break outside of loop\n  --> a.harn:3:3\n   |\n 3 |   break\n",
    )


# --- imports ----------------------------------------------------------------------------------------------------------


def test_an_import_that_leads_nowhere_is_an_error_with_carets_under_it(tmp_path):
    write(tmp_path, "a.harn", 'import "lib/none"\n')
    assert check(tmp_path, "a.harn") == (
        1,
        "",
        "error: preflight: unresolved import 'lib/none'\n"
        "  --> a.harn:1:1\n"
        "   |\n"
        ' 1 | import "lib/none"\n'
        "   | ^^^^^^^^^^^^^^^^^ preflight\n"
        "   = help: verify the import path and packaged module layout\n",
    )


def test_an_unknown_standard_module_is_unresolved(tmp_path):
    assert findings(tmp_path, 'import "std/none"')[0] == ["error: preflight: unresolved import 'std/none'"]


def test_a_package_is_found(tmp_path):
    write(tmp_path, ".harn/packages/tools/lib.harn", "pub fn f() { }")
    assert findings(tmp_path, 'import "tools"') == ([], [])


def test_problems_of_imported_files_are_reported_with_their_path(tmp_path):
    write(tmp_path, "lib/a.harn", 'import "gone"')
    write(tmp_path, "lib/b.harn", "let x = )")
    write(tmp_path, "main.harn", 'import "lib/a"\nimport "lib/b"\n')
    status, _, errors = check(tmp_path, "main.harn")
    assert status == 1
    assert "lib/a.harn:1:1" in errors
    assert "error: Expected expression, got ) at 1:9\n  --> ./lib/b.harn:1:9\n" in errors


def test_files_that_import_each_other_are_checked_once(tmp_path):
    write(tmp_path, "a.harn", 'import "main"\nimport "gone"')
    assert findings(tmp_path, 'import "a"')[0] == ["error: preflight: unresolved import 'gone'"]


def test_colliding_wildcard_imports_name_both_modules(tmp_path):
    first = write(tmp_path, "one.harn", "pub fn run() { }\nfn hidden() { }")
    write(tmp_path, "two.harn", "fn run() { }\nfn hidden() { }")
    assert findings(tmp_path, 'import "one"\nimport "two"') == (
        [f"error: preflight: import collision — 'run' is exported by both '{first.resolve()}' and 'two'"],
        ['use selective imports to disambiguate: import { run } from "..."'],
    )


def test_functions_with_attributes_are_exported_as_well(tmp_path):
    write(
        tmp_path,
        "a.harn",
        '/** One. */\n@deprecated(since: "1.0")\npub fn one() {\n  return 1\n}\n\nfn _other() {\n  return 2\n}\n',
    )
    write(tmp_path, "b.harn", "/** One. */\npub fn one() {\n  return 2\n}\n")
    heads, _ = findings(tmp_path, 'import "a"\n\nimport "b"\n\nprintln(1)\n')
    assert [head for head in heads if "collision" in head] == [
        f"error: preflight: import collision \u2014 'one' is exported by both '{tmp_path / 'a.harn'}' and 'b'"
    ]


def test_colliding_selective_imports_suggest_to_rename(tmp_path):
    write(tmp_path, "one.harn", "pub fn run() { }")
    write(tmp_path, "two.harn", "pub fn run() { }")
    heads, helps = findings(tmp_path, 'import { run } from "one"\nimport { run } from "two"\n\nrun()')
    assert len(heads) == 1
    assert helps == ["rename one of the imported modules or avoid importing conflicting names"]


def test_importing_one_module_twice_is_no_collision(tmp_path):
    write(tmp_path, "one.harn", "pub fn run() { }")
    assert findings(tmp_path, 'import "one"\nimport { run } from "one.harn"\n\nrun()') == ([], [])


# --- calls ------------------------------------------------------------------------------------------------------------


def test_a_template_is_looked_for_beside_the_file_and_under_the_bundle_root(tmp_path):
    source = 'pipeline main(task) {\n  println(render("t.txt", {}))\n  render_prompt("${task}.txt")\n}'
    assert findings(tmp_path, source)[0] == ["error: preflight: render target 't.txt' does not exist at t.txt"]
    assert findings(tmp_path, source, "--bundle-root", "out")[0] == [
        "error: preflight: render target 't.txt' does not exist at t.txt or out/t.txt"
    ]
    write(tmp_path, "out/t.txt", "hello")
    assert findings(tmp_path, source, "--bundle-root", "out") == ([], [])


def test_a_template_that_is_malformed_is_reported(tmp_path):
    write(tmp_path, "t.txt", "a\n{{ if x }} b")
    heads, helps = findings(tmp_path, 'render("t.txt", {})')
    assert len(heads) == 1
    assert heads[0].startswith("error: preflight: template 't.txt' has a syntax error: ")
    assert helps == ["see docs/src/prompt-templating.md for supported directives"]


@pytest.mark.parametrize(
    "call, message",
    [
        ('exec_at("gone", "ls")', "execution directory 'gone' does not exist at gone"),
        ('shell_at("gone", "ls")', "execution directory 'gone' does not exist at gone"),
        ('spawn_agent({execution: {cwd: "gone"}})', "worker execution cwd 'gone' does not exist at gone"),
        (
            'spawn_agent({execution: {worktree: {repo: "gone"}}})',
            "worker worktree repo 'gone' does not exist at gone",
        ),
        ('host_call("db.query", {})', "unknown host capability/operation 'db.query'"),
        (
            "let n = 1\nhost_call(n, {})",
            'host_call(...) requires a literal "capability.operation" name for static validation',
        ),
        (
            'host_call("scan", {})',
            'host_call(...) requires a literal "capability.operation" name for static validation',
        ),
        (
            'host_call("template.render", {path: "t.txt"})',
            "host template render target 't.txt' does not exist at t.txt",
        ),
    ],
)
def test_a_call_that_cannot_work_is_reported_with_help(tmp_path, call, message):
    heads, helps = findings(tmp_path, call)
    assert heads == [f"error: preflight: {message}"]
    assert len(helps) == 1


def test_a_builtin_that_was_removed_is_reported_with_what_to_write_instead(tmp_path):
    heads, helps = findings(tmp_path, 'host_invoke("project", "scan", {})')
    assert heads == [
        "warning: function `host_invoke` is not defined",
        'error: preflight: host_invoke(...) was removed; use host_call("capability.operation", args)',
    ]
    assert helps[-1] == 'replace host_invoke("project", "scan", {}) with host_call("project.scan", {})'


@pytest.mark.parametrize(
    "call",
    [
        'exec_at("here", "ls")',
        'let d = "gone"\nexec_at(d, "ls")',
        'spawn_agent({execution: {cwd: "here", worktree: {repo: "here"}}})',
        'host_call("project.scan", {})',
        'host_mock("db", "query", 1)\nhost_call("db.query", {})',
        'fn _f() { return host_call("git.get_diff", {}) }',
    ],
)
def test_a_call_that_can_work_is_not_reported(tmp_path, call):
    (tmp_path / "here").mkdir()
    assert findings(tmp_path, call) == ([], [])


@pytest.mark.parametrize("allow", ["db.query", "db.*", "db", "*"])
def test_a_host_operation_can_be_silenced(tmp_path, allow):
    write(tmp_path, "harn.toml", f'[check]\npreflight_allow = ["{allow}"]')
    assert findings(tmp_path, 'host_call("db.query", {})') == ([], [])


def test_host_operations_can_be_declared_in_the_manifest_and_in_a_file(tmp_path):
    write(tmp_path, "harn.toml", '[check]\nhost_capabilities = { db = ["query"] }')
    write(tmp_path, "more.json", '{"db": ["drop"]}')
    source = 'host_call("db.query", {})\nhost_call("db.drop", {})'
    assert len(findings(tmp_path, source)[0]) == 1
    assert findings(tmp_path, source, "--host-capabilities", "more.json") == ([], [])


# --- severity ---------------------------------------------------------------------------------------------------------


def test_preflight_can_warn_or_be_off(tmp_path):
    assert findings(tmp_path, 'import "gone"', "--preflight", "warning")[0] == [
        "warning: preflight: unresolved import 'gone'"
    ]
    assert findings(tmp_path, 'import "gone"', "--preflight=off") == ([], [])


def test_under_strict_a_warning_makes_the_command_fail(tmp_path):
    write(tmp_path, "main.harn", 'import "gone"')
    write(tmp_path, "harn.toml", '[check]\nstrict = true\npreflight_severity = "warn"')
    assert check(tmp_path, "main.harn")[0] == 1

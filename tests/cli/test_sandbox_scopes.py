"""What policies mean: their lists, their scopes, what they permit, and how child processes get them."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys

import pytest
from harn_process import harn, write
from hypothesis import given
from hypothesis import strategies as st

import harnpy
from harnpy.cli.arguments import UsageError, parse
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.cli.run import COMMAND
from harnpy.cli.runtime_report import runtime_report
from harnpy.cli.sandbox import confine, policies_of
from harnpy.vm.effects import EFFECTS, Operation
from harnpy.vm.errors import HarnError
from harnpy.vm.sandbox.hosts import host_scope
from harnpy.vm.sandbox.places import PLACELESS, TOUCHES, WORKSPACE_TOUCHES, is_within
from harnpy.vm.sandbox.policy import CONFINED, PATH_EFFECTS, VARIABLE, BadPolicy, Policy, decoded, encoded, policy


def policies(*words: str) -> list[Policy]:
    return policies_of(parse(COMMAND, list(words)))


def run(source: str, *words: str) -> str:
    """What a program says under the flags in words, its error included."""
    world = CapturingWorld()
    runtime = make_runtime(world=world)
    confine(runtime, policies(*words))
    error = ""
    try:
        runtime.run(runtime.compile(source, "main.harn", use_cache=False))
    except HarnError as failure:
        error = runtime_report(failure).splitlines()[0]
    finally:
        runtime.close()
    return world.output + error


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in ("data/ok.txt", "out/old.txt", "secret.txt"):
        write(tmp_path, name, "fine")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- lists -----------------------------------------------------------------------------------------------------------


def test_flags_may_be_repeated_and_mixed():
    (found,) = policies("--allow", "exec, fs.read=a", "--allow=net,fs.read=b")
    assert found.names == {"exec"}
    assert found.effects == {"net"}
    assert [scope.shown for scope in found.scopes["fs.read"]] == ["a", "b"]


def test_a_whole_effect_outweighs_its_scopes():
    (found,) = policies("--allow", "net=a.test,net")
    assert found.effects == {"net"} and not found.scopes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fs.reed=./x", "there is no effect 'fs.reed' (did you mean `fs.read`?)"),
        ("fs.reed", "there is no effect 'fs.reed' (did you mean `fs.read`?)"),
        ("disk=/x", "there is no effect 'disk' (effects are "),
        ("fs.read=", "'fs.read=' names nothing"),
        ("host=x", "'host' has no scopes"),
        ("process=no-such-program-7", "names no program that there is"),
        ("net=http://a.test", "without scheme, user and path"),
        ("net=a.test/path", "without scheme, user and path"),
        ("net=a@b.test", "without scheme, user and path"),
    ],
)
def test_a_list_that_makes_no_sense_is_an_error_of_usage(text, complaint):
    with pytest.raises(UsageError, match=r"invalid value .* for '--allow <LIST>'") as caught:
        policies("--allow", text)
    assert complaint in str(caught.value)


def test_both_flags_at_once_are_an_error(place):
    assert harn("run", "--allow", "net", "--deny", "net", "-e", "1", cwd=place).status == 2


# --- what a list of names means has not changed ----------------------------------------------------------------------


def test_names_alone_refuse_in_the_words_of_chapter_05(place):
    assert run('read_file("secret.txt")', "--allow", "exec") == (
        "error: Error [tool_rejected]: Tool 'read_file' is not permitted."
    )
    assert run('println(read_file("secret.txt"))', "--allow", "read_file") == "fine\n"
    assert "Tool 'uuid' is not permitted." in run("uuid()", "--allow", "read_file")
    assert run('env("HOME")', "--deny", "env") == "error: Error [tool_rejected]: Tool 'env' is not permitted."


# --- what is permitted works -----------------------------------------------------------------------------------------

FILES = ("--allow", "fs.read=data", "--allow", "fs.write=./out")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ('println(read_file("data/ok.txt"))', "fine\n"),
        ('println(read_file("./out/../data/ok.txt"))', "fine\n"),
        ('println(list_dir("data"))', "[ok.txt]\n"),
        ('write_file("out/new", "x")\nappend_file("out/new", "y")\ndelete_file("out/new")\nprintln("done")', "done\n"),
        ('mkdir("out/a/b")\ncopy_file("data/ok.txt", "out/a/b/c")\ndelete_file("out/a")\nprintln("done")', "done\n"),
        ('import "std/text"\nprintln(uuid().len() > 0)', "true\n"),
        ("println(await(spawn { sleep(1)\n 7 }))", "7\n"),
        ('llm_mock({text: "hello"})\nprintln(llm_call("x", nil, {provider: "mock"}).text)', "hello\n"),
        ('http_mock("GET", "http://a.test/", {status: 200, body: "mocked"})\nprintln(http_get("http://a.test/").body)',
         "mocked\n"),
        ("println(cwd().len() > 0 && project_root() == nil)", "true\n"),
    ],
)  # fmt: skip
def test_what_is_allowed_works(source, output, place):
    assert run(source, *FILES) == output


def test_a_file_may_be_the_scope(place):
    assert run('write_file("out/one", "1")\nprintln(1)', "--allow", "fs.write=out/one") == "1\n"
    assert "--allow fs.write=" in run('write_file("out/two", "1")', "--allow", "fs.write=out/one")
    assert (place / "out" / "one").read_text() == "1"


def test_the_store_works_where_it_is_allowed(place):
    flags = ("--allow", "fs.read=.harn", "--allow", "fs.write=.harn")
    assert run('store_set("k", 5)\nprintln(store_get("k"))', *flags) == "5\n"


def test_a_refusal_can_be_caught_and_names_what_was_allowed(place):
    text = run('try { read_file("secret.txt") } catch e { println(e) }', *FILES)
    assert text == (
        f"Error [tool_rejected]: Tool 'read_file' is not permitted: fs.read of {place}/secret.txt is outside the allowed "
        f"paths (data). Allow it with: --allow fs.read={place}/secret.txt\n"
    )


def test_what_a_refusal_names_is_enough(place):
    text = run('read_file("secret.txt")', *FILES)
    item = text.rpartition("--allow ")[2]
    assert run('println(read_file("secret.txt"))', *FILES, "--allow", item) == "fine\n"


def test_denying_a_part_leaves_the_rest(place):
    flags = ("--deny", "fs.read=data,fs.write=secret.txt,net")
    assert run('println(read_file("secret.txt"))\nwrite_file("out/x", "1")', *flags) == "fine\n"
    assert "Allow it without: --deny fs.read=data" in run('read_file("data/ok.txt")', *flags)
    assert "Allow it without: --deny fs.write=secret.txt" in run('write_file("secret.txt", "")', *flags)
    assert "Allow it without: --deny net" in run('http_get("http://127.0.0.1:1/")', *flags)


def test_naming_a_builtin_permits_it_alone(place):
    flags = ("--allow", "read_file,fs.write=out")
    assert run('println(read_file("secret.txt"))', *flags) == "fine\n"
    assert "it needs fs.read, which is not allowed. Allow it with: --allow fs.read" in run('list_dir(".")', *flags)


def test_naming_a_builtin_does_not_widen_a_scope(place):
    assert "--allow fs.read=" in run('read_file("secret.txt")', "--allow", "read_file,fs.read=data")


# --- programs and variables --------------------------------------------------------------------------------------------


def test_an_allowed_program_runs_by_its_name_and_by_its_path(place):
    source = 'println(exec("echo", "a").stdout + exec("/bin/echo", "b").stdout)'
    assert run(source, "--allow", "process=echo") == "a\nb\n\n"


def test_a_program_gets_the_listed_variables_and_path_only(place, monkeypatch):
    monkeypatch.setenv("LISTED", "yes")
    monkeypatch.setenv("SECRET", "no")
    source = 'println(shell("echo $LISTED:$SECRET:${PATH:+path}").stdout)'.replace("$", "\\$")
    assert run(source, "--allow", "process,env=LISTED") == "yes::path\n\n"
    assert run(source, "--deny", "env=SECRET") == "yes::path\n\n"
    assert run(source, "--deny", "env") == "::path\n\n"
    assert run(source, "--allow", "process") == "yes:no:path\n\n"


def test_a_child_gets_the_policy_in_absolute_paths(place):
    text = run('println(shell("printenv HARN_SANDBOX").stdout)', "--allow", "process,fs.read=data")
    assert text.strip() == f"--allow process --allow fs.read={place}/data --import-root {place}"


@pytest.mark.parametrize("value", ["nonsense", "--allow", "--allow 'x", "--deny a --allow b", "--allow fs.reed", "; ;"])
def test_a_policy_that_cannot_be_read_permits_nothing(value, place):
    ended = harn("run", "-e", 'println("ran")', cwd=place, HARN_SANDBOX=value)
    assert ended.status == 2 and "HARN_SANDBOX makes no sense" in ended.errors and not ended.output


@pytest.mark.parametrize(
    "words",
    [
        ("docs", "-o", "out"),
        ("new", "out/made"),
        ("check", "secret.txt"),
        ("disasm", "secret.txt"),
        ("bench", "secret.txt"),
        ("run", "--events", "out/events", "-e", "1"),
        ("run", "--record", "-e", "1"),
        ("test", "--junit", "out/junit", "data"),
        ("run", "secret.txt"),
    ],
)
def test_commands_that_a_policy_knows_nothing_of_are_refused_in_a_sandbox(words, place):
    before = sorted(place.rglob("*"))
    ended = harn(*words, cwd=place, HARN_SANDBOX=f"--allow fs.read={place}/data --import-root {place}/data")
    assert ended.status == 1 and "not permitted" in ended.errors and "fine" not in ended.errors
    assert sorted(place.rglob("*")) == before


def test_tests_run_in_the_sandbox_also_in_processes_of_their_own(place):
    for name in ("one", "two"):
        write(place, f"tests/test_{name}.harn", f'pipeline test_{name}(task) {{ read_file("{place}/secret.txt") }}')
    for extra in ((), ("--parallel",)):
        ended = harn("test", "--allow", "fs.read=data", *extra, "tests", cwd=place)
        assert ended.status == 1
        assert ended.output.count(f"Allow it with: --allow fs.read={place}/secret.txt") == 2
    assert harn("test", "tests", cwd=place).status == 0


def test_the_help_tells_what_items_are(place):
    assert "fs.read=PATH" in harn("run", "--help").output


# --- laws --------------------------------------------------------------------------------------------------------------

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
_ITEMS = st.lists(
    st.one_of(
        st.sampled_from([*CONFINED, "exec", "read_file", "net=a.test:80", "net=*.b.test", "net=[::1]:8"]),
        st.builds("{}={}".format, st.sampled_from(["fs.read", "fs.write", "env", "llm", "python"]), _TEXTS),
    ),
    max_size=6,
)


@given(st.lists(st.tuples(_ITEMS, st.booleans()), min_size=1, max_size=3))
def test_the_text_form_stands_for_the_same_policies(lists):
    made = [policy(items, allows=allows) for items, allows in lists]
    for before, after in zip(made, decoded(encoded(made)), strict=True):
        assert (before.allows, before.names, before.effects) == (after.allows, after.names, after.effects)
        assert _values(before) == _values(after)


def _values(found: Policy) -> dict[str, set[str]]:
    return {effect: {scope.value for scope in scopes} for effect, scopes in found.scopes.items()}


@given(st.text())
def test_any_text_is_a_policy_or_an_error(text):
    with contextlib.suppress(BadPolicy):
        assert all(isinstance(each, Policy) for each in decoded(text))


@given(st.lists(st.sampled_from(["a", "b", "ab", "..", "."]), max_size=6), st.sampled_from(["/r/a", "/r", "/"]))
def test_within_is_what_the_parts_of_paths_say(parts, directory):
    path = os.path.normpath("/".join(["/r", *parts]))
    wanted = [part for part in directory.split("/") if part]
    assert is_within(path, directory) == ([part for part in path.split("/") if part][: len(wanted)] == wanted)


@pytest.mark.parametrize(
    ("scope", "host", "port", "covers"),
    [
        ("a.test", "a.test", 443, True),
        ("A.Test", "a.test", 80, True),
        ("a.test", "a.test.", 80, True),
        ("a.test", "b.a.test", 80, False),
        ("a.test", "xa.test", 80, False),
        ("*.a.test", "b.a.test", 80, True),
        ("*.a.test", "c.b.a.test", 80, True),
        ("*.a.test", "a.test", 80, False),
        ("*.a.test", "xa.test", 80, False),
        ("a.test:8080", "a.test", 8080, True),
        ("a.test:80", "a.test", 8080, False),
        ("127.0.0.1", "127.0.0.1", 1, True),
        ("127.1", "127.0.0.1", 1, True),
        ("localhost", "127.0.0.1", 1, False),
        ("::1", "::1", 1, True),
        ("[::1]:5", "::1", 5, True),
        ("[::1]:5", "::1", 6, False),
        ("b\u00fccher.test", "xn--bcher-kva.test", 443, True),
    ],
)
def test_a_host_is_covered_by_name_not_by_what_it_resolves_to(scope, host, port, covers):
    assert host_scope(scope).covers(host, port) == covers


def test_every_operation_on_files_is_known_with_its_paths():
    known = TOUCHES.keys() | WORKSPACE_TOUCHES.keys() | PLACELESS
    for module in pkgutil.walk_packages(harnpy.__path__, "harnpy."):
        if not module.name.startswith(("harnpy.cli", "harnpy.__main__")):
            importlib.import_module(module.name)
    found = set()
    for module in [each for name, each in sys.modules.items() if name.startswith("harnpy.")]:
        for holder in [module, *(each for each in vars(module).values() if isinstance(each, type))]:
            for value in vars(holder).values():
                mark = getattr(value, "__harn_operation__", None)
                if isinstance(mark, Operation) and mark.effect in PATH_EFFECTS:
                    found.add(mark.name)
    assert found == known


def test_what_is_not_confined_is_harmless():
    harmless = {"clock", "input", "output", "random", "schedule", "time"}
    assert EFFECTS - harmless == set(CONFINED) - {VARIABLE}

"""The workspace tools `read`, `list` and `search`, and the options of workspace_tools."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import make_test_runtime, run_source
from workspace_calls import call, workspace

from harnpy.agents.workspace.globs import PathGlob
from harnpy.agents.workspace.reading import numbered_lines
from harnpy.vm.errors import HarnError


def fill(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# --- read -----------------------------------------------------------------------------------------------------------


def test_lines_have_numbers_and_what_is_left_is_said(tmp_path: Path) -> None:
    fill(tmp_path, a_txt="one\ntwo\r\nthree\n")
    assert call(tmp_path, "read", path="a.txt") == "1\tone\n2\ttwo\n3\tthree"
    part = call(tmp_path, "read", path="a.txt", offset=2, limit=1)
    assert part == "2\ttwo\n\n[... 1 more lines not shown. Use offset=3 to continue reading]"


@pytest.mark.parametrize(("offset", "limit"), [(0, 5000), (-3, 2000), ("1", "2000"), (1.0, None)])
def test_offset_and_limit_are_moved_into_their_range(tmp_path: Path, offset: object, limit: object) -> None:
    fill(tmp_path, a_txt="x\n" * 2001)
    text = call(tmp_path, "read", path="a.txt", offset=offset, limit=limit)
    assert text.startswith("1\tx\n2\tx\n")
    assert text.endswith("\n2000\tx\n\n[... 1 more lines not shown. Use offset=2001 to continue reading]")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "'path' has to be a string, not nothing"),
        ({"path": ""}, "missing path parameter"),
        ({"path": 3}, "'path' has to be a string, not a value of type int"),
        ({"path": "a.txt", "offset": "x"}, "'offset' has to be a whole number, not a value of type string"),
        ({"path": "a.txt", "limit": True}, "'limit' has to be a whole number, not a value of type bool"),
        ({"path": "a.txt", "offset": 9}, "offset 9 is after the end: the file has 1 lines"),
        ({"path": "none.txt"}, "cannot read file 'none.txt': No such file or directory (os error 2)"),
        ({"path": "a.txt/x"}, "cannot read file 'a.txt/x': Not a directory (os error 20)"),
        ({"path": "binary"}, "cannot read file 'binary': it is binary (3 bytes); allowed are text files"),
        ({"path": "latin"}, "cannot read file 'latin': stream did not contain valid UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, arguments: dict[str, object], text: str) -> None:
    fill(tmp_path, a_txt="one")
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    assert call(tmp_path, "read", **arguments) == f"Error: {text}"


def test_arguments_that_are_no_dict_are_refused(tmp_path: Path) -> None:
    with workspace(tmp_path) as tools:
        text = tools.fiber.call(tools.entries["read"]["handler"], "a.txt")
    assert (
        text == "Error: the arguments have to be an object with a value for each parameter, not a value of type string"
    )


def test_an_empty_file_is_empty_and_a_directory_gives_its_entries(tmp_path: Path) -> None:
    fill(tmp_path, d__empty="", d__sub__x="")
    assert call(tmp_path, "read", path="d/empty") == ""
    assert call(tmp_path, "read", path="d") == "empty\nsub/"


def test_a_file_that_is_too_large_is_not_loaded(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(10**12)
    text = call(tmp_path, "read", path="sparse")
    assert text == "Error: 'sparse' has 1000000000000 bytes; allowed are files of at most 50000000 bytes"


@given(st.text(alphabet="ab\n", max_size=60), st.integers(1, 5), st.integers(2, 30))
def test_reading_on_from_where_it_says_gives_every_line_once(text: str, limit: int, room: int) -> None:
    lines = text.split("\n")[: -1 if text.endswith("\n") or not text else None]
    seen: list[str] = []
    offset = 1
    while len(seen) < len(lines):
        shown = numbered_lines(text, offset, limit, room)
        body, _, rest = shown.partition("\n\n[... ")
        for entry in body.split("\n"):
            if not entry.startswith("[... "):
                number, _, _ = entry.partition("\t")
                seen.append(lines[int(number) - 1])
                assert int(number) == len(seen)
        offset = int(rest.partition("offset=")[2].partition(" ")[0]) if rest else offset
    assert seen == lines


def test_a_line_of_ten_megabytes_is_cut(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("x" * 10_000_000)
    with workspace(tmp_path, max_output=1000) as tools:
        text = tools.call("read", path="long")
        assert len(text) < 1100
        assert text.endswith("\n[... 9999002 more characters of this line not shown]")
        assert len(tools.call("search", pattern="x+")) < 1000


# --- list -----------------------------------------------------------------------------------------------------------


def test_a_listing_is_sorted_and_goes_as_deep_as_asked(tmp_path: Path) -> None:
    fill(tmp_path, b__c__d="", b__a="", a_txt="", Z="")
    assert call(tmp_path, "list") == "Z\na.txt\nb/"
    assert call(tmp_path, "list", path="b") == "a\nc/"
    assert call(tmp_path, "list", path="", depth=2) == "Z\na.txt\nb/\nb/a\nb/c/"
    assert call(tmp_path, "list", depth=9) == "Z\na.txt\nb/\nb/a\nb/c/\nb/c/d"
    assert call(tmp_path, "list", path="a.txt") == "Error: cannot list directory 'a.txt': Not a directory (os error 20)"


def test_a_large_listing_is_cut_and_says_so(tmp_path: Path) -> None:
    for number in range(2100):
        (tmp_path / f"f{number:04}").touch()
    lines = call(tmp_path, "list").split("\n")
    assert lines[1999:] == ["f1999", "[... there are more. List a directory below, or with a smaller depth]"]


def test_names_that_would_look_like_other_lines_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "a\nb").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xff")).touch()
    assert call(tmp_path, "list") == "a\\nb\nc\\udcff"


# --- search ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    fill(
        tmp_path,
        a_py="import os\n\ndef f(x):\n    return x\n",
        lib__b_py="def g():\n    pass\n",
        c_md="def in prose\r\n",
    )
    (tmp_path / "blob").write_bytes(b"def\0")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text("def")
    return tmp_path


SKIPPED = "\n[1 files not searched: binary, not UTF-8, unreadable or larger than 5000000 bytes]"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"pattern": "^def"}, f"a.py:3:def f(x):\nc.md:1:def in prose\nlib/b.py:1:def g():{SKIPPED}"),
        ({"pattern": r"^def \w\("}, f"a.py:3:def f(x):\nlib/b.py:1:def g():{SKIPPED}"),
        ({"pattern": "prose$"}, f"c.md:1:def in prose{SKIPPED}"),
        ({"pattern": r"\Adef"}, f"a.py:3:def f(x):\nc.md:1:def in prose\nlib/b.py:1:def g():{SKIPPED}"),
        ({"pattern": "DEF F", "ignore_case": True}, f"a.py:3:def f(x):{SKIPPED}"),
        ({"pattern": "(x)", "literal": True}, f"a.py:3:def f(x):{SKIPPED}"),
        ({"pattern": "F(X)", "literal": True, "ignore_case": True}, f"a.py:3:def f(x):{SKIPPED}"),
        ({"pattern": "def", "glob": "*.py"}, "a.py:3:def f(x):\nlib/b.py:1:def g():"),
        ({"pattern": "def", "glob": "lib/**"}, "lib/b.py:1:def g():"),
        ({"pattern": "def", "path": "lib"}, "lib/b.py:1:def g():"),
        ({"pattern": "def", "path": "lib/b.py"}, "lib/b.py:1:def g():"),
        ({"pattern": "f", "glob": "a.py", "context": 1}, "a.py-2-\na.py:3:def f(x):\na.py-4-    return x"),
        (
            {"pattern": "import|return", "glob": "a.py", "context": 1},
            "a.py:1:import os\na.py-2-\na.py-3-def f(x):\na.py:4:    return x",
        ),
        (
            {"pattern": "def", "glob": "*.py", "context": 1},
            "a.py-2-\na.py:3:def f(x):\na.py-4-    return x\n--\nlib/b.py:1:def g():\nlib/b.py-2-    pass",
        ),
        (
            {"pattern": "def", "glob": "*.py", "max_matches": 1},
            "a.py:3:def f(x):\n[... there are more matches. Search for something narrower, or below a directory]",
        ),
        ({"pattern": "def", "glob": "a.py", "max_matches": 1}, "a.py:3:def f(x):"),
        ({"pattern": "nothing", "glob": "*.py"}, "No matches."),
        (
            {"pattern": "def", "path": "nowhere"},
            "Error: cannot search 'nowhere': No such file or directory (os error 2)",
        ),
        ({"pattern": ""}, "Error: 'pattern' is empty"),
        ({"pattern": "a", "literal": 3}, "Error: 'literal' has to be true or false, not a value of type int"),
    ],
)
def test_search_shows_what_matches(sources: Path, arguments: dict[str, object], found: str) -> None:
    assert call(sources, "search", **arguments) == found


def test_a_pattern_that_is_none_is_explained(sources: Path) -> None:
    text = call(sources, "search", pattern="f(x")
    assert text.startswith("Error: 'pattern' is no valid regular expression: ")
    assert text.endswith("; set literal to search for text")


def test_a_pattern_that_backtracks_ends(tmp_path: Path) -> None:
    fill(tmp_path, a_txt="a" * 5000 + "\n")
    assert call(tmp_path, "search", pattern="(a*)*b") == "No matches."


LINES = st.lists(st.text(alphabet="ab c", max_size=6), max_size=6)


@given(LINES, st.sampled_from(["a", "^a", "b$", "^$", "a b", "(a|b)+c", r"\ba", r"c\b", "a*", "[^a]", r"\s", r"\bb\b"]))
def test_the_look_at_whole_files_misses_no_line(lines: list[str], pattern: str) -> None:
    from harnpy.agents.workspace.searching import _Finder

    finder = _Finder(make_test_runtime().main_fiber(), pattern, False, False)
    if any(finder.in_line(line) for line in lines):
        assert finder.in_text("\n".join(lines))


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("*.py", ["a.py", "x/y/a.py"], ["a.pyc", "a.py/b"]),
        ("src/*.py", ["src/a.py"], ["src/x/a.py", "a.py", "y/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/x/y/a.py"], ["a.py", "src/a.c"]),
        ("**/test", ["test", "a/b/test"], ["a/test/b"]),
        ("/a", ["a"], ["b/a"]),
        ("a/**", ["a/b", "a/b/c"], ["b/a/c"]),
        ("[ab]?", ["ax", "x/by"], ["c1", "a", "axy"]),
        ("**", ["a", "a/b"], []),
    ],
)
def test_globs(glob: str, matching: list[str], others: list[str]) -> None:
    compiled = PathGlob(glob)
    assert [path for path in matching if not compiled.matches(path)] == []
    assert [path for path in others if compiled.matches(path)] == []


def test_a_glob_with_many_stars_ends() -> None:
    assert not PathGlob("**/a" * 50 + "/*a*a*a*a*a*a*a*a*a*a*b").matches("/".join(["a" * 200] * 200))


# --- the registry ---------------------------------------------------------------------------------------------------


def test_the_registry_is_one_that_all_builtins_take() -> None:
    output = run_source(
        """
let tools = workspace_tools()
println(tool_schema(tools).tools.map({ t -> t.name }))
println(tools.tools.map({ t -> t.policy.side_effect_level }))
println(tools.tools.map({ t -> t.annotations.kind }))
println(tools.tools.map({ t -> t.policy.arg_schema.path_params }))
println(len(workspace_tools({only: ["write", "read"]}).tools))
println(json_stringify(tool_schema(workspace_tools({only: ["write"]})).tools[0].inputSchema.required))
"""
    )
    assert output.splitlines() == [
        "[read, list, search, edit, write, run]",
        "[read_only, read_only, read_only, workspace_write, workspace_write, process_exec]",
        "[read, read, search, edit, edit, execute]",
        "[[path], [path], [path], [path], [path], []]",
        "2",
        '["content","path"]',
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("3", "workspace_tools: options must be a dict"),
        (
            "{rot: 1}",
            "workspace_tools: unknown option 'rot'; there are: root, only, timeout_ms, max_output, allow_hidden, env",
        ),
        (
            '{only: ["read", "fly"]}',
            "workspace_tools: unknown tool 'fly'; there are: read, list, search, edit, write, run",
        ),
        ("{only: 3}", "workspace_tools: only must be a list of tool names"),
        ("{timeout_ms: 0}", "workspace_tools: timeout_ms must be an int of at least 1"),
        ("{max_output: 10}", "workspace_tools: max_output must be an int of at least 200"),
        ("{allow_hidden: 1}", "workspace_tools: allow_hidden must be a bool"),
        (
            '{env: {"A=B": 1}}',
            "workspace_tools: env must be a dict of names and values, without '=' in names and without NUL",
        ),
        ('{root: "/nowhere"}', "workspace_tools: root '/nowhere': No such file or directory (os error 2)"),
        ('{root: "/etc/passwd"}', "workspace_tools: root '/etc/passwd': Not a directory (os error 20)"),
        ("{root: 3}", "workspace_tools: root must be the path of a directory"),
    ],
)
def test_a_wrong_option_is_named(options: str, text: str) -> None:
    with pytest.raises(HarnError) as caught:
        run_source(f"workspace_tools({options})")
    assert caught.value.value == text


def test_without_a_root_the_tools_work_where_file_builtins_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = 'write_file("x.txt", "hi")\nprintln(workspace_tools().tools[0].handler({path: "x.txt"}))'
    assert run_source(source) == "1\thi\n"


def test_every_touch_of_the_world_passes_the_seam_and_is_declared(tmp_path: Path) -> None:
    seen: dict[str, set[str]] = {}

    class Recorder:
        def handle(self, call, proceed):  # type: ignore[no-untyped-def]
            seen.setdefault(call.builtin, set()).add(call.operation.effect)
            pickle.dumps(call.args)  # plain data
            return proceed()

    with workspace(tmp_path) as tools:
        tools.runtime.seam.attach(Recorder())
        tools.call("write", path="a.txt", content="text")
        tools.call("edit", path="a.txt", old_string="text", new_string="other")
        tools.call("read", path="a.txt")
        tools.call("list")
        tools.call("search", pattern="o")
        tools.call("run", command="true")
        declared = {entry["handler"].name: set(entry["handler"].effects) for entry in tools.entries.values()}
    assert seen == {
        "workspace_write": {"fs.write"},
        "workspace_edit": {"fs.read", "fs.write"},
        "workspace_read": {"fs.read"},
        "workspace_list": {"fs.read"},
        "workspace_search": {"fs.read"},
        "workspace_run": {"process"},
    }
    assert all(seen[name] <= declared[name] for name in declared)

"""The grammar file, its tables, and who pays for loading Lark."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import lark
import pytest

from harnpy.syntax import grammar, tables
from harnpy.syntax.lalr import Tables
from harnpy.syntax.tree import TreeBuilder


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.strip()


def test_the_grammar_has_only_the_known_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    level = lark.logger.level
    lark.logger.setLevel(logging.DEBUG)
    lark.logger.addHandler(caplog.handler)
    try:
        lark.Lark(
            tables.grammar_text(),
            parser="lalr",
            lexer=grammar.HarnLexer,
            start="program",
            debug=True,
            maybe_placeholders=True,
        )
    finally:
        lark.logger.removeHandler(caplog.handler)
        lark.logger.setLevel(level)
    conflicts = sorted({message for message in caplog.messages if "conflict" in message.lower()})
    assert [message.split("terminal ")[1].split(":")[0] for message in conflicts] == ["ELSE", "LBRACE_S", "LPAR"]


def test_every_rule_that_makes_a_node_has_a_builder_and_every_builder_a_rule() -> None:
    rules = {rule.builder for rule in tables.parser_tables().rules() if rule.builder}
    builders = {name for name in dir(TreeBuilder) if not name.startswith("_")}
    assert rules == builders


def test_parsing_loads_no_lark() -> None:
    code = (
        "import sys, harnpy.syntax.ast, harnpy.syntax.diagnostics, harnpy.syntax.render, harnpy.syntax.tokens, "
        "harnpy.syntax.lexer, harnpy.syntax.completeness, harnpy.syntax.parser\n"
        "harnpy.syntax.parser.parse_program('let x = 1', 'x.harn')\n"
        "print('lark' in sys.modules)"
    )
    assert run(code) == "False"


def test_tables_are_written_once_and_read_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_PACKAGE", str(tmp_path / "package"))
    monkeypatch.setattr(tables, "grammar_text", lambda: 'start: "x"\nprogram: start')
    built = []
    original = grammar.build_tables
    monkeypatch.setattr(grammar, "build_tables", lambda text: built.append(text) or original(text))
    first = tables.load_tables()
    assert tables.load_tables() == first
    assert len(built) == 1
    assert [path.name for path in (tmp_path / "package").iterdir()] == ["_tables.bin"]


def test_stale_tables_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_tables.bin").write_bytes(b"old" * 50)
    monkeypatch.setattr(tables, "_PACKAGE", str(tmp_path))
    monkeypatch.setattr(tables, "grammar_text", lambda: 'program: "x"')
    loaded = tables.load_tables()
    assert (tmp_path / "_tables.bin").read_bytes().endswith(loaded)


def test_tables_go_to_the_user_cache_if_the_package_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a directory is wanted")
    monkeypatch.setattr(tables, "_PACKAGE", str(blocked))
    monkeypatch.setattr(tables, "grammar_text", lambda: 'program: "x"')
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tables.load_tables()
    assert (tmp_path / "cache" / "harnpy" / "tables.bin").is_file()


def test_damaged_tables_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_PACKAGE", str(tmp_path))
    monkeypatch.setattr(tables, "grammar_text", lambda: 'program: "x"')
    tables.load_tables()
    file = tmp_path / "_tables.bin"
    damaged = file.read_bytes()[:-10]
    file.write_bytes(damaged)
    rebuilt = tables.load_tables()
    assert file.read_bytes().endswith(rebuilt)
    assert tables.load_tables() == rebuilt != damaged[32:]


def test_what_is_no_tables_is_refused() -> None:
    for data in (b"", b"text", pickle.dumps(os.system), b"a b\0"):
        with pytest.raises(ValueError):
            Tables(data, TreeBuilder())


def test_tables_say_what_lark_says() -> None:
    parser = lark.Lark(
        tables.grammar_text(), parser="lalr", lexer=grammar.HarnLexer, start="program", maybe_placeholders=True
    )
    ours = tables.parser_tables()
    theirs = parser.parser.parser._parse_table
    # Lark numbers the states anew in each run, so the two are compared by walking through both at once.
    number_of = {theirs.start_states["program"]: ours.start}
    pending = list(number_of)
    while pending:
        state = pending.pop()
        row = ours.row(number_of[state])
        assert row.keys() == theirs.states[state].keys()
        for symbol, (_, argument) in theirs.states[state].items():
            if isinstance(argument, int):
                if argument not in number_of:
                    number_of[argument] = row[symbol]
                    pending.append(argument)
                assert number_of[argument] == row[symbol]
            else:
                reduction = ours.reduction(~row[symbol])
                assert (reduction.origin, reduction.size) == (argument.origin.name, len(argument.expansion))
    assert number_of[theirs.end_states["program"]] == ours.end
    assert len(set(number_of.values())) == len(number_of) == len(theirs.states)


def test_an_alternative_that_would_make_a_nameless_node_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\?program"):
        grammar.build_tables('?program: "a" NAME\nNAME: "n"\n!other: "a"')

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

from harnpy.syntax import grammar
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
            grammar.grammar_text(),
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
    parser = grammar.load_parser()
    inlined = {rule.origin.name for rule in parser.rules if rule.options.expand1 and not rule.alias}
    named = {
        rule.alias or str(rule.origin.name) for rule in parser.rules if rule.alias or rule.origin.name not in inlined
    }
    rules = {name for name in named if not name.startswith("_")}
    builders = {name for name in dir(TreeBuilder) if not name.startswith("_")}
    assert rules == builders


def test_only_parsing_loads_lark() -> None:
    code = (
        "import sys, harnpy.syntax.ast, harnpy.syntax.diagnostics, harnpy.syntax.render, harnpy.syntax.tokens, "
        "harnpy.syntax.lexer, harnpy.syntax.completeness, harnpy.syntax.parser\n"
        "print('lark' in sys.modules)"
    )
    assert run(code) == "False"


def test_tables_are_written_once_and_read_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_PACKAGE", tmp_path / "package")
    monkeypatch.setattr(grammar, "grammar_text", lambda: 'start: "x"\nprogram: start')
    built = []
    original = grammar.build_tables
    monkeypatch.setattr(grammar, "build_tables", lambda text: built.append(text) or original(text))
    first = grammar.load_tables()
    assert grammar.load_tables() == first
    assert len(built) == 1
    assert [path.name for path in (tmp_path / "package").iterdir()] == ["_tables.bin"]


def test_stale_tables_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_tables.bin").write_bytes(b"old" * 50)
    monkeypatch.setattr(grammar, "_PACKAGE", tmp_path)
    monkeypatch.setattr(grammar, "grammar_text", lambda: 'program: "x"')
    tables = grammar.load_tables()
    assert (tmp_path / "_tables.bin").read_bytes().endswith(tables)


def test_tables_go_to_the_user_cache_if_the_package_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a directory is wanted")
    monkeypatch.setattr(grammar, "_PACKAGE", blocked)
    monkeypatch.setattr(grammar, "grammar_text", lambda: 'program: "x"')
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    grammar.load_tables()
    assert (tmp_path / "cache" / "harnpy" / "tables.bin").is_file()


def test_damaged_tables_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_PACKAGE", tmp_path)
    monkeypatch.setattr(grammar, "grammar_text", lambda: 'program: "x"')
    grammar.load_tables()
    file = tmp_path / "_tables.bin"
    damaged = file.read_bytes()[:-10]
    file.write_bytes(damaged)
    rebuilt = grammar.load_tables()
    assert file.read_bytes().endswith(rebuilt)
    assert grammar.load_tables() == rebuilt != damaged[32:]


def test_tables_cannot_run_code() -> None:
    with pytest.raises(pickle.UnpicklingError):
        grammar._from_tables(pickle.dumps(os.system))

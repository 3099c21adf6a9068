"""`harn model-info` and `harn dump-highlight-keywords`."""

from __future__ import annotations

import json

import pytest
from harn_process import harn, write

from harnpy.cli.reference import visible_builtins
from harnpy.syntax.tokens import KEYWORDS

KEYS = {"ANTHROPIC_API_KEY": "sk-1234567890", "OPENAI_API_KEY": ""}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("frontier", ("anthropic", "claude-sonnet-4-20250514", 200_000, True)),
        ("claude-3-haiku", ("anthropic", "claude-3-haiku", 200_000, True)),
        ("mid", ("openai", "gpt-4o-mini", 128_000, None)),
        ("openai:gpt-4", ("openai", "gpt-4", 8192, None)),
    ],
)
def test_an_alias_or_id_is_resolved(tmp_path, name, wanted):
    ended = harn("model-info", name, cwd=tmp_path, HOME=str(tmp_path), **KEYS)
    assert (ended.status, ended.errors) == (0, "")
    assert ended.output.count("\n") == 1
    info = json.loads(ended.output)
    assert list(info) == ["alias", "api_key_set", "context_window", "id", "provider", "tool_format"]
    provider, model, window, has_key = wanted
    assert (info["alias"], info["provider"], info["id"], info["context_window"]) == (name, provider, model, window)
    assert has_key is None or info["api_key_set"] is has_key
    assert info["tool_format"] == "text"


def test_a_missing_key_and_the_manifest_are_noticed(tmp_path):
    write(
        tmp_path, "harn.toml", '[llm.aliases]\nmine = { id = "gpt-4.1", provider = "openai", tool_format = "native" }\n'
    )
    info = json.loads(harn("model-info", "mine", cwd=tmp_path, HOME=str(tmp_path)).output)
    assert info == {
        "alias": "mine",
        "api_key_set": False,
        "context_window": 128_000,
        "id": "gpt-4.1",
        "provider": "openai",
        "tool_format": "native",
    }


def test_the_words_of_highlighters_are_written_and_checked(tmp_path):
    ended = harn("dump-highlight-keywords", cwd=tmp_path)
    assert (ended.status, ended.output) == (0, "wrote docs/theme/harn-keywords.js\n")
    text = (tmp_path / "docs/theme/harn-keywords.js").read_text()
    head, _, rest = text.partition("window.__HARN_KEYWORDS = {\n")
    assert head.startswith("// GENERATED")
    properties = dict(line.strip().rstrip(",").split(": ", 1) for line in rest.removesuffix("};\n").splitlines())
    words = {name: json.loads(value).split(" ") for name, value in properties.items()}
    assert words == {
        "keyword": sorted(KEYWORDS - {"true", "false", "nil"}),
        "literal": ["false", "nil", "true"],
        "built_in": visible_builtins(),
    }
    checked = harn("dump-highlight-keywords", "--check", cwd=tmp_path)
    assert (checked.status, checked.output, checked.errors) == (0, "", "")
    write(tmp_path, "words.js", "old")
    checked = harn("dump-highlight-keywords", "--check", "--output", "words.js", cwd=tmp_path)
    assert (checked.status, checked.output) == (1, "")
    assert checked.errors == "error: words.js is stale relative to the lexer/stdlib.\n"
    assert harn("dump-highlight-keywords", "--output", "words.js/x", cwd=tmp_path).status == 1


def test_hidden_commands_are_in_no_list_but_have_help():
    assert "dump-highlight-keywords" not in harn("--help").output
    assert "Usage: harn dump-highlight-keywords" in harn("help", "dump-highlight-keywords").output

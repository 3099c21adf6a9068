"""Arguments of tool calls: aliases, numbers in texts, and those that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from harnpy.agents.annotations import ToolAnnotations
from harnpy.agents.arguments import missing_arguments, normalized
from harnpy.agents.tool_set import collect_tools

ALIASES = ToolAnnotations(arg_aliases={"file": "path", "filename": "path"})


def test_an_alias_is_renamed_unless_the_canonical_key_is_there() -> None:
    assert normalized({"file": "a", "x": 1}, ALIASES) == {"path": "a", "x": 1}
    assert normalized({"file": "a", "path": "b"}, ALIASES) == {"file": "a", "path": "b"}
    assert normalized({"file": "a", "filename": "b"}, ALIASES) == {"path": "a", "filename": "b"}
    assert normalized({"file": "a"}, None) == {"file": "a"}


def test_texts_under_the_keys_of_numbers_become_numbers_at_any_depth() -> None:
    given = {"limit": " 12 ", "ranges": [{"start_line": "-3", "end_line": "+4"}], "count": {"line": "5"}}
    kept = {"limit": " 12 ", "ranges": [{"start_line": "-3", "end_line": "+4"}], "count": {"line": "5"}}
    assert normalized(given, None) == {
        "limit": 12,
        "ranges": [{"start_line": -3, "end_line": 4}],
        "count": {"line": 5},
    }
    assert given == kept


@pytest.mark.parametrize("text", ["", "1.5", "1_0", "x", "٣", "0x1", "9" * 5000, "1 2"])
def test_what_spells_no_whole_number_stays(text: str) -> None:
    assert normalized({"limit": text}, None) == {"limit": text}


def test_other_keys_and_other_values_stay() -> None:
    assert normalized({"version": "1", "limit": True, "offset": 1.5}, None) == {
        "version": "1",
        "limit": True,
        "offset": 1.5,
    }


@pytest.mark.parametrize("arguments", ["text", 7, None, ["limit"]])
def test_what_is_no_dict_comes_back(arguments: Any) -> None:
    assert normalized(arguments, ALIASES) == arguments


def test_missing_arguments_are_named_in_order() -> None:
    parameters = {
        "z": "text",
        "b": {"type": "string"},
        "a": {"type": "string", "required": False},
        "d": {"type": "int", "default": 1},
    }
    tools = collect_tools([{"name": "f", "parameters": parameters}])
    schema = tools.schema("f")
    told = "Tool 'f' is missing required parameter(s): b, z. Provide all required parameters and try again."
    assert missing_arguments(schema, {}) == told
    assert missing_arguments(schema, {"b": None}) == told
    assert missing_arguments(schema, "no dict") == told
    assert missing_arguments(schema, {"b": "", "z": False}) is None
    assert missing_arguments(tools.schema("unknown"), {}) is None

"""What the static tools read from harn.toml."""

from __future__ import annotations

import pytest
from harn_process import write
from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.manifest import BadManifest, Manifest, capabilities_in, find, load, merged, severity_named


def test_the_nearest_manifest_above_is_found(tmp_path):
    outer, inner = write(tmp_path, "harn.toml", ""), write(tmp_path, "a/harn.toml", "")
    (tmp_path / "a/b").mkdir()
    (tmp_path / "c").mkdir()
    assert (find(tmp_path / "a/b"), find(tmp_path / "c")) == (inner, outer)


def test_the_search_ends_at_a_repository(tmp_path):
    write(tmp_path, "harn.toml", "")
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/src").mkdir()
    assert find(tmp_path / "repo/src") is None


def test_the_check_section_is_read_with_paths_relative_to_the_manifest(tmp_path):
    path = write(
        tmp_path,
        "harn.toml",
        """
        [check]
        strict = true
        preflight-severity = "Warn"
        preflight_allow = ["git.*"]
        bundle_root = "bundle"
        host_capabilities = { db = ["query"] }
        host_capabilities_path = "more.json"
        [workspace]
        pipelines = ["flows"]
        """,
    )
    write(tmp_path, "more.json", '{"capabilities": {"db": {"ops": ["drop"]}}}')
    assert load(path) == Manifest(
        path,
        True,
        "warning",
        ("git.*",),
        {"db": frozenset({"query", "drop"})},
        str(tmp_path / "bundle"),
        (str(tmp_path / "flows"),),
    )


def test_a_manifest_that_is_no_toml_is_refused_with_the_reason(tmp_path):
    with pytest.raises(BadManifest, match="end of a table declaration"):
        load(write(tmp_path, "harn.toml", "[check"))


def test_values_of_the_wrong_type_count_as_absent(tmp_path):
    path = write(tmp_path, "harn.toml", "workspace = []\n[check]\nbundle_root = 1\npreflight_allow = 'x'")
    assert load(path) == Manifest(path)


def test_settings_of_linter_and_formatter_of_the_wrong_type_are_refused(tmp_path):
    with pytest.raises(BadManifest, match=r"\[check\] is not a table"):
        load(write(tmp_path, "harn.toml", "check = 1"))
    with pytest.raises(BadManifest, match=r"\[check\]\.strict is neither true nor false"):
        load(write(tmp_path, "harn.toml", "[check]\nstrict = 'no'"))


@pytest.mark.parametrize(
    "text, severity",
    [("error", "error"), ("WARN", "warning"), ("warning", "warning"), ("off", None), ("Silent", None), ("x", "error")],
)
def test_a_severity_word_means_what_it_says_in_any_case(text, severity):
    assert severity_named(text) == severity


def test_operations_are_a_list_or_a_table_of_switches():
    assert capabilities_in({"a": ["x"], "b": {"operations": ["y"]}, "c": {"z": {}, "w": False}}) == {
        "a": frozenset({"x"}),
        "b": frozenset({"y"}),
        "c": frozenset({"z"}),
    }


def test_merging_keeps_the_operations_of_both():
    assert merged({"a": frozenset("x")}, {"a": frozenset("y"), "b": frozenset("z")}) == {
        "a": frozenset("xy"),
        "b": frozenset("z"),
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_any_data_is_read_as_some_capabilities(data):
    assert all(isinstance(operations, frozenset) for operations in capabilities_in(data).values())

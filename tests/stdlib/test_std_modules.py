"""The std/* modules as a whole: what they bring, that they explain it, and that all of them can be loaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from library_calls import Library

from harnpy.cli.standard_modules import standard_module_names

SOURCES = Path(__file__).parent.parent.parent / "stdlib"

EXPORTS = {
    "acp": "agent_message_chunk tool_call tool_call_update plan",
    "agents": "workflow_model_spec workflow_options stage_config stage_prompt run_stage verify_command verify_result "
    "repair_task workflow task_run workflow_continue workflow_result_text workflow_result_transcript "
    "workflow_result_run workflow_result_persist workflow_session workflow_session_new workflow_session_restore "
    "workflow_session_fork workflow_session_archive workflow_session_resume workflow_session_compact "
    "workflow_session_reset workflow_session_persist workflow_compact workflow_reset",
    "async": "wait_for retry_until retry_with_backoff circuit_call",
    "checkpoint": "checkpoint_stage checkpoint_stage_retry",
    "collections": "filter_nil store_stale store_refresh",
    "context": "clip_text render_section context_section section context_attach context context_add context_render "
    "context_compact prompt_compose",
    "json": "pretty safe_parse merge pick omit",
    "math": "clamp lerp map_range deg_to_rad rad_to_deg sum avg mean median percentile argsort top_k variance stddev "
    "minmax_scale zscore weighted_mean weighted_choice softmax normal_pdf normal_cdf normal_quantile dot vector_norm "
    "vector_normalize cosine_similarity euclidean_distance manhattan_distance chebyshev_distance covariance "
    "correlation moving_avg ema kmeans",
    "path": "ext stem normalize is_absolute list_files list_dirs",
    "project": "metadata_namespace metadata_local_namespace project_inventory project_root_package project_scan "
    "project_scan_paths project_stale project_stale_dirs project_requires_refresh",
    "runtime": "runtime_task runtime_pipeline_input runtime_dry_run runtime_approved_plan process_exec "
    "process_exec_with_timeout interaction_ask interaction_ask_with_kind record_run_metadata",
    "schema": "schema_any schema_string schema_int schema_float schema_bool schema_nil schema_literal schema_enum "
    "schema_list schema_array schema_dict schema_field schema_object schema_union schema_all_of schema_nullable "
    "schema_default schema_pick_keys schema_omit_keys schema_partial_deep schema_json schema_openapi from_json_schema "
    "from_openapi_schema get_typed_result get_typed_value is_type",
    "testing": "clear_host_mocks mock_host_result mock_host_error mock_host_response host_calls host_calls_for "
    "host_call_count host_call_count_for host_was_called assert_host_called assert_host_call_count",
    "text": "int_to_string float_to_string parse_int_or parse_float_or extract_paths parse_cells filter_test_cells "
    "truncate_head_tail detect_compile_error has_got_want format_test_errors",
    "worktree": "worktree_default_path worktree_create worktree_remove worktree_status worktree_diff worktree_shell",
}
ALL_HAVE_TO_BE_EXPORTED = {"math", "path"}


def test_the_modules_are_the_fifteen_that_are_specified():
    assert standard_module_names() == sorted(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_module_brings_exactly_what_is_specified(name):
    brought = Library(name).names()
    helpers = [each for each in brought if each.startswith("_")]
    assert sorted(set(brought) - set(helpers)) == sorted(EXPORTS[name].split())
    assert bool(helpers) == (name in ALL_HAVE_TO_BE_EXPORTED)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_module_explains_itself_and_all_that_it_brings(name):
    source = (SOURCES / f"{name}.harn").read_text(encoding="utf-8")
    assert source.startswith("/**")
    for function in EXPORTS[name].split():
        assert re.search(rf"\*/\n(pub )?fn {function}\(", source), function

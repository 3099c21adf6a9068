"""What the checker knows of builtins is what chapter 09, section 14 lists, written down here by hand from there."""

from __future__ import annotations

import pytest

from harnpy.analysis.types.forms import show
from harnpy.cli.builtin_types import BUILTIN_TYPES
from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.cli.catalog_build import TYPES_PATH, build, checked_type, types_source_of
from harnpy.vm.registry import Declaration

# The rows of section 14; None is the row of the untyped ones.
ROWS: dict[str | None, str] = {
    "string": """
        addr_of agent_session_fork agent_session_open arch artifact_context asset_root base64_encode basename bold
        camel_to_kebab camel_to_pascal camel_to_snake circuit_breaker circuit_check color compute_content_hash cwd
        date_format date_iso dim dirname error_category execution_root extname format home_dir hostname join
        json_stringify kebab_to_camel kebab_to_snake llm_infer_provider llm_model_tier lowercase lowercase_first md5
        microcompact pascal_to_camel pascal_to_snake path_basename path_extension path_join path_normalize
        path_parent path_stem path_to_native path_to_posix path_with_extension path_with_stem platform read_file
        regex_replace regex_replace_all render render_prompt replace sha224 sha256 sha384 sha512 sha512_256
        snake_to_camel snake_to_kebab snake_to_pascal source_dir substring temp_dir title_case to_string
        toml_stringify tool_describe tool_format_result tool_prompt tool_ref trace_summary transcript_export
        transcript_id transcript_render_full transcript_render_visible trim type_of uppercase uppercase_first
        url_encode username uuid yaml_stringify
    """,
    "int": """
        agent_session_compact agent_session_length agent_session_trim elapsed estimate_tokens hash_value pid sign
        timer_end to_int tool_count
    """,
    "float": """
        acos asin atan atan2 cos date_parse e exp llm_cost ln log10 log2 pi random sin tan timestamp to_float
    """,
    "bool": """
        agent_session_exists atomic_cas circuit_record_failure file_exists host_has is_err is_infinite is_nan is_ok
        is_rate_limited is_same is_timeout is_type json_validate path_is_absolute path_is_relative provider_register
        schema_is set_contains set_is_disjoint set_is_subset set_is_superset
    """,
    "nil": """
        agent_inject_feedback agent_session_close agent_session_inject agent_session_reset agent_subscribe
        append_file assert assert_eq assert_ne cancel circuit_record_success circuit_reset clear_tool_hooks
        close_channel copy_file delete_file enable_tracing eval_metric exit host_mock host_mock_clear http_mock
        http_mock_clear invalidate_facts llm_budget llm_mock llm_mock_clear log log_debug log_error log_info
        log_json log_set_level log_warn mcp_disconnect mcp_prompt mcp_resource mcp_resource_template
        metadata_refresh_hashes metadata_save metadata_set mkdir print println progress register_tool_hook sleep
        trace_end write_file
    """,
    "list": """
        agent_trace artifact_select conversation entries eval_metrics host_mock_calls http_mock_calls keys
        list_agents list_dir llm_mock_calls llm_providers mcp_list_prompts mcp_list_resources mcp_list_tools
        metadata_entries path_segments range regex_captures to_list tool_list trace_spans transcript_assets
        transcript_events transcript_events_by_kind transcript_messages values
    """,
    "dict": """
        agent agent_config agent_loop agent_trace_summary artifact artifact_apply_intent artifact_command_result
        artifact_derive artifact_diff artifact_diff_review artifact_editor_selection artifact_git_diff
        artifact_patch_proposal artifact_review_decision artifact_test_result artifact_verification_bundle
        artifact_verification_result artifact_workspace_file artifact_workspace_snapshot date_now
        eval_suite_manifest eval_suite_run exec exec_at host_capabilities http_delete http_get http_patch http_post
        http_put http_request llm_call llm_call_safe llm_completion llm_info llm_pick_model llm_resolve_model
        llm_session_cost llm_usage load_run_tree mcp_get_prompt mcp_server_info metadata_get metadata_resolve
        metadata_status path_parts resume_agent run_record run_record_diff run_record_eval run_record_eval_suite
        run_record_fixture run_record_load run_record_save runtime_paths schema_extend schema_from_json_schema
        schema_from_openapi_schema schema_of schema_omit schema_partial schema_pick schema_to_json_schema
        schema_to_openapi_schema shell shell_at stat timer_start tool_def tool_define tool_registry tool_remove
        tool_schema tool_select trace_start transcript transcript_abandon transcript_add_asset transcript_archive
        transcript_compact transcript_from_messages transcript_reset transcript_resume transcript_stats
        transcript_summarize workflow_clone workflow_commit workflow_diff workflow_execute workflow_graph
        workflow_insert_node workflow_inspect workflow_policy_report workflow_replace_node workflow_rewire
        workflow_set_auto_compact workflow_set_context_policy workflow_set_model_policy
        workflow_set_output_visibility workflow_validate
    """,
    "string | nil": "env project_root prompt_user regex_match trace_id transcript_summary",
    "dict | nil": "agent_session_snapshot",
    "iter": "iter",
    "pair": "pair",
    "never": "unreachable",
    None: """
        abs add_assistant add_message add_system add_tool_result add_user agent_name atomic atomic_add atomic_get
        atomic_set await base64_decode cancel_graceful ceil channel checkpoint checkpoint_clear checkpoint_delete
        checkpoint_exists checkpoint_get checkpoint_list close_agent contains ends_with env_or floor host_call
        is_cancelled json_extract json_parse len llm_budget_remaining llm_config llm_healthcheck llm_rate_limit
        llm_stream max mcp_call mcp_connect mcp_list_resource_templates mcp_read_resource mcp_serve mcp_tools
        metadata_stale min path_relative_to pow random_int read_file_result receive round scan_directory
        schema_check schema_expect schema_parse select select_artifacts_adaptive send send_input set set_add
        set_difference set_intersect set_remove set_symmetric_difference set_union spawn spawn_agent split sqrt
        starts_with store_clear store_delete store_get store_list store_save store_set throw_error toml_parse
        tool_bind tool_find tool_parse_call transcript_auto_compact transcript_fork transcript_import try_receive
        unwrap unwrap_err unwrap_or url_decode wait_agent with_rate_limit yaml_parse
    """,
}

EXPECTED = {name: type_ for type_, names in ROWS.items() for name in names.split()}

# Builtins of chapters that harnpy does not have yet. Once one exists, its type is held against its row.
ABSENT = """
    artifact artifact_apply_intent artifact_command_result artifact_context artifact_derive artifact_diff
    artifact_diff_review artifact_editor_selection artifact_git_diff artifact_patch_proposal
    artifact_review_decision artifact_select artifact_test_result artifact_verification_bundle
    artifact_verification_result artifact_workspace_file artifact_workspace_snapshot eval_suite_manifest
    eval_suite_run load_run_tree mcp_call mcp_connect mcp_disconnect mcp_get_prompt mcp_list_prompts
    mcp_list_resource_templates mcp_list_resources mcp_list_tools mcp_prompt mcp_read_resource mcp_resource
    mcp_resource_template mcp_serve mcp_server_info mcp_tools run_record run_record_diff run_record_eval
    run_record_eval_suite run_record_fixture run_record_load run_record_save select_artifacts_adaptive
    workflow_clone workflow_commit workflow_diff workflow_execute workflow_graph workflow_insert_node
    workflow_inspect workflow_policy_report workflow_replace_node workflow_rewire workflow_set_auto_compact
    workflow_set_context_policy workflow_set_model_policy workflow_set_output_visibility workflow_validate
"""

# A keyword in harnpy, so that no call of this name ever reaches the table.
KEYWORDS = frozenset({"spawn"})

# What harnpy has beyond the specification.
OWN = {
    "exec_with": "dict",
    "workspace_tools": "dict",
    **dict.fromkeys(["py_async", "py_object", "py_thread", "py_value", "py_with", "with_llm_budget"]),
}


def shown(name: str) -> str | None:
    type_ = BUILTIN_TYPES[name]
    return None if type_ is None else show(type_)


def test_every_builtin_has_the_type_of_its_row():
    known = EXPECTED.keys() & BUILTIN_TYPES.keys()
    assert {name: shown(name) for name in sorted(known)} == {name: EXPECTED[name] for name in sorted(known)}


def test_what_the_table_lacks_does_not_exist():
    missing = EXPECTED.keys() - BUILTIN_TYPES.keys()
    assert missing == set(ABSENT.split()) | KEYWORDS
    assert missing & BUILTIN_MODULES.keys() == set()


def test_what_no_row_lists_is_harnpys_own():
    assert {name: shown(name) for name in BUILTIN_TYPES.keys() - EXPECTED.keys()} == OWN


def test_the_table_has_every_builtin_that_programs_may_call_but_the_constructors_of_result():
    callable_names = {name for name in BUILTIN_MODULES if not name.startswith("__")}
    assert BUILTIN_TYPES.keys() == (callable_names - {"Ok", "Err"}) | {"pi", "e"}


def test_the_table_is_what_the_modules_declare_now():
    assert TYPES_PATH.read_text(encoding="utf-8") == types_source_of(build()), "run `make catalog`"


@pytest.mark.parametrize(
    "signature, checked_as, expected",
    [
        ("f(a: int) -> string", None, "string"),
        ("f(a: fn(int) -> bool) -> string | nil", None, "string | nil"),
        ("f(a: int) -> any", None, None),
        ("f(a: fn(int) -> bool)", None, None),
        ("f(a: int) -> list<dict>", None, "list<dict>"),
        ("f(a: int) -> list<dict>", "list", "list"),
        ("f(a: int) -> bool", "any", None),
        ("f() -> never", None, "never"),
    ],
)
def test_the_type_is_that_of_the_signature_unless_the_declaration_is_marked(signature, checked_as, expected):
    declaration = Declaration("f", signature, "", frozenset(), False, "", len, False, checked_as)
    type_ = checked_type(declaration)
    assert (None if type_ is None else show(type_)) == expected

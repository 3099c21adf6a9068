"""The declared return types of the LLM builtins, which a checker goes by (chapter 11 sections 2, 15.6 and 26.8)."""

from __future__ import annotations

import pytest
from programs import LlmWorld

from harnpy.cli.compose import make_runtime

# "" is a builtin whose calls have no type, so that a program may use the result as whatever it knows it to be.
RETURNS = {
    "": (
        "add_assistant add_message add_system add_tool_result add_user llm_budget_remaining llm_config llm_healthcheck "
        "llm_rate_limit llm_stream transcript_auto_compact transcript_fork transcript_import "
        "with_rate_limit"
    ),
    "dict": (
        "agent_trace_summary llm_call llm_call_safe llm_completion llm_info llm_pick_model llm_resolve_model "
        "llm_session_cost llm_usage transcript transcript_abandon transcript_add_asset transcript_archive "
        "transcript_compact transcript_from_messages transcript_reset transcript_resume transcript_stats "
        "transcript_summarize"
    ),
    "list": (
        "agent_trace conversation llm_mock_calls llm_providers transcript_assets transcript_events "
        "transcript_events_by_kind transcript_messages"
    ),
    "string": (
        "error_category llm_infer_provider llm_model_tier microcompact transcript_export transcript_id "
        "transcript_render_full transcript_render_visible"
    ),
    "string | nil": "transcript_summary",
    "bool": "is_rate_limited is_timeout provider_register",
    "int": "estimate_tokens",
    "float": "llm_cost",
    "nil": "llm_budget llm_mock llm_mock_clear",
}


@pytest.mark.parametrize(("returned", "names"), RETURNS.items())
def test_builtins_return_what_the_specification_says(returned: str, names: str) -> None:
    registry = make_runtime(world=LlmWorld({})).registry
    declared = {}
    for name in names.split():
        builtin = registry.get(name)
        assert builtin is not None, name
        declared[name] = builtin.signature.partition(") -> ")[2]
    assert declared == dict.fromkeys(names.split(), returned)


@pytest.mark.parametrize("name", ["llm_call", "llm_call_safe", "llm_completion"])
def test_missing_arguments_are_no_arity_error(name: str) -> None:
    builtin = make_runtime(world=LlmWorld({})).registry.get(name)
    assert builtin is not None
    assert builtin.min_args == 0

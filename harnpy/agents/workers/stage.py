"""One stage of work: artifacts are chosen, a model or a command does it, what it made is an artifact (chapter 13 section
13.5.2 and chapter 12 section 12.15.4)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents import approval
from harnpy.agents.approval import read_approval_policy
from harnpy.agents.artifacts import Artifact, escaped, new_artifact, rendered, select_adaptively
from harnpy.agents.builtin_checks import require_builtin
from harnpy.agents.capability import (
    CapabilityPolicy,
    active_approval,
    active_capability,
    intersection,
    policies_pushed,
    read_capability_policy,
)
from harnpy.agents.loop import run_loop
from harnpy.agents.sessions import SessionStore
from harnpy.agents.stage_policies import derived_policy, named_entries, offered_tools, within
from harnpy.builtins.calendar_dates import iso_text
from harnpy.builtins.child_processes import outcome, run_login_script
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.calls import call_options
from harnpy.llm.compaction import CompactionSettings, Strategy
from harnpy.llm.context import CallContext
from harnpy.llm.messages import wire_messages
from harnpy.llm.normalize import result_transcript
from harnpy.llm.pipeline import observed_call
from harnpy.llm.resolve import default_tool_format
from harnpy.llm.spans import SPAN_KIND
from harnpy.llm.transcript import is_transcript, message_list
from harnpy.vm.child_processes import RunOptions
from harnpy.vm.clock_readings import unix_milliseconds
from harnpy.vm.errors import runtime_error
from harnpy.vm.span_log import traced_span
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

VERIFY = "verify"
_AGENT = "agent"
_MODEL_KEYS = ("provider", "model", "model_tier", "temperature", "max_tokens")

DEFAULT_MAX_ITERATIONS = 16
DEFAULT_MAX_NUDGES = 3
LLM_RETRIES = 2

_PUBLIC_ONLY = ("public", "public_only")
_CONTRACT = (
    "Answer the workflow task above. The artifacts are there for you to use: do not continue their text word for word. "
    "Say little about what you do, and make concrete progress by the tool-calling contract in force."
)


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """result is the dict of the stage; transcript is nil where there was no conversation."""

    result: dict[str, Value]
    artifacts: list[Artifact]
    transcript: Value


def run_stage(
    fiber: Fiber, node_id: str, task: str, node: dict[str, Value], artifacts: Sequence[Artifact], transcript: Value
) -> StageOutcome:
    """Execute a node. transcript is the conversation that it goes on with, nil for none.

    Raises the runtime errors of its input contract and of policies, and what its model calls and callbacks raise.
    """
    selected = select_adaptively(artifacts, _selection(node))
    session_id = _session_id(fiber, node)
    _check_inputs(fiber, node_id, node, len(selected), session_id)
    context = rendered(selected, node["context_policy"]["render"])
    prompt = _prompt(task, node, context)
    tool_format = _tool_format(fiber, node)
    result = _executed(fiber, node, prompt, session_id, transcript, tool_format)
    result |= {
        "prompt": prompt,
        "system_prompt": node["system"] or "",
        "rendered_context": context,
        "selected_artifact_ids": [each["id"] for each in selected],
        "selected_artifact_titles": [each["title"] for each in selected],
        "tool_calling_mode": tool_format,
    }
    made = _artifact(fiber, node_id, node, result, selected)
    spoken = result.get("transcript")
    if spoken is None:
        session = fiber.runtime.state(SessionStore).find(session_id)
        spoken = None if session is None else session.transcript
    return StageOutcome(result, [made], _visible(spoken, node["output_visibility"]))


# --- what goes in ----------------------------------------------------------------------------------------------------


def _selection(node: dict[str, Value]) -> dict[str, Value]:
    policy: dict[str, Value] = node["context_policy"]
    if policy["include_kinds"]:
        return policy
    return {**policy, "include_kinds": node["input_contract"]["input_kinds"]}


def _session_id(fiber: Fiber, node: dict[str, Value]) -> str:
    given = node["model_policy"].get("session_id")
    if type(given) is str and given.strip(WHITE_SPACE):
        return given.strip(WHITE_SPACE)
    return f"workflow_stage_{CallContext(fiber).new_id()}"


def _check_inputs(fiber: Fiber, node_id: str, node: dict[str, Value], count: int, session_id: str) -> None:
    contract = node["input_contract"]
    least, most = contract["min_inputs"], contract["max_inputs"]
    if contract["require_transcript"] and not fiber.runtime.state(SessionStore).exists(session_id):
        raise runtime_error(
            f"workflow stage {node_id} requires an existing session; open one by agent_session_open and give its id as "
            "`session_id` in the node's `model_policy` before the stage runs"
        )
    if least is not None and count < least:
        raise runtime_error(f"workflow stage {node_id} requires at least {least} input artifacts")
    if most is not None and count > most:
        raise runtime_error(f"workflow stage {node_id} accepts at most {most} input artifacts")


def _prompt(task: str, node: dict[str, Value], context: str) -> str:
    label = (node["task_label"] or "").strip(WHITE_SPACE) or "Task"
    wanted = [part for part in ((node["prompt"] or "").strip(WHITE_SPACE), task.strip(WHITE_SPACE)) if part]
    instructions = "\n\n".join(wanted)
    parts = [
        f"<workflow_task>\n<label>{escaped(label)}</label>\n<instructions>\n{instructions}\n</instructions>\n"
        "</workflow_task>"
    ]
    if context.strip(WHITE_SPACE):
        parts.append(f"<workflow_context>\n{context}\n</workflow_context>")
    parts.append(f"<workflow_response_contract>\n{_CONTRACT}\n</workflow_response_contract>")
    return "\n\n".join(parts)


def _tool_format(fiber: Fiber, node: dict[str, Value]) -> str:
    context, policy = CallContext(fiber), node["model_policy"]
    chosen = context.chooser().choose(policy["provider"], policy["model"], policy["model_tier"])
    return default_tool_format(context.configuration, context.env, None, chosen)


# --- the work --------------------------------------------------------------------------------------------------------


def _executed(
    fiber: Fiber, node: dict[str, Value], prompt: str, session_id: str, transcript: Value, tool_format: str
) -> dict[str, Value]:
    if node["kind"] == VERIFY:
        return _verified(fiber, node["verify"])
    earlier = message_list(transcript) if is_transcript(transcript) else []
    ceiling = read_capability_policy(node["capability_policy"])
    around = active_capability(fiber)
    tools = offered_tools(node["tools"], ceiling.tools)
    if around is not None:
        tools = offered_tools(tools, around.tools)
    entries = named_entries(tools)
    if node["mode"] != _AGENT and not entries:
        return _answered(fiber, node, prompt, earlier)
    sessions = fiber.runtime.state(SessionStore)
    if earlier and not sessions.exists(session_id):
        sessions.store(session_id, {**transcript, "id": session_id})
    options = _loop_options(node, tools if entries else None, session_id, tool_format)
    policy = within(ceiling, derived_policy(entries)) if entries else ceiling
    if around is not None:
        policy = intersection(around, policy)
    with _in_force(fiber, node, policy), traced_span(fiber, SPAN_KIND, "agent_loop"):
        return run_loop(fiber, prompt, node["system"], options)


def _in_force(fiber: Fiber, node: dict[str, Value], policy: CapabilityPolicy) -> AbstractContextManager[None]:
    approvals, around = read_approval_policy(node["approval_policy"]), active_approval(fiber)
    if around is not None:
        approvals = approval.intersection(around, approvals)
    return policies_pushed(fiber, policy, approvals)


def _loop_options(node: dict[str, Value], tools: Value, session_id: str, tool_format: str) -> dict[str, Value]:
    policy = node["model_policy"]
    own = {"max_iterations", "max_nudges", "session_id"}
    given = {key: value for key, value in policy.items() if value is not None and key not in own}
    iterations, nudges = policy["max_iterations"], policy["max_nudges"]
    options = {
        **given,
        "persistent": True,
        "max_iterations": DEFAULT_MAX_ITERATIONS if iterations is None else iterations,
        "max_nudges": DEFAULT_MAX_NUDGES if nudges is None else nudges,
        "llm_retries": LLM_RETRIES,
        "done_sentinel": node["done_sentinel"],
        "exit_when_verified": node["exit_when_verified"],
        "session_id": session_id,
        "tool_format": tool_format,
        **_compaction_options(node["auto_compact"]),
    }
    return options if tools is None else {**options, "tools": tools}


def _compaction_options(settings: dict[str, Value]) -> dict[str, Value]:
    if not settings["enabled"]:
        return {}
    custom = Strategy.CUSTOM.value
    options = {
        "auto_compact": True,
        "compact_threshold": settings["token_threshold"],
        "tool_output_max_chars": settings["tool_output_max_chars"],
        # Named in any case: a compactor alone would make the strategy `custom`.
        "compact_strategy": settings["compact_strategy"] or CompactionSettings().strategy.value,
        "hard_limit_tokens": settings["hard_limit_tokens"],
        "hard_limit_strategy": settings["hard_limit_strategy"],
        "compress_callback": settings.get("compress_callback"),
        "mask_callback": settings.get("mask_callback"),
    }
    if custom in (options["compact_strategy"], options["hard_limit_strategy"]):
        options["compact_callback"] = settings.get("custom_compactor")
    return options


def _answered(fiber: Fiber, node: dict[str, Value], prompt: str, earlier: list[Value]) -> dict[str, Value]:
    """One model call, without retries."""
    context, policy = CallContext(fiber), node["model_policy"]
    given = {key: policy[key] for key in _MODEL_KEYS if policy[key] is not None}
    with traced_span(fiber, SPAN_KIND, "llm_call"):
        options = call_options(context, prompt, node["system"], {**given, "llm_retries": 0})
        if earlier:
            options = options.with_messages([*wire_messages("", earlier), *options.messages])
        answer = observed_call(context, options)
    return {
        "status": "done",
        "text": answer["text"],
        "visible_text": answer["text"],
        "private_reasoning": answer["thinking"],
        "iterations": 1,
        "duration_ms": 0,
        "tools_used": [],
        "transcript": result_transcript(options, answer, context.ids()),
    }


def _verified(fiber: Fiber, verify: Value) -> dict[str, Value]:
    """What a command has printed; nothing without one."""
    command = verify.get("command") if type(verify) is dict else None
    if type(command) is not str or not command.strip(WHITE_SPACE):
        return {"status": "completed", "text": "", "visible_text": ""}
    require_builtin(fiber, "exec", command)
    ended = outcome(run_login_script(fiber, "workflow verify exec failed", command, RunOptions(kills_rest=True)))
    shown = "\n".join(part for part in (ended["stdout"], ended["stderr"]) if part)
    return {
        "status": "completed",
        "text": shown,
        "visible_text": shown,
        "command": command,
        "stdout": ended["stdout"],
        "stderr": ended["stderr"],
        "exit_status": ended["status"],
        "success": ended["success"],
    }


# --- what comes out --------------------------------------------------------------------------------------------------


def _artifact(
    fiber: Fiber, node_id: str, node: dict[str, Value], result: dict[str, Value], selected: Sequence[Artifact]
) -> Artifact:
    kinds = node["output_contract"]["output_kinds"]
    usual = "verification_result" if node["kind"] == VERIFY else "artifact"
    ids = [each["id"] for each in selected]
    made = {
        "id": f"artifact_{CallContext(fiber).new_id()}",
        "kind": kinds[0] if kinds else usual,
        "title": f"stage {node_id} output",
        "text": result["text"],
        "data": dict(result),
        "source": node_id,
        "stage": node_id,
        "created_at": iso_text(unix_milliseconds(fiber)),
        "freshness": "fresh",
        "relevance": 1.0,
        "lineage": ids,
        "metadata": {"input_artifact_ids": ids, "node_kind": node["kind"] or "stage"},
    }
    return new_artifact(fiber, made)


def _visible(transcript: Value, visibility: str | None) -> Value:
    """The transcript without what is not public, where that is asked for."""
    if visibility not in _PUBLIC_ONLY or type(transcript) is not dict:
        return transcript
    messages = [each for each in transcript["messages"] if each.get("role") != "tool_result"]
    events = [each for each in transcript["events"] if each.get("visibility") in (None, "public")]
    return {**transcript, "messages": messages, "events": events}

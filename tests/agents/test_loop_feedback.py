"""What a loop tells its model, and what it puts in front of each call (chapter 12 sections 12.1.3 to 12.1.6)."""

from __future__ import annotations

import pytest
from loop_programs import DONE, TOOLS, LoopRun, agent, call, execute, native, prose

from harnpy.agents.feedback import feedback
from harnpy.llm.agent_events import ResponseInterpreted

ADD = call("add", a=1, b=2)
BROKEN = "<tool_call>add(a=1)</tool_call>"
OBJECT_ERROR = "Tool 'add' must be called with an object literal argument like add({ ... })."


def test_the_kind_is_escaped_and_the_body_trimmed() -> None:
    assert feedback('a<b>&"c"', " \n text\n\n") == {
        "role": "user",
        "content": '<runtime_feedback kind="a&lt;b&gt;&amp;&quot;c&quot;">\ntext\n</runtime_feedback>',
    }


# --- malformed calls -------------------------------------------------------------------------------------------------


def test_parse_errors_are_explained_at_once_and_repeated_in_full_after_the_results() -> None:
    run = agent(BROKEN * 3 + ADD, prose("x"))
    (guidance,) = run.feedback("parse_guidance")
    lines = guidance.split("\n")
    assert lines[0] == f"Your tool call could not be parsed: {OBJECT_ERROR}; {OBJECT_ERROR}"
    assert "1 other tool call(s)" in guidance
    assert 'edit({ action: "create", path: "...", content: <<EOF' in lines
    assert "EOF" in lines and "})" in lines
    assert run.feedback("parse_error") == ["\n\n".join([OBJECT_ERROR] * 3)]
    kinds = [text.split("\n")[0] for text in run.contents[1:5]]
    assert kinds == [
        "<assistant turn partially elided: 1 tool call(s) were executed with success (add) and 3 malformed one(s) "
        "rejected; see the tool results and parse errors below>",
        '<runtime_feedback kind="parse_guidance">',
        '<runtime_feedback kind="tool_results">',
        '<runtime_feedback kind="parse_error">',
    ]


def test_the_parenthesis_is_only_there_if_something_was_parsed() -> None:
    (guidance,) = agent(BROKEN, prose("x")).feedback("parse_guidance")
    assert "other tool call(s)" not in guidance


def test_parse_errors_are_warned_about() -> None:
    run = agent(BROKEN * 3, prose("x"))
    assert (
        f"[harn] warning: 3 tool-call parse error(s): {f'{OBJECT_ERROR}; {OBJECT_ERROR}'[:200]} (parsed_calls=0)\n"
        in run.errors
    )


def test_a_sentinel_suppresses_parse_errors_with_a_warning() -> None:
    run = agent(ADD + BROKEN + DONE, options="persistent: true")
    assert run.result["status"] == "done"
    assert f"[harn] warning: 1 tool-call parse error(s) suppressed by sentinel: {OBJECT_ERROR}\n" in run.errors


def test_without_tools_nothing_is_a_malformed_call() -> None:
    run = agent(BROKEN, tools="")
    assert (run.result["iterations"], run.feedback("parse_guidance")) == (1, [])


# --- the protocol ----------------------------------------------------------------------------------------------------


def test_violations_are_listed_with_the_tags_that_are_accepted() -> None:
    run = agent("hello there " + ADD, prose("x"), options='done_sentinel: "FIN"')
    (text,) = run.feedback("protocol_violation")
    assert text.startswith("Your response violated the tagged response protocol.\n")
    assert '\n- Stray text outside response tags: "hello there"' in text
    assert (
        "\n\n<assistant_prose>short narration (optional)</assistant_prose>\n<tool_call>\nname({ key: value })\n"
        "</tool_call>\n<done>FIN</done>\n\n"
    ) in text


def test_a_violation_in_the_last_turn_is_recorded_after_the_answer() -> None:
    run = agent("hi", tools="")
    assert [message["role"] for message in run.messages] == ["user", "assistant", "user"]
    assert len(run.feedback("protocol_violation")) == 1
    assert run.result["visible_text"] == "hi"


def test_native_loops_do_not_ask_for_the_protocol() -> None:
    run = agent("hi", options='tool_format: "native"')
    assert run.feedback("protocol_violation") == []


def test_a_response_of_a_done_block_alone_shows_it_twice() -> None:
    run = agent(ADD, DONE, options="persistent: true")
    assert run.result["visible_text"] == f"{DONE}\n\n{DONE}"


# --- gates and nudges ------------------------------------------------------------------------------------------------


def test_done_in_a_stage_that_belongs_to_the_workflow_is_refused_in_other_words() -> None:
    policy = "turn_policy: {allow_done_sentinel: false}"
    run = agent(DONE, ADD, DONE, options=f"persistent: true, {policy}")
    (text,) = run.feedback("sentinel_without_action")
    assert text.startswith("A `<done>` block came in an action stage")
    assert run.result["status"] == "done"


def test_the_action_nudge_follows_the_refusal_and_replaces_the_nudge() -> None:
    policy = "turn_policy: {require_action_or_yield: true, max_prose_chars: 120}"
    run = agent(DONE, prose("a"), prose("b" * 121), ADD, DONE, options=f'persistent: true, nudge: "other", {policy}')
    (refusal,) = run.feedback("sentinel_without_action")
    nudges = run.feedback("nudge")
    assert refusal.endswith(nudges[0])
    assert nudges[0].startswith("Keep prose to at most 120 visible characters, then ")
    assert nudges[0].endswith(".")
    assert nudges[2].endswith(" Your last response spent too much budget on prose.")
    assert "<done>" in nudges[0]


def test_the_action_nudge_of_a_native_loop_names_its_channel() -> None:
    policy = "turn_policy: {require_action_or_yield: true, allow_done_sentinel: false}"
    run = agent("talk", options=f'persistent: true, max_iterations: 1, tool_format: "native", {policy}')
    (nudge,) = run.feedback("nudge")
    assert nudge.startswith("Keep prose brief, then ")
    assert "<done>" not in nudge
    assert "tool channel" in nudge


def test_a_long_narration_is_cut_where_people_see_it_and_kept_in_the_history() -> None:
    long_text = "é" * 50
    run = agent(prose(long_text), options="turn_policy: {max_prose_chars: 10}")
    assert run.result["visible_text"].startswith("é" * 10 + "\n\n<assistant prose truncated by turn policy")
    assert run.result["visible_text"].endswith(">")
    assert long_text in run.contents[1]


# --- the system prompt -----------------------------------------------------------------------------------------------


def system(options: str, tools: str = "") -> str:
    offered = "tools: tools, " if tools else ""
    source = f'{tools}\nlet r = agent_loop("x", "  be good \\n", {{{offered}{options}, max_iterations: 1}})'
    return execute(source).calls[0].system or ""


def test_the_prompt_of_the_caller_comes_first_and_alone_in_a_plain_loop() -> None:
    assert system("persistent: false") == "be good"


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("allowed", [True, False])
def test_what_keeps_a_persistent_loop_going(verified: bool, allowed: bool) -> None:
    flags = f"exit_when_verified: {str(verified).lower()}, turn_policy: {{allow_done_sentinel: {str(allowed).lower()}}}"
    first, last = system(f'persistent: true, done_sentinel: "FIN", {flags}').split("\n\n")
    assert first == "be good"
    assert "\n" not in last
    assert last.startswith("IMPORTANT:") is not verified
    assert ("<done>FIN</done>" in last) is allowed


def test_the_contract_stands_between_them() -> None:
    whole = system("persistent: true", TOOLS)
    assert whole.startswith("be good\n\n## Tool Calling Contract\n\nActive mode: `text`.")
    assert whole.index("## Available tools") < whole.index("IMPORTANT:")


def test_no_prompt_at_all_is_none() -> None:
    assert execute('agent_loop("x")').calls[0].system is None


# --- queued feedback and the ledger ----------------------------------------------------------------------------------


def test_queued_feedback_joins_the_next_turn_in_order() -> None:
    before = 'agent_inject_feedback("s", "note", " one ")\nagent_inject_feedback("other", "note", "no")\n'
    before += 'agent_subscribe("s", { e -> if e.type == "feedback_injected" { println(json_stringify(e)) } })\n'
    before += 'agent_inject_feedback("s", "hint", "two")\n'
    run = agent(prose("x"), tools=before + TOOLS, options='session_id: "s"')
    assert run.feedback("note") == ["one"]
    assert run.feedback("hint") == ["two"]
    assert [(each["kind"], each["content"]) for each in run.printed] == [("note", " one "), ("hint", "two")]
    assert len(run.calls[0].messages) == 3


def test_feedback_that_a_tool_injects_is_seen_in_the_next_turn() -> None:
    tools = """
    var tools = tool_define(tool_registry(), "tell", "", {parameters: {}, handler: { args ->
      agent_inject_feedback("s", "hint", "from the tool")
      "told"
    }})
    """
    run = agent(call("tell"), prose("x"), tools=tools, options='session_id: "s"')
    assert run.feedback("hint") == ["from the tool"]


def test_a_prefill_begins_the_answer_of_one_turn_and_is_not_recorded() -> None:
    before = 'agent_inject_feedback("s", "prefill_assistant", "first")\n'
    before += 'agent_inject_feedback("s", "prefill_assistant", "<assistant_prose>")\n'
    run = agent("so it is</assistant_prose>" + ADD, prose("x"), tools=before + TOOLS, options='session_id: "s"')
    assert run.contents[1].startswith("<assistant_prose>\nso it is\n</assistant_prose>")
    assert run.result["text"].startswith("<assistant_prose>so it is</assistant_prose>")
    assert run.result["text"].endswith(prose("x"))
    assert "prefill" not in str(run.messages)


def test_the_option_of_that_name_has_no_effect_in_a_loop() -> None:
    assert agent(prose("x"), options='prefill: "nope"').result["text"] == prose("x")


def test_the_ledger_is_shown_in_each_call_and_never_recorded() -> None:
    run = agent(ADD, prose("x"), options='root_task: "R", deliverables: ["one"]')
    for each in run.calls:
        content = each.messages[-1]["content"]
        assert content.startswith('<runtime_injection kind="task_ledger">\n<task_ledger>\n')
        assert content.endswith("\n</task_ledger>\n</runtime_injection>")
    assert "runtime_injection" not in str(run.messages)


def test_ledger_calls_are_answered_and_not_dispatched() -> None:
    run = agent(call("ledger", action="note", text="seen") + call("ledger", action="huh") + ADD, prose("x"))
    results = [text for text in run.contents if text.startswith("<tool_result>")]
    assert results == [
        "<tool_result>ledger: observation recorded</tool_result>",
        '<tool_result>ledger error: ledger: unknown action "huh"; use one of add|mark|rationale|note|seed_plan</tool_result>',
    ]
    assert run.result["tools_used"] == ["ledger", "add"]
    assert all("metadata" not in message for message in run.calls[1].messages)


# --- the history -----------------------------------------------------------------------------------------------------


def test_the_history_keeps_the_canonical_form() -> None:
    run = agent("noise <think>hm</think>" + call("add", b=2, a=1), prose("x"))
    assert run.contents[1] == '<tool_call>\nadd({\n  "a": 1,\n  "b": 2\n})\n</tool_call>'


def test_a_text_loop_shows_calls_that_came_over_the_channel_as_text() -> None:
    run = agent(native(("add", {"a": 1, "b": 2})), prose("x"))
    assert run.contents[1] == '<tool_call>\nadd({\n  "a": 1,\n  "b": 2\n})\n</tool_call>'


def test_an_answer_beyond_the_cap_is_cut() -> None:
    text = prose("y" * 140_000)
    run = agent(text)
    total = len(f"<assistant_prose>\n{'y' * 140_000}\n</assistant_prose>")
    ending = f"\n\n<assistant turn truncated: raw length {total} chars exceeded history cap (131072)>"
    assert run.contents[1].endswith(ending)
    assert len(run.contents[1]) == 131_072 + len(ending)


def test_an_empty_answer_is_recorded_and_not_sent_back() -> None:
    run = agent("", prose("x"), options="persistent: true, max_iterations: 2")
    assert run.messages[1] == {"role": "assistant", "content": ""}
    assert [message["role"] for message in run.calls[1].messages] == ["user", "user"]


# --- context callbacks -----------------------------------------------------------------------------------------------


def shaped(returned: str, key: str = "context_callback") -> LoopRun:
    return agent(ADD, prose("x"), options=f"{key}: {{ context -> {returned} }}")


@pytest.mark.parametrize("key", ["context_callback", "context_filter"])
def test_a_callback_replaces_the_messages_of_each_call_alone(key: str) -> None:
    run = shaped('[{role: "user", content: "short ${context.iteration}"}]', key)
    assert [each.messages for each in run.calls] == [
        [{"role": "user", "content": "short 0"}],
        [{"role": "user", "content": "short 1"}],
    ]
    assert len(run.messages) == 4


def test_a_callback_may_change_the_system_prompt_and_keep_the_messages() -> None:
    run = shaped('{system: "S"}')
    assert [(each.system, len(each.messages)) for each in run.calls] == [("S", 1), ("S", 3)]


@pytest.mark.parametrize("returned", ["nil", "42", "{}", "{messages: 5}"])
def test_anything_else_changes_nothing(returned: str) -> None:
    assert [len(each.messages) for each in shaped(returned).calls] == [1, 3]


def test_the_callback_sees_the_whole_conversation() -> None:
    run = agent(ADD, prose("x"), options="context_callback: { context -> println(json_stringify(context)) }")
    first, second = run.printed
    assert first["latest_visible_assistant_message"] is None
    assert first["latest_visible_user_message"]["content"] == "do it"
    assert second["messages"] == second["visible_messages"] == second["recorded_messages"]
    assert second["latest_tool_result"]["content"].startswith('<runtime_feedback kind="tool_results">')
    assert second["latest_recorded_user_message"]["content"] == "do it"
    assert second["system"].startswith("## Tool Calling Contract")


def test_of_very_many_issues_the_first_are_shown_and_the_rest_counted() -> None:
    run = agent("<x>" * 5000 + "<done></done>", tools="")
    (text,) = run.feedback("protocol_violation")
    assert text.count("\n- ") == 21
    assert "\n- ... and 4981 more\n\n" in text
    twenty = agent("<x>" * 20, tools="").feedback("protocol_violation")[0]
    assert (twenty.count("\n- "), "more" in twenty) == (20, False)


def test_of_very_many_malformed_calls_the_first_are_shown_and_the_rest_counted() -> None:
    run = agent(BROKEN * 30 + DONE + ADD, prose("x"), options="persistent: true")
    (text,) = run.feedback("parse_error")
    assert text == "\n\n".join([OBJECT_ERROR] * 20 + ["... and 10 more"])
    shown = "; ".join([OBJECT_ERROR] * 20)
    assert f"30 tool-call parse error(s) suppressed by sentinel: {shown}; ... and 10 more\n" in run.errors


def test_logs_have_the_narration_as_people_see_it() -> None:
    run = agent(prose("é" * 50), options="turn_policy: {max_prose_chars: 10}")
    (interpreted,) = [event for event in run.events if isinstance(event, ResponseInterpreted)]
    assert interpreted.prose == run.result["visible_text"]

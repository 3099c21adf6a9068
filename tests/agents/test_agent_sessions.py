"""Agent sessions: which there are, what is in them, who is told, and that runtimes and programs share nothing."""

from __future__ import annotations

import re

import pytest
from session_runs import run

from harnpy.agents.sessions import MAX_SESSIONS, SessionStore
from harnpy.cli.compose import make_runtime
from harnpy.vm.errors import HarnError

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


def test_minted_ids_are_uuids_and_all_different() -> None:
    opened, second, forked, anonymous = run("""
    let a = agent_session_open()
    println(a)
    println(agent_session_open(nil))
    println(agent_session_fork(a))
    println(loop_anonymous_id())
    """).lines
    assert all(re.fullmatch(UUID, each) for each in (opened, second, forked))
    assert len({opened, second, forked}) == 3
    assert re.fullmatch("agent_session_" + UUID, anonymous)


def test_a_new_session_has_an_empty_transcript_under_its_id() -> None:
    assert run('agent_session_open("s")\nprintln(json_stringify(agent_session_snapshot("s")))').lines == [
        '{"_type":"transcript","assets":[],"events":[],"id":"s","messages":[],"version":2}'
    ]


def test_the_session_that_was_not_used_for_longest_makes_room() -> None:
    program = f"""
    for i in 1 to {MAX_SESSIONS} {{ agent_session_open("s${{i}}") }}
    agent_session_length("s1")
    agent_session_snapshot("s2")
    agent_session_open("s3")
    agent_session_inject("s4", {{role: "user", content: "x"}})
    loop_messages("s5")
    agent_session_exists("s6")
    loop_event("s7", "turn_start", {{}})
    agent_session_open("new1")
    agent_session_open("new2")
    let there = []
    for i in 1 to 8 {{ println("${{i}} ${{agent_session_exists("s${{i}}")}}") }}
    """
    assert run(program).lines == [
        *("1 true", "2 true", "3 true", "4 true", "5 true", "6 false", "7 false", "8 true"),
    ]


def test_forks_and_subscriptions_make_room_as_well() -> None:
    program = f"""
    for i in 1 to {MAX_SESSIONS} {{ agent_session_open("s${{i}}") }}
    agent_session_fork("s1", "copy")
    agent_subscribe("watched", {{ e -> nil }})
    println([1, 2, 3, 4].map({{ i -> agent_session_exists("s${{i}}") }}))
    println(agent_session_exists("copy") && agent_session_exists("watched"))
    """
    assert run(program).lines == ["[true, false, false, true]", "true"]


def test_evicted_sessions_come_back_empty_and_without_subscribers() -> None:
    program = f"""
    agent_subscribe("s", {{ e -> println("told") }})
    agent_session_inject("s", {{role: "user", content: "x"}})
    for i in 1 to {MAX_SESSIONS} {{ agent_session_open("other${{i}}") }}
    agent_session_open("s")
    println(agent_session_length("s"))
    loop_event("s", "turn_start", {{}})
    """
    assert run(program).lines == ["0"]


def test_what_a_loop_leaves_is_kept_even_when_its_session_has_made_room() -> None:
    program = f"""
    agent_session_open("s")
    for i in 1 to {MAX_SESSIONS} {{ agent_session_open("other${{i}}") }}
    loop_end("s", transcript_from_messages([{{role: "user", content: "kept"}}]))
    println(loop_messages("s"))
    println(loop_messages("unknown"))
    println(agent_session_exists("unknown"))
    """
    assert run(program).lines == ["[{content: kept, role: user}]", "[]", "false"]


def test_runtimes_of_one_process_see_nothing_of_each_other() -> None:
    first, second = make_runtime(), make_runtime()
    try:
        for runtime in (first, second):
            runtime.run(runtime.compile('agent_session_open("s")', "t.harn", use_cache=False))
        inject = 'agent_session_inject("s", {role: "user"})\nagent_inject_feedback("s", "k", "c")'
        first.run(first.compile(inject, "t.harn", use_cache=False))
        assert len(first.state(SessionStore).messages("s")) == 1
        assert second.state(SessionStore).messages("s") == []
    finally:
        first.close()
        second.close()
    assert run('println(loop_feedback("s"))').lines == ["[]"]


@pytest.mark.parametrize("jit", ["off", "eager"])
def test_sessions_are_values(monkeypatch: pytest.MonkeyPatch, jit: str) -> None:
    monkeypatch.setenv("HARN_JIT", jit)
    program = """
    agent_session_open("s")
    var message = {role: "user", content: ["a"]}
    agent_session_inject("s", message)
    message.content[0] = "changed"
    var snapshot = agent_session_snapshot("s")
    snapshot.messages[0].content[0] = "changed"
    snapshot.id = "changed"
    var copy = agent_session_snapshot(agent_session_fork("s", "t"))
    copy.messages[0].role = "changed"
    var messages = loop_messages("s")
    messages[0].role = "changed"
    println(agent_session_snapshot("s").messages)
    println(agent_session_snapshot("t").messages)
    println(agent_session_snapshot("s").id)
    agent_session_inject("s", {role: "user", content: "later"})
    println(len(snapshot.messages))
    """
    unchanged = "[{content: [a], role: user}]"
    assert run(program).lines == [unchanged, unchanged, "s", "1"]


def test_events_are_those_of_the_messages_once_the_messages_change() -> None:
    program = """
    let left = transcript_archive(transcript_from_messages([{role: "user", content: "a"}, {role: "user", content: "b"}]))
    loop_end("s", left.merge({id: "s", summary: "sum", metadata: {k: 1}}))
    println(agent_session_snapshot("s").events.map({ e -> e.kind }))
    agent_session_inject("s", {role: "tool_result", tool_use_id: "t", content: "c"})
    let after = agent_session_snapshot("s")
    println(after.events.map({ e -> "${e.kind} ${e.role} ${e.text} ${e.visibility}" }))
    println([after.id, after.summary, after.metadata, after.state])
    println(agent_session_trim("s", 1))
    println(agent_session_snapshot("s").events.map({ e -> e.text }))
    """
    assert run(program).lines == [
        "[message, message, transcript_archive]",
        "[message user a public, message user b public, tool_result tool_result c internal]",
        "[s, sum, {k: 1}, archived]",
        "1",
        "[c]",
    ]


def test_a_session_with_a_blank_id_keeps_it() -> None:
    program = """
    agent_session_inject(agent_session_open(""), {role: "user", content: "x"})
    println("<${agent_session_snapshot("").id}>")
    """
    assert run(program).lines == ["<>"]


def test_subscribers_are_told_in_order_and_waited_for() -> None:
    program = """
    agent_subscribe("s", { e ->
      println("first ${e}")
      sleep(1000)
      println("first ends")
    })
    agent_subscribe("s", { e -> println("second ${e.type} ${e.kind}") })
    agent_subscribe("other", { e -> println("never") })
    loop_event("s", "feedback_injected", {kind: "k", content: "c"})
    println("after")
    """
    assert run(program).lines == [
        "first {content: c, kind: k, session_id: s, type: feedback_injected}",
        "first ends",
        "second feedback_injected k",
        "after",
    ]


def test_an_error_of_a_subscriber_is_a_warning_and_the_others_are_told() -> None:
    ended = run("""
    agent_subscribe("s", { e -> throw "broken" })
    agent_subscribe("s", { e -> 1 / 0 })
    agent_subscribe("s", { e -> println("told") })
    loop_event("s", "turn_start", {iteration: 0})
    """)
    assert ended.lines == ["told"]
    assert ended.errors.splitlines() == [
        "[harn] warning: a subscriber to events of agent session 's' failed: Thrown: broken",
        "[harn] warning: a subscriber to events of agent session 's' failed: Runtime error: Division by zero",
    ]


def test_what_one_subscriber_does_to_an_event_no_other_sees() -> None:
    program = """
    agent_subscribe("s", { e ->
      var mine = e
      mine.info.n = 2
      println(mine)
    })
    agent_subscribe("s", { e -> println(e) })
    loop_event("s", "turn_end", {info: {n: 1}})
    """
    assert run(program).lines == [
        "{info: {n: 2}, session_id: s, type: turn_end}",
        "{info: {n: 1}, session_id: s, type: turn_end}",
    ]


def test_a_subscriber_may_subscribe_another_and_close_the_session() -> None:
    program = """
    agent_subscribe("s", { e ->
      agent_subscribe("s", { e -> println("too late") })
      agent_session_close("s")
    })
    agent_subscribe("s", { e -> println("still told") })
    loop_event("s", "turn_start", {})
    loop_event("s", "turn_start", {})
    """
    assert run(program).lines == ["still told"]


def test_subscribers_stay_through_reset_and_are_not_copied() -> None:
    program = """
    agent_subscribe("s", { e -> println("${e.session_id} ${e.type}") })
    agent_session_reset("s")
    loop_event("s", "after reset", {})
    agent_subscribe("dst", { e -> println("never") })
    loop_event(agent_session_fork("s"), "fork", {})
    loop_event(agent_session_fork("s", "dst"), "fork", {})
    agent_session_close("s")
    agent_session_open("s")
    loop_event("s", "after close", {})
    """
    assert run(program).lines == ["s after reset"]


def test_feedback_waits_for_its_own_session_in_order() -> None:
    program = """
    agent_inject_feedback("a", "one", "1")
    agent_inject_feedback("b", "other", "x")
    agent_inject_feedback("a", "two", "")
    println(agent_session_exists("a"))
    println(loop_feedback("a"))
    println(loop_feedback("a"))
    agent_inject_feedback("a", "three", "3")
    println(loop_feedback("a"))
    println(loop_feedback("b"))
    """
    assert run(program).lines == ["false", "[[one, 1], [two, ]]", "[]", "[[three, 3]]", "[[other, x]]"]


def test_compaction_of_a_session_uses_its_options_and_ignores_the_threshold() -> None:
    program = """
    fn fresh(count) {
      loop_end("s", transcript())
      for i in 1 to count { agent_session_inject("s", {role: "user", content: "m${i}"}) }
    }
    fn shown() { return agent_session_snapshot("s").messages.map({ m -> m.content }) }

    fresh(13)
    println(agent_session_compact("s"))
    println(shown()[0])
    println(agent_session_compact("s", {keep_last: 12, token_threshold: 1000000}))
    println(agent_session_compact("s", {keep_last: 0}))
    println(len(agent_session_snapshot("s").events))
    fresh(3)
    println(agent_session_compact("s", {keep_last: 1, compact_strategy: "truncate"}))
    println(shown())
    fresh(3)
    println(agent_session_compact("s", {keep_last: 1, custom_compactor: { old -> "unasked" }}))
    println(shown())
    fresh(3)
    agent_session_compact("s", {keep_last: 1, compact_strategy: "custom", custom_compactor: { old -> "of ${len(old)}" }})
    println(shown())
    fresh(2)
    agent_session_inject("s", {role: "user", content: "x".repeat(600)})
    agent_session_compact("s", {keep_last: 0, mask_callback: { old -> old.map({ m -> "{${len(m.content)}}" }) }})
    println(shown())
    agent_session_reset("s")
    agent_session_inject("s", {role: "assistant", content: "q".repeat(4000)})
    agent_session_compact("s", {keep_last: 0, hard_limit_tokens: 200, hard_limit_strategy: "truncate"})
    println(shown()[0].replace("q", ""))
    """
    assert run(program).lines == [
        "13",
        "[auto-compacted 1 older messages via observation masking]",
        "[user] m1",
        "13",
        "1",
        "1",
        "2",
        "[[auto-compacted 2 older messages via truncate strategy]",
        "[user] m1",
        "[user] m2, m3]",
        "2",
        "[[auto-compacted 2 older messages via observation masking]",
        "[user] m1",
        "[user] m2, m3]",
        "[[auto-compacted 2 older messages]",
        "of 2, m3]",
        "[[auto-compacted 3 older messages via observation masking]",
        "[user] m1",
        "[user] m2",
        "{600}]",
        "[auto-compacted 1 older messages via truncate strategy]",
        "[user] [auto-compacted 1 older messages via observation masking]",
        "[assistant] ... [truncated from 4070 chars]",
    ]


def test_compacting_twice_and_only_what_is_long_enough() -> None:
    program = """
    agent_session_open("s")
    println(agent_session_compact("s", nil))
    agent_session_inject("s", {role: "user", content: "only"})
    println(agent_session_compact("s", {keep_last: 1, compact_strategy: "llm"}))
    println(agent_session_snapshot("s").messages)
    """
    assert run(program).lines == ["0", "1", "[{content: only, role: user}]"]


def test_a_compactor_that_adds_to_the_session_loses_nothing() -> None:
    program = """
    agent_session_open("s")
    for i in 1 to 3 { agent_session_inject("s", {role: "user", content: "m${i}"}) }
    let sum = { old ->
      agent_session_inject("s", {role: "user", content: "meanwhile"})
      "sum"
    }
    println(agent_session_compact("s", {keep_last: 1, compact_strategy: "custom", custom_compactor: sum}))
    println(agent_session_snapshot("s").messages.map({ m -> m.content }).slice(1))
    """
    assert run(program).lines == ["3", "[m3, meanwhile]"]


def test_a_compactor_that_fails_leaves_the_session_alone() -> None:
    program = """
    agent_session_open("s")
    agent_session_inject("s", {role: "user", content: "a"})
    let broken = {keep_last: 0, compact_strategy: "custom", custom_compactor: { old -> throw "no" }}
    println(unwrap_err(try { agent_session_compact("s", broken) }))
    println(agent_session_snapshot("s").messages)
    """
    assert run(program).lines == ["no", "[{content: a, role: user}]"]


def test_errors_of_sessions_can_be_uncaught() -> None:
    with pytest.raises(HarnError) as caught:
        run('agent_session_length("nope")')
    assert caught.value.uncaught_text == "Thrown: agent_session_length: unknown session id 'nope'"

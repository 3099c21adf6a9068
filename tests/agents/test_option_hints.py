"""What agent_loop says about arguments that are probably not what was meant (chapter 12 section 12.1.1)."""

from __future__ import annotations

import inspect
import re

import pytest
from loop_programs import agent, execute, prose

from harnpy.agents import ledger, loop_compaction, loop_options
from harnpy.agents.option_hints import KNOWN_OPTIONS, POLICY_KEYS
from harnpy.llm import options as llm_options
from harnpy.vm.errors import HarnError


def warnings(options: str, tools: str = "") -> list[str]:
    run = agent(prose("x"), tools=tools, options=options)
    assert run.result["status"] == "done"
    return [line.removeprefix("[harn] warning: agent_loop: ") for line in run.errors.splitlines()]


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        ("persistant: true", "unknown option 'persistant' (did you mean 'persistent'?)"),
        ("maxIterations: 3", "unknown option 'maxIterations' (did you mean 'max_iterations'?)"),
        ("tool: nil", "unknown option 'tool' (did you mean 'tools'?)"),
        ('max_iterations: "3"', "option 'max_iterations' must be an int, got string: it is ignored"),
        ("llm_retries: 1.5", "option 'llm_retries' must be an int, got float: it is ignored"),
        ('temperature: "hot"', "option 'temperature' must be a number, got string: it is ignored"),
        ('stream: "false"', "option 'stream' must be a bool, got string, which counts as true"),
        (
            'consolidate_on_idle: "yes"',
            "option 'consolidate_on_idle' must be a bool, got string, which counts as false",
        ),
        (
            'stop_after_successful_tools: "add"',
            "option 'stop_after_successful_tools' must be a list, got string: it is ignored",
        ),
        ('post_turn_callback: "f"', "option 'post_turn_callback' must be a closure, got string: it is ignored"),
        ('tool_format: "nativ"', "unknown tool_format 'nativ' (did you mean 'native'?): tools are offered as text"),
        ('tool_format: "xml"', "unknown tool_format 'xml': tools are offered as text"),
        ('policy: {tool: ["add"]}', "policy has no key 'tool' (did you mean 'tools'?): it is ignored"),
        ('approval_policy: {deny: ["add"]}', "approval_policy has no key 'deny': it is ignored"),
        (
            "turn_policy: {max_prose_char: 5}",
            "turn_policy has no key 'max_prose_char' (did you mean 'max_prose_chars'?): it is ignored",
        ),
        (
            'tools: [{handler: { a -> 1 }, description: "d"}]',
            "tool 1 has no `name` and is not offered (it has: description, handler)",
        ),
        ('tools: [{name: "a"}, {name: "a"}]', "there are two tools named 'a': the first one is offered"),
    ],
)
def test_a_warning_names_what_is_ignored(options: str, warning: str) -> None:
    assert warnings(options) == [warning]


@pytest.mark.parametrize(
    "options",
    [
        "max_iterations: nil, persistent: nil, tools: nil, policy: nil, tool_format: nil",
        'persistent: 0, nudge: 5, model: "m", temperature: 1, tool_format: "text", watch_paths: "x"',
        'openai: {a: 1}, metadata: {}, my_own_key: 1, id: 3, description: "mine"',
        'steps: 5, mode: "agent", nodes: [], topic: "x", title: "y", goal: "z", mock: {}',
        'task_ledger: {root_task: "x"}, deliverables: ["a"], policy: {}, tools: [{name: "a"}, {name: "b"}]',
    ],
)
def test_nothing_is_said_about_what_may_be_meant(options: str) -> None:
    run = agent(prose("x"), prose("x"), tools="", options=options)
    assert run.errors == ""


def test_it_is_said_once_however_many_loops_there_are() -> None:
    source = 'for i in [1, 2, 3] { agent_loop("x", nil, {persistant: true}) }'
    assert execute(source, [prose("x")] * 3).errors.count("\n") == 1


def test_options_in_the_place_of_the_system_prompt_are_an_error() -> None:
    with pytest.raises(HarnError) as raised:
        execute('agent_loop("x", {provider: "mock"})', [prose("x")])
    assert raised.value.message == (
        "agent_loop: system must be a string or nil, got dict: options are the third argument, as in "
        "agent_loop(prompt, nil, {...})"
    )


def test_options_that_are_no_dict_are_ignored_with_a_warning() -> None:
    run = execute('agent_loop("x", nil, [1])', [prose("x")])
    assert run.errors == "[harn] warning: agent_loop: options must be a dict, got list: they are ignored\n"


def test_every_option_that_is_read_is_known() -> None:
    sources = [inspect.getsource(module) for module in (loop_options, loop_compaction, llm_options, ledger)]
    read = re.compile(
        r"(?:(?:read\.(?:text|integer|signed_integer|number|flag|texts|dictionary|has|options\.get)|_integer|_closure|"
        r"(?<!_)integer|_number_or_default|_integer_default|options\.get|chosen_strategy)\((?:read, |defaults, )?|"
        r"(?:given|options)\[)\"(\w+)\""
    )
    asked = {key for source in sources for key in read.findall(source)}
    assert len(asked) > 60
    of_sessions = {"keep_last", "token_threshold", "custom_compactor"}
    assert asked - KNOWN_OPTIONS.keys() <= of_sessions


def test_every_key_of_policies_is_known() -> None:
    from harnpy.agents import approval, capability, turn_policy

    for option, reader in (
        ("policy", capability.read_capability_policy),
        ("approval_policy", approval.read_approval_policy),
        ("turn_policy", turn_policy.read_turn_policy),
    ):
        asked = re.findall(r"reader\.\w+\(\"(\w+)\"", inspect.getsource(reader))
        assert sorted(asked) == sorted(POLICY_KEYS[option]), option

"""Capability policies: checks of tools and arguments, and narrowing one policy by another."""

from __future__ import annotations

import pytest

from harnpy.agents.annotations import ToolAnnotations, ToolKind
from harnpy.agents.capability import (
    ArgumentConstraint,
    CapabilityPolicy,
    annotations_of,
    check_arguments,
    check_tool,
    intersection,
)
from harnpy.vm.errors import Category, HarnError
from harnpy.vm.values import Value

NETWORK_TOOL = {"deploy": ToolAnnotations(ToolKind.EXECUTE, "network", capabilities={"process": ("exec", "kill")})}
EDIT = {"edit": ToolAnnotations(ToolKind.EDIT, path_params=("path", "target"))}


def rejection(policy: CapabilityPolicy, tool: str, arguments: Value = None) -> str | None:
    warnings: list[str] = []
    try:
        check_tool(policy, tool)
        check_arguments(policy, tool, arguments, warnings.append)
    except HarnError as error:
        assert error.category is Category.TOOL_REJECTED
        return error.text
    return "warned" if warnings else None


def test_only_the_listed_tools_are_within_a_list() -> None:
    assert rejection(CapabilityPolicy(tools=("read",)), "read") is None
    assert rejection(CapabilityPolicy(tools=("read*",)), "read") == "Error [tool_rejected]: tool 'read' exceeds tool ceiling"
    assert rejection(CapabilityPolicy(), "anything") is None


def test_annotations_are_held_against_the_ceilings() -> None:
    def policy(**more: object) -> CapabilityPolicy:
        return CapabilityPolicy(tool_annotations=NETWORK_TOOL, **more)  # type: ignore[arg-type]

    prefix = "Error [tool_rejected]: tool 'deploy' exceeds"
    assert rejection(policy(), "deploy") is None
    assert rejection(policy(capabilities={"process": ("exec",)}), "deploy") == f"{prefix} capability ceiling: process.kill"
    assert rejection(policy(capabilities={"net": ()}), "deploy") == f"{prefix} capability ceiling: process.exec"
    assert rejection(policy(capabilities={"process": ()}), "deploy") is None
    assert rejection(policy(side_effect_level="process_exec"), "deploy") == f"{prefix} side-effect ceiling: network"
    assert rejection(policy(side_effect_level="network"), "deploy") is None
    assert rejection(policy(side_effect_level="whatever"), "deploy") is None
    assert rejection(policy(side_effect_level="none"), "unannotated") is None


def test_levels_are_ordered() -> None:
    levels = ["none", "read_only", "workspace_write", "process_exec", "network", "beyond"]
    for place, level in enumerate(levels):
        policy = CapabilityPolicy(side_effect_level=level)
        assert [policy.admits_level(each) for each in levels] == [at <= place for at in range(len(levels))]


def constrained(*constraints: ArgumentConstraint) -> CapabilityPolicy:
    return CapabilityPolicy(tool_arg_constraints=constraints, tool_annotations=EDIT)


def test_an_argument_has_to_match_a_pattern() -> None:
    policy = constrained(ArgumentConstraint("run*", ("git *", "make"), "command"))
    assert rejection(policy, "run", {"command": "git status"}) is None
    assert rejection(policy, "run", {"command": "make"}) is None
    assert rejection(policy, "other", {"command": "rm"}) is None
    text = rejection(policy, "run_it", {"command": "rm -rf /"})
    assert text is not None
    assert text.startswith(
        "Error [tool_rejected]: tool 'run_it' command 'rm -rf /' does not match allowed patterns: [\"git *\", \"make\"]."
    )


def test_patterns_are_shown_quoted() -> None:
    text = rejection(constrained(ArgumentConstraint("t", ('a"b\\',), "k")), "t", {"k": "x"})
    assert text is not None and '["a\\"b\\\\"].' in text


def test_text_that_is_no_path_is_matched_as_it_is() -> None:
    policy = constrained(ArgumentConstraint("run", ("git *",), "command"))
    assert rejection(policy, "run", {"command": "git diff a/../b"}) is None


def test_path_parameters_are_constrained_without_a_key() -> None:
    policy = constrained(ArgumentConstraint("edit", ("src/*",)))
    assert rejection(policy, "edit", {"path": "src/a"}) is None
    assert "target 'lib/a'" in (rejection(policy, "edit", {"target": "lib/a"}) or "")
    # The first that holds a string counts.
    assert rejection(policy, "edit", {"path": "src/a", "target": "lib/a"}) is None
    assert "target 'lib/a'" in (rejection(policy, "edit", {"path": 7, "target": "lib/a"}) or "")
    assert rejection(policy, "edit", {"path": 7}) is None
    assert rejection(policy, "edit", {}) is None
    assert rejection(policy, "edit", None) is None
    assert "value 'lib/a'" in (rejection(policy, "edit", "lib/a") or "")


@pytest.mark.parametrize("path", ["src/../x", "src/../../etc/passwd", "/etc/passwd", "./src/../x", "src/./../x"])
@pytest.mark.parametrize(
    "constraint",
    [ArgumentConstraint("edit", ("src/*",)), ArgumentConstraint("*", ("src*",), "path"), ArgumentConstraint("*", ("src/**",), "k")],
    ids=["declared", "by name", "by pattern"],
)
def test_no_spelling_leaves_the_scope(path: str, constraint: ArgumentConstraint) -> None:
    text = rejection(constrained(constraint), "edit", {constraint.arg_key or "path": path})
    assert text is not None and f"'{path}' does not match allowed patterns" in text


def test_a_list_is_no_way_around_the_patterns() -> None:
    policy = constrained(ArgumentConstraint("edit", ("src/*",)))
    assert rejection(policy, "edit", {"path": ["src/a", "src/b"]}) is None
    assert "path '/etc/passwd'" in (rejection(policy, "edit", {"path": ["src/a", "/etc/passwd"]}) or "")


def test_a_constraint_that_is_for_no_argument_is_a_warning() -> None:
    assert rejection(constrained(ArgumentConstraint("*", ("src/*",))), "unannotated", {"path": "x"}) == "warned"
    assert rejection(constrained(ArgumentConstraint("*", ())), "unannotated", {"path": "x"}) is None


def exceeding(ceiling: CapabilityPolicy, request: CapabilityPolicy) -> str:
    with pytest.raises(HarnError) as caught:
        intersection(ceiling, request)
    return caught.value.text


def test_a_request_beyond_the_ceiling_is_an_error() -> None:
    prefix = "Runtime error: requested"
    tools = exceeding(CapabilityPolicy(tools=("x",)), CapabilityPolicy(tools=("b", "x", "a")))
    assert tools == f"{prefix} tools exceed host ceiling: b, a"
    ceiling = CapabilityPolicy(capabilities={"w": ("list",), "p": ()})
    more = exceeding(ceiling, CapabilityPolicy(capabilities={"w": ("a", "list", "b")}))
    assert more == f"{prefix} capability operations exceed host ceiling: w.a,b"
    other = exceeding(ceiling, CapabilityPolicy(capabilities={"net": ("get",)}))
    assert other == f"{prefix} capability exceeds host ceiling: net"


def test_narrowing_keeps_the_smaller_of_each() -> None:
    ceiling = CapabilityPolicy(
        tools=("a", "b", "c"),
        capabilities={"w": ("list", "read_text"), "p": (), "n": ("get",)},
        side_effect_level="process_exec",
        workspace_roots=("/a", "/b"),
        recursion_limit=3,
        tool_annotations={"a": ToolAnnotations(ToolKind.EDIT), "b": ToolAnnotations(ToolKind.READ), "c": ToolAnnotations()},
    )
    request = CapabilityPolicy(
        tools=("b", "a"),
        capabilities={"w": ("list",), "p": ("exec",), "n": ()},
        side_effect_level="read_only",
        workspace_roots=("/b", "/c"),
        recursion_limit=5,
        tool_annotations={"a": ToolAnnotations(ToolKind.SEARCH)},
    )
    both = intersection(ceiling, request)
    assert both.tools == ("b", "a")
    assert both.capabilities == {"w": ("list",), "p": ("exec",), "n": ("get",)}
    assert both.side_effect_level == "read_only"
    assert both.workspace_roots == ("/b",)
    assert both.recursion_limit == 3
    assert both.tool_annotations == {"a": ToolAnnotations(ToolKind.SEARCH), "b": ToolAnnotations(ToolKind.READ)}


def test_an_empty_side_leaves_the_other() -> None:
    full = CapabilityPolicy(("a",), {"w": ("list",)}, "none", ("/a",), 2)
    for both in (intersection(full, CapabilityPolicy()), intersection(CapabilityPolicy(), full)):
        assert both == full


def test_a_request_does_not_lift_the_constraints_of_the_ceiling() -> None:
    ceiling = constrained(ArgumentConstraint("edit", ("src/*",)))
    for request in (
        CapabilityPolicy(),
        CapabilityPolicy(tool_annotations={"edit": ToolAnnotations()}, tools=("edit",)),
        CapabilityPolicy(tool_arg_constraints=(ArgumentConstraint("edit", ("*",), "path"),)),
    ):
        both = intersection(intersection(ceiling, request), CapabilityPolicy())
        assert "path 'lib/a'" in (rejection(both, "edit", {"path": "lib/a"}) or "")
        assert rejection(both, "edit", {"path": "src/a"}) is None


def test_annotations_are_those_of_the_policy() -> None:
    assert annotations_of(None, "edit") is None
    assert annotations_of(constrained(), "other") is None
    assert annotations_of(constrained(), "edit") is EDIT["edit"]

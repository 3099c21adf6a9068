"""Approval policies: the order of the rules, what happens without a host, and what two policies admit together."""

from __future__ import annotations

from collections.abc import Sequence

from harnpy.agents.approval import ApprovalPolicy, Decision, decide, intersection
from harnpy.vm.errors import runtime_error
from harnpy.vm.values import Value

EVERYTHING = ApprovalPolicy(
    auto_approve=("*",), auto_deny=("rm*",), require_approval=("*",), write_path_allowlist=("src/*",)
)


def refuse_to_ask(tool: str, arguments: Value, paths: Sequence[str]) -> Decision:
    raise AssertionError("nobody should be asked")


def test_deny_comes_before_everything_else() -> None:
    policy = ApprovalPolicy(auto_approve=("rm",), auto_deny=("x", "r*", "rm"), write_path_allowlist=("src/*",))
    found = decide(policy, "rm", {}, ["/etc/passwd"], refuse_to_ask)
    assert found == Decision("auto_denied", "tool 'rm' matches deny pattern 'r*'")
    assert found.denied


def test_every_declared_path_has_to_be_in_the_allowlist() -> None:
    found = decide(EVERYTHING, "edit", {}, ["src/a", "lib/b"], refuse_to_ask)
    assert found == Decision("auto_denied", "tool 'edit' writes to 'lib/b' which is not in the write-path allowlist")
    assert decide(EVERYTHING, "edit", {}, ["src/a", "src/b"], refuse_to_ask) == Decision("approved")
    assert decide(EVERYTHING, "edit", {}, [], refuse_to_ask) == Decision("approved")


def test_no_spelling_of_a_path_gets_around_the_allowlist() -> None:
    for path in ("src/../x", "/etc/passwd", "./src/../../x", "src/./../x"):
        assert decide(EVERYTHING, "edit", {}, [path], refuse_to_ask).status == "auto_denied"


def test_approving_comes_before_asking() -> None:
    assert decide(EVERYTHING, "read", {}, [], refuse_to_ask) == Decision("approved")
    assert decide(ApprovalPolicy(), "read", {}, ["anywhere"], refuse_to_ask) == Decision("approved")


def test_without_anybody_to_ask_the_call_is_denied() -> None:
    found = decide(ApprovalPolicy(require_approval=("ed*",)), "edit", {}, [], None)
    assert found == Decision("host_denied", "approval required but no host bridge is available")
    assert found.denied


def test_the_host_is_asked_with_the_call_and_its_word_counts() -> None:
    asked: list[Value] = []

    def grant(tool: str, arguments: Value, paths: Sequence[str]) -> Decision:
        asked.append([tool, arguments, list(paths)])
        return Decision("host_granted", arguments={"path": "b"})

    found = decide(ApprovalPolicy(require_approval=("edit",)), "edit", {"path": "a"}, ["a"], grant)
    assert asked == [["edit", {"path": "a"}, ["a"]]]
    assert not found.denied
    assert found.arguments == {"path": "b"}


def test_a_request_that_fails_denies() -> None:
    def fail(tool: str, arguments: Value, paths: Sequence[str]) -> Decision:
        raise runtime_error("connection lost")

    found = decide(ApprovalPolicy(require_approval=("edit",)), "edit", {}, [], fail)
    reason = "approval request failed or host does not implement session/request_permission"
    assert found == Decision("host_denied", reason)


def test_two_policies_deny_and_ask_for_what_either_does() -> None:
    outer = ApprovalPolicy(auto_deny=("a",), require_approval=("c",))
    inner = ApprovalPolicy(auto_deny=("b",), require_approval=("d",))
    both = intersection(outer, inner)
    assert both.auto_deny == ("a", "b")
    assert both.require_approval == ("c", "d")


def test_two_policies_approve_what_both_do() -> None:
    one, other = ApprovalPolicy(auto_approve=("a", "b")), ApprovalPolicy(auto_approve=("c", "b"))
    assert intersection(one, other).auto_approve == ("b",)
    assert intersection(one, ApprovalPolicy()).auto_approve == ("a", "b")
    assert intersection(ApprovalPolicy(), other).auto_approve == ("c", "b")


def test_paths_that_two_policies_have_in_common() -> None:
    one = ApprovalPolicy(write_path_allowlist=("a/*", "b/*"))
    other = ApprovalPolicy(write_path_allowlist=("b/*", "c/*"))
    assert intersection(one, other).write_path_allowlist == ("b/*",)
    assert intersection(one, ApprovalPolicy()).write_path_allowlist == ("a/*", "b/*")
    assert intersection(ApprovalPolicy(), other).write_path_allowlist == ("b/*", "c/*")
    assert intersection(ApprovalPolicy(), ApprovalPolicy()).write_path_allowlist is None


def test_without_a_path_in_common_every_path_is_denied() -> None:
    one, other = ApprovalPolicy(write_path_allowlist=("a/*",)), ApprovalPolicy(write_path_allowlist=("b/*",))
    none = intersection(one, other)
    for policy in (none, intersection(none, ApprovalPolicy()), intersection(one, none)):
        assert decide(policy, "edit", {}, ["a/x"], None).status == "auto_denied"
        assert decide(policy, "edit", {}, ["b/x"], None).status == "auto_denied"
        assert decide(policy, "think", {}, [], None) == Decision("approved")

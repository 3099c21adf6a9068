"""Mocked HTTP calls (chapter 07 section 14.3), and the globs of their rules against an oracle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from http_fixtures import *  # noqa: F403
from http_programs import Caller
from http_server import HttpServer, answer
from hypothesis import given, settings
from hypothesis import strategies as st

from harnpy.builtins.star_globs import star_matches

_LETTERS = st.text("ab/*?[.\n", max_size=14)


@settings(deadline=None, max_examples=600)
@given(pattern=_LETTERS, text=_LETTERS)
def test_globs_agree_with_a_regular_expression(pattern: str, text: str) -> None:
    oracle = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert star_matches(pattern, text) is (re.fullmatch(oracle, text, re.DOTALL) is not None)


@settings(deadline=None)
@given(
    parts=st.lists(st.text("ab/", max_size=4), min_size=1, max_size=8), runs=st.lists(st.text(max_size=4), min_size=8)
)
def test_a_glob_matches_whatever_stands_in_place_of_its_stars(parts: list[str], runs: list[str]) -> None:
    text = parts[0] + "".join(run + part for run, part in zip(runs, parts[1:]))
    assert star_matches("*".join(parts), text)


def test_many_stars_take_no_longer() -> None:
    assert not star_matches("*a" * 2000 + "b", "a" * 100_000)


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("https://h/*/items/*", "https://h/a/b/items/", True),
        ("https://h/*/items/*", "https://h/items/", False),
        ("https://h/a", "https://h/a?q", False),
        ("*", "anything", True),
        ("**", "anything", True),
        ("h?", "hx", False),
        ("[h]", "[h]", True),
        ("a*a", "a", False),
    ],
)
def test_examples_of_patterns(caller: Caller, pattern: str, url: str, expected: bool) -> None:
    caller.call("http_mock", "GET", pattern, {})
    caller.call("http_mock", "GET", "*", {"status": 404})
    assert caller.get(url)["ok"] is expected


def test_a_rule_answers_with_its_reply_and_with_defaults(caller: Caller) -> None:
    caller.call("http_mock", "get", "u", {"status": 201, "body": [1], "headers": {"X-Any": 5}})
    caller.call("http_mock", "*", "v", None)
    caller.call("http_mock", "*", "w", {"status": "x", "body": None, "headers": "y"})
    assert caller.get("u") == {"status": 201, "body": "[1]", "headers": {"X-Any": 5}, "ok": True}
    empty = {"status": 200, "body": "", "headers": {}, "ok": True}
    assert caller.call("http_delete", "v") == empty
    assert caller.request("patch", "w") == empty


def test_the_first_rule_that_fits_answers_again_and_again(caller: Caller) -> None:
    caller.call("http_mock", "POST", "*", {"body": "post"})
    caller.call("http_mock", "*", "u", {"body": "first"})
    caller.call("http_mock", "GET", "u", {"body": "second"})
    assert [caller.get("u")["body"] for _ in range(3)] == ["first"] * 3
    assert caller.call("http_post", "u")["body"] == "post"


def test_answered_calls_are_noted_in_order(caller: Caller) -> None:
    caller.call("http_mock", "*", "*", {})
    caller.get("a")
    caller.get("b", body=5)
    caller.call("http_post", "c")
    caller.call("http_post", "d", None)
    caller.request("brew", "e", json={"k": [1]})
    caller.get("f?x=0", query={"q": "a b"})
    caller.call("http_put", "g", "", {"body_base64": "/w=="})
    assert caller.call("http_mock_calls") == [
        {"method": "GET", "url": "a", "body": None},
        {"method": "GET", "url": "b", "body": "5"},
        {"method": "POST", "url": "c", "body": ""},
        {"method": "POST", "url": "d", "body": "nil"},
        {"method": "BREW", "url": "e", "body": '{"k":[1]}'},
        {"method": "GET", "url": "f?x=0&q=a%20b", "body": None},
        {"method": "PUT", "url": "g", "body": "\ufffd"},
    ]


def test_mocks_come_before_all_checks_but_those_for_a_url_and_a_method(caller: Caller) -> None:
    caller.call("http_mock", "*", "*", {"body": "mock"})
    assert caller.request("no method", "no url", headers={"\n": "\n"}, auth="\n", timeout=0)["body"] == "mock"
    assert caller.error("http_get", "") == "http_get: URL is required"
    assert caller.error("http_request", "", "u") == "http_request: method is required"
    assert len(caller.call("http_mock_calls")) == 1


def test_mocked_server_errors_and_redirects_are_results(caller: Caller) -> None:
    caller.call("http_mock", "*", "a", {"status": 503})
    caller.call("http_mock", "*", "b", {"status": 302, "headers": {"location": "a"}})
    assert caller.get("a", retries=5)["status"] == 503
    assert caller.get("b")["status"] == 302
    assert caller.world.waits == []


def test_calls_that_no_rule_fits_go_to_the_network_and_are_not_noted(server: HttpServer, caller: Caller) -> None:
    caller.call("http_mock", "POST", "*", {})
    assert caller.get(server.on("/", answer(b"net")))["body"] == "net"
    assert caller.call("http_mock_calls") == []


def test_clearing_removes_rules_and_notes(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"net"))
    caller.call("http_mock", "*", "*", {"body": "mock"})
    caller.get(url)
    assert caller.call("http_mock_clear") is None
    assert caller.call("http_mock_calls") == []
    assert caller.get(url)["body"] == "net"


def test_notes_that_are_changed_change_nothing(caller: Caller) -> None:
    caller.call("http_mock", "*", "*", {})
    caller.get("u")
    caller.call("http_mock_calls")[0]["url"] = "changed"
    assert caller.call("http_mock_calls")[0]["url"] == "u"


def test_mocked_replies_can_be_saved_and_come_as_bytes(caller: Caller, tmp_path: Path) -> None:
    caller.call("http_mock", "*", "ok", {"body": "é"})
    caller.call("http_mock", "*", "*", {"status": 404, "body": "no"})
    path = str(tmp_path / "a")
    assert caller.get("ok", save_to=path) == {
        "status": 200,
        "headers": {},
        "body": "",
        "ok": True,
        "saved": path,
        "bytes": 2,
    }
    result = caller.get("bad", save_to=f"{path}2")
    assert (result["body"], result["saved"], result["bytes"]) == ("no", None, 0)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "é")]
    assert caller.get("ok", response="base64")["body_base64"] == "w6k="


def test_mocked_calls_need_no_event_loop_and_no_client(caller: Caller) -> None:
    caller.call("http_mock", "*", "*", {})
    caller.get("http://h")
    assert not caller.runtime.scheduler.has_loop

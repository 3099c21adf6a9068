"""Deferred blocks in the inputs of a session: they belong to their input and share the session's variables."""

from __future__ import annotations

import pytest
from support import make_test_runtime


@pytest.fixture
def session():
    runtime = make_test_runtime()
    yield runtime.session("input")
    runtime.close()


def values(session, *inputs):
    return [session.eval(text)[0] for text in inputs]


def test_a_deferred_block_sees_what_its_input_assigns_later(session):
    session.eval("var seen = []\nvar y = [1]")
    assert values(session, "defer { seen = seen.push(y) }\ny = [9]", "seen")[1] == [[9]]


def test_what_a_deferred_block_assigns_stays(session):
    session.eval("var y = [1]")
    assert values(session, "defer { y += [7] }", "y")[1] == [1, 7]


def test_a_block_deferred_by_a_deferred_block_shares_them_too(session):
    session.eval("var y = 1")
    assert values(session, "defer { defer { y = y * 10 }\ny += 1 }", "y")[1] == 20


def test_functions_keep_their_snapshot(session):
    session.eval("var y = 1\nfn f() { defer { y += 5 }\nreturn y }")
    assert values(session, "y = 2", "f()", "y")[1:] == [1, 2]

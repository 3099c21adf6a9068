"""`harn run --trace`: the summary of model calls."""

from __future__ import annotations

import re

from harn_process import harn

CALL = 'llm_call("a b", nil, {provider: "mock"})'


def test_the_calls_are_listed_and_summed_up_on_stderr():
    ended = harn("run", "--trace", "-e", f"{CALL}\n{CALL}")
    assert (ended.status, ended.output) == (0, "")
    assert re.fullmatch(
        r"\n─── LLM trace ───\n"
        r"  #1: mock \| 3 in \+ 30 out tokens \| \d+ ms\n"
        r"  #2: mock \| 3 in \+ 30 out tokens \| \d+ ms\n"
        r"  2 calls, 66 tokens \(6in \+ 60out\), \d+ ms, ~\$0\.0009\n",
        ended.errors,
    )


def test_one_call_is_in_the_singular():
    assert "  1 call, 33 tokens (3in + 30out), " in harn("run", "--trace", "-e", CALL).errors


def test_without_calls_there_is_no_summary():
    assert harn("run", "--trace", "-e", 'println("x")').errors == ""


def test_a_failing_program_has_no_summary():
    assert "LLM trace" not in harn("run", "--trace", "-e", f'{CALL}\nthrow "x"').errors

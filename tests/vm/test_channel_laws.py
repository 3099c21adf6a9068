"""Channels and the lock under arbitrary schedules: nothing lost, nothing doubled, first in first out, nobody forgotten.

Programs are generated, with tasks that are cancelled or run out of time at arbitrary moments, and run in virtual time.
"""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_runs import run_virtually

PROPERTY = settings(max_examples=120, deadline=None)
DELAYS = st.sampled_from([0, 1, 2, 3, 5, 8])
CHANNELS = st.sampled_from("ab")

# Consumers log each value in the turn in which they take it, so that no cancellation falls between.
CONSUMERS = {
    "receives": "while true {{ let v = receive({c})\nsend(log, v)\nsleep({d}) }}",
    "iterates": "for v in {c} {{ send(log, v)\nsleep({d}) }}",
    "selects": "while true {{ select {{ v from a {{ send(log, v) }} v from b {{ send(log, v) }} }}\nsleep({d}) }}",
    "selects the other first": "while true {{ select {{ v from b {{ send(log, v) }} v from a {{ send(log, v) }} }}\nsleep({d}) }}",
    "selects with a timeout": "while true {{ select {{ v from {c} {{ send(log, v) }} timeout 2ms {{ }} }}\nsleep({d}) }}",
    "hurries": "while true {{ try {{ deadline 3ms {{ let v = receive({c})\nsend(log, v) }} }}\nsleep({d}) }}",
    "polls": "while true {{ select {{ v from {c} {{ send(log, v) }} default {{ }} }}\nsleep({d} + 1) }}",
}
# Those that, while they live, take everything that comes.
GREEDY_FOR = {
    "receives": "{c}",
    "iterates": "{c}",
    "selects": "ab",
    "selects the other first": "ab",
    "selects with a timeout": "{c}",
    "hurries": "{c}",
    "polls": "{c}",
}


@st.composite
def schedules(draw):
    producers = draw(
        st.lists(st.tuples(CHANNELS, st.lists(DELAYS, min_size=1, max_size=5), st.booleans()), min_size=1, max_size=4)
    )
    consumers = draw(st.lists(st.tuples(st.sampled_from(sorted(CONSUMERS)), CHANNELS, DELAYS), max_size=4))
    count = len(producers) + len(consumers)
    cancels = draw(st.dictionaries(st.integers(0, count - 1), DELAYS, max_size=count))
    capacities = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return producers, consumers, cancels, capacities


def program(schedule):
    producers, consumers, cancels, capacities = schedule
    lines = [
        f'let a = channel("a", {capacities[0]})',
        f'let b = channel("b", {capacities[1]})',
        *(f'let {name} = channel("{name}", 1000)' for name in ("log", "sent", "done")),
    ]
    for number, (channel, delays, hurried) in enumerate(producers):
        sends = []
        for index, delay in enumerate(delays):
            one = f'if send({channel}, "{channel}{number}.{index}") {{ send(sent, "{channel}{number}.{index}") }}'
            sends.append(f"sleep({delay})")
            sends.append(f"try {{ deadline 4ms {{ {one} }} }}" if hurried else one)
        lines.append(f"let h{number} = spawn {{ {'; '.join(sends)}; send(done, {number}) }}".replace("; ", "\n"))
    for number, (kind, channel, delay) in enumerate(consumers, len(producers)):
        lines.append(f"let h{number} = spawn {{ {CONSUMERS[kind].format(c=channel, d=delay)} }}")
    now = 0
    for number, time in sorted(cancels.items(), key=lambda item: item[1]):
        lines += [f"sleep({time - now})", f"cancel(h{number})"]
        now = time
    lines.append("sleep(200)")
    for name in ("a", "b", "sent", "done", "log"):
        lines.append(
            f"var {name}_all = []\nwhile true {{ let v = try_receive({name})\nif v == nil {{ break }}\n"
            f"{name}_all = {name}_all + [v] }}\nprintln(json_stringify({name}_all))"
        )
    return "\n".join(lines)


@PROPERTY
@given(schedules())
def test_nothing_is_lost_doubled_overtaken_or_forgotten(schedule):
    producers, consumers, cancels, _ = schedule
    lines = run_virtually(program(schedule)).splitlines()
    left_a, left_b, sent, done, log = (ast.literal_eval(line) for line in lines)
    left = {"a": left_a, "b": left_b}
    # Draining frees room for producers that still wait, so what they send then counts as well.
    assert sorted(log + left_a + left_b) == sorted(sent)
    for channel in "ab":
        for number in range(len(producers)):
            mine = [value for value in log + left[channel] if value.startswith(f"{channel}{number}.")]
            assert mine == sorted(mine)
        alive = [
            kind
            for number, (kind, own, _) in enumerate(consumers, len(producers))
            if number not in cancels and channel in GREEDY_FOR[kind].format(c=own)
        ]
        if alive:
            assert left[channel] == []
            waiting = [
                number
                for number, (own, _, _) in enumerate(producers)
                if own == channel and number not in cancels and number not in done
            ]
            assert waiting == []


@PROPERTY
@given(st.integers(1, 3), st.lists(DELAYS, min_size=1, max_size=8), st.lists(DELAYS, min_size=1, max_size=8))
def test_one_producer_and_one_consumer_keep_the_order(capacity, sending, receiving):
    source = f"""
let c = channel("c", {capacity})
let p = spawn {{ var i = 0
  for d in {sending} {{ sleep(d)
    send(c, i)
    i = i + 1 }}
  close_channel(c) }}
var got = []
let pauses = {receiving}
for v in c {{ got = got + [v]
  sleep(pauses[v % len(pauses)]) }}
println(got)
"""
    assert ast.literal_eval(run_virtually(source)) == list(range(len(sending)))


@PROPERTY
@given(st.integers(1, 2), st.lists(DELAYS, max_size=4), DELAYS)
def test_a_value_is_taken_exactly_when_send_said_so(capacity, delays, closing):
    source = f"""
let c = channel("c", {capacity})
let p = spawn {{ var taken = []
  for d in {delays} {{ sleep(d)
    if send(c, d) {{ taken = taken + [d] }} }}
  taken }}
let r = spawn {{ var got = []
  for v in c {{ got = got + [v]
    sleep(2) }}
  got }}
sleep({closing})
close_channel(c)
println([await(p), await(r)])
"""
    taken, got = ast.literal_eval(run_virtually(source))
    assert taken == got


LOCK_STEPS = st.lists(st.tuples(DELAYS, DELAYS, st.sampled_from(["plain", "nested", "throws", "hurried"])), max_size=3)


@PROPERTY
@given(st.lists(LOCK_STEPS, min_size=1, max_size=5), st.dictionaries(st.integers(0, 4), DELAYS, max_size=4))
def test_the_lock_is_held_by_one_task_and_always_comes_free(tasks, cancels):
    lines = ['let log = channel("log", 1000)', 'let done = channel("done", 1000)']
    for number, steps in enumerate(tasks):
        body = []
        for before, inside, kind in steps:
            block = f'send(log, "in {number}")\ntry {{ sleep({inside}) }} finally {{ send(log, "out {number}") }}'
            block = {
                "plain": f"mutex {{ {block} }}",
                "nested": f"mutex {{ mutex {{ }}\n{block}\nmutex {{ }} }}",
                "throws": f'try {{ mutex {{ {block}\nthrow "x" }} }}',
                "hurried": f"try {{ deadline 3ms {{ mutex {{ {block} }} }} }}",
            }[kind]
            body += [f"sleep({before})", block]
        body.append(f"send(done, {number})")
        lines.append(f"let h{number} = spawn {{ " + "\n".join(body) + " }")
    now = 0
    for number, time in sorted(cancels.items(), key=lambda item: item[1]):
        if number < len(tasks):
            lines += [f"sleep({time - now})", f"cancel(h{number})"]
            now = time
    lines += ["sleep(1h)", 'mutex { println("free") }', "close_channel(log)", "close_channel(done)"]
    lines += ["for x in log { println(x) }", 'println("done")', "for x in done { println(x) }"]
    output = run_virtually("\n".join(lines)).splitlines()
    assert output[0] == "free"
    end = output.index("done")
    entries = output[1:end]
    for entered, left in zip(entries[::2], entries[1::2]):
        assert entered.startswith("in ") and left == entered.replace("in", "out")
    assert len(entries) % 2 == 0
    finished = {int(line) for line in output[end + 1 :]}
    assert finished >= {number for number in range(len(tasks)) if number not in cancels}

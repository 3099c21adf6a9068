"""From events to a tree of spans. It takes events as they come: ends may be missing, beginnings too, agents overlap.

Each event belongs to an agent if it names one, else to the only agent that runs, if just one does, else to the run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from harnpy.cli.trace_events import EventLog, Record
from harnpy.cli.trace_model import Kind, Outcome, Span, Text, Trace, Usage

# How deep agents may lie in agents before they are shown beside each other.
_DEEPEST = 40

# Seconds by which what a tool started may seem to begin before it: durations are told in whole milliseconds.
_ROUNDED = 0.001

# Milliseconds, some months; what claims to have taken longer does not say how long it took.
_LONGEST_DURATION = 10**10

# Characters of an answer that are kept.
_LONGEST_TEXT = 20_000
# Characters of the gist of a span.
_LONGEST_GIST = 300

_GOOD_ENDS = frozenset({"done", "idle"})


def build(log: EventLog) -> Trace:
    """The tree of a file of events."""
    builder = _Builder()
    for record in log.records:
        builder.add(record)
    return builder.trace(log)


@dataclass(slots=True, eq=False)
class _Node:
    """A span that is still being told of. latest is the time of the last thing that happened in it."""

    kind: Kind
    name: str
    start: float
    parent: _Node | None
    id: str = ""
    end: float | None = None
    duration_ms: int | None = None
    outcome: Outcome = Outcome.UNFINISHED
    status: str = ""
    gist: str = ""
    usage: Usage = field(default_factory=Usage)
    facts: list[tuple[str, str]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)
    depth: int = 0
    latest: float = 0.0
    # Whether a tool may have started it: agents, and calls that are not the loop's own.
    is_inner: bool = False
    # The turns of an agent by the iteration of their call, and the latest of them.
    turns: dict[int, _Node] = field(default_factory=dict)
    turn: _Node | None = None

    def close(self, end: float, outcome: Outcome, status: str = "") -> None:
        self.end, self.outcome, self.status = max(end, self.start), outcome, status


@dataclass(slots=True, eq=False)
class _Answer:
    """An answer that arrives in pieces."""

    attempt: _Node
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    characters: int = 0
    first: float | None = None


class _Builder:
    def __init__(self) -> None:
        self._nodes: list[_Node] = []
        self._tests: dict[str, _Node] = {}
        self._agents: dict[tuple[str, str], _Node] = {}
        self._running: dict[str, dict[str, _Node]] = {}
        self._answers: dict[str, _Answer] = {}
        self._retrying: dict[str, _Node] = {}
        # The tools that run, by test and agent, then by id; ids come again in later turns.
        self._tools: dict[tuple[str, str], dict[str, _Node]] = {}
        self._unknown: Counter[str] = Counter()
        self._handlers: dict[str, Callable[[Record], None]] = {
            "call_start": self._call_start,
            "delta": self._delta,
            "retry": self._retry,
            "call_end": self._call_end,
            "call_cancelled": self._call_cancelled,
            "stream_start": self._stream_start,
            "stream_end": self._stream_end,
            "completion": self._completion,
            "schema_retry": self._schema_retry,
            "agent_start": self._agent_start,
            "agent_end": self._agent_end,
            "tool_start": self._tool_start,
            "tool": self._tool,
            "tool_rejected": self._tool_rejected,
            "tool_not_run": self._tool_not_run,
            "intervention": self._intervention,
            "compaction": self._compaction,
            "phase": self._phase,
            "worker": self._worker,
            "message": self._message,
            "interpreted": self._interpreted,
        }

    def add(self, record: Record) -> None:
        handler = self._handlers.get(record.kind)
        if handler is None:
            self._unknown[record.kind] += 1
        else:
            handler(record)

    # Where an event belongs.

    def _node(self, kind: Kind, name: str, start: float, parent: _Node | None) -> _Node:
        while parent is not None and parent.depth >= _DEEPEST:
            parent = parent.parent
        node = _Node(kind, name, start, parent, depth=0 if parent is None else parent.depth + 1, latest=start)
        if parent is not None:
            parent.children.append(node)
        self._nodes.append(node)
        self._touch(parent, start)
        return node

    def _touch(self, node: _Node | None, time: float) -> None:
        while node is not None:
            node.latest = max(node.latest, time)
            node = node.parent

    def _test(self, record: Record) -> _Node | None:
        name = record.text("test")
        if name and name not in self._tests:
            self._tests[name] = self._node(Kind.TEST, name, record.time, None)
        return self._tests.get(name)

    def _agent(self, record: Record, of_a_loop: bool) -> _Node | None:
        test, identity = record.text("test"), record.text("agent_id")
        if identity:
            agent = self._agents.get((test, identity))
            return agent or self._begin_agent(record, identity, identity, self._test(record))
        running = self._running.get(test, {})
        return next(iter(running.values())) if of_a_loop and len(running) == 1 else None

    def _scope(self, record: Record, *, is_call: bool = False) -> _Node | None:
        """The turn, agent or test that an event belongs to; None for the run.

        A call with a new iteration begins a turn, and all else that a loop tells belongs to the turn that runs: some types
        of events count turns from 0 and some from 1.
        """
        agent = self._agent(record, of_a_loop=not is_call)
        if agent is None:
            return self._test(record)
        iteration = record.count("iteration")
        begins = agent.turn is None or (is_call and iteration not in agent.turns)
        if iteration is not None and begins:
            turn = self._node(Kind.TURN, f"turn {len(agent.turns) + 1}", record.time, agent)
            turn.usage = Usage(turns=1)
            agent.turns[iteration] = agent.turn = turn
        return agent.turns.get(iteration, agent.turn) if is_call and iteration is not None else agent.turn or agent

    def _begin_agent(self, record: Record, identity: str, name: str, parent: _Node | None) -> _Node:
        agent = self._node(Kind.AGENT, name, record.time, parent)
        agent.id = identity
        agent.is_inner = True
        self._agents[record.text("test"), identity] = agent
        self._running.setdefault(record.text("test"), {})[identity] = agent
        return agent

    def _leaf(self, kind: Kind, name: str, record: Record, parent: _Node | None) -> _Node:
        """Something that has just ended; what it took says when it began."""
        start, end = _begin(record), record.time
        started = record.amount("started_at")
        if started is not None and parent is not None and parent.start <= started <= start:
            # It ended before it was told of.
            start, end = started, min(end, started + (_duration(record) or 0) / 1000)
        node = self._node(kind, name, start, parent)
        node.duration_ms = _duration(record)
        node.close(end, Outcome.OK)
        self._touch(parent, record.time)
        return node

    def _note(self, record: Record, text: str, outcome: Outcome = Outcome.NOTE) -> _Node:
        note = self._leaf(Kind.NOTE, text, record, self._scope(record))
        note.outcome = outcome
        return note

    # Calls.

    def _call_start(self, record: Record) -> None:
        self._begin_call(record, self._retrying.pop(record.text("retry_of"), None))

    def _stream_start(self, record: Record) -> None:
        self._begin_call(record, None).facts.append(("kind", "stream"))

    def _begin_call(self, record: Record, call: _Node | None) -> _Node:
        if call is None:
            call = self._node(Kind.CALL, record.text("model"), record.time, self._scope(record, is_call=True))
            call.id = record.text("call_id")
            call.gist = _gist(record.text("prompt"))
            call.usage = Usage(calls=1)
            call.is_inner = record.count("iteration") is None
            call.facts += _facts(record, "provider", messages="message_count")
            call.texts += _texts(("prompt", record.text("prompt")))
        attempt = self._node(Kind.ATTEMPT, f"attempt {len(call.children) + 1}", record.time, call)
        attempt.id = record.text("call_id")
        if len(call.children) > 1:
            attempt.usage = Usage(retries=1)
        self._answers[attempt.id] = _Answer(attempt)
        return call

    def _delta(self, record: Record) -> None:
        answer = self._answers.get(record.text("call_id"))
        if answer is None:
            return
        if answer.first is None:
            answer.first = record.time
        self._touch(answer.attempt, record.time)
        for key, pieces in (("text", answer.text), ("thinking", answer.thinking)):
            piece = record.text(key)[: _LONGEST_TEXT - answer.characters]
            answer.characters += len(piece)
            pieces.append(piece)

    def _end_attempt(self, record: Record, outcome: Outcome, status: str = "") -> _Node:
        """Close an attempt, which the file may not have the beginning of, and give its call."""
        answer = self._answers.pop(record.text("call_id"), None)
        if answer is None:
            self._begin_call(Record(record.kind, _begin(record), record.values), None)
            answer = self._answers.pop(record.text("call_id"))
        attempt = answer.attempt
        attempt.close(record.time, outcome, status)
        attempt.duration_ms = _duration(record)
        label = "answer" if outcome is Outcome.OK else "partial answer"
        error = record.text("error")
        attempt.texts += _texts(("error", error), ("thinking", "".join(answer.thinking)), (label, "".join(answer.text)))
        if answer.first is not None:
            attempt.facts.append(("first piece after", f"{max(0.0, answer.first - attempt.start) * 1000:.0f} ms"))
        if error:
            attempt.gist = _gist(error)
        call = attempt.parent
        assert call is not None, "an attempt is always that of a call"
        self._touch(call, record.time)
        return call

    def _retry(self, record: Record) -> None:
        call = self._end_attempt(record, Outcome.RETRIED, record.text("category"))
        call.children[-1].facts += _facts(record, waits_ms="wait_ms")
        self._retrying[record.text("call_id")] = call

    def _call_end(self, record: Record) -> None:
        if record.text("status") == "ok":
            call = self._end_attempt(record, Outcome.OK)
            call.close(record.time, Outcome.OK)
            # What has answered may be another model than the one that was asked.
            call.name = record.text("model") or call.name
            call.usage += _used(record)
            call.facts += _facts(record, "stop_reason", "tool_calls")
            if call.parent is not None and call.parent.kind is Kind.TURN:
                call.gist = _answer_gist(call.children[-1], record) or call.gist
        else:
            status = record.text("category") or record.text("status")
            call = self._end_attempt(record, Outcome.FAILED, status)
            call.close(record.time, Outcome.FAILED, status)
            call.gist = _gist(record.text("error")) or call.gist
            call.name = call.name or record.text("model")
            call.usage += Usage(errors=1)
            if record.text("status") == "retries_exhausted":
                call.facts.append(("retries", "exhausted"))

    def _call_cancelled(self, record: Record) -> None:
        self._end_attempt(record, Outcome.CANCELLED, "cancelled").close(record.time, Outcome.CANCELLED, "cancelled")

    def _stream_end(self, record: Record) -> None:
        outcome, status = {
            "ok": (Outcome.OK, ""),
            "left": (Outcome.CANCELLED, "left"),
        }.get(record.text("status"), (Outcome.FAILED, "error"))
        call = self._end_attempt(record, outcome, status)
        call.close(record.time, outcome, status)
        call.facts += _facts(record, pieces="chunks")
        if outcome is Outcome.FAILED:
            call.gist = _gist(record.text("error")) or call.gist
            call.usage += Usage(errors=1)

    def _completion(self, record: Record) -> None:
        call = self._leaf(Kind.CALL, record.text("model"), record, self._scope(record, is_call=True))
        call.usage = Usage(calls=1) + _used(record)
        call.facts += [("kind", "completion"), *_facts(record, "provider")]

    def _schema_retry(self, record: Record) -> None:
        note = self._note(record, "schema not met", Outcome.RETRIED)
        errors = record.texts("errors")
        note.gist = _gist("; ".join(errors))
        note.texts += _texts(("errors", "\n".join(errors)))

    # Agents.

    def _agent_start(self, record: Record) -> None:
        test, identity = record.text("test"), record.text("agent_id")
        above = self._agents.get((test, record.text("parent_id")))
        parent = self._test(record) if above is None else above.turn or above
        self._begin_agent(record, identity, record.text("name") or identity or "agent", parent)

    def _agent_end(self, record: Record) -> None:
        test, identity = record.text("test"), record.text("agent_id")
        agent = self._agents.get((test, identity))
        if agent is None or agent.end is not None:
            earlier = Record(record.kind, _begin(record), record.values)
            agent = self._begin_agent(earlier, identity, identity or "agent", self._test(record))
        status = record.text("status")
        agent.close(record.time, Outcome.OK if status in _GOOD_ENDS else Outcome.FAILED, status)
        # Its own count includes the time in which it made itself ready, before it was told of.
        agent.duration_ms = _at_most(_duration(record), record.time - agent.start)
        agent.facts += [(label, ", ".join(record.texts(key))) for label, key in _TOOL_LISTS if record.texts(key)]
        self._running.get(test, {}).pop(identity, None)
        self._touch(agent, record.time)
        for tool in self._tools.pop((test, identity), {}).values():
            # What has ended the agent has ended its tools.
            tool.close(record.time, Outcome.CANCELLED, "cancelled")

    def _tool_start(self, record: Record) -> None:
        tool = self._node(Kind.TOOL, record.text("tool_name"), record.time, self._scope(record))
        tool.id = record.text("tool_use_id")
        tool.gist = _gist(record.text("arguments"))
        tool.usage = Usage(tools=1)
        tool.texts += _texts(("arguments", record.text("arguments")))
        self._tools.setdefault(_agent_key(record), {})[tool.id] = tool

    def _ended_tool(self, record: Record) -> _Node:
        """The tool that a record tells the end of, with what was told of it when it began."""
        tool = self._tools.get(_agent_key(record), {}).pop(record.text("tool_use_id"), None)
        if tool is None or tool.name != record.text("tool_name"):
            tool = self._leaf(Kind.TOOL, record.text("tool_name"), record, self._scope(record))
            tool.id = record.text("tool_use_id")
            return tool
        tool.duration_ms = _duration(record)
        tool.close(min(record.time, tool.start + ((tool.duration_ms or 0) + 1) / 1000), Outcome.OK)
        self._touch(tool, record.time)
        return tool

    def _tool(self, record: Record) -> None:
        tool = self._ended_tool(record)
        failed = record.text("status") != "ok"
        if failed:
            tool.outcome, tool.status = Outcome.FAILED, record.text("status")
        arguments, result = record.text("arguments"), record.text("result")
        tool.gist = _gist(result if failed else arguments) or tool.gist
        tool.usage = Usage(tools=1, errors=int(failed))
        tool.facts += _facts(record, "classification")
        if not tool.texts:
            tool.texts += _texts(("arguments", arguments))
        tool.texts += _texts(("result", result))

    def _tool_rejected(self, record: Record) -> None:
        tool = self._ended_tool(record)
        tool.outcome, tool.status = Outcome.REJECTED, "rejected"
        tool.gist = _gist(record.text("reason"))
        tool.usage = Usage(errors=1)
        tool.texts += _texts(("reason", record.text("reason")))

    def _tool_not_run(self, record: Record) -> None:
        """A call that did not get as far as its tool: nothing of it has begun."""
        tool = self._leaf(Kind.TOOL, record.text("tool_name"), record, self._scope(record))
        tool.id = record.text("tool_use_id")
        tool.outcome, tool.status = Outcome.REJECTED, record.text("kind") or "not run"
        tool.gist = _gist(record.text("reason"))
        tool.usage = Usage(errors=1)
        tool.texts += _texts(("arguments", record.text("arguments")), ("reason", record.text("reason")))

    def _intervention(self, record: Record) -> None:
        count = record.count("count")
        times = "" if count is None else f", {count} times"
        self._note(record, f"repetition: {record.text('kind')}").gist = _gist(record.text("tool_name") + times)

    def _compaction(self, record: Record) -> None:
        self._note(record, "compaction").gist = f"about {record.count('saved_tokens') or 0} tokens saved"

    def _phase(self, record: Record) -> None:
        self._note(record, f"phase: {record.text('from_phase')} → {record.text('to_phase')}")

    def _worker(self, record: Record) -> None:
        """A delegated worker has changed its status; agent_id is who started it."""
        failed = record.text("status") == "failed"
        told = f"worker {record.text('name')}: {record.text('status')}"
        self._note(record, told, *([Outcome.FAILED] if failed else []))

    def _message(self, record: Record) -> None:
        scope = self._scope(record)
        if scope is not None:
            scope.texts += _texts((f"{record.text('role') or 'unknown'} message", record.text("text")))
            self._touch(scope, record.time)

    def _interpreted(self, record: Record) -> None:
        errors = record.texts("tool_parse_errors")
        if not errors:
            self._touch(self._scope(record), record.time)
            return
        note = self._note(record, "bad tool call" + "s" * (len(errors) > 1), Outcome.FAILED)
        note.gist = _gist("; ".join(errors))
        note.texts += _texts(("errors", "\n".join(errors)))

    # The tree.

    def _ordered(self) -> list[_Node]:
        """All nodes, each behind what it is in; what tools have started is put into them."""
        places = {node: float(place) for place, node in enumerate(self._nodes)}
        for node in self._nodes:
            tools = [child for child in node.children if child.kind is Kind.TOOL]
            for inner in [child for child in node.children if child.is_inner]:
                running = [tool for tool in tools if _lasted_within(inner, tool)]
                # With several tools side by side nobody knows which one it was.
                if len(running) == 1:
                    (tool,) = running
                    node.children.remove(inner)
                    tool.children.append(inner)
                    # Tools are told of when they end.
                    places[tool] = min(places[tool], places[inner] - 0.5)
        return sorted(self._nodes, key=lambda node: places[node])

    def trace(self, log: EventLog) -> Trace:
        times = [node.start for node in self._nodes] + [record.time for record in log.records]
        begin, end = min(times, default=0.0), max(times, default=0.0)
        for answer in self._answers.values():
            answer.attempt.texts += _texts(
                ("thinking so far", "".join(answer.thinking)), ("answer so far", "".join(answer.text))
            )
        frozen: dict[_Node, Span] = {}
        for node in reversed(self._ordered()):
            if node.kind is Kind.TEST or (node.kind is Kind.TURN and _is_over(node)):
                node.close(node.latest, Outcome.OK)
            frozen[node] = _frozen(node, frozen, begin, end)
        roots = _in_order([frozen[node] for node in self._nodes if node.parent is None])
        return Trace(
            started=begin,
            duration=end - begin,
            events=len(log.records),
            usage=sum((span.usage for span in roots), Usage()),
            spans=roots,
            unknown=tuple(sorted(self._unknown.items())),
            problems=log.problems,
        )


_TOOL_LISTS = (("tools used", "tools_used"), ("tools that succeeded", "successful_tools"))


def _agent_key(record: Record) -> tuple[str, str]:
    return record.text("test"), record.text("agent_id")


def _lasted_within(node: _Node, tool: _Node) -> bool:
    if node.start < tool.start - _ROUNDED:
        return False
    return tool.end is None or (node.end is not None and node.end <= tool.end + _ROUNDED)


def _is_over(turn: _Node) -> bool:
    """Turns have no event of their own at the end: the next one, or the end of the agent, ends them."""
    agent = turn.parent
    return agent is None or agent.end is not None or agent.turn is not turn


def _frozen(node: _Node, frozen: dict[_Node, Span], begin: float, end: float) -> Span:
    children = _in_order([frozen[child] for child in node.children])
    usage = sum((child.usage for child in children), node.usage)
    facts, texts = tuple(node.facts), tuple(node.texts)
    duration_ms = node.duration_ms
    if node.kind is Kind.CALL and len(children) == 1:
        # A single attempt is the call.
        facts, texts = facts + children[0].facts, texts + children[0].texts
        duration_ms = children[0].duration_ms if node.end is not None else None
        children = ()
    if duration_ms is None:
        duration_ms = round(max(0.0, (end if node.end is None else node.end) - node.start) * 1000)
    return Span(
        kind=node.kind,
        name=node.name,
        id=node.id,
        start=node.start - begin,
        end=None if node.end is None else node.end - begin,
        duration_ms=duration_ms,
        outcome=node.outcome,
        status=node.status or ("unfinished" if node.outcome is Outcome.UNFINISHED else ""),
        gist=node.gist,
        usage=usage,
        facts=facts,
        texts=texts,
        children=children,
    )


def _in_order(spans: list[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: span.start))


def _duration(record: Record) -> int | None:
    duration = record.count("duration_ms")
    return duration if duration is not None and duration <= _LONGEST_DURATION else None


def _at_most(duration_ms: int | None, seconds: float) -> int | None:
    return None if duration_ms is None else min(duration_ms, max(0, math.ceil(seconds * 1000)))


def _begin(record: Record) -> float:
    """When that began which a record tells the end of."""
    return max(0.0, record.time - (_duration(record) or 0) / 1000)


def _used(record: Record) -> Usage:
    cost = record.amount("cost_usd")
    return Usage(
        input_tokens=record.count("input_tokens") or 0,
        output_tokens=record.count("output_tokens") or 0,
        cache_read_tokens=record.count("cache_read_tokens") or 0,
        cache_write_tokens=record.count("cache_write_tokens") or 0,
        cost_usd=cost or 0.0,
        unpriced=int(cost is None),
    )


def _facts(record: Record, *keys: str, **renamed: str) -> list[tuple[str, str]]:
    """Labels and values of those keys that have a text or number; 0 is not worth telling."""
    found = []
    for label, key in [(key, key) for key in keys] + list(renamed.items()):
        value = record.text(key) or record.count(key)
        if value:
            found.append((label.replace("_", " "), str(value)))
    return found


def _texts(*pairs: tuple[str, str]) -> list[Text]:
    return [Text(label, text) for label, text in pairs if text]


def _answer_gist(attempt: _Node, record: Record) -> str:
    """What an answer says, or asks for. It tells the calls of a loop apart, which are asked what tools have given."""
    answer = "".join(text.text for text in attempt.texts if text.label == "answer")
    if answer.strip():
        return _gist(answer)
    tools = record.count("tool_calls")
    return f"→ {tools} tool call" + "s" * (tools != 1) if tools else ""


def _gist(text: str) -> str:
    return " ".join(text[:_LONGEST_GIST].split())

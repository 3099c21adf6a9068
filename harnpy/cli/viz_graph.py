"""The syntax tree of a program as a Mermaid flowchart (chapter 05 section 12.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from harnpy.cli.viz_labels import expression_text, pattern_text, statement_text
from harnpy.syntax import ast

# What Mermaid takes for the text of an edge without quotes.
_PLAIN_EDGE = re.compile(r"[\w .,()\[\]]+")


class Part(NamedTuple):
    """A drawn piece of a program: the node that is entered first and the one that is left last."""

    first: int
    last: int


def flowchart(program: ast.Program) -> str:
    """The diagram, without a final line break. Raises RecursionError for programs nested without measure."""
    chart = _Chart()
    root = chart.node("module")
    for item in program.items:
        chart.edge(root, chart.draw(item).first)
    return "\n".join(["flowchart TD", *(f"    {line}" for line in chart.lines)])


class _Chart:
    """Nodes and edges in the order in which they are made."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0

    def node(self, label: str) -> int:
        number = self._count
        self._count += 1
        self.lines.append(f'n{number}["{_text(label)}"]')
        return number

    def edge(self, start: int, end: int, label: str = "") -> None:
        text = _text(label)
        if not text:
            self.lines.append(f"n{start} --> n{end}")
        elif _PLAIN_EDGE.fullmatch(text):
            self.lines.append(f"n{start} -- {text} --> n{end}")
        else:
            self.lines.append(f'n{start} -- "{text}" --> n{end}')

    def draw(self, node: ast.Stmt) -> Part:
        """Draw one statement or expression."""
        if isinstance(node, ast.Attributed):
            return self.draw(node.inner)
        drawn = _DRAWN.get(type(node))
        if drawn is not None:
            return drawn(self, node)
        number = self.node(statement_text(node))
        return Part(number, number)

    def sequence(self, body: ast.Body, after: int) -> int:
        """Draw body behind the node after; the node that is left last."""
        for statement in body:
            part = self.draw(statement)
            self.edge(after, part.first)
            after = part.last
        return after

    def branch(self, start: int, edge: str, label: str, body: ast.Body) -> int:
        """Draw a branch that begins with a node of its own; the node that is left last."""
        first = self.node(label)
        self.edge(start, first, edge)
        return self.sequence(body, first)

    # --- constructs ------------------------------------------------------------------------------------------------

    def block(
        self,
        node: ast.Pipeline
        | ast.Override
        | ast.Fn
        | ast.Tool
        | ast.Spawn
        | ast.Defer
        | ast.Mutex
        | ast.Deadline
        | ast.TryExpr,
    ) -> Part:
        label = statement_text(node)
        first = self.node(label)
        last = self.sequence(node.body, first)
        end = self.node(f"end {label}")
        self.edge(last, end)
        return Part(first, end)

    def choice(self, node: ast.If) -> Part:
        first = self.node(statement_text(node))
        ends = [(self.branch(first, "yes", "then", node.then), "")]
        ends.append((first, "no") if node.else_body is None else (self.branch(first, "no", "else", node.else_body), ""))
        join = self.node("join")
        for end, label in ends:
            self.edge(end, join, label)
        return Part(first, join)

    def for_loop(self, node: ast.For) -> Part:
        return self._loop(
            f"for {pattern_text(node.pattern)} in {expression_text(node.iterable)}", node.body, "each", "done"
        )

    def while_loop(self, node: ast.While) -> Part:
        return self._loop(statement_text(node), node.body, "true", "false")

    def _loop(self, label: str, body: ast.Body, enter: str, leave: str) -> Part:
        first = self.node(label)
        self.edge(self.branch(first, enter, "body", body), first)
        after = self.node("after loop")
        self.edge(first, after, leave)
        return Part(first, after)

    def match(self, node: ast.Match) -> Part:
        first = self.node(statement_text(node))
        ends = []
        for arm in node.arms:
            guard = f" if {expression_text(arm.guard)}" if arm.guard is not None else ""
            ends.append(self.branch(first, "arm", expression_text(arm.pattern) + guard, arm.body))
        return self._joined(first, ends or [first], "after match")

    def retry(self, node: ast.Retry) -> Part:
        first = self.node(statement_text(node))
        self.edge(self.branch(first, "run", "attempt", node.body), first, "retry")
        done = self.node("retry done")
        self.edge(first, done, "done")
        return Part(first, done)

    def attempt(self, node: ast.TryCatch) -> Part:
        first = self.node("try")
        ends = [self.branch(first, "ok", "try body", node.body)]
        if node.has_catch:
            ends.append(self.branch(first, "error", f"catch {node.error_name or ''}".rstrip(), node.catch_body))
        if node.finally_body is None:
            return self._joined(first, ends, "after try")
        finally_node = self._joined(first, ends, "finally").last
        return self._joined(first, [self.branch(finally_node, "", "finally body", node.finally_body)], "after try")

    def parallel(self, node: ast.Parallel) -> Part:
        first = self.node(statement_text(node))
        return self._joined(first, [self.branch(first, "fan out", "parallel body", node.body)], "parallel join")

    def select(self, node: ast.Select) -> Part:
        first = self.node("select")
        ends = [
            self.branch(first, expression_text(case.channel), f"recv {case.variable}", case.body) for case in node.cases
        ]
        if node.timeout is not None:
            duration, body = node.timeout
            ends.append(self.branch(first, "", f"timeout {expression_text(duration)}", body))
        if node.default is not None:
            ends.append(self.branch(first, "", "default", node.default))
        return self._joined(first, ends or [first], "after select")

    def _joined(self, first: int, ends: list[int], label: str) -> Part:
        """Lead all ends into a node of that label."""
        join = self.node(label)
        for end in ends:
            self.edge(end, join)
        return Part(first, join)


_DRAWN: dict[type, Callable[..., Part]] = {
    **dict.fromkeys(
        (
            ast.Pipeline,
            ast.Override,
            ast.Fn,
            ast.Tool,
            ast.Spawn,
            ast.Defer,
            ast.Mutex,
            ast.Deadline,
            ast.TryExpr,
        ),
        _Chart.block,
    ),
    ast.If: _Chart.choice,
    ast.For: _Chart.for_loop,
    ast.While: _Chart.while_loop,
    ast.Match: _Chart.match,
    ast.Retry: _Chart.retry,
    ast.TryCatch: _Chart.attempt,
    ast.Parallel: _Chart.parallel,
    ast.Select: _Chart.select,
}


def _text(label: str) -> str:
    """label on one line, double quotes escaped."""
    return " ".join(label.splitlines()).replace('"', '\\"').strip()

"""Making a failing program small: it is cut down along its syntax tree for as long as it fails in the same way.

Knows nothing of where programs come from, so it serves for any Harn program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from harnpy.syntax import ast
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

# What any expression may become.
_SIMPLEST = ("0", "nil", "[]")
_DECLARATION_PARTS = (ast.Param, ast.MatchArm, ast.Variant, ast.StructField, ast.Entry, ast.SelectCase)


def reduce_program(source: str, fails: Callable[[str], bool], most_tests: int = 2000) -> str:
    """The smallest program found that fails still holds for. Texts that do not parse are never tried."""
    tests = 0
    tried: set[str] = set()
    progress = True
    while progress:
        progress = False
        place = 0
        while True:
            candidates = list(_candidates(source))
            if place >= len(candidates):
                break
            candidate = candidates[place]
            place += 1
            if candidate in tried or len(candidate) >= len(source):
                continue
            tried.add(candidate)
            if not _parses(candidate):
                continue
            tests += 1
            if fails(candidate):
                source = candidate
                progress = True
                place = max(0, place - 1)
            if tests >= most_tests:
                return source
    return source


def _parses(source: str) -> bool:
    try:
        parse_program(source, "program.harn")
    except HarnSyntaxError:
        return False
    return True


def _candidates(source: str) -> Iterator[str]:
    """Smaller programs, those that lack most first."""
    nodes = sorted(
        _nodes(parse_program(source, "program.harn")), key=lambda each: each[0].span.start - each[0].span.end
    )
    for body in sorted(_bodies(parse_program(source, "program.harn")), key=len, reverse=True):
        if len(body) > 3:
            half = len(body) // 2
            for part in (body[half:], body[:half]):
                yield _without(source, part[0].span.start, part[-1].span.end)
    for node, is_statement in nodes:
        start, end = node.span.start, node.span.end
        if is_statement or isinstance(node, _DECLARATION_PARTS):
            yield _without(source, start, end)
        inner = [child for child in _children(node) if child.span.end - child.span.start < end - start]
        if is_statement:
            for body in _own_bodies(node):
                if body:
                    yield source[:start] + source[body[0].span.start : body[-1].span.end] + source[end:]
        elif not isinstance(node, _DECLARATION_PARTS):
            for text in _SIMPLEST:
                if text != source[start:end]:
                    yield source[:start] + text + source[end:]
        for child in inner:
            if not isinstance(child, _DECLARATION_PARTS):
                yield source[:start] + source[child.span.start : child.span.end] + source[end:]


def _without(source: str, start: int, end: int) -> str:
    """source without a stretch, nor the line breaks and the comma that it leaves behind."""
    before, after = source[:start].rstrip(" "), source[end:].lstrip(" ")
    if after.startswith(","):
        return before + after[1:].lstrip(" ")
    if before.endswith(","):
        return before[:-1] + after
    return before + after.removeprefix("\n") if before.endswith("\n") else before + after


def _nodes(root: ast.Node) -> Iterator[tuple[ast.Node, bool]]:
    """Every node below root, and whether it is a statement."""
    pending: list[ast.Node] = [root]
    while pending:
        node = pending.pop()
        statements = {id(each) for body in _own_bodies(node) for each in body}
        for child in _children(node):
            yield child, id(child) in statements
            pending.append(child)


def _bodies(root: ast.Node) -> Iterator[tuple[ast.Node, ...]]:
    yield from _own_bodies(root)
    for node, _ in _nodes(root):
        yield from _own_bodies(node)


def _own_bodies(node: ast.Node) -> list[tuple[ast.Node, ...]]:
    """The blocks of statements that are fields of node."""
    found = []
    for each in fields(node):
        value = getattr(node, each.name)
        if each.name in ("body", "then", "else_body", "catch_body", "finally_body", "default", "items", "methods"):
            if isinstance(value, tuple):
                found.append(value)
    return found


def _children(node: ast.Node) -> list[ast.Node]:
    found: list[ast.Node] = []
    for each in fields(node):
        pending = [getattr(node, each.name)]
        while pending:
            value = pending.pop()
            if isinstance(value, ast.Node):
                found.append(value)
            elif isinstance(value, tuple) and not isinstance(value, ast.Span):
                pending.extend(value)
    return found

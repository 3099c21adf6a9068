"""Syntax tree to text. Blocks run on a stack of generators instead of Python's own, so nesting is never too deep.

Included files come through a Loader; this file knows neither fibers nor where files lie.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from harnpy.builtins.template.coercion import as_text, is_true
from harnpy.builtins.template.errors import Fault, TemplateError
from harnpy.builtins.template.evaluation import Scope, evaluate
from harnpy.builtins.template.nodes import Body, Branch, Expression, For, If, Include, Interpolation, Name, Text
from harnpy.vm.os_errors import reason
from harnpy.vm.values import MISSING, HarnSet, Range, Value, type_name

_MAX_INCLUDE_DEPTH = 32

_Steps: TypeAlias = "Iterator[_Steps]"


class Loader(Protocol):
    """Where templates come from."""

    def parse(self, path: str) -> Body:
        """The nodes of the template at path. Raises OSError or ValueError, or TemplateError with that path."""

    def identity(self, path: str) -> str:
        """The same text for every path that leads to one file: its canonical absolute path."""


def render_template(body: Body, bindings: Mapping[str, Value], path: str, loader: Loader) -> str:
    """The text of a parsed template that came from path.

    Raises TemplateError with the path of the file at fault, and whatever the loader raises beyond what it promises.
    """
    renderer = _Renderer(loader)
    stack = [renderer.body(body, Scope(bindings), _File(path, loader.identity(path), None, 0))]
    while stack:
        deeper = next(stack[-1], None)
        if deeper is None:
            stack.pop()
        else:
            stack.append(deeper)
    return "".join(renderer.parts)


@dataclass(frozen=True, slots=True)
class _File:
    """A file being rendered and the one that includes it. depth counts the includes above."""

    path: str
    identity: str
    includer: _File | None
    depth: int

    def fault(self, place: Interpolation | Branch | For | Include, message: str) -> TemplateError:
        return TemplateError(place.line, place.column, message, self.path)

    def cycle(self, identity: str) -> list[str] | None:
        """The chain of files that including identity would close, or None.

        The outermost file is named only when it is itself the one that repeats.
        """
        chain = [self.identity]
        file = self
        while file.includer is not None:
            file = file.includer
            chain.append(file.identity)
        chain.reverse()
        if identity not in chain:
            return None
        return [*(chain if identity == chain[0] else chain[1:]), identity]


class _Renderer:
    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.parts: list[str] = []
        self.included: dict[str, Body] = {}  # by path: one rendering sees one version of a file

    def body(self, nodes: Body, scope: Scope, file: _File) -> _Steps:
        for node in nodes:
            match node:
                case Text(text):
                    self.parts.append(text)
                case Name(name):
                    value = scope.get(name)
                    self.parts.append(f"{{{{{name}}}}}" if value is MISSING else as_text(value))
                case Interpolation(expression):
                    self.parts.append(as_text(_value(expression, scope, node, file)))
                case If():
                    yield self.body(_chosen(node, scope, file), scope, file)
                case For():
                    yield self.loop(node, scope, file)
                case Include():
                    yield self.include(node, scope, file)

    def loop(self, node: For, scope: Scope, file: _File) -> _Steps:
        iterable = _value(node.iterable, scope, node, file)
        length, entries = _entries(iterable, node, file)
        for index, entry in enumerate(entries):
            position = {
                "index": index + 1,
                "index0": index,
                "first": index == 0,
                "last": index == length - 1,
                "length": length,
            }
            names = dict(zip(node.names, entry if len(node.names) == 2 else entry[1:]))
            yield self.body(node.body, Scope({**names, "loop": position}, scope), file)
        if length == 0:
            yield self.body(node.otherwise, scope, file)

    def include(self, node: Include, scope: Scope, file: _File) -> _Steps:
        target = _value(node.path, scope, node, file)
        if type(target) is not str:
            raise file.fault(node, f"include path must be a string (got {type_name(target)})")
        path = posixpath.join(posixpath.dirname(file.path), target)
        names = {name: _value(expression, scope, node, file) for name, expression in node.bindings}
        try:
            identity = self.loader.identity(path)
            if cycle := file.cycle(identity):
                raise file.fault(node, f"circular include detected: {' → '.join(cycle)}")
            if file.depth == _MAX_INCLUDE_DEPTH:
                raise file.fault(node, f"include depth exceeded ({_MAX_INCLUDE_DEPTH} levels)")
            if path not in self.included:
                self.included[path] = self.loader.parse(path)
        except (OSError, ValueError) as error:
            raise file.fault(node, f"failed to read included template {path}: {reason(error)}") from None
        yield self.body(self.included[path], Scope(names, scope), _File(path, identity, file, file.depth + 1))


def _value(expression: Expression, scope: Scope, place: Interpolation | Branch | For | Include, file: _File) -> Value:
    try:
        return evaluate(expression, scope)
    except Fault as fault:
        raise file.fault(place, fault.message) from None


def _chosen(node: If, scope: Scope, file: _File) -> Body:
    for branch in node.branches:
        if is_true(_value(branch.condition, scope, branch, file)):
            return branch.body
    return node.otherwise


def _entries(iterable: Value, node: For, file: _File) -> tuple[int, Iterator[tuple[Value, Value]]]:
    """How many items a loop has, and its (key or index, item) pairs."""
    kind = type(iterable)
    if iterable is None:
        return 0, iter(())
    if kind is dict:
        return len(iterable), ((key, iterable[key]) for key in sorted(iterable))
    if kind is Range:
        return max(0, iterable.end - iterable.start + iterable.inclusive), enumerate(iterable.py)
    if kind is list or kind is HarnSet:
        return len(iterable), enumerate(iterable)
    raise file.fault(node, f"cannot iterate over {type_name(iterable)} — expected list, dict, set, or range")

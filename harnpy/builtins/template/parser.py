"""Pieces to syntax tree: which directive it is, what it opens and closes. Knows nothing of values or rendering."""

from __future__ import annotations

from dataclasses import dataclass, field

from harnpy.builtins.template.clauses import is_identifier, parse_for, parse_include
from harnpy.builtins.template.errors import Fault, TemplateError
from harnpy.builtins.template.expressions import parse_expression
from harnpy.builtins.template.nodes import Body, Branch, Expression, For, If, Include, Interpolation, Name, Node, Text
from harnpy.builtins.template.scanner import Directive, scan


def parse_template(text: str) -> Body:
    """The nodes of a template, which must be whole: a fault anywhere is reported before anything is rendered.

    Raises TemplateError with the position of the directive at fault and without a path. Takes time linear in text,
    and no stack however deep its blocks nest.
    """
    parser = _Parser()
    for piece in scan(text):
        parser.add(piece)
    return parser.finish()


@dataclass(slots=True)
class _OpenIf:
    """An `if` whose `end` has not come; the nodes read now go to the branch of condition, or after `else`."""

    opener: Directive
    branch: Directive  # the `if` or `elif` of the current branch
    condition: Expression
    branches: list[Branch] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    otherwise: Directive | None = None

    def close_branch(self) -> None:
        self.branches.append(Branch(self.condition, tuple(self.nodes), self.branch.line, self.branch.column))
        self.nodes = []

    def close(self) -> If:
        if self.otherwise is None:
            self.close_branch()
        return If(tuple(self.branches), tuple(self.nodes))

    def missing_end(self) -> TemplateError:
        word, place = ("if", self.opener) if self.otherwise is None else ("else", self.otherwise)
        return _missing_end(word, place)


@dataclass(slots=True)
class _OpenFor:
    """A `for` whose `end` has not come; body is set when its `else` has."""

    opener: Directive
    names: tuple[str, ...]
    iterable: Expression
    nodes: list[Node] = field(default_factory=list)
    body: Body | None = None

    def close(self) -> For:
        body, otherwise = (tuple(self.nodes), ()) if self.body is None else (self.body, tuple(self.nodes))
        return For(self.names, self.iterable, body, otherwise, self.opener.line, self.opener.column)

    def missing_end(self) -> TemplateError:
        return _missing_end("for" if self.body is None else "else", self.opener)


def _missing_end(word: str, place: Directive) -> TemplateError:
    return TemplateError(place.line, place.column, f"`{{{{ {word} }}}}` missing matching `{{{{ end }}}}`")


def _unexpected(word: str) -> Fault:
    return Fault(f"unexpected `{{{{ {word} }}}}`")


class _Parser:
    def __init__(self) -> None:
        self.outermost: list[Node] = []
        self.stack: list[_OpenIf | _OpenFor] = []

    def add(self, piece: Text | Directive) -> None:
        if isinstance(piece, Text):
            self._append(piece)
            return
        try:
            self._directive(piece)
        except Fault as fault:
            raise TemplateError(piece.line, piece.column, fault.message) from None

    def finish(self) -> Body:
        if self.stack:
            raise self.stack[-1].missing_end()
        return tuple(self.outermost)

    def _append(self, node: Node) -> None:
        (self.stack[-1].nodes if self.stack else self.outermost).append(node)

    def _directive(self, directive: Directive) -> None:
        words = directive.body.split(None, 1)
        word, rest = words[0] if words else "", words[1] if len(words) == 2 else ""
        line, column = directive.line, directive.column
        match word:
            case "if":
                self.stack.append(_OpenIf(directive, directive, parse_expression(rest)))
            case "for":
                self.stack.append(_OpenFor(directive, *parse_for(rest)))
            case "elif":
                self._elif(directive, rest)
            case "else":
                self._else(directive, rest)
            case "end":
                self._end()
            case "include":
                self._append(Include(*parse_include(rest), line, column))
            case _ if is_identifier(directive.body):
                self._append(Name(directive.body))
            case _:
                self._append(Interpolation(parse_expression(directive.body), line, column))

    def _elif(self, directive: Directive, rest: str) -> None:
        match self.stack[-1:]:
            case [_OpenIf(otherwise=None) as block]:
                block.close_branch()
                block.branch, block.condition = directive, parse_expression(rest)
            case _:
                raise _unexpected("elif")

    def _else(self, directive: Directive, rest: str) -> None:
        match self.stack[-1:]:
            case [_OpenIf(otherwise=None) as choice]:
                choice.close_branch()
                choice.otherwise = directive
            case [_OpenFor(body=None) as loop]:
                loop.body, loop.nodes = tuple(loop.nodes), []
            case _:
                raise _unexpected("else")
        if rest:
            raise Fault("unexpected text after `else` (use `elif` for a condition)")

    def _end(self) -> None:
        if not self.stack:
            raise _unexpected("end")
        self._append(self.stack.pop().close())

"""The expression language inside directives: text to expression nodes. Faults carry no position; the caller adds it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harnpy.builtins.template.errors import Fault
from harnpy.builtins.template.nodes import (
    And,
    Comparison,
    Expression,
    FilterCall,
    Filtered,
    Literal,
    Not,
    Or,
    Path,
)

# Beyond this many parentheses inside each other an expression is refused, so that no template exhausts the stack.
_MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>-?[0-9][0-9.]*)
    | (?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
    | (?P<symbol>==|!=|<=|>=|\|\||&&|[()\[\].,:|!<>])
    """,
    re.VERBOSE | re.DOTALL,
)
_SYMBOLS = {
    "(": "LParen",
    ")": "RParen",
    "[": "LBracket",
    "]": "RBracket",
    ".": "Dot",
    ",": "Comma",
    ":": "Colon",
    "|": "Pipe",
    "!": "Bang",
    "==": "EqEq",
    "!=": "BangEq",
    "<": "Lt",
    "<=": "Le",
    ">": "Gt",
    ">=": "Ge",
    "&&": "AndKw",
    "||": "OrKw",
}
_WORDS = {"and": "AndKw", "or": "OrKw", "not": "NotKw", "true": "True", "false": "False", "nil": "Nil"}
_COMPARISONS = {"EqEq": "==", "BangEq": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}
_CONSTANTS = {"True": True, "False": False, "Nil": None}
_NEGATIONS = ("NotKw", "Bang")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_SHOWN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


@dataclass(frozen=True, slots=True)
class _Token:
    """kind is a name that error texts show; value is the content of Ident, Str, Int and Float."""

    kind: str
    value: str | int | float | None = None

    def __str__(self) -> str:
        match self.value:
            case None:
                return self.kind
            case str(text):
                shown = "".join([_SHOWN.get(char) or (char if char.isprintable() else _code(char)) for char in text])
                return f'{self.kind}("{shown}")'
            case number:
                return f"{self.kind}({number!r})"


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def parse_expression(text: str) -> Expression:
    """The expression that is the whole of text, filters included. Raises Fault."""
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unexpected_character(text[position])
        position = match.end()
        piece = match.group()
        match match.lastgroup:
            case "name":
                tokens.append(_Token(_WORDS[piece]) if piece in _WORDS else _Token("Ident", piece))
            case "number":
                tokens.append(_number(piece))
            case "string":
                tokens.append(_Token("Str", _ESCAPE.sub(_unescape, piece[1:-1])))
            case "symbol":
                tokens.append(_Token(_SYMBOLS[piece]))
    return tokens


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def _number(piece: str) -> _Token:
    if "." in piece:
        try:
            return _Token("Float", float(piece))
        except ValueError:
            raise Fault(f"invalid number `{piece}`") from None
    try:
        return _Token("Int", int(piece))
    except ValueError:  # beyond the number of digits that Python converts
        raise Fault(f"invalid integer `{piece}`") from None


def _unexpected_character(char: str) -> Fault:
    if char in "\"'":
        return Fault("unterminated string literal")
    if char == "&":
        return Fault("unexpected `&`")
    if char == "=":
        return Fault("unexpected `=` (use `==`)")
    return Fault(f"unexpected character `{char}` in expression")


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def whole(self) -> Expression:
        expression = self._or()
        filters: list[FilterCall] = []
        while self._accept("Pipe"):
            filters.append(self._filter())
        if self.position < len(self.tokens):
            raise Fault(f"unexpected token `{self.tokens[self.position]}` in expression")
        return Filtered(expression, tuple(filters)) if filters else expression

    def _peek(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else ""

    def _next(self) -> _Token | None:
        if self.position == len(self.tokens):
            return None
        self.position += 1
        return self.tokens[self.position - 1]

    def _accept(self, *kinds: str) -> bool:
        if self._peek() not in kinds:
            return False
        self.position += 1
        return True

    def _filter(self) -> FilterCall:
        name = self._next()
        if name is None or name.kind != "Ident":
            raise Fault("expected filter name after `|`")
        arguments: list[Expression] = []
        if self._accept("Colon"):
            arguments.append(self._or())
            while self._accept("Comma"):
                arguments.append(self._or())
        return FilterCall(str(name.value), tuple(arguments))

    def _or(self) -> Expression:
        operands = [self._and()]
        while self._accept("OrKw"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _and(self) -> Expression:
        operands = [self._not()]
        while self._accept("AndKw"):
            operands.append(self._not())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _not(self) -> Expression:
        negations = self._count_negations()
        return _negate(self._comparison(), negations)

    def _comparison(self) -> Expression:
        left = self._primary()
        operator = _COMPARISONS.get(self._peek())
        if operator is None:
            return left
        self.position += 1
        return Comparison(operator, left, self._primary())

    def _count_negations(self) -> int:
        """Pass a run of `not` and `!`; counted rather than nested, so that a long run costs no stack."""
        start = self.position
        while self._accept(*_NEGATIONS):
            pass
        return self.position - start

    def _primary(self) -> Expression:
        negations = self._count_negations()
        token = self._next()
        if token is None:
            raise Fault("expected expression")
        match token.kind:
            case "Str" | "Int" | "Float":
                found: Expression = Literal(token.value)
            case "True" | "False" | "Nil":
                found = Literal(_CONSTANTS[token.kind])
            case "Ident":
                found = Path(str(token.value), self._steps())
            case "LParen":
                found = self._parenthesized()
            case _:
                raise Fault(f"unexpected token `{token}`")
        return _negate(found, negations)

    def _parenthesized(self) -> Expression:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Fault(f"expression is nested too deeply ({_MAX_DEPTH} levels)")
        inner = self._or()
        if not self._accept("RParen"):
            raise Fault("expected `)`")
        self.depth -= 1
        return inner

    def _steps(self) -> tuple[str | int, ...]:
        steps: list[str | int] = []
        while True:
            if self._accept("Dot"):
                token = self._next()
                if token is None or token.kind != "Ident":
                    raise Fault("expected identifier after `.`")
                steps.append(str(token.value))
            elif self._accept("LBracket"):
                token = self._next()
                if token is None or not isinstance(token.value, (str, int)) or token.kind == "Ident":
                    raise Fault("expected integer or string inside `[...]`")
                steps.append(token.value)
                if not self._accept("RBracket"):
                    raise Fault("expected `]`")
            else:
                return tuple(steps)


def _negate(expression: Expression, times: int) -> Expression:
    """`not` applied times times: from the second on, only whether the count is odd matters."""
    if times == 0:
        return expression
    return Not(expression) if times % 2 else Not(Not(expression))

"""Words that other languages put between or before expressions: here they are names, and statements of their own.

Statements may stand side by side, so `let ok = a and b` parses. What gives it away is a name that nothing declares, with
the next statement on the same line.
"""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import spelling_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.spellings.facts import Facts
    from harnpy.syntax.diagnostics import Diagnostic

_DECLARING = frozenset({"const", "final", "static", "local", "auto", "my"})
# Between two expressions: what to write; `X op Y` can be replaced where it is an operator.
_INFIX: dict[str, str] = {
    "and": "a && b",
    "or": "a || b",
    "is": "a == b",
    "div": "a / b",
    "mod": "a % b",
    "as": "to_int(x)`, `to_float(x)` or `to_string(x)",
    "instanceof": "type_of(x) == ...",
}
_OPERATORS = {"and": "&&", "or": "||", "is": "==", "div": "/", "mod": "%"}
# Before an expression or a declaration: what to do, and the word that can stand in its place (None: none, "": nothing).
_PREFIX: dict[str, tuple[str, str | None]] = {
    "not": ("write `!x`", None),
    "new": ("structs and values are made without `new`: `Point {x: 1}`", ""),
    "typeof": ("write `type_of(x)`", None),
    "raise": ("errors are thrown with `throw`", "throw"),
    "async": ("functions need no `async`; a task is started with `spawn { ... }`", ""),
    "export": ("write `pub fn`", "pub"),
    "public": ("write `pub fn`", "pub"),
    "private": ("what is not `pub` is private", ""),
    "del": ("write `d = d.remove(key)`, or bind the name to nil", None),
    "delete": ("write `d = d.remove(key)`, or bind the name to nil", None),
    "echo": ("write `println(x)`", None),
    "puts": ("write `println(x)`", None),
    "class": ("write `struct Name { ... }` for the fields and `impl Name { ... }` for the methods", None),
    "abstract": ("write `interface Name { fn method(self) }`", None),
}
_AWAIT = "`await` is a function: `await(task)`"
_CALLED = frozenset({"print", "println", "log"})
_LISTS = frozenset({"vec"})
_PREFIXES = re.compile(r"[fFbBuU]|[rR][bBfF]|[bBfF][rR]")
_FLOOR_DIVISION = re.compile(r"[ \t]*//=[ \t]*[^\s=]")
_DECREMENT = re.compile(r"--[ \t]*(?://[^\n]*)?\r?\n")


def foreign_statements(facts: Facts) -> Iterator[Diagnostic]:
    """The findings in all bodies of a file."""
    for body in facts.bodies():
        for place, statement in enumerate(body):
            following = body[place + 1] if place + 1 < len(body) else None
            if following is not None and following.span.line == statement.span.end_line:
                yield from _side_by_side(facts, body[place - 1] if place else None, statement, following)
            yield from _alone(facts, statement)


def _side_by_side(
    facts: Facts, before: ast.Stmt | None, statement: ast.Stmt, following: ast.Stmt
) -> Iterator[Diagnostic]:
    word = _last_name(statement)
    if word is None:
        return
    edits: tuple[Edit, ...]
    name, span = word.name, word.span
    touches = span.end == following.span.start
    if name == "await" and "await" not in facts.bound:
        edits = _parenthesized(word, following) if isinstance(following, ast.Call | ast.MethodCall) else ()
        yield rules.STATEMENT_WORD.at(span, edits, word=name, instead=_AWAIT)
    elif touches and isinstance(following, ast.Unary) and following.op == "!":
        if facts.is_unbound(name) or name in facts.known.builtins:
            yield _macro(facts, word, following)
    elif touches and isinstance(following, ast.Str | ast.Interp):
        if facts.is_unbound(name) and _PREFIXES.fullmatch(name):
            yield rules.STRING_PREFIX.at(span, prefix=name)
    elif name in _CALLED and word is statement and name not in facts.bound:
        if isinstance(following, ast.Str | ast.RawStr | ast.Interp | ast.Name | ast.Int | ast.Float):
            yield rules.CALL_WITHOUT_PARENTHESES.at(span, _parenthesized(word, following), name=name)
    elif not facts.is_unbound(name):
        return
    elif name in _DECLARING and word is statement:
        yield from _declaring(word, following)
    elif name in _INFIX and word is statement and before is not None and before.span.end_line == span.line:
        edits = (Edit(span.start, span.end, _OPERATORS[name]),) if name in _OPERATORS else ()
        yield rules.OPERATOR_WORD.at(span, edits, word=name, instead=_INFIX[name])
    elif name in _PREFIX:
        yield _prefix(word, following)


def _parenthesized(word: ast.Name, argument: ast.Stmt) -> tuple[Edit, ...]:
    """The edits that make a call of a function and what stands behind it."""
    end = argument.span.end
    return Edit(word.span.end, argument.span.start, "("), Edit(end, end, ")")


def _declaring(word: ast.Name, following: ast.Stmt) -> Iterator[Diagnostic]:
    if isinstance(following, ast.Assign) and following.op is None and isinstance(following.target, ast.Name):
        edit = Edit(word.span.start, word.span.end, "let")
        yield rules.CONST.at(word.span, (edit,), word=word.name)
    elif isinstance(following, ast.Let | ast.Fn):
        yield rules.CONST.at(word.span, word=word.name)


def _prefix(word: ast.Name, following: ast.Stmt) -> Diagnostic:
    help, instead = _PREFIX[word.name]
    if instead == "":
        edits: tuple[Edit, ...] = (Edit(word.span.start, following.span.start, ""),)
    elif instead == "pub" and not isinstance(following, ast.Fn | ast.Struct | ast.Enum | ast.Tool):
        edits = ()
    else:
        edits = (Edit(word.span.start, word.span.end, instead),) if instead is not None else ()
    return rules.STATEMENT_WORD.at(word.span, edits, word=word.name, instead=help)


def _macro(facts: Facts, word: ast.Name, following: ast.Unary) -> Diagnostic:
    bang = following.span.start
    if word.name in _LISTS:
        return rules.MACRO_CALL.at(word.span, (Edit(word.span.start, bang + 1, ""),), name=word.name, instead="[a, b]")
    edits = (Edit(bang, bang + 1, ""),) if word.name in facts.known.builtins else ()
    return rules.MACRO_CALL.at(word.span, edits, name=word.name, instead=f"{word.name}(...)")


def _alone(facts: Facts, statement: ast.Stmt) -> Iterator[Diagnostic]:
    if isinstance(statement, ast.Binary):
        yield from _decrement(facts, statement)
    elif isinstance(statement, ast.Name | ast.Prop | ast.Index):
        if _FLOOR_DIVISION.match(facts.source, statement.span.end):
            name = facts.source[statement.span.start : statement.span.end]
            yield rules.FLOOR_DIVISION.at(statement.span, name=name.replace("{", "").replace("}", ""))
    elif isinstance(statement, ast.Assign) and isinstance(statement.target, ast.Index):
        # `const [a, b] = xs` is an assignment to an element of `const`.
        target = statement.target.object
        if isinstance(target, ast.Name) and target.name in _DECLARING and facts.is_unbound(target.name):
            edit = Edit(target.span.start, target.span.end, "let")
            yield rules.CONST.at(target.span, (edit,), word=target.name)


def _decrement(facts: Facts, statement: ast.Binary) -> Iterator[Diagnostic]:
    """`i--` at the end of a line: a subtraction of what the next line gives."""
    node = statement
    while isinstance(node.left, ast.Binary):
        node = node.left
    left, right = node.left, node.right
    if node.op == "-" and isinstance(right, ast.Unary) and right.op == "-" and isinstance(left, ast.Name):
        if _DECREMENT.match(facts.source, left.span.end) and right.span.start == left.span.end + 1:
            edit = Edit(left.span.end, left.span.end + 2, " -= 1")
            yield rules.DECREMENT.at(left.span, (edit,), name=left.name)


def _last_name(statement: ast.Stmt) -> ast.Name | None:
    """The name with which a statement ends."""
    node: object = statement
    while True:
        match node:
            case ast.Name():
                return node
            case ast.Let(value=value) | ast.Assign(value=value) | ast.Return(value=value) | ast.Throw(value=value):
                node = value
            case ast.Binary(right=value) | ast.Unary(operand=value) | ast.Ternary(otherwise=value):
                node = value
            case _:
                return None

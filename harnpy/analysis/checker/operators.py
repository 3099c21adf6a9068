"""Which operands operators take (chapter 09, 4.6)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.conditions import assume
from harnpy.analysis.checker.open_names import is_open
from harnpy.analysis.checker.operator_types import LOGICAL, NUMBERS, ORDERING, result_type
from harnpy.analysis.rules import type_rules
from harnpy.analysis.types.forms import Named, alternatives
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.rules.model import Rule
    from harnpy.analysis.types.forms import Type

_ADDABLE = frozenset({"string", "list", "dict"})
_NUMERIC = frozenset({"-", "/", "%", "**"})
_ORDERED = frozenset({"int", "float", "string"})
# No second look at an operand that lies in so many others, nor behind so many: time must not grow out of bounds.
_DEEPEST_SECOND_LOOK = 8
_LONGEST_SECOND_LOOK = 100


def check_binary(checker: Checker, node: ast.Binary) -> None:
    """Walk both operands of an operator, then check that it takes them."""
    _check_chain(checker, node, True)


def check_unary(checker: Checker, node: ast.Unary) -> None:
    checker.walk(_innermost(node))


def check_arithmetic(checker: Checker, node: ast.Expr) -> None:
    """The little that is checked in initial values: arithmetic, reached through operators only."""
    if isinstance(node, ast.Unary):
        node = _innermost(node)
    if isinstance(node, ast.Binary):
        _check_chain(checker, node, False)


def _innermost(node: ast.Unary) -> ast.Expr:
    operand: ast.Expr = node
    while isinstance(operand, ast.Unary):
        operand = operand.operand
    return operand


def _check_chain(checker: Checker, node: ast.Binary, everything: bool) -> None:
    """Check a chain of left operands from the inside out, so that the type of each link is found once.

    everything: operands are walked and comparisons checked; else it is arithmetic only.
    """
    chain = [node]
    while isinstance(chain[-1].left, ast.Binary):
        chain.append(chain[-1].left)
    first = chain[-1].left
    if everything:
        checker.walk(first)
    else:
        check_arithmetic(checker, first)
    left = None if chain[-1].op in LOGICAL else checker.infer(first)
    for number, link in enumerate(reversed(chain)):
        op = link.op
        if not everything:
            check_arithmetic(checker, link.right)
        elif op == "&&" or op == "||":
            _check_right(checker, link, number)
        else:
            checker.walk(link.right)
        right = None if op in LOGICAL or op == "|>" else checker.infer(link.right)
        if left is not None and right is not None and (everything or op not in ORDERING):
            _check_operands(checker, link, checker.head(left), checker.head(right))
        left = result_type(checker, op, left, right)


def _check_right(checker: Checker, link: ast.Binary, links_before: int) -> None:
    """Walk the right operand of `&&` or `||`.

    The chapter has it judged without what the left one says about variables; but what is wrong only then is not
    wrong at all, as in `x != nil && needs_int(x)`. So what is found is reported if a second look, with that in mind,
    finds it too.
    """
    scopes, diagnostics = checker.scopes, checker.diagnostics
    if checker.operands_narrow:
        scopes.enter()
        assume(checker, link.left, link.op == "&&")
        checker.walk(link.right)
        scopes.leave()
        return
    before = len(diagnostics)
    checker.right_operands_around += 1
    checker.walk(link.right)
    checker.right_operands_around -= 1
    if len(diagnostics) == before or checker.right_operands_around >= _DEEPEST_SECOND_LOOK:
        return
    if links_before > _LONGEST_SECOND_LOOK:
        return
    scopes.enter()
    assume(checker, link.left, link.op == "&&")
    if any(True for _ in scopes.changes()):
        found = diagnostics[before:]
        del diagnostics[before:]
        checker.operands_narrow = True
        checker.walk(link.right)
        checker.operands_narrow = False
        again = {(each.code, each.span) for each in diagnostics[before:]}
        # A deprecated call is reported once, whatever the types.
        diagnostics[before:] = [
            each for each in found if (each.code, each.span) in again or each.code == type_rules.DEPRECATED.code
        ]
    scopes.leave()


def _check_operands(checker: Checker, node: ast.Binary, left: Type, right: Type) -> None:
    """Report operands that the operator does not take, of whichever of the types that they may have."""
    firsts, seconds = alternatives(left), alternatives(right)
    rules = [_rejection(checker, node.op, a, b) for a in firsts for b in seconds]
    rule, a, b = rules[0], firsts[0], seconds[0]
    if rule is None or None in rules or not (isinstance(a, Named) and isinstance(b, Named)):
        return
    fixes = _interpolation(checker, node, a.name, b.name) if rule is type_rules.ADDITION else ()
    operator = {} if rule in (type_rules.ADDITION, type_rules.MULTIPLICATION) else {"op": node.op}
    checker.report(rule, node, fixes, **operator, left=a.name, right=b.name)


def _rejection(checker: Checker, op: str, left: Type, right: Type) -> Rule | None:
    """The rule against an operator with operands of these types; None if there is none, or if they are no plain names."""
    if not (isinstance(left, Named) and isinstance(right, Named)):
        return None
    a, b = left.name, right.name
    if is_open(checker, a) or is_open(checker, b):
        return None
    numbers = a in NUMBERS and b in NUMBERS
    if op == "+":
        return None if numbers or (a == b and a in _ADDABLE) else type_rules.ADDITION
    if op in _NUMERIC:
        return None if numbers else type_rules.ARITHMETIC
    if op == "*":
        taken = numbers or (a, b) in (("string", "int"), ("int", "string"))
        return None if taken else type_rules.MULTIPLICATION
    if op not in ORDERING or a == b == "duration":
        return None
    if a not in _ORDERED or b not in _ORDERED:
        return type_rules.COMPARISON
    return type_rules.STRING_COMPARISON if (a == "string") != (b == "string") else None


def _interpolation(checker: Checker, node: ast.Binary, left: str, right: str) -> tuple[Edit, ...]:
    """The edits that make `"a${x}"` of `"a" + x`, where the text allows it."""
    source = checker.source
    if source is None or (left == "string") == (right == "string"):
        return ()
    text, other = (node.left, node.right) if left == "string" else (node.right, node.left)
    start, end = text.span.start, text.span.end
    literal, code = source[start:end], source[other.span.start : other.span.end]
    if not isinstance(text, ast.Str) or not _is_plain(literal) or "}" in code or '"' in code or "\n" in code:
        return ()
    # Parentheses belong to no span: where anything but the operator lies between the operands, there may be some.
    if source[node.left.span.end : node.right.span.start].strip() != "+":
        return ()
    joined = f'{literal[:-1]}${{{code}}}"' if text is node.left else f'"${{{code}}}{literal[1:]}'
    return (Edit(node.left.span.start, node.right.span.end, joined),)


def _is_plain(literal: str) -> bool:
    """Whether a literal is written as `"..."` on one line, and may be followed by `${`."""
    return len(literal) >= 2 and literal[0] == literal[-1] == '"' and literal[:3] != '"""' and literal[-2] != "$"

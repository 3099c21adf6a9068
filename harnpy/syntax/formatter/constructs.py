"""Statements and expressions with bodies."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.comments import beside, gap, own_lines_text
from harnpy.syntax.formatter.expressions import inline_body
from harnpy.syntax.formatter.items import Item, items_of
from harnpy.syntax.formatter.parameters import pattern
from harnpy.syntax.formatter.parentheses import before_brace, before_else, parenthesised, primary_before_brace
from harnpy.syntax.formatter.regions import block, region, statement_items
from harnpy.syntax.formatter.statements import expression_statement
from harnpy.syntax.formatter.text import Text, join, new_line
from harnpy.syntax.formatter.types import annotation

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer


def _headed(printer: Printer, node: ast.Node, header: Text, opener: int, body: ast.Body, place: Place) -> Text:
    """A construct that is a header and one body. header: without the brace, which is the token opener."""
    first = printer.source.index_at(node.span.start)
    return join(printer.unit(first, opener, join(header, " {")), block(printer, opener, body, place.inner(), place.own))


def _body_behind(printer: Printer, node: ast.Node) -> int:
    """The brace of the body that follows a part of a header."""
    return printer.source.find("LBRACE", node.span.end)


def _condition(printer: Printer, node: ast.Expr, place: Place) -> Text:
    return before_brace(printer.source, node, printer.expression(node, place.base))


def _if(printer: Printer, node: ast.If, place: Place) -> Text:
    source = printer.source
    opener = _body_behind(printer, node.condition)
    header = join("if ", _condition(printer, node.condition, place))
    then = _headed(printer, node, header, opener, node.then, place)
    if node.else_body is None:
        return then
    closer = source.partner[opener]
    return join(then, _behind_brace(printer, closer, place), _else(printer, closer + 1, node.else_body, place))


def _else(printer: Printer, keyword: int, body: ast.Body, place: Place) -> Text:
    """`else` and its body. keyword: the token `else`."""
    source = printer.source
    opener = keyword + 1
    has_braces = source.kind(opener) == "LBRACE"
    if place.is_statement and len(body) == 1 and isinstance(body[0], ast.If):
        if not has_braces:
            keywords = printer.unit(keyword, opener, join("else if"))
            return join(str(keywords).removesuffix("if"), _if(printer, body[0], place))
        first = source.index_at(body[0].span.start)
        closer = source.partner[opener]
        if not source.comments_between(keyword, first) and not source.comments_between(closer - 1, closer):
            return join("else ", _if(printer, body[0], place))
    if has_braces:
        header = printer.unit(keyword, opener, join("else {"))
        return join(header, block(printer, opener, body, place.inner(), place.own))
    trailing, leading = gap(source, keyword, opener)
    comments = join(beside(trailing), own_lines_text(leading, place.inner().own, printer.width))
    nested = printer.statement(body[0], place.inner())
    return join("else {", comments, new_line(place.inner().own), nested, new_line(place.own), "}")


def _behind_brace(printer: Printer, closer: int, place: Place) -> Text:
    """What stands between a closing brace and the word that goes on with the construct: a blank, or comments."""
    trailing, leading = gap(printer.source, closer, closer + 1)
    if not trailing and not leading:
        return join(" ")
    return join(beside(trailing), own_lines_text(leading, place.own, printer.width), new_line(place.own))


def _for(printer: Printer, node: ast.For, place: Place) -> Text:
    target = pattern(printer, node.pattern, place.base)
    header = join("for ", target, " in ", _condition(printer, node.iterable, place))
    return _headed(printer, node, header, _body_behind(printer, node.iterable), node.body, place)


def _while(printer: Printer, node: ast.While, place: Place) -> Text:
    header = join("while ", _condition(printer, node.condition, place))
    return _headed(printer, node, header, _body_behind(printer, node.condition), node.body, place)


def _retry(printer: Printer, node: ast.Retry, place: Place) -> Text:
    return _with_operand(printer, node, "retry ", node.count, place)


def _deadline(printer: Printer, node: ast.Deadline, place: Place) -> Text:
    return _with_operand(printer, node, "deadline ", node.duration, place)


def _with_operand(
    printer: Printer, node: ast.Retry | ast.Deadline, keyword: str, operand: ast.Expr, place: Place
) -> Text:
    text = primary_before_brace(printer.source, operand, printer.expression(operand, place.base))
    return _headed(printer, node, join(keyword, text), _body_behind(printer, operand), node.body, place)


def _guard(printer: Printer, node: ast.Guard, place: Place) -> Text:
    condition = before_else(node.condition, printer.expression(node.condition, place.base))
    opener = _body_behind(printer, node.condition)
    return _headed(printer, node, join("guard ", condition, " else"), opener, node.else_body, place)


def _keyword_only(keyword: str) -> Callable[[Printer, Any, Place], Text]:
    def print_construct(printer: Printer, node: ast.Spawn | ast.Defer | ast.Mutex | ast.TryExpr, place: Place) -> Text:
        opener = printer.source.find("LBRACE", node.span.start)
        return _headed(printer, node, join(keyword), opener, node.body, place)

    return print_construct


def _try(printer: Printer, node: ast.TryCatch, place: Place) -> Text:
    source = printer.source
    opener = source.find("LBRACE", node.span.start)
    pieces = [_headed(printer, node, join("try"), opener, node.body, place)]
    closer = source.partner[opener]
    if node.has_catch:
        error = f"({node.error_name}{annotation(source, node.error_type)}) " if node.error_name is not None else ""
        opener = source.find("LBRACE", source.end_of(closer) if node.error_type is None else node.error_type.span.end)
        pieces += [_behind_brace(printer, closer, place), printer.unit(closer + 1, opener, join(f"catch {error}{{"))]
        pieces.append(block(printer, opener, node.catch_body, place.inner(), place.own))
        closer = source.partner[opener]
    if node.finally_body is not None:
        opener = source.find_from("LBRACE", closer)
        pieces += [_behind_brace(printer, closer, place), printer.unit(closer + 1, opener, join("finally {"))]
        pieces.append(block(printer, opener, node.finally_body, place.inner(), place.own))
    return join(*pieces)


def _match(printer: Printer, node: ast.Match, place: Place) -> Text:
    source = printer.source
    opener = _body_behind(printer, node.value)
    header = join("match ", _condition(printer, node.value, place), " {")
    arms = place.inner()
    items = items_of(source, opener, node.arms, lambda arm: _arm(printer, arm, arms), ("LPAR",))
    first = source.index_at(node.span.start)
    text = printer.unit(first, opener, header)
    return join(text, region(printer, opener, source.partner[opener], items, arms.own, place.own))


def _arm(printer: Printer, arm: ast.MatchArm, place: Place) -> Text:
    source = printer.source
    header = expression_statement(printer, arm.pattern, place.base)
    if arm.guard is not None:
        header = join(header, " if ", printer.expression(arm.guard, place.base))
    opener = _body_behind(printer, arm.guard or arm.pattern)
    first = source.first_of(arm.span, -1, ("LPAR",))
    header = printer.unit(first, opener, join(header, " -> {"))
    inline = inline_body(printer, opener, source.partner[opener], arm.body, place.base)
    if inline is not None:
        return join(header, " ", inline, " }")
    return join(header, block(printer, opener, arm.body, place.inner(), place.own))


def _parallel(printer: Printer, node: ast.Parallel, place: Place) -> Text:
    source = printer.source
    operand = printer.expression(node.operand, place.base)
    if node.mode == "count" and (operand.starts_with("each") or operand.starts_with("settle")):
        if isinstance(node.operand, ast.Name) and node.operand.name in ("each", "settle"):
            operand = parenthesised(operand)
    mode = "" if node.mode == "count" else f"{node.mode} "
    header: list[Text | str] = [f"parallel {mode}", before_brace(source, node.operand, operand)]
    brace = source.behind_parentheses(node.operand.span.end)
    if source.tokens[brace].value == "with":
        brace = source.partner[source.find_from("LBRACE", brace)] + 1
    if node.options:
        options = [join(f"{name}: ", printer.expression(value, place.base)) for name, value in node.options]
        header += [" with { ", *_with_commas(options), " }"]
    opener = brace if node.variable is None else source.find_from("ARROW", brace)
    header.append(" {" if node.variable is None else f" {{ {node.variable} ->")
    text = printer.unit(source.index_at(node.span.start), opener, join(*header))
    items = statement_items(printer, opener, node.body, place.inner())
    return join(text, region(printer, opener, source.partner[brace], items, place.inner().own, place.own))


def _with_commas(texts: list[Text]) -> list[Text | str]:
    return [part for text in texts for part in (", ", text)][1:]


def _select(printer: Printer, node: ast.Select, place: Place) -> Text:
    source = printer.source
    first = source.index_at(node.span.start)
    opener = source.find_from("LBRACE", first)
    closer = source.partner[opener]
    cases = place.inner()
    items = items_of(source, opener, node.cases, lambda case: _receive(printer, case, cases), ())
    ends = _ending_cases(printer, opener)
    last = ends[-1] if ends else opener
    if ends and (len(ends) > 1 or (items and items[-1].first > last)):
        # Cases that are out of order, or not in the tree at all: comments could not stay where they are.
        if source.has_comments(node.span.start, node.span.end):
            source.claim_rest(first, closer)
            return join(source.verbatim(first, closer))
    if node.timeout is not None:
        duration, body = node.timeout
        items.append(Item(last, lambda: _timeout(printer, last, duration, body, cases)))
    elif node.default is not None:
        default = node.default
        items.append(Item(last, lambda: _default(printer, last, default, cases)))
    header = printer.unit(first, opener, join("select {"))
    return join(header, region(printer, opener, closer, items, cases.own, place.own))


def _ending_cases(printer: Printer, opener: int) -> list[int]:
    """The words `timeout` and `default` that begin cases behind the opening brace."""
    source = printer.source
    found = []
    index = opener + 1
    while index < source.partner[opener]:
        token = source.tokens[index]
        if token.type == "NAME" and token.value in ("timeout", "default"):
            if index == opener + 1 or source.kind(index - 1) == "RBRACE":
                found.append(index)
        elif source.partner.get(index, 0) > index:
            index = source.partner[index]
        index += 1
    return found


def _receive(printer: Printer, case: ast.SelectCase, place: Place) -> Text:
    header = join(f"{case.variable} from ", _condition(printer, case.channel, place))
    return _headed(printer, case, header, _body_behind(printer, case.channel), case.body, place)


def _timeout(printer: Printer, first: int, duration: ast.Expr, body: ast.Body, place: Place) -> Text:
    opener = _body_behind(printer, duration)
    header = printer.unit(first, opener, join("timeout ", _condition(printer, duration, place), " {"))
    return join(header, block(printer, opener, body, place.inner(), place.own))


def _default(printer: Printer, first: int, body: ast.Body, place: Place) -> Text:
    opener = printer.source.find_from("LBRACE", first)
    header = printer.unit(first, opener, join("default {"))
    return join(header, block(printer, opener, body, place.inner(), place.own))


PRINTERS: dict[type, Callable[[Any, Any, Place], Text]] = {
    ast.If: _if,
    ast.For: _for,
    ast.While: _while,
    ast.Retry: _retry,
    ast.Deadline: _deadline,
    ast.Guard: _guard,
    ast.Spawn: _keyword_only("spawn"),
    ast.Defer: _keyword_only("defer"),
    ast.Mutex: _keyword_only("mutex"),
    ast.TryExpr: _keyword_only("try"),
    ast.TryCatch: _try,
    ast.Match: _match,
    ast.Parallel: _parallel,
    ast.Select: _select,
}

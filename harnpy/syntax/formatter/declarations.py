"""Declarations: functions, tools, pipelines, types, attributes, imports."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.comments import beside, gap, own_lines_text
from harnpy.syntax.formatter.imports import import_text
from harnpy.syntax.formatter.items import Item, items_of, later
from harnpy.syntax.formatter.literals import string
from harnpy.syntax.formatter.parameters import parameter
from harnpy.syntax.formatter.regions import block, region, statement_items
from harnpy.syntax.formatter.sequences import sequence
from harnpy.syntax.formatter.text import Text, byte_length, join, new_line
from harnpy.syntax.formatter.types import annotation, result_annotation, type_parameters, type_text, where_clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer


def _pub(node: ast.Fn | ast.Tool | ast.Pipeline | ast.Struct | ast.Enum) -> str:
    return "pub " if node.is_pub else ""


def _first_of(printer: Printer, node: ast.Node) -> int:
    """The first token of a declaration, which may be `pub`."""
    return printer.source.first_of(node.span, -1, ("PUB",))


def _params(printer: Printer, params: tuple[ast.Param, ...], opener: int, prefix: int, base: int) -> Text:
    items = items_of(printer.source, opener, params, lambda param: parameter(printer, param, base), ())
    ends_with_rest = bool(params) and params[-1].rest  # behind which no comma may stand
    return sequence(printer, opener, items, prefix, base, has_last_comma=not ends_with_rest)


def _names(printer: Printer, opener: int, prefix: int, base: int) -> Text:
    """Parameters that are bare names."""
    source = printer.source
    inside = range(opener + 1, source.partner[opener])
    items = [Item(at, later(join, source.tokens[at].value)) for at in inside if source.kind(at) == "NAME"]
    return sequence(printer, opener, items, prefix, base)


def _body_brace(printer: Printer, node: ast.Node, *parts: Iterable[ast.Node] | ast.Node | None) -> int:
    """The brace of the body of a declaration, behind all parts of its header, which may have braces of their own."""
    end = node.span.start
    for part in parts:
        nodes = () if part is None else (part,) if isinstance(part, ast.Node) else part
        for each in nodes:
            end = max(end, each.span.end)
    return printer.source.find("LBRACE", end)


def _fn(printer: Printer, node: ast.Fn, place: Place) -> Text:
    source = printer.source
    head = f"{_pub(node)}fn {node.name}{type_parameters(node.type_params)}"
    prefix = 2 * place.base + byte_length(head) + 1
    params = _params(printer, node.params, source.find("LPAR", node.span.start), prefix, place.base)
    opener = _body_brace(printer, node, node.params, node.result, node.where)
    header = join(head, params, result_annotation(source, node.result), where_clause(node.where), " {")
    text = printer.unit(_first_of(printer, node), opener, header)
    return join(text, block(printer, opener, node.body, place.inner(), place.own))


def _tool(printer: Printer, node: ast.Tool, place: Place) -> Text:
    source = printer.source
    head = f"{_pub(node)}tool {node.name}"
    prefix = 2 * place.base + byte_length(head) + 1
    params = _params(printer, node.params, source.find("LPAR", node.span.start), prefix, place.base)
    opener = _body_brace(printer, node, node.params, node.result)
    text = printer.unit(
        _first_of(printer, node), opener, join(head, params, result_annotation(source, node.result), " {")
    )
    inner = place.inner()
    items: list[Item] = []
    after = opener
    if node.description is not None:
        literal = source.tokens[opener + 2]
        description = string(source, literal.span, node.description, inner.base)
        items.append(Item(opener + 1, lambda: join("description ", description)))
        after = opener + 2
    items += statement_items(printer, after, node.body, inner)
    return join(text, region(printer, opener, source.partner[opener], items, inner.own, place.own))


def _pipeline(printer: Printer, node: ast.Pipeline, place: Place) -> Text:
    source = printer.source
    head = f"{_pub(node)}pipeline {node.name}"
    prefix = 2 * place.base + byte_length(head) + 1
    params = _names(printer, source.find("LPAR", node.span.start), prefix, place.base)
    extends = "" if node.extends is None else f" extends {node.extends}"
    opener = _body_brace(printer, node, node.result)
    header = join(head, params, result_annotation(source, node.result), extends, " {")
    text = printer.unit(_first_of(printer, node), opener, header)
    return join(text, block(printer, opener, node.body, place.inner(), place.own))


def _override(printer: Printer, node: ast.Override, place: Place) -> Text:
    source = printer.source
    head = f"override {node.name}"
    prefix = byte_length(head) + 1  # of all signatures, only this one counts no indentation
    params = _names(printer, source.find("LPAR", node.span.start), prefix, place.base)
    opener = _body_brace(printer, node)
    text = printer.unit(_first_of(printer, node), opener, join(head, params, " {"))
    return join(text, block(printer, opener, node.body, place.inner(), place.own))


def _members(
    printer: Printer,
    node: ast.Node,
    head: str,
    members: Iterable[ast.Node],
    prints: Callable[[Any], Text],
    place: Place,
) -> Text:
    """A declaration with members in braces, one a line."""
    source = printer.source
    opener = _body_brace(printer, node)
    items = items_of(source, opener, members, prints, ("PUB",))
    text = printer.unit(_first_of(printer, node), opener, join(head, " {"))
    return join(text, region(printer, opener, source.partner[opener], items, place.inner().own, place.own))


def _struct(printer: Printer, node: ast.Struct, place: Place) -> Text:
    head = f"{_pub(node)}struct {node.name}{type_parameters(node.type_params)}"
    return _members(printer, node, head, node.fields, lambda field: _field(printer, field), place)


def _field(printer: Printer, field: ast.StructField) -> Text:
    return join(f"{field.name}{'?' if field.optional else ''}{annotation(printer.source, field.type)}")


def _enum(printer: Printer, node: ast.Enum, place: Place) -> Text:
    head = f"{_pub(node)}enum {node.name}{type_parameters(node.type_params)}"
    inner = place.inner()
    return _members(printer, node, head, node.variants, lambda variant: _variant(printer, variant, inner), place)


def _variant(printer: Printer, variant: ast.Variant, place: Place) -> Text:
    if not variant.params:
        return join(variant.name)
    opener = printer.source.index_at(variant.span.start) + 1
    prefix = 2 * place.base + byte_length(variant.name) + 1
    return join(variant.name, _params(printer, variant.params, opener, prefix, place.base))


def _interface(printer: Printer, node: ast.Interface, place: Place) -> Text:
    members: list[ast.Node] = [*node.associated_types, *node.methods]
    if printer.source.has_comments(node.span.start, node.span.end):
        members.sort(key=lambda member: member.span.start)  # comments stay where they are, so all does
    head = f"interface {node.name}{type_parameters(node.type_params)}"
    inner = place.inner()
    return _members(printer, node, head, members, lambda member: _member(printer, member, inner), place)


def _member(printer: Printer, member: ast.AssociatedType | ast.InterfaceMethod, place: Place) -> Text:
    source = printer.source
    if isinstance(member, ast.AssociatedType):
        default = "" if member.default is None else f" = {type_text(source, member.default)}"
        return join(f"type {member.name}{default}")
    head = f"fn {member.name}{type_parameters(member.type_params)}"
    prefix = 2 * place.base + byte_length(head) + 1
    params = _params(printer, member.params, source.find("LPAR", member.span.start), prefix, place.base)
    return join(head, params, result_annotation(source, member.result))


def _impl(printer: Printer, node: ast.Impl, place: Place) -> Text:
    inner = place.inner()
    return _members(
        printer, node, f"impl {node.type_name}", node.methods, lambda method: _fn(printer, method, inner), place
    )


def _type_alias(printer: Printer, node: ast.TypeAlias_, place: Place) -> Text:
    params = type_parameters(node.type_params)
    return join(f"type {node.name}{params} = {type_text(printer.source, node.type)}")


def _attributed(printer: Printer, node: ast.Attributed, place: Place) -> Text:
    source = printer.source
    firsts = [source.index_at(attribute.span.start) for attribute in node.attributes]
    firsts.append(source.first_of(node.inner.span, firsts[-1], ("PUB",)))
    pieces: list[Text | str] = []
    for index, attribute in enumerate(node.attributes):
        last = firsts[index + 1] - 1
        pieces.append(printer.unit(firsts[index], last, _attribute(printer, attribute, place.base)))
        trailing, leading = gap(source, last, firsts[index + 1])
        pieces += [beside(trailing), own_lines_text(leading, place.own, printer.width), new_line(place.own)]
    return join(*pieces, printer.statement(node.inner, place))


def _attribute(printer: Printer, attribute: ast.Attribute, base: int) -> Text:
    args = [
        join("" if arg.name is None else f"{arg.name}: ", printer.expression(arg.value, base)) for arg in attribute.args
    ]
    if not args:
        return join(f"@{attribute.name}")
    return join(f"@{attribute.name}(", *[part for arg in args for part in (", ", arg)][1:], ")")


PRINTERS: dict[type, Callable[[Any, Any, Place], Text]] = {
    ast.Fn: _fn,
    ast.Tool: _tool,
    ast.Pipeline: _pipeline,
    ast.Override: _override,
    ast.Struct: _struct,
    ast.Enum: _enum,
    ast.Interface: _interface,
    ast.Impl: _impl,
    ast.TypeAlias_: _type_alias,
    ast.Attributed: _attributed,
    ast.Import: import_text,
    ast.ImportAs: import_text,
    ast.ImportNames: import_text,
}

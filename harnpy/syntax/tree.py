"""Builds statements, declarations and the program; with tree_types.py and tree_expressions.py the whole node builder.

Lark calls one method a reduction, named after the rule or its alias. The builder has no state and sees no text beyond
its children; what it must reject it raises as Misuse, and parser.py finds the position.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.ast import Span
from harnpy.syntax.tokens import Token
from harnpy.syntax.tree_base import Block, Misuse, cover, last_of, names_of, nodes_of
from harnpy.syntax.tree_expressions import ExpressionBuilder
from harnpy.syntax.tree_types import TypeBuilder

if TYPE_CHECKING:
    from harnpy.syntax.tree_base import Children


class DeclarationBuilder:
    def import_all(self, children: Children) -> ast.Import:
        keyword, path = children
        return ast.Import(cover(keyword, path), path.value)

    def import_as(self, children: Children) -> ast.ImportAs:
        keyword, path, _as, name = children
        return ast.ImportAs(cover(keyword, name), path.value, name.value)

    def import_some(self, children: Children) -> ast.ImportNames:
        keyword, _left, *names, _right, _from, path = children
        return ast.ImportNames(cover(keyword, path), names_of(names), path.value)

    def pipeline_decl(self, children: Children) -> ast.Pipeline:
        pub, keyword, name, _left, params, _right, _arrow, result, _extends, parent, block = children
        parent_name = None if parent is None else parent.value
        span = cover(keyword, block)
        return ast.Pipeline(span, name.value, params, result, parent_name, block.statements, pub is not None)

    def override_decl(self, children: Children) -> ast.Override:
        keyword, name, _left, params, _right, block = children
        return ast.Override(cover(keyword, block), name.value, params, block.statements)

    def names(self, children: Children) -> tuple[str, ...]:
        return names_of(children)

    def attributed(self, children: Children) -> ast.Attributed:
        *attributes, inner = children
        return ast.Attributed(cover(attributes[0], inner), tuple(attributes), inner)

    def attribute(self, children: Children) -> ast.Attribute:
        at, name, _left, args, _right = children
        return ast.Attribute(cover(at, last_of(children)), name.value, args or ())

    def attr_args(self, children: Children) -> tuple[ast.AttributeArg, ...]:
        return tuple(nodes_of(children))

    def attr_arg(self, children: Children) -> ast.AttributeArg:
        name, _colon, value = children
        span = value.span if name is None else cover(name, value)
        return ast.AttributeArg(span, None if name is None else name.value, value)

    def attr_value(self, children: Children) -> ast.Expr:
        token: Token = children[-1]
        make = ExpressionBuilder()
        if len(children) == 2:
            span = cover(children[0], token)
            if token.type == "INT":
                return ast.Int(span, -make.int_([token]).value)
            return ast.Float(span, -make.float_([token]).value)
        return getattr(make, _ATTRIBUTE_VALUES[token.type])([token])  # type: ignore[no-any-return]

    def fn_decl(self, children: Children) -> ast.Fn:
        pub, keyword, name, tparams, _left, params, _right, _arrow, result, where, block = children
        span = cover(keyword, block)
        return ast.Fn(span, name.value, tparams or (), params, result, where or (), block.statements, pub is not None)

    def where(self, children: Children) -> tuple[ast.WhereBound, ...]:
        word: Token = children[0]
        if word.value != "where":
            raise Misuse("{", token=word)
        return tuple(nodes_of(children))

    def where_clause(self, children: Children) -> ast.WhereBound:
        name, _colon, bound = children
        return ast.WhereBound(cover(name, bound), name.value, bound.value)

    def tool_decl(self, children: Children) -> ast.Tool:
        pub, keyword, name, _left, params, _right, _arrow, result, _opener, _word, text, statements, closer = children
        description = None if text is None else text.value
        return ast.Tool(cover(keyword, closer), name.value, description, params, result, statements, pub is not None)

    def struct_decl(self, children: Children) -> ast.Struct:
        pub, keyword, name, tparams, _opener, *fields, closer = children
        span = cover(keyword, closer)
        return ast.Struct(span, name.value, tparams or (), tuple(nodes_of(fields)), pub is not None)

    def struct_field(self, children: Children) -> ast.StructField:
        name, optional, _colon, type_ = children
        return ast.StructField(cover(name, last_of(children)), name.value, type_, optional is not None)

    def enum_decl(self, children: Children) -> ast.Enum:
        pub, keyword, name, tparams, _opener, *variants, closer = children
        span = cover(keyword, closer)
        return ast.Enum(span, name.value, tparams or (), tuple(nodes_of(variants)), pub is not None)

    def variant(self, children: Children) -> ast.Variant:
        name, _left, params, _right = children
        return ast.Variant(cover(name, last_of(children[:1] + children[3:])), name.value, params or ())

    def interface_decl(self, children: Children) -> ast.Interface:
        keyword, name, tparams, _opener, *members, closer = children
        types = tuple(member for member in members if isinstance(member, ast.AssociatedType))
        methods = tuple(member for member in members if isinstance(member, ast.InterfaceMethod))
        return ast.Interface(cover(keyword, closer), name.value, tparams or (), types, methods)

    def associated_type(self, children: Children) -> ast.AssociatedType:
        keyword, name, _assign, default = children
        return ast.AssociatedType(cover(keyword, last_of(children)), name.value, default)

    def interface_method(self, children: Children) -> ast.InterfaceMethod:
        keyword, name, tparams, _left, params, right, _arrow, result = children
        return ast.InterfaceMethod(cover(keyword, result or right), name.value, tparams or (), params, result)

    def impl_decl(self, children: Children) -> ast.Impl:
        keyword, name, _opener, *methods, closer = children
        return ast.Impl(cover(keyword, closer), name.value, tuple(methods))

    def type_decl(self, children: Children) -> ast.TypeAlias_:
        keyword, name, tparams, _assign, type_ = children
        return ast.TypeAlias_(cover(keyword, type_), name.value, tparams or (), type_)


_ATTRIBUTE_VALUES = {
    "STR": "string",
    "RSTR": "raw_string",
    "INT": "int_",
    "FLOAT": "float_",
    "TRUE": "true",
    "FALSE": "false",
    "NIL": "nil",
    "NAME": "name",
}


class StatementBuilder:
    def let_stmt(self, children: Children) -> ast.Let:
        keyword, pattern, colon, type_, _assign, value = children
        if colon is not None and not isinstance(pattern, ast.NamePattern):
            raise Misuse("=", token=colon)
        return ast.Let(cover(keyword, value), pattern, type_, value, keyword.type == "VAR")

    def pat_name(self, children: Children) -> ast.NamePattern:
        (name,) = children
        return ast.NamePattern(name.span, name.value)

    def pat_dict(self, children: Children) -> ast.DictPattern:
        fields: tuple[ast.DictPatternField, ...] = tuple(nodes_of(children))
        for field in fields:
            if field.is_rest and field is not children[-2]:
                raise Misuse("}", after=field.span)
        return ast.DictPattern(cover(children[0], children[-1]), fields)

    def dict_field(self, children: Children) -> ast.DictPatternField:
        key, _colon, alias, _assign, default = children
        alias_name = None if alias is None else alias.value
        return ast.DictPatternField(cover(key, last_of(children)), key.value, alias_name, default, False)

    def dict_rest(self, children: Children) -> ast.DictPatternField:
        ellipsis, name = children
        return ast.DictPatternField(cover(ellipsis, name), name.value, None, None, True)

    def pat_list(self, children: Children) -> ast.ListPattern:
        elements: tuple[ast.ListPatternElement, ...] = tuple(nodes_of(children))
        for element in elements:
            if element.is_rest and element is not children[-2]:
                raise Misuse("]", after=element.span)
        return ast.ListPattern(cover(children[0], children[-1]), elements)

    def list_element(self, children: Children) -> ast.ListPatternElement:
        name, _assign, default = children
        return ast.ListPatternElement(cover(name, last_of(children)), name.value, default, False)

    def list_rest(self, children: Children) -> ast.ListPatternElement:
        ellipsis, name = children
        return ast.ListPatternElement(cover(ellipsis, name), name.value, None, True)

    def pair(self, children: Children) -> ast.PairPattern:
        left, first, _comma, second, right = children
        return ast.PairPattern(cover(left, right), first.value, second.value)

    def for_stmt(self, children: Children) -> ast.For:
        keyword, pattern, _in, iterable, block = children
        return ast.For(cover(keyword, block), pattern, iterable, block.statements)

    def while_stmt(self, children: Children) -> ast.While:
        keyword, condition, block = children
        return ast.While(cover(keyword, block), condition, block.statements)

    def return_stmt(self, children: Children) -> ast.Return:
        keyword, value = children
        return ast.Return(cover(keyword, value or keyword), value)

    def yield_stmt(self, children: Children) -> ast.Yield:
        keyword, value = children
        return ast.Yield(cover(keyword, value or keyword), value)

    def throw_stmt(self, children: Children) -> ast.Throw:
        keyword, value = children
        return ast.Throw(cover(keyword, value), value)

    def guard_stmt(self, children: Children) -> ast.Guard:
        keyword, condition, _else, block = children
        return ast.Guard(cover(keyword, block), condition, block.statements)

    def require_stmt(self, children: Children) -> ast.Require:
        keyword, condition, _comma, message = children
        return ast.Require(cover(keyword, message or condition), condition, message)

    def mutex_stmt(self, children: Children) -> ast.Mutex:
        keyword, block = children
        return ast.Mutex(cover(keyword, block), block.statements)

    def defer_stmt(self, children: Children) -> ast.Defer:
        keyword, block = children
        return ast.Defer(cover(keyword, block), block.statements)

    def break_stmt(self, children: Children) -> ast.Break:
        return ast.Break(children[0].span)

    def continue_stmt(self, children: Children) -> ast.Continue:
        return ast.Continue(children[0].span)

    def assign_stmt(self, children: Children) -> ast.Assign:
        target, operator, value = children
        assignable = isinstance(target, ast.Name | ast.Index) or (isinstance(target, ast.Prop) and not target.optional)
        if not assignable:
            raise Misuse("expression", token=operator)
        op = None if operator.type == "ASSIGN" else operator.value[0]
        return ast.Assign(cover(target, value), target, value, op)

    def block(self, children: Children) -> Block:
        opener, statements, closer = children
        return Block(cover(opener, closer), statements)

    def stmts(self, children: Children) -> ast.Body:
        return tuple(children)


class TreeBuilder(DeclarationBuilder, StatementBuilder, ExpressionBuilder, TypeBuilder):
    """Every rule and alias of the grammar that makes a node (a test compares the two)."""

    def program(self, children: Children) -> ast.Program:
        if not children:
            return ast.Program(Span(0, 0, 1, 1, 1), ())
        return ast.Program(cover(children[0], children[-1]), tuple(children))

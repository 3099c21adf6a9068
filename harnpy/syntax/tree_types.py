"""Builds type expressions, parameters and type parameters. One method a rule or alias of grammar/harn.lark."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.tokens import Token, parse_int
from harnpy.syntax.tree_base import Misuse, cover, cover_all, last_of, nodes_of

if TYPE_CHECKING:
    from harnpy.syntax.tree_base import Children

_REST_LAST = "Rest parameter must be the last parameter"
_DEFAULTS_LAST = "Required parameter cannot follow a parameter with a default value"


class TypeBuilder:
    def type_name(self, children: Children) -> ast.TypeExpr:
        (name,) = children
        return ast.NeverType(name.span) if name.value == "never" else ast.NamedType(name.span, name.value)

    def type_applied(self, children: Children) -> ast.TypeExpr:
        name = children[0].value
        span = cover(children[0], children[-1])
        args = tuple(nodes_of(children))
        if name == "list" and len(args) == 1:
            return ast.ListType(span, args[0])
        if name == "dict" and len(args) == 2:
            return ast.DictType(span, args[0], args[1])
        if name in ("iter", "Iter") and len(args) == 1:
            return ast.IterType(span, args[0])
        return ast.AppliedType(span, name, args)

    def type_string(self, children: Children) -> ast.LitStringType:
        return ast.LitStringType(children[0].span, children[0].value)

    def type_int(self, children: Children) -> ast.LitIntType:
        minus, digits = children
        value = parse_int(digits.value)
        return ast.LitIntType(cover_all(children), value if minus is None else -value)

    def type_word(self, children: Children) -> ast.NamedType:
        (word,) = children
        return ast.NamedType(word.span, "nil" if word.type == "NIL" else "bool")

    def union(self, children: Children) -> ast.UnionType:
        first, _bar, rest = children
        members = rest.members if isinstance(rest, ast.UnionType) else (rest,)
        return ast.UnionType(cover(first, rest), (first, *members))

    def fn_type(self, children: Children) -> ast.FnType:
        *params, result = nodes_of(children)
        return ast.FnType(cover(children[0], result), tuple(params), result)

    def shape(self, children: Children) -> ast.ShapeType:
        return ast.ShapeType(cover(children[0], children[-1]), tuple(nodes_of(children)))

    def sfield(self, children: Children) -> ast.ShapeField:
        name, optional, _colon, type_ = children
        return ast.ShapeField(cover(name, type_), name.value, type_, optional is not None)

    def tparams(self, children: Children) -> tuple[ast.TypeParam, ...]:
        return tuple(nodes_of(children))

    def tparam(self, children: Children) -> ast.TypeParam:
        name = children[-1]
        if len(children) == 1:
            return ast.TypeParam(name.span, name.value, "")
        variance: Token = children[0]
        if variance.value not in ("in", "out"):
            raise Misuse(">", token=name)
        return ast.TypeParam(cover(variance, name), name.value, variance.value)

    def param(self, children: Children) -> ast.Param:
        rest, name, _colon, type_, _assign, default = children
        span = cover(name if rest is None else rest, last_of(children))
        return ast.Param(span, name.value, type_, default, rest is not None)

    def params(self, children: Children) -> tuple[ast.Param, ...]:
        params: tuple[ast.Param, ...] = tuple(nodes_of(children))
        if not params:
            return params
        defaults = False
        for param in params:
            if param.rest:
                if param is not children[-1]:
                    raise Misuse(_REST_LAST, after=param.span)
            elif defaults and param.default is None:
                raise Misuse(_DEFAULTS_LAST, after=param.span)
            defaults = defaults or param.default is not None
        return params

"""Builds expression nodes. One method a rule or alias of grammar/harn.lark; the tuple unpacking shows the children."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.tokens import Token, duration_milliseconds, parse_int
from harnpy.syntax.tree_base import Block, Misuse, cover, nodes_of

if TYPE_CHECKING:
    from harnpy.syntax.tree_base import Children


class ExpressionBuilder:
    # --- literals and names ---

    def name(self, children: Children) -> ast.Name:
        (token,) = children
        return ast.Name(token.span, token.value)

    def string(self, children: Children) -> ast.Str:
        (token,) = children
        return ast.Str(token.span, token.value)

    key_name = string

    def raw_string(self, children: Children) -> ast.RawStr:
        (token,) = children
        return ast.RawStr(token.span, token.value)

    def interp(self, children: Children) -> ast.Interp:
        pieces: list[str | ast.Expr] = []
        for child in children:
            if type(child) is not Token:
                pieces.append(child)
            elif child.type == "ISTR_TEXT" and child.value:
                pieces.append(child.value)
        return ast.Interp(cover(children[0], children[-1]), tuple(pieces))

    def int_(self, children: Children) -> ast.Int:
        (token,) = children
        return ast.Int(token.span, parse_int(token.value))

    def float_(self, children: Children) -> ast.Float:
        (token,) = children
        return ast.Float(token.span, float(token.value))

    def duration(self, children: Children) -> ast.DurationLit:
        (token,) = children
        return ast.DurationLit(token.span, duration_milliseconds(token.value))

    def true(self, children: Children) -> ast.Bool:
        return ast.Bool(children[0].span, True)

    def false(self, children: Children) -> ast.Bool:
        return ast.Bool(children[0].span, False)

    def nil(self, children: Children) -> ast.Nil:
        return ast.Nil(children[0].span)

    def paren(self, children: Children) -> ast.Expr:
        inner: ast.Expr = children[1]
        return inner

    def list_(self, children: Children) -> ast.ListLit:
        return ast.ListLit(cover(children[0], children[-1]), tuple(nodes_of(children)))

    def spread(self, children: Children) -> ast.Spread:
        ellipsis, expression = children
        return ast.Spread(cover(ellipsis, expression), expression)

    def dict_(self, children: Children) -> ast.DictLit:
        opener, entries, closer = children
        return ast.DictLit(cover(opener, closer), entries)

    def struct_literal(self, children: Children) -> ast.StructLit:
        name, _opener, entries, closer = children
        return ast.StructLit(cover(name, closer), name.value, entries)

    def entries(self, children: Children) -> tuple[ast.Entry, ...]:
        return tuple(nodes_of(children))

    def entry(self, children: Children) -> ast.Entry:
        key, _colon, value = children
        return ast.Entry(cover(key, value), key, value)

    def spread_entry(self, children: Children) -> ast.Entry:
        ellipsis, value = children
        return ast.Entry(cover(ellipsis, value), None, value)

    def closure(self, children: Children) -> ast.ClosureExpr:
        opener, params, _arrow, statements, closer = children
        return ast.ClosureExpr(cover(opener, closer), params, statements, False)

    def fn_expr(self, children: Children) -> ast.ClosureExpr:
        keyword, _left, params, _right, block = children
        return ast.ClosureExpr(cover(keyword, block), params, block.statements, True)

    # --- operators ---

    def binary(self, children: Children) -> ast.Binary:
        left, operator, right = children
        op = "not_in" if operator.type == "NOT_IN" else operator.value
        return ast.Binary(cover(left, right), op, left, right)

    def unary(self, children: Children) -> ast.Unary:
        operator, operand = children
        return ast.Unary(cover(operator, operand), operator.value, operand)

    def try_star(self, children: Children) -> ast.TryStar:
        keyword, _star, operand = children
        return ast.TryStar(cover(keyword, operand), operand)

    def ternary(self, children: Children) -> ast.Ternary:
        condition, _question, then, _colon, otherwise = children
        return ast.Ternary(cover(condition, otherwise), condition, then, otherwise)

    def range(self, children: Children) -> ast.RangeExpr:
        start, _to, end, exclusive = children
        return ast.RangeExpr(cover(start, end if exclusive is None else exclusive), start, end, exclusive is None)

    # --- postfix ---

    def args(self, children: Children) -> tuple[ast.Expr, ...]:
        args = tuple(nodes_of(children))
        names: set[str] = set()
        for arg in args:
            if isinstance(arg, ast.NamedArg):
                if arg.name in names:
                    again = Token("NAME", arg.name, arg.span)
                    raise Misuse("argument name that is not there yet", token=again, got=f"{arg.name} again")
                names.add(arg.name)
            elif names:
                unnamed = Token("NAME", "", arg.span)
                raise Misuse("named argument behind a named argument", token=unnamed, got="one without a name")
        return args

    def named_arg(self, children: Children) -> ast.NamedArg:
        name, _colon, value = children
        return ast.NamedArg(cover(name, value), name.value, value)

    def call(self, children: Children) -> ast.Call:
        callee, _left, args, right = children
        return ast.Call(cover(callee, right), callee, args)

    def method_call(self, children: Children) -> ast.MethodCall:
        receiver, dot, name, _left, args, right = children
        return ast.MethodCall(cover(receiver, right), receiver, name.value, args, dot.type == "QDOT")

    def prop(self, children: Children) -> ast.Prop:
        receiver, dot, name = children
        return ast.Prop(cover(receiver, name), receiver, name.value, dot.type == "QDOT")

    def index(self, children: Children) -> ast.Index:
        receiver, _left, index, right = children
        return ast.Index(cover(receiver, right), receiver, index)

    def slice(self, children: Children) -> ast.Slice:
        receiver, _left, start, _colon, end, right = children
        return ast.Slice(cover(receiver, right), receiver, start, end)

    def try_op(self, children: Children) -> ast.TryOp:
        operand, question = children
        return ast.TryOp(cover(operand, question), operand)

    # --- expressions with bodies ---

    def if_expr(self, children: Children) -> ast.If:
        keyword, condition, then, _else, otherwise = children
        if otherwise is None:
            return ast.If(cover(keyword, then), condition, then.statements, None)
        else_body = otherwise.statements if isinstance(otherwise, Block) else (otherwise,)
        return ast.If(cover(keyword, otherwise), condition, then.statements, else_body)

    def match_expr(self, children: Children) -> ast.Match:
        keyword, value, _opener, *arms, closer = children
        return ast.Match(cover(keyword, closer), value, tuple(arms))

    def arm(self, children: Children) -> ast.MatchArm:
        pattern, _if, guard, _arrow, block = children
        return ast.MatchArm(cover(pattern, block), pattern, guard, block.statements)

    def retry_expr(self, children: Children) -> ast.Retry:
        keyword, count, block = children
        return ast.Retry(cover(keyword, block), count, block.statements)

    def deadline_expr(self, children: Children) -> ast.Deadline:
        keyword, duration, block = children
        return ast.Deadline(cover(keyword, block), duration, block.statements)

    def spawn_expr(self, children: Children) -> ast.Spawn:
        keyword, block = children
        return ast.Spawn(cover(keyword, block), block.statements)

    def parallel_expr(self, children: Children) -> ast.Parallel:
        keyword, mode, operand, _with, _left, options, _right, _opener, variable, _arrow, statements, closer = children
        return ast.Parallel(
            cover(keyword, closer),
            "count" if mode is None else mode.value,
            operand,
            None if variable is None else variable.value,
            () if options is None else options,
            statements,
        )

    def options(self, children: Children) -> tuple[tuple[str, ast.Expr], ...]:
        return tuple(child for child in children if type(child) is not Token)

    def option(self, children: Children) -> tuple[str, ast.Expr]:
        key, _colon, value = children
        if key.value != "max_concurrent":
            what = (
                f"known option (only `max_concurrent` is supported in `parallel ... with {{ ... }}`; got `{key.value}`)"
            )
            raise Misuse(what, token=key, got=key.value)
        return key.value, value

    def try_expr(self, children: Children) -> ast.TryExpr | ast.TryCatch:
        keyword, body, catch, _finally, finally_block = children
        if catch is None and finally_block is None:
            return ast.TryExpr(cover(keyword, body), body.statements)
        last = finally_block or catch[0]
        block, name, type_ = catch or (None, None, None)
        return ast.TryCatch(
            cover(keyword, last),
            body.statements,
            catch is not None,
            name,
            type_,
            block.statements if block else (),
            finally_block.statements if finally_block else None,
        )

    def catch_plain(self, children: Children) -> tuple[Block, str | None, None]:
        return children[-1], children[1].value if len(children) == 3 else None, None

    def catch_typed(self, children: Children) -> tuple[Block, str, ast.TypeExpr | None]:
        _catch, _left, name, _colon, type_, _right, block = children
        return block, name.value, type_

    def select_expr(self, children: Children) -> ast.Select:
        keyword, _opener, *cases, closer = children
        span = cover(keyword, closer)
        if not cases:
            raise Misuse("at least one select case", after=span)
        timeout = default = None
        receives = []
        for case in cases:
            if isinstance(case, ast.SelectCase):
                receives.append(case)
            elif isinstance(case, Block):
                default = case.statements
            else:
                timeout = case
        if timeout is not None and default is not None:
            raise Misuse("select cannot have both timeout and default", after=span)
        return ast.Select(span, tuple(receives), timeout, default)

    def receive_case(self, children: Children) -> ast.SelectCase:
        variable, _from, channel, block = children
        return ast.SelectCase(cover(variable, block), variable.value, channel, block.statements)

    def timeout_case(self, children: Children) -> tuple[ast.Expr, ast.Body]:
        _timeout, duration, block = children
        return duration, block.statements

    def default_case(self, children: Children) -> Block:
        block: Block = children[1]
        return block

"""Where parentheses are needed for a tree to be read back as it is; everywhere else they vanish (chapter 10 section 7)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.text import Text, join

if TYPE_CHECKING:
    from harnpy.syntax.formatter.source_map import SourceMap

_LEVELS = ("|>", "||", "&&", "== !=", "< > <= >= in not_in", "+ -", "??", "* / %", "**")
PRECEDENCE = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators.split()}

# Behind `?`, the beginning of these is not taken for that of a ternary's middle.
_NO_MIDDLE = (
    *(ast.DurationLit, ast.RawStr, ast.If, ast.Match, ast.Retry, ast.Deadline, ast.Parallel, ast.Spawn, ast.TryExpr),
    *(ast.TryCatch, ast.TryStar, ast.Select),
)
_PRIMARY = (
    *(ast.Name, ast.Str, ast.RawStr, ast.Interp, ast.Int, ast.Float, ast.DurationLit, ast.Bool, ast.Nil, ast.ListLit),
    *(ast.DictLit, ast.StructLit, ast.ClosureExpr, ast.If, ast.Match, ast.Retry, ast.Deadline, ast.Parallel, ast.Spawn),
    *(ast.TryExpr, ast.TryCatch, ast.Select),
)
_POSTFIX_OPERANDS = (ast.Binary, ast.Unary, ast.Ternary, ast.RangeExpr, ast.TryStar, ast.TryOp)


def parenthesised(text: Text) -> Text:
    """text in parentheses."""
    return join("(", text, ")")


def needs_in_binary(parent: ast.Binary, child: ast.Expr, text: Text) -> bool:
    """Whether an operand of a binary operator, printed as text, needs parentheses."""
    is_left = child is parent.left
    if isinstance(child, ast.Binary):
        level, parent_level = PRECEDENCE[child.op], PRECEDENCE[parent.op]
        if {child.op, parent.op} == {"&&", "||"} or level < parent_level:
            return True
        if level == parent_level and is_left == (parent.op == "**"):
            return True
    elif isinstance(child, ast.Ternary | ast.RangeExpr | ast.TryStar):
        return True
    if is_left and parent.op in ("-", "not_in") and text.ends_with("?"):
        return True  # `x? - 1` begins a ternary
    return is_left and parent.op == "in" and isinstance(child, ast.Name) and child.name == "not"


def needs_in_unary(operand: ast.Expr) -> bool:
    """Whether the operand of `!`, `-` or `try*` needs parentheses."""
    return isinstance(operand, ast.Binary | ast.Ternary | ast.RangeExpr)


def needs_before_postfix(operand: ast.Expr) -> bool:
    """Whether parentheses are needed before `.name`, `[...]`, `(...)` or `?`."""
    return isinstance(operand, _POSTFIX_OPERANDS)


def needs_as_callee(callee: ast.Expr) -> bool:
    """Whether a callee needs parentheses: without them, a call of a property is a method call."""
    return isinstance(callee, ast.Prop) or needs_before_postfix(callee)


def needs_in_ternary(child: ast.Expr, text: Text, is_middle: bool = False, is_last: bool = False) -> bool:
    """Whether the condition, the middle or the last part of a ternary, printed as text, needs parentheses."""
    if isinstance(child, ast.RangeExpr) or (isinstance(child, ast.Binary) and child.op == "|>"):
        return True
    if isinstance(child, ast.Ternary) and not is_last:
        return True
    return is_middle and not text.starts_with("(") and isinstance(leftmost(child), _NO_MIDDLE)


def needs_in_range(child: ast.Expr) -> bool:
    """Whether an end of a range needs parentheses."""
    return isinstance(child, ast.RangeExpr) or (isinstance(child, ast.Binary) and child.op == "|>")


def before_colon(node: ast.Expr, text: Text) -> Text:
    """An expression that is followed by `:`, in parentheses if its last word would be taken for a key."""
    last = rightmost(node)
    is_word = isinstance(last, ast.RangeExpr) and not last.inclusive and not text.ends_with(")")
    return parenthesised(text) if is_word else text


def before_brace(source: SourceMap, node: ast.Expr, text: Text) -> Text:
    """An expression that is followed by the `{` of a body, in parentheses if the brace would be taken for part of it."""
    if text.ends_with("?") or (not text.ends_with(")") and _is_struct_name(source, rightmost(node))):
        return parenthesised(text)
    return text


def primary_before_brace(source: SourceMap, node: ast.Expr, text: Text) -> Text:
    """The same where only a primary expression may stand without parentheses."""
    return before_brace(source, node, text) if isinstance(node, _PRIMARY) else parenthesised(text)


def before_else(node: ast.Expr, text: Text) -> Text:
    """An expression that is followed by `else`, in parentheses if it would take that for its own."""
    last = rightmost(node)
    takes_else = isinstance(last, ast.If) and last.else_body is None and not text.ends_with(")")
    return parenthesised(text) if takes_else else text


def leftmost(node: ast.Expr) -> ast.Expr:
    """The part of an expression whose text comes first, parentheses aside."""
    while True:
        match node:
            case ast.Binary():
                node = node.left
            case ast.MethodCall() | ast.Prop() | ast.Index() | ast.Slice():
                node = node.object
            case ast.Call():
                node = node.callee
            case ast.TryOp():
                node = node.operand
            case ast.Ternary():
                node = node.condition
            case ast.RangeExpr():
                node = node.start
            case _:
                return node


def rightmost(node: ast.Expr) -> ast.Expr:
    """The part of an expression whose text comes last, parentheses aside."""
    while True:
        match node:
            case ast.Binary():
                node = node.right
            case ast.Unary() | ast.TryStar():
                node = node.operand
            case ast.Ternary():
                node = node.otherwise
            case ast.RangeExpr() if node.inclusive:
                node = node.end
            case _:
                return node


def _is_struct_name(source: SourceMap, node: ast.Expr) -> bool:
    return isinstance(node, ast.Name) and source.structs.get(node.name, node.span.end) < node.span.start

"""The rules that look at one expression (chapter 10 section 3.2). They see nodes and text, but no scopes."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.text import MOST_REPEATED
from harnpy.analysis.rules import lint_rules as rules
from harnpy.records import field_names
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic

_ARITHMETIC = frozenset("+-*/%")
_COMPARISONS = {
    ("==", True): (rules.EQUALS_TRUE, False),
    ("==", False): (rules.EQUALS_FALSE, True),
    ("!=", True): (rules.DIFFERS_FROM_TRUE, True),
    ("!=", False): (rules.DIFFERS_FROM_FALSE, False),
}
# What `!` may stand before without parentheses.
_TIGHT = (
    *(ast.Name, ast.Call, ast.MethodCall, ast.Prop, ast.Index, ast.Slice, ast.TryOp, ast.Unary, ast.TryStar, ast.Bool),
)
# Literals that are no bools, so that they never equal one.
_NO_BOOLS = (
    *(ast.Str, ast.RawStr, ast.Interp, ast.Int, ast.Float, ast.Nil, ast.DurationLit, ast.ListLit, ast.DictLit),
    *(ast.StructLit, ast.ClosureExpr, ast.RangeExpr),
)
# What is nil as often as not where it is compared with false: `options.strict == false` and `!options.strict` differ.
_OFTEN_NIL = (ast.Prop, ast.Index)
# What `??` binds tighter than.
_LOOSER_THAN_COALESCING = frozenset(
    ("+", "-", "??", "==", "!=", "<", ">", "<=", ">=", "in", "not_in", "&&", "||", "|>")
)

_PURE_LEAVES = (
    *(ast.Str, ast.RawStr, ast.Int, ast.Float, ast.Bool, ast.Nil, ast.DurationLit, ast.Name, ast.Break, ast.Continue),
)
_PURE_INNER = (
    *(ast.ListLit, ast.DictLit, ast.Entry, ast.Unary, ast.Binary, ast.Ternary, ast.Prop, ast.Index, ast.Slice),
    *(ast.RangeExpr,),
)

_RAW_SOURCES = frozenset(
    (
        *("json_parse", "json_extract", "yaml_parse", "toml_parse", "llm_call", "llm_completion"),
        *("http_get", "http_post", "http_put", "http_patch", "http_delete", "http_request", "host_call", "mcp_call"),
    )
)
ASSERTIONS = frozenset(("assert", "assert_eq", "assert_ne"))


def check_comparison(node: ast.Binary, text: SourceText) -> Diagnostic | None:
    """`comparison-to-bool`, for `==` and `!=`."""
    if isinstance(node.right, ast.Bool):
        literal, other = node.right, node.left
    elif isinstance(node.left, ast.Bool):
        literal, other = node.left, node.right
    else:
        return None
    rule, negates = _COMPARISONS[node.op, literal.value]
    start, end = _extent(node, text)
    kept_start, kept_end = text.operand(other.span)
    is_uncertain = isinstance(other, _NO_BOOLS) or (not literal.value and isinstance(other, _OFTEN_NIL))
    if is_uncertain or kept_end - kept_start > MOST_REPEATED:
        return rule.at(node.span)
    if text.has_comment(start, kept_start) or text.has_comment(kept_end, end):
        return rule.at(node.span)
    kept = text.source[kept_start:kept_end]
    if negates:
        is_parenthesised = text.whole(other.span) != (kept_start, kept_end)
        kept = f"!{kept}" if is_parenthesised or isinstance(other, _TIGHT) else f"!({kept})"
    return rule.at(node.span, (Edit(start, end, kept),))


def _extent(node: ast.Binary, text: SourceText) -> tuple[int, int]:
    return text.operand(node.left.span)[0], text.operand(node.right.span)[1]


def check_arithmetic(node: ast.Binary, text: SourceText) -> Diagnostic | None:
    """`invalid-binary-op-literal`, for all operators."""
    if node.op not in _ARITHMETIC:
        return None
    left, right = node.left, node.right
    if not isinstance(left, (ast.Bool, ast.Nil)) and not isinstance(right, (ast.Bool, ast.Nil)):
        return None
    edits: tuple[Edit, ...] = ()
    if node.op == "+" and not text.has_comment(node.span.start, node.span.end):
        source = text.source
        if isinstance(right, (ast.Bool, ast.Nil)) and _is_plain_string(left, text):
            literal = source[right.span.start : right.span.end]
            edits = (Edit(*_extent(node, text), f'{source[left.span.start : left.span.end - 1]}${{{literal}}}"'),)
        elif isinstance(left, (ast.Bool, ast.Nil)) and _is_plain_string(right, text):
            literal = source[left.span.start : left.span.end]
            edits = (Edit(*_extent(node, text), f'"${{{literal}}}{source[right.span.start + 1 : right.span.end]}'),)
    return rules.INVALID_BINARY_OP_LITERAL.at(node.span, edits, operator=node.op)


def _is_plain_string(node: ast.Expr, text: SourceText) -> bool:
    return isinstance(node, ast.Str) and not text.source.startswith('"""', node.span.start)


def check_ternary(node: ast.Ternary, text: SourceText) -> Diagnostic | None:
    """`redundant-nil-ternary`."""
    condition = node.condition
    if not isinstance(condition, ast.Binary) or condition.op not in ("==", "!="):
        return None
    if isinstance(condition.right, ast.Nil):
        tested = condition.left
    elif isinstance(condition.left, ast.Nil):
        tested = condition.right
    else:
        return None
    kept, fallback = (node.otherwise, node.then) if condition.op == "==" else (node.then, node.otherwise)
    if not isinstance(tested, ast.Name) or not isinstance(kept, ast.Name) or kept.name != tested.name:
        return None
    start, end = text.operand(condition.span)[0], text.operand(node.otherwise.span)[1]
    edits: tuple[Edit, ...] = ()
    first, last = text.operand(fallback.span)
    is_short = last - first <= MOST_REPEATED
    if is_short and not text.has_comment(start, first) and not text.has_comment(last, end):
        written = text.source[first:last]
        if text.whole(fallback.span) == (first, last) and _is_loose(fallback):
            written = f"({written})"
        edits = (Edit(start, end, f"{tested.name} ?? {written}"),)
    return rules.REDUNDANT_NIL_TERNARY.at(node.span, edits, name=tested.name)


def _is_loose(node: ast.Expr) -> bool:
    if isinstance(node, ast.Binary):
        return node.op in _LOOSER_THAN_COALESCING
    return isinstance(node, (ast.Ternary, ast.RangeExpr))


def check_raw_access(node: ast.Prop | ast.Index) -> Diagnostic | None:
    """`untyped-dict-access`."""
    call = node.object
    if isinstance(call, ast.Call) and isinstance(call.callee, ast.Name) and call.callee.name in _RAW_SOURCES:
        access = "property" if isinstance(node, ast.Prop) else "subscript"
        return rules.UNTYPED_DICT_ACCESS.at(node.span, access=access, function=call.callee.name)
    return None


def check_prompt(node: ast.Call, name: str) -> Diagnostic | None:
    """`prompt-injection-risk`, for a call of name."""
    if name == "llm_call" and len(node.args) > 1 and isinstance(node.args[1], ast.Interp):
        return rules.PROMPT_INJECTION_RISK.at(node.span)
    return None


def check_arms(node: ast.Match) -> list[Diagnostic]:
    """`duplicate-match-arm`, for all arms of a match."""
    found = []
    seen: set[tuple[type, object]] = set()
    for arm in node.arms:
        pattern = arm.pattern
        if arm.guard is not None:
            continue
        if isinstance(pattern, ast.Name):
            key: tuple[type, object] = (ast.Name, pattern.name)
        elif isinstance(pattern, (ast.Str, ast.RawStr)):
            key = (ast.Str, pattern.value)
        elif isinstance(pattern, (ast.Int, ast.Float, ast.Bool)):
            key = (type(pattern), pattern.value)
        elif isinstance(pattern, ast.DurationLit):
            key = (ast.DurationLit, pattern.milliseconds)
        elif isinstance(pattern, ast.Nil):
            key = (ast.Nil, None)
        else:
            continue
        if key in seen:
            found.append(rules.DUPLICATE_MATCH_ARM.at(pattern.span))
        seen.add(key)
    return found


def is_pure(expression: ast.Expr) -> bool:
    """Whether evaluating an expression calls nothing, so that it need not be evaluated (chapter 10 section 3.2)."""
    pending: list[object] = [expression]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
        elif isinstance(value, ast.Binary) and value.op == "|>":
            return False  # a call by another name
        elif isinstance(value, _PURE_INNER):
            pending.extend(getattr(value, name) for name in field_names(type(value))[1:])
        elif isinstance(value, ast.Node) and not isinstance(value, _PURE_LEAVES):
            return False
    return True

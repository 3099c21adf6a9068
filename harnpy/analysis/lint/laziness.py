"""`eager-collection-conversion`: iterators where an annotation promises a list, set or dict."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from harnpy.analysis.lint.scopes import Scopes
    from harnpy.syntax.diagnostics import Diagnostic

# Methods that give an iterator of whatever they are called on; those of the second kind give lists of lists.
_LAZY_ALWAYS = frozenset(("iter", "take_while", "skip_while", "chain", "chunks", "windows"))
_LAZY_ON_ITERATORS = frozenset(("map", "filter", "flat_map", "take", "skip", "zip", "enumerate"))

# Methods and builtins that give a list or a dict, or nothing that has the methods above.
_EAGER_METHODS = frozenset(
    (
        *(
            "to_list",
            "to_dict",
            "sort",
            "sort_by",
            "reverse",
            "slice",
            "unique",
            "flatten",
            "compact",
            "chunk",
            "window",
        ),
        *("push", "pop", "partition", "group_by", "split", "lines", "chars", "keys", "values", "entries", "merge"),
    )
)
_EAGER_BUILTINS = frozenset(("split", "keys", "values", "entries", "list_dir", "json_parse", "merge"))


def expected_sink(annotation: ast.TypeExpr | None) -> str | None:
    """`list`, `set` or `dict` if that is what an annotation promises."""
    if isinstance(annotation, ast.ListType):
        return "list"
    if isinstance(annotation, ast.DictType):
        return "dict"
    if isinstance(annotation, (ast.NamedType, ast.AppliedType)) and annotation.name in ("list", "set", "dict"):
        return annotation.name
    return None


def known_kind(annotation: ast.TypeExpr | None, value: ast.Expr | None) -> str:
    """What is known of a variable with that annotation and value: "list", "set", "dict", "made" (by a call) or ""."""
    if annotation is not None:
        return expected_sink(annotation) or ""
    if isinstance(value, ast.ListLit):
        return "list"
    if isinstance(value, (ast.Call, ast.MethodCall)):
        return "made"
    return "dict" if isinstance(value, (ast.DictLit, ast.StructLit)) else ""


def check_conversion(value: ast.Expr | None, sink: str | None, scopes: Scopes) -> Diagnostic | None:
    """What is wrong with a value where sink is promised."""
    if value is None or sink is None or not _looks_lazy(value, scopes):
        return None
    edit = Edit(value.span.end, value.span.end, f".to_{sink}()")
    return rules.EAGER_COLLECTION_CONVERSION.at(value.span, (edit,), sink=sink)


def _looks_lazy(value: ast.Expr, scopes: Scopes) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.callee, ast.Name) and value.callee.name == "iter"
    if not isinstance(value, ast.MethodCall):
        return False
    if value.method in _LAZY_ALWAYS:
        return True
    return value.method in _LAZY_ON_ITERATORS and not _is_eager(value.object, scopes)


def _is_eager(receiver: ast.Expr, scopes: Scopes) -> bool:
    """Whether an expression is known to be a list, a set or a dict."""
    while isinstance(receiver, ast.MethodCall) and receiver.method in _LAZY_ON_ITERATORS:
        receiver = receiver.object
    if isinstance(receiver, ast.Name):
        return scopes.kind_of(receiver.name) in ("list", "set", "dict")
    if isinstance(receiver, ast.MethodCall):
        return receiver.method in _EAGER_METHODS
    if isinstance(receiver, ast.Call):
        return isinstance(receiver.callee, ast.Name) and receiver.callee.name in _EAGER_BUILTINS
    return isinstance(receiver, (ast.ListLit, ast.DictLit, ast.StructLit))

"""The types of properties, elements, slices and method calls (chapter 09, 5.2 and 5.3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.call_types import constructed, enum_named
from harnpy.analysis.checker.tested_paths import is_tested
from harnpy.analysis.types.forms import (
    ANY,
    BOOL,
    DICT,
    FLOAT,
    INT,
    LIST,
    NIL,
    SET,
    STRING,
    Applied,
    DictOf,
    IterOf,
    ListOf,
    LitInt,
    LitString,
    Loose,
    Named,
    Shape,
    Union,
)
from harnpy.analysis.types.narrowed import has_nil, without_nil
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

_ITER = Named("iter")

# What methods give, whatever they are called on.
_METHODS: dict[str, Type] = {
    **dict.fromkeys(("contains", "starts_with", "ends_with", "empty", "has", "any", "all"), BOOL),
    **dict.fromkeys(("count", "index_of", "to_int"), INT),
    "to_float": FLOAT,
    **dict.fromkeys(
        (
            "trim",
            "lowercase",
            "uppercase",
            "replace",
            "substring",
            "pad_left",
            "pad_right",
            "repeat",
            "join",
            "to_string",
        ),
        STRING,
    ),
    **dict.fromkeys(("split", "chars", "sort", "keys", "values", "entries"), LIST),
}
_WINDOWS = frozenset({"window", "each_cons", "sliding_window"})
_DICT_METHODS = frozenset({"merge", "map_values", "rekey", "map_keys"})
_ITER_SAME = frozenset({"iter", "filter", "take", "skip", "take_while", "skip_while", "chain"})
_ITER_ELEMENT = frozenset({"min", "max", "first", "last", "find"})
_ITERABLES = (LIST, DICT, SET, STRING)
_RANGE = Named("range")
_BUILTIN = frozenset(
    {"int", "float", "string", "bool", "nil", "list", "dict", "set", "iter", "range", "pair", "duration"}
)


def property_type(checker: Checker, node: ast.Prop) -> Type | None:
    if node.optional:
        return None
    enum = enum_named(checker, node.object)
    if enum is not None:
        return constructed(checker, enum, node.name, ())
    declared = checker.infer(node.object)
    type_ = None if declared is None else checker.head(declared)
    match type_:
        case Named(name=name) | Applied(name=name) if node.name == "variant" and name in checker.world.enums:
            return STRING
        case Applied(name="Pair", args=(first, second)) if node.name in ("first", "second"):
            return first if node.name == "first" else second
        case Shape():
            return _field(checker, node, type_, node.name, declared is type_)
        case _:
            return None


def index_type(checker: Checker, node: ast.Index) -> Type | None:
    declared = checker.infer(node.object)
    type_ = None if declared is None else checker.head(declared)
    match type_:
        case ListOf(element=element):
            return element
        case DictOf(value=value):
            return value
        case Shape() if isinstance(node.index, ast.Str):
            return _field(checker, node, type_, node.index.value, declared is type_)
        case Named(name="string"):
            return STRING
        case _:
            return None


def slice_type(checker: Checker, node: ast.Slice) -> Type | None:
    type_ = _inferred(checker, node.object)
    return type_ if isinstance(type_, ListOf) or type_ in (LIST, STRING) else None


def _inferred(checker: Checker, node: ast.Expr) -> Type | None:
    type_ = checker.infer(node)
    return None if type_ is None else checker.head(type_)


def _field(checker: Checker, node: ast.Expr, shape: Shape, name: str, written_out: bool) -> Type | None:
    """The type of a field, reached by node. written_out: the shape is no alias's.

    A field that may be nil is untyped where a condition has looked at it (8 refines bare variables only). The first
    runtime does not type fields of aliases at all; so that what is fine there is fine here, they need no condition.
    """
    for field in shape.fields:
        if field.name == name:
            type_ = checker.head(field.type)
            if not isinstance(type_, Union):
                return field.type
            if is_tested(checker, node):
                return None
            return field.type if written_out or not has_nil(type_) else Loose(field.type, without_nil(type_))
    return None


def method_type(checker: Checker, node: ast.MethodCall) -> Type | None:
    """The type of `o.m(args)`, and of `o?.m(args)`, to which nil is not added."""
    if not node.optional:
        enum = enum_named(checker, node.object)
        if enum is not None:
            return constructed(checker, enum, node.method, node.args)
    method = node.method
    receiver = _inferred(checker, node.object)
    if isinstance(receiver, Named | Applied) and method in checker.world.impls.get(receiver.name, ()):
        return None  # a method of the program, whatever else is called so
    found = _builtin_method(receiver, method)
    if found is None or _is_builtin(receiver):
        return found
    # Who knows whose method it is.
    for methods in checker.world.impls.values():
        if method in methods:
            found = Loose(found, methods[method].result or ANY)
    return found


def _builtin_method(receiver: Type | None, method: str) -> Type | None:
    """The type of a method that the language has."""
    if isinstance(receiver, IterOf):
        return _of_iter(receiver.element, method)
    if receiver == _ITER or (isinstance(receiver, Applied) and receiver.name == "Iter"):
        return _of_iter(ANY, method)
    if method in ("map", "flat_map", "filter"):
        return _mapped(receiver, method)
    if method == "iter":
        return _iterator(receiver)
    if method == "reverse":
        return _reversed(receiver)
    if method in _WINDOWS:
        return ListOf(receiver) if isinstance(receiver, ListOf) else LIST
    if method in _DICT_METHODS:
        return DictOf(STRING, receiver.value) if isinstance(receiver, DictOf) else DICT
    return _METHODS.get(method)


def _is_builtin(receiver: Type | None) -> bool:
    """Whether a type is known to have no methods but those that the language gives it."""
    if isinstance(receiver, Named):
        return receiver.name in _BUILTIN
    return isinstance(receiver, ListOf | DictOf | IterOf | Shape | LitString | LitInt)


def _mapped(receiver: Type | None, method: str) -> Type:
    """What `map`, `flat_map` and `filter` give: sets stay sets, ranges become iterators, and of what has no type, all
    that can be printed is the list that the chapter has.
    """
    filtered = method == "filter"
    if receiver == _RANGE:
        return _ITER
    if receiver == SET or (isinstance(receiver, Applied) and receiver.name == "set"):
        return LIST if method == "flat_map" else SET
    if filtered and (isinstance(receiver, Shape | DictOf) or receiver == DICT):
        return DICT
    if _is_builtin(receiver):
        return LIST
    return Loose(LIST, Loose(_ITER, Loose(SET, DICT) if filtered else SET))


def _iterator(receiver: Type | None) -> Type | None:
    match receiver:
        case ListOf(element=element):
            return IterOf(element)
        case DictOf(key=key, value=value):
            return IterOf(Applied("Pair", (key, value)))
        case _:
            return _ITER if receiver in _ITERABLES else None


def _reversed(receiver: Type | None) -> Type | None:
    """Lists and strings can be reversed, and which it is shows only in the receiver."""
    if receiver is None or isinstance(receiver, ListOf) or receiver == LIST:
        return receiver
    return STRING


def _of_iter(element: Type, method: str) -> Type | None:
    """What a method of an iterator over elements gives."""
    if method in _ITER_SAME:
        return IterOf(element)
    if method in _ITER_ELEMENT:
        return Union((element, NIL))
    match method:
        case "map" | "flat_map":
            return _ITER
        case "zip":
            return IterOf(Applied("Pair", (element, ANY)))
        case "enumerate":
            return IterOf(Applied("Pair", (INT, element)))
        case "chunks" | "windows":
            return IterOf(ListOf(element))
        case "to_list":
            return ListOf(element)
        case "to_set":
            return Applied("set", (element,))
        case "to_dict":
            return DICT
        case "count":
            return INT
        case "sum":
            return Loose(Union((INT, FLOAT)), INT)
        case "any" | "all":
            return BOOL
        case "for_each":
            return NIL
        case _:
            return None

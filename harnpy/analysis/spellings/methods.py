"""Methods and properties of other languages and releases, where no value that the file can have has such a one."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import spelling_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.spellings.facts import Facts
    from harnpy.syntax.diagnostics import Diagnostic

# Method -> the one that takes the same arguments.
RENAMED = {
    "append": "push",
    "push_back": "push",
    "size": "count",
    "length": "count",
    **dict.fromkeys(["toUpperCase", "to_uppercase", "upcase", "to_upper_case"], "uppercase"),
    **dict.fromkeys(["toLowerCase", "to_lowercase", "downcase", "to_lower_case"], "lowercase"),
    **dict.fromkeys(["startsWith", "startswith"], "starts_with"),
    **dict.fromkeys(["endsWith", "endswith"], "ends_with"),
    "includes": "contains",
    "indexOf": "index_of",
    **dict.fromkeys(["lastIndexOf", "rfind", "rindex"], "last_index_of"),
    "findIndex": "find_index",
    "flatMap": "flat_map",
    "filterMap": "flat_map",
    "some": "any",
    "strip": "trim",
    **dict.fromkeys(["lstrip", "trimStart", "trimLeft", "trim_left"], "trim_start"),
    **dict.fromkeys(["rstrip", "trimEnd", "trimRight", "trim_right"], "trim_end"),
    **dict.fromkeys(["padStart", "padLeft", "rjust"], "pad_left"),
    **dict.fromkeys(["padEnd", "padRight", "ljust"], "pad_right"),
    **dict.fromkeys(["replaceAll", "replace_all"], "replace"),
    **dict.fromkeys(["charAt"], "char_at"),
    **dict.fromkeys(["is_empty", "isEmpty"], "empty"),
    **dict.fromkeys(["contains_key", "containsKey", "has_key", "hasKey", "hasOwnProperty"], "has"),
    "items": "entries",
    "splitlines": "lines",
    "reversed": "reverse",
    "sorted": "sort",
    **dict.fromkeys(["sortBy", "sort_by_key", "sorted_by"], "sort_by"),
    **dict.fromkeys(["groupBy"], "group_by"),
    **dict.fromkeys(["uniq", "distinct", "dedup"], "unique"),
    "collect": "to_list",
    "toList": "to_list",
    **dict.fromkeys(["fold", "foldl", "inject"], "reduce"),
    "head": "first",
    "takeWhile": "take_while",
    "isSubset": "is_subset",
    "issubset": "is_subset",
    "issuperset": "is_superset",
    "mapValues": "map_values",
    "mapKeys": "map_keys",
    "minBy": "min_by",
    "maxBy": "max_by",
}
# These take other arguments, or functions of other parameters, than what they are renamed to.
_OTHER_ARGUMENTS = frozenset({"filterMap", "collect", "items", "hasOwnProperty", "sorted", "indexOf", "splitlines"})
# Method -> what to write instead.
OTHERWISE = {
    **dict.fromkeys(["forEach", "each_with_index", "for_each"], "for x in xs { ... }"),
    "each": "for x in xs { ... }",
    **dict.fromkeys(["extend", "concat", "addAll", "append_all", "push_all"], "xs + ys"),
    **dict.fromkeys(["unshift", "prepend", "push_front"], "[x] + xs"),
    **dict.fromkeys(["shift", "pop_front", "popleft"], "xs.skip(1)"),
    "tail": "xs.skip(1)",
    **dict.fromkeys(["at", "nth"], "xs[i]"),
    "splice": "xs[:i] + ys + xs[j:]",
    **dict.fromkeys(["insert", "put", "setdefault"], "d.merge({key: value})"),
    "update": "d.merge(other)",
    **dict.fromkeys(["toString", "to_str", "to_json_string"], "to_string(x)"),
    **dict.fromkeys(["clone", "copy", "deepcopy"], "x` itself: values are never shared"),
    "toFixed": "round(x)",
    **dict.fromkeys(["unwrap", "expect"], "unwrap(result)"),
    "unwrap_or": "unwrap_or(result, value)",
    **dict.fromkeys(["is_ok", "isOk"], "is_ok(result)"),
    **dict.fromkeys(["is_err", "isErr"], "is_err(result)"),
    "then": "await(task)",
    "substr": "s[a:b]",
    "capitalize": "uppercase_first(s)",
    "isdigit": "to_int(s) != nil",
    "search": "regex_match(pattern, s)",
}
# Methods that some kinds have, for those that have none of that name.
OF_KIND = {
    ("list", "len"): "len(xs)",
    ("list", "add"): "xs.push(x)",
    ("list", "has"): "xs.contains(x)",
    ("list", "remove"): "xs.filter({ x -> x != value })",
    ("list", "get"): "xs[i]",
    ("dict", "len"): "len(d)",
    ("dict", "contains"): "d.has(key)",
    ("dict", "delete"): "d.remove(key)",
    ("dict", "add"): "d.merge({key: value})",
    ("dict", "empty"): "len(d) == 0",
    ("dict", "map"): "d.map_values(f)",
    ("string", "has"): "s.contains(part)",
    ("string", "find"): "s.index_of(part)",
    ("string", "get"): "s[i]",
    ("string", "slice"): "s[a:b]",
    ("string", "to_int"): "to_int(s)",
    ("string", "to_float"): "to_float(s)",
}
_PROPERTIES = {
    "length": "count",
    "size": "count",
    "len": "count",
    "is_empty": "empty",
    "isEmpty": "empty",
    "head": "first",
}
_KINDS_WITH_PROPERTIES = {"list": ("count", "empty", "first", "last"), "string": ("count", "empty")}


def foreign_methods(facts: Facts) -> Iterator[Diagnostic]:
    """The findings about method calls and properties, in source order."""
    for node in facts.nodes:
        if isinstance(node, ast.MethodCall):
            yield from _method(facts, node)
        elif isinstance(node, ast.Prop):
            yield from _property(facts, node)


def _method(facts: Facts, node: ast.MethodCall) -> Iterator[Diagnostic]:
    name, kind = node.method, facts.kind_of(node.object)
    if kind:
        # A dict calls what it holds; a list or a string has what it has.
        if name in facts.known.methods.get(kind, ()) or (kind == "dict" and name in facts.keys):
            return
        instead = OF_KIND.get((kind, name))
        renamed = RENAMED.get(name) if instead is None else None
        if renamed not in facts.known.methods.get(kind, ()):
            renamed = None
        owner = f"a {kind} has"
    else:
        if not _is_foreign(facts, node):
            return
        instead, renamed, owner = None, RENAMED.get(name), "there is"
    instead = instead or OTHERWISE.get(name)
    if renamed is None and instead is None:
        return
    place = _name_place(facts.source, node.object.span.end, name)
    if place is None:
        return
    start, end = place
    edits = (Edit(start, end, renamed),) if renamed is not None and name not in _OTHER_ARGUMENTS else ()
    shown = f".{renamed}(...)" if renamed is not None else instead
    yield rules.FOREIGN_METHOD.at(facts.span(start, end), edits, owner=owner, name=name, instead=shown)


def _is_foreign(facts: Facts, node: ast.MethodCall) -> bool:
    """Whether no value that the file can have, of whatever kind, has a method of that name."""
    name = node.method
    if name in facts.all_methods or name in facts.methods or name in facts.keys:
        return False
    if facts.has_python or facts.has_modules:
        return False
    root: ast.Node = node.object
    while True:
        match root:
            case (
                ast.MethodCall(object=value)
                | ast.Prop(object=value)
                | ast.Index(object=value)
                | ast.Slice(object=value)
            ):
                root = value
            case ast.Call(callee=ast.Name() as callee):
                # What a function that nothing declares gives is up to whoever embeds the program.
                return not facts.is_unbound(callee.name)
            case ast.Name():
                return not facts.is_unbound(root.name) and root.name not in ("mcp", "task", "prompt")
            case _:
                return True


def _property(facts: Facts, node: ast.Prop) -> Iterator[Diagnostic]:
    kind, instead = facts.kind_of(node.object), _PROPERTIES.get(node.name)
    if instead is None or instead not in _KINDS_WITH_PROPERTIES.get(kind, ()):
        return
    place = _name_place(facts.source, node.object.span.end, node.name)
    if place is not None:
        edit = Edit(*place, instead)
        yield rules.FOREIGN_PROPERTY.at(facts.span(*place), (edit,), kind=kind, name=node.name, instead=f".{instead}")


def _name_place(source: str, start: int, name: str) -> tuple[int, int] | None:
    """Where the name of a member stands whose receiver ends at start."""
    found = re.compile(rf"[\s)]*\??\.\s*({re.escape(name)})").match(source, start)
    return found.span(1) if found is not None else None

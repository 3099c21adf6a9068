"""Names and functions of other languages which nothing in the file declares."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import spelling_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.spellings.facts import Facts
    from harnpy.syntax.diagnostics import Diagnostic

_NAMES = {
    **dict.fromkeys(["null", "None", "undefined", "NULL", "nullptr", "none"], "nil"),
    "True": "true",
    "False": "false",
    "this": "self",
}
_NOT_REPLACED = frozenset({"this"})

# Function -> the one that takes the same arguments.
_RENAMED = {
    "str": "to_string",
    "toString": "to_string",
    "to_str": "to_string",
    "String": "to_string",
    "int": "to_int",
    "parseInt": "to_int",
    "parse_int": "to_int",
    "float": "to_float",
    "parseFloat": "to_float",
    "parse_float": "to_float",
    "Number": "to_float",
    "list": "to_list",
    "length": "len",
    "size": "len",
    "typeof": "type_of",
    "printf": "println",
    "puts": "println",
    "echo": "println",
    "isNaN": "is_nan",
    "to_json": "json_stringify",
    "from_json": "json_parse",
    "parse_json": "json_parse",
    "readFile": "read_file",
    "writeFile": "write_file",
    "getenv": "env",
    "now": "timestamp",
    "fetch": "http_get",
}
# Function -> what to write instead.
_OTHERWISE = {
    "isinstance": "type_of(x) == ...",
    "input": "prompt_user(message)",
    "open": "read_file(path)` or `write_file(path, text)",
    "sum": "xs.sum()",
    "sorted": "xs.sort()",
    "reversed": "xs.reverse()",
    "enumerate": "xs.enumerate()",
    "zip": "xs.zip(ys)",
    "map": "xs.map(f)",
    "filter": "xs.filter(f)",
    "reduce": "xs.reduce(initial, f)",
    "any": "xs.any(f)",
    "all": "xs.all(f)",
    "panic": "throw message",
    "dict": "{key: value}",
    "tuple": "[a, b]",
    "Error": "throw message",
    "Exception": "throw message",
    "Some": "x` or `nil",
    "setTimeout": "spawn { sleep(1s) ... }",
}
# Object and member of another language -> what takes the same arguments, or, with an ellipsis or a blank, what to write.
_MEMBERS = {
    "console.log": "println",
    "console.info": "println",
    "console.warn": "log_warn(message, {})",
    "console.error": "log_error(message, {})",
    "JSON.parse": "json_parse",
    "JSON.stringify": "json_stringify",
    "json.loads": "json_parse",
    "json.dumps": "json_stringify",
    "Math.random": "random",
    **{f"Math.{name}": name for name in ["floor", "ceil", "round", "abs", "sqrt", "pow", "sin", "cos", "tan", "exp"]},
    "Math.max": "max",
    "Math.min": "min",
    "Math.trunc": "to_int",
    "Math.log": "ln",
    "Math.PI": "pi",
    "Math.E": "e",
    "math.pi": "pi",
    "math.floor": "floor",
    "math.ceil": "ceil",
    "math.sqrt": "sqrt",
    "Date.now": "timestamp",
    "time.time": "timestamp",
    "time.sleep": "sleep",
    "random.random": "random",
    "random.randint": "random_int",
    "os.getenv": "env",
    "os.getcwd": "cwd",
    "process.exit": "exit",
    "sys.exit": "exit",
    "sys.argv": "argv",
    "process.argv": "argv",
    "Object.keys": "d.keys()",
    "Object.values": "d.values()",
    "Object.entries": "d.entries()",
    "Array.isArray": 'type_of(x) == "list"',
    "Number.isInteger": 'type_of(x) == "int"',
}
_OBJECTS = frozenset(name.partition(".")[0] for name in _MEMBERS)
# A member of these takes other arguments than its replacement, or a unit of its own.
_OTHER_ARGUMENTS = frozenset({"Date.now", "time.sleep", "Math.max", "Math.min", "JSON.stringify", "json.dumps"})


def foreign_names(facts: Facts) -> Iterator[Diagnostic]:
    """The findings about names, functions and objects, in source order."""
    others = {id(node.callee) for node in facts.nodes if isinstance(node, ast.Call)}
    # Whoever assigns to a name has a variable in mind.
    others |= {id(node.target) for node in facts.nodes if isinstance(node, ast.Assign)}
    for node in facts.nodes:
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
            yield from _function(facts, node.callee)
        elif isinstance(node, ast.MethodCall | ast.Prop):
            yield from _member(facts, node)
        elif isinstance(node, ast.Name) and id(node) not in others:
            instead = _NAMES.get(node.name)
            if instead is not None and facts.is_unbound(node.name):
                edits = () if node.name in _NOT_REPLACED else (Edit(node.span.start, node.span.end, instead),)
                yield rules.FOREIGN_NAME.at(node.span, edits, name=node.name, instead=instead)


def _function(facts: Facts, callee: ast.Name) -> Iterator[Diagnostic]:
    name = callee.name
    instead = _OTHERWISE.get(name)
    edits: tuple[Edit, ...] = ()
    renamed = _RENAMED.get(name)
    if (instead or renamed) and facts.is_unbound(name):
        if renamed is not None:
            instead = f"{renamed}(...)"
            edits = (Edit(callee.span.start, callee.span.end, renamed),) if renamed in facts.known.builtins else ()
        yield rules.FOREIGN_FUNCTION.at(callee.span, edits, name=name, instead=instead)


def _member(facts: Facts, node: ast.MethodCall | ast.Prop) -> Iterator[Diagnostic]:
    receiver = node.object
    if not isinstance(receiver, ast.Name) or receiver.name not in _OBJECTS or not facts.is_unbound(receiver.name):
        return
    member = node.method if isinstance(node, ast.MethodCall) else node.name
    name = f"{receiver.name}.{member}"
    instead = _MEMBERS.get(name)
    if instead is None:
        return
    end = receiver.span.end + 1 + len(member)
    is_plain = (
        facts.source[receiver.span.start : end] == name and instead.isidentifier() and name not in _OTHER_ARGUMENTS
    )
    edits = (Edit(receiver.span.start, end, instead),) if is_plain else ()
    shown = f"{instead}(...)" if isinstance(node, ast.MethodCall) and instead.isidentifier() else instead
    yield rules.FOREIGN_FUNCTION.at(facts.span(receiver.span.start, end), edits, name=name, instead=shown)

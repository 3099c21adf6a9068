"""Short texts for statements and expressions, as nodes of a diagram carry them: what it is about, not all of it."""

from __future__ import annotations

from harnpy.syntax import ast
from harnpy.vm.display import display, display_duration

_LONGEST_LITERAL = 24

# How deep an expression is shown; labels are to be read at a glance.
_DEEPEST = 6

_CUT = "..."


def statement_text(node: ast.Stmt) -> str:
    """A statement or expression that a diagram shows as one node."""
    match node:
        case ast.Import(path=path):
            return f"import {_string(path)}"
        case ast.ImportAs(path=path, name=name):
            return f"import {_string(path)} as {name}"
        case ast.ImportNames(names=names, path=path):
            return f"import {{ {', '.join(names)} }} from {_string(path)}"
        case ast.Struct(name=name) | ast.Enum(name=name) | ast.Interface(name=name):
            return f"{type(node).__name__.lower()} {name}"
        case ast.TypeAlias_(name=name):
            return f"type {name}"
        case ast.Impl(type_name=name):
            return f"impl {name}"
        case ast.Let(pattern=pattern, value=value, mutable=mutable):
            return f"{'var' if mutable else 'let'} {pattern_text(pattern)} = {expression_text(value)}"
        case ast.Assign(target=target, value=value, op=op):
            return f"{expression_text(target)} {op or ''}= {expression_text(value)}"
        case ast.Return(value=value) | ast.Yield(value=value) | ast.Throw(value=value):
            word = type(node).__name__.lower()
            return word if value is None else f"{word} {expression_text(value)}"
        case ast.Break() | ast.Continue():
            return type(node).__name__.lower()
        case ast.Guard(condition=condition) | ast.Require(condition=condition):
            return f"{type(node).__name__.lower()} {expression_text(condition)}"
        case ast.Attributed(inner=inner):
            return statement_text(inner)
        case ast.Mutex() | ast.Defer():
            return type(node).__name__.lower()
        case ast.Pipeline(name=name) | ast.Override(name=name) | ast.Fn(name=name) | ast.Tool(name=name):
            return f"{type(node).__name__.lower()} {name}"
        case ast.For(pattern=pattern, iterable=iterable):
            return f"for {pattern_text(pattern)} in {expression_text(iterable)}"
        case ast.While(condition=condition):
            return f"while {expression_text(condition)}"
    return expression_text(node)


def pattern_text(pattern: ast.Pattern) -> str:
    """The pattern of `let`, `var` or `for`."""
    match pattern:
        case ast.NamePattern(name=name):
            return name
        case ast.PairPattern(first=first, second=second):
            return f"({first}, {second})"
        case ast.ListPattern(elements=elements):
            return f"[{', '.join(('...' if each.is_rest else '') + each.name for each in elements)}]"
    fields = [f"...{each.key}" if each.is_rest else each.key for each in pattern.fields]
    return f"{{{', '.join(fields)}}}"


def expression_text(node: ast.Stmt, depth: int = 0) -> str:
    """An expression in about the words of the program."""
    if depth > _DEEPEST:
        return _CUT

    def inner(child: ast.Stmt) -> str:
        return expression_text(child, depth + 1)

    match node:
        case ast.Name(name=name):
            return name
        case ast.Int(value=value) | ast.Float(value=value):
            return _cut(display(value))
        case ast.Bool(value=flag):
            return "true" if flag else "false"
        case ast.Nil():
            return "nil"
        case ast.DurationLit(milliseconds=milliseconds):
            return display_duration(milliseconds)
        case ast.Str(value=text) | ast.RawStr(value=text):
            return _string(text)
        case ast.Interp(pieces=pieces):
            return _string("".join(each if isinstance(each, str) else f"${{{inner(each)}}}" for each in pieces))
        case ast.Call(callee=callee):
            return f"{inner(callee)}(...)"
        case ast.MethodCall(object=receiver, method=method, optional=optional):
            return f"{inner(receiver)}{'?' if optional else ''}.{method}(...)"
        case ast.Prop(object=receiver, name=name, optional=optional):
            return f"{inner(receiver)}{'?' if optional else ''}.{name}"
        case ast.Index(object=receiver, index=index):
            return f"{inner(receiver)}[{inner(index)}]"
        case ast.Slice(object=receiver, start=start, end=end):
            return f"{inner(receiver)}[{inner(start) if start else ''}:{inner(end) if end else ''}]"
        case ast.Binary(op=op, left=left, right=right):
            return f"{inner(left)} {op.replace('_', ' ')} {inner(right)}"
        case ast.Unary(op=op, operand=operand):
            return f"{op}{inner(operand)}"
        case ast.Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"{inner(condition)} ? {inner(then)} : {inner(otherwise)}"
        case ast.RangeExpr(start=start, end=end, inclusive=inclusive):
            return f"{inner(start)} to {inner(end)}{'' if inclusive else ' exclusive'}"
        case ast.ListLit(elements=elements):
            return f"[{_counted(len(elements), 'item')}]"
        case ast.DictLit(entries=entries):
            return f"{{{_counted(len(entries), 'field')}}}"
        case ast.StructLit(name=name, entries=entries):
            return f"{name} {{{_counted(len(entries), 'field')}}}"
        case ast.Spread(expression=expression):
            return f"...{inner(expression)}"
        case ast.NamedArg(name=name, value=value):
            return f"{name}: {inner(value)}"
        case ast.ClosureExpr(params=params):
            return f"fn({', '.join(each.name for each in params)})"
        case ast.TryOp(operand=operand):
            return f"{inner(operand)}?"
        case ast.TryStar(operand=operand):
            return f"try* {inner(operand)}"
        case ast.TryExpr():
            return "try expr"
        case ast.If(condition=condition):
            return f"if {inner(condition)}"
        case ast.Match(value=matched):
            return f"match {inner(matched)}"
        case ast.Retry(count=count):
            return f"retry {inner(count)}"
        case ast.Deadline(duration=duration):
            return f"deadline {inner(duration)}"
        case ast.Parallel(mode=mode, operand=operand, variable=variable):
            return f"parallel {mode} {inner(operand)}" + (f" -> {variable}" if variable else "")
        case ast.Spawn() | ast.Select():
            return type(node).__name__.lower()
        case ast.TryCatch():
            return "try"
    return statement_text(node)


def _counted(count: int, noun: str) -> str:
    """`N items`, as the format has it for every count."""
    return f"{count} {noun}s"


def _string(text: str) -> str:
    return f'"{_cut(text)}"'


def _cut(text: str) -> str:
    return text[:_LONGEST_LITERAL] + _CUT if len(text) > _LONGEST_LITERAL else text

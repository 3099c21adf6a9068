"""Trees as short text for comparison: spans left out, names and literals bare, everything else `Kind(fields)`."""

from __future__ import annotations

from typing import Any

from harnpy.records import field_names
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.parser import parse_program


def outline(node: Any) -> str:
    match node:
        case ast.Name() | ast.NamedType() | ast.NamePattern():
            return str(node.name)
        case ast.Int() | ast.Float() | ast.Str() | ast.Bool():
            return repr(node.value)
        case ast.Nil():
            return "nil"
        case ast.Binary():
            return f"({outline(node.left)} {node.op} {outline(node.right)})"
        case ast.Unary():
            return f"({node.op}{outline(node.operand)})"
        case ast.Call():
            return f"{outline(node.callee)}({', '.join(map(outline, node.args))})"
        case ast.ListLit():
            return f"[{', '.join(map(outline, node.elements))}]"
        case ast.Entry():
            return f"...{outline(node.value)}" if node.key is None else f"{outline(node.key)}: {outline(node.value)}"
        case ast.DictLit():
            return "{" + ", ".join(map(outline, node.entries)) + "}"
        case ast.Node():
            values = [getattr(node, name) for name in field_names(type(node)) if name != "span"]
            return f"{type(node).__name__}({', '.join(map(outline, values))})"
        case tuple():
            return "<" + " ".join(map(outline, node)) + ">"
        case str():
            return node or "''"
    return repr(node)


def parse(text: str | bytes) -> tuple[Any, ...]:
    return parse_program(text, "test.harn").items


def outlines(text: str) -> list[str]:
    return [outline(item) for item in parse(text)]


def expression(text: str) -> str:
    """Outline of the only statement."""
    (item,) = outlines(text)
    return item


def diagnostics(text: str | bytes) -> list[Diagnostic]:
    try:
        parse_program(text, "test.harn")
    except HarnSyntaxError as error:
        return error.diagnostics
    raise AssertionError(f"no error in {text!r}")


def errors(text: str | bytes) -> list[str]:
    return [diagnostic.message for diagnostic in diagnostics(text)]


def error(text: str | bytes) -> str:
    (message,) = errors(text)
    return message

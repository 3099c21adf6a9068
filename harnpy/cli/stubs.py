"""`harn stubs FILE`: what the exported functions of a module are to Python's type checkers."""

from __future__ import annotations

import os
import sys
from keyword import iskeyword

from harnpy import TYPE_CHECKING
from harnpy.analysis.declarations import Declarations, declarations_of
from harnpy.analysis.python_types import python_type
from harnpy.cli.arguments import Arguments, Command, Flag, Positional
from harnpy.cli.failure import failure_text, unreadable_text
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND = Command(
    "stubs",
    "Write a Python stub (.pyi) for a module's exported functions",
    flags=(Flag("-o", "where to write it; on stdout without it", "FILE.pyi", takes="file"),),
    positionals=(Positional("FILE", "the module", required=True, takes="harn"),),
    details=(
        "The stub has a TypedDict for each struct and a protocol `Module` with the functions, for\n"
        '`cast("stub.Module", runtime.load("module.harn"))`; see docs/embedding.md.'
    ),
)

EXIT_FAILURE = 1
_INDENT = "    "


def execute(arguments: Arguments) -> int:
    """Write the stub; 1 for a file that cannot be read, written or parsed."""
    path, target = arguments.positionals[0], arguments.value("-o")
    try:
        with open(path, "rb") as file:
            source = file.read()
    except (OSError, ValueError) as error:
        print(unreadable_text(path, error), file=sys.stderr)
        return EXIT_FAILURE
    try:
        text = stub_text(declarations_of(source, path), os.path.basename(path))
    except HarnSyntaxError as error:
        print(failure_text(error), file=sys.stderr)
        return EXIT_FAILURE
    if target is None:
        print(text, end="")
        return 0
    try:
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        print(f"Error writing {target}: {reason(error)}", file=sys.stderr)
        return EXIT_FAILURE
    return 0


def stub_text(declarations: Declarations, name: str) -> str:
    """The text of the stub for the declarations of the file of that name."""
    known = {
        each: _type_name(each)
        for each in (*declarations.structs, *declarations.enums, *declarations.aliases)
        if _is_name(each)
    }
    blocks = [_struct(struct, declarations, known) for struct in declarations.structs.values() if struct.name in known]
    blocks += [f"{known[each]}: TypeAlias = EnumValue" for each in declarations.enums if each in known]
    blocks += [
        f"{known[each]}: TypeAlias = {_quoted(python_type(alias.type, known))}"
        for each, alias in declarations.aliases.items()
        if each in known
    ]
    functions = [function for function in declarations.functions.values() if _is_name(function.name)]
    body = [_function(each, declarations, known) for each in functions]
    blocks.append("class Module(Protocol):\n" + ("\n".join(body) if body else f"{_INDENT}pass"))
    text = "\n\n".join(blocks)
    return f"# Made by `harn stubs {name}`.\n{_imports(text)}\n\n{text}\n"


# What a stub may need, by the module that has it.
_AVAILABLE = {
    "collections.abc": ("Callable", "Coroutine", "Iterator"),
    "datetime": ("timedelta",),
    "typing": ("Any", "Literal", "Never", "NotRequired", "Protocol", "TypeAlias", "TypedDict"),
    "harnpy": ("EnumValue", "Result"),
}


def _imports(text: str) -> str:
    words = set("".join(each if each.isidentifier() or each.isdigit() else " " for each in text).split())
    lines = []
    for module, names in _AVAILABLE.items():
        used = [name for name in names if name in words]
        if used:
            lines.append(f"from {module} import {', '.join(used)}")
    return "\n".join(lines)


def _is_name(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _type_name(name: str) -> str:
    """The name of a type in the stub: one that the stub imports is not hidden."""
    taken = {"Module", *(each for names in _AVAILABLE.values() for each in names)}
    return f"{name}_" if name in taken else name


def _struct(struct: ast.Struct, declarations: Declarations, known: dict[str, str]) -> str:
    fields = [(each.name, python_type(each.type, known), each.optional) for each in struct.fields]
    doc = declarations.docs.get(struct.name)
    if not all(_is_name(name) for name, _, _ in fields):
        inside = ", ".join(f"{name!r}: {_optional(type_, optional)}" for name, type_, optional in fields)
        return f"{known[struct.name]} = TypedDict({known[struct.name]!r}, {{{inside}}})"
    lines = _doc(doc, _INDENT) + [f"{_INDENT}{name}: {_optional(type_, optional)}" for name, type_, optional in fields]
    return f"class {known[struct.name]}(TypedDict):\n" + ("\n".join(lines) or f"{_INDENT}pass")


def _optional(type_text: str, optional: bool) -> str:
    return f"NotRequired[{type_text}]" if optional else type_text


def _quoted(type_text: str) -> str:
    return f'"{type_text}"'


def _function(function: ast.Fn, declarations: Declarations, known: dict[str, str]) -> str:
    """A member that can be called, and awaited as `async_`."""
    result = python_type(function.result, known)
    parameters = ", ".join(["self", *_parameters(function.params, known)])
    inside = f"{_INDENT}{_INDENT}"
    doc = _doc(declarations.docs.get(function.name), f"{inside}{_INDENT}")
    ending = ":\n" + "\n".join(doc) + f"\n{inside}{_INDENT}..." if doc else ": ..."
    return (
        f"{_INDENT}class _{function.name}(Protocol):\n"
        f"{inside}def __call__({parameters}) -> {result}{ending}\n"
        f"{inside}def async_({parameters}) -> Coroutine[Any, Any, {result}]: ...\n"
        f"{_INDENT}@property\n"
        f"{_INDENT}def {function.name}(self) -> _{function.name}: ..."
    )


def _parameters(params: Iterable[ast.Param], known: dict[str, str]) -> list[str]:
    parts = []
    for each in params:
        type_text = python_type(each.type, known)
        name = each.name if _is_name(each.name) else f"{each.name}_"
        parts.append(
            f"*{name}: {type_text}"
            if each.rest
            else f"{name}: {type_text}{' = ...' if each.default is not None else ''}"
        )
    return parts


def _doc(text: str | None, indent: str) -> list[str]:
    if not text:
        return []
    quoted = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = quoted.split("\n")
    if len(lines) == 1 and not quoted.endswith('"'):
        return [f'{indent}"""{quoted}"""']
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']

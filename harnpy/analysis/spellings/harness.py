"""`harness`: newer releases hand a program what it may touch as an object; here the same things are builtins."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import spelling_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit
from harnpy.syntax.walk import walk, without_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.spellings.facts import Facts
    from harnpy.syntax.diagnostics import Diagnostic

_TYPE = "Harness"
_NAME = "harness"
_HEADER = re.compile(r"fn\s+main\s*\([^(){}]*\)\s*(?:->\s*[\w<>, |]+?)?\s*(?=\{)")

# Namespace -> methods -> the builtin that takes the same arguments.
CALLS: dict[str, dict[str, str]] = {
    "fs": {
        **dict.fromkeys(["read", "read_text", "read_file"], "read_file"),
        **dict.fromkeys(["write", "write_text", "write_file"], "write_file"),
        **dict.fromkeys(["append", "append_text", "append_file"], "append_file"),
        **dict.fromkeys(["exists", "file_exists"], "file_exists"),
        **dict.fromkeys(["list", "list_dir", "read_dir"], "list_dir"),
        **dict.fromkeys(["mkdir", "create_dir", "make_dir"], "mkdir"),
        **dict.fromkeys(["delete", "remove", "delete_file", "unlink"], "delete_file"),
        **dict.fromkeys(["copy", "copy_file"], "copy_file"),
        **dict.fromkeys(["stat", "metadata"], "stat"),
        **dict.fromkeys(["cwd", "current_dir"], "cwd"),
        "read_result": "read_file_result",
        "temp_dir": "temp_dir",
        "scan": "scan_directory",
        "render": "render",
    },
    "net": {
        **{name: f"http_{name}" for name in ["get", "post", "put", "patch", "delete", "request"]},
        **{f"http_{name}": f"http_{name}" for name in ["get", "post", "put", "patch", "delete", "request"]},
        "fetch": "http_get",
    },
    "process": {
        **dict.fromkeys(["exec", "run", "spawn", "command"], "exec"),
        "shell": "shell",
        "exec_at": "exec_at",
        "shell_at": "shell_at",
        "exec_with": "exec_with",
        "exit": "exit",
        "pid": "pid",
    },
    "env": {
        **dict.fromkeys(["get", "var", "env"], "env"),
        **dict.fromkeys(["get_or", "env_or", "var_or"], "env_or"),
        "cwd": "cwd",
        "home_dir": "home_dir",
        "username": "username",
        "hostname": "hostname",
        "platform": "platform",
        "arch": "arch",
    },
    "clock": {
        **dict.fromkeys(["now", "timestamp"], "timestamp"),
        **dict.fromkeys(["date", "date_now", "today"], "date_now"),
        **dict.fromkeys(["iso", "now_iso", "date_iso"], "date_iso"),
        **dict.fromkeys(["elapsed", "monotonic"], "elapsed"),
        "sleep": "sleep",
    },
    "random": {
        **dict.fromkeys(["float", "next", "random", "value"], "random"),
        **dict.fromkeys(["int", "range", "between", "random_int"], "random_int"),
        "uuid": "uuid",
    },
    "llm": {
        **dict.fromkeys(["call", "complete", "prompt", "llm_call"], "llm_call"),
        **dict.fromkeys(["call_safe", "llm_call_safe"], "llm_call_safe"),
        **dict.fromkeys(["stream", "llm_stream"], "llm_stream"),
        **dict.fromkeys(["completion", "llm_completion"], "llm_completion"),
        "cost": "llm_cost",
        "mock": "llm_mock",
        "usage": "llm_usage",
    },
    "agent": {**dict.fromkeys(["loop", "run", "agent_loop"], "agent_loop"), "spawn": "spawn_agent"},
    "store": {name: f"store_{name}" for name in ["get", "set", "delete", "list", "save", "clear"]},
    "checkpoint": {
        **dict.fromkeys(["set", "save", "checkpoint"], "checkpoint"),
        **{name: f"checkpoint_{name}" for name in ["get", "exists", "delete", "list", "clear"]},
    },
    "console": {
        **{name: name for name in ["print", "println", "log"]},
        **dict.fromkeys(["write"], "print"),
        **dict.fromkeys(["writeln", "write_line"], "println"),
        **dict.fromkeys(["prompt", "read_line", "input", "ask"], "prompt_user"),
    },
    "host": {"call": "host_call", "has": "host_has", "capabilities": "host_capabilities"},
    "log": {name: f"log_{name}" for name in ["debug", "info", "warn", "error"]},
}
CALLS |= {
    "http": CALLS["net"],
    "time": CALLS["clock"],
    "files": CALLS["fs"],
    "file": CALLS["fs"],
    "proc": CALLS["process"],
    "rand": CALLS["random"],
    "rng": CALLS["random"],
    "stdio": CALLS["console"],
    "io": CALLS["console"],
    "term": CALLS["console"],
    "out": CALLS["console"],
    "stdout": CALLS["console"],
    "agents": CALLS["agent"],
    "kv": CALLS["store"],
}
# Without a namespace.
_DIRECT = {**CALLS["console"], "sleep": "sleep", "exit": "exit", "env": "env", "exec": "exec", "shell": "shell"}
_VALUES = {"args": "argv", "argv": "argv", "process.args": "argv", "process.argv": "argv", "env.args": "argv"}
_ELSEWHERE = "what touches the world is builtins here: `harn docs` lists them"


def harness_spellings(facts: Facts) -> Iterator[Diagnostic]:
    """The findings about a harness: its calls and values in source order, and then the function that expects one."""
    if _TYPE in facts.types:
        return
    names = {
        name for name, types in facts.params.items() if all(map(_is_harness, types)) and not facts.is_variable(name)
    }
    if facts.is_unbound(_NAME):
        names.add(_NAME)
    known, uses = 0, 0
    inside: set[int] = set()
    for node in facts.nodes:
        if isinstance(node, ast.MethodCall | ast.Prop) and id(node) not in inside:
            path, root = _path(node)
            if root is not None and root.name in names and path:
                inside.update(_below(node))
                found, is_mended = _use(facts, node, root, path)
                known += is_mended
                yield found
        if isinstance(node, ast.Name) and node.name in names:
            uses += 1
    main = _main(facts.program)
    if main is not None:
        yield _main_finding(facts, main, known == uses)


def _is_harness(type_: ast.TypeExpr | None) -> bool:
    return isinstance(type_, ast.NamedType) and type_.name == _TYPE


def _path(node: ast.Node) -> tuple[list[str], ast.Name | None]:
    """The members from a name on that a call or a property goes through, and the name."""
    names: list[str] = []
    while isinstance(node, ast.MethodCall | ast.Prop):
        if isinstance(node, ast.MethodCall):
            if names:
                return [], None
            names.append(node.method)
        else:
            names.append(node.name)
        node = node.object
    return names[::-1], node if isinstance(node, ast.Name) else None


def _below(node: ast.MethodCall | ast.Prop) -> list[int]:
    found = []
    inner: ast.Node = node.object
    while isinstance(inner, ast.Prop):
        found.append(id(inner))
        inner = inner.object
    return found


def _use(facts: Facts, node: ast.MethodCall | ast.Prop, root: ast.Name, path: list[str]) -> tuple[Diagnostic, bool]:
    """The finding about a call of or a value in a harness, and whether it has a mending edit."""
    instead = _instead(path, isinstance(node, ast.MethodCall))
    name = ".".join([root.name, *path])
    start, end = root.span.start, root.span.start + len(name)
    is_plain = facts.source[start:end] == name
    span = facts.span(start, end) if is_plain else root.span
    if instead is None or not facts.known.builtins.issuperset({instead} - {"argv"}):
        return rules.HARNESS_CALL.at(span, name=name, instead=_ELSEWHERE), False
    edits = (Edit(start, end, instead),) if is_plain and instead not in facts.bound else ()
    shown = f"write `{instead}(...)`" if isinstance(node, ast.MethodCall) else f"write `{instead}`"
    return rules.HARNESS_CALL.at(span, edits, name=name, instead=shown), bool(edits)


def _instead(path: list[str], is_call: bool) -> str | None:
    if not is_call:
        return _VALUES.get(".".join(path))
    if len(path) == 1:
        return _DIRECT.get(path[0])
    return CALLS.get(path[0], {}).get(path[1]) if len(path) == 2 else None


def uncalled_main(program: ast.Program) -> Diagnostic | None:
    """What there is to say of a program whose statements all stand in a `main` that expects a harness."""
    main = _main(program)
    return None if main is None else rules.HARNESS_MAIN.at(main.span, name=main.name)


def _main(program: ast.Program) -> ast.Fn | None:
    """The function at top level that expects a harness and that nothing calls, in a file without pipelines."""
    found = None
    for inner in map(without_attributes, program.items):
        if isinstance(inner, ast.Pipeline):
            return None
        if isinstance(inner, ast.Fn) and inner.name == "main" and inner.params and _is_harness(inner.params[0].type):
            found = inner
    if found is None or any(isinstance(node, ast.Name) and node.name == "main" for node in walk(program)):
        return None
    return found


def _main_finding(facts: Facts, main: ast.Fn, is_mended: bool) -> Diagnostic:
    start = main.span.start
    header = _HEADER.match(facts.source, start)
    span = facts.span(start, header.end() if header is not None else main.span.start + 2)
    is_simple = is_mended and header is not None and len(main.params) == 1
    edits = (Edit(start, header.end(), "pipeline main() "),) if is_simple and header is not None else ()
    return rules.HARNESS_MAIN.at(span, edits, name=main.name)

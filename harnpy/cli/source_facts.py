"""What the static tools have to know of a program about the world around it: its imports, its functions, the calls that
name files, directories and host operations. Plain data, which can be kept; nothing in here looks at the world.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostic_values import diagnostic_of, values_of
from harnpy.syntax.diagnostics import Diagnostic

if TYPE_CHECKING:
    from typing import Any

    from harnpy.syntax.ast import Call, Expr, Program

# The calls that are of interest.
CALLS = frozenset(
    ["render", "render_prompt", "exec_at", "shell_at", "spawn_agent", "host_invoke", "host_call", "host_mock"]
)


class ImportFact(Record):
    """One import. names is None for all that the module has to give; module_name is what the module itself is called, or ""."""

    span: Span
    path: str
    names: tuple[str, ...] | None
    module_name: str


class CallFact(Record):
    """One call. Its fields are string literals of the program, None for everything else.

    first and second are the arguments, path the entry of a dict as second argument, cwd and repo the entries
    `execution.cwd` and `execution.worktree.repo` of a dict as first argument.
    """

    span: Span
    name: str
    first: str | None
    second: str | None
    path: str | None
    cwd: str | None
    repo: str | None


class SourceFacts(Record):
    """What is known of one file.

    functions are the top-level ones with whether they are pub, declared the names of all functions and tools, wherever they
    stand. loading_calls are the functions that it calls to compute its top-level variables, which happens while it is loaded.
    errors are those of its syntax: then there is nothing else.
    """

    imports: tuple[ImportFact, ...] = ()
    functions: tuple[tuple[str, bool], ...] = ()
    declared: tuple[str, ...] = ()
    calls: tuple[CallFact, ...] = ()
    loading_calls: tuple[tuple[str, Span], ...] = ()
    errors: tuple[Diagnostic, ...] = ()

    @property
    def exported(self) -> list[str]:
        """The functions that a wildcard import brings: the pub ones, or all if there are none."""
        public = [name for name, is_pub in self.functions if is_pub]
        return public or [name for name, _ in self.functions]

    @property
    def selected(self) -> set[str]:
        """The names that selective imports bring here."""
        return {name for each in self.imports for name in each.names or ()}


def facts_of(program: Program) -> SourceFacts:
    """The facts of a program."""
    from harnpy.syntax import ast
    from harnpy.syntax.walk import walk, walk_function, without_attributes

    imports = []
    for item in program.items:
        if isinstance(item, ast.ImportNames):
            imports.append(ImportFact(item.span, item.path, item.names, ""))
        elif isinstance(item, ast.ImportAs):
            imports.append(ImportFact(item.span, item.path, None, item.name))
        elif isinstance(item, ast.Import):
            imports.append(ImportFact(item.span, item.path, None, ""))
    items = [without_attributes(item) for item in program.items]
    functions = tuple([(item.name, item.is_pub) for item in items if isinstance(item, ast.Fn)])
    declared = tuple([node.name for node in walk(program) if isinstance(node, ast.Fn | ast.Tool)])
    calls = [
        _call_fact(node, node.callee.name)
        for node in walk(program)
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name) and node.callee.name in CALLS
    ]
    loading_calls = [
        (node.callee.name, node.span)
        for item in items
        if isinstance(item, ast.Let)
        for node in walk_function((item.value,))
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name)
    ]
    return SourceFacts(tuple(imports), functions, declared, tuple(calls), tuple(loading_calls))


def _call_fact(call: Call, name: str) -> CallFact:
    first = call.args[0] if call.args else None
    second = call.args[1] if len(call.args) > 1 else None
    execution = _entry(first, "execution")
    return CallFact(
        call.span,
        name,
        _literal(first),
        _literal(second),
        _literal(_entry(second, "path")),
        _literal(_entry(execution, "cwd")),
        _literal(_entry(_entry(execution, "worktree"), "repo")),
    )


def _literal(expression: Expr | None) -> str | None:
    """The text of a string literal, else None."""
    from harnpy.syntax.ast import RawStr, Str

    return expression.value if isinstance(expression, Str | RawStr) else None


def _entry(expression: Expr | None, key: str) -> Expr | None:
    """The value of a dict literal under a literal key."""
    from harnpy.syntax.ast import DictLit

    if isinstance(expression, DictLit):
        for entry in expression.entries:
            if _literal(entry.key) == key:
                return entry.value
    return None


def values_of_facts(facts: SourceFacts) -> list[Any]:
    """Facts as values that JSON can hold."""
    return [
        [[tuple(each.span), each.path, each.names, each.module_name] for each in facts.imports],
        facts.functions,
        facts.declared,
        [
            [tuple(each.span), each.name, each.first, each.second, each.path, each.cwd, each.repo]
            for each in facts.calls
        ],
        [[name, tuple(span)] for name, span in facts.loading_calls],
        [values_of(each) for each in facts.errors],
    ]


def facts_of_values(values: Any) -> SourceFacts:
    """The facts that such values stand for. Raises TypeError or ValueError for other values."""
    imports, functions, declared, calls, loading_calls, errors = values
    return SourceFacts(
        tuple(
            [
                ImportFact(Span(*span), path, None if names is None else tuple(names), module_name)
                for span, path, names, module_name in imports
            ]
        ),
        tuple([(name, is_pub) for name, is_pub in functions]),
        tuple(declared),
        tuple([CallFact(Span(*span), *rest) for span, *rest in calls]),
        tuple([(name, Span(*span)) for name, span in loading_calls]),
        tuple([diagnostic_of(each) for each in errors]),
    )

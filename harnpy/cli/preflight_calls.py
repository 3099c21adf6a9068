"""Preflight of single calls: templates, directories and host operations that a call names by a literal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from harnpy.cli.preflight_hosts import is_known, is_silenced
from harnpy.cli.preflight_model import CallContext, Finding, finding
from harnpy.syntax.ast import Call, DictLit, Expr, Name, RawStr, Str
from harnpy.vm.os_errors import reason

_TEMPLATE_HELP = (
    "verify the template path, which is relative to the pipeline's source file; "
    "for a bundled layout set `[check].bundle_root` or pass `--bundle-root`"
)
_DIRECTORY_HELP = (
    "name a directory, relative to the source file, that exists before the program runs, or create it first"
)
_WORKER_CWD_HELP = "a literal worker cwd has to exist and is relative to the source file; otherwise use a worktree"
_REPO_HELP = "`worktree.repo` has to name an existing git checkout from which the isolated execution is set up"
_UNKNOWN_HELP = (
    "declare it in `[check].host_capabilities`, `[check].host_capabilities_path` or `--host-capabilities`, "
    "or silence this message with `[check].preflight_allow`"
)
_LITERAL_HELP = (
    'write a literal such as host_call("project.scan", {}), which can be checked against the host\'s capabilities'
)


def called(call: Call) -> str:
    """The name that is called, or "" when the callee is no plain name."""
    return call.callee.name if isinstance(call.callee, Name) else ""


def literal(expression: Expr | None) -> str | None:
    """The text of a string literal, else None."""
    return expression.value if isinstance(expression, Str | RawStr) else None


def check_call(call: Call, context: CallContext) -> Iterator[Finding]:
    """The findings of one call."""
    check = _CHECKS.get(called(call))
    if check is not None:
        yield from check(call, context)


def _check_render(call: Call, context: CallContext) -> Iterator[Finding]:
    target = literal(argument(call, 0))
    if target is not None:
        yield from _check_template(call, target, "render target", context)


def _check_template(call: Call, target: str, kind: str, context: CallContext) -> Iterator[Finding]:
    candidates = template_candidates(target, context.file.path, context.bundle_root)
    found = next((path for path in candidates if os.path.isfile(path)), None)
    if found is None:
        message = f"{kind} '{target}' does not exist at {' or '.join(candidates)}"
        yield finding(context.file, context.severity, message, call.span, _TEMPLATE_HELP)
        return
    problem = _template_problem(found)
    if problem is not None:
        message = f"template '{target}' has a syntax error: {problem}"
        help = "see docs/src/prompt-templating.md for supported directives"
        yield finding(context.file, context.severity, message, call.span, help)


def _check_exec_at(call: Call, context: CallContext) -> Iterator[Finding]:
    directory = literal(argument(call, 0))
    if directory is not None:
        yield from _missing_directory(call, "execution directory", directory, _DIRECTORY_HELP, context)


def _check_spawn_agent(call: Call, context: CallContext) -> Iterator[Finding]:
    execution = dict_entry(argument(call, 0), "execution")
    directory = literal(dict_entry(execution, "cwd"))
    if directory is not None:
        yield from _missing_directory(call, "worker execution cwd", directory, _WORKER_CWD_HELP, context)
    repo = literal(dict_entry(dict_entry(execution, "worktree"), "repo"))
    if repo is not None:
        yield from _missing_directory(call, "worker worktree repo", repo, _REPO_HELP, context)


def _missing_directory(call: Call, kind: str, directory: str, help: str, context: CallContext) -> Iterator[Finding]:
    resolved = beside(directory, context.file.path)
    if not os.path.isdir(resolved):
        message = f"{kind} '{directory}' does not exist at {resolved}"
        yield finding(context.file, context.severity, message, call.span, help)


def _check_host_invoke(call: Call, context: CallContext) -> Iterator[Finding]:
    yield finding(
        context.file,
        context.severity,
        'host_invoke(...) was removed; use host_call("capability.operation", args)',
        call.span,
        'replace host_invoke("project", "scan", {}) with host_call("project.scan", {})',
    )


def _check_host_call(call: Call, context: CallContext) -> Iterator[Finding]:
    name = literal(argument(call, 0))
    if name is None or "." not in name:
        message = 'host_call(...) requires a literal "capability.operation" name for static validation'
        yield finding(context.file, context.severity, message, call.span, _LITERAL_HELP)
        return
    capability, _, operation = name.partition(".")
    known = is_known(capability, operation, context.capabilities)
    if not known and not is_silenced(capability, operation, context.allow):
        message = f"unknown host capability/operation '{name}'"
        yield finding(context.file, context.severity, message, call.span, _UNKNOWN_HELP)
    if name == "template.render":
        target = literal(dict_entry(argument(call, 1), "path"))
        if target is not None:
            yield from _check_template(call, target, "host template render target", context)


_CHECKS: dict[str, Callable[[Call, CallContext], Iterator[Finding]]] = {
    "render": _check_render,
    "render_prompt": _check_render,
    "exec_at": _check_exec_at,
    "shell_at": _check_exec_at,
    "spawn_agent": _check_spawn_agent,
    "host_invoke": _check_host_invoke,
    "host_call": _check_host_call,
}


def _template_problem(path: str) -> str | None:
    from harnpy.builtins.template.errors import TemplateError
    from harnpy.builtins.template.parser import parse_template

    try:
        with open(path, encoding="utf-8") as file:
            parse_template(file.read())
    except TemplateError as error:
        return str(error)
    except (OSError, ValueError) as error:
        return reason(error)
    return None


def template_candidates(target: str, source: str, bundle_root: str | None) -> list[str]:
    """Where a template that the file source names may be, best place first."""
    candidates = [beside(target, source)]
    if bundle_root is not None and not os.path.isabs(target):
        candidates.append(os.path.join(bundle_root, target))
    return candidates


def argument(call: Call, index: int) -> Expr | None:
    """An argument of a call by its number, None if it is not given."""
    return call.args[index] if index < len(call.args) else None


def dict_entry(expression: Expr | None, key: str) -> Expr | None:
    """The value of a dict literal under a literal key."""
    if isinstance(expression, DictLit):
        for entry in expression.entries:
            if literal(entry.key) == key:
                return entry.value
    return None


def beside(path: str, source: str) -> str:
    """path as seen from the directory of the file source."""
    return os.path.join(os.path.dirname(source), path)

"""Preflight of single calls: templates, directories and host operations that a call names by a literal."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import preflight_rules as rules
from harnpy.cli.preflight_hosts import is_known, is_silenced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harnpy.cli.preflight import FilePreflight
    from harnpy.cli.source_facts import CallFact
    from harnpy.syntax.diagnostics import Diagnostic

    Check = Callable[[CallFact, FilePreflight], Iterator[Diagnostic]]


def check_call(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    """The findings of one call."""
    check = _CHECKS.get(call.name)
    if check is not None:
        yield from check(call, context)


def _check_render(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    if call.first is not None:
        yield from _check_template(call, call.first, "render target", context)


def _check_template(call: CallFact, target: str, kind: str, context: FilePreflight) -> Iterator[Diagnostic]:
    candidates = template_candidates(target, context.path, context.bundle_root)
    found = next((path for path in candidates if os.path.isfile(path)), None)
    if found is None:
        places = " or ".join(candidates)
        yield context.finding(rules.MISSING_TEMPLATE, call.span, kind=kind, target=target, places=places)
        return
    problem = _template_problem(found)
    if problem is not None:
        yield context.finding(rules.TEMPLATE_SYNTAX, call.span, target=target, problem=problem)


def _check_exec_at(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    if call.first is not None and not context.has_directory(call.first):
        place = beside(call.first, context.path)
        yield context.finding(rules.MISSING_EXECUTION_DIRECTORY, call.span, directory=call.first, place=place)


def _check_spawn_agent(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    for rule, directory in ((rules.MISSING_WORKER_DIRECTORY, call.cwd), (rules.MISSING_WORKTREE_REPOSITORY, call.repo)):
        if directory is not None and not context.has_directory(directory):
            place = beside(directory, context.path)
            yield context.finding(rule, call.span, directory=directory, place=place)


def _check_host_invoke(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    yield context.finding(rules.REMOVED_HOST_INVOKE, call.span)


def _check_host_call(call: CallFact, context: FilePreflight) -> Iterator[Diagnostic]:
    if call.first is None or "." not in call.first:
        yield context.finding(rules.DYNAMIC_HOST_OPERATION, call.span)
        return
    capability, _, operation = call.first.partition(".")
    known = is_known(capability, operation, context.capabilities)
    if not known and not is_silenced(capability, operation, context.allow):
        yield context.finding(rules.UNKNOWN_HOST_OPERATION, call.span, name=call.first)
    if call.first == "template.render" and call.path is not None:
        yield from _check_template(call, call.path, "host template render target", context)


_CHECKS: dict[str, Check] = {
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
    from harnpy.vm.os_errors import reason

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


def beside(path: str, source: str) -> str:
    """path as seen from the directory of the file source."""
    return os.path.join(os.path.dirname(source), path)

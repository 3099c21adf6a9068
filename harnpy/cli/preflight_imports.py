"""Preflight of imports: does the module exist, and do two modules bring the same name (chapter 04 section 15)."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import preflight_rules as rules
from harnpy.import_paths import PYTHON, STANDARD
from harnpy.vm.module_paths import standard_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.cli.preflight import FilePreflight
    from harnpy.cli.source_facts import ImportFact
    from harnpy.syntax.diagnostics import Diagnostic


def check_imports(context: FilePreflight) -> Iterator[Diagnostic]:
    """Unresolved imports and colliding names of one file."""
    origins: dict[str, str] = {}
    for item in context.facts.imports:
        if item.path.startswith(PYTHON):
            yield from _check_python(item, context)
        elif item.module_name:
            yield context.finding(rules.NAMED_IMPORT, item.span, path=item.path)
        elif item.path.startswith(STANDARD):
            if standard_module(item.path.removeprefix(STANDARD)) is None:
                yield context.finding(rules.UNRESOLVED_IMPORT, item.span, path=item.path)
        else:
            yield from _check_module(item, context, origins)


def _check_python(item: ImportFact, context: FilePreflight) -> Iterator[Diagnostic]:
    if item.names is None and not item.module_name:
        yield context.finding(rules.UNNAMED_PYTHON_IMPORT, item.span, path=item.path)
    if not _is_installed(item.path.removeprefix(PYTHON), os.path.dirname(context.path)):
        # What a machine has installed says nothing about the program.
        yield rules.MISSING_PYTHON_MODULE.at(item.span, path=item.path)


def _check_module(item: ImportFact, context: FilePreflight, origins: dict[str, str]) -> Iterator[Diagnostic]:
    target = context.imported(item.path)
    if target is None:
        yield context.finding(rules.UNRESOLVED_IMPORT, item.span, path=item.path)
        return
    identity = context.identity(target.path)
    rule = rules.IMPORT_COLLISION if item.names is None else rules.SELECTIVE_IMPORT_COLLISION
    for name in target.facts.exported if item.names is None else item.names:
        first = origins.setdefault(name, identity)
        if first != identity:
            yield context.finding(rule, item.span, name=name, first=first, path=item.path)


def _is_installed(name: str, directory: str) -> bool:
    """Whether the top-level module of a dotted name can be found, here or in directory; nothing is imported."""
    from importlib.machinery import PathFinder
    from importlib.util import find_spec

    top = name.partition(".")[0]
    try:
        return find_spec(top) is not None or PathFinder.find_spec(top, [directory or "."]) is not None
    except (ImportError, ValueError):
        return False

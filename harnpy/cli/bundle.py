"""What has to be shipped with programs, so that they run elsewhere (chapter 05 section 12.2). Runs none of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from harnpy.cli.preflight import reach
from harnpy.cli.preflight_calls import beside, template_candidates
from harnpy.cli.source_facts import CallFact
from harnpy.cli.source_files import SourceFile, Sources

_PROMPT, _TEMPLATE = "prompt_asset", "template_asset"
_PROMPT_SUFFIX = ".prompt"


def bundle_manifest(
    targets: Iterable[str], entries: list[SourceFile], sources: Sources, bundle_root: str | None
) -> dict[str, Any]:
    """The manifest of entries and all they import. Paths are canonical; only string literals are looked at."""
    modules = _modules(entries, sources)
    roots = {os.path.realpath(entry.path) for entry in entries}
    calls = [(file, call) for path in sorted(modules) for file in (modules[path],) for call in file.facts.calls]
    assets = _unique(asset for file, call in calls for asset in _assets(file, call, bundle_root))
    imported = sorted(modules.keys() - roots)
    dependencies = _unique(edge for path in sorted(modules) for edge in _dependencies(modules[path], sources))
    prompts = _resolved(assets, _PROMPT)
    templates = _resolved(assets, _TEMPLATE)
    capabilities = _capabilities(call for _, call in calls)
    directories = sorted({path for file, call in calls for path in _execution_directories(file, call)})
    repositories = sorted({path for file, call in calls for path in _worktree_repositories(file, call)})
    return {
        "version": 1,
        "targets": [os.path.realpath(target) for target in targets],
        "bundle_root": None if bundle_root is None else os.path.realpath(bundle_root),
        "entry_modules": sorted(roots),
        "import_modules": imported,
        "modules": [{"path": path, "role": "entry" if path in roots else "import"} for path in sorted(modules)],
        "module_dependencies": dependencies,
        "prompt_assets": prompts,
        "template_assets": templates,
        "assets": assets,
        "required_host_capabilities": capabilities,
        "execution_dirs": directories,
        "worktree_repos": repositories,
        "summary": {
            "entry_module_count": len(roots),
            "import_module_count": len(imported),
            "module_dependency_count": len(dependencies),
            "prompt_asset_count": len(prompts),
            "template_asset_count": len(templates),
            "host_capability_count": len(capabilities),
            "execution_dir_count": len(directories),
            "worktree_repo_count": len(repositories),
        },
    }


def _modules(entries: list[SourceFile], sources: Sources) -> dict[str, SourceFile]:
    """The entries and all files that they import, by canonical path."""
    found: dict[str, SourceFile] = {}
    for entry in entries:
        files, _ = reach(entry, sources)
        for file in files:
            found.setdefault(os.path.realpath(file.path), file)
    return found


def _dependencies(file: SourceFile, sources: Sources) -> Iterator[dict[str, str]]:
    for item in file.facts.imports:
        target = sources.imported(item.path, file.path)
        if target is not None:
            yield {"from": sources.identity(file.path), "to": sources.identity(target.path)}


def _assets(file: SourceFile, call: CallFact, bundle_root: str | None) -> Iterator[dict[str, Any]]:
    if call.name in ("render", "render_prompt"):
        target, via = call.first, call.name
    elif call.name == "host_call" and call.first == "template.render":
        target, via = call.path, "host_call(template.render)"
    else:
        return
    if target is None:
        return
    candidates = template_candidates(target, file.path, bundle_root)
    found = next((path for path in candidates if os.path.isfile(path)), None)
    yield {
        "declared_in": os.path.realpath(file.path),
        "via": via,
        "kind": _PROMPT if via == "render_prompt" or target.endswith(_PROMPT_SUFFIX) else _TEMPLATE,
        "target": target,
        "resolved": None if found is None else os.path.realpath(found),
        "candidates": [os.path.realpath(path) for path in candidates],
        "exists": found is not None,
    }


def _resolved(assets: list[dict[str, Any]], kind: str) -> list[str]:
    """The files of one kind that exist."""
    return sorted({asset["resolved"] for asset in assets if asset["kind"] == kind and asset["exists"]})


def _capabilities(calls: Iterable[CallFact]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for call in calls:
        if call.name == "host_call" and call.first is not None and "." in call.first:
            capability, _, operation = call.first.partition(".")
            found.setdefault(capability, set()).add(operation)
    return {capability: sorted(found[capability]) for capability in sorted(found)}


def _execution_directories(file: SourceFile, call: CallFact) -> Iterator[str]:
    directory = call.first if call.name in ("exec_at", "shell_at") else call.cwd
    if directory is not None and call.name in ("exec_at", "shell_at", "spawn_agent"):
        yield os.path.realpath(beside(directory, file.path))


def _worktree_repositories(file: SourceFile, call: CallFact) -> Iterator[str]:
    if call.name == "spawn_agent" and call.repo is not None:
        yield os.path.realpath(beside(call.repo, file.path))


def _unique(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """items in their order, equal ones once."""
    found: list[dict[str, Any]] = []
    seen = set()
    for item in items:
        key = repr(item)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found

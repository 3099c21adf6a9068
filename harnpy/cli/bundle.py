"""What has to be shipped with programs, so that they run elsewhere (chapter 05 section 12.2). Runs none of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from harnpy.cli.preflight import calls_in, reach
from harnpy.cli.preflight_calls import argument, beside, called, dict_entry, literal, template_candidates
from harnpy.cli.preflight_imports import imported_file, imports_of
from harnpy.cli.preflight_model import LoadedFile
from harnpy.syntax.ast import Call

_PROMPT, _TEMPLATE = "prompt_asset", "template_asset"
_PROMPT_SUFFIX = ".prompt"


def bundle_manifest(targets: Iterable[str], entries: list[LoadedFile], bundle_root: str | None) -> dict[str, Any]:
    """The manifest of entries and all they import. Paths are canonical; only string literals are looked at."""
    modules = _modules(entries)
    roots = {os.path.realpath(entry.path) for entry in entries}
    calls = [(file, call) for path in sorted(modules) for file in (modules[path],) for call in calls_in(file)]
    assets = _unique(asset for file, call in calls for asset in _assets(file, call, bundle_root))
    imported = sorted(modules.keys() - roots)
    dependencies = _unique(edge for path in sorted(modules) for edge in _dependencies(modules[path]))
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


def _modules(entries: list[LoadedFile]) -> dict[str, LoadedFile]:
    """The entries and all files that they import, by canonical path."""
    found: dict[str, LoadedFile] = {}
    for entry in entries:
        files, _ = reach(entry)
        for file in files:
            found.setdefault(os.path.realpath(file.path), file)
    return found


def _dependencies(file: LoadedFile) -> Iterator[dict[str, str]]:
    for item in imports_of(file.program):
        target = imported_file(item.path, file.path)
        if target is not None:
            yield {"from": os.path.realpath(file.path), "to": os.path.realpath(target)}


def _assets(file: LoadedFile, call: Call, bundle_root: str | None) -> Iterator[dict[str, Any]]:
    name = called(call)
    if name in ("render", "render_prompt"):
        target, via = literal(argument(call, 0)), name
    elif name == "host_call" and literal(argument(call, 0)) == "template.render":
        target, via = literal(dict_entry(argument(call, 1), "path")), "host_call(template.render)"
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


def _capabilities(calls: Iterable[Call]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for call in calls:
        name = literal(argument(call, 0)) if called(call) == "host_call" else None
        if name is not None and "." in name:
            capability, _, operation = name.partition(".")
            found.setdefault(capability, set()).add(operation)
    return {capability: sorted(found[capability]) for capability in sorted(found)}


def _execution_directories(file: LoadedFile, call: Call) -> Iterator[str]:
    directory = None
    if called(call) in ("exec_at", "shell_at"):
        directory = literal(argument(call, 0))
    elif called(call) == "spawn_agent":
        directory = literal(dict_entry(dict_entry(argument(call, 0), "execution"), "cwd"))
    if directory is not None:
        yield os.path.realpath(beside(directory, file.path))


def _worktree_repositories(file: LoadedFile, call: Call) -> Iterator[str]:
    if called(call) == "spawn_agent":
        worktree = dict_entry(dict_entry(argument(call, 0), "execution"), "worktree")
        repository = literal(dict_entry(worktree, "repo"))
        if repository is not None:
            yield os.path.realpath(beside(repository, file.path))


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

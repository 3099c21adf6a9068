"""`harn check --effects`: what each function of a file may touch, and which --allow list would let the file run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from harnpy.analysis.effects.infer import infer
from harnpy.analysis.effects.model import FunctionEffects, ProgramEffects, Use, Way
from harnpy.cli.diagnostics_text import diagnostics_text
from harnpy.cli.effect_catalog import declared_effects, effect_catalog
from harnpy.cli.failure import unreadable_text
from harnpy.cli.module_trees import Modules
from harnpy.import_paths import PYTHON
from harnpy.syntax.ast import Program
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.vm.sandbox.policy import CONFINED

_NONE = "none"
_MARK = "?"
_MARK_NOTE = (
    "? calls a function that it is given, or that nothing here declares; what a given function touches counts where that "
    "function is written"
)

# `exec` and its kin ask a host, if one runs the program, which `harn run` never does.
_ASK_A_HOST = frozenset({"exec", "shell"})
# Their literal argument at a position is the scope of an effect.
_SCOPES: dict[str, tuple[str, int]] = {
    "env": ("env", 0),
    "env_or": ("env", 0),
    "exec": ("process", 0),
    "exec_at": ("process", 1),
}
# As vm/sandbox/guard.py has it: their configuration counts as part of model calls.
_ABOUT_MODELS = ("llm_", "with_rate_limit")


@dataclass(frozen=True, slots=True)
class FileEffects:
    """One file and what came out. allow: the items of a --allow list that lets it run, None if that cannot be said."""

    path: str
    effects: ProgramEffects
    allow: tuple[str, ...] | None


def show_effects(paths: Iterable[str], out: TextIO, *, as_json: bool = False, verbose: bool = False) -> int:
    """Print what the functions of files may touch, as tables or (a list, one element a file) as JSON.

    verbose adds to the tables one way by which each effect is reached, which the JSON has in any case. 0; 1 if a file cannot
    be read or parsed, which is said on stderr.
    """
    modules = Modules()
    found: list[FileEffects] = []
    failed = False
    for path in paths:
        try:
            with open(path, "rb") as source:
                program = parse_program(source.read(), path)
        except (OSError, ValueError) as error:
            print(unreadable_text(path, error), file=sys.stderr)
            failed = True
        except HarnSyntaxError as error:
            print(diagnostics_text(error.diagnostics, error.source, path, sys.stderr), file=sys.stderr)
            failed = True
        else:
            found.append(effects_of(path, program, modules))
    if as_json:
        print(json.dumps([_json(each) for each in found], indent=2, ensure_ascii=False), file=out)
    elif found:
        print("\n\n".join(_table(each, verbose) for each in found), file=out)
    return 1 if failed else 0


def effects_of(path: str, program: Program, modules: Modules | None = None) -> FileEffects:
    """What the file at path, which holds program, may touch together with what it imports."""
    key = os.path.realpath(path)
    reached = (modules or Modules()).reached(key, path, program)
    effects = infer(reached, key, effect_catalog())
    return FileEffects(path, effects, None if effects.unknown is not None else tuple(_allow(effects.run)))


# --- the list for --allow --------------------------------------------------------------------------------------------------


def _allow(uses: Iterable[Use]) -> list[str]:
    """The shortest items that permit all uses: an effect, or its scopes where every use of it names one."""
    needed: dict[str, set[str | None]] = {}
    for use in uses:
        for effect in _permissions(use):
            needed.setdefault(effect, set()).add(_scope(use, effect))
    items = []
    for effect in sorted(needed):
        scopes = needed[effect]
        items += [effect] if None in scopes else sorted(f"{effect}={scope}" for scope in scopes)
    return items


def _permissions(use: Use) -> set[str]:
    """The effects that have to be permitted for a use; one of those that its builtin declares has to, in any case."""
    if use.name.startswith(PYTHON):
        return set()  # what is imported may be called
    confined = set(CONFINED)
    wanted = set(use.effects) & confined
    if use.name in _ASK_A_HOST:
        wanted.discard("host")
    declared = set(declared_effects(use.name)) & confined
    if declared and use.name.startswith(_ABOUT_MODELS):
        declared.add("llm")
    if declared and not wanted & declared:
        wanted.add("llm" if "llm" in declared else min(declared))
    return wanted


def _scope(use: Use, effect: str) -> str | None:
    if effect == "python" and use.name.startswith("import "):
        return use.texts[0]
    limited, position = _SCOPES.get(use.name, ("", 0))
    text = use.texts[position] if limited == effect and position < len(use.texts) else None
    return text if text and "," not in text else None


# --- output ----------------------------------------------------------------------------------------------------------------


def _table(found: FileEffects, verbose: bool) -> str:
    rows = found.effects.functions
    width = max(len("function"), *(len(row.name) for row in rows))
    lines = [found.path, f"  {'function':<{width}}  effects"]
    for row in rows:
        lines.append(f"  {row.name:<{width}}  {_cells(row)}")
        if verbose:
            lines += [f"    {way_text(way)} ({effect})" for effect, way in row.ways.items()]
        lines += [f"    {_MARK} {way_text(way)}" for way in (row.given, row.unknown) if way is not None]
    if any(row.is_marked for row in rows):
        lines.append(f"  {_MARK_NOTE}")
    lines.append(f"  {_advice(found)}")
    return "\n".join(lines)


def _cells(row: FunctionEffects) -> str:
    cells = [*row.effects, *([_MARK] if row.is_marked else [])]
    return " ".join(cells) or _NONE


def way_text(way: Way) -> str:
    """`save -> write_file`; what is no name comes behind a colon: `go -> apply: calls its parameter `f``."""
    steps = " -> ".join(way.functions)
    return f"{steps}: {way.end}" if " " in way.end and not way.end.startswith("import ") else f"{steps} -> {way.end}"


def _advice(found: FileEffects) -> str:
    if found.allow is None:
        return "which --allow list lets it run cannot be said: it may call anything"
    path = found.path
    if not found.allow:
        return f"it needs no permissions: harn run --deny {','.join(sorted(CONFINED))} {path}"
    return f"run it with: harn run --allow {','.join(found.allow)} {path}"


def _json(found: FileEffects) -> dict[str, Any]:
    return {
        "file": found.path,
        "functions": [_function_json(row) for row in found.effects.functions],
        "allow": None if found.allow is None else list(found.allow),
    }


def _function_json(row: FunctionEffects) -> dict[str, Any]:
    unknown = [_way_json(way) for way in (row.given, row.unknown) if way is not None]
    return {
        "function": row.name,
        "kind": row.kind,
        "line": row.span.line,
        "column": row.span.column,
        "effects": list(row.effects),
        "ways": {effect: _way_json(way) for effect, way in row.ways.items()},
        "unknown": unknown,
    }


def _way_json(way: Way) -> dict[str, Any]:
    return {
        "steps": [*way.functions, way.end],
        "at": [{"line": span.line, "column": span.column} for span in way.spans],
    }

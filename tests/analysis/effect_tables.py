"""Effects of small programs, as the tests look at them."""

from __future__ import annotations

from harnpy.analysis.effects.infer import infer
from harnpy.analysis.effects.model import FunctionEffects, Module, ProgramEffects
from harnpy.cli.effect_catalog import effect_catalog
from harnpy.syntax.parser import parse_program


def inferred(source: str, **others: str) -> ProgramEffects:
    """What source may touch; others are the modules that it may import, by the path of the import."""
    texts = {"main": source, **others}
    modules = {
        name: Module(name, parse_program(text, name), {other: other for other in others})
        for name, text in texts.items()
    }
    return infer(modules, "main", effect_catalog())


def rows(source: str, **others: str) -> dict[str, str]:
    """The table: name of a function -> its effects, blank-separated, `?` last where it may be more."""
    return {row.name: _cells(row) for row in inferred(source, **others).functions}


def ways(source: str, name: str, **others: str) -> dict[str, str]:
    """The effects of one function with the way to each."""
    row = next(row for row in inferred(source, **others).functions if row.name == name)
    return {effect: " -> ".join([*way.functions, way.end]) for effect, way in row.ways.items()}


def reason(source: str, name: str, **others: str) -> str:
    """Why it is not known what else a function may touch."""
    row = next(row for row in inferred(source, **others).functions if row.name == name)
    way = row.unknown or row.given
    assert way is not None
    return f"{' -> '.join(way.functions)}: {way.end}"


def _cells(row: FunctionEffects) -> str:
    return " ".join([*row.effects, *(["?"] if row.is_marked else [])])

"""The type aliases of std modules, which whoever imports the module can name (chapter 08 section 15)."""

from __future__ import annotations

from functools import cache

from harnpy import TYPE_CHECKING
from harnpy.import_paths import STANDARD
from harnpy.vm.module_paths import standard_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.syntax.ast import TypeExpr


@cache
def standard_types(path: str) -> Mapping[str, TypeExpr]:
    """The type aliases that an import path brings, by name; none for anything but a std module."""
    file = standard_module(path.removeprefix(STANDARD)) if path.startswith(STANDARD) else None
    if file is None:
        return {}
    with open(file, encoding="utf-8") as module:
        text = module.read()
    if "\ntype " not in text:  # parsing costs more than all else that an import does
        return {}
    from harnpy.syntax.ast import TypeAlias_
    from harnpy.syntax.parser import parse_program

    return {item.name: item.type for item in parse_program(text, file).items if isinstance(item, TypeAlias_)}

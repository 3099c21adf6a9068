"""Names of types that may mean anything: those that come, or may come, from another file."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.type_parts import parts
from harnpy.analysis.types.aliases import expanded
from harnpy.analysis.types.forms import Applied, Named

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World

_BASIC = frozenset(
    {
        "int",
        "float",
        "string",
        "bool",
        "nil",
        "list",
        "dict",
        "set",
        "closure",
        "iter",
        "range",
        "pair",
        "any",
        "unknown",
        "duration",
        "Iter",
        "Pair",
        "Schema",
    }
)


def is_open(checker: Checker, name: str) -> bool:
    """Whether values of the type called name may be anything: `any`, type parameters, and names from other files."""
    return name == "any" or name in checker.world.generics or _is_foreign(checker, name)


def declares_type(world: World, name: str) -> bool:
    """Whether the file declares a type of that name."""
    return name in world.aliases or name in world.enums or name in world.structs or name in world.interfaces


def mentions_foreign(checker: Checker, *types: Type) -> bool:
    """Whether a name that may have come with an import of everything is found in one of the types."""
    if not checker.imports_everything:
        return False
    pending = [expanded(each, checker.world) for each in types]
    while pending:
        part = pending.pop()
        if isinstance(part, Named | Applied) and _is_foreign(checker, part.name):
            return True
        pending.extend(parts(part))
    return False


def _is_foreign(checker: Checker, name: str) -> bool:
    """Whether a name that the file does not declare may be declared in a module of which it imports all names."""
    return checker.imports_everything and name not in _BASIC and not declares_type(checker.world, name)

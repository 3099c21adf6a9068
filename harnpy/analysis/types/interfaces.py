"""Whether a type satisfies an interface, and if not, why (chapter 09, 7.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.assignability import Relation

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World


def unsatisfied(type_: Type, interface: Type, world: World) -> str | None:
    """The reason why type_ does not satisfy interface, or None if it does."""
    return Relation(world).reason_against(type_, interface)

"""Whether the methods of a type are those that an interface wants (chapter 09, 7.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.aliases import head
from harnpy.analysis.types.binding import bind_types
from harnpy.analysis.types.forms import (
    ANY,
    NEVER,
    WILDCARD,
    Applied,
    Named,
    Union,
    show,
    substituted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.analysis.types.binding import Conflict
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import InterfaceType, Method, World

    Accepts = Callable[[Type, Type], bool]


def reason_against(type_: Type, interface: Type, world: World, accepts: Accepts) -> str | None:
    """Why type_ does not satisfy interface (a named or applied type), or None if it does.

    accepts decides whether the type of the interface accepts that of the method. `any`, `never`, `_`, generic parameters
    in scope and the interface itself satisfy it; a union does if all members do.
    """
    wanted = world.interfaces.get(interface.name) if isinstance(interface, Named | Applied) else None
    if wanted is None:
        return f"interface '{show(interface)}' not found"
    found = type_
    if not (isinstance(type_, Named | Applied) and type_.name in world.impls):
        found = head(type_, world)
    if found in (ANY, NEVER, WILDCARD):
        return None
    if isinstance(found, Union) and all(
        reason_against(each, interface, world, accepts) is None for each in found.members
    ):
        return None
    # An alias of a type that has no name is looked up by its own.
    type_ = found if isinstance(found, Named | Applied) else type_
    if not isinstance(type_, Named | Applied):
        return "only named types can satisfy interfaces"
    if type_.name in world.generics or (type_.name == wanted.name and accepts(interface, type_)):
        return None
    methods = world.impls.get(type_.name)
    if methods is None:
        missing = ", ".join([each.name for each in wanted.methods])
        return f"missing method(s): {missing}" if missing else None
    args = interface.args if isinstance(interface, Applied) else ()
    return _Match(wanted, args, _own_arguments(type_, world), accepts).reason(methods)


def _own_arguments(type_: Named | Applied, world: World) -> dict[str, Type]:
    """What the parameters of a generic struct or enum are for this type; methods mention them by name."""
    declared = world.structs.get(type_.name) or world.enums.get(type_.name)
    if declared is None:
        return {}
    names = [each.name for each in declared.parameters]
    if isinstance(type_, Applied) and len(type_.args) == len(names):
        return dict(zip(names, type_.args))
    return dict.fromkeys(names, WILDCARD)


class _Match:
    """One interface held against the methods of one type."""

    def __init__(self, wanted: InterfaceType, args: tuple[Type, ...], own: dict[str, Type], accepts: Accepts) -> None:
        self._wanted = wanted
        self._own = own
        self._accepts = accepts
        parameters = [each.name for each in wanted.parameters]
        given = dict(zip(parameters, args)) if len(args) == len(parameters) else {}
        self._given = given
        self._bindings: dict[str, Type] = {}
        self._free = frozenset(
            [name for name, _ in wanted.associated] + [each for each in parameters if each not in given]
        )

    def reason(self, methods: dict[str, Method]) -> str | None:
        for expected in self._wanted.methods:
            actual = methods.get(expected.name)
            if actual is None:
                return f"missing method '{expected.name}'"
            reason = self._method(expected, actual)
            if reason is not None:
                return reason
        for name, default in self._wanted.associated:
            bound = self._bindings.get(name)
            if default is None or bound is None:
                continue
            wanted = self._filled(default)
            if not self._accepts(self._open(wanted), bound):
                return f"associated type '{name}' resolves to '{show(bound)}', expected '{show(wanted)}'"
        return None

    def _method(self, expected: Method, actual: Method) -> str | None:
        if len(expected.parameters) != len(actual.parameters):
            return f"method '{expected.name}' has {len(actual.parameters)} parameter(s), expected {len(expected.parameters)}"
        for number, ((_, wanted), (_, found)) in enumerate(zip(expected.parameters, actual.parameters), 1):
            reason = self._pair(wanted, found, f"method '{expected.name}' parameter {number} has type")
            if reason is not None:
                return reason
        return self._pair(expected.result, actual.result, f"method '{expected.name}' returns")

    def _pair(self, wanted: Type | None, found: Type | None, what: str) -> str | None:
        """The reason why a type of the interface and one of the method differ; `what` begins the sentence."""
        if wanted is None or found is None:
            return None
        wanted = substituted(wanted, self._given)
        found = substituted(found, self._own)
        conflicts: list[Conflict] = []
        bind_types(wanted, found, self._free, self._bindings, conflicts)
        if conflicts:
            name, first, other = conflicts[0]
            return f"type parameter '{name}' was inferred as both {show(first)} and {show(other)}"
        wanted = self._filled(wanted)
        if self._accepts(self._open(wanted), found):
            return None
        return f"{what} '{show(found)}', expected '{show(wanted)}'"

    def _filled(self, type_: Type) -> Type:
        return substituted(substituted(type_, self._given), self._bindings)

    def _open(self, type_: Type) -> Type:
        """type_ with `_` for the associated types that nothing has settled: they are free."""
        return substituted(type_, {name: WILDCARD for name in self._free if name not in self._bindings})

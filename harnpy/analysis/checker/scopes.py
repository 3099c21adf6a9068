"""What names mean at one point of a program: variables with the types in force there, and functions with their signatures.

All scopes share one table, in which a scope notes what it changes and undoes it when it is left; so looking a name up
costs the same at any depth of nesting.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import Loose
from harnpy.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.types.forms import Type


class Parameter(Record):
    """type: None if it has no annotation. rest: it takes the arguments that are left, each of which is a `type`."""

    name: str
    type: Type | None
    rest: bool


class Signature(Record):
    """What calls of a function are checked against.

    required: how many parameters have no default. bounds: the type parameters with the interfaces that they must satisfy.
    """

    name: str
    type_parameters: frozenset[str]
    parameters: tuple[Parameter, ...]
    required: int
    result: Type | None
    bounds: tuple[tuple[str, str], ...]


class Binding(Record):
    """What a name means.

    type: the type in force, None if untyped; declared: the type without what conditions have taught. signature: of
    functions. schema: the type whose schema a variable holds, if it is known to hold one. covered: what `type_of` of an
    `unknown` variable is known not to be, as far as messages tell; excluded: the same with all that is known. taint: the function at the boundary of the program that a value came from
    without having been validated. A binding that is no variable is not diagnosed when it is assigned to.
    """

    type: Type | None
    declared: Type | None
    mutable: bool
    is_variable: bool
    signature: Signature | None
    schema: Type | None
    covered: frozenset[str]
    excluded: frozenset[str]
    taint: str | None


_NOTHING: frozenset[str] = frozenset()

# A name that stands for something the checker knows nothing about; it hides what the name means elsewhere.
HIDDEN = Binding(None, None, False, False, None, None, _NOTHING, _NOTHING, None)


def variable(
    type_: Type | None, mutable: bool = False, schema: Type | None = None, taint: str | None = None
) -> Binding:
    """A variable, parameter, loop variable, ..."""
    return Binding(type_, type_, mutable, True, None, schema, _NOTHING, _NOTHING, taint)


def function(signature: Signature, is_variable: bool) -> Binding:
    """A function; those of the top level are no variables."""
    return Binding(None, None, False, is_variable, signature, None, _NOTHING, _NOTHING, None)


class Scopes:
    """The table. Functions begin a region of their own: they see global names and what they declare themselves; all
    other names of the code around them are hidden.
    """

    def __init__(self) -> None:
        # By name: the depth of the function that it belongs to (0: global), and what it means.
        self._bindings: dict[str, tuple[int, Binding]] = {}
        self._undo: list[dict[str, tuple[int, Binding] | None]] = [{}]
        self._outer_versions: list[int] = []
        self._function = 0
        self._latest = 0
        # While this number is the same, so is what all names mean.
        self.version = 0

    def enter(self) -> None:
        self._undo.append({})
        self._outer_versions.append(self.version)

    def leave(self) -> None:
        for name, before in self._undo.pop().items():
            if before is None:
                del self._bindings[name]
            else:
                self._bindings[name] = before
        self.version = self._outer_versions.pop()

    def touch(self) -> None:
        """Something else has changed that names of the current scope may mean."""
        self._latest += 1
        self.version = self._latest

    def enter_function(self) -> None:
        self._function += 1
        self.enter()
        self.touch()

    def leave_function(self) -> None:
        self.leave()
        self._function -= 1

    def find(self, name: str) -> Binding | None:
        """What name means here; HIDDEN if it is a name of the code around this function, None if nobody declares it."""
        entry = self._bindings.get(name)
        if entry is None:
            return None
        return entry[1] if entry[0] == self._function or entry[0] == 0 else HIDDEN

    def define(self, name: str, binding: Binding) -> None:
        """Let name mean binding until the current scope is left."""
        undo = self._undo[-1]
        before = self._bindings.get(name)
        if name not in undo:
            undo[name] = before
        self._bindings[name] = (self._function, binding)
        self.touch()

    def refine(self, name: str, type_: Type | None) -> None:
        """Give a variable another type in the current scope."""
        binding = self.find(name)
        if binding is not None and type_ != binding.type:
            self.define(name, replace(binding, type=type_, covered=_NOTHING, excluded=_NOTHING))

    def loosen(self, name: str, other: Type) -> None:
        """Let a variable fit, in the current scope, where a value of type other does; all else that is known of it stays."""
        binding = self.find(name)
        if binding is not None and binding.type is not None:
            self.define(name, replace(binding, type=Loose(binding.type, other)))

    def exclude(self, name: str, text: str, tell: bool) -> None:
        """An unknown variable is not what `type_of` calls text. tell: messages count that as covered."""
        binding = self.find(name)
        if binding is not None:
            covered = binding.covered | {text} if tell else binding.covered
            self.define(name, replace(binding, covered=covered, excluded=binding.excluded | {text}))

    def forget(self, name: str) -> None:
        """Undo, in the current scope, what conditions and initial values have taught about a variable."""
        binding = self.find(name)
        if binding is not None and binding.is_variable:
            if binding.type is not binding.declared or binding.schema or binding.excluded or binding.taint:
                self.define(name, variable(binding.declared, binding.mutable))

    def changes(self) -> Iterator[tuple[str, Binding | None, Binding]]:
        """What the innermost scope has changed so far: names, what they meant before, what they mean now."""
        for name, before in self._undo[-1].items():
            yield name, None if before is None else before[1], self._bindings[name][1]

"""The scopes of a file as far as the linter needs them: which names are visible, and what is known of their values."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from harnpy.syntax import ast


class Binding(Record):
    """kind: "list", "set" or "dict" where the value is known to be one, "made" where it is what a call gave, "function" for names
    of functions and imports, else "".

    statement: the `let` or `var` that declared it, or None.
    """

    kind: str = ""
    statement: ast.Let | None = None


class Scopes:
    """The scopes around the place that is being walked, the outermost first. Names of functions hide no variables."""

    def __init__(self) -> None:
        self._scopes: list[dict[str, Binding]] = [{}]
        self._visible: dict[str, int] = {}  # in how many scopes a name is a variable

    def enter(self) -> None:
        """Open a scope."""
        self._scopes.append({})

    def leave(self) -> None:
        """Close the innermost scope."""
        for name, binding in self._scopes.pop().items():
            if binding.kind != "function":
                self._visible[name] -= 1

    def here(self, name: str) -> Binding | None:
        """What a name stands for in the innermost scope."""
        return self._scopes[-1].get(name)

    def has_variable_here(self, name: str) -> bool:
        """Whether the innermost scope has a variable of that name."""
        binding = self._scopes[-1].get(name)
        return binding is not None and binding.kind != "function"

    def has_variable_outside(self, name: str) -> bool:
        """Whether a scope around the innermost one has a variable of that name."""
        return self._visible.get(name, 0) > self.has_variable_here(name)

    def declare(self, name: str, kind: str = "", statement: ast.Let | None = None) -> None:
        """Bind a name in the innermost scope."""
        scope = self._scopes[-1]
        if self.has_variable_here(name):
            self._visible[name] -= 1
        if kind != "function":
            self._visible[name] = self._visible.get(name, 0) + 1
        scope[name] = Binding(kind, statement)

    def kind_of(self, name: str) -> str:
        """What is known of the value that a name has here; "" for nothing."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name].kind
        return ""

"""A loaded Harn module as Python sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Never

from harnpy.analysis.declarations import Declarations, declarations_of
from harnpy.analysis.python_types import python_type
from harnpy.analysis.suggest import suggest
from harnpy.embed.functions import Function
from harnpy.embed.values import EnumValue, Result, Struct
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from harnpy.embed.engine import Engine
    from harnpy.vm.modules import ModuleInstance
    from harnpy.vm.values import StructType

_NAMES: dict[str, Any] = {
    "Any": Any,
    "Callable": Callable,
    "Iterator": Iterator,
    "Literal": Literal,
    "Never": Never,
    "Result": Result,
    "timedelta": timedelta,
}


class Declaration:
    """What the source of a function says about it."""

    def __init__(self, node: ast.Fn, declarations: Declarations, instance: ModuleInstance) -> None:
        self._node = node
        self._declarations = declarations
        self._instance = instance

    @property
    def doc(self) -> str | None:
        return self._declarations.docs.get(self._node.name)

    @cached_property
    def annotations(self) -> dict[str, Any]:
        """The annotations as Python's; structs and enums of the module are Struct and EnumValue."""
        known: dict[str, Any] = dict.fromkeys(self._declarations.structs, Struct)
        known |= dict.fromkeys(self._declarations.enums, EnumValue)
        named = [(param.name, param.type) for param in self._node.params]
        named.append(("return", self._node.result))
        names = {name: name for name in known}
        scope = {**_NAMES, **known}
        return {name: eval(python_type(each, names), scope) for name, each in named if each is not None}

    def struct_of(self, place: int) -> StructType | None:
        """The struct that a parameter is declared as."""
        params = self._node.params
        declared = params[place].type if place < len(params) and not params[place].rest else None
        if isinstance(declared, ast.NamedType) and declared.name in self._declarations.structs:
            return self._instance.struct_type(declared.name)
        return None


class Module:
    """The exported functions of a Harn file: attributes, entries of `functions`, or named in `call`."""

    def __init__(self, engine: Engine, instance: ModuleInstance, source: bytes) -> None:
        self._engine = engine
        self._instance = instance
        self._source = source
        self._functions: dict[str, Function] | None = None

    @property
    def path(self) -> str:
        """The file, or `<source>`."""
        return self._instance.path

    @property
    def functions(self) -> Mapping[str, Function]:
        """The exported functions by name: those that are `pub`, or all if none is."""
        if self._functions is None:
            declarations = declarations_of(self._source, self.path)
            instance = self._instance
            self._functions = {
                name: Function(self._engine, instance.export(name), Declaration(node, declarations, instance))
                for name, node in declarations.functions.items()
                if instance.export(name) is not None
            }
        return MappingProxyType(self._functions)

    def call(self, name: str, /, *args: Any, **named: Any) -> Any:
        """Call an exported function; its value. Raises AttributeError for one that is not there, and as Function does."""
        return self._function(name)(*args, **named)

    def call_async(self, name: str, /, *args: Any, **named: Any) -> Coroutine[Any, Any, Any]:
        """As call, for a running event loop."""
        return self._function(name).async_(*args, **named)

    def _function(self, name: str) -> Function:
        found = self.functions.get(name)
        if found is None:
            hint = suggest(name, self.functions)
            raise AttributeError(
                f"{self.path} exports no function '{name}'" + (f" (did you mean '{hint}'?)" if hint else "")
            )
        return found

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._function(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.functions]

    def __repr__(self) -> str:
        return f"<harnpy.Module {self.path}>"

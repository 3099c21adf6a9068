"""How builtins and methods are declared, collected and called.

A declaration is a decorated Python function; its signature, in Harn's own type syntax, is what checker, docs,
`:doc` and `:type` read. Declaring only marks the function: a registry collects the marks of the modules it is told
about, so there is no table that import order could change.

Calling convention: arguments are positional; surplus ones are dropped and missing ones take the Python default
(nil where there is none). A function whose first parameter is called `fiber` receives the calling fiber. An
`async def` is awaited by the fiber, so to Harn it is an ordinary function that suspends.
"""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.vm.values import Builtin, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any, TypeVar

    from harnpy.vm.fiber import Fiber

    F = TypeVar("F", bound=Callable[..., Any])

_CO_VARARGS = 0x04
_CO_COROUTINE = 0x80
_MARK = "__harn_declarations__"


class Declaration(Record):
    """One builtin or method as declared. receiver is the kind name of a method's receiver, "" for a builtin."""

    name: str
    signature: str
    receiver: str
    effects: frozenset[str]
    pure: bool
    doc: str
    fn: Callable[..., Value]
    unvalidated: bool  # the result is external data that strict types want validated before use
    checked_as: str | None = None  # the type of a call for the checker, if not that of the signature


def builtin(
    signature: str,
    *,
    pure: bool = False,
    effects: Iterable[str] = (),
    aliases: Iterable[str] = (),
    unvalidated: bool = False,
    checked_as: str | None = None,
) -> Callable[[F], F]:
    """Declare a builtin: `@builtin("trim(text: string) -> string", pure=True)`.

    effects names what it may touch (see vm/effects.py); pure means that equal arguments give equal results and
    nothing else happens. aliases are further names of the same function. checked_as is for the few whose calls have
    another type to the checker than the signature tells readers (chapter 09, section 14), `any` where they have none.
    """
    return _declare(signature, "", pure, effects, aliases, unvalidated, checked_as)


def method(
    signature: str, *, pure: bool = False, effects: Iterable[str] = (), aliases: Iterable[str] = ()
) -> Callable[[F], F]:
    """Declare a method: `@method("string.trim() -> string", pure=True)`; the function gets the receiver first.

    The part before the dot is the receiver's kind name as `type_of` gives it.
    """
    receiver, _, rest = signature.partition(".")
    return _declare(rest, receiver, pure, effects, aliases, False)


def _declare(
    signature: str,
    receiver: str,
    pure: bool,
    effects: Iterable[str],
    aliases: Iterable[str],
    unvalidated: bool,
    checked_as: str | None = None,
) -> Callable[[F], F]:
    name = signature[: signature.index("(")].strip()
    rest = signature[signature.index("(") :]

    def mark(fn: F) -> F:
        declarations = list(getattr(fn, _MARK, ()))
        for each in (name, *aliases):
            text, touched = each + rest, frozenset(effects)
            declarations.append(
                Declaration(each, text, receiver, touched, pure, fn.__doc__ or "", fn, unvalidated, checked_as)
            )
        setattr(fn, _MARK, tuple(declarations))
        return fn

    return mark


def declarations_of(module: ModuleType) -> list[Declaration]:
    """Every declaration made in module, in source order."""
    found: list[Declaration] = []
    for value in vars(module).values():
        if getattr(value, "__module__", None) == module.__name__:
            found.extend(getattr(value, _MARK, ()))
    return found


def make_builtin(declaration: Declaration) -> Builtin:
    """The callable value of a declaration; argument counts are read off the Python function."""
    code = declaration.fn.__code__
    defaults = declaration.fn.__defaults__ or ()
    wants_fiber = code.co_argcount > 0 and code.co_varnames[0] == "fiber"
    count = code.co_argcount - wants_fiber
    return Builtin(
        declaration.name,
        declaration.fn,
        declaration.signature,
        declaration.effects,
        wants_fiber,
        count - len(defaults),
        None if code.co_flags & _CO_VARARGS else count,
        bool(code.co_flags & _CO_COROUTINE),
    )


def call_builtin(fiber: Fiber, function: Builtin, args: list[Value]) -> Value:
    """Call function with args, adjusted to its arity; awaits it when it is asynchronous.

    Raises HarnError with category tool_rejected when a gate of the runtime refuses the call.
    """
    if fiber.runtime.gates:
        for gate in fiber.runtime.gates:
            gate(fiber, function, args)
    return call_declared(fiber, function, args)


def call_declared(fiber: Fiber, function: Builtin, args: list[Value]) -> Value:
    """As call_builtin, without asking the policy: methods are never denied, whatever builtins share their names."""
    count = len(args)
    if function.max_args is not None and count > function.max_args:
        args = args[: function.max_args]
    elif count < function.min_args:
        args = args + [None] * (function.min_args - count)
    if function.effects:
        fiber.builtin = function.name
    result = function.fn(fiber, *args) if function.wants_fiber else function.fn(*args)
    return fiber.wait(result) if function.is_async else result


class Registry:
    """The builtins and methods of a runtime, loaded family by family as names are asked for.

    catalog maps builtin names to family modules and receiver kinds to the modules that declare their methods, so
    that a program loads only the families that it uses.
    """

    def __init__(self, builtin_modules: Mapping[str, str], method_modules: Mapping[str, tuple[str, ...]]) -> None:
        self._builtin_modules = builtin_modules
        self._method_modules = method_modules
        self._builtins: dict[str, Builtin] = {}
        self._loaded: set[str] = set()
        self._methods: dict[str, dict[str, Builtin]] = {}

    @property
    def names(self) -> Iterable[str]:
        """Every builtin name, loaded or not, internal ones included."""
        return self._builtin_modules.keys()

    def __contains__(self, name: str) -> bool:
        return name in self._builtin_modules

    def get(self, name: str) -> Builtin | None:
        """The builtin called name, or None."""
        found = self._builtins.get(name)
        if found is None and name in self._builtin_modules:
            self._load(self._builtin_modules[name])
            found = self._builtins.get(name)
        return found

    def methods(self, kind: str) -> dict[str, Builtin]:
        """The methods of a receiver kind by name; empty for kinds without methods."""
        table = self._methods.get(kind)
        if table is None:
            table = self._methods[kind] = {}
            for module_name in self._method_modules.get(kind, ()):
                for declaration in declarations_of(_module(module_name)):
                    if declaration.receiver == kind:
                        table[declaration.name] = make_builtin(declaration)
        return table

    def define(self, function: Builtin) -> None:
        """Add or replace one builtin of this registry only (embedding)."""
        self._builtin_modules = {**self._builtin_modules, function.name: ""}
        self._builtins[function.name] = function

    def _load(self, module_name: str) -> None:
        if module_name in self._loaded:
            return
        self._loaded.add(module_name)
        for declaration in declarations_of(_module(module_name)):
            if not declaration.receiver:
                self._builtins.setdefault(declaration.name, make_builtin(declaration))


def _module(name: str) -> ModuleType:
    # As importlib.import_module, which is not loaded at every start.
    __import__(name)
    return sys.modules[name]

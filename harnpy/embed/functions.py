"""Functions across the border: builtins that are Python functions, and Harn functions that Python calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from harnpy.analysis.suggest import suggest
from harnpy.analysis.type_schema import schema_of_type
from harnpy.embed.annotations import Load, parameter
from harnpy.embed.errors import inner_error, translated
from harnpy.embed.values import to_harn
from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program
from harnpy.vm.effects import EFFECTS
from harnpy.vm.named_calls import defaults_of
from harnpy.vm.python.conversion import to_python
from harnpy.vm.python.functions import HarnFunction
from harnpy.vm.python.handles import HarnHandle
from harnpy.vm.schema import check_parameter, compile_parameter_check
from harnpy.vm.values import END, MISSING, Builtin, Closure, StructInstance, Value

if TYPE_CHECKING:
    from harnpy.embed.engine import Engine
    from harnpy.embed.module import Declaration
    from harnpy.vm.fiber import Fiber


# --- Python functions that Harn calls -------------------------------------------------------------------------------


def call_out(engine: Engine, fiber: Fiber, function: Callable[..., Any], *args: Any, **named: Any) -> Value:
    """Call Python code on behalf of fiber; its result as a Harn value, awaited by the fiber if it can be.

    Exceptions become errors of the program.
    """
    try:
        with engine.outside(fiber):
            result = function(*args, **named)
        if inspect.isawaitable(result):
            result = fiber.wait(_awaited(result))
        return result if result is END else to_harn(engine, result)
    except BaseException as error:
        raise inner_error(engine, error) from None


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def make_builtin(engine: Engine, function: Callable[..., Any], name: str = "") -> Builtin:
    """A builtin that calls a Python function with whatever it is given."""

    def call(fiber: Fiber, *args: Value) -> Value:
        return call_out(engine, fiber, function, *(to_python(engine.runtime, arg) for arg in args))

    title = name or getattr(function, "__name__", "") or type(function).__name__
    return Builtin(title, call, f"{title}(...args: any) -> any", frozenset({"host"}), True, 0, None, False)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A parameter of a Python function as Harn sees it. check is None where anything fits."""

    name: str
    schema: dict[str, Any] | None
    check: Callable[[Value], bool] | None
    load: Load | None
    by_name: bool  # Python takes it only as a keyword
    has_default: bool


def declared_builtin(
    engine: Engine, function: Callable[..., Any], signature: str | None, effects: Iterable[str]
) -> Builtin:
    """A builtin with the signature that is given, or else told by the annotations of the Python function.

    Raises ValueError for a signature that is none, and for effects that do not exist.
    """
    unknown = set(effects) - EFFECTS
    if unknown:
        raise ValueError(f"no effect: {sorted(unknown)[0]!r} (known: {', '.join(sorted(EFFECTS))})")
    own = _own_signature(function)
    hints = _hints(function)
    if signature is None:
        if own is None:
            raise ValueError(f"{function!r} does not tell its parameters: give a signature")
        signature = _signature_of(getattr(function, "__name__", ""), own, hints)
    declaration = _parsed(signature)
    taken, takes_rest = _parameters(declaration, own, hints)

    def call(fiber: Fiber, *args: Value) -> Value:
        given: list[Any] = []
        named: dict[str, Any] = {}
        for place, each in enumerate(taken):
            if place >= len(args) and each.has_default:
                continue
            value = args[place] if place < len(args) else None
            if each.check is not None and not each.check(value):
                check_parameter(each.name, value, each.schema or {})
            python = to_python(engine.runtime, value)
            if each.load is not None:
                python = _loaded(engine, each, python)
            if each.by_name:
                named[each.name] = python
            else:
                given.append(python)
        if takes_rest:
            given.extend(to_python(engine.runtime, value) for value in args[len(taken) :])
        return call_out(engine, fiber, function, *given, **named)

    return Builtin(declaration.name, call, signature, frozenset(effects), True, 0, None, False)


def _loaded(engine: Engine, taken: _Taken, value: Any) -> Any:
    assert taken.load is not None
    try:
        return taken.load(value)
    except Exception as error:
        raise inner_error(engine, TypeError(f"parameter '{taken.name}': {error}")) from error


def _own_signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """What Python knows; nothing of some functions that are written in C."""
    try:
        return inspect.signature(function)
    except ValueError:
        return None


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function if inspect.isroutine(function) or inspect.isclass(function) else type(function).__call__
    try:
        return get_type_hints(target)
    except Exception:  # names that only type checkers see
        return dict(getattr(target, "__annotations__", {}))


def _signature_of(name: str, own: inspect.Signature, hints: Mapping[str, Any]) -> str:
    parts = []
    for each in own.parameters.values():
        if each.kind is each.VAR_KEYWORD:
            continue
        if each.kind is each.VAR_POSITIONAL:
            parts.append(f"...{each.name}: any")
        else:
            default = "" if each.default is each.empty else " = nil"
            parts.append(f"{each.name}: {parameter(hints.get(each.name, Any)).type}{default}")
    result = parameter(hints.get("return", Any)).type
    return f"{name}({', '.join(parts)}) -> {result}"


def _parsed(signature: str) -> ast.Fn:
    from harnpy.syntax.diagnostics import HarnSyntaxError

    try:
        items = parse_program(f"fn {signature} {{}}", "<signature>").items
    except HarnSyntaxError as error:
        raise ValueError(f"no signature of a builtin: {signature!r}: {error}") from None
    if len(items) != 1 or not isinstance(items[0], ast.Fn):
        raise ValueError(f"no signature of a builtin: {signature!r}")
    return items[0]


def _parameters(
    declaration: ast.Fn, own: inspect.Signature | None, hints: Mapping[str, Any]
) -> tuple[list[_Taken], bool]:
    """What is taken by place, and whether any number more is."""
    if own is None:
        kinds = inspect.Parameter
        own = inspect.Signature(
            [
                kinds(each.name, kinds.VAR_POSITIONAL if each.rest else kinds.POSITIONAL_ONLY, default=kinds.empty)
                for each in declaration.params
            ]
        )
    pythons = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
    plain = [each for each in pythons if each.kind is not each.VAR_POSITIONAL]
    declared = [each for each in declaration.params if not each.rest]
    has_rest = len(plain) < len(pythons)
    if len(declared) != len(plain) and not (has_rest and len(declared) > len(plain)):
        raise ValueError(
            f"the signature of `{declaration.name}` has {len(declared)} parameters, the Python function {len(plain)}"
        )
    taken = []
    for place, param in enumerate(declared):
        python = plain[place] if place < len(plain) else None
        schema = schema_of_type(param.type, {}, False) if param.type is not None else None
        taken.append(
            _Taken(
                python.name if python is not None and python.kind is python.KEYWORD_ONLY else param.name,
                schema,
                compile_parameter_check(schema) if schema is not None else None,
                parameter(hints[python.name]).load if python is not None and python.name in hints else None,
                python is not None and python.kind is python.KEYWORD_ONLY,
                python is not None and python.default is not python.empty,
            )
        )
    return taken, has_rest


# --- Harn functions that Python calls -------------------------------------------------------------------------------


class Function(HarnFunction):
    """A Harn function as a Python callable; `async_` is the same for a running event loop.

    Arguments are given by place or by name. Those that do not fit the annotations of the function are refused by Harn,
    with HarnError; too many, unknown or missing ones with TypeError, as by any Python function.
    """

    __slots__ = ("__dict__", "_declaration", "_engine")

    def __init__(self, engine: Engine, value: Value, declaration: Declaration | None = None) -> None:
        super().__init__(engine.runtime, value)
        self._engine = engine
        self._declaration = declaration
        self.__qualname__ = self.__name__
        self.__doc__ = declaration.doc if declaration is not None else None

    def __call__(self, /, *args: Any, **named: Any) -> Any:
        """Call the function and wait for its value.

        Raises HarnError, HarnExit; RuntimeError on a running event loop, which it would block.
        """
        return self._engine.run(self._call(args, named), f"`await {self.__name__}.async_(...)`")

    def async_(self, /, *args: Any, **named: Any) -> Coroutine[Any, Any, Any]:
        """As a call, for a running event loop: `await function.async_(...)`."""
        return self._engine.run_async(self._call(args, named))

    def _call(self, args: tuple[Any, ...], named: dict[str, Any]) -> Callable[[Fiber], Any]:
        engine = self._engine
        given = self._given(args, named)

        def work(fiber: Fiber) -> Any:
            with translated(engine):
                return to_python(engine.runtime, fiber.call(self._value, *given))

        return work

    def _given(self, args: tuple[Any, ...], named: dict[str, Any]) -> list[Value]:
        value = self._value
        if type(value) is not Closure or value.function is None:
            if named:
                raise TypeError(f"{self.__name__}() takes no keyword arguments")
            return [to_harn(self._engine, arg) for arg in args]
        function = value.function
        names = function.parameter_names[: function.fixed_count]
        unknown = next((name for name in named if name not in names), None)
        if unknown is not None:
            hint = suggest(unknown, names)
            raise TypeError(
                f"{self.__name__}() has no parameter '{unknown}'" + (f" (did you mean '{hint}'?)" if hint else "")
            )
        if len(args) > len(names) and not function.has_rest:
            raise TypeError(f"{self.__name__}() takes {len(names)} arguments, {len(args)} were given")
        twice = next((name for name in names[: len(args)] if name in named), None)
        if twice is not None:
            raise TypeError(f"{self.__name__}() got several values for '{twice}'")
        optional = defaults_of(self._home, function)
        named = dict(named)
        given = [self._argument(place, arg) for place, arg in enumerate(args)]
        for place in range(len(args), len(names)):
            if names[place] in named:
                given.append(self._argument(place, named.pop(names[place])))
            elif place not in optional:
                raise TypeError(f"{self.__name__}() lacks an argument for '{names[place]}'")
            else:
                given.append(MISSING)
        return given

    def _argument(self, place: int, value: Any) -> Value:
        """A Python argument as a Harn value: a struct where the parameter is declared as one and its fields are given."""
        made = to_harn(self._engine, value)
        struct = self._declaration.struct_of(place) if self._declaration is not None and type(made) is dict else None
        return made if struct is None else StructInstance(struct, made)

    awaitable = async_  # its name for Python code that Harn itself has imported

    @property
    def __signature__(self) -> inspect.Signature:
        kinds = inspect.Parameter
        if type(self._value) is not Closure:
            return inspect.Signature([kinds("args", kinds.VAR_POSITIONAL)])
        names = self._value.parameter_names
        function = self._value.function
        types = self._declaration.annotations if self._declaration is not None else {}
        optional = defaults_of(self._home, function) if function is not None else frozenset()
        parameters = []
        for place, name in enumerate(names):
            is_rest = function is not None and function.has_rest and place == len(names) - 1
            parameters.append(
                kinds(
                    name,
                    kinds.VAR_POSITIONAL if is_rest else kinds.POSITIONAL_OR_KEYWORD,
                    default=... if place in optional else kinds.empty,
                    annotation=types.get(name, kinds.empty),
                )
            )
        return inspect.Signature(parameters, return_annotation=types.get("return", inspect.Signature.empty))

    @property
    def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]
        return dict(self._declaration.annotations) if self._declaration is not None else {}

    __hash__ = HarnHandle.__hash__

"""The compiled tier: which functions are translated when, and what translating one does to it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.verifier import analyze
from harnpy.jit import support
from harnpy.jit.translator import Translation, Translator, Untranslatable
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.stack_walk import CompiledCode
from harnpy.vm.values import MISSING, Builtin, Closure, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Calls after which a function without loops is translated. One with loops is translated at its first call.
CALLS_UNTIL_HOT = 30

# Kinds of arguments for which a body is specialized.
_GUARDED_KINDS = (int, float, str, list)

# Passes in which the kinds of locals are found out; functions that need more do without.
_MOST_PASSES = 8

_NAMESPACE = {**vars(builtins), **vars(support)}


class JitTier:
    """Translates functions when they are worth it: at their first call (eager, or with a loop), or once hot."""

    def __init__(self, eager: bool) -> None:
        self._eager = eager
        self.compiled = 0
        self.refused = 0

    def warm(self, function: LinkedFunction, args: Sequence[Value]) -> None:
        """Note a call of a function that is not translated yet, and translate it if it is time.

        The kinds of args are what the translation expects of later calls.
        """
        function.heat += 1
        if function.heat == 1:
            worth = self._eager or _has_loop(function)
        else:
            worth = function.heat == CALLS_UNTIL_HOT
        if worth:
            self.compile(function, args)

    def compile(self, function: LinkedFunction, args: Sequence[Value]) -> None:
        """Translate function; one that cannot be stays with the interpreter."""
        guarded = {}
        for slot, value in enumerate(args[: function.fixed_count]):
            if type(value) in _GUARDED_KINDS:
                guarded[slot] = type(value).__name__
        try:
            self._install(function, guarded)
        except Untranslatable:
            self.refused += 1

    def _install(self, function: LinkedFunction, guarded: dict[int, str]) -> None:
        """Make the translation of function what calls of it run."""
        translation = translate(function, guarded)
        self.compiled += 1
        path = f"<harn {function.path}:{function.name}>"
        code = compile(translation.source, path, "exec")
        scope: dict[str, Any] = {
            "__builtins__": _NAMESPACE,
            "module": function.module,
            "generic_body": self._generic(function),
            **translation.constants,
        }
        exec(code, scope)
        raw = scope["body"]
        registered = function.module.runtime.compiled_codes
        for each in _code_objects(raw.__code__):
            registered[each] = CompiledCode(function, translation.positions)
        function.specialized = bool(guarded)
        function.padding = _padding(function)
        function.raw_body = raw
        function.body = support.trampoline(raw) if translation.trampoline else raw
        scope["self_body"] = function.body
        if translation.trampoline:
            function.module.runtime.tail_call_codes.add(function.body.__code__)
        function.arity = -1 if function.has_rest else function.fixed_count

    def _generic(self, function: LinkedFunction) -> Callable[..., Value]:
        """What a specialized body calls with arguments that it does not expect: from then on, one for all kinds."""

        def generic_body(fiber: Fiber, closure: Closure, *args: Value) -> Value:
            if function.specialized:
                function.specialized = False
                self._install(function, {})
            assert function.raw_body is not None
            return function.raw_body(fiber, closure, *args)

        return generic_body


def translate(function: LinkedFunction, guarded: dict[int, str]) -> Translation:
    """The Python source of a function. guarded: the kinds that parameters are expected to have. Raises Untranslatable."""
    runtime = function.module.runtime

    def resolve(name: str) -> Builtin | None:
        return None if runtime.denied else runtime.registry.get(name)

    try:
        layout = analyze(function.chunk)
    except BadBytecode as error:
        raise Untranslatable(str(error)) from None
    kinds: dict[int, str] = dict(guarded)
    refuted: set[int] = set()
    for _ in range(_MOST_PASSES):
        translator = Translator(function.chunk, layout, resolve, function.children, kinds, guarded)
        translation = translator.run()
        stored = translator.stored_kinds
        if any(stored.get(slot) != {kind} for slot, kind in guarded.items()):
            guarded = {slot: kind for slot, kind in guarded.items() if stored.get(slot) == {kind}}
            kinds = dict(guarded)
            continue
        wrong = {slot for slot, kind in kinds.items() if stored.get(slot, set()) != {kind}}
        if wrong:
            refuted |= wrong
            kinds = {slot: kind for slot, kind in kinds.items() if slot not in wrong}
            continue
        # A local whose first value is of a known kind is taken to keep it; the next pass finds out.
        found = {
            slot: next(iter(sorted(each - {""})))
            for slot, each in stored.items()
            if slot not in kinds and slot not in refuted and len(each - {""}) == 1
        }
        if not found:
            return translation
        kinds = {**kinds, **found}
    return Translator(function.chunk, layout, resolve, function.children, dict(guarded), guarded).run()


def _has_loop(function: LinkedFunction) -> bool:
    code = function.chunk.code
    return bytes((Op.LOOP,)) in code or bytes((Op.FOR,)) in code


def _padding(function: LinkedFunction) -> list[Any]:
    padding: list[Any] = [None] * function.fixed_count
    for instruction in analyze(function.chunk).instructions:
        if instruction[0] == Op.IF_MISSING and instruction[1] < function.fixed_count:
            padding[instruction[1]] = MISSING
    return padding


def _code_objects(code: CodeType) -> list[CodeType]:
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.extend(_code_objects(constant))
    return found

"""The compiled tier: which functions are translated when, and what translating one does to it."""

from __future__ import annotations

import builtins
from types import CodeType
from typing import Any

from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.verifier import analyze
from harnpy.jit import support
from harnpy.jit.translator import Translation, Translator, Untranslatable
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.stack_walk import CompiledCode
from harnpy.vm.values import MISSING, Builtin

# Calls after which a function without loops is translated. One with loops is translated at its first call.
CALLS_UNTIL_HOT = 30

# Passes in which the kinds of locals are found out; functions that need more do without.
_MOST_PASSES = 8

_NAMESPACE = {**vars(builtins), **vars(support)}


class JitTier:
    """Translates functions when they are worth it: at their first call (eager, or with a loop), or once hot."""

    def __init__(self, eager: bool) -> None:
        self._eager = eager
        self.compiled = 0
        self.refused = 0

    def warm(self, function: LinkedFunction) -> None:
        """Note a call of a function that is not translated yet, and translate it if it is time."""
        function.heat += 1
        if function.heat == 1:
            worth = self._eager or _has_loop(function)
        else:
            worth = function.heat == CALLS_UNTIL_HOT
        if worth:
            self.compile(function)

    def compile(self, function: LinkedFunction) -> None:
        """Translate function; one that cannot be stays with the interpreter."""
        try:
            translation = translate(function)
        except Untranslatable:
            self.refused += 1
            return
        self.compiled += 1
        path = f"<harn {function.path}:{function.name}>"
        code = compile(translation.source, path, "exec")
        scope: dict[str, Any] = {
            "__builtins__": _NAMESPACE,
            "module": function.module,
            **translation.constants,
        }
        exec(code, scope)
        raw = scope["body"]
        registered = function.module.runtime.compiled_codes
        for each in _code_objects(raw.__code__):
            registered[each] = CompiledCode(function, translation.positions)
        function.padding = _padding(function)
        function.raw_body = raw
        function.body = support.trampoline(raw) if translation.trampoline else raw
        scope["self_body"] = function.body
        if translation.trampoline:
            function.module.runtime.tail_call_codes.add(function.body.__code__)
        function.arity = -1 if function.has_rest else function.fixed_count


def translate(function: LinkedFunction) -> Translation:
    """The Python source of a function. Raises Untranslatable."""
    runtime = function.module.runtime

    def resolve(name: str) -> Builtin | None:
        return None if runtime.denied else runtime.registry.get(name)

    try:
        layout = analyze(function.chunk)
    except BadBytecode as error:
        raise Untranslatable(str(error)) from None
    kinds: dict[int, str] = {}
    refuted: set[int] = set()
    for _ in range(_MOST_PASSES):
        translator = Translator(function.chunk, layout, resolve, function.children, kinds)
        translation = translator.run()
        stored = translator.stored_kinds
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
    return Translator(function.chunk, layout, resolve, function.children, {}).run()


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

"""The compiled tier: which functions and loops are translated when, and what translating one does to it."""

from __future__ import annotations

import builtins
import time
import warnings
from types import CodeType

from harnpy import TYPE_CHECKING
from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.verifier import analyze
from harnpy.jit import recovery, support
from harnpy.jit.calls import ends_in_calls
from harnpy.jit.direct import Direct
from harnpy.jit.field_kinds import FieldKinds
from harnpy.jit.kinds import ANY, COUNTER, DICT, FLOAT, INT, LIST, SET, STR, STRUCT, kind_of
from harnpy.jit.knowledge import Asked, Assumptions, Misses, Translation, Untranslatable
from harnpy.jit.recovery import Unit
from harnpy.jit.shape import Shape
from harnpy.jit.translator import Translator
from harnpy.vm.calls import adapted, cold_entry
from harnpy.vm.errors import HarnError
from harnpy.vm.frames import UNSET
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.stack_walk import CompiledCode, note_translated
from harnpy.vm.values import MISSING, Builtin, Closure, HarnSet, StructInstance, StructType, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.frames import Frame
    from harnpy.vm.runtime import Runtime

# Calls, or rounds of loops, after which a function is translated, and rounds after which a running loop is.
HOT = 30
# Kinds that are tested for at the start of a function or loop.
_GUARDED = INT | FLOAT | STR | LIST | DICT | STRUCT | COUNTER | SET
# What stands for values that have been passed, where only their kind matters: to keep those would be to share them.
_SAMPLES: dict[type, Value] = {
    list: [],
    dict: {},
    str: "",
    HarnSet: HarnSet({}, True),
    StructInstance: StructInstance(StructType(""), {}),
}
# Passes in which the kinds of locals are found out, before they are all taken for anything.
_MOST_PASSES = 12
# Translations of a function for callers that know their arguments, and how deep such callers may be in one another.
_MOST_DIRECTS = 3
_DEEPEST = 8
# Wrong guesses after which there are no more of those.
_MISSES_OF_DIRECTS = 6
# Wrong guesses after which a function is translated without any.
_MOST_MISSES = 24


class JitTier:
    """Translates what is worth it, and keeps count.

    eager: every function at its first call and every loop at its first round; hot: what is worth it otherwise.
    """

    def __init__(self, runtime: Runtime, eager: bool = False, hot: int = HOT) -> None:
        self._runtime = runtime
        self._eager = eager
        self._hot = 1 if eager else hot
        self._namespace: dict[str, Any] = {**vars(builtins), **vars(support), **vars(recovery)}
        runtime.scheduler.flag.attach(self._namespace)
        runtime.tail_call_codes.add(id(support.make_tail_calls.__code__))
        self._shapes: dict[LinkedFunction, Shape] = {}
        self._misses: dict[LinkedFunction, Misses] = {}
        self._loops: dict[tuple[LinkedFunction, int], Unit | None] = {}
        self._struct_fields: dict[int, frozenset[str]] = {}
        self._field_kinds = FieldKinds(runtime.field_types, self._outdate)
        self._sites: list[tuple[dict[str, Any], str]] = []
        self._directs: dict[LinkedFunction, list[Direct]] = {}
        self._too_deep: set[LinkedFunction] = set()  # nested deeper than Python allows
        self._samples: dict[LinkedFunction, dict[int, Value]] = {}  # what parameters have been
        self._depth = 0
        self._count = 0
        self.compiled = 0
        self.loops = 0
        self.refused = 0
        self.misses = 0
        self.seconds = 0.0

    def counts(self) -> dict[str, float]:
        """How much has been translated (functions, loops), left alone (refused), in how many seconds, and how many
        guesses have been wrong (misses)."""
        return {
            "functions": self.compiled,
            "loops": self.loops,
            "refused": self.refused,
            "misses": self.misses,
            "seconds": self.seconds,
        }

    # --- functions ---------------------------------------------------------------------------------------------------------

    def warm(self, function: LinkedFunction, args: Sequence[Value], closure: Closure | None = None) -> None:
        """Note a call of a function that is not translated, and translate it if it is time.

        The kinds of args are what the translation expects of later calls.
        """
        function.heat += 1
        if function.heat >= self._hot or (function.is_generator and _has_loop(function)):
            self.compile(function, args, closure)

    def compile(self, function: LinkedFunction, args: Sequence[Value], closure: Closure | None = None) -> None:
        """Translate function; one that cannot be stays with the interpreter."""
        if function.refused:
            return
        started = time.perf_counter()
        values = dict(enumerate(args[: function.fixed_count]))
        if closure is not None:
            values.update(zip(function.capture_targets, closure.captures))
            values[-1] = closure
        try:
            self._install(function, values)
            self.compiled += 1
        except Untranslatable:
            function.refused = True
            self.refused += 1
        self.seconds += time.perf_counter() - started

    def _install(self, function: LinkedFunction, values: dict[int, Value]) -> None:
        """Make the translation of function what calls of it run."""
        misses = self._misses_of(function)
        self._samples[function] = {
            slot: _SAMPLES.get(type(value), value)
            for slot, value in values.items()
            if 0 <= slot < function.fixed_count and kind_of(value) & _GUARDED & ~COUNTER
        }
        translation = self.translate(function, values, misses)
        unit = self._load(function, translation, misses)
        raw = unit.scope[translation.name]
        body = support.trampoline(raw) if translation.trampoline else raw
        if translation.trampoline:
            self._runtime.tail_call_codes.add(id(body.__code__))
        unit.scope["self_entry"] = body
        unit.raw = raw
        function.raw_body = raw
        self.methods_changed()
        function.padding = _padding(self._shape(function))
        function.body = body
        function.entry = _rest_entry(function, body) if function.has_rest else body
        function.arity = -1 if function.has_rest else function.fixed_count

    def translate(self, function: LinkedFunction, values: dict[int, Value], misses: Misses) -> Translation:
        """The Python source of a function. values: what parameters and captures have been. Raises Untranslatable."""
        return self._translate(function, values, misses, None)

    def _translate(
        self,
        function: LinkedFunction,
        values: dict[int, Value],
        misses: Misses,
        loop: int | None,
        direct: Direct | None = None,
    ) -> Translation:
        asked, translation = self._settle(function, values, misses, loop, direct, {})
        directs = self._directs_for(asked)
        if directs:
            _, translation = self._settle(function, values, misses, loop, direct, directs)
        return translation

    def _settle(
        self,
        function: LinkedFunction,
        values: dict[int, Value],
        misses: Misses,
        loop: int | None,
        direct: Direct | None,
        directs: dict[int, Direct],
    ) -> tuple[dict[int, Asked], Translation]:
        """Translate until nothing new is found; also, what the last pass would rather have called directly."""
        sample = {slot: kind_of(value) for slot, value in values.items()}
        shape = self._shape(function)
        self._count += 1
        name = f"f{self._count}"
        assumed = Assumptions()
        wanted: set[int] = set()
        natural: set[int] = set()
        for attempt in range(_MOST_PASSES):
            guards = self._guards(sample, misses, wanted if loop is None else sample.keys())
            if direct is not None:
                guards = {
                    slot: kind
                    for slot, kind in guards.items()
                    if slot < len(direct.kinds)
                    and (direct.kinds[slot] != kind or (slot in natural and not direct.natural[slot]))
                }
            translator = Translator(
                shape,
                self._resolve,
                assumed,
                guards,
                misses,
                name,
                loop,
                self._fields(function),
                values,
                self._shape_or_none,
                natural,
                self._field_kinds,
                direct,
                directs,
            )
            translation = translator.run()
            found = translator.found
            new: set[int] = set()
            new_natural: set[int] = set()
            if loop is None:
                new = (found.wanted & sample.keys()) - wanted
                new_natural = (found.natural & sample.keys()) - natural
            if assumed.covers(found) and not new and not new_natural:
                if all(kinds == self._field_kinds.kinds(each) for each, kinds in translation.relied.items()):
                    return found.asked, translation
                continue  # it stores what it takes for not stored
            if new or new_natural:
                # Tests at the start change what is known of everything: begin anew.
                wanted |= new
                natural |= new_natural
                assumed.kinds, assumed.signed, assumed.results = {}, set(), 0
                continue
            assumed.merge(found)
            if attempt >= _MOST_PASSES // 2:
                assumed.kinds = dict.fromkeys(range(function.chunk.slot_count), ANY)
                assumed.signed = set(range(function.chunk.slot_count))
                assumed.results = ANY
        raise Untranslatable("the kinds of its locals do not settle")

    # --- translations for callers that know their arguments -------------------------------------------------------------------

    def _directs_for(self, asked: dict[int, Asked]) -> dict[int, Direct]:
        """What calls that have asked for it, by their instruction, may call directly."""
        found = {}
        for index, (closure, kinds, natural) in asked.items():
            direct = self._direct(closure, kinds, natural)
            if direct is not None:
                found[index] = direct
        return found

    def _direct(self, closure: Closure, kinds: tuple[int, ...], natural: tuple[bool, ...]) -> Direct | None:
        """A translation of closure's function for arguments of these kinds, if there may be one."""
        function = closure.function
        assert function is not None
        if function.refused or (function.body is None and function.heat < self._hot // 2 and function.raw_body is None):
            return None
        made = self._directs.setdefault(function, [])
        kinds = tuple([kind or ANY for kind in kinds])
        shape = self._shape_or_none(function)
        if shape is None or shape.calls_itself:
            natural = (False,) * len(kinds)  # which it will hardly tell of what it passes to itself
        same = [each for each in made if each.closure is closure and not each.retired]
        for each in same:
            if each.kinds == kinds and each.natural == natural:
                return each
        misses = self._misses_of(function)
        if len(made) >= _MOST_DIRECTS or self._depth >= _DEEPEST or misses.count > _MISSES_OF_DIRECTS:
            return next((each for each in same if each.takes(kinds, natural)), None)
        direct = Direct(closure, kinds, natural, ends_in_calls(function), self._namespace, self._direct)
        made.append(direct)
        self._depth += 1
        try:
            translation = self._translate(function, self._values_of(direct), misses, None, direct)
            if translation.trampoline and not direct.ends_in_calls:
                raise Untranslatable("its callers would have to make its tail calls")
            unit = self._load(function, translation, misses, direct)
        except Untranslatable:
            # It stays among those that are made, out of use, so that nobody tries again.
            direct.retired = True
            return None
        finally:
            self._depth -= 1
        self.compiled += 1
        code = unit.scope[translation.name].__code__
        if direct.ends_in_calls:
            unit.scope["inner"] = direct.inner
            direct.inner.__code__ = code
            direct.call.__code__ = support.outermost(len(kinds)).__code__
        else:
            direct.promised = translation.results
            direct.call.__code__ = code
        return direct

    def _values_of(self, direct: Direct) -> dict[int, Value]:
        """What parameters and captures have been, of use for a direct translation."""
        values: dict[int, Value] = {}
        for slot, kinds in enumerate(direct.kinds):
            value = self._samples.get(direct.function, {}).get(slot)
            if value is not None and kind_of(value) & kinds:
                values[slot] = value
        values.update(zip(direct.function.capture_targets, direct.closure.captures))
        values[-1] = direct.closure
        return values

    def _drop(self, unit: Unit) -> None:
        """Have a unit translated anew, as what it calls is not what it was any more."""
        if unit.stale:
            return
        unit.stale = True
        function = unit.function
        if unit.direct is not None:
            self._retire(unit.direct)
        elif unit.raw is not None:
            unit.raw.__code__ = _forward.__code__
            if function.raw_body is unit.raw:
                _send_back(function)

    def _retire(self, direct: Direct) -> None:
        if direct.retired:
            return
        direct.retire()
        made = self._directs[direct.function]
        if direct in made:
            made.remove(direct)
        callers, direct.callers = direct.callers, []
        for unit in callers:
            self._drop(unit)

    def _guards(self, sample: dict[int, int], misses: Misses, wanted: Any) -> dict[int, int]:
        if misses.all:
            return {}
        return {
            slot: kind
            for slot, kind in sorted(sample.items())
            if slot >= 0 and slot in wanted and slot not in misses.guards and kind & _GUARDED
        }

    def _load(
        self, function: LinkedFunction, translation: Translation, misses: Misses, direct: Direct | None = None
    ) -> Unit:
        """Compile the source and register its code. Raises Untranslatable for what is nested deeper than Python allows."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what only generated code says, such as `"a" is None`
            try:
                code = compile(translation.source, f"<harn {function.path}:{function.name}>", "exec")
            except (SyntaxError, RecursionError) as error:
                # Its loops are hardly worth a try each, thousands of them perhaps.
                self._too_deep.add(function)
                raise Untranslatable(str(error)) from None
        unit = Unit(function, translation, misses, self)
        if direct is not None:
            unit.direct = direct
            unit.scope = direct.scope
        for called in translation.directs:
            called.callers = [each for each in called.callers if each is not unit and not each.stale]
            called.callers.append(unit)
        unit.scope.update(
            {
                "__builtins__": self._namespace,
                "module": function.module,
                "struct_type": function.module.struct_type,
                "unit": unit,
                "fields_changed": False,
                **translation.constants,
            }
        )
        self._runtime.scheduler.flag.watch(unit)
        exec(code, unit.scope)
        self._field_kinds.rely(unit, set(translation.relied))
        main = unit.scope[translation.name].__code__
        unit.helpers = {id(each) for each in _code_objects(code) if each is not main and each is not code}
        registered = self._runtime.compiled_codes
        for each in _code_objects(code):
            registered[id(each)] = CompiledCode(function, translation.positions, each)
        return unit

    def missed(self, unit: Unit) -> None:
        """A guess of a unit was wrong: do without it from the next call, or round, on."""
        self.misses += 1
        if unit.misses.count >= _MOST_MISSES:
            unit.misses.all = True
        self._replace(unit)

    def _outdate(self, unit: Unit) -> None:
        """Fields of structs may hold what a unit does not reckon with."""
        unit.scope["fields_changed"] = True
        if not unit.stale:
            unit.stale = True
            self._replace(unit)

    def _replace(self, unit: Unit) -> None:
        """Let a unit be translated anew for the next call, or round."""
        function = unit.function
        if unit.direct is not None:
            self._retire(unit.direct)
            return
        if unit.raw is not None:
            # Whoever still holds the body calls what takes its place from now on.
            unit.raw.__code__ = _forward.__code__
        if unit.entry is None and function.body is not None:
            _send_back(function)

    def remember_method(self, unit: Unit, site: str, type: StructType, method: Closure) -> None:
        """Let a place call method directly for structs of that type."""
        assert method.function is not None
        self._sites.append((unit.scope, site))
        unit.scope[f"{site}_type"] = type
        unit.scope[f"{site}_method"] = method
        unit.scope[f"{site}_entry"] = method.function.entry

    def methods_changed(self) -> None:
        """A struct has got methods, or a function another entry: let every place look its method up again."""
        for scope, site in self._sites:
            scope[f"{site}_type"] = None
        self._sites.clear()

    # --- loops -------------------------------------------------------------------------------------------------------------

    def loop(self, frame: Frame, start: int) -> bool:
        """Run the rest of the loop at instruction start, which begins another round in frame, translated.

        False if it stays with the interpreter. Otherwise the frame is set to where it goes on.
        """
        function = frame.function
        function.heat += 1
        if function.heat < self._hot:
            return False
        unit = self._loops.get((function, start))
        if unit is None or unit.stale:
            if function in self._too_deep or ((function, start) in self._loops and unit is None):
                return False
            unit = self._compile_loop(frame, start)
            if unit is None:
                return False
        fiber = frame.fiber
        fiber.frame = frame
        try:
            pc, head, stack = unit.entry(fiber, frame.closure, frame.slots)
        except HarnError as error:
            note_translated(fiber, error, error.__traceback__)
            error.last_frame = id(frame)
            error.__traceback__ = None
            raise
        frame.stack.extend(stack)
        frame.pc = function.step_of(pc) + head
        return True

    def _compile_loop(self, frame: Frame, start: int) -> Unit | None:
        function = frame.function
        started = time.perf_counter()
        misses = self._misses_of(function)
        values = {slot: value for slot, value in enumerate(frame.slots) if value is not UNSET}
        try:
            translation = self._translate(function, values, misses, start)
            unit = self._load(function, translation, misses)
            unit.entry = unit.scope[translation.name]
            self._loops[(function, start)] = unit
            self.loops += 1
            return unit
        except Untranslatable:
            self._loops[(function, start)] = None
            self.refused += 1
            return None
        finally:
            self.seconds += time.perf_counter() - started

    # --- what is known of chunks ---------------------------------------------------------------------------------------------

    def _misses_of(self, function: LinkedFunction) -> Misses:
        return self._misses.setdefault(function, Misses())

    def _shape(self, function: LinkedFunction) -> Shape:
        found = self._shapes.get(function)
        if found is None:
            try:
                found = self._shapes[function] = Shape(function, analyze(function.chunk))
            except BadBytecode as error:
                raise Untranslatable(str(error)) from None
        return found

    def _shape_or_none(self, function: LinkedFunction) -> Shape | None:
        try:
            return self._shape(function)
        except Untranslatable:
            return None

    def _resolve(self, name: str) -> Builtin | None:
        return None if self._runtime.denied else self._runtime.registry.get(name)

    def _fields(self, function: LinkedFunction) -> frozenset[str]:
        """The names of fields and methods of structs that the function's module may have: a guess at what `x.f` is."""
        key = id(function.module)
        found = self._struct_fields.get(key)
        if found is None:
            names: set[str] = set()
            pending = [function.module.compiled.main]
            while pending:
                chunk = pending.pop()
                pending.extend(chunk.children)
                if bytes((Op.STRUCT,)) in chunk.code or bytes((Op.IMPL,)) in chunk.code:
                    for value in chunk.constants:
                        if type(value) is str:
                            names.add(value)
                        elif type(value) is list:
                            names.update(each for each in value if type(each) is str)
            found = self._struct_fields[key] = frozenset(names)
        return found


def _send_back(function: LinkedFunction) -> None:
    """Let the interpreter run a function until it is translated anew."""
    function.body = function.raw_body = None
    function.entry = cold_entry
    function.arity = -1


def _forward(fiber: Fiber, closure: Closure, *args: Value) -> Value:
    """The code of bodies that are out of use."""
    return closure.function.entry(fiber, closure, *args)  # type: ignore[union-attr]


def _rest_entry(function: LinkedFunction, body: Callable[..., Value]) -> Callable[..., Value]:
    def entry(fiber: Fiber, closure: Closure, *args: Value) -> Value:
        return body(fiber, closure, *adapted(function, list(args)))

    return entry


def _has_loop(function: LinkedFunction) -> bool:
    code = function.chunk.code
    return bytes((Op.LOOP,)) in code or bytes((Op.FOR,)) in code


def _padding(shape: Shape) -> list[Any]:
    return [MISSING if slot in shape.missing else None for slot in range(shape.function.fixed_count)]


def _code_objects(code: CodeType) -> list[CodeType]:
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.extend(_code_objects(constant))
    return found

"""The runtime: everything that a running program needs and shares, and the ways to compile and run one.

All state hangs off a Runtime. Two runtimes in one process do not see each other, and a test needs no reset.
"""

from __future__ import annotations

import os
from time import perf_counter

from harnpy import TYPE_CHECKING
from harnpy.bytecode.cache import BytecodeCache, cache_directory
from harnpy.bytecode.chunk import CompiledModule
from harnpy.bytecode.errors import CompileError
from harnpy.stack_room import make_room
from harnpy.vm.directories import absolute
from harnpy.vm.effects import EffectSeam
from harnpy.vm.errors import Category, HarnError, Interrupted, categorized_error
from harnpy.vm.fiber import Fiber, TaskState
from harnpy.vm.field_types import FieldTypes
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.modules import ModuleInstance, ModuleLoader
from harnpy.vm.mutex import Mutex
from harnpy.vm.output import Output
from harnpy.vm.registry import Registry
from harnpy.vm.scheduler import Scheduler
from harnpy.vm.span_log import traced_span
from harnpy.vm.stack_walk import CompiledCode, line_at
from harnpy.vm.values import Value
from harnpy.vm.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any, NoReturn, Protocol, TypeVar

    from harnpy.syntax.ast import Program
    from harnpy.syntax.diagnostics import Diagnostic
    from harnpy.vm.errors import TraceEntry
    from harnpy.vm.frames import Frame
    from harnpy.vm.host_bridge import HostBridge
    from harnpy.vm.values import Builtin, Closure

    T = TypeVar("T")
    # Learns of a call of a builtin before it is made, and raises to refuse it.
    Gate = Callable[[Fiber, Builtin, Sequence[Value]], None]
    # Finds what is wrong with a program, as far as that shows before it runs.
    Check = Callable[[Program], Sequence[Diagnostic]]
else:
    Protocol = object

# What stands for the path of a program without a file. Neither has a directory part, so that everything relative
# resolves in the working directory.
EVAL_PATH = "<eval>"  # code given on the command line
REPL_PATH = "<repl>"


class Tier(Protocol):
    """An execution tier above the interpreter."""

    def warm(self, function: LinkedFunction, args: Sequence[Value], closure: Closure | None = None) -> None:
        """Note a call of a function that is not translated yet; translate it if it is time."""

    def loop(self, frame: Frame, start: int) -> bool:
        """Note another round of the loop at instruction start; True if the rest of it has been run."""

    def methods_changed(self) -> None:
        """A struct has got methods."""

    def counts(self) -> dict[str, float]:
        """What has been translated, for people; empty if nothing was worth it."""


class Runtime:
    """One program's world, builtins, modules, tasks and policies.

    denied: builtin names that calls are refused for. argv: the global of that name, when given. jit names the
    execution tier ("off": the interpreter).
    """

    def __init__(
        self,
        registry: Registry,
        *,
        world: World | None = None,
        denied: frozenset[str] = frozenset(),
        argv: list[str] | None = None,
        jit: str = "off",
    ) -> None:
        self.registry = registry
        self.world = world if world is not None else World()
        self.denied = denied
        self.gates: tuple[Gate, ...] = (self._refuse_denied,) if denied else ()
        self.jit = jit
        self.seam = EffectSeam()
        self.scheduler = Scheduler(self.world.clock)
        self.mutex = Mutex()
        self.field_types = FieldTypes()
        self.globals: dict[str, Value] = {}
        if argv is not None:
            self.globals["argv"] = list(argv)
        self.tier: Tier | None = None  # translates hot functions; None leaves everything to the interpreter
        self.cached_modules = 0  # that compile found in the cache; the others it compiled, in so many seconds
        self.compiled_modules = 0
        self.compile_seconds = 0.0
        self.compiled_codes: dict[int, CompiledCode] = {}  # by the identity of the code
        self.tail_call_codes: set[int] = set()  # identities of code that makes the tail calls of translated functions
        self.parameters: dict[str, Value] = {}  # what a host gives to pipeline parameters
        self.main_task: TaskState | None = None  # what the main fiber of each run inherits
        self.host: HostBridge | None = None  # the program that this one runs for
        # Makes the objects that Python code meets for functions, structs and the like, if a host has its own.
        self.stand_in: Callable[[Value], Any] | None = None
        self.entry_path = ""
        self.uses_python = False  # whether a Python module has been imported, so that values may be Python objects
        self._states: dict[type, Any] = {}
        self._loader = ModuleLoader(self)
        self._cache: BytecodeCache | None = None
        self._main_fiber: Fiber | None = None
        self._interrupt_early = False
        self._closers: list[Callable[[], object]] = []
        self._finishers: list[Callable[[Fiber], object]] = []
        make_room()

    # --- compiling --------------------------------------------------------------------------------------------------

    def compile(
        self,
        source: str | bytes,
        path: str,
        *,
        mode: str = "entry",
        use_cache: bool = True,
        check: Check | None = None,
    ) -> CompiledModule:
        """Compile a file, or take it from the cache.

        With check, which has to be the same one for all programs whose modules one cache keeps, the module carries its
        findings. Raises HarnSyntaxError, CheckFailed if there is an error among the findings, and CompileError.
        """
        data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
        if use_cache:
            if self._cache is None:
                self._cache = BytecodeCache(cache_directory(), self.registry.names)
            found = self._cache.load(data, mode, path)
            if found is not None and (check is None or found.findings is not None):
                self.cached_modules += 1
                return found
        started = perf_counter()
        from harnpy.bytecode.assembler import assemble
        from harnpy.syntax.parser import parse_program
        from harnpy.vm.standard_types import standard_types

        program = parse_program(source, path)
        findings = None if check is None else _checked(program, check, source, path)
        try:
            module = assemble(program, path, mode, frozenset(self.registry.names), standard_types, findings)
        except CompileError as error:
            error.findings = findings or ()
            raise
        if use_cache and self._cache is not None:
            self._cache.save(data, module)
        self.compiled_modules += 1
        self.compile_seconds += perf_counter() - started
        return module

    # --- running ----------------------------------------------------------------------------------------------------

    def run(self, module: CompiledModule, pipeline: str | None = None) -> Value:
        """Run the entry (or the named pipeline) on a fresh main fiber; its value.

        Output is written as the program goes and flushed at the end, also of a failing program. Raises HarnError
        with its trace, ExitProgram, Interrupted.
        """
        try:
            return self.run_on(self.main_fiber(), module, pipeline)
        finally:
            self._main_fiber = None

    def run_on(self, fiber: Fiber, module: CompiledModule, pipeline: str | None = None) -> Value:
        """As run, on a main fiber that has been made before."""
        self.entry_path = module.path
        directory = os.path.dirname(absolute(module.path))
        instance = ModuleInstance(self, module, module.path, directory, module.path)
        instance.entry_pipeline = pipeline
        try:
            self._loader.run_imports(fiber, instance, os.path.dirname(module.path))
            with traced_span(fiber, "pipeline", "main"):
                return fiber.call(instance.main())
        finally:
            try:
                for finisher in self._finishers:
                    finisher(fiber)
            finally:
                self.world.flush()

    def main_fiber(self) -> Fiber:
        """A fresh fiber for a program's main body."""
        fiber = Fiber(self, (), Output(), self.main_task.child() if self.main_task is not None else None, None)
        self._main_fiber = fiber
        self.scheduler.flag.enter(fiber)
        if self._interrupt_early:
            fiber.cancel(Interrupted())
        return fiber

    def begin_with(self, value: object) -> None:
        """Let the tasks of every run begin with value as their instance of its class, which has a method `inherit()`."""
        if self.main_task is None:
            self.main_task = TaskState()
        self.main_task.put(value)

    def session(self, path: str) -> Session:
        """A scope that lives on between inputs (REPL)."""
        return Session(self, path)

    def interrupt(self) -> None:
        """Make the running main fiber raise Interrupted; safe in signal handlers and from other threads.

        In a signal handler this is the last thing to do: a read of standard input is ended by an OSError raised here.
        """
        fiber = self._main_fiber
        if fiber is None:
            self._interrupt_early = True
            return
        self.stop_main(Interrupted())
        self.scheduler.call_from_signal(fiber.unpark)
        self.world.stop_reading()

    @property
    def interrupted(self) -> bool:
        """Whether the running main fiber is to end, or ends, before it is done."""
        return self._main_fiber is not None and self._main_fiber.interruption is not None

    def insist(self) -> None:
        """Interrupt a main fiber that was interrupted before and has not ended: what it cleans up stays unfinished."""
        fiber = self._main_fiber
        if fiber is not None:
            fiber.allow_interruption()
            self.interrupt()

    def abandon(self) -> None:
        """Kill the child processes before the process ends without cleaning up; safe in signal handlers."""
        self.world.kill_programs()

    def stop_main(self, reason: BaseException) -> None:
        """End the main fiber with reason: `exit` in a task, or a defect."""
        fiber = self._main_fiber
        if fiber is not None:
            fiber.interruption = reason
            self.scheduler.flag.rise()
            if self.scheduler.has_loop:
                self.scheduler.call_from_signal(fiber.unpark)

    def on_end(self, finisher: Callable[[Fiber], object]) -> None:
        """Call finisher with the main fiber once a program has ended, however it did, while fibers can still run."""
        self._finishers.append(finisher)

    def on_close(self, closer: Callable[[], object]) -> None:
        """Call closer when the runtime has stopped running anything."""
        self._closers.append(closer)

    def close(self) -> None:
        """Stop the event loop and close what hangs on it; tasks that still wait are dropped."""
        self.scheduler.close()
        while self._closers:
            self._closers.pop()()

    def background(self, coroutine: Any) -> Any:
        """Run a coroutine beside the fibers until it ends or the runtime closes."""
        return self.scheduler.background(coroutine)

    # --- shared state and policy --------------------------------------------------------------------------------------

    def state(self, kind: type[T]) -> T:
        """The runtime's one instance of kind, made by `kind()` when it is first asked for."""
        value: T | None = self._states.get(kind)
        if value is None:
            value = self._states[kind] = kind()
        return value

    def put_state(self, kind: type[T], value: T) -> None:
        """Let value be the runtime's one instance of kind."""
        self._states[kind] = value

    def define(self, function: Builtin) -> None:
        """Add or replace a builtin of this runtime; what is compiled from now on knows it."""
        self.registry.define(function)
        self._cache = None  # which goes by the names of the builtins

    def warm(self, function: LinkedFunction, args: Sequence[Value], closure: Closure | None = None) -> None:
        """Let the compiled tier, if there is one, note a call of function."""
        if self.tier is not None and function.body is None:
            self.tier.warm(function, args, closure)

    def compiled_entry(self, code: CodeType, offset: int) -> TraceEntry | None:
        """The place that an instruction of translated code stands for; None for any other code."""
        compiled = self.compiled_codes.get(id(code))
        return compiled.entry(line_at(code, offset)) if compiled is not None else None

    def add_gate(self, gate: Gate) -> None:
        """Let gate be asked before every call of a builtin with effects; adding it again changes nothing.

        It may not be asked about builtins without effects: translated code calls their Python functions.
        """
        if gate not in self.gates:
            self.gates = (*self.gates, gate)

    def deny(self, names: frozenset[str]) -> None:
        """Refuse calls of further builtins, before anything runs."""
        if names and not self.denied:
            self.gates = (self._refuse_denied, *self.gates)
        self.denied |= names

    def _refuse_denied(self, fiber: Fiber, function: Builtin, args: Sequence[Value]) -> None:
        if function.name in self.denied:
            self.reject(function.name)

    def reject(self, name: str) -> NoReturn:
        """Raise the error of a call that the policy denies."""
        raise categorized_error(Category.TOOL_REJECTED, f"Tool '{name}' is not permitted.")

    @property
    def loader(self) -> ModuleLoader:
        return self._loader


class Session:
    """Inputs that share one scope: variables, functions, types and imports carry over, failed inputs leave nothing
    half-declared."""

    def __init__(self, runtime: Runtime, path: str) -> None:
        from harnpy.bytecode.assembler import SessionCompiler
        from harnpy.vm.standard_types import standard_types

        self._runtime = runtime
        self._path = path
        self._compiler = SessionCompiler(path, frozenset(runtime.registry.names), standard_types)
        self._instance: ModuleInstance | None = None
        self._names: tuple[str, ...] = ()

    def eval(self, text: str) -> tuple[Value, bool]:
        """Run one input: its value, and whether its last statement is an expression that has one.

        Raises HarnSyntaxError, CompileError, HarnError, ExitProgram, Interrupted.
        """
        from harnpy.bytecode.expressions import EXPRESSION_NODES
        from harnpy.syntax.parser import parse_program
        from harnpy.vm.frames import UNSET

        program = parse_program(text, self._path)
        module = self._compiler.compile(program)
        directory = absolute(".")
        instance = ModuleInstance(self._runtime, module, self._path, directory, self._path)
        if self._instance is not None:
            instance.struct_types = self._instance.struct_types
            instance.imported = self._instance.imported
            instance.variables = self._instance.variables
            instance.session_numbers = self._instance.session_numbers
        instance.variables.extend([UNSET] * (len(module.variables) - len(instance.variables)))
        instance.session_numbers.update((name, number) for number, name in enumerate(module.variables))
        self._instance, self._names = instance, module.variables
        self._runtime.entry_path = self._path
        fiber = self._runtime.main_fiber()
        try:
            self._runtime.loader.run_imports(fiber, instance, "")
            value = fiber.call(instance.main())
        finally:
            self._runtime.world.flush()
        return value, bool(program.items) and isinstance(program.items[-1], EXPRESSION_NODES)

    def names(self) -> dict[str, Value]:
        """The visible bindings."""
        from harnpy.vm.frames import UNSET

        if self._instance is None:
            return {}
        values = {name: value for name, value in zip(self._names, self._instance.variables) if value is not UNSET}
        return {**self._instance.imported, **values}


def _checked(program: Program, check: Check, source: str | bytes, path: str) -> tuple[Diagnostic, ...]:
    """What check finds. Raises CheckFailed if there is an error among it."""
    findings = tuple(check(program))
    if any(each.severity == "error" for each in findings):
        from harnpy.syntax.diagnostics import CheckFailed
        from harnpy.syntax.source import decode_source

        raise CheckFailed(path, decode_source(source, path), findings)
    return findings


__all__ = ["HarnError", "Runtime", "Session"]

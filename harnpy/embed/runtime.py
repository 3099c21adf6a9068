"""What users of the package meet: `harnpy.run` and `harnpy.Runtime`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from harnpy.cli.compose import make_registry, make_runtime
from harnpy.embed.engine import Engine
from harnpy.embed.errors import HarnExit, translated
from harnpy.embed.functions import declared_builtin
from harnpy.embed.module import Module
from harnpy.embed.values import to_harn
from harnpy.embed.world import CapturedOutput, EmbeddedWorld, Readable
from harnpy.vm.modules import ModuleInstance
from harnpy.vm.python.conversion import to_python

if TYPE_CHECKING:
    from types import TracebackType

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.sandbox.policy import Policy

F = TypeVar("F", bound=Callable[..., Any])
Program = str | os.PathLike[str]

# What stands for the path of a program without a file.
SOURCE_PATH = "<source>"
_FILE_NAME = re.compile(r"[^\s(){}\[\];\"']+\.harn")


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run has ended. value is that of the program's pipeline, None for a script without one.

    output is what it has printed. exit_code is that of `exit(code)`, 0 for a program that has come to its end.
    """

    value: Any
    output: str
    exit_code: int = 0


class Runtime:
    """A place for Harn programs, with builtins of its own; apart from all other runtimes of the process.

    args: the program's `argv`. variables: names that programs see, also as parameters of their pipelines. allow, deny:
    the only builtins that may be called, or those that may not. cwd: what relative paths start from. env: environment
    variables before those of the process. stdin: what the program reads, a text or an object with `readline`.
    on_output, on_error_output: called with what is printed, which else goes to the streams of the process. llm_mock:
    scripted answers of the model, texts or dicts as `llm_mock` takes them, in place of any provider. budget: USD that
    model calls may cost. on_event: called with every event of model calls. jit: whether hot functions are translated.

    Make it in any thread, close it when done: a context manager, also an asynchronous one.
    """

    def __init__(
        self,
        *,
        args: Sequence[str] = (),
        variables: Mapping[str, Any] | None = None,
        allow: Collection[str] | None = None,
        deny: Collection[str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | Readable = "",
        on_output: Callable[[str], object] | None = None,
        on_error_output: Callable[[str], object] | None = None,
        llm_mock: Iterable[str | Mapping[str, Any]] | None = None,
        budget: float | None = None,
        on_event: Callable[[Any], object] | None = None,
        jit: Literal["off", "auto", "eager"] = "auto",
    ) -> None:
        registry = make_registry()
        world = EmbeddedWorld(on_output, on_error_output, stdin, env)
        policies = _policies(allow, deny)
        vm = make_runtime(registry=registry, world=world, argv=list(args), jit=jit)
        if policies:
            from harnpy.cli.sandbox import confine

            confine(vm, policies)
        self._vm = vm
        self._engine = Engine(vm)
        self._cwd = os.path.abspath(cwd) if cwd is not None else None
        self._on_output = on_output
        if cwd is not None or env:
            from harnpy.builtins.file_access import ExecutionContext

            vm.begin_with(ExecutionContext(self._cwd, env))
        for name, value in (variables or {}).items():
            vm.globals[name] = vm.parameters[name] = to_harn(self._engine, value)
        if llm_mock is not None or on_event is not None or budget is not None:
            from harnpy.embed.models import attach

            attach(self._engine, llm_mock, budget, on_event)

    # --- builtins ---------------------------------------------------------------------------------------------------

    @overload
    def builtin(self, function: F, /) -> F: ...

    @overload
    def builtin(self, signature: str | None = None, /, *, effects: Collection[str] = ("host",)) -> Callable[[F], F]: ...

    def builtin(self, signature: Any = None, /, *, effects: Collection[str] = ("host",)) -> Any:
        """Make a Python function a builtin: `@runtime.builtin`, or `@runtime.builtin("name(a: int) -> string")`.

        As register. The function itself stays what it is.
        """
        if callable(signature):
            self.register(signature)
            return signature

        def mark(function: F) -> F:
            self.register(function, signature, effects=effects)
            return function

        return mark

    def register(
        self, function: Callable[..., Any], signature: str | None = None, *, effects: Collection[str] = ("host",)
    ) -> None:
        """Make a Python function, plain or async, a builtin of this runtime, for what is loaded from then on.

        signature is in Harn's syntax; without one it is told by the annotations. Arguments are checked against it, and
        then made what the annotations ask for (data classes, tuples, enums). An async function is awaited by the fiber
        that calls it, while others run. Exceptions become errors that the program can catch. effects say what it touches.
        Raises ValueError for a signature that is none.
        """
        made = declared_builtin(self._engine, function, signature, effects)
        self._vm.define(made)

    # --- programs ---------------------------------------------------------------------------------------------------

    def run(self, program: Program, *, pipeline: str | None = None) -> RunResult:
        """Run a program (a path or source text) to its end.

        A str is a path if it is a word that ends in `.harn`. Raises HarnError, HarnSyntaxError, OSError; RuntimeError
        on a running event loop, which it would block.
        """
        return self._engine.run(self._run(program, pipeline), "`await ....run_async(...)`")

    async def run_async(self, program: Program, *, pipeline: str | None = None) -> RunResult:
        """As run, for a running event loop. Cancelling it cancels the program, whose finally bodies run."""
        return await self._engine.run_async(self._run(program, pipeline))

    def _run(self, program: Program, pipeline: str | None) -> Callable[[Fiber], RunResult]:
        source, path = self._read(program)
        if path == SOURCE_PATH:
            self._engine.sources[path] = source
        output = CapturedOutput(self._on_output)

        def work(fiber: Fiber) -> RunResult:
            before, fiber.output = fiber.output, output
            try:
                with translated(self._engine):
                    compiled = self._vm.compile(source, path)
                    value = self._vm.run_on(fiber, compiled, pipeline)
                    return RunResult(to_python(self._vm, value), output.text)
            except HarnExit as end:
                return RunResult(None, output.text, end.code)
            finally:
                fiber.output = before

        return work

    def load(self, program: Program) -> Module:
        """Load a module (a path or source text, as in run): its top-level code runs, its functions can be called then.

        Raises HarnError, HarnExit, HarnSyntaxError, OSError; RuntimeError on a running event loop.
        """
        return self._engine.run(self._load(program), "`await runtime.load_async(...)`")

    async def load_async(self, program: Program) -> Module:
        """As load, for a running event loop."""
        return await self._engine.run_async(self._load(program))

    def _load(self, program: Program) -> Callable[[Fiber], Module]:
        source, path = self._read(program)
        in_file = path != SOURCE_PATH
        if not in_file:
            path = f"<source {len(self._engine.sources) + 1}>"
            self._engine.sources[path] = source

        def work(fiber: Fiber) -> Module:
            vm = self._vm
            with translated(self._engine):
                compiled = vm.compile(source, path, mode="module")
                directory = os.path.dirname(os.path.realpath(path)) if in_file else self._cwd or os.getcwd()
                identity = os.path.realpath(path) if in_file else path
                instance = ModuleInstance(vm, compiled, path, directory, identity)
                vm.entry_path = vm.entry_path or path
                vm.loader.run_imports(fiber, instance, directory)
                fiber.call(instance.main())
            return Module(self._engine, instance, source)

        return work

    def _read(self, program: Program) -> tuple[bytes, str]:
        """The source text and its path. Raises OSError."""
        if isinstance(program, str) and _FILE_NAME.fullmatch(program) is None:
            return program.encode("utf-8", "surrogatepass"), SOURCE_PATH
        path = os.path.join(self._cwd or "", os.fspath(program))
        with open(path, "rb") as file:
            return file.read(), path

    # --- the end ----------------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """End what runs, as Ctrl-C ends `harn run`; from any thread."""
        self._vm.interrupt()

    def close(self) -> None:
        """Cancel tasks that still run and close what is open. Closing again changes nothing."""
        self._engine.close()

    async def aclose(self) -> None:
        """As close, for a running event loop: waits until all is closed."""
        await self._engine.close_async()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Runtime:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()


def run(program: Program, **options: Any) -> RunResult:
    """Run a program (a path or source text) in a runtime of its own. options: those of Runtime."""
    with Runtime(**options) as runtime:
        return runtime.run(program)


async def run_async(program: Program, **options: Any) -> RunResult:
    """As run, for a running event loop, on which the program runs beside everything else."""
    async with Runtime(**options) as runtime:
        return await runtime.run_async(program)


def _policies(allow: Collection[str] | None, deny: Collection[str] | None) -> list[Policy]:
    if allow is not None and deny is not None:
        raise ValueError("a runtime has either `allow` or `deny`")
    for items in (allow, deny):
        if isinstance(items, str):
            raise TypeError("`allow` and `deny` are collections of names, not a str")
    items = allow if allow is not None else deny
    if items is None:
        return []
    from harnpy.vm.sandbox.policy import BadPolicy, policy

    try:
        return [policy(items, allows=allow is not None)]
    except BadPolicy as error:
        raise ValueError(str(error)) from None

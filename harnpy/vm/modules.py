"""Module instances and imports: what loading a module does, which names it gives (chapter 04)."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CompiledModule, ImportInfo
from harnpy.bytecode.errors import CompileError
from harnpy.vm.directories import absolute
from harnpy.vm.effects import IMPORT, OWN
from harnpy.vm.errors import HarnError, TraceEntry, runtime_error
from harnpy.vm.frames import UNSET
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.span_log import traced_span
from harnpy.vm.values import Closure, StructType, Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.runtime import Runtime


class ModuleInstance:
    """One loaded file of one runtime.

    variables are the module variables by number, imported the functions that imports have bound. late holds the
    imports whose module was still loading (a cycle): their names are found when they are used. Without a directory, as
    library modules are, its functions work in the source directory of whoever calls them.
    """

    def __init__(
        self, runtime: Runtime, compiled: CompiledModule, path: str, directory: str | None, identity: str
    ) -> None:
        self.runtime = runtime
        self.compiled = compiled
        self.path = path
        self.directory = directory
        self.identity = identity
        self.variables: list[Value] = [UNSET] * len(compiled.variables)
        self.struct_types: dict[str, StructType] = {}
        self.imported: dict[str, Value] = {}
        self.late: list[tuple[ModuleInstance, tuple[str, ...] | None]] = []
        self.entry_pipeline: str | None = None
        self.session_numbers: dict[str, int] = {}  # variables of the session by name, later inputs included
        self.loading = False

    def main(self) -> Closure:
        return Closure(LinkedFunction(self.compiled.main, self), (), self)

    def struct_type(self, name: str) -> StructType:
        """The struct of that name; one method table per struct, whichever block adds to it."""
        found = self.struct_types.get(name)
        if found is None:
            found = self.struct_types[name] = StructType(name, self.runtime.field_types)
        return found

    def imported_function(self, name: str) -> Value:
        """The function that an import, or a later input of a session, bound to name; None when there is none."""
        found = self.imported.get(name)
        if found is None and self.late:
            for module, names in self.late:
                if (name in names) if names is not None else module.gives(name):
                    found = module.export(name)
                    if found is not None:
                        return found
        number = self.session_numbers.get(name)
        if found is None and number is not None and is_callable(self.variables[number]):
            return self.variables[number]
        return found

    def gives(self, name: str) -> bool:
        """Whether a wildcard import brings name: a pub function, or any function when none is pub."""
        exports = self.compiled.exports
        return name in exports and (exports[name][1] or not any(is_pub for _, is_pub in exports.values()))

    def export(self, name: str) -> Value:
        """The function of that name, or None while it does not exist yet."""
        value = self.variables[self.compiled.exports[name][0]] if name in self.compiled.exports else UNSET
        return None if value is UNSET else value

    def exported(self, names: tuple[str, ...]) -> dict[str, Value]:
        """The functions of those names, None for those that do not exist yet."""
        return {name: self.export(name) for name in names}


class ModuleLoader:
    """Loads each module once, by canonical path."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._modules: dict[str, ModuleInstance] = {}

    def run_imports(self, fiber: Fiber, importer: ModuleInstance, base: str) -> None:
        """Execute the imports of a file in source order and bind what they bring."""
        for info in importer.compiled.imports:
            try:
                with traced_span(fiber, "import", info.path):
                    self._import(fiber, importer, base, info)
            except HarnError as error:
                if error.trace is None:
                    error.trace = ()
                error.trace = (*error.trace, TraceEntry("pipeline", importer.path, info.line, info.column))
                if error.import_line is None or importer.compiled.mode != "module":
                    error.import_line = info.line
                raise

    def _import(self, fiber: Fiber, importer: ModuleInstance, base: str, info: ImportInfo) -> None:
        from harnpy.import_paths import PYTHON

        if info.path.startswith(PYTHON):
            from harnpy.vm.python.loading import bindings

            directory = absolute(base or ".")
            self._bind(importer, info.path, bindings(fiber, info, directory))
            return
        if info.name:
            raise runtime_error(
                f'Import error: only Python modules ("py:...") have names: import "{info.path}" brings all its functions'
            )
        module = self._load(fiber, info.path, base)
        if info.names is not None:
            names = info.names
            for name in names:
                if name not in module.compiled.exports:
                    self._bind(importer, module.identity, module.exported(names[: names.index(name)]))
                    raise runtime_error(f"Import error: '{name}' is not defined in {module.identity}")
        else:
            names = tuple(name for name in module.compiled.exports if module.gives(name))
        if module.loading:
            importer.late.append((module, info.names))
            return
        self._bind(importer, module.identity, module.exported(names))

    @staticmethod
    def _bind(importer: ModuleInstance, identity: str, values: dict[str, Value]) -> None:
        for name, value in values.items():
            if name in importer.imported and importer.imported[name] is not value:
                raise runtime_error(
                    f"Import collision: '{name}' is already defined when importing {identity}. "
                    f'Use selective imports to disambiguate: import {{ {name} }} from "..."'
                )
            importer.imported[name] = value

    def _load(self, fiber: Fiber, path: str, base: str) -> ModuleInstance:
        from harnpy.import_paths import STANDARD
        from harnpy.vm.module_paths import resolve, standard_module

        standard = path.startswith(STANDARD)
        if standard:
            name = path.removeprefix(STANDARD)
            file = standard_module(name)
            identity = shown = f"<stdlib>/{name}.harn"
            if file is None:
                raise runtime_error(f"Unknown stdlib module: {path}")
        else:
            file = resolve(path, base)
            shown = file
            identity = os.path.realpath(file)
        found = self._modules.get(identity)
        if found is not None:
            return found
        try:
            purpose = OWN if standard else IMPORT
            source = fiber.effect_for(purpose, self._runtime.world.read_bytes, file)
        except (OSError, ValueError) as error:
            from harnpy.vm.os_errors import reason

            raise runtime_error(f"Import error: cannot read '{file}': {reason(error)}") from None
        compiled = self._compile(source, shown, path if standard else None)
        directory = base if standard else os.path.dirname(identity)
        module = ModuleInstance(self._runtime, compiled, shown, None if standard else directory, identity)
        self._modules[identity] = module
        module.loading = True
        try:
            self.run_imports(fiber, module, directory)
            fiber.call(module.main())
        except BaseException:
            del self._modules[identity]
            raise
        finally:
            module.loading = False
        return module

    def _compile(self, source: bytes, path: str, standard: str | None) -> CompiledModule:
        try:
            return self._runtime.compile(source, path, mode="module")
        except CompileError as error:
            raise runtime_error(f"Import compile error: {error}") from None
        except Exception as error:
            # The syntax layer is loaded by whoever parses; a program that comes from the cache never needs it.
            from harnpy.syntax.diagnostics import HarnSyntaxError

            if not isinstance(error, HarnSyntaxError):
                raise
            kind = "lex" if error.is_lexical else "parse"
            where = f"stdlib {kind} error in {standard}" if standard else f"Import {kind} error"
            raise runtime_error(f"{where}: {error}") from None

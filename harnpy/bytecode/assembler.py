"""From a syntax tree to a compiled module: what runs in which order, and which variables live where.

entry: the file that is run; its top-level variables are locals of the main function, which other functions see as
snapshots. module: an imported file; its variables are live module variables. session: one input of a REPL; variables
persist between inputs, functions see snapshots.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode import statements
from harnpy.bytecode.builder import FileFacts, FunctionBuilder
from harnpy.bytecode.chunk import CompiledModule, ImportInfo, PipelineInfo
from harnpy.bytecode.errors import CompileError
from harnpy.bytecode.functions import compile_function_body, shared_with_defers
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Binding, Block, Kind, declared_names
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names
from harnpy.syntax.walk import walk, without_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harnpy.syntax.diagnostics import Diagnostic

    # The types that an import path brings, by name.
    TypesOf = Callable[[str], Mapping[str, ast.TypeExpr]]

_DECLARATIONS = (ast.Fn, ast.Tool, ast.Impl, ast.Struct, ast.Enum, ast.Interface, ast.TypeAlias_)


def no_types(path: str) -> Mapping[str, ast.TypeExpr]:
    """What an import of which nothing but functions is known brings."""
    return {}


def assemble(
    program: ast.Program,
    path: str,
    mode: str,
    builtin_names: frozenset[str],
    types_of: TypesOf = no_types,
    findings: tuple[Diagnostic, ...] | None = None,
) -> CompiledModule:
    """Compile a parsed file, in which findings have been found. Raises CompileError for the first structural error."""
    file = _file_facts(program, path, mode, builtin_names, types_of)
    builder = FunctionBuilder(file, None, "pipeline")
    builder.allows_rethrow = False
    if mode == "module":
        _module_main(builder, program)
    else:
        _entry_main(builder, program)
    for item in program.items:
        if isinstance(item, ast.Attributed) and isinstance(item.inner, ast.Pipeline):
            statements.check_attributes(builder, item)
    pipelines = tuple(
        PipelineInfo(pipeline.name, is_test, pipeline.span.line) for pipeline, is_test in _pipelines(program)
    )
    return CompiledModule(
        path,
        mode,
        builder.finish(),
        imports_of(program, types_of),
        pipelines,
        tuple(file.variable_names),
        _exports(program, file),
        findings,
    )


class SessionCompiler:
    """Compiles the inputs of one session; variables, enums, aliases and imports carry over."""

    def __init__(self, path: str, builtin_names: frozenset[str], types_of: TypesOf = no_types) -> None:
        self._path = path
        self._types_of = types_of
        self._builtin_names = builtin_names
        self._variables: dict[str, Binding] = {}
        self._names: list[str] = []
        self._enums: frozenset[str] = frozenset({"Result"})
        self._aliases: dict[str, ast.TypeExpr] = {}
        self._imported_aliases: frozenset[str] = frozenset()
        self._imported: frozenset[str] = frozenset()

    def compile(self, program: ast.Program) -> CompiledModule:
        """Compile one input; its main function returns the value of the last statement. Raises CompileError.

        Nothing of a failed input is kept.
        """
        facts = _file_facts(program, self._path, "session", self._builtin_names, self._types_of)
        facts.enums |= self._enums
        facts.aliases = {**self._aliases, **facts.aliases}
        facts.imported_aliases |= self._imported_aliases - _own_aliases(program)
        facts.imported |= self._imported
        facts.module_variables = {
            name: Binding(name, each.mutable, each.kind, module_index=each.module_index)
            for name, each in self._variables.items()
        }
        facts.variable_names = list(self._names)
        builder = FunctionBuilder(facts, None, "pipeline")
        builder.push_block(declared_names(program.items))
        _, builder.has_defer = shared_with_defers(program.items)
        compile_function_body(builder, program.items, True)
        module = CompiledModule(
            self._path,
            "session",
            builder.finish(),
            imports_of(program, self._types_of),
            (),
            tuple(facts.variable_names),
            {},
        )
        self._variables, self._names = facts.module_variables, facts.variable_names
        self._enums, self._aliases, self._imported = facts.enums, facts.aliases, facts.imported
        self._imported_aliases = facts.imported_aliases
        return module


def imports_of(program: ast.Program, types_of: TypesOf = no_types) -> tuple[ImportInfo, ...]:
    """The imports of a file in source order, without the names of types, which are not there at run time."""
    found = []
    for item in program.items:
        if isinstance(item, ast.Import):
            found.append(ImportInfo(item.path, None, item.span.line, item.span.column))
        elif isinstance(item, ast.ImportNames):
            types = types_of(item.path)
            names = tuple(name for name in item.names if name not in types)
            found.append(ImportInfo(item.path, names, item.span.line, item.span.column))
        elif isinstance(item, ast.ImportAs):
            found.append(ImportInfo(item.path, (), item.span.line, item.span.column, item.name))
    return tuple(found)


def _file_facts(
    program: ast.Program, path: str, mode: str, builtin_names: frozenset[str], types_of: TypesOf
) -> FileFacts:
    enums, aliases = {"Result"}, _imported_types(program, types_of)
    foreign = aliases.keys() - _own_aliases(program)
    for node in walk(program):
        if isinstance(node, ast.Enum):
            enums.add(node.name)
        elif isinstance(node, ast.TypeAlias_):
            aliases[node.name] = node.type
    imported = {name for each in imports_of(program, types_of) for name in (*(each.names or ()), each.name) if name}
    wildcard = any(isinstance(item, ast.Import) for item in program.items)
    facts = FileFacts(path, mode, builtin_names, frozenset(enums), aliases, frozenset(imported), wildcard)
    facts.imported_aliases = frozenset(foreign)
    return facts


def _imported_types(program: ast.Program, types_of: TypesOf) -> dict[str, ast.TypeExpr]:
    """The type aliases that imports bring: all of a module, or those that are named with what their bodies name."""
    found: dict[str, ast.TypeExpr] = {}
    for item in program.items:
        if isinstance(item, ast.Import) or (
            isinstance(item, ast.ImportNames) and not types_of(item.path).keys().isdisjoint(item.names)
        ):
            found |= types_of(item.path)
    return found


def _own_aliases(program: ast.Program) -> frozenset[str]:
    return frozenset(node.name for node in walk(program) if isinstance(node, ast.TypeAlias_))


def _pipelines(program: ast.Program) -> list[tuple[ast.Pipeline, bool]]:
    """The pipelines of a file with whether they carry @test, in source order."""
    found = []
    for item in program.items:
        inner = without_attributes(item)
        if isinstance(inner, ast.Pipeline):
            is_test = inner.name.startswith("test_")
            if isinstance(item, ast.Attributed):
                is_test = is_test or any(attribute.name == "test" for attribute in item.attributes)
            found.append((inner, is_test))
    return found


def _exports(program: ast.Program, file: FileFacts) -> dict[str, tuple[int, bool]]:
    if file.mode != "module":
        return {}
    exports = {}
    for item in program.items:
        inner = without_attributes(item)
        if isinstance(inner, ast.Fn) and inner.name in file.module_variables:
            exports[inner.name] = (file.module_variables[inner.name].module_index, inner.is_pub)
    return exports


# --- imported modules --------------------------------------------------------------------------------------------


def _module_main(builder: FunctionBuilder, program: ast.Program) -> None:
    """Functions first, so that initializers can call them; then let and var; then the other declarations.

    Statements and pipelines of an imported file do nothing.
    """
    builder.push_block()
    top = [(item, without_attributes(item)) for item in program.items]
    for _, inner in top:
        for name, kind in declared_names((inner,)).items():
            if name not in builder.file.module_variables:
                mutable = isinstance(inner, ast.Let) and inner.mutable
                builder.new_module_variable(name, mutable, kind if not isinstance(inner, ast.Let) else Kind.DATA)
    for wanted in ((ast.Struct,), (ast.Fn,), (ast.Let,), (ast.Impl, ast.Tool)):
        for item, inner in top:
            if isinstance(inner, wanted):
                statements.compile_statement(builder, item)
    builder.emit(Op.NIL)
    builder.emit(Op.RETURN)


# --- the entry file ----------------------------------------------------------------------------------------------


def _entry_main(builder: FunctionBuilder, program: ast.Program) -> None:
    pipelines = [pipeline for pipeline, _ in _pipelines(program)]
    if not pipelines:
        names, builder.has_defer = shared_with_defers(program.items)
        builder.cell_names = names
        builder.push_block(declared_names(program.items))
        compile_function_body(builder, program.items, False)
        return
    declarations = tuple(
        item for item in program.items if isinstance(without_attributes(item), (*_DECLARATIONS, ast.Let))
    )
    builder.push_block(declared_names(declarations))
    lets = [item for item in declarations if isinstance(without_attributes(item), ast.Let)]
    others = [item for item in declarations if not isinstance(without_attributes(item), ast.Let)]
    early: dict[str, Binding] = {}
    for item in lets:
        inner = without_attributes(item)
        if isinstance(inner, ast.Let) and _mentions(inner.value, _function_names(others)):
            _forget(builder.blocks[-1], early)
            early = _early_functions(builder, others, lets)
        statements.compile_statement(builder, item)
    _forget(builder.blocks[-1], early)
    for item in others:
        statements.compile_statement(builder, item)
    children = {}
    for pipeline in pipelines:
        children[pipeline.name] = _compile_pipeline(builder, pipeline, pipelines)
    builder.emit(Op.ENTRY, builder.constant(children))
    builder.emit(Op.RETURN)


def _function_names(items: list[ast.Stmt]) -> set[str]:
    return {inner.name for inner in map(without_attributes, items) if isinstance(inner, ast.Fn | ast.Struct)}


def _mentions(node: ast.Expr, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.name in names for each in walk(node))


def _early_functions(builder: FunctionBuilder, others: list[ast.Stmt], lets: list[ast.Stmt]) -> dict[str, Binding]:
    """Make the file's functions for an initializer that uses them; they are made again once all values are there.

    They see the values that exist by now; reading a later one is an undefined variable. Gives their bindings.
    """
    block = builder.blocks[-1]
    saved, saved_upcoming = dict(block.bindings), dict(block.upcoming)
    for item in lets:
        inner = without_attributes(item)
        if isinstance(inner, ast.Let):
            for name in pattern_names(inner.pattern):
                if name not in block.bindings:
                    binding = builder.bind(name, inner.mutable)
                    binding.checked = True
    for item in others:
        inner = without_attributes(item)
        if isinstance(inner, ast.Fn | ast.Struct | ast.Impl):
            block.bindings.pop(getattr(inner, "name", ""), None)
            statements.compile_statement(builder, item)
    functions = {name: block.bindings[name] for name in _function_names(others) if name in block.bindings}
    block.bindings = {**saved, **functions}
    block.upcoming = {name: kind for name, kind in saved_upcoming.items() if name not in functions}
    return functions


def _forget(block: Block, early: dict[str, Binding]) -> None:
    """Declare early functions anew from here on: what is made now reaches its kin, not their early twins."""
    for name, binding in early.items():
        if block.bindings.get(name) is binding:
            del block.bindings[name]
            block.upcoming[name] = Kind.FUNCTION


def _compile_pipeline(builder: FunctionBuilder, pipeline: ast.Pipeline, pipelines: list[ast.Pipeline]) -> int:
    """A pipeline as a child of main: its ancestors' bodies, outermost first, then its own, in one scope."""
    by_name = {each.name: each for each in pipelines}
    lineage, current = [pipeline], pipeline
    while current.extends is not None:
        parent = by_name.get(current.extends)
        if parent is None:
            raise CompileError(
                builder.file.path,
                current.span.line,
                f"pipeline `{current.name}` extends unknown pipeline `{current.extends}`",
                current.span.column,
            )
        if parent in lineage:
            raise CompileError(
                builder.file.path,
                current.span.line,
                f"pipeline `{current.name}` extends itself through `{current.extends}`",
                current.span.column,
            )
        lineage.append(parent)
        current = parent
    body = tuple(statement for each in reversed(lineage) for statement in each.body)
    child = FunctionBuilder(builder.file, builder, "pipeline")
    child.is_pipeline_body = True
    child.cell_names, child.has_defer = shared_with_defers(body)
    child.position = (pipeline.span.line, pipeline.span.column)
    child.push_block()
    for each in lineage:
        for name in each.params:
            if name not in builder.blocks[0].bindings and name not in child.blocks[0].bindings:
                child.emit(Op.HOST, child.constant(name))
                child.store(child.bind(name, False))
    child.push_block(declared_names(body))
    compile_function_body(child, body, False)
    builder.children.append(child.finish())
    return len(builder.children) - 1

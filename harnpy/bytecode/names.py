"""What a name means where it stands: the candidates in order, and the code that picks one.

Order: declared locals inside out, functions that a surrounding block declares later, the function's own name, module
variables, data that a surrounding block declares later (only if it holds a callable by then), imports, builtins,
globals of the runtime. In call position a variable that holds no callable is passed over.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Binding, Block, Kind
from harnpy.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

GLOBAL_CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045}
_TASK_OPERATIONS = frozenset({"await", "cancel", "cancel_graceful", "is_cancelled"})
_KNOWN_GLOBALS = ("argv", "e", "mcp", "pi")
# What other languages call values that are keywords here.
_FOREIGN_VALUES = {"False": "false", "None": "nil", "True": "true", "null": "nil", "undefined": "nil"}


class Candidate(Record):
    """One meaning of a name. late: it is reached through a cell that may still be empty."""

    owner: FunctionBuilder
    binding: Binding | None
    late: bool = False
    data: bool = False


def candidates(builder: FunctionBuilder, name: str) -> Iterator[Candidate]:
    """Every lexical meaning of name, nearest first, late-bound data last."""
    late_data: list[tuple[FunctionBuilder, Block]] = []
    function: FunctionBuilder | None = builder
    while function is not None:
        for block in reversed(function.blocks):
            binding = block.bindings.get(name)
            upcoming = block.upcoming.get(name)
            if upcoming is not None and function is not builder:
                if upcoming is Kind.FUNCTION:
                    yield Candidate(function, function.late_binding(block, name), late=True)
                elif binding is None:
                    late_data.append((function, block))
            if binding is not None:
                yield Candidate(function, binding)
        if function.self_name == name:
            yield Candidate(function, None)
        function = function.parent
    module_variable = builder.file.module_variables.get(name)
    if module_variable is not None:
        yield Candidate(_root(builder), module_variable)
    for function, block in late_data:
        yield Candidate(function, function.late_binding(block, name), late=True, data=True)


def emit_name(builder: FunctionBuilder, name: str) -> None:
    """Push the value of a name."""
    _emit(builder, name, candidates(builder, name), call=False)


def emit_callee(builder: FunctionBuilder, name: str) -> None:
    """Push what `name(...)` calls. The task operations cannot be shadowed."""
    if name in _TASK_OPERATIONS:
        builder.emit(Op.BUILTIN, builder.constant(name))
        return
    _emit(builder, name, candidates(builder, name), call=True)


def assignable(builder: FunctionBuilder, name: str) -> Binding | None:
    """The local or module variable that `name = v` means, or None when no lexical one exists."""
    for candidate in candidates(builder, name):
        if candidate.binding is None:
            return Binding(name, False, Kind.FUNCTION)
        if candidate.late:
            if candidate.data:
                return None
            return Binding(name, False, Kind.FUNCTION)
        if _is_live(builder, candidate.owner, candidate.binding):
            return candidate.binding
        return builder.capture(candidate.owner, candidate.binding, late=False)
    if name in builder.file.imported:
        return Binding(name, False, Kind.FUNCTION)
    return None


def known_text(builder: FunctionBuilder, name: str) -> str | None:
    """The string that name is known to hold when compiling: piping into it means the function of that name."""
    candidate = next(candidates(builder, name), None)
    return candidate.binding.text if candidate is not None and candidate.binding is not None else None


def visible_names(builder: FunctionBuilder) -> set[str]:
    """Every lexical name in sight, for suggestions."""
    names: set[str] = set(builder.file.module_variables) | builder.file.imported
    function: FunctionBuilder | None = builder
    while function is not None:
        for block in function.blocks:
            names.update(block.bindings)
            names.update(block.upcoming)
        if function.self_name:
            names.add(function.self_name)
        function = function.parent
    return names


def _emit(
    builder: FunctionBuilder, name: str, found: Iterator[Candidate], call: bool, called_early: bool = False
) -> None:
    """called_early: what is left to do is for a call of a function before its declaration has run."""
    candidate = next(found, None)
    if candidate is None:
        _emit_fallback(builder, name, call, called_early)
        return
    binding = candidate.binding
    if binding is None:
        if candidate.owner is builder:
            builder.emit(Op.SELF)
        else:
            builder.load(builder.capture_self(candidate.owner, name))
        return
    if candidate.late:
        cell = builder.capture(candidate.owner, binding, late=True)
        with builder.block(Op.LATE, cell.slot, int(candidate.data)):
            _emit(builder, name, found, call, called_early or (call and not candidate.data))
        return
    live = _is_live(builder, candidate.owner, binding)
    builder.load(binding if live else builder.capture(candidate.owner, binding, late=False))
    if call and binding.kind is Kind.DATA:
        with builder.block(Op.CALLABLE_OR):
            _emit(builder, name, found, call, called_early)


def _emit_fallback(builder: FunctionBuilder, name: str, call: bool, called_early: bool) -> None:
    file = builder.file
    if file.has_wildcard or name in file.imported or file.mode == "session":
        with builder.block(Op.IMPORTED, builder.constant(name)):
            _emit_global(builder, name, call, called_early)
    else:
        _emit_global(builder, name, call, called_early)


def _emit_global(builder: FunctionBuilder, name: str, call: bool, called_early: bool) -> None:
    file = builder.file
    if not call and name in GLOBAL_CONSTANTS:
        builder.push_constant(GLOBAL_CONSTANTS[name])
    elif name in file.builtin_names:
        builder.emit(Op.BUILTIN, builder.constant(name))
    else:
        hint = _builtin_hint(builder, name) if called_early else _hint(builder, name, call)
        builder.emit(Op.GLOBAL, builder.constant(name), builder.constant(hint), int(call))


def _hint(builder: FunctionBuilder, name: str, call: bool) -> str:
    if not call and name in _KNOWN_GLOBALS:
        return ""  # the name is right, only the command that runs the program does not bind it
    known = {*visible_names(builder), *builder.file.builtin_names}
    if not call:
        known.update(_KNOWN_GLOBALS)
    return suggest(name, sorted(known)) or ("" if call else _FOREIGN_VALUES.get(name, ""))


def _builtin_hint(builder: FunctionBuilder, name: str) -> str:
    """The name is right, only too early; comparing it with all others at each call would take long in a long file."""
    hints = builder.file.builtin_hints
    if name not in hints:
        hints[name] = suggest(name, builder.file.builtin_names) or ""
    return hints[name]


def _is_live(builder: FunctionBuilder, owner: FunctionBuilder, binding: Binding) -> bool:
    """Whether builder works on a module variable itself, not on a snapshot: in modules, and in owner's own call.

    Deferred blocks belong to the call that registers them.
    """
    function = builder
    while function.shares_cells and function.parent is not None:
        function = function.parent
    return binding.module_index >= 0 and (builder.file.mode == "module" or owner is function)


def _root(builder: FunctionBuilder) -> FunctionBuilder:
    while builder.parent is not None:
        builder = builder.parent
    return builder

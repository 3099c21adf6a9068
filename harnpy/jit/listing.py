"""The Python source of a program's functions as text, each line with the Harn line that it stands for."""

from __future__ import annotations

import os

from harnpy.bytecode.chunk import CompiledModule
from harnpy.jit.knowledge import Misses, Untranslatable
from harnpy.jit.tier import JitTier
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.modules import ModuleInstance
from harnpy.vm.runtime import Runtime


def list_python(runtime: Runtime, module: CompiledModule) -> str:
    """What the compiled tier makes of every function of module, outermost first, without knowledge of arguments."""
    directory = os.path.dirname(os.path.abspath(module.path))
    instance = ModuleInstance(runtime, module, module.path, directory, module.path)
    pending = [LinkedFunction(module.main, instance)]
    tier = JitTier(runtime)
    parts: list[str] = []
    while pending:
        function = pending.pop(0)
        parts.append(f"# {function.name}({', '.join(function.parameter_names)})\n{_source(tier, function)}")
        pending[:0] = function.children
    return "\n".join(parts)


def _source(tier: JitTier, function: LinkedFunction) -> str:
    try:
        translation = tier.translate(function, {}, Misses())
    except Untranslatable as refusal:
        return f"# stays with the interpreter: {refusal}\n"
    shown = 0
    lines = []
    for text, (line, _) in zip(translation.source.splitlines(), translation.positions):
        note = f"{line:>5}  " if line != shown else " " * 7
        shown = line
        lines.append(note + text)
    constants = [f"# {name} = {_brief(value)}" for name, value in translation.constants.items()]
    return "\n".join([*constants, *lines]) + "\n"


def _brief(value: object) -> str:
    from harnpy.vm.display import display

    if isinstance(value, LinkedFunction):
        return f"function {value.name}"
    if callable(value):
        return f"Python function {getattr(value, '__name__', '?')}"
    return repr(value) if isinstance(value, str | int | float) else display(value)

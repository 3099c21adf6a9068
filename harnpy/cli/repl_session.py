"""The state behind a REPL: bindings that outlive an input, numbered results, what each input printed or raised.

Knows nothing of terminals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harnpy.bytecode.errors import CompileError
from harnpy.bytecode.expressions import EXPRESSION_NODES
from harnpy.cli.compose import check, make_registry, make_runtime
from harnpy.cli.repl_check import SessionCheck
from harnpy.cli.repl_world import ReplWorld
from harnpy.syntax.ast import Node
from harnpy.syntax.diagnostics import CheckFailed, HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, Interrupted
from harnpy.vm.registry import Registry
from harnpy.vm.runtime import REPL_PATH
from harnpy.vm.values import Value

# Inputs that begin with one of these are not echoed, whatever value they may have.
_UNECHOED = frozenset(
    {
        *("fn", "struct", "enum", "type", "pub", "import"),
        *("let", "var", "if", "for", "while", "return", "break", "continue", "match", "try", "throw"),
        *("log", "print", "println", "assert", "assert_eq", "assert_ne"),
        *("spawn", "guard", "deadline", "retry", "parallel", "defer", "mutex"),
    }
)

_FIRST_WORD = re.compile(r"\w+")
_COMPARISON = re.compile(r"==|!=|<=|>=")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the REPL says about one input; empty texts are not printed. Program output is not part of it."""

    text: str = ""
    error: str = ""


class ReplSession:
    """One session. `reset` starts over; everything else keeps what succeeded."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry if registry is not None else make_registry()
        self._world = ReplWorld()
        self._start()

    def take_line_end(self) -> str:
        """What ends the line that the program's output has left open, once: a line break or nothing."""
        open_line, self._world.in_mid_line = self._world.in_mid_line, False
        return "\n" if open_line else ""

    def evaluate(self, text: str) -> Reply:
        """Run one input. An expression's value is displayed and stays available as `_N`, N counting expressions."""
        if not is_expression(text):
            return self.execute(text)
        self._count += 1
        value, has_value, error = self._run(named_result(text, f"_{self._count}"))
        if error or not has_value:
            return Reply(error=error)
        return Reply(display(value))

    def execute(self, text: str) -> Reply:
        """Run text for its effects and bindings; its value is neither displayed nor numbered."""
        return Reply(error=self._run(text)[2])

    def value_of(self, text: str) -> tuple[Value, Reply]:
        """The value of an expression, which is neither displayed nor numbered; the reply says why there is none."""
        value, has_value, error = self._run(text)
        if not error and not has_value:
            error = "Error: this input has no value"
        return value, Reply(error=error)

    def names(self) -> Mapping[str, Value]:
        """The visible bindings."""
        return self._session.names()

    def interrupt(self, insist: bool = False) -> None:
        """Stop what is running; the session lives on. Callable from a signal handler.

        insist also stops the `finally` and `defer` blocks that an earlier interrupt has left running.
        """
        if insist:
            self._runtime.insist()
        else:
            self._runtime.interrupt()

    def reset(self) -> None:
        """Forget all bindings and numbers."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the session; `defer` blocks and tasks of its runtime end with it."""
        self._runtime.close()

    def _start(self) -> None:
        self._runtime = make_runtime(registry=self.registry, world=self._world)
        self._session = self._runtime.session(REPL_PATH)
        self._check = SessionCheck(check)
        self._count = 0

    def _run(self, text: str) -> tuple[Value, bool, str]:
        try:
            for warning in self._check.warnings(text):
                self._world.write(f"warning: {warning}\n")
            value, has_value = self._session.eval(text)
            self._check.keep(text)
        except HarnError as error:
            return None, False, f"Error: {error.uncaught_text}"
        except (HarnSyntaxError, CheckFailed, CompileError) as error:
            return None, False, f"Error: {error}"
        except Interrupted:
            return None, False, "Interrupted"
        return value, has_value, ""


def is_expression(text: str) -> bool:
    """Whether an input counts as an expression: by its first word, and by whether it seems to assign something.

    Of several statements, such as a pasted file, the last one decides.
    """
    items = _items(text)
    if len(items) > 1:
        return isinstance(items[-1], EXPRESSION_NODES) and _looks_like_expression(text[items[-1].span.start :])
    return _looks_like_expression(text)


def _looks_like_expression(text: str) -> bool:
    word = _FIRST_WORD.match(text)
    if word is not None and word[0] in _UNECHOED:
        return False
    return "=" not in text or _COMPARISON.search(text) is not None


def named_result(text: str, name: str) -> str:
    """text, changed so that the value of its last expression is bound to name and is the input's value.

    Line numbers stay as they are. Text without a last expression, or with a syntax error, is returned unchanged.
    """
    bound = f"let {name} = {text}\n{name}"
    if len(_items(bound)) == 2:
        return bound
    items = _items(text)
    if not items or not isinstance(items[-1], EXPRESSION_NODES):
        return text
    start = items[-1].span.start
    return f"{text[:start]}let {name} = {text[start:]}\n{name}"


def _items(text: str) -> Sequence[Node]:
    """The statements and declarations of text; none if it does not parse."""
    try:
        return parse_program(text, REPL_PATH).items
    except HarnSyntaxError:
        return ()

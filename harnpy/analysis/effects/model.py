"""The data of the effect analysis: what it has to be told, and what it gives."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harnpy.syntax import ast
    from harnpy.syntax.ast import Span

# The row of what a file does when it is run or imported, before any of its functions is called.
TOP_LEVEL = "(top level)"

# The effect of importing and using Python modules; such calls have no declaration to be looked up.
PYTHON_EFFECT = "python"


class Catalog(Record):
    """What the language offers by itself.

    effects: of a call of a builtin with so many arguments (None: unknown, or the builtin is handed on as a value); None
    for no such builtin. methods: the names of all methods of built-in kinds. callbacks: of a builtin (its name) or a
    method (a dot and its name), the positions of the arguments that are functions to be called.
    """

    effects: Callable[[str, int | None], frozenset[str] | None]
    methods: frozenset[str]
    callbacks: Callable[[str], frozenset[int]]


class Module(Record):
    """One file. imports: what each import path in it stands for, as a key of the modules; None where there is none."""

    path: str
    program: ast.Program
    imports: Mapping[str, str | None]


class Use(Record):
    """A builtin that a function uses itself, or a Python module or function (name begins with `py:`).

    text: the first string literal among the arguments, by its position, where there is one.
    """

    name: str
    effects: frozenset[str]
    span: Span
    texts: tuple[str | None, ...] = ()


class Way(Record):
    """One way by which something is reached.

    functions: those that call each other, by name. end: what the last of them uses or does. spans: where each of the
    functions calls the next, and the last one what is at the end.
    """

    functions: tuple[str, ...]
    end: str
    spans: tuple[Span, ...]


class FunctionEffects(Record):
    """What one function may touch.

    kind: "fn", "closure" (a `let` of one), "tool", "method", "pipeline" or "top level". ways: the effects, sorted, each
    with the shortest way by which it is reached. given: a call of a function that is not known here; what it does counts
    where that function is written. unknown: a call that may be of anything.
    """

    name: str
    kind: str
    span: Span
    ways: Mapping[str, Way]
    given: Way | None = None
    unknown: Way | None = None

    @property
    def effects(self) -> tuple[str, ...]:
        return tuple(self.ways)

    @property
    def is_marked(self) -> bool:
        """Whether it may touch more than effects says."""
        return self.given is not None or self.unknown is not None


class ProgramEffects(Record):
    """What the functions of a file may touch, and the file when it is run.

    functions: in source order, the top level last. run: all that running the file may use: its top level, its pipeline and
    what they reach. unknown: why running it may touch anything, or None.
    """

    functions: tuple[FunctionEffects, ...]
    run: tuple[Use, ...]
    unknown: Way | None

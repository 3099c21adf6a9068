"""What all visitors of the linter's walk share: the state of the walk, bodies, scopes and places of statements."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.names import Names
from harnpy.analysis.lint.scopes import Scopes
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from harnpy.analysis.lint.options import LintOptions
    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic

    # What a visitor yields: nodes and visitors, which are visited, and None, which is skipped.
    Visits: TypeAlias = Iterator[Any]

_LEAVING = (ast.Return, ast.Throw, ast.Break, ast.Continue)
# Statements whose value is nil, whatever they hold.
_WITHOUT_VALUE = (
    *(ast.Let, ast.Assign, ast.Require, ast.Defer, ast.For, ast.While, ast.Guard, ast.Mutex, ast.Fn, ast.Tool),
    *(ast.Struct, ast.Enum, ast.Interface, ast.Impl, ast.TypeAlias_, ast.Attributed),
)
# Statements to which it matters where they stand.
_PLACED = (ast.If, ast.For, ast.Match, ast.TryCatch, ast.TryExpr, ast.Retry, ast.Deadline, ast.Select)


class Place:
    """Where a statement stands in its body.

    has_value: whether somebody may use its value. is_needed: whether the body would have another value without it.
    may_follow: whether what stands in its `else` may as well stand behind it.
    """

    __slots__ = ("has_value", "is_needed", "may_follow")

    def __init__(self, has_value: bool, is_needed: bool, may_follow: bool) -> None:
        self.has_value = has_value
        self.is_needed = is_needed
        self.may_follow = may_follow


# A statement at the top of a file, of whose value nobody learns.
_AT_TOP = Place(has_value=False, is_needed=False, may_follow=True)


class Visitor:
    """The state of one walk, and the visitors of bodies. found has the findings so far, names what the file's rules need.

    Visitors are generators that yield what is to be visited next, a node or another visitor, and go on when that is done.
    """

    def __init__(self, text: SourceText, options: LintOptions) -> None:
        self.text = text
        self.options = options
        self.found: list[Diagnostic] = []
        self.names = Names()
        self.attributed_lines: dict[int, int] = {}  # line of the first attribute -> line of the declaration
        self._scopes = Scopes()
        self._loops = 0  # loops around the place, in the same function
        self._sink: str | None = None  # the collection that the function around the place promises to return
        self._in_test = False
        self._complexity_allowed = False
        self._attributes: tuple[ast.Attribute, ...] = ()  # of the declaration that is visited next
        self._attributes_line: int | None = None
        self._place: Place | None = None  # of the statement that is visited next, if it is one that asks
        self._leaves = False  # whether the statement or body visited last always leaves

    def _report(self, finding: Diagnostic | None) -> None:
        if finding is not None:
            self.found.append(finding)

    # --- bodies and scopes --------------------------------------------------------------------------------------------

    def _items(self, items: ast.Body) -> Visits:
        for item in items:
            self._place = _AT_TOP if isinstance(item, _PLACED) else None
            yield item

    def _body(self, body: ast.Body, has_value: bool = False) -> Visits:
        """Visit statements; has_value says that somebody may use the value of the last one."""
        leaves = False
        last = len(body) - 1
        for index, statement in enumerate(body):
            if leaves:
                self.found.append(rules.UNREACHABLE_CODE.at(statement.span))
                start, end = statement.span.start, body[last].span.end
                self.names.unwalked.update(self.text.words(start, end))
                break
            self._place = None
            if isinstance(statement, _PLACED):
                is_valued = has_value and index == last
                is_needed = is_valued and index > 0 and not isinstance(body[index - 1], _WITHOUT_VALUE)
                self._place = Place(is_valued, is_needed, may_follow=True)
            yield statement
            leaves = isinstance(statement, _LEAVING) or (isinstance(statement, ast.If) and self._leaves)
        self._place = None
        self._leaves = leaves

    def _scope(self, body: ast.Body, *variables: str | None, has_value: bool = False) -> Visits:
        """Visit a body in a scope of its own, with variables in the scope around it, which count as used.

        So it is at run time: what the body declares may have the name of a loop or catch variable, or of a parameter of
        its pipeline, and hides it.
        """
        self._scopes.enter()
        for name in variables:
            self._give(name)
        self._scopes.enter()
        yield self._body(body, has_value)
        self._scopes.leave()
        self._scopes.leave()

    def _give(self, name: str | None) -> None:
        if name is not None:
            self.names.given.add(name)
            if name != "_":
                self._scopes.declare(name)

    def _taken_place(self) -> Place | None:
        """Where the node that is being visited stands as a statement; None for a node inside an expression."""
        place, self._place = self._place, None
        return place

    def _is_valued(self) -> bool:
        """Whether somebody may use the value of the node that is being visited."""
        place = self._taken_place()
        return place is None or place.has_value

    def _check_outer(self, name: str, node: ast.Node) -> None:
        if self._scopes.has_variable_outside(name):
            self.found.append(rules.SHADOW_VARIABLE.at(node.span, name=name))

"""What all parts of the checker share: the file's declarations, the names in scope, and the findings so far."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.inference import infer
from harnpy.analysis.checker.open_names import mentions_foreign
from harnpy.analysis.checker.scopes import Scopes
from harnpy.analysis.types.aliases import head
from harnpy.analysis.types.assignability import assignable
from harnpy.analysis.types.schema_types import schema_type
from harnpy.analysis.types.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from harnpy.analysis.rules.model import Rule
    from harnpy.analysis.types.forms import Type
    from harnpy.syntax import ast
    from harnpy.syntax.diagnostics import Diagnostic, Edit

    Handlers = Mapping[type[ast.Node], Callable[["Checker", Any], None]]


class Checker:
    """The state of checking one file.

    handlers: how each kind of node is checked. builtins: what calls of builtins return. source: the text, if fixes are
    wanted. declared: the names of functions and the like that the file declares or imports, anywhere on its top level.
    global_declarations: the ids of the declarations that world holds already.
    """

    def __init__(
        self,
        handlers: Handlers,
        world: World,
        builtins: Mapping[str, Type | None],
        strict: bool,
        source: str | None,
        declared: frozenset[str],
        global_declarations: frozenset[int],
    ) -> None:
        self._handlers = handlers
        self.world = world
        self.builtins = builtins
        self.strict = strict
        self.source = source
        self.declared = declared
        self.global_declarations = global_declarations
        self.scopes = Scopes()
        self.diagnostics: list[Diagnostic] = []
        self.imports_everything = False  # whether it imports a module without saying which names
        self.functions_around = 0  # functions and closures that the code being checked lies in
        self.bounds: dict[str, list[str]] = {}  # the interfaces that type parameters of this function must satisfy
        self.partly_known: set[str] = set()  # variables of this function of which some `type_of` was ruled out
        self.outer_partly_known: list[set[str]] = []
        self.deprecated: dict[str, tuple[str, str | None]] = {}
        self.reported_calls: set[int] = set()  # ids of the calls that were reported as deprecated
        self.exits: dict[int, bool] = {}  # by id of an `if`: whether all its branches leave the block
        # By id of an expression: the version of the scopes for which its type is known, and the type.
        self.inferred: dict[int, tuple[int, Type | None]] = {}
        self.inferred_scopes = 0  # how many expressions with scopes of their own are being inferred
        self.inference_gave_up = False
        self.conditions_narrow = False  # whether inference looks at what the conditions of `if` values say
        self.behind_chain = False  # whether what is assumed comes from a later link of a chain of `else if`
        self.operands_narrow = False  # whether right operands are walked with what the left ones say
        self.right_operands_around = 0

    def walk(self, node: ast.Node) -> None:
        """Check a statement or an expression and what is in it."""
        handler = self._handlers.get(type(node))
        if handler is not None:
            handler(self, node)

    def walk_all(self, nodes: Iterable[ast.Node]) -> None:
        for node in nodes:
            self.walk(node)

    def report(self, rule: Rule, node: ast.Node, fixes: tuple[Edit, ...] = (), **values: object) -> None:
        self.diagnostics.append(rule.at(node.span, fixes, **values))

    def infer(self, node: ast.Node) -> Type | None:
        """The type of an expression, None if it is untyped."""
        return infer(self, node)

    def head(self, type_: Type) -> Type:
        """type_ with the aliases at its top expanded."""
        return head(type_, self.world)

    def accepts(self, expected: Type, actual: Type, world: World | None = None) -> bool:
        """Whether a value of type actual may stand where expected is wanted, in another world if one is given."""
        if expected is actual or assignable(expected, actual, self.world if world is None else world):
            return True
        return mentions_foreign(self, expected, actual)

    def schema_of(self, node: ast.Expr) -> Type | None:
        """The type whose schema an expression is, None if it is not known to be one."""
        return schema_type(node, self._schema_named)

    def _schema_named(self, name: str) -> Type | None:
        binding = self.scopes.find(name)
        if binding is not None:
            return binding.schema
        alias = self.world.aliases.get(name)
        return None if alias is None else alias.type

    def with_generics(self, names: frozenset[str]) -> World:
        """The world in which names are type parameters too."""
        world = self.world
        if names <= world.generics:
            return world
        return World(world.aliases, world.enums, world.structs, world.interfaces, world.impls, world.generics | names)

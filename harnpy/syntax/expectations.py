"""What the parser was waiting for when a token did not fit, in the words of chapter 01 section 11.2.

Reads the LALR state stack: the terminals a state would accept, and the rules that may begin in it. Makes no text of
its own beyond the names in the tables.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax.messages import AFTER_ATTRIBUTE, AFTER_PUB, HEREDOC
from harnpy.syntax.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.syntax.lalr import Reduction, Tables

# A rule that may begin here, and what it is called. Several apply in one state; the first one wins.
_ROLES = {
    "import_path": "import path string",
    "import_name": "import name",
    "namespace_name": "name for the module",
    "pipeline_name": "pipeline name",
    "parent_name": "parent pipeline name",
    "override_name": "override name",
    "bare_param": "parameter name",
    "attribute_name": "attribute name",
    "attr_value": "attribute argument value (literal or identifier)",
    "attr_number": "number after '-' in attribute argument",
    "fn_name": "function name",
    "where_clause": "type parameter name",
    "where_bound": "type bound",
    "tool_name": "tool name",
    "struct_name": "struct name",
    "enum_name": "enum name",
    "interface_name": "interface name",
    "associated_name": "associated type name",
    "method_name": "method name",
    "impl_name": "type name",
    "alias_type_name": "type name",
    "tparam": "type parameter name",
    "pattern": "variable name or destructuring pattern",
    "rest_name": "rest variable name",
    "alias_name": "alias name",
    "pair_name": "pair pattern element",
    "member_name": "member name",
    "error_name": "error variable",
    "case_name": "select case variable",
    "option": "option name in `parallel ... with { ... }` block",
    "type": "type name",
    "param": "parameter name",
    "struct_field": "field name",
    "variant": "variant name",
    "sfield": "field name",
    "dfield": "field name",
    "lelem": "element name",
    "entry": "dict key",
    "member": "fn",
    "impl_method": "fn",
}
# The element of each kind of sequence, looked for from the inside outwards behind a complete element.
_ELEMENTS = {
    "elem": "expression",
    "stmt": "expression",
    "arm": "expression",
    "entry": "dict key",
    "param": "parameter name",
    "bare_param": "parameter name",
    "tparam": "type parameter name",
    "variant": "variant name",
    "struct_field": "field name",
    "sfield": "field name",
    "dfield": "field name",
    "lelem": "element name",
    "import_name": "import name",
    "attr_arg": "attribute argument value (literal or identifier)",
    "where_clause": "type parameter name",
    "type_arg": ">",
    "type_param": "type name",
    "option": _ROLES["option"],
}
_BRACKETS = (("RPAR", ")"), ("RSQB", "]"), ("RBRACE", "}"), ("GT", ">"))
_PUNCTUATION = (
    ("ARROW", "->"),
    ("RPAR", ")"),
    ("RSQB", "]"),
    ("RBRACE", "}"),
    ("INTERP_CLOSE", "}"),
    ("ASSIGN", "="),
    ("COLON", ":"),
    ("IN", "in"),
    ("ELSE", "else"),
    ("FROM", "from"),
    ("COMMA", ","),
    ("LPAR", "("),
    ("GT", ">"),
    ("FN", "fn"),
)


def expected(tables: Tables, stack: Sequence[int], previous: Token | None, token: Token | None, heredoc: bool) -> str:
    """`<what>` for a token (None: end of file) that the states on the stack do not accept.

    previous: the token before it. heredoc: the token begins `<<NAME`.
    """
    acceptor = _Acceptor(tables, stack)
    here = tables.row(acceptor.settled()[-1])
    accepts = acceptor.accepts
    if previous is not None and previous.type == "PUB":
        return AFTER_PUB
    if token is None:
        for kind, text in _BRACKETS:
            if accepts(kind):
                return text
    if accepts("LPAR") and accepts("NOT"):
        return HEREDOC if heredoc else "expression"
    if accepts("AT") and accepts("FN") and not accepts("NAME"):
        return "expression" if token is not None and token.type == "PIPELINE" else AFTER_ATTRIBUTE
    for role, what in _ROLES.items():
        if role in here:
            return what
    if accepts("LBRACE"):
        return "{"
    if accepts("COMMA") or (accepts("_NL") and accepts("PLUS")):
        return _innermost_element(tables, stack)
    for kind, text in _PUNCTUATION:
        if accepts(kind):
            return text
    return "expression"


def _innermost_element(tables: Tables, stack: Sequence[int]) -> str:
    for state in reversed(stack):
        transitions = tables.row(state)
        for rule, what in _ELEMENTS.items():
            if rule in transitions:
                return what
    return "expression"


class _Acceptor:
    """Asks LALR tables whether a terminal would be shifted from a stack, without touching the stack."""

    def __init__(self, tables: Tables, stack: Sequence[int]) -> None:
        self.tables = tables
        self.stack = stack
        self.answers: dict[str, bool] = {}

    def accepts(self, terminal: str) -> bool:
        if terminal not in self.answers:
            self.answers[terminal] = self._shifts(terminal)
        return self.answers[terminal]

    def _shifts(self, terminal: str) -> bool:
        depth, above = len(self.stack), list[int]()
        while True:
            top = above[-1] if above else self.stack[depth - 1]
            entry = self.tables.row(top).get(terminal)
            if entry is None:
                return False
            if entry >= 0:
                return True
            reduction = self.tables.reduction(~entry)
            if terminal == "$END" and reduction.origin == "program":
                return True  # the tables have no entry for the end itself: parsing stops at this reduction
            depth = self._reduce(reduction, depth, above)

    def settled(self) -> list[int]:
        """Top of the stack after the reductions that every continuation would make first, such as of a lone comma."""
        depth, above = len(self.stack), list[int]()
        while True:
            top = above[-1] if above else self.stack[depth - 1]
            entries = set(self.tables.row(top).values())
            only = entries.pop() if len(entries) == 1 else 0
            if only >= 0:
                return [top]
            depth = self._reduce(self.tables.reduction(~only), depth, above)

    def _reduce(self, rule: Reduction, depth: int, above: list[int]) -> int:
        size = rule.size
        taken = min(size, len(above))
        if taken:
            del above[-taken:]
        depth -= size - taken
        top = above[-1] if above else self.stack[depth - 1]
        above.append(self.tables.row(top)[rule.origin])
        return depth


def accepts(tables: Tables, stack: Sequence[int], terminal: str) -> bool:
    """Whether the parser could go on with the terminal."""
    return _Acceptor(tables, stack).accepts(terminal)

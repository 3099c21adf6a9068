"""What a file declares by name, as far as it keeps a spelling from being foreign, and of which kind its variables are.

Names count wherever in the file they are bound: one declaration of `null` is enough for `null` to be nobody else's.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.import_paths import PYTHON, STANDARD
from harnpy.records import Record, field_names
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names
from harnpy.syntax.source import line_and_column
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Names that the runtime gives values itself.
_GLOBALS = frozenset({"pi", "e", "argv", "mcp", "task", "prompt", "cwd"})
_BODIES = frozenset({"items", "body", "then", "else_body", "catch_body", "finally_body", "default"})


class Known(Record):
    """What the language has. builtins: their names; methods: those of each kind of value; imported: the names that the
    wildcard imports of the file bring, None if that is not known."""

    builtins: frozenset[str]
    methods: Mapping[str, frozenset[str]]
    imported: frozenset[str] | None = None


class Facts:
    """The facts of one file. nodes are all its nodes in source order."""

    def __init__(self, program: ast.Program, source: str, known: Known) -> None:
        self.program = program
        self.source = source
        self.known = known
        self.nodes = list(walk(program))
        self.bound: set[str] = set()
        self.types: set[str] = set()
        self.methods: set[str] = set()
        self.keys: set[str] = set()
        self.has_python = self.has_modules = self.has_wildcard = False
        self.params: dict[str, list[ast.TypeExpr | None]] = {}
        self._values: dict[str, list[ast.Expr | None]] = {}  # of variables; None for what is bound otherwise
        self.all_methods = frozenset().union(*known.methods.values())
        for node in self.nodes:
            self._note(node)

    def is_unbound(self, name: str) -> bool:
        """Whether nothing gives name a meaning: no declaration, no import, no builtin."""
        if self.has_wildcard and (self.known.imported is None or name in self.known.imported):
            return False
        return name not in self.bound and name not in self.known.builtins and name not in _GLOBALS

    def is_variable(self, name: str) -> bool:
        """Whether anything but a parameter of functions or closures binds name."""
        return name in self._values

    def kind_of(self, expression: ast.Expr) -> str:
        """`list`, `string`, `dict` or `range`, if that is certain, else ""."""
        kind = _literal_kind(expression)
        if kind or not isinstance(expression, ast.Name):
            return kind
        name = expression.name
        if name in self.params:
            kinds = {_annotated_kind(type_) for type_ in self.params[name]}
            return kinds.pop() if len(kinds) == 1 and name not in self._values else ""
        kinds = {"" if value is None else _literal_kind(value) for value in self._values.get(name, ())}
        return kinds.pop() if len(kinds) == 1 else ""

    def bodies(self) -> Iterator[ast.Body]:
        """Every list of statements in the file."""
        for node in self.nodes:
            if isinstance(node, ast.Select) and node.timeout is not None:
                yield node.timeout[1]
            for name in field_names(type(node)):
                if name in _BODIES:
                    value = getattr(node, name)
                    if isinstance(value, tuple):
                        yield value

    def span(self, start: int, end: int) -> ast.Span:
        line, column = line_and_column(self.source, start)
        return ast.Span(start, end, line, column, line)

    # --- collecting ---

    def _bind(self, name: str, value: ast.Expr | None) -> None:
        self.bound.add(name)
        self._values.setdefault(name, []).append(value)

    def _note(self, node: ast.Node) -> None:
        match node:
            case ast.Let():
                self._bind_pattern(node.pattern, node.value)
            case ast.For():
                self._bind_pattern(node.pattern, None)
            case ast.Assign():
                if isinstance(node.target, ast.Name) and node.op is None:
                    self._values.setdefault(node.target.name, []).append(node.value)
                elif isinstance(node.target, ast.Prop):
                    self.keys.add(node.target.name)
            case ast.Param():
                self.bound.add(node.name)
                self.params.setdefault(node.name, []).append(node.type)
            case ast.Fn() | ast.Tool() | ast.Pipeline() | ast.Override():
                self._bind(node.name, None)
                if isinstance(node, ast.Pipeline | ast.Override):
                    for name in node.params:
                        self._bind(name, None)
            case ast.Struct() | ast.Enum() | ast.Interface() | ast.TypeAlias_():
                self._bind(node.name, None)
                self.types.add(node.name)
                if isinstance(node, ast.Interface):
                    self.methods.update(method.name for method in node.methods)
                elif isinstance(node, ast.Struct):
                    self.keys.update(field.name for field in node.fields)
                elif isinstance(node, ast.Enum):
                    self.methods.update(variant.name for variant in node.variants)
            case ast.TypeParam():
                self.types.add(node.name)
            case ast.Impl():
                self.methods.update(method.name for method in node.methods)
            case ast.TryCatch(error_name=str(name)) | ast.SelectCase(variable=name) | ast.Parallel(variable=str(name)):
                self._bind(name, None)
            case ast.Entry(key=ast.Str(value=key)):
                self.keys.add(key)
            case ast.MatchArm():
                for each in walk(node.pattern):
                    if isinstance(each, ast.Name):
                        self._bind(each.name, None)
            case ast.Import() | ast.ImportAs() | ast.ImportNames():
                self._note_import(node)

    def _note_import(self, node: ast.Import | ast.ImportAs | ast.ImportNames) -> None:
        if node.path.startswith(PYTHON):
            self.has_python = True
        elif not node.path.startswith(STANDARD):
            self.has_modules = True
        if isinstance(node, ast.Import):
            self.has_wildcard = True
        for name in [node.name] if isinstance(node, ast.ImportAs) else getattr(node, "names", ()):
            self._bind(name, None)
            self.types.add(name)

    def _bind_pattern(self, pattern: ast.Pattern, value: ast.Expr | None) -> None:
        if isinstance(pattern, ast.NamePattern):
            self._bind(pattern.name, value)
        else:
            for name in pattern_names(pattern):
                self._bind(name, None)


def _literal_kind(expression: ast.Expr) -> str:
    if isinstance(expression, ast.ListLit):
        return "list"
    if isinstance(expression, ast.Str | ast.RawStr | ast.Interp):
        return "string"
    if isinstance(expression, ast.DictLit):
        return "dict"
    return ""


def _annotated_kind(type_: ast.TypeExpr | None) -> str:
    if isinstance(type_, ast.ListType) or (isinstance(type_, ast.NamedType) and type_.name == "list"):
        return "list"
    if isinstance(type_, ast.NamedType) and type_.name == "string":
        return "string"
    return "dict" if isinstance(type_, ast.DictType) else ""

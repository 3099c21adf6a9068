"""What a file declares and what it mentions, by name only (chapter 10 section 2), and the rules that compare the two."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import lint_rules as rules
from harnpy.analysis.suggest import edit_distance
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harnpy.analysis.lint.options import LintOptions
    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic

# What may be called besides the builtins of the runtime and what a file declares.
_ALWAYS_KNOWN = frozenset(("spawn", "await", "cancel", "cancel_graceful", "is_cancelled", "Ok", "Err"))

# How much a name may differ from the one that was meant, in letters and in length.
_MOST_EDITS = 2

_TYPE_KINDS: dict[type[ast.Node], str] = {ast.Struct: "struct", ast.Enum: "enum", ast.Interface: "interface"}


class Names:
    """Collects the names of one file while it is walked.

    mentioned: names in expressions, called ones, words in interpolations. given: names that count as used from the start,
    such as loop variables. assigned: roots of assignment targets. types: names in annotations, constructors and `impl`.
    unwalked: words in code that was not walked because it cannot be reached; nothing is reported on their account, but no
    fix may break them. irreplaceable: ids of the `var` statements that take the place of another variable of their scope,
    or give way to one, so that `let` would not do.
    """

    def __init__(self) -> None:
        self.mentioned: set[str] = set()
        self.given: set[str] = set()
        self.assigned: set[str] = set()
        self.types: set[str] = set()
        self.unwalked: set[str] = set()
        self.irreplaceable: set[int] = set()
        self.variables: list[tuple[str, ast.Let]] = []
        self.parameters: list[tuple[str, ast.Node]] = []
        self.functions: list[ast.Fn | ast.Tool] = []
        self.pipelines: list[str] = []
        self.type_declarations: list[ast.Struct | ast.Enum | ast.Interface] = []
        self.imports: list[ast.Import | ast.ImportNames | ast.ImportAs] = []
        self.calls: list[tuple[str, ast.Call]] = []

    # --- collecting ---------------------------------------------------------------------------------------------------

    def mention_types(self, *annotations: ast.Node | None) -> None:
        """Count the names in annotations as used."""
        for annotation in annotations:
            kind = type(annotation)
            if kind is ast.NamedType:
                self.types.add(annotation.name)  # type: ignore[union-attr]
            elif annotation is not None:
                self.types.update(
                    node.name for node in walk(annotation) if isinstance(node, (ast.NamedType, ast.AppliedType))
                )

    def mention_all(self, words: Iterable[str]) -> None:
        """Count words in code that nothing is reported about as used in every way there is."""
        for word in words:
            self.mentioned.add(word)
            self.assigned.add(word)

    # --- rules --------------------------------------------------------------------------------------------------------

    def findings(self, text: SourceText, options: LintOptions) -> Iterator[Diagnostic]:
        """The findings of the rules over the whole file, rule by rule, each in the order of declaration."""
        used = self.mentioned | self.given
        yield from self._unused_variables(used, text)
        yield from self._unused_parameters(used)
        yield from self._unused_imports(used, text)
        yield from self._never_reassigned()
        yield from self._unused_functions(options.imported_elsewhere)
        yield from self._unused_types()
        yield from self._undefined_functions(options.builtins)

    def _unused_variables(self, used: set[str], text: SourceText) -> Iterator[Diagnostic]:
        taken = used | self.unwalked | {name for name, _ in self.variables} | {name for name, _ in self.parameters}
        for name, node in self.variables:
            if name not in used and not name.startswith("_"):
                yield rules.UNUSED_VARIABLE.at(node.span, self._underscored(name, node, taken, text), name=name)

    def _underscored(self, name: str, node: ast.Let, taken: set[str], text: SourceText) -> tuple[Edit, ...]:
        pattern = node.pattern
        if not isinstance(pattern, ast.NamePattern) or name in self.unwalked or f"_{name}" in taken:
            return ()
        keyword_end = node.span.start + len("let")
        if text.source[keyword_end : pattern.span.start].strip(" \t"):
            return ()
        return (Edit(pattern.span.start, pattern.span.end, f"_{name}"),)

    def _unused_parameters(self, used: set[str]) -> Iterator[Diagnostic]:
        for name, node in self.parameters:
            if name not in used and not name.startswith("_"):
                yield rules.UNUSED_PARAMETER.at(node.span, name=name)

    def _unused_imports(self, used: set[str], text: SourceText) -> Iterator[Diagnostic]:
        used = used | self.types
        for node in self.imports:
            if isinstance(node, ast.ImportAs):
                names: tuple[str, ...] = () if node.name.startswith("_") else (node.name,)
            else:
                names = node.names if isinstance(node, ast.ImportNames) else ()
            unused = [name for name in names if name not in used]
            for name in dict.fromkeys(unused):
                kept = name in self.unwalked
                edits = () if kept else _without_import(node, name, len(unused) == len(names), text)
                yield rules.UNUSED_IMPORT.at(node.span, edits, name=name)

    def _never_reassigned(self) -> Iterator[Diagnostic]:
        assigned_in: dict[int, bool] = {}
        for name, node in self.variables:
            assigned_in[id(node)] = assigned_in.get(id(node), False) or name in self.assigned
        for name, node in self.variables:
            # Of a pattern all variables are declared by one `var`, so that it is needed if one of them is assigned.
            if node.mutable and not assigned_in[id(node)]:
                start = node.span.start
                is_needed = name in self.unwalked or id(node) in self.irreplaceable
                edits = () if is_needed else (Edit(start, start + len("var"), "let"),)
                yield rules.MUTABLE_NEVER_REASSIGNED.at(node.span, edits, name=name)

    def _unused_functions(self, imported: frozenset[str]) -> Iterator[Diagnostic]:
        for node in self.functions:
            name = node.name
            exempt = node.is_pub or name.startswith("_") or name in imported
            if not exempt and name not in self.mentioned:
                yield rules.UNUSED_FUNCTION.at(node.span, name=name)

    def _unused_types(self) -> Iterator[Diagnostic]:
        for node in self.type_declarations:
            name = node.name
            if not name.startswith("_") and name not in self.types and name not in self.mentioned:
                yield rules.UNUSED_TYPE.at(node.span, kind=_TYPE_KINDS[type(node)], name=name)

    def _undefined_functions(self, builtins: frozenset[str]) -> Iterator[Diagnostic]:
        if any(isinstance(node, ast.Import) for node in self.imports):
            return
        functions = {*builtins, *_ALWAYS_KNOWN, *self.pipelines, *(node.name for node in self.functions)}
        functions.update(node.name for node in self.type_declarations if not isinstance(node, ast.Interface))
        for node in self.imports:
            functions.update(node.names if isinstance(node, ast.ImportNames) else ())
        values = {*self.given, *(name for name, _ in self.variables), *(name for name, _ in self.parameters)}
        values.update(node.name for node in self.imports if isinstance(node, ast.ImportAs))
        close: dict[str, str | None] = {}
        for name, call in self.calls:
            if name in functions or name in values or name.startswith("__"):
                continue
            if name not in close:
                close[name] = _closest(name, functions)
            meant = close[name]
            if meant is None:
                yield rules.UNDEFINED_FUNCTION.at(call.span, name=name)
            else:
                yield rules.MISSPELT_FUNCTION.at(call.span, name=name, close=meant)


def _closest(name: str, functions: Iterable[str]) -> str | None:
    """The function whose name takes the fewest edits, of several the first in the alphabet; None if all take too many."""
    letters = set(name)
    ranked = [
        (edit_distance(name, candidate, _MOST_EDITS), candidate)
        for candidate in functions
        # Each letter of name that candidate lacks costs an edit; this is decided much faster than the distance.
        if abs(len(candidate) - len(name)) <= _MOST_EDITS
        and not candidate.startswith("__")
        and len(letters.difference(candidate)) <= _MOST_EDITS
    ]
    distance, best = min(ranked, default=(_MOST_EDITS + 1, ""))
    return best if distance <= _MOST_EDITS else None


def _without_import(
    node: ast.Import | ast.ImportNames | ast.ImportAs, name: str, is_last_one: bool, text: SourceText
) -> tuple[Edit, ...]:
    """The edit that takes a name out of an import, or removes the import if it is the last one."""
    start, end = node.span.start, node.span.end
    if is_last_one:
        if text.has_comment(start, end):
            return ()
        if text.kind(index := text.index_at(end)) == "SEMI":
            end = text.behind_blanks(text.tokens[index].span.end)
        if text.is_first_on_line(start):
            end = text.behind_line_end(end)
        return (Edit(start, end, ""),)
    index = text.index_at(start)
    while (token := text.tokens[index]).type != "NAME" or token.value != name:
        index += 1
    begin, end = token.span.start, token.span.end
    if text.kind(index + 1) == "COMMA":
        end = text.tokens[index + 1].span.end
        end += 1 if text.source.startswith(" ", end) else 0
    elif text.kind(index - 1) == "COMMA":
        begin = text.tokens[index - 1].span.start
    return () if text.has_comment(begin, end) else (Edit(begin, end, ""),)


def assigned_root(target: ast.Expr) -> str | None:
    """The variable that an assignment changes: `x` in `x`, `x.a`, `x?.a` and `x[i]`."""
    while isinstance(target, (ast.Prop, ast.Index)):
        target = target.object
    return target.name if isinstance(target, ast.Name) else None


def interpolated_words(node: ast.Interp, text: SourceText) -> Iterator[str]:
    """All words in the `${}` parts of a string, whatever they mean there."""
    for piece in node.pieces:
        if not isinstance(piece, str):
            yield from text.words(piece.span.start, piece.span.end)

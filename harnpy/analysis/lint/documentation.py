"""The rules about comments: `missing-harndoc`, `legacy-doc-comment` and `require-file-header`."""

from __future__ import annotations

import os
import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.allowances import is_allowance
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic
    from harnpy.syntax.tokens import Token

# The longest line that a doc block of one line may make, in bytes.
_WIDTH = 100

# Declarations whose comments are documentation at the top of a file, and those for which they are so everywhere.
_DOCUMENTED = (
    *(ast.Fn, ast.Pipeline, ast.Struct, ast.Enum, ast.Interface, ast.TypeAlias_, ast.Tool, ast.Impl, ast.Override),
)
_ALWAYS_DOCUMENTED = (ast.Interface, ast.Impl, ast.TypeAlias_, ast.Override)

# The words of `legacy-doc-comment` for comments that are all `///`, all `//`, or both.
_DOC_LINES = ("`///`", "/// lines")
_PLAIN_LINES = ("plain `//`", "// lines adjacent to the definition")
_MIXED_LINES = ("adjacent `//` / `///`", "line-comment block adjacent to the definition")


def check_harndoc(node: ast.Fn, attributes_line: int | None, text: SourceText) -> Diagnostic | None:
    """`missing-harndoc`, for a `pub fn` whose first attribute stands on attributes_line.

    The block may stand above the attributes, or between them and the function.
    """
    for below in (node.span.line, attributes_line or node.span.line):
        comment = text.leading_comments.get(_above(below, text))
        if comment is not None and comment.type == "DOC_COMMENT" and text.source.startswith("/**", comment.span.start):
            return None
    return rules.MISSING_HARNDOC.at(node.span, name=node.name)


def _above(line: int, text: SourceText) -> int:
    """The line above a line, and above the comments that allow findings there."""
    line -= 1
    while line in text.line_comments and is_allowance(text.line_comments[line]):
        line -= 1
    return line


def legacy_doc_comments(program: ast.Program, text: SourceText) -> Iterator[Diagnostic]:
    """`legacy-doc-comment`, for all items of a file."""
    for item in _documented_items(program):
        start = declaration_start(item, text)
        if not text.is_first_on_line(start):
            continue
        line = _above(text.line_of(start), text)
        run: list[Token] = []
        while (comment := text.line_comments.get(line)) is not None and not is_allowance(comment):
            run.insert(0, comment)
            line -= 1
        if run:
            yield _legacy_run(run, text)


def _legacy_run(run: list[Token], text: SourceText) -> Diagnostic:
    first, last = run[0].span, run[-1].span
    kinds = {comment.type for comment in run}
    prefix, form = _MIXED_LINES if len(kinds) > 1 else _DOC_LINES if "DOC_COMMENT" in kinds else _PLAIN_LINES
    lines = [comment.value.removeprefix(" ").rstrip() for comment in run]
    edits: tuple[Edit, ...] = ()
    # These marks would end the block early, or keep it open.
    if not any("*/" in line or "/*" in line for line in lines):
        start = text.line_start(first.line)
        block = doc_block(lines, text.indentation(first.start), text.newline)
        edits = (Edit(start, last.end, block),)
    return rules.LEGACY_DOC_COMMENT.at(text.at(first.start, last.end), edits, prefix=prefix, form=form)


def doc_block(lines: list[str], indentation: str, newline: str) -> str:
    """A `/** */` comment with these lines, on one line if that fits (chapter 10 section 5.2), without a final line break."""
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    if not lines:
        return f"{indentation}/** */"
    single = f"{indentation}/** {lines[0]} */"
    if len(lines) == 1 and len(single.encode("utf-8", "surrogatepass")) <= _WIDTH:
        return single
    inner = [f"{indentation} * {line}".rstrip() for line in lines]
    return newline.join([f"{indentation}/**", *inner, f"{indentation} */"])


def _documented_items(program: ast.Program) -> Iterator[ast.Node]:
    pending: list[tuple[ast.Node, bool]] = [(item, True) for item in reversed(program.items)]
    while pending:
        item, is_top = pending.pop()
        if isinstance(item, ast.Attributed):
            item = item.inner
        elif isinstance(item, _ALWAYS_DOCUMENTED) or (
            isinstance(item, _DOCUMENTED) and (is_top or getattr(item, "is_pub", False))
        ):
            yield item
        inner: tuple[ast.Node, ...] = ()
        if isinstance(item, (ast.Fn, ast.Pipeline, ast.Tool)):
            inner = item.body
        elif isinstance(item, ast.Impl):
            inner = item.methods
        pending.extend((each, False) for each in reversed(inner))


def declaration_start(node: ast.Node, text: SourceText) -> int:
    """Where a declaration begins, its `pub` included."""
    before = text.index_at(node.span.start) - 1
    return text.starts[before] if text.kind(before) == "PUB" else node.span.start


def check_header(path: str, text: SourceText) -> Diagnostic | None:
    """`require-file-header`; the first line of a script may name its interpreter."""
    source = text.source
    start = text.line_start(2) if source.startswith("#!") else 0
    if source[start:].lstrip().startswith("/**"):
        return None
    title = header_title(path)
    lines = ["/**", f" * {title}", " */", "", ""]
    edit = Edit(start, start, text.newline.join(lines))
    return rules.REQUIRE_FILE_HEADER.at(ast.Span(0, 0, 1, 1, 1), (edit,), title=title)


def header_title(path: str) -> str:
    """The title that a file's name suggests: `my_file-a.harn` is `My file a.`."""
    stem = os.path.splitext(os.path.basename(path))[0]
    words = re.sub(r"[-_\s]+", " ", stem).strip().lower()
    title = words[:1].upper() + words[1:] if words else "Module"
    return title if title.endswith((".", "!", "?")) else title + "."

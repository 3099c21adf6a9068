"""The linter: style and likely mistakes of one file, found without running it (chapter 10 part A)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.allowances import without_allowed
from harnpy.analysis.lint.documentation import check_header, legacy_doc_comments
from harnpy.analysis.lint.layout import blank_lines, import_order, trailing_commas
from harnpy.analysis.lint.text import SourceText
from harnpy.analysis.lint.walker import Walker

if TYPE_CHECKING:
    from harnpy.analysis.lint.options import LintOptions
    from harnpy.syntax import ast
    from harnpy.syntax.diagnostics import Diagnostic


def lint_program(program: ast.Program, source: str, path: str, options: LintOptions) -> list[Diagnostic]:
    """All findings about a file, in the order of chapter 10 section 1.7.

    program: the tree of source, which is the text without a byte order mark. path: only its last part matters, for the
    title of a missing header. Depth of nesting costs no recursion.
    """
    text = SourceText(source)
    found: list[Diagnostic] = [
        *legacy_doc_comments(program, text),
        *blank_lines(program, text),
        *trailing_commas(program, text),
    ]
    order = import_order(program, text)
    if order is not None:
        found.append(order)
    walker = Walker(text, options)
    walker.walk(program)
    found += walker.found
    header = check_header(path, text) if options.require_file_header else None
    if header is not None:
        found.append(header)
    found += walker.names.findings(text, options)
    enabled = [finding for finding in found if finding.code not in options.disabled]
    return without_allowed(enabled, text, walker.attributed_lines, options)

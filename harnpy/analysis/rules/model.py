"""What a rule is: each thing that the checker, the linter and their relatives may report is declared once, as a Rule."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax.diagnostics import Diagnostic, Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.syntax.ast import Span


class Rule(Record):
    """One kind of finding.

    code: its stable name in lower case with hyphens, by which configuration, JSON and `harn explain` know it.
    severity: "error" or "warning". message: the text, with `{name}` for what a finding puts in. documentation: what
    `harn explain CODE` prints, in Markdown: what is meant, why it matters, an example of what is reported and of what to
    write instead. help: the help line, with `{name}` too, or None. label: the text behind the carets, or None for no
    carets. documentation and message are the only places where a rule's words stand.
    """

    code: str
    severity: str
    message: str
    documentation: str
    help: str | None = None
    label: str | None = None

    def at(self, span: Span, fixes: Sequence[Edit] = (), **values: object) -> Diagnostic:
        """The finding at span; values fill message and help. fixes are edits that mend it mechanically."""
        help = None if self.help is None else self.help.format(**values)
        return Diagnostic(self.severity, self.message.format(**values), span, self.label, help, self.code, tuple(fixes))

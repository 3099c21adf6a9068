"""The task ledger: deliverables that a loop has to see resolved before it may end (chapter 12 section 12.9)."""

from __future__ import annotations

from harnpy.vm.values import Value


class LedgerError(Exception):
    """A call of the `ledger` tool that changes nothing; its text is for the model."""


class Ledger:
    """One loop's ledger."""

    @classmethod
    def from_options(cls, options: dict[str, Value]) -> Ledger:
        """The ledger that the options `task_ledger`, or `root_task` and `deliverables`, ask for; empty without them."""
        raise NotImplementedError

    @property
    def unresolved(self) -> bool:
        """Whether a deliverable is open or blocked."""
        raise NotImplementedError

    def apply(self, arguments: Value) -> str:
        """Do what a call of the `ledger` tool asks for; the summary for the model. Raises LedgerError."""
        raise NotImplementedError

    def render(self) -> str:
        """The `<task_ledger>` block; "" for an empty ledger."""
        raise NotImplementedError

    def rejection(self) -> str:
        """What the model is told when it is done before its deliverables are (section 12.9.4)."""
        raise NotImplementedError

    def to_value(self) -> dict[str, Value]:
        """The ledger as results and snapshots hold it."""
        raise NotImplementedError

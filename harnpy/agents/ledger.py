"""The task ledger: deliverables that a loop has to see resolved before it may end (chapter 12 section 12.9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import count

from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.values import Value

_STATUSES = ("open", "done", "blocked", "dropped")
_UNRESOLVED = ("open", "blocked")
_NEED_NOTE = ("blocked", "dropped")
_SHOWN_OBSERVATIONS = 5


class LedgerError(Exception):
    """A call of the `ledger` tool that failed; its text is for the model."""


@dataclass(slots=True)
class Deliverable:
    """status is one of `open done blocked dropped`."""

    id: str
    text: str
    status: str = "open"
    note: str | None = None

    @property
    def line(self) -> str:
        return f"  [{self.id}] ({self.status}) {_trimmed(self.text)}"

    @property
    def line_with_note(self) -> str:
        note = _trimmed(self.note or "")
        return f"{self.line} — {note}" if note else self.line


class Ledger:
    """One loop's ledger. The ids of its deliverables are unique."""

    def __init__(self, root_task: str = "", rationale: str = "", observations: Iterable[str] = ()) -> None:
        self.root_task = root_task
        self.rationale = rationale
        self.observations = list(observations)
        self._by_id: dict[str, Deliverable] = {}

    @property
    def deliverables(self) -> list[Deliverable]:
        """In the order in which they were added."""
        return list(self._by_id.values())

    @classmethod
    def from_options(cls, options: dict[str, Value]) -> Ledger:
        """The ledger that the options `task_ledger`, or `root_task` and `deliverables`, ask for; empty without them."""
        given = _from_value(options.get("task_ledger"))
        if given is not None:
            return given
        root_task, listed = options.get("root_task"), options.get("deliverables")
        ledger = cls("" if root_task is None else _trimmed(display(root_task)))
        for position, item in enumerate(listed if type(listed) is list else [], 1):
            text = _trimmed(display(item))
            if text:
                ledger._put(Deliverable(f"deliverable-{position}", text))
        return ledger

    @property
    def unresolved(self) -> bool:
        """Whether a deliverable is open or blocked."""
        return any(each.status in _UNRESOLVED for each in self._by_id.values())

    def apply(self, arguments: Value) -> str:
        """Do what a call of the `ledger` tool asks for; the summary for the model.

        Raises LedgerError; nothing has changed then, but for the items of a plan before a bad one.
        """
        fields = arguments if type(arguments) is dict else {}
        action = _text(fields, "action")
        if action is None:
            raise LedgerError("ledger: `action` is required")
        match _trimmed(action):
            case "add" | "add_deliverable":
                return self._add(fields)
            case "mark" | "mark_deliverable":
                return self._mark(fields)
            case "rationale":
                self.rationale = _trimmed(_required(fields, "rationale", "text"))
                return "rationale updated"
            case "note":
                self.observations.append(_filled(fields, "note"))
                return "observation recorded"
            case "seed_plan":
                return self._seed(fields)
        raise LedgerError(f'ledger: unknown action "{action}"; use one of add|mark|rationale|note|seed_plan')

    def _add(self, fields: dict[str, Value]) -> str:
        text = _filled(fields, "add")
        wanted = _trimmed(_text(fields, "id") or "")
        if wanted in self._by_id:
            raise LedgerError(
                f'ledger add: deliverable id "{wanted}" already exists; use `mark` to update that one, or another id '
                "for a new one"
            )
        added = Deliverable(wanted or self._fresh_id(), text)
        self._put(added)
        return f"deliverable {added.id} added"

    def _mark(self, fields: dict[str, Value]) -> str:
        wanted = _trimmed(_required(fields, "mark", "id"))
        given = _required(fields, "mark", "status")
        status = _trimmed(given).lower()
        if status not in _STATUSES:
            raise LedgerError(f'ledger mark: status "{given}" is not one of {"|".join(_STATUSES)}')
        found = self._by_id.get(wanted)
        if found is None:
            known = ", ".join(self._by_id)
            raise LedgerError(f'ledger mark: no deliverable with id "{wanted}"; known ids: [{known}]')
        note = _trimmed(_text(fields, "note") or "") or None
        if note is None and status in _NEED_NOTE:
            raise LedgerError(f'ledger mark: status "{status}" requires a `note` explaining why')
        found.status, found.note = status, note
        return f"deliverable {found.id} marked {status}"

    def _seed(self, fields: dict[str, Value]) -> str:
        items = fields.get("deliverables")
        if type(items) is not list:
            raise LedgerError("ledger seed_plan: `deliverables` list is required")
        if self._by_id:
            raise LedgerError("ledger seed_plan: ledger already has deliverables; use `add` to extend")
        for index, item in enumerate(items):
            text = _trimmed(item) if type(item) is str else ""
            if not text:
                raise LedgerError(f"ledger seed_plan: deliverables[{index}] must be a non-empty string")
            self._put(Deliverable(self._fresh_id(), text))
        return f"ledger seeded with {len(items)} deliverables"

    def render(self) -> str:
        """The `<task_ledger>` block; "" for an empty ledger."""
        rationale = _trimmed(self.rationale)
        if not (self._by_id or rationale or self.observations):
            return ""
        lines = ["<task_ledger>"]
        if _trimmed(self.root_task):
            lines.append(f"root_task: {_trimmed(self.root_task)}")
        if self._by_id:
            lines.append("deliverables:")
            lines += [each.line_with_note for each in self._by_id.values()]
        if rationale:
            lines.append(f"rationale: {rationale}")
        if self.observations:
            lines.append("observations:")
            lines += [f"  - {_trimmed(each)}" for each in self.observations[-_SHOWN_OBSERVATIONS:]]
        lines.append("</task_ledger>")
        return "\n".join(lines)

    def rejection(self) -> str:
        """What the model is told when it is done before its deliverables are (section 12.9.4)."""
        unresolved = [each.line for each in self._by_id.values() if each.status in _UNRESOLVED]
        return "\n".join(
            [
                f"`<done>` rejected: {len(unresolved)} deliverable(s) are not yet resolved.",
                *unresolved,
                "Finish these items by real tool calls. If the scope has changed, mark them by "
                '`ledger({ action: "mark", id: "...", status: "dropped", note: "why" })`; if the plan has grown, add to it '
                'by `ledger({ action: "add", text: "..." })`. No `<done>` counts while an item of the ledger is open or '
                "blocked.",
            ]
        )

    def to_value(self) -> dict[str, Value]:
        """The ledger as results and snapshots hold it."""
        return {
            "root_task": self.root_task,
            "deliverables": [
                {"id": each.id, "text": each.text, "status": each.status, "note": each.note}
                for each in self._by_id.values()
            ],
            "rationale": self.rationale,
            "observations": list(self.observations),
        }

    def _put(self, added: Deliverable) -> None:
        self._by_id[added.id] = added

    def _fresh_id(self) -> str:
        return _unused(self._by_id, len(self._by_id) + 1)


def _unused(used: Collection[str], number: int) -> str:
    """The first id from number on that is not used."""
    return next(name for number in count(number) if (name := f"deliverable-{number}") not in used)


def _trimmed(text: str) -> str:
    return text.strip(WHITE_SPACE)


def _text(fields: dict[str, Value], key: str) -> str | None:
    """A string argument; whatever is none counts as absent."""
    value = fields.get(key)
    return value if type(value) is str else None


def _required(fields: dict[str, Value], action: str, key: str) -> str:
    text = _text(fields, key)
    if text is None:
        raise LedgerError(f"ledger {action}: `{key}` is required")
    return text


def _filled(fields: dict[str, Value], action: str) -> str:
    """The argument `text`, trimmed, which must not be blank."""
    text = _trimmed(_required(fields, action, "text"))
    if not text:
        raise LedgerError(f"ledger {action}: `text` must not be empty")
    return text


def _from_value(value: Value) -> Ledger | None:
    """The ledger that to_value gives value for, with defaults for what is missing; None if value is ill-formed."""
    if type(value) is not dict:
        return None
    root_task, rationale = _or(value, "root_task", ""), _or(value, "rationale", "")
    items, observations = _or(value, "deliverables", []), _or(value, "observations", [])
    if type(root_task) is not str or type(rationale) is not str:
        return None
    if type(items) is not list or type(observations) is not list:
        return None
    if any(type(each) is not str for each in observations):
        return None
    deliverables = [found for item in items if (found := _deliverable(item)) is not None]
    if len(deliverables) < len(items):
        return None
    ledger = Ledger(root_task, rationale, observations)
    used = {each.id for each in deliverables}
    for found in deliverables:
        # Nobody could mark one without an id of its own.
        if not found.id or found.id in ledger._by_id:
            found.id = _unused(used, len(ledger._by_id) + 1)
            used.add(found.id)
        ledger._put(found)
    return ledger


def _deliverable(item: Value) -> Deliverable | None:
    if type(item) is not dict:
        return None
    name, text = _or(item, "id", ""), _or(item, "text", "")
    status, note = _or(item, "status", "open"), item.get("note")
    if type(name) is not str or type(text) is not str:
        return None
    if type(status) is not str or status not in _STATUSES or not (note is None or type(note) is str):
        return None
    return Deliverable(_trimmed(name), text, status, note)


def _or(fields: dict[str, Value], key: str, default: Value) -> Value:
    value = fields.get(key)
    return default if value is None else value

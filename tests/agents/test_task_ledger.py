"""The task ledger: seeding, the tool's actions and errors, rendering, and the gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.agents.ledger import Ledger, LedgerError
from harnpy.vm.values import Value

OPEN = {"status": "open", "note": None}


def made(**options: Value) -> Ledger:
    return Ledger.from_options(options)


def failure(ledger: Ledger, **arguments: Value) -> str:
    before = ledger.to_value()
    with pytest.raises(LedgerError) as caught:
        ledger.apply(arguments)
    if arguments.get("action") != "seed_plan":
        assert ledger.to_value() == before
    return str(caught.value)


def test_without_options_it_is_empty() -> None:
    ledger = made()
    assert ledger.to_value() == {"root_task": "", "deliverables": [], "rationale": "", "observations": []}
    assert ledger.render() == ""
    assert not ledger.unresolved


def test_deliverables_get_the_ids_of_their_positions() -> None:
    ledger = made(root_task="  ship it\n", deliverables=[" a ", "", " \n", 7, None, "b"])
    assert ledger.to_value()["root_task"] == "ship it"
    assert ledger.to_value()["deliverables"] == [
        {"id": "deliverable-1", "text": "a", **OPEN},
        {"id": "deliverable-4", "text": "7", **OPEN},
        {"id": "deliverable-5", "text": "nil", **OPEN},
        {"id": "deliverable-6", "text": "b", **OPEN},
    ]
    assert ledger.unresolved


def test_options_of_other_shapes_are_no_deliverables() -> None:
    assert made(deliverables="a").to_value()["deliverables"] == []
    assert made(root_task=None).to_value()["root_task"] == ""


def test_a_well_formed_ledger_is_taken_as_it_is() -> None:
    value: dict[str, Value] = {
        "root_task": " r ",
        "deliverables": [{"id": "x", "text": " t ", "status": "blocked", "note": "n"}],
        "rationale": "why",
        "observations": ["o"],
    }
    ledger = made(task_ledger=value, root_task="other", deliverables=["other"])
    assert ledger.to_value() == value
    assert made(task_ledger={}, root_task="other").to_value()["root_task"] == ""
    assert made(task_ledger={"deliverables": [{"id": "x"}]}).to_value()["deliverables"] == [
        {"id": "x", "text": "", **OPEN}
    ]


@pytest.mark.parametrize(
    "ill_formed",
    [
        None,
        "text",
        {"root_task": 1},
        {"rationale": []},
        {"deliverables": {}},
        {"deliverables": ["text"]},
        {"deliverables": [{"id": 1}]},
        {"deliverables": [{"id": "x", "status": "Done"}]},
        {"deliverables": [{"id": "x", "note": 1}]},
        {"observations": [1]},
        {"observations": "o"},
    ],
)
def test_any_other_ledger_makes_way_for_the_simple_options(ill_formed: Value) -> None:
    ledger = made(task_ledger=ill_formed, root_task="r", deliverables=["d"])
    assert ledger.to_value()["root_task"] == "r"
    assert ledger.to_value()["deliverables"] == [{"id": "deliverable-1", "text": "d", **OPEN}]


def test_every_given_deliverable_can_be_marked() -> None:
    items: list[Value] = [{"text": "a"}, {"id": "x"}, {"id": "x"}, {"id": " deliverable-1 "}]
    ledger = made(task_ledger={"deliverables": items})
    found = ledger.to_value()["deliverables"]
    ids = [each["id"] for each in found]
    assert len(set(ids)) == 4 and ids[1] == "x" and ids[3] == "deliverable-1"
    for name in ids:
        ledger.apply({"action": "mark", "id": name, "status": "done"})
    assert not ledger.unresolved


def test_the_whole_block() -> None:
    ledger = made(root_task="ship", deliverables=["code", "tests"])
    ledger.apply({"action": "mark", "id": "deliverable-2", "status": "blocked", "note": " no disk "})
    ledger.apply({"action": "rationale", "text": " because "})
    for number in range(7):
        ledger.apply({"action": "note", "text": f" seen {number} "})
    assert ledger.render() == (
        "<task_ledger>\n"
        "root_task: ship\n"
        "deliverables:\n"
        "  [deliverable-1] (open) code\n"
        "  [deliverable-2] (blocked) tests — no disk\n"
        "rationale: because\n"
        "observations:\n"
        "  - seen 2\n"
        "  - seen 3\n"
        "  - seen 4\n"
        "  - seen 5\n"
        "  - seen 6\n"
        "</task_ledger>"
    )
    assert len(ledger.to_value()["observations"]) == 7


def test_sections_are_there_when_there_is_something_in_them() -> None:
    assert made(root_task="only that").render() == ""
    ledger = made(root_task=" ")
    ledger.apply({"action": "note", "text": "n"})
    assert ledger.render() == "<task_ledger>\nobservations:\n  - n\n</task_ledger>"
    blank = made(task_ledger={"rationale": " \n", "deliverables": [{"id": "a", "text": " b ", "note": " "}]})
    assert blank.render() == "<task_ledger>\ndeliverables:\n  [a] (open) b\n</task_ledger>"


def test_actions_say_what_they_did() -> None:
    ledger = made()
    assert ledger.apply({"action": "add", "text": " a "}) == "deliverable deliverable-1 added"
    assert ledger.apply({"action": "add_deliverable", "text": "b", "id": " x "}) == "deliverable x added"
    assert ledger.apply({"action": "add", "text": "c", "id": "  "}) == "deliverable deliverable-3 added"
    assert ledger.apply({"action": "add", "text": "d", "id": 5}) == "deliverable deliverable-4 added"
    assert ledger.apply({"action": "mark", "id": " x ", "status": " DONE "}) == "deliverable x marked done"
    marked = ledger.apply({"action": "mark_deliverable", "id": "x", "status": "dropped", "note": " no "})
    assert marked == "deliverable x marked dropped"
    assert ledger.to_value()["deliverables"][1] == {"id": "x", "text": "b", "status": "dropped", "note": "no"}
    assert ledger.apply({"action": "mark", "id": "x", "status": "open"}) == "deliverable x marked open"
    assert ledger.to_value()["deliverables"][1] == {"id": "x", "text": "b", **OPEN}
    assert ledger.apply({"action": "rationale", "text": "r"}) == "rationale updated"
    assert ledger.apply({"action": "note", "text": "n"}) == "observation recorded"


def test_a_new_id_is_the_smallest_unused_one() -> None:
    ledger = made()
    ledger.apply({"action": "add", "text": "a", "id": "deliverable-2"})
    assert ledger.apply({"action": "add", "text": "b"}) == "deliverable deliverable-3 added"
    assert ledger.apply({"action": "add", "text": "c"}) == "deliverable deliverable-4 added"


def test_a_plan_seeds_an_empty_ledger() -> None:
    ledger = made()
    assert ledger.apply({"action": "seed_plan", "deliverables": []}) == "ledger seeded with 0 deliverables"
    assert ledger.apply({"action": "seed_plan", "deliverables": [" a ", "b"]}) == "ledger seeded with 2 deliverables"
    assert [each["text"] for each in ledger.to_value()["deliverables"]] == ["a", "b"]
    again = failure(ledger, action="seed_plan", deliverables=["c"])
    assert again == "ledger seed_plan: ledger already has deliverables; use `add` to extend"


def test_a_plan_is_kept_up_to_its_first_bad_item() -> None:
    ledger = made()
    message = "ledger seed_plan: deliverables[2] must be a non-empty string"
    assert failure(ledger, action="seed_plan", deliverables=["a", "b", " ", "c"]) == message
    assert [each["id"] for each in ledger.to_value()["deliverables"]] == ["deliverable-1", "deliverable-2"]
    message = "ledger seed_plan: deliverables[0] must be a non-empty string"
    assert failure(made(), action="seed_plan", deliverables=[5]) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "ledger: `action` is required"),
        ({"action": 5}, "ledger: `action` is required"),
        ({"action": "x"}, 'ledger: unknown action "x"; use one of add|mark|rationale|note|seed_plan'),
        ({"action": "add"}, "ledger add: `text` is required"),
        ({"action": "add", "text": 5}, "ledger add: `text` is required"),
        ({"action": "add_deliverable", "text": " ", "id": "deliverable-1"}, "ledger add: `text` must not be empty"),
        ({"action": "mark"}, "ledger mark: `id` is required"),
        ({"action": "mark", "id": "none"}, "ledger mark: `status` is required"),
        (
            {"action": "mark", "id": "none", "status": "Finished"},
            'ledger mark: status "Finished" is not one of open|done|blocked|dropped',
        ),
        (
            {"action": "mark", "id": "none", "status": "dropped"},
            'ledger mark: no deliverable with id "none"; known ids: [deliverable-1, deliverable-2]',
        ),
        (
            {"action": "mark", "id": "deliverable-1", "status": "Dropped", "note": " "},
            'ledger mark: status "dropped" requires a `note` explaining why',
        ),
        (
            {"action": "mark", "id": "deliverable-1", "status": "blocked"},
            'ledger mark: status "blocked" requires a `note` explaining why',
        ),
        ({"action": "rationale"}, "ledger rationale: `text` is required"),
        ({"action": "note"}, "ledger note: `text` is required"),
        ({"action": "note", "text": "\n"}, "ledger note: `text` must not be empty"),
        ({"action": "seed_plan"}, "ledger seed_plan: `deliverables` list is required"),
        ({"action": "seed_plan", "deliverables": "a"}, "ledger seed_plan: `deliverables` list is required"),
    ],
)
def test_what_a_call_lacks(arguments: dict[str, Value], message: str) -> None:
    assert failure(made(deliverables=["a", "b"]), **arguments) == message


def test_an_id_is_taken_once() -> None:
    message = failure(made(deliverables=["a"]), action="add", text="b", id=" deliverable-1 ")
    assert message.startswith('ledger add: deliverable id "deliverable-1" already exists')


@pytest.mark.parametrize("arguments", [None, "add", 5, ["add"]])
def test_arguments_that_are_no_dict_have_no_action(arguments: Value) -> None:
    with pytest.raises(LedgerError, match="`action` is required"):
        made().apply(arguments)


def test_the_gate_is_open_once_everything_is_done_or_dropped() -> None:
    ledger = made(deliverables=["a", "b", "c"])
    for name, status in (("deliverable-1", "done"), ("deliverable-2", "dropped"), ("deliverable-3", "blocked")):
        assert ledger.unresolved
        ledger.apply({"action": "mark", "id": name, "status": status, "note": "n"})
    assert ledger.unresolved
    lines = ledger.rejection().split("\n")
    assert lines[:2] == [
        "`<done>` rejected: 1 deliverable(s) are not yet resolved.",
        "  [deliverable-3] (blocked) c",
    ]
    assert len(lines) == 3
    assert '`ledger({ action: "mark", id: "...", status: "dropped", note: "why" })`' in lines[2]
    assert '`ledger({ action: "add", text: "..." })`' in lines[2]
    ledger.apply({"action": "mark", "id": "deliverable-3", "status": "done"})
    assert not ledger.unresolved


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=4)
ACTIONS = ["add", "add_deliverable", "mark", "mark_deliverable", "rationale", "note", "seed_plan"]
IDS = st.sampled_from(["deliverable-1", "deliverable-2", "deliverable-3", " x ", "x", ""])
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(ACTIONS) | ANYTHING,
        "text": st.text(max_size=6) | ANYTHING,
        "id": IDS | ANYTHING,
        "status": st.sampled_from(["open", "DONE", " blocked", "dropped"]) | ANYTHING,
        "note": st.text(max_size=6) | ANYTHING,
        "deliverables": st.lists(st.text(max_size=4) | SCALARS, max_size=4) | ANYTHING,
    },
)
OPTIONS = st.fixed_dictionaries({}, optional={"task_ledger": ANYTHING, "root_task": ANYTHING, "deliverables": ANYTHING})


def rendered_again(value: dict[str, Value]) -> str:
    """What the ledger of a value has to look like, written down a second time."""
    space = " \t\n\v\f\r\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
    if not (value["deliverables"] or value["rationale"].strip(space) or value["observations"]):
        return ""
    text = "<task_ledger>\n"
    if value["root_task"].strip(space):
        text += f"root_task: {value['root_task'].strip(space)}\n"
    if value["deliverables"]:
        text += "deliverables:\n"
        for each in value["deliverables"]:
            note = f" — {each['note'].strip(space)}" if (each["note"] or "").strip(space) else ""
            text += f"  [{each['id']}] ({each['status']}) {each['text'].strip(space)}{note}\n"
    if value["rationale"].strip(space):
        text += f"rationale: {value['rationale'].strip(space)}\n"
    if value["observations"]:
        text += "observations:\n"
        for seen in value["observations"][-5:]:
            text += f"  - {seen.strip(space)}\n"
    return text + "</task_ledger>"


@given(OPTIONS, st.lists(CALLS | ANYTHING, max_size=12))
def test_whatever_is_called_the_ledger_stays_sound(options: dict[str, Value], calls: list[Value]) -> None:
    ledger = Ledger.from_options(options)
    for arguments in calls:
        before = ledger.to_value()
        try:
            assert ledger.apply(arguments)
        except LedgerError as error:
            assert str(error).startswith("ledger")
            kept = ledger.to_value()["deliverables"][: len(before["deliverables"])]
            assert kept == before["deliverables"]
        value = ledger.to_value()
        ids = [each["id"] for each in value["deliverables"]]
        assert len(set(ids)) == len(ids)
        assert all(each["status"] in ("open", "done", "blocked", "dropped") for each in value["deliverables"])
        assert ledger.unresolved == any(each["status"] in ("open", "blocked") for each in value["deliverables"])
        assert ledger.render() == rendered_again(value)
        assert Ledger.from_options({"task_ledger": value}).to_value() == value


def test_a_long_plan_takes_time_in_proportion() -> None:
    ledger = made()
    ledger.apply({"action": "seed_plan", "deliverables": [str(number) for number in range(100_000)]})
    assert len(ledger.to_value()["deliverables"]) == 100_000
    assert ledger.apply({"action": "mark", "id": "deliverable-99999", "status": "done"})

"""Artifacts: what stages of work hand to each other, and which of them a stage gets to see (chapter 13 section 13.11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harnpy.agents.records import (
    ANYTHING,
    DICT,
    OPTIONAL_COUNT,
    OPTIONAL_INTEGER,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    TEXTS,
    converted,
    flag,
    read_record,
    text,
)
from harnpy.builtins.calendar_dates import iso_text
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.context import CallContext
from harnpy.llm.json_values import compact_json, to_json
from harnpy.llm.microcompact import compact_text
from harnpy.llm.token_estimate import BYTES_PER_TOKEN
from harnpy.vm.clock_readings import unix_milliseconds
from harnpy.vm.compare import utf8_length
from harnpy.vm.errors import runtime_error
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

Artifact = dict[str, Value]

ARTIFACT = {
    "_type": text("artifact"),
    "id": text(),
    "kind": text(),
    "title": OPTIONAL_TEXT,
    "text": OPTIONAL_TEXT,
    "data": ANYTHING,
    "source": OPTIONAL_TEXT,
    "created_at": text(),
    "freshness": OPTIONAL_TEXT,
    "priority": OPTIONAL_INTEGER,
    "lineage": TEXTS,
    "relevance": OPTIONAL_NUMBER,
    "estimated_tokens": OPTIONAL_COUNT,
    "stage": OPTIONAL_TEXT,
    "metadata": DICT,
}

CONTEXT_POLICY = {
    "max_artifacts": OPTIONAL_COUNT,
    "max_tokens": OPTIONAL_COUNT,
    "reserve_tokens": OPTIONAL_COUNT,
    "include_kinds": TEXTS,
    "exclude_kinds": TEXTS,
    "prioritize_kinds": TEXTS,
    "pinned_ids": TEXTS,
    "include_stages": TEXTS,
    "prefer_recent": flag(),
    "prefer_fresh": flag(),
    "render": OPTIONAL_TEXT,
}

_ALIASES = {
    "file": "workspace_file",
    "transcript": "transcript_summary",
    "verification": "verification_result",
    "test": "test_result",
}
_PRIORITIES = {
    100: ("verification_result", "test_result"),
    95: ("verification_bundle",),
    90: (
        *("diff", "git_diff", "patch", "patch_set", "patch_proposal", "diff_review"),
        *("review_decision", "apply_intent"),
    ),
    80: ("plan",),
    70: ("workspace_file", "workspace_snapshot", "editor_selection", "resource"),
    60: ("summary", "transcript_summary"),
    50: ("command_result",),
}
_PRIORITY_OF = {kind: priority for priority, kinds in _PRIORITIES.items() for kind in kinds}
_USUAL_PRIORITY = 40
_FRESHNESS = {"fresh": 3, "live": 3, "recent": 2, "stale": 0}
_USUAL_FRESHNESS = 1
_LEAST_CAP_TOKENS = 500
_LEAST_CUT_BYTES = 200


def context_policy(value: Value = None) -> dict[str, Value]:
    """A whole context policy; nil is the default one. value is a dict of the right shape."""
    return read_record(CONTEXT_POLICY, value or {}, "")


def read_artifacts(fiber: Fiber, value: Value, label: str = "orchestration") -> list[Artifact]:
    """The artifacts of a list, normalized; none for nil. Raises runtime errors for anything else."""
    if value is None:
        return []
    if type(value) is not list or any(type(item) is not dict for item in value):
        raise runtime_error("expected artifact list or nil")
    return [normalized(fiber, converted(ARTIFACT, item, label)) for item in value]


def new_artifact(fiber: Fiber, fields: dict[str, Value]) -> Artifact:
    """A whole artifact of these fields, which are of the right shape."""
    return normalized(fiber, read_record(ARTIFACT, fields, ""))


def normalized(fiber: Fiber, artifact: Artifact) -> Artifact:
    """A whole artifact record with what it leaves open filled in."""
    kind: str = _ALIASES.get(artifact["kind"]) or artifact["kind"]
    kind = kind if kind.strip(WHITE_SPACE) else "artifact"
    priority, estimate, body = artifact["priority"], artifact["estimated_tokens"], artifact["text"]
    return {
        **artifact,
        "_type": artifact["_type"] or "artifact",
        "id": artifact["id"] or f"artifact_{CallContext(fiber).new_id()}",
        "kind": kind,
        "created_at": artifact["created_at"] or iso_text(unix_milliseconds(fiber)),
        "priority": _PRIORITY_OF.get(kind, _USUAL_PRIORITY) if priority is None else priority,
        "estimated_tokens": _tokens(body) if estimate is None and body is not None else estimate,
    }


def _tokens(body: str) -> int:
    return -(-utf8_length(body) // BYTES_PER_TOKEN)


# --- selection -------------------------------------------------------------------------------------------------------


def select(artifacts: Iterable[Artifact], policy: dict[str, Value]) -> list[Artifact]:
    """Those that a context policy admits, the most important first, as many as its limits leave room for."""
    kept = sorted((each for each in artifacts if _admitted(each, policy)), key=lambda each: _rank(each, policy))
    most, limit = policy["max_artifacts"], policy["max_tokens"]
    room = None if limit is None else max(0, limit - (policy["reserve_tokens"] or 0))
    taken: list[Artifact] = []
    used = 0
    for each in kept:
        if most is not None and len(taken) >= most:
            break
        tokens = each["estimated_tokens"] or 0
        if room is None or used + tokens <= room:
            taken.append(each)
            used += tokens
    return taken


def select_adaptively(artifacts: Sequence[Artifact], policy: dict[str, Value]) -> list[Artifact]:
    """As select, but texts that are there twice count once, and long ones are cut to leave room for others."""
    seen: set[str] = set()
    distinct = []
    for each in artifacts:
        body = each["text"]
        if body:
            if body in seen:
                continue
            seen.add(body)
        distinct.append(each)
    limit = policy["max_tokens"]
    if limit is not None and distinct:
        cap = min(max(limit // len(distinct), _LEAST_CAP_TOKENS), limit)
        distinct = [_capped(each, cap) for each in distinct]
    return select(distinct, policy)


def _capped(artifact: Artifact, cap: int) -> Artifact:
    body, limit = artifact["text"], BYTES_PER_TOKEN * cap
    if body is None or (artifact["estimated_tokens"] or 0) <= 2 * cap or limit < _LEAST_CUT_BYTES:
        return artifact
    if utf8_length(body) <= limit:
        return artifact
    return {**artifact, "text": compact_text(body, limit), "estimated_tokens": cap}


def _admitted(artifact: Artifact, policy: dict[str, Value]) -> bool:
    kind, kinds, stages = artifact["kind"], policy["include_kinds"], policy["include_stages"]
    if (kinds and kind not in kinds) or kind in policy["exclude_kinds"]:
        return False
    return not stages or artifact["stage"] in stages


def _rank(artifact: Artifact, policy: dict[str, Value]) -> tuple[object, ...]:
    relevance, tokens = artifact["relevance"], artifact["estimated_tokens"]
    fresh = _FRESHNESS.get(artifact["freshness"], _USUAL_FRESHNESS) if policy["prefer_fresh"] else 0
    return (
        artifact["id"] not in policy["pinned_ids"],
        artifact["kind"] not in policy["prioritize_kinds"],
        -artifact["priority"],
        -fresh,
        _Descending(artifact["created_at"]) if policy["prefer_recent"] else _Descending(""),
        (0, -relevance) if relevance is not None else (1, 0.0),
        (0, tokens) if tokens is not None else (1, 0),
    )


class _Descending:
    """A text that sorts the other way round: texts cannot be negated."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self._key == other._key

    def __lt__(self, other: _Descending) -> bool:
        return other._key < self._key

    __hash__ = None  # type: ignore[assignment]


# --- as a model sees them --------------------------------------------------------------------------------------------


def rendered(artifacts: Iterable[Artifact], form: str | None) -> str:
    """Artifacts as the context of a prompt, in tags or, in the form `json`, as a line of JSON each."""
    return "\n\n".join(_as_json(each) if form == "json" else _as_tags(each) for each in artifacts)


def escaped(body: str) -> str:
    """Text as it stands between tags."""
    return body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _as_json(artifact: Artifact) -> str:
    shown = {key: artifact[key] for key in ("freshness", "id", "kind", "priority", "source")}
    return compact_json(to_json({**shown, "text": _body(artifact), "title": _title(artifact)}))


def _as_tags(artifact: Artifact) -> str:
    priority = artifact["priority"]
    parts = {
        "title": _title(artifact),
        "kind": artifact["kind"],
        "source": "unknown" if artifact["source"] is None else artifact["source"],
        "freshness": "normal" if artifact["freshness"] is None else artifact["freshness"],
        "priority": str(0 if priority is None else priority),
    }
    lines = [f"<{name}>{escaped(value)}</{name}>" for name, value in parts.items()]
    return "\n".join(["<artifact>", *lines, "<body>", _body(artifact), "</body>", "</artifact>"])


def _title(artifact: Artifact) -> str:
    title: str | None = artifact["title"]
    return f"{artifact['kind']} {artifact['id']}" if title is None else title


def _body(artifact: Artifact) -> str:
    if artifact["text"] is not None:
        body: str = artifact["text"]
        return body
    return "" if artifact["data"] is None else compact_json(to_json(artifact["data"]))

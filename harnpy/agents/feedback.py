"""What a loop tells its model: every `<runtime_feedback>` and injected text in one place (chapter 12 section 12.1.4)."""

from __future__ import annotations

from collections.abc import Sequence

from harnpy.agents.turn_policy import TurnPolicy
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.json_values import Json

DEFAULT_NUDGE = "Continue — use a tool call to make progress."

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_SHOWN_ERRORS = 2
# A hostile or broken answer can hold hundreds of thousands of issues; the model needs a few to see what is wrong.
_MOST_ISSUES = 20

_HEREDOC_ADVICE = """\
Put content of several lines into a heredoc, in which nothing needs escaping:
edit({ action: "create", path: "...", content: <<EOF
Backticks `like these`, "quotes" and \\backslashes stand here as they are.
EOF
})"""

_TEMPLATE_ADVICE = (
    "Write no backtick template literal around code that has backticks itself, such as raw strings of Go and Rust or "
    "shell scripts: the heredoc spares all escaping."
)

_PROTOCOL = """\
Your response violated the tagged response protocol.
These are the issues:
{issues}

Send the response again with no top-level tags but these, and nothing but whitespace between them:

<assistant_prose>short narration (optional)</assistant_prose>
<tool_call>
name({{ key: value }})
</tool_call>
<done>{sentinel}</done>

Everything else is refused: source code, diffs, JSON or command output are no prose, and every action needs a \
`<tool_call>` block of its own."""


def user_message(content: str) -> dict[str, Json]:
    return {"role": "user", "content": content}


def feedback(kind: str, body: str) -> dict[str, Json]:
    """The user message by which the runtime tells the model something."""
    escaped = kind.translate(_ESCAPES)
    return user_message(f'<runtime_feedback kind="{escaped}">\n{body.strip(WHITE_SPACE)}\n</runtime_feedback>')


def ledger_injection(rendered: str) -> dict[str, Json]:
    """The message that shows the ledger to the model for one call."""
    return user_message(f'<runtime_injection kind="task_ledger">\n{rendered}\n</runtime_injection>')


def parse_guidance(errors: Sequence[str], parsed_calls: int) -> dict[str, Json]:
    parts = [f"Your tool call could not be parsed: {'; '.join(errors[:_SHOWN_ERRORS])}"]
    if parsed_calls:
        parts.append(
            f"({parsed_calls} other tool call(s) of this turn were parsed and dispatched. These errors concern the "
            "malformed ones alone, which were dropped.)"
        )
    return feedback("parse_guidance", "\n\n".join([*parts, _HEREDOC_ADVICE, _TEMPLATE_ADVICE]))


def parse_errors(errors: Sequence[str]) -> dict[str, Json]:
    return feedback("parse_error", "\n\n".join(_first_issues(errors)))


def protocol_violation(violations: Sequence[str], sentinel: str) -> dict[str, Json]:
    issues = "\n".join(f"- {violation}" for violation in _first_issues(violations))
    return feedback("protocol_violation", _PROTOCOL.format(issues=issues, sentinel=sentinel))


def suppressed_errors(errors: Sequence[str]) -> str:
    """The warning about malformed calls in a turn that ends the loop."""
    return f"{len(errors)} tool-call parse error(s) suppressed by sentinel: {'; '.join(_first_issues(errors))}"


def _first_issues(issues: Sequence[str]) -> Sequence[str]:
    """All issues, or the first ones and how many more there are."""
    more = len(issues) - _MOST_ISSUES
    return issues if more <= 0 else [*issues[:_MOST_ISSUES], f"... and {more} more"]


def verification_gate(exit_code: int | None) -> dict[str, Json]:
    code = "none" if exit_code is None else exit_code
    return feedback(
        "verification_gate",
        f"The done sentinel came, yet verification has not passed (last run exit code: {code}). The loop goes on: run "
        "the verification command and repair every failure before you finish.",
    )


def sentinel_without_action(policy: TurnPolicy | None, nudge: str | None) -> dict[str, Json]:
    """nudge is the action nudge where one applies."""
    ways = (
        "The task is unfinished. Now either make concrete progress by one of the available tools or, where the "
        "workflow allows it, switch the phase."
    )
    if policy is None or policy.allow_done_sentinel:
        text = f"A `<done>` block came before any tool action. {ways} Send no further `<done>` before an action."
    else:
        text = (
            f"A `<done>` block came in an action stage, which belongs to the workflow. {ways} Send no `<done>` block "
            "in this stage at all."
        )
    return feedback("sentinel_without_action", text if nudge is None else f"{text} {nudge}")


def ledger_result(call_id: str, content: str) -> dict[str, Json]:
    """The message that answers a ledger call which was written as text."""
    return {
        "role": "user",
        "content": f"<tool_result>{content}</tool_result>",
        "metadata": {"tool_call_id": call_id, "tool_name": "ledger"},
    }


def action_nudge(policy: TurnPolicy | None, *, native: bool, after_prose: bool = False) -> str | None:
    """What a model that has to act is told; None without such a policy. after_prose: its narration was too long."""
    if policy is None or not policy.require_action_or_yield:
        return None
    limit = policy.max_prose_chars
    prose = "Keep prose brief, then" if limit is None else f"Keep prose to at most {limit} visible characters, then"
    if policy.allow_done_sentinel:
        completion = (
            "do one of these: make concrete progress by a well-formed `<tool_call>` block, switch the phase, or, if "
            "the task is truly complete, send a `<done>` block."
        )
    else:
        completion = (
            "either make concrete progress by a well-formed `<tool_call>` block or, where the workflow allows it, "
            "switch the phase."
        )
    emphasis = " Your last response spent too much budget on prose." if after_prose else ""
    mode = (
        " Only the tool channel of the provider counts here; tool calls written out as text are invalid in this "
        "transcript."
        if native
        else ""
    )
    return f"{prose} {completion}{emphasis}{mode}"


def truncated_narration(narration: str, limit: int) -> str:
    """A narration that is longer than a turn policy allows, cut."""
    return f"{narration[:limit]}\n\n<assistant prose truncated by turn policy: be brief and act by a tool call instead>"


def elided_turn(names: Sequence[str], rejected: int) -> str:
    """What the history keeps of a turn with malformed calls."""
    return (
        f"<assistant turn partially elided: {len(names)} tool call(s) were executed with success ({', '.join(names)}) "
        f"and {rejected} malformed one(s) rejected; see the tool results and parse errors below>"
    )


def persistence_text(sentinel: str, *, verified: bool, may_finish: bool) -> str:
    """The part of the system prompt that keeps a persistent loop going. verified: it ends only after a passing run."""
    if verified:
        text = "Keep on until the task is complete; act by tool calls rather than pausing for explanations."
        ending = f" Emit `<done>{sentinel}</done>` only once a verification run has passed."
    else:
        text = (
            "IMPORTANT: Keep on until the task is complete. Never pause to explain or to summarize, but act by tool "
            "calls."
        )
        ending = (
            f" Once the requested work is complete, emit `<done>{sentinel}</done>` as a top-level block of its own."
        )
    return text + ending if may_finish else text


def watch_wake(paths: Sequence[str]) -> dict[str, Json]:
    return feedback(
        "watch",
        f"Daemon wake: watched paths changed: {', '.join(paths)}. Look at the task again and act only on a real change.",
    )


def timer_wake() -> dict[str, Json]:
    return feedback(
        "timer",
        "Daemon timer wake fired. Look for background work and act only on new information or a follow-up that is due.",
    )

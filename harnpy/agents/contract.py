"""The tool contract prompt: how a model has to call tools, and which there are (chapter 12 sections 12.4.1 to 12.4.4)."""

from __future__ import annotations

from harnpy.agents.tool_set import ToolSchema, ToolSet
from harnpy.agents.type_text import comment_text, object_text, type_text
from harnpy.llm.mock import DONE_SENTINEL

_HEADING = """\
## Tool Calling Contract

Active mode: `{mode}`. The runtime owns this contract; it overrides any tool syntax shown earlier."""

_NATIVE = """\
Prefer the provider's native tool-calling channel. Some servers strip the tools parameter; if no such channel is there, \
write a `<tool_call>name({ key: value })</tool_call>` block into your response instead, and it will be executed."""

_PROTOCOL = f"""\
## Response protocol

A response is made of these blocks and nothing else:

<tool_call>
name({{ key: value }})
</tool_call>
<assistant_prose>
one or two short sentences, optional
</assistant_prose>
<done>{DONE_SENTINEL}</done>

Rules:

- Write nothing outside these tags. Between two blocks only white space may stand.
- Each `<tool_call>` block holds exactly one bare call, `name({{ key: value }})`: the name of a tool and one object. The \
call is never quoted and never encoded as JSON. Several calls take several blocks.
- Use only the tools listed below, under exactly their names, and give every required argument.
- A string of several lines is written as a heredoc: `<<TAG`, a line break, the raw text, and `TAG` at the start of the \
closing line. Punctuation such as `}},` may follow the closing `TAG`. Nothing inside needs to be escaped; take a `TAG` \
with which no line of the text begins.
- `<assistant_prose>` is optional. Keep it brief; no code, diffs, JSON or transcripts of commands in it.
- Prefer calls to prose: do the next step instead of announcing it.
- Stop after your calls. Their results come with the next message; never write a result yourself.
- Write `<done>{DONE_SENTINEL}</done>` only when the task is complete and a tool call that verified it has succeeded.
- No label in front of a call, and no Markdown fence around it.

A complete response, with a tool that serves as an example only:

<assistant_prose>
The greeting is missing, so I add the file.
</assistant_prose>
<tool_call>
edit({{ action: "create", path: "src/greet.py", content: <<EOF
def greet(name):
    return f"Hello, {{name}}"
EOF
}})
</tool_call>"""

_LEDGER = """\
## Task ledger

Each turn a `<task_ledger>` block with the deliverables of the task is injected, once there are any. A `<done>` block is \
rejected while a deliverable is open or blocked. You keep the ledger by calls of the `ledger` tool, each in a \
`<tool_call>` block of its own:

- `ledger({ action: "add", text: "what is to be delivered" })` adds a deliverable.
- `ledger({ action: "mark", id: "deliverable-1", status: "done" })` resolves one. Mark it done only after a tool call has \
proved it.
- `ledger({ action: "mark", id: "deliverable-1", status: "dropped", note: "why" })` gives up one that is no longer wanted.
- `ledger({ action: "rationale", text: "why the plan is as it is" })` records the reasons for the plan.
- `ledger({ action: "note", text: "what was found out" })` records an observation."""

_ACTION_GATED = "This turn is action-gated."
_ACTION_FIRST = {
    True: " Open your response with a tool call, by the native channel or as a `<tool_call>` block.",
    False: " Open your response with a tool call, as a `<tool_call>` block.",
}
_NOTHING_BEFORE = " No raw source code, diffs, JSON or `<done>` block may come before the first call."

_COMPACT_HEADING = "## Other tools (call them directly, as their parameters are plain; `tool_schema` tells the details)"


def contract_prompt(tools: ToolSet, *, native: bool, action_gated: bool, examples: str | None = None) -> str:
    """The prompt for a loop with tools. action_gated is the turn policy's require_action_or_yield."""
    parts = [_HEADING.format(mode="native" if native else "text")]
    if native:
        parts.append(_NATIVE)
    parts += [_PROTOCOL, _LEDGER]
    if action_gated:
        parts.append(_ACTION_GATED + (_ACTION_FIRST[native] if tools.schemas else "") + _NOTHING_BEFORE)
    if examples is not None and examples.strip():
        parts += ["## Tool call examples", examples.strip()]
    if tools.shared:
        parts.append("## Shared types")
        parts.append("\n".join(f"type {name} = {type_text(kind)};" for name, kind in tools.shared.items()))
    whole = [_declaration(tool) for tool in tools.schemas if not tool.compact]
    if whole:
        parts += ["## Available tools", *whole]
    bullets = [_bullet(tool) for tool in tools.schemas if tool.compact]
    if bullets:
        parts += [_COMPACT_HEADING, "\n".join(bullets)]
    return "\n\n".join(parts)


def _declaration(tool: ToolSchema) -> str:
    lines = [f"declare function {tool.name}(args: {object_text(tool.parameters)}): string;"]
    description = comment_text(tool.description.strip())
    if description:
        lines += ["/**", *(f" * {line}".rstrip() for line in description.splitlines()), " */"]
    return "\n".join(lines)


def _bullet(tool: ToolSchema) -> str:
    summary = tool.description.strip().split("\n", 1)[0].split(".", 1)[0].strip()
    call = f"- `{tool.name}({object_text(tool.parameters)})`"
    return f"{call} — {summary}" if summary else call

"""The summary of model calls that `harn run --trace` prints at the end, and the estimate of their cost."""

from __future__ import annotations

from harnpy.cli.terminal import Paint
from harnpy.llm.trace_log import TraceLog

# The prices of the estimate, in USD for a million tokens; it is a rough one whatever the model.
_INPUT_PRICE = 3
_OUTPUT_PRICE = 15


def summary_text(log: TraceLog, paint: Paint) -> str:
    """Header, one line a call, totals; empty without calls."""
    if not log.entries:
        return ""
    lines = ["", paint.dim("─── LLM trace ───")]
    for number, call in enumerate(log.entries, 1):
        tokens = f"{call.input_tokens} in + {call.output_tokens} out tokens"
        lines.append(f"  #{number}: {call.model} | {tokens} | {call.duration_ms} ms")
    sent, received = log.input_tokens, log.output_tokens
    cost = estimated_cost(sent, received)
    counted = "1 call" if len(log.entries) == 1 else f"{len(log.entries)} calls"
    total = f"{counted}, {sent + received} tokens ({sent}in + {received}out), {log.duration_ms} ms, ~${cost:.4f}"
    lines.append("  " + paint.bold(total))
    return "\n".join(lines)


def estimated_cost(input_tokens: int, output_tokens: int) -> float:
    """What so many tokens cost, roughly, in USD."""
    return (input_tokens * _INPUT_PRICE + output_tokens * _OUTPUT_PRICE) / 1_000_000

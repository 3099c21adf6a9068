"""The summary of model calls that `harn run --trace` prints at the end."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.cli.terminal import Paint
from harnpy.llm.observe import CallSucceeded, Event

# The prices of the estimate, in USD for a million tokens; it is a rough one whatever the model.
_INPUT_PRICE = 3
_OUTPUT_PRICE = 15


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One successful call."""

    model: str
    input_tokens: int
    output_tokens: int
    milliseconds: int


class CallSummary:
    """A subscriber of the bus that remembers every successful call."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallSucceeded):
            result = event.result
            self.calls.append(
                CallRecord(result["model"], result["input_tokens"], result["output_tokens"], event.duration_ms)
            )

    def text(self, paint: Paint) -> str:
        """Header, one line a call, totals; empty without calls."""
        if not self.calls:
            return ""
        lines = ["", paint.dim("─── LLM trace ───")]
        for number, call in enumerate(self.calls, 1):
            tokens = f"{call.input_tokens} in + {call.output_tokens} out tokens"
            lines.append(f"  #{number}: {call.model} | {tokens} | {call.milliseconds} ms")
        sent = sum(call.input_tokens for call in self.calls)
        received = sum(call.output_tokens for call in self.calls)
        took = sum(call.milliseconds for call in self.calls)
        cost = (sent * _INPUT_PRICE + received * _OUTPUT_PRICE) / 1_000_000
        counted = "1 call" if len(self.calls) == 1 else f"{len(self.calls)} calls"
        total = f"{counted}, {sent + received} tokens ({sent}in + {received}out), {took} ms, ~${cost:.4f}"
        lines.append("  " + paint.bold(total))
        return "\n".join(lines)

"""One model call for the runtime's own purposes: no retry, no permit, no trace and no transcript record."""

from __future__ import annotations

from dataclasses import replace

from harnpy.llm.context import CallContext
from harnpy.llm.json_values import Json
from harnpy.llm.options import LlmOptions
from harnpy.llm.pipeline import provider_call


def plain_answer(context: CallContext, options: LlmOptions) -> str:
    """The text of the answer as received. Raises the error of the call."""
    return provider_call(context, options, context.new_id())["text"]


def user_message(text: str) -> list[Json]:
    """The messages of a call that asks one question."""
    return [{"role": "user", "content": text}]


def without_program_demands(options: LlmOptions, question: str) -> LlmOptions:
    """The same model asked another question, for an answer in prose: what the program demanded of answers is gone."""
    return replace(
        options,
        messages=user_message(question),
        system=None,
        tools=None,
        native_tools=None,
        tool_choice=None,
        json_mode=False,
        wire_schema=None,
        prefill=None,
    )

"""Which wire format a provider speaks (chapter 11 section 5.1)."""

from __future__ import annotations

from enum import Enum

from harnpy.llm.providers.table import Configuration


class Style(Enum):
    """A wire format. Every provider that is not one of the other two speaks OpenAI's chat completions."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    OLLAMA = "ollama"


def style_of(configuration: Configuration, provider: str) -> Style:
    """The wire format of a provider by name and chat endpoint."""
    entry = configuration.providers.get(provider)
    endpoint = entry.chat_endpoint if entry is not None else ""
    if provider == "ollama" or "/api/chat" in endpoint:
        return Style.OLLAMA
    if "/messages" in endpoint or (entry is None and provider == "anthropic"):
        return Style.ANTHROPIC
    return Style.OPENAI

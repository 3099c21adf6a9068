"""Which wire format a provider speaks (chapter 11 section 5.1)."""

from __future__ import annotations

from enum import Enum

from harnpy.llm.providers.table import EMBEDDED_SCHEME, Configuration


class Style(Enum):
    """A wire format. Every provider that is none of the others speaks OpenAI's chat completions. EMBEDDED has no wire."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    OLLAMA = "ollama"
    EMBEDDED = "embedded"


def style_of(configuration: Configuration, provider: str) -> Style:
    """The wire format of a provider by name and chat endpoint; that of an embedded one by its base URL."""
    entry = configuration.providers.get(provider)
    if entry is not None and entry.base_url.startswith(EMBEDDED_SCHEME):
        return Style.EMBEDDED
    endpoint = entry.chat_endpoint if entry is not None else ""
    if provider == "ollama" or "/api/chat" in endpoint:
        return Style.OLLAMA
    if "/messages" in endpoint or (entry is None and provider == "anthropic"):
        return Style.ANTHROPIC
    return Style.OPENAI

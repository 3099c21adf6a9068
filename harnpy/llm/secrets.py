"""Keys, known only to be kept out of everything that is written: traces, transcripts, recordings, telemetry."""

from __future__ import annotations

import json

from harnpy.llm.providers.table import Configuration
from harnpy.llm.resolve import Environment

# What is shorter is a placeholder such as "EMPTY" for servers that ask for any key, and may be part of any word.
SHORTEST_SECRET = 8
REPLACEMENT = "[key]"


class Secrets:
    """The keys of one runtime: those that it uses, and those of all configured providers that the environment has."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def add(self, value: str) -> None:
        """Know a key from now on; what is too short to be one is ignored."""
        if len(value) < SHORTEST_SECRET or value in self._forms:
            return
        # Longest first, should one key be the beginning of another; a key may look different inside JSON.
        escaped = (json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(value)[1:-1])
        self._forms = tuple(sorted({*self._forms, value, *escaped}, key=lambda form: (-len(form), form)))

    def collect(self, env: Environment, configuration: Configuration) -> None:
        """Know the keys that the environment has for the providers of configuration."""
        names = {name for provider in configuration.providers.values() for name in provider.auth_env}
        for name in sorted({*names, "HARN_API_KEY"}):
            self.add((env(name) or "").strip())

    def redacted(self, text: str) -> str:
        """text, which may be JSON, with every known key replaced."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REPLACEMENT)
        return text

"""Finds stop sequences in text that comes in pieces."""

from __future__ import annotations


class StopFinder:
    """Lets text through up to the first stop sequence; holds back what may turn out to be the start of one.

    found says that a stop sequence has come: nothing more is to be fed.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self.found = False
        self._sequences = sequences
        self._held = ""

    def feed(self, text: str) -> str:
        """Take a piece and return what is settled of the text so far and was not returned before."""
        text = self._held + text
        first = min((place for place in map(text.find, self._sequences) if place >= 0), default=-1)
        if first >= 0:
            self.found = True
            self._held = ""
            return text[:first]
        held = max((_overlap(text, sequence) for sequence in self._sequences), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def rest(self) -> str:
        """What is held back, when nothing more comes."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, sequence: str) -> int:
    """The length of the longest end of text that sequence begins with."""
    return next((size for size in range(min(len(text), len(sequence) - 1), 0, -1) if text.endswith(sequence[:size])), 0)

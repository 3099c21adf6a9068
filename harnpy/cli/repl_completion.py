"""What can stand at the cursor of the REPL: commands, module paths, members of a value, names. Knows no runtime."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from harnpy.cli.repl_commands import COMMAND_NAMES
from harnpy.syntax.lexer import ends_inside_token, lex_lenient
from harnpy.syntax.tokens import KEYWORDS
from harnpy.vm.registry import Registry
from harnpy.vm.values import StructInstance, Value, type_name

_IMPORT = re.compile(r'\bimport\s+(?:\{[^{}"]*\}\s*from\s+)?"([^"\n]*)$')
_MEMBER = re.compile(r"([^\W\d]\w*|[\"\])}])\s*\??\.\s*(\w*)$")
_WORD = re.compile(r"([^\W\d]\w*)$")
_COMMAND = re.compile(r"^\s*(:\w*)$")

# What a literal ends with tells its kind.
_LITERAL_KINDS = {'"': "string", "]": "list", "}": "dict"}

# The kinds whose methods are offered when nothing is known about the receiver.
_COMMON_KINDS = ("string", "list", "dict")


class HarnCompleter(Completer):
    """Completes at the cursor.

    names gives the visible bindings of the session at that moment; modules the names of the bundled modules.
    """

    def __init__(self, registry: Registry, names: Callable[[], Mapping[str, Value]], modules: Iterable[str]) -> None:
        self._registry = registry
        self._names = names
        self._modules = tuple(modules)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Candidates that begin with what stands before the cursor, case-sensitively, sorted."""
        before = document.text_before_cursor
        command = _COMMAND.search(before)
        if command is not None:
            yield from _matching(COMMAND_NAMES, command[1], " ")
            return
        imported = _IMPORT.search(before)
        if imported is not None:
            yield from self._module_paths(imported[1])
            return
        if _in_text(before):
            return
        member = _MEMBER.search(before)
        if member is not None:
            yield from _matching(self._members(member[1]), member[2], "")
            return
        word = _WORD.search(before)
        if word is not None:
            builtins = (name for name in self._registry.names if not name.startswith("__"))
            yield from _matching({*KEYWORDS, *builtins, *self._names()}, word[1], " ")

    def _members(self, receiver: str) -> set[str]:
        """Method and field names that may follow the receiver and a dot."""
        if receiver in _LITERAL_KINDS:
            return set(self._registry.methods(_LITERAL_KINDS[receiver]))
        names = self._names()
        if receiver not in names:
            return {name for kind in _COMMON_KINDS for name in self._registry.methods(kind)}
        value = names[receiver]
        found = set(self._registry.methods(type_name(value)))
        if isinstance(value, dict):
            found.update(key for key in value if key.isidentifier())
        elif isinstance(value, StructInstance):
            found.update(value.fields, value.type.methods)
        return found

    def _module_paths(self, typed: str) -> Iterator[Completion]:
        """Bundled modules, and files and directories of the working directory."""
        yield from _matching((f"std/{name}" for name in self._modules), typed, "")
        directory, _, _ = typed.rpartition("/")
        found = []
        try:
            with os.scandir(directory or ".") as entries:
                for entry in entries:
                    path = f"{directory}/{entry.name}" if directory else entry.name
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        found.append(path + "/")
                    elif path.endswith(".harn"):
                        found.append(path.removesuffix(".harn"))
        except OSError:
            return
        yield from _matching(found, typed, "")


def _matching(candidates: Iterable[str], typed: str, after: str) -> Iterator[Completion]:
    for candidate in sorted(candidates):
        if candidate.startswith(typed):
            yield Completion(candidate + after, start_position=-len(typed), display=candidate)


def _in_text(before: str) -> bool:
    """Whether the cursor stands inside a string or a comment, where nothing is to be completed."""
    tokens = lex_lenient(before)
    last = tokens[-1] if tokens else None
    if last is not None and last.type in ("COMMENT", "DOC_COMMENT") and last.span.end == len(before):
        return not before.endswith("*/")
    if any(token.type == "INTERP_OPEN" for token in tokens):
        depth = sum((token.type == "INTERP_OPEN") - (token.type == "INTERP_CLOSE") for token in tokens)
        return depth == 0 and ends_inside_token(before)
    return ends_inside_token(before)

"""Which findings in the whole items of a broken file can be believed.

What was lost to syntax errors may declare, use or change anything that it names. So whatever involves such a name, directly or
by a declaration that mentions one, is not reported: who is in the middle of typing shall not be told of things that are
there.
"""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.tokens import words
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harnpy.syntax.diagnostics import Diagnostic
    from harnpy.syntax.partial import PartialProgram
    from harnpy.syntax.tokens import Token

_WORD = re.compile(r"[^\W\d]\w*")
# Behind these a name is declared, whatever else may have it.
_DECLARING = words("FN FN_EXPR LET VAR STRUCT ENUM TYPE PIPELINE TOOL INTERFACE IMPL")


def believable(
    findings: Iterable[Diagnostic], partial: PartialProgram, text: str, known: frozenset[str]
) -> list[Diagnostic]:
    """Those of findings, made for the whole items of text, that hold whatever the lost parts were meant to be.

    known are names that every program knows, such as those of builtins and basic types: using one says nothing about it.
    """
    if not partial.lost:
        return list(findings)
    doubtful = _doubtful_names(partial, text, known)
    stretches = [(tokens[0].span.start, tokens[-1].span.end) for tokens in partial.lost]
    imports_anything = any(token.type == "IMPORT" for tokens in partial.lost for token in tokens)

    def holds(finding: Diagnostic) -> bool:
        start, end = finding.span.start, max(finding.span.end, finding.span.start + 1)
        if any(start < lost_end and lost_start < end for lost_start, lost_end in stretches):
            return False
        if imports_anything and finding.code == "undefined-function":
            return False
        return doubtful.isdisjoint(_words(finding.message)) and doubtful.isdisjoint(_words(text[start:end]))

    return [finding for finding in findings if holds(finding)]


def _doubtful_names(partial: PartialProgram, text: str, known: frozenset[str]) -> set[str]:
    """The names that lost text mentions, and those whose declarations mention a doubtful one."""
    doubtful: set[str] = set()
    for tokens in partial.lost:
        doubtful.update(_mentioned(tokens, known))
    declared = list(_declarations(partial.program, text))
    changed = True
    while changed:
        changed = False
        for names, mentioned in declared:
            if not doubtful.issuperset(names) and not doubtful.isdisjoint(mentioned):
                doubtful.update(names)
                changed = True
    return doubtful


def _mentioned(tokens: Iterable[Token], known: frozenset[str]) -> Iterator[str]:
    previous = ""
    for token in tokens:
        if token.type == "NAME" and (token.value not in known or previous in _DECLARING):
            yield token.value
        elif token.type == "ERROR":
            yield from _words(token.value)  # a string that does not end, with whatever it interpolates
        previous = token.type


def _declarations(program: ast.Program, text: str) -> Iterator[tuple[set[str], set[str]]]:
    """For each declaration of a type, a function or a variable: its names, and the words of what they stand for."""
    for node in walk(program):
        match node:
            case ast.Fn(name=name, body=body) | ast.Tool(name=name, body=body):
                head = body[0].span.start if body else node.span.end
                yield {name}, _words(text[node.span.start : head])
            case ast.Struct(name=name) | ast.Enum(name=name) | ast.Interface(name=name) | ast.TypeAlias_(name=name):
                yield {name}, _words(text[node.span.start : node.span.end])
            case ast.Impl(type_name=name, methods=methods):
                yield {name}, {each.name for each in methods}
            case ast.Let(pattern=pattern):
                bound = text[pattern.span.start : pattern.span.end]
                yield _words(bound), _words(text[node.span.start : node.span.end])


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))

"""Matching in time linear in the text, for patterns on which a backtracking engine would not end in time.

A pattern is compiled to a small program, and all its threads run through the text in lockstep, in priority order
(Pike's virtual machine, after Cox, "Regular Expression Matching: the Virtual Machine Approach"). Slower than the
engine by a large constant, never by more.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from harnpy import TYPE_CHECKING
from harnpy.vm.patterns.nodes import (
    Alternation,
    AnyCharacter,
    Assertion,
    CharacterClass,
    Concatenation,
    Group,
    Literal,
    Node,
    ParsedPattern,
    Repeat,
)
from harnpy.vm.patterns.translation import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

# Counted repetition is unrolled; beyond this many instructions a step over one character would take too long.
_MAXIMUM_PROGRAM = 20_000

Slots: TypeAlias = tuple[int, ...]


class ProgramTooLarge(Exception):
    """The pattern unrolls to more instructions than a simulation may have."""


@dataclass(frozen=True, slots=True)
class Consume:
    """Step over one character that is in a set; seen remembers answers by character."""

    contains: Callable[[str], object]
    seen: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Require:
    """Go on where an assertion holds."""

    holds: Callable[[str, int], object]


@dataclass(slots=True)
class Fork:
    """Go on at both places, the first one preferred."""

    first: int
    second: int


@dataclass(slots=True)
class Jump:
    target: int


@dataclass(frozen=True, slots=True)
class Save:
    slot: int


@dataclass(frozen=True, slots=True)
class Accept:
    pass


Instruction: TypeAlias = Consume | Require | Fork | Jump | Save | Accept


class Simulation:
    """The program of one pattern."""

    def __init__(self, parsed: ParsedPattern) -> None:
        """Raises ProgramTooLarge."""
        self._program: list[Instruction] = []
        self._sets: dict[str, Consume] = {}
        self._slots = 2 * (parsed.groups + 1)
        self._emit(Save(0))
        self._compile(parsed.node)
        self._emit(Save(1))
        self._emit(Accept())

    def search(self, text: str, position: int) -> Slots | None:
        """Start and end offsets of the whole match and of each group (-1 if it took no part), from position on."""
        found: Slots | None = None
        threads: list[tuple[int, Slots]] = []
        reached: set[int] = set()
        nothing = (-1,) * self._slots
        program = self._program
        for place in range(position, len(text) + 1):
            if found is None:
                self._follow(threads, reached, 0, nothing, text, place)
            elif not threads:
                break
            char = text[place : place + 1]
            following: list[tuple[int, Slots]] = []
            reached = set()
            for counter, slots in threads:
                instruction = program[counter]
                if not isinstance(instruction, Consume):
                    found = slots
                    break
                if char:
                    inside = instruction.seen.get(char)
                    if inside is None:
                        inside = instruction.seen[char] = instruction.contains(char) is not None
                    if inside:
                        self._follow(following, reached, counter + 1, slots, text, place + 1)
            threads = following
        return found

    def _follow(
        self,
        threads: list[tuple[int, Slots]],
        reached: set[int],
        counter: int,
        slots: Slots,
        text: str,
        place: int,
    ) -> None:
        """Add the thread at counter, followed through every instruction that consumes nothing, in priority order."""
        pending = [(counter, slots)]
        while pending:
            counter, slots = pending.pop()
            if counter in reached:
                continue
            reached.add(counter)
            match self._program[counter]:
                case Jump(target=target):
                    pending.append((target, slots))
                case Fork(first=first, second=second):
                    pending.append((second, slots))
                    pending.append((first, slots))
                case Save(slot=slot):
                    pending.append((counter + 1, (*slots[:slot], place, *slots[slot + 1 :])))
                case Require(holds=holds):
                    if holds(text, place) is not None:
                        pending.append((counter + 1, slots))
                case _:
                    threads.append((counter, slots))

    # --- compilation --------------------------------------------------------------------------------------------

    def _emit(self, instruction: Instruction) -> int:
        if len(self._program) >= _MAXIMUM_PROGRAM:
            raise ProgramTooLarge
        self._program.append(instruction)
        return len(self._program) - 1

    def _compile(self, node: Node) -> None:
        match node:
            case Literal() | AnyCharacter() | CharacterClass():
                self._emit(self._set(translate(node)))
            case Assertion():
                self._emit(Require(regex.compile(translate(node), regex.V1).match))
            case Group(index=index, node=inner):
                if index is not None:
                    self._emit(Save(2 * index))
                self._compile(inner)
                if index is not None:
                    self._emit(Save(2 * index + 1))
            case Concatenation(nodes=nodes):
                for each in nodes:
                    self._compile(each)
            case Alternation(nodes=nodes):
                self._compile_alternation(nodes)
            case Repeat():
                self._compile_repeat(node)

    def _set(self, source: str) -> Consume:
        if source not in self._sets:
            self._sets[source] = Consume(regex.compile(source, regex.V1).match, {})
        return self._sets[source]

    def _compile_alternation(self, nodes: tuple[Node, ...]) -> None:
        exits: list[Jump] = []
        for branch in nodes[:-1]:
            fork = Fork(len(self._program) + 1, 0)
            self._emit(fork)
            self._compile(branch)
            exits.append(Jump(0))
            self._emit(exits[-1])
            fork.second = len(self._program)
        self._compile(nodes[-1])
        for jump in exits:
            jump.target = len(self._program)

    def _compile_repeat(self, node: Repeat) -> None:
        if node.maximum is None:
            for _ in range(node.minimum - 1):
                self._compile(node.node)
            self._compile_loop(node)
            return
        for _ in range(node.minimum):
            self._compile(node.node)
        forks: list[Fork] = []
        for _ in range(node.maximum - node.minimum):
            forks.append(self._fork(node.greedy))
            self._compile(node.node)
        for fork in forks:
            self._leave(fork, node.greedy)

    def _compile_loop(self, node: Repeat) -> None:
        """`x+`, and `x*` as `(x+)?`: an iteration that matches nothing sets the groups inside only if it is the first."""
        enter = self._fork(node.greedy) if node.minimum == 0 else None
        start = len(self._program)
        self._compile(node.node)
        again = Fork(start, 0) if node.greedy else Fork(0, start)
        self._emit(again)
        self._leave(again, node.greedy)
        if enter is not None:
            self._leave(enter, node.greedy)

    def _fork(self, greedy: bool) -> Fork:
        """A fork whose preferred way, for a greedy repetition, is the next instruction."""
        inside = len(self._program) + 1
        fork = Fork(inside, 0) if greedy else Fork(0, inside)
        self._emit(fork)
        return fork

    def _leave(self, fork: Fork, greedy: bool) -> None:
        """Point the way out of a fork here."""
        if greedy:
            fork.second = len(self._program)
        else:
            fork.first = len(self._program)

"""Random programs that parse, with every construct of the language, whatever they mean.

Operands stand in parentheses wherever these may matter, so that whoever takes parentheses away has to know the grammar.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_NAMES = ("a", "b", "xs", "P", "not", "each", "description", "with", "timeout", "where", "long_name_of_something")
_BINARY = ("|>", "||", "&&", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "+", "-", "??", "*", "/", "%", "**")
_TYPES = (
    "int",
    "list<T>",
    "dict<string, int>",
    "{a: int, b?: string}",
    "fn(int) -> nil",
    '"lit"',
    "-1",
    "never",
    "A<B>",
)
_DEPTH = 4


class ProgramWriter:
    """Writes one program. chance: where its choices come from."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def program(self) -> str:
        """A program whose first item declares struct P."""
        items = [self._import() for _ in range(self._below(3))]
        items.append("struct P { a: int }")
        items += [self._statement(_DEPTH) for _ in range(1 + self._below(4))]
        return "\n".join(items) + "\n"

    # --- choices ---

    def _below(self, count: int) -> int:
        return self._chance.randrange(count)

    def _pick(self, options: tuple[str, ...]) -> str:
        return self._chance.choice(options)

    def _line(self) -> str:
        """White space where a line may or may not end."""
        return self._pick(("", "", " ", "\n", "\n\n"))

    def _some(self, make: Callable[[], str], most: int = 3) -> str:
        """Items with commas between them."""
        items = [make() for _ in range(self._below(most + 1))]
        comma = f",{self._line()}"
        return self._line() + comma.join(items) + (comma if items and self._below(3) == 0 else "")

    # --- expressions ---

    def expression(self, depth: int) -> str:
        """Any expression, not in parentheses."""
        if depth <= 0:
            return self._atom()
        kinds = (self._atom, *(lambda kind=kind: kind(depth - 1) for kind in self._compound()))
        return self._chance.choice(kinds)()

    def _compound(self) -> tuple[Callable[[int], str], ...]:
        return (
            self._binary,
            self._binary,
            self._binary,
            self._prefix,
            self._ternary,
            self._range,
            self._call,
            self._method,
            self._postfix,
            self._collection,
            self._closure,
            self._construct,
            self._interpolated,
        )

    def _operand(self, depth: int) -> str:
        text = self.expression(depth)
        return f"({self._pick(('', '', chr(10)))}{text})" if text not in _NAMES else self._pick((text, f"({text})"))

    def _atom(self) -> str:
        return self._pick(
            (
                *_NAMES,
                *_NAMES,
                "1",
                "007",
                "1.50",
                "90s",
                '"text"',
                r'"a\"\n${b}"',
                'r"a\\b"',
                "true",
                "nil",
                '"""a\n  b"""',
            )
        )

    def _binary(self, depth: int) -> str:
        operator = self._pick(_BINARY)
        before = self._pick((" ", " ", " \\\n", "\n")) if operator != "-" else self._pick((" ", " \\\n"))
        return f"{self._operand(depth)}{before}{operator} {self._operand(depth)}"

    def _prefix(self, depth: int) -> str:
        return self._pick(("!", "-", "try* ")) + self._operand(depth)

    def _ternary(self, depth: int) -> str:
        return f"{self._operand(depth)} ? ({self.expression(depth)}) : {self._operand(depth)}"

    def _range(self, depth: int) -> str:
        return f"{self._operand(depth)} to {self._operand(depth)}{self._pick(('', ' exclusive'))}"

    def _argument(self, depth: int) -> str:
        return self._pick(("", "", "...")) + self.expression(depth)

    def _call(self, depth: int) -> str:
        named = self._pick(("", "", f"type: {self.expression(depth)}"))
        args = self._some(lambda: self._argument(depth))
        return f"{self._operand(depth)}({named or args})"

    def _method(self, depth: int) -> str:
        dot = self._pick((".", "?.", "\n.", "\n  ?."))
        return f"{self._operand(depth)}{dot}{self._pick(('map', 'type'))}({self._some(lambda: self._argument(depth))})"

    def _postfix(self, depth: int) -> str:
        object_ = self._operand(depth)
        first, second = self.expression(depth), self.expression(depth)
        return self._pick(
            (
                f"{object_}.name",
                f"{object_}?.in",
                f"{object_}[{first}]",
                f"{object_}[({first}):({second})]",
                f"{object_}[:{first}]",
                f"{object_}[({first}):]",
                f"({object_}?)",
            )
        )

    def _entry(self, depth: int) -> str:
        key = self._pick(("a: ", "type: ", '"b c": ', '["e"]: ', f"[{self.expression(depth)}]: ", "..."))
        return key + self.expression(depth)

    def _collection(self, depth: int) -> str:
        entries = self._some(lambda: self._entry(depth))
        elements = self._some(lambda: self._argument(depth))
        return self._pick((f"[{elements}]", f"{{{entries}}}" if entries.strip() else "{}", f"(P {{{entries}}})"))

    def _interpolated(self, depth: int) -> str:
        return f'"a ${{ {self.expression(min(depth, 1))} }}\\t$b"'

    # --- bodies ---

    def _param(self, depth: int) -> str:
        name = self._pick(("p", "q", "value"))
        return name + self._pick(("", "", f": {self._pick(_TYPES)}"))

    def _params(self, depth: int) -> str:
        rest = self._pick(("", "", "...rest", "...rest: list<int>"))
        params = [self._param(depth) for _ in range(self._below(3))]
        default = self._pick(("", f"d = {self.expression(min(depth, 1))}"))
        return ", ".join([*params, *([default] if default else []), *([rest] if rest else [])])

    def _closure(self, depth: int) -> str:
        body = self._body(depth)
        if self._below(3) == 0:
            return f"(fn({self._params(depth)}) {{{body}}})"
        return f"{{ {self._params(depth)} -> {body}}}"

    def _body(self, depth: int) -> str:
        separator = self._pick(("\n", "; ", "\n\n"))
        return separator.join(self._statement(depth) for _ in range(self._below(3)))

    def _construct(self, depth: int) -> str:
        """A construct that is a value, too."""
        value, body = f"({self.expression(depth)})", f"{{{self._line()}{self._body(depth)}}}"
        other = f"{{{self._body(depth)}}}"
        arms = "\n".join(
            f"{self._operand(depth)}{self._pick(('', f' if {value}'))} -> {{{self._body(depth)}}}"
            for _ in range(self._below(3))
        )
        catch = self._pick(("catch", "catch e", "catch (e)", "catch (e: T)"))
        ending = self._pick(("", f" finally {other}"))
        return self._pick(
            (
                f"(if {value} {body})",
                f"if {value} {body} else {other}",
                f"if {value} {body} else if {value} {other} else {{}}",
                f"match {value} {{\n{arms} }}",
                f"retry {value} {body}",
                f"deadline {value} {body}",
                f"parallel {self._pick(('', 'each ', 'settle '))}{value} {{ x -> {self._body(depth)}}}",
                f"parallel each {value} with {{ max_concurrent: {value} }} {body}",
                f"spawn {body}",
                f"(try {body})",
                f"try {body} {catch} {other}{ending}",
                f"try {body} finally {other}",
                f"select {{ v from {value} {body}\n timeout {value} {other} }}",
                f"select {{ default {other} }}",
            )
        )

    def _pattern(self, depth: int) -> str:
        default = self.expression(min(depth, 1))
        return self._pick(("x", "x", f"{{a, b: c, d = {default}, ...rest}}", f"[a, b = {default}, ...rest]", "{}"))

    def _statement(self, depth: int) -> str:
        if depth <= 0:
            return self._atom()
        depth -= 1
        value, body = f"({self.expression(depth)})", f"{{{self._line()}{self._body(depth)}}}"
        pub = self._pick(("", "pub "))
        kinds: tuple[Callable[[], str], ...] = (
            lambda: self.expression(depth),
            lambda: f"({self.expression(depth)})",
            lambda: f"{self._pick(('let', 'var'))} {self._pattern(depth)} = {self.expression(depth)}",
            lambda: f"let x: {self._pick(_TYPES)} = {self.expression(depth)}",
            lambda: f"{self._operand(depth)}.a {self._pick(('=', '+=', '%='))} {self.expression(depth)}",
            lambda: f"for {self._pick(('x', '(k, v)', '[a, b]'))} in {value} {body}",
            lambda: f"while {value} {body}",
            lambda: f"{self._pick(('return', 'throw', 'yield'))} {self.expression(depth)}",
            lambda: self._pick(("return", "yield", "break", "continue")),
            lambda: f"guard {value} else {body}",
            lambda: f"require {value}{self._pick(('', f', {value}'))}",
            lambda: f"{self._pick(('mutex', 'defer'))} {body}",
            lambda: f"override o(a, b) {body}",
            lambda: f"{pub}fn f{self._pick(('', '<T, in U>'))}({self._params(depth)}) -> int where T: I {body}",
            lambda: f"{pub}tool t({self._params(depth)}) {{ description {self._pick((chr(34) + 'd' + chr(34), chr(34) * 3 + 'a' + chr(10) + 'b' + chr(34) * 3))}\n{self._body(depth)}}}",
            lambda: f"{pub}enum E {{ A, B({self._params(min(depth, 1))}) C }}",
            lambda: f"@a\n@b(x: -1) {pub}struct Q<T> {{ type: {self._pick(_TYPES)}, b?, c }}",
            lambda: f"interface I {{ type T = {self._pick(_TYPES)}\nfn m({self._params(min(depth, 1))}) -> int\n type U }}",
            lambda: f"impl P {{ fn m(self) {body}\n{pub}fn n() {body} }}",
            lambda: f"type T<A> = {self._pick(_TYPES)} | {self._pick(_TYPES)}",
        )  # fmt: skip
        return self._chance.choice(kinds)()

    def _import(self) -> str:
        return self._pick(('import "std/b"', 'import "m"', 'import { b, a } from "m"', 'import "py:json" as j'))

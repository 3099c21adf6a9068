"""Operators in translated code: Python's own where it agrees with Harn's on the kinds at hand.

They disagree on bools, which are numbers to Python; on lists and strings under `*` and `%`; on the sign of `//` and `%`;
on ints beyond 2**53 compared with floats; on `<=` with NaN. Everything else on which they disagree is an exception in
Python, which hands over to the interpreter.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import Instruction
from harnpy.bytecode.opcodes import Op
from harnpy.jit.kinds import (
    ANY,
    BOOL,
    DICT,
    FLOAT,
    INT,
    LIST,
    NUMBER,
    OTHER,
    RANGE,
    SCALAR,
    STR,
    TYPE_NAME,
)
from harnpy.jit.operands import Operand

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.jit.translator import Translator

    WriterOf = Callable[[Translator, Instruction], None]


_EXACT = (INT, FLOAT, STR)


class Guarded:
    """The two operands of an operator with the tests that a guess about their kinds needs."""

    def __init__(self, t: Translator, *operands: Operand) -> None:
        self.t = t
        self.operands = list(operands)
        self.texts = [operand.code for operand in operands]
        self.kinds = [t.kinds(operand) for operand in operands]
        self.tests: list[str] = []
        self._named: list[bool] = [operand.is_name for operand in operands]
        self.learned: list[tuple[str, int]] = []

    def _name(self, place: int) -> tuple[str, str]:
        """How the first test refers to an operand, and how everything after it does."""
        if self._named[place]:
            return self.texts[place], self.texts[place]
        name = self.t.fresh()
        first = f"({name} := {self.operands[place].text})"
        self._named[place] = True
        self.texts[place] = name
        return first, name

    def name(self, place: int) -> str:
        """The text with which an operand is evaluated, if it is not yet; from then on it is a name."""
        return self._name(place)[0]

    def no_bool(self, place: int) -> None:
        """Guess that an operand is no bool."""
        if self.kinds[place] & BOOL:
            if self.operands[place].aliases and self.t.in_loop:
                self.t.want(self.operands[place])
            first, name = self._name(place)
            self.tests.append(f"{first} is not True and {name} is not False")
            self._learn(place, name, self.kinds[place] & ~BOOL)

    def exactly(self, place: int, kind: int) -> None:
        """Guess that an operand is of this one kind."""
        if self.kinds[place] != kind:
            first, name = self._name(place)
            self.tests.append(f"type({first}) is {TYPE_NAME[kind]}")
            self._learn(place, name, kind)

    def number(self, place: int) -> None:
        """Guess that an operand is an int or a float."""
        if self.kinds[place] & ~NUMBER:
            first, name = self._name(place)
            self.tests.append(f"((n := type({first})) is int or n is float)")
            self._learn(place, name, NUMBER)

    def same_kind(self, *kinds: int) -> None:
        """Guess that both operands are of the same one of these kinds."""
        # A name of its own: the second operand may contain such tests.
        kind = self.t.fresh("n")
        first, second = self._name(0), self._name(1)
        choice = " or ".join(f"{kind} is {TYPE_NAME[each]}" for each in kinds)
        self.tests.append(f"({kind} := type({first[0]})) is type({second[0]}) and ({choice})")

    def test(self, test: str) -> None:
        self.tests.append(test)

    def _learn(self, place: int, name: str, kinds: int) -> None:
        self.kinds[place] = kinds
        self.learned.append((name, kinds))
        for other, operand in enumerate(self.operands):
            if other != place and operand.is_name and operand.text == name:
                self.kinds[other] = kinds

    def learn(self, place: int, kinds: int) -> None:
        """An operand that is a name by now is of one of these kinds where the tests hold."""
        self._learn(place, self.texts[place], kinds)

    @property
    def natural(self) -> bool:
        """Whether both operands are ints that are not negative, if they are ints."""
        return all(each.natural for each in self.operands)

    def push(self, text: str, kinds: int, otherwise: str = "", natural: bool = False) -> None:
        """Push text.format(a, b) if all tests hold, else otherwise.format(a, b), or hand over to the interpreter."""
        t = self.t
        value = text.format(*self.texts)
        if not self.tests:
            t.push_expression(value, kinds, self.operands, value).natural = natural
            return
        if " if " in value:
            value = f"({value})"
        condition = " and ".join(self.tests)
        if otherwise and not self.learned:
            t.push_expression(
                f"{value} if {condition} else {otherwise.format(*self.texts)}", kinds, self.operands, value
            )
            return
        wrong = f"bad({t.index})"
        for name, found in self.learned:
            t.learn(name, found)
        made = t.push_expression(f"{value} if {condition} else {wrong}", kinds, self.operands, value)
        made.operations += ((wrong, t.index),)
        made.natural = natural


def hand_over(t: Translator, operands: list[Operand]) -> None:
    """Leave an operation to the interpreter."""
    wrong = f"bad({t.index})"
    t.push_expression(wrong, ANY, operands, wrong)


def generic(t: Translator, operands: list[Operand], function: str, kinds: int, inline: str = "") -> None:
    """The operator as a function of support.py, in a line of its own: it may raise Harn's own error."""
    if t.in_expression:
        hand_over(t, operands)
        return
    if t.function.module.runtime.uses_python and any(t.kinds(each) & OTHER for each in operands):
        kinds = ANY  # Python objects have operators of their own
    names = t.names_of(operands)
    text = f"{function}({', '.join(each.text for each in names)})"
    if inline:
        text = f"{inline.format(*(each.text for each in names))} else {text}"
    t.emit_result(text, names, kinds)


def add(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    push_sum(t, a, b)


def push_sum(t: Translator, a: Operand, b: Operand) -> None:
    g = Guarded(t, a, b)
    ka, kb = g.kinds
    result = _sum_kinds(ka, kb)
    if ka & kb & (LIST | DICT):
        t.share_parts(a)
        t.share_parts(b)
    if ka == kb and ka in (INT, STR):
        g.push("{} + {}", ka, natural=g.natural)  # which cannot fail
        return
    if t.missed() or (not result and ka and kb) or (ka == DICT and kb == DICT):
        same = "{0} + {1} if (n := type({0})) is type({1}) and (n is int or n is float or n is str)"
        generic(t, [a, b], "add", result | (DICT if ka & kb & DICT else 0), same)
        return
    if kb & ~(STR | LIST):
        g.no_bool(0)
    if g.kinds[0] & ~(STR | LIST):
        g.no_bool(1)
    g.push("{} + {}", _sum_kinds(*g.kinds), natural=g.natural)


def _sum_kinds(a: int, b: int) -> int:
    return _number_kinds(a, b) | (a & b & (STR | LIST))


def _number_kinds(a: int, b: int) -> int:
    """The kinds of numbers that a sum, difference or product of such operands may be."""
    kinds = a & b & INT
    if (a & FLOAT and b & NUMBER) or (b & FLOAT and a & NUMBER):
        kinds |= FLOAT
    return kinds


def subtract(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    g = Guarded(t, a, b)
    ka, kb = g.kinds
    if ka == kb == INT:
        g.push("{} - {}", INT)
        return
    if t.missed() or (not _number_kinds(ka, kb) and ka and kb):
        same = "{0} - {1} if (n := type({0})) is type({1}) and (n is int or n is float)"
        generic(t, [a, b], "subtract", _number_kinds(ka, kb), same)
        return
    g.no_bool(0)
    g.no_bool(1)
    g.push("{} - {}", _number_kinds(*g.kinds))


def multiply(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    g = Guarded(t, a, b)
    ka, kb = g.kinds
    result = _number_kinds(ka, kb)
    texts = STR if (ka & STR and kb & INT) or (ka & INT and kb & STR) else 0
    if t.missed() or (not result and ka and kb):
        same = "{0} * {1} if (n := type({0})) is type({1}) and (n is int or n is float)"
        generic(t, [a, b], "multiply", result | texts, same)
        return
    if ka & kb & LIST and not (ka == kb and a.text == b.text):
        # Nothing at all is known of them. Numbers of the same kind are likely, and one test for both is quicker than two.
        g.same_kind(INT, FLOAT)
        for place in (0, 1):
            if t.in_loop:
                t.want(g.operands[place])
            g.learn(place, NUMBER)
        g.push("{} * {}", NUMBER, natural=g.natural)
        return
    for place, other in ((0, 1), (1, 0)):
        # A list or string times a float fails by itself.
        if g.kinds[other] == FLOAT:
            g.no_bool(place)
        else:
            _want(t, g, place)
            g.number(place)
    g.push("{} * {}", _number_kinds(*g.kinds), natural=g.natural)


def _want(t: Translator, g: Guarded, place: int) -> None:
    """A test of a parameter's kind at the start of the function would spare one here."""
    operand = g.operands[place]
    if operand.is_name and g.kinds[place] not in _EXACT:
        t.want(operand)


def divide(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    g = Guarded(t, a, b)
    ka, kb = g.kinds
    missed = t.missed()
    if ka == FLOAT or kb == FLOAT:
        if not missed and (ka | kb) & NUMBER:
            g.no_bool(0)
            g.no_bool(1)
            g.push("{} / {}", FLOAT)
            return
        generic(t, [a, b], "divide", FLOAT, "{0} / {1} if type({0}) is type({1}) is float and {1}")
        return
    divisor = b.small_int
    if divisor is not None and divisor > 0 and ka == INT:
        # Of two positive ints Python's quotient is Harn's.
        if not a.natural:
            t.want_natural(a)
            g.test(f"{g.name(0)} >= 0")
        g.push("{} // {}", INT, "divide({}, {})", natural=a.natural)
        return
    if missed or not ((ka & INT and kb & INT) or not ka or not kb):
        inline = "{0} // {1} if type({0}) is type({1}) is int and {0} >= 0 and {1} > 0"
        if ka & FLOAT and kb & FLOAT:
            inline = "{0} / {1} if type({0}) is type({1}) is float and {1}"
        generic(t, [a, b], "divide", INT if ka == kb == INT else NUMBER, inline)
        return
    for place in (0, 1):
        _want(t, g, place)
        g.exactly(place, INT)
    if not a.natural:
        g.test(f"{g.name(0)} >= 0")
    if divisor is None or divisor <= 0:
        g.test(f"{g.name(1)} > 0")
    g.push("{} // {}", INT, natural=True)


def modulo(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    g = Guarded(t, a, b)
    ka, kb = g.kinds
    divisor = b.small_int
    if t.missed() or not (ka & NUMBER or not ka) or not (kb & NUMBER or not kb):
        inline = "{0} % {1} if type({0}) is type({1}) is int and {0} >= 0 and {1} > 0"
        generic(t, [a, b], "modulo", INT if ka == kb == INT else NUMBER, inline)
        return
    # Of two positive numbers Python's remainder is Harn's; of a float, 0 is excluded because it may be -0.0.
    symbol = ">="
    if ka == FLOAT:
        symbol = ">"
    else:
        _want(t, g, 0)
        g.exactly(0, INT)
    natural = ka == INT and a.natural
    if not natural:
        if ka != FLOAT:
            t.want_natural(a)
        g.test(f"{g.name(0)} {symbol} 0")
    if divisor is not None and divisor > 0:
        g.push("{} % {}", g.kinds[0], "modulo({}, {})" if not natural else "", natural=natural or bool(g.learned))
        return
    g.no_bool(1)
    if not (kb == INT and b.natural):
        g.test(f"{g.name(1)} > 0")
    g.push("{} % {}", _number_kinds(*g.kinds), natural=True)


def power(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    generic(t, [a, b], "power", NUMBER)


def negate(t: Translator, i: Instruction) -> None:
    a = t.pop()
    number = a.small_int
    if number is not None and number >= 0 and a.text != "0":
        t.push(Operand(f"-{number}", INT, True, a.pc))
        return
    kinds = t.kinds(a)
    if t.missed() or (kinds and not kinds & NUMBER):
        generic(t, [a], "negate", kinds & NUMBER)
        return
    g = Guarded(t, a)
    g.no_bool(0)
    g.push("-{}", g.kinds[0] & NUMBER)


# --- comparisons -------------------------------------------------------------------------------------------------------

# With a NaN every comparison counts as equal, so `<=` is "not greater", for which Python gives the right answer.
_WITH_NAN = {"<=": "not {} > {}", ">=": "not {} < {}"}


def comparison(symbol: str) -> WriterOf:
    plain = f"{{}} {symbol} {{}}"
    careful = _WITH_NAN.get(symbol, plain)

    def write(t: Translator, i: Instruction) -> None:
        b, a = t.pop(), t.pop()
        g = Guarded(t, a, b)
        ka, kb = g.kinds
        if (ka == kb and ka in _EXACT) or not ka or not kb:
            g.push(careful if ka == FLOAT else plain, BOOL)
            return
        for place, other in ((0, 1), (1, 0)):
            # A literal int is exact as a float, so that numbers of both kinds compare as in Harn.
            if g.operands[other].small_int is not None and not t.missed():
                g.no_bool(place)
                g.push(careful if g.kinds[place] & FLOAT else plain, BOOL)
                return
        slow = f"compare({{}}, {{}}) {symbol} 0"
        if not ka & kb & SCALAR:
            t.push_expression(slow.format(a.text, b.text), BOOL, [a, b])
            return
        if t.missed():
            names = t.names_of([a, b])
            x, y = (each.text for each in names)
            same = f"{careful.format(x, y)} if (n := type({x})) is type({y}) and (n is int or n is float or n is str)"
            t.push_expression(f"{same} else {slow.format(x, y)}", BOOL, names)
            return
        kind = next((each for each in _EXACT if each in (ka, kb)), 0)
        if not kind:
            common = ka & kb & SCALAR
            kind = next((each for each in _EXACT if common & each), INT)
        for place in (0, 1):
            _want(t, g, place)
            g.exactly(place, kind)
        g.push(careful if kind == FLOAT else plain, BOOL)

    return write


def equality(negated: bool) -> WriterOf:
    symbol = "!=" if negated else "=="
    no = "not " if negated else ""
    slow = "not_equal({}, {})" if negated else "equal({}, {})"

    def write(t: Translator, i: Instruction) -> None:
        b, a = t.pop(), t.pop()
        g = Guarded(t, a, b)
        ka, kb = g.kinds
        if a.text == "None" and b.text != "None":
            g.push(f"{{1}} is {no}None", BOOL)
            return
        if b.text == "None" and not a.is_literal:
            g.push(f"{{0}} is {no}None", BOOL)
            return
        if a.is_literal and b.is_literal:
            t.push_expression(slow.format(a.text, b.text), BOOL, [a, b])
            return
        if ka == STR or kb == STR or (ka == kb and ka in _EXACT):
            # Nothing but a string equals a string in Python, either.
            g.push(f"{{}} {symbol} {{}}", BOOL)
            return
        for place, other in ((0, 1), (1, 0)):
            if g.operands[place].text in ("True", "False"):
                g.push(f"{{{other}}} is {no}{g.operands[place].text}", BOOL)
                return
            number = g.operands[place].small_int
            if number is not None:
                # true and false are 1 and 0 to Python.
                if number in (0, 1):
                    if t.missed() and g.kinds[other] & BOOL:
                        break
                    g.no_bool(other)
                g.push(f"{{}} {symbol} {{}}", BOOL)
                return
        for place in (0, 1):
            _want(t, g, place)
        for place, other in ((0, 1), (1, 0)):
            if g.kinds[place] in (INT, FLOAT):
                g.test(f"type({g.name(other)}) is {TYPE_NAME[g.kinds[place]]}")
                g.push(f"{{}} {symbol} {{}}", BOOL, slow)
                return
        g.same_kind(INT, STR, FLOAT)
        g.push(f"{{}} {symbol} {{}}", BOOL, slow)

    return write


def contains(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    if t.kinds(a) == STR and t.kinds(b) in (STR, DICT):
        t.push_expression(f"{a.code} in {b.code}", BOOL, [a, b])
    else:
        t.push_expression(f"contains({a.text}, {b.text})", BOOL, [a, b])


def not_(t: Translator, i: Instruction) -> None:
    a = t.pop()
    t.push_expression(f"not {a.code}", BOOL, [a])


def to_bool(t: Translator, i: Instruction) -> None:
    a = t.pop()
    if t.kinds(a) == BOOL:
        t.push(a)
    else:
        t.push_expression(f"not not {a.code}", BOOL, [a])


def range_(t: Translator, i: Instruction) -> None:
    b, a = t.pop(), t.pop()
    following = t.layout.instructions[t.index + 1]
    if following[0] != Op.FOR or t.missed():
        generic(t, [a, b], f"make_{'inclusive' if i[1] else 'exclusive'}_range", RANGE)
        return
    # Bounds that are no ints are refused by range, too, but for bools.
    g = Guarded(t, a, b)
    g.no_bool(0)
    g.no_bool(1)
    ka = g.kinds[0]
    end = b.small_int
    bound = f"{end + 1}" if i[1] and end is not None else "{1} + 1" if i[1] else "{1}"
    g.push(f"range({{0}}, {bound})", RANGE)
    describe_range(t.stack[-1], a if ka == INT else None, b, i[1])


def describe_range(operand: Operand, start: Operand | None, end: Operand, more: int) -> None:
    """Note of a range that a loop walks, more items than end - start, what is known. start: None if it may be no int."""
    operand.range = start is not None and start.natural
    first, last = start.small_int if start is not None else None, end.small_int
    if not operand.range:
        return
    if last is not None:
        operand.count = last + more - (first or 0)
    elif first is not None and end.is_name:
        operand.bound = end.text


def concat(t: Translator, i: Instruction) -> None:
    """Interpolation. Ints are shown as Python shows them, up to a length at which Python refuses."""
    operands = t.take(i[1])
    if t.missed() or not all(_fits_in_braces(t, each) for each in operands):
        parts = ", ".join(each.code if t.kinds(each) == STR else f"display({each.text})" for each in operands)
        t.push_expression(f'"".join(({parts},))', STR, operands)
        return
    text = ""
    for operand in operands:
        kinds = t.kinds(operand)
        known = t.known(operand)
        if operand.text[0] in "'\"" and kinds == STR:
            text += _in_double_quotes(eval(operand.text))
        elif kinds in (INT, STR) and known is None:
            text += f"{{{operand.text}}}"
        elif operand.is_name:
            name = operand.text
            text += f"{{{name} if type({name}) is str or type({name}) is int else display({name})}}"
        else:
            text += f"{{display({operand.text})}}"
    made = t.push_expression(f'f"{text}"', STR, operands)
    made.operations += ((made.text, t.index),)


def _in_double_quotes(text: str) -> str:
    """text as it stands in an f-string with double quotes."""
    # With a double quote in it, repr uses single ones and leaves double ones as they are.
    return repr('"' + text)[2:-1].replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def _fits_in_braces(t: Translator, operand: Operand) -> bool:
    """Whether an operand can stand in the braces of an f-string, which before Python 3.12 takes no quotes."""
    if operand.text[0] in "'\"" and operand.is_name:
        return True
    return not any(each in operand.text for each in "'\"\\#{}:!=")

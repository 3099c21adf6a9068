"""What people write who come from another language, or from a newer Harn, where a token does not fit: what to write instead.

Looks at the tokens around the one that the parser could not take. Help only: that there is an error, and where, is the
parser's to say.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple
from harnpy.syntax.diagnostics import Edit
from harnpy.syntax.tokens import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.syntax.tokens import Token


class Habit(NamedTuple):
    """help: the help line. edits: what mends the text, where that is safe."""

    help: str
    edits: tuple[Edit, ...] = ()


class _Place:
    """A token that does not fit, with its neighbours; line holds those before it on its line."""

    def __init__(self, tokens: list[Token], index: int, what: str) -> None:
        self.what = what
        self.token = tokens[index] if index < len(tokens) else None
        self.next = tokens[index + 1] if index + 1 < len(tokens) else None
        before: list[Token] = []
        at = index - 1
        number = self.token.span.line if self.token is not None else tokens[-1].span.line if tokens else 0
        while at >= 0 and len(before) < _FURTHEST and tokens[at].span.end_line == number:
            before.append(tokens[at])
            at -= 1
        self.line = before[::-1]
        significant: list[Token] = []
        at = index - 1
        while at >= 0 and len(significant) < 3:
            if tokens[at].type != "_NL":
                significant.append(tokens[at])
            at -= 1
        self.previous = significant[0] if significant else None
        self.before_previous = significant[1] if len(significant) > 1 else None
        self.third = significant[2] if len(significant) > 2 else None

    @property
    def type(self) -> str:
        return self.token.type if self.token is not None else ""

    def touches_previous(self, *kinds: str) -> bool:
        """Whether the token before is of these kinds, with nothing between."""
        return self.previous is not None and self.previous.type in kinds and _touch(self.previous, self.token)

    def touches_next(self, kind: str) -> bool:
        return self.next is not None and self.next.type == kind and _touch(self.token, self.next)

    def is_ended(self, token: Token) -> bool:
        """Whether what follows a token is on another line, the end of a block or of the file."""
        following = self.token if token is not self.token else self.next
        if following is None or following.type in ("RBRACE", "_NL"):
            return True
        return following.span.line != token.span.end_line


_FURTHEST = 60
_FUNCTION_WORDS = frozenset({"def", "func", "function", "fun", "sub", "proc"})
_OPERAND_ENDS = words("NAME INT FLOAT DUR STR ISTR_END RSTR TRUE FALSE NIL RPAR RSQB RBRACE")
_BRACES = words("LBRACE LBRACE_C LBRACE_S")

_CLOSURE = Habit("closures are written `{ x -> x + 1 }`, with several parameters `{ a, b -> a + b }`")
_BLOCK = Habit("blocks stand in braces: `if x { ... }`, `for x in xs { ... }`, `fn f(x) { ... }`")
_BODY = Habit("the body stands in braces: `if x { return 1 } else { return 2 }`")
_RANGE = Habit("a range is written `a to b` with its end, `a to b exclusive` without; a part of a list is `xs[a:b]`")
_IMPORT = Habit('imports are written `import "lib/util"` or `import { name } from "lib/util"`')
_CHOICE = Habit("to choose a value write `condition ? a : b`")
_APART = Habit("to take a list apart write `let [a, b] = ...`, a dict `let {a, b} = ...`")

# Words that begin a statement elsewhere: what to write, and the words that can simply stand in their place.
_BLOCK_WORDS: dict[str, tuple[str, str | None]] = {
    **dict.fromkeys(_FUNCTION_WORDS, ("functions are declared with `fn`: `fn name(x) { ... }`", "fn")),
    **dict.fromkeys(["elif", "elsif", "elseif"], ("write `else if`", "else if")),
    "const": ("constants are declared with `let`", "let"),
    "class": (
        "there are no classes: `struct Name { ... }` has the fields, `impl Name { fn method(self) { ... } }` the methods",
        None,
    ),
    "trait": ("write `interface Name { fn method(self) }`; a type satisfies it by having its methods", None),
    "protocol": ("write `interface Name { fn method(self) }`; a type satisfies it by having its methods", None),
    "switch": ("write `match value { pattern -> { ... } _ -> { ... } }`", None),
    "except": ("errors are caught with `catch`: `try { ... } catch (e) { ... }`", None),
    "rescue": ("errors are caught with `catch`: `try { ... } catch (e) { ... }`", None),
    "do": ("write `while true { ... if done { break } }`", None),
    "loop": ("write `while true { ... }`", "while true"),
    "unless": ("write `if !condition { ... }`", None),
    "until": ("write `while !condition { ... }`", None),
    "foreach": ("write `for x in xs { ... }`", "for"),
    "go": ("tasks are started with `spawn { ... }`", "spawn"),
    "async": ("tasks are started with `spawn { ... }`; functions need no `async`", None),
    "test": ("tests are pipelines: `pipeline test_name(task) { assert_eq(a, b) }`", None),
}
_OPERATOR_WORDS = {"and": "&&", "or": "||"}
_WITHOUT_ASSIGNMENT = {"POW": "**", "AND": "&&", "OR": "||", "NILCOAL": "??"}


def habit(tokens: list[Token], index: int, what: str) -> Habit | None:
    """The habit behind the token at index (behind the last: the end of the file) which does not fit, if it is known.

    what: the thing that was expected, in the words of the message.
    """
    place = _Place(tokens, index, what)
    found = _BY_TYPE.get(place.type, _nothing)(place)
    return found or _BY_WHAT.get(what, _nothing)(place) or _increment(place)


def _nothing(place: _Place) -> Habit | None:
    return None


def _touch(first: Token | None, second: Token | None) -> bool:
    return first is not None and second is not None and first.span.end == second.span.start


def _replaced(first: Token, last: Token, text: str) -> tuple[Edit, ...]:
    return (Edit(first.span.start, last.span.end, text),)


def _assign(place: _Place) -> Habit | None:
    token, previous = place.token, place.previous
    assert token is not None
    if place.touches_previous("EQ", "NEQ"):
        assert previous is not None
        return Habit(f"write `{previous.value}`: it compares without converting anything", _replaced(token, token, ""))
    if place.touches_next("GT"):
        if place.what == "->":
            assert place.next is not None
            return Habit("the arms of a match are written `pattern -> { ... }`", _replaced(token, place.next, "->"))
        return _BODY_OF_FUNCTION if place.what == "{" else _CLOSURE
    if previous is not None and place.touches_previous(*_WITHOUT_ASSIGNMENT):
        operator = _WITHOUT_ASSIGNMENT[previous.type]
        return Habit(f"there is no `{operator}=`: write `x = x {operator} ...`")
    if place.what == "{":
        return _BODY_OF_FUNCTION
    if place.what == "variant name":
        return Habit("variants have no values of their own; they may have fields: `Name(x: int)`")
    if place.what == "field name":
        return Habit("fields have no defaults; write a function that makes the struct")
    if place.what == "expression" and any(each.type == "ASSIGN" for each in place.line):
        return Habit("an assignment has no value: write a statement for each variable")
    return None


_BODY_OF_FUNCTION = Habit("the body of a function stands in braces: `fn f(x) { return x + 1 }`")


def _colon(place: _Place) -> Habit | None:
    token, previous, following = place.token, place.previous, place.next
    assert token is not None
    if place.what == "{":
        is_function = any(each.type in ("FN", "FN_EXPR") for each in place.line)
        if is_function and previous is not None and previous.type == "RPAR" and not place.is_ended(token):
            return Habit(
                "the type of the result stands behind `->`: `fn f(x: int) -> int { ... }`",
                _replaced(token, token, " ->"),
            )
        return _BLOCK
    if following is not None and place.touches_next("ASSIGN"):
        edits: tuple[Edit, ...] = ()
        if previous is not None and place.line == [previous] and previous.type == "NAME":
            edits = (Edit(previous.span.start, previous.span.start, "let "), *_replaced(token, following, "="))
        return Habit("variables are declared with `let x = 1`, or with `var x = 1` if they change", edits)
    if place.touches_next("COLON"):
        return Habit("there is no `::`: members, variants and entries stand behind `.`")
    if previous is not None and previous.type in ("QT", "QTERN"):
        return Habit("for another value in place of nil write `a ?? b`")
    word = _leading_word(place)
    if word is not None and word.value in _FUNCTION_WORDS:
        return Habit("functions are declared with `fn`, and blocks stand in braces: `fn f(x) { ... }`")
    if any(each.value == "lambda" and each.type == "NAME" for each in place.line):
        return _CLOSURE
    return _block_word(place)


def _brace(place: _Place) -> Habit | None:
    return _block_word(place)


def _leading_word(place: _Place) -> Token | None:
    """The last word on the line that begins a statement and is one of other languages."""
    found = None
    for at, each in enumerate(place.line):
        if (
            each.type == "NAME"
            and each.value in _BLOCK_WORDS
            and (at == 0 or place.line[at - 1].type in ("_NL", "RBRACE", *_BRACES))
        ):
            found = each
    return found


def _block_word(place: _Place) -> Habit | None:
    if place.what not in ("expression", "{"):
        return None
    word = _leading_word(place)
    if word is None:
        return None
    help, instead = _BLOCK_WORDS[word.value]
    if instead is not None and place.type == "COLON" and word.value != "const":
        return _BLOCK
    return Habit(help, () if instead is None else _replaced(word, word, instead))


def _name(place: _Place) -> Habit | None:
    token, previous = place.token, place.previous
    assert token is not None
    if place.what == "{":
        if token.value in _OPERATOR_WORDS:
            operator = _OPERATOR_WORDS[token.value]
            return Habit(f"write `{operator}`", _replaced(token, token, operator))
        if token.value == "is":
            return Habit("write `==`, for example `x == nil`; `type_of(x)` gives the kind")
        if previous is not None and previous.type == "NAME" and previous.value == "not":
            return Habit("write `!x`")
    if token.value == "of" and any(each.type == "FOR" for each in place.line):
        return Habit("write `for x in xs { ... }`", _replaced(token, token, "in") if place.what == "in" else ())
    if place.what == "=" and previous is not None and previous.value == "mut":
        keyword = place.before_previous
        if keyword is not None and keyword.type in ("LET", "VAR"):
            return Habit("variables that change are declared with `var`", _replaced(keyword, previous, "var"))
    if place.what == "fn":
        return Habit("the methods of an interface are written `fn name(self, x: int) -> int`")
    return None


def _question(place: _Place) -> Habit | None:
    """`int?` for a type that may be nil."""
    token, previous, before = place.token, place.previous, place.before_previous
    if token is None or previous is None or before is None or place.what == "expression":
        return None
    if previous.type in ("NAME", "GT") and (before.type in ("COLON", "ARROW", "LT", "BAR") or previous.type == "GT"):
        return Habit("for a value that may be nil write `T | nil`", _replaced(token, token, " | nil"))
    return None


def _square(place: _Place) -> Habit | None:
    if place.what == "member name":
        return Habit("`?.` stands before names only: write `x == nil ? nil : x[i]`")
    if (
        place.previous is not None
        and place.before_previous is not None
        and place.before_previous.type in ("COLON", "ARROW")
    ):
        return Habit("the type of a list is written `list<T>`")
    return None


def _dot(place: _Place) -> Habit | None:
    return _RANGE if place.touches_previous("DOT") else None


def _bar(place: _Place) -> Habit | None:
    return _CLOSURE if place.what == "expression" else None


def _if(place: _Place) -> Habit | None:
    """`a if c else b`."""
    if place.what != "expression" or place.previous is None or place.previous.type not in _OPERAND_ENDS:
        return None
    gives_value = any(each.type in ("ASSIGN", "RETURN") for each in place.line)
    is_beside = place.token is not None and place.previous.span.end_line == place.token.span.line
    return _CHOICE if gives_value and is_beside and place.previous.type != "RBRACE" else None


def _for(place: _Place) -> Habit | None:
    if place.what == "{" and any(each.type == "IMPL" for each in place.line):
        return Habit("write `impl Type { ... }`: a type satisfies an interface by having its methods")
    if place.what == "expression" and place.previous is not None and place.previous.type in _OPERAND_ENDS:
        return Habit("lists are made of lists by methods: `xs.filter({ x -> x > 0 }).map({ x -> x * 2 })`")
    return None


def _else(place: _Place) -> Habit | None:
    return _BLOCK if place.touches_next("COLON") else None


def _body_word(place: _Place) -> Habit | None:
    return _BODY if place.what == "{" else None


def _from(place: _Place) -> Habit | None:
    return _IMPORT if place.what == "expression" else None


def _require(place: _Place) -> Habit | None:
    return (
        _IMPORT
        if place.what == "expression" and place.next is not None and place.next.type in ("LPAR", "STR")
        else None
    )


def _in(place: _Place) -> Habit | None:
    if any(each.type == "FOR" for each in place.line) and any(each.type == "LPAR" for each in place.line):
        return Habit("write `for x in xs { ... }`, without parentheses")
    return None


def _comma(place: _Place) -> Habit | None:
    if place.what == "in":
        return Habit("two names stand in parentheses: `for (key, value) in iter(d) { ... }`")
    return _APART if place.what == "=" else _shorthand(place)


def _shorthand(place: _Place) -> Habit | None:
    """`{x}` for a dict with the value of a variable."""
    name = place.previous
    if place.what != ":" or name is None or name.type != "NAME":
        return None
    end = name.span.end
    return Habit(f"write `{{{name.value}: {name.value}}}`", (Edit(end, end, f": {name.value}"),))


def _star(place: _Place) -> Habit | None:
    if place.previous is not None and place.previous.type == "YIELD":
        return Habit("there is no `yield*`: write `for x in xs { yield x }`")
    return None


def _greater(place: _Place) -> Habit | None:
    if place.touches_previous("LT") and place.what == "expression":
        assert place.previous is not None and place.token is not None
        return Habit("write `!=`", _replaced(place.previous, place.token, "!="))
    return None


def _arrow(place: _Place) -> Habit | None:
    return _CLOSURE if place.what == "expression" else None


def _plus(place: _Place) -> Habit | None:
    if place.touches_previous("PLUS") and place.token is not None and not place.is_ended(place.token):
        assert place.previous is not None
        return Habit("write `+`: it joins strings and lists as well", _replaced(place.previous, place.token, "+"))
    if place.touches_next("PLUS"):
        return Habit("there is no `++`: write `x += 1`")
    return None


def _increment(place: _Place) -> Habit | None:
    """`x++` and `x--`: the second operator does not fit, or what follows it."""
    pairs = ((place.previous, place.token), (place.before_previous, place.previous))
    for (first, second), operand in zip(pairs, (place.before_previous, place.third)):
        if first is None or second is None or operand is None or first.type not in ("PLUS", "MINUS"):
            continue
        if first.type == second.type and _touch(first, second) and _touch(operand, first) and place.is_ended(second):
            instead = f"{first.value}= 1"
            edits = _replaced(first, second, f" {instead}") if operand.type == "NAME" else ()
            return Habit(f"there is no `{first.value * 2}`: write `x {instead}`", edits)
    return None


def _equals_expected(place: _Place) -> Habit | None:
    """`let x` without a value."""
    name, keyword = place.previous, place.before_previous
    if name is None or keyword is None or name.type != "NAME" or keyword.type not in ("LET", "VAR"):
        return None
    if place.token is None or place.token.span.line != name.span.line or place.type in ("SEMI", "RBRACE"):
        return Habit(f"a variable is declared with a value: `{keyword.value} {name.value} = nil`")
    return None


def _pattern_expected(place: _Place) -> Habit | None:
    return _APART if place.type == "LPAR" else None


def _pair_expected(place: _Place) -> Habit | None:
    return Habit("to count write `for i in 0 to n exclusive { ... }`")


def _path_expected(place: _Place) -> Habit | None:
    return _IMPORT


_BY_TYPE: dict[str, Callable[[_Place], Habit | None]] = {
    "ASSIGN": _assign,
    "COLON": _colon,
    **dict.fromkeys(_BRACES, _brace),
    "EXTENDS": _brace,
    "NAME": _name,
    "QT": _question,
    "QTERN": _question,
    "LSQB": _square,
    "DOT": _dot,
    "BAR": _bar,
    "OR": _bar,
    "IF": _if,
    "FOR": _for,
    "ELSE": _else,
    **dict.fromkeys(["RETURN", "BREAK", "CONTINUE", "THROW", "YIELD"], _body_word),
    "FROM": _from,
    "REQUIRE": _require,
    "IN": _in,
    "COMMA": _comma,
    "RBRACE": _shorthand,
    "STAR": _star,
    "GT": _greater,
    "ARROW": _arrow,
    "PLUS": _plus,
}
_BY_WHAT: dict[str, Callable[[_Place], Habit | None]] = {
    "=": _equals_expected,
    "variable name or destructuring pattern": _pattern_expected,
    "pair pattern element": _pair_expected,
    "import path string": _path_expected,
}

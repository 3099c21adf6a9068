"""Regular expressions: the flavour, iteration over matches, replacement, and what is refused with which text."""

from __future__ import annotations

import re

import pytest
from builtin_calls import RUNTIME, call, caught
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.errors import HarnError
from harnpy.vm.patterns import PatternCache
from harnpy.vm.patterns.parser import parse_pattern
from harnpy.vm.patterns.pattern import Pattern
from harnpy.vm.patterns.simulation import Simulation
from harnpy.vm.values import Value


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d+", "a1b22", ["1", "22"]),
        ("(a)(b)", "abab", ["ab", "ab"]),
        ("a*", "aab", ["aa", ""]),
        ("", "abc", ["", "", "", ""]),
        ("a|", "ba", ["", "a"]),
        ("a|ab", "ab", ["a"]),
        ("a+?", "aa", ["a", "a"]),
        ("(?U)a+", "aa", ["a", "a"]),
        ("(?U)a+?", "aa", ["aa"]),
        ("a{2}", "aaaaa", ["aa", "aa"]),
        ("a{2,}", "aaaaa", ["aaaaa"]),
        ("a{1,2}", "aaa", ["aa", "a"]),
        ("a{ 2 , 3 }", "aaa", ["aaa"]),
        ("a**", "aab", ["aa", ""]),
        (".", "a\nb\r", ["a", "b", "\r"]),
        ("(?s).", "a\n", ["a", "\n"]),
        ("(?s:.).", "\na", ["\na"]),
        ("^b$", "a\nb\nc", None),
        ("(?m)^b$", "a\nb\nc", ["b"]),
        ("c$", "c\n", None),
        (r"(?m)^", "a\n", ["", ""]),
        (r"\Aa\z", "a", ["a"]),
        ("(?mR)^a$", "x\r\na\r\n", ["a"]),
        ("(?R).", "a\r\n", ["a"]),
        ("(?i)straße", "STRASSE STRAßE", ["STRAßE"]),
        ("(?i)k", "kK\u212a", ["k", "K", "\u212a"]),
        ("(?i)i", "iI\u0130\u0131", ["i", "I"]),
        ("(?i)σ", "σΣς", ["σ", "Σ", "ς"]),
        ("(?i)[k-l]", "K\u212aL", ["K", "\u212a", "L"]),
        ("(?i)[^x]", "xXy", ["y"]),
        (r"(?i)\p{Lu}", "aA1", ["a", "A"]),
        (r"(?i:a)b", "AbAB", ["Ab"]),
        ("a(?i)b|c", "aBC", ["aB", "C"]),
        ("(?i)a(?-i)b", "Ab AB", ["Ab"]),
        ("(?i-u)k", "K\u212a", ["K"]),
        ("(?x) a b # comment\n [ c ]", "abc", ["abc"]),
        (r"(?x)\ a", " a", [" a"]),
        (r"\w+", "é_1 ß", ["é_1", "ß"]),
        (r"(?-u:\w)+", "é_1", ["_1"]),
        (r"\d", "1٣", ["1", "٣"]),
        (r"\s", "a\u00a0b\x1c", ["\u00a0"]),
        (r"\bé\b", "é e", ["é"]),
        (r"\b{start}\w", "ab cd", ["a", "c"]),
        (r"\w\>", "ab cd", ["b", "d"]),
        (r"\p{Greek}+|\pN", "aαβ1", ["αβ", "1"]),
        (r"\p{Script=Greek}\P{L}", "α1", ["α1"]),
        (r"\p{greek}", "α", ["α"]),
        ("[[:alpha:]]+[[:^alpha:]]", "ab1", ["ab1"]),
        ("[a-z&&[^aeiou]]+", "abcde", ["bcd"]),
        ("[a-z--b]+", "abc", ["a", "c"]),
        ("[ab~~bc]+", "abc", ["a", "c"]),
        ("[^[^a]]", "ab", ["a"]),
        ("[]a]+[a-]+[^]]", "]a-ab", ["]a-ab"]),
        ("[a&&b]", "ab", None),
        ("[^a&&b]", "ab", ["a", "b"]),
        ("[^a]|[^b]", "ab", ["a", "b"]),
        (r"\x41\x{1F600}\u0042\u{43}\U00000044", "A😀BCD", ["A😀BCD"]),
        (r"\.\-\&\~\#\/\ ", ".-&~#/ ", [".-&~#/ "]),
        ("a#b", "a#b", ["a#b"]),
        (r"[\]\\\-]+", "]\\-", ["]\\-"]),
        ("(?:(?:))*", "a", ["", ""]),
    ],
)
def test_regex_match_finds(pattern: str, text: str, matches: list[str] | None) -> None:
    assert call("regex_match", pattern, text) == matches


def test_regex_match_needs_two_arguments() -> None:
    assert call("regex_match", "a") is None
    assert call("regex_match") is None


def test_arguments_are_taken_as_text() -> None:
    assert call("regex_match", 1, 2112) == ["1", "1"]
    assert call("regex_replace", None, True, "a nil b") == "a true b"


@pytest.mark.parametrize(
    ("pattern", "replacement", "text", "result"),
    [
        ("a", "x", "banana", "bxnxnx"),
        ("z", "x", "banana", "banana"),
        ("", "-", "ab", "-a-b-"),
        ("a*", "-", "aab", "-b-"),
        (r"(\w)(\w)", "$2$1", "abcd", "badc"),
        (r"(?P<first>\w)(?<second>\w)", "$second${first}!", "ab", "ba!"),
        ("(a)", "$1a", "a", ""),
        ("(a)", "${1}a", "a", "aa"),
        ("(a)(b)?", "[$2$0]", "a", "[a]"),
        ("a", "$$1 $ $- ${x} $9 $", "a", "$1 $ $-   $"),
        ("(a)", r"\1\n", "a", r"\1\n"),
        ("a", "${1", "a", "${1"),
        ("é", "😀", "aéb", "a😀b"),
    ],
)
def test_regex_replace_replaces(pattern: str, replacement: str, text: str, result: str) -> None:
    assert call("regex_replace", pattern, replacement, text) == result
    assert call("regex_replace_all", pattern, replacement, text) == result


def test_regex_replace_needs_three_arguments() -> None:
    assert call("regex_replace", "a", "b") is None


@pytest.mark.parametrize(
    ("pattern", "text", "captures"),
    [
        (r"(\d)-(\d)?", "1-2 3-", [{"match": "1-2", "groups": ["1", "2"]}, {"match": "3-", "groups": ["3", None]}]),
        ("(?P<k>a)|(?P<v>b)", "b", [{"match": "b", "groups": [None, "b"], "v": "b"}]),
        ("(?<n>a)(b)", "ab", [{"match": "ab", "groups": ["a", "b"], "n": "a"}]),
        ("(a|b)+", "ab", [{"match": "ab", "groups": ["b"]}]),
        ("(a*)*", "aa", [{"match": "aa", "groups": ["aa"]}]),
        ("(a|b*)+", "ab", [{"match": "ab", "groups": ["b"]}]),
        ("x", "y", []),
    ],
)
def test_regex_captures(pattern: str, text: str, captures: list[Value]) -> None:
    assert call("regex_captures", pattern, text) == captures


def test_regex_captures_without_text_is_empty() -> None:
    assert call("regex_captures", "a") == []


LOOK_AROUND = "look-around, including look-ahead and look-behind, is not supported"


@pytest.mark.parametrize(
    ("pattern", "carets", "reason"),
    [
        ("[a", "^", "unclosed character class"),
        ("[^a", "^^", "unclosed character class"),
        ("[a[b]", "^", "unclosed character class"),
        ("[z-a]", " ^^^", "invalid character class range, the start must be <= the end"),
        (r"[a-\d]", "   ^^", "invalid range boundary, must be a literal"),
        (r"[\b]", " ^^", "invalid escape sequence found in character class"),
        ("(a", "^", "unclosed group"),
        ("a)", " ^", "unopened group"),
        ("*a", "^", "repetition operator missing expression"),
        ("a|*", "  ^", "repetition operator missing expression"),
        ("(?i)*", "    ^", "repetition operator missing expression"),
        ("(?)", " ^", "repetition operator missing expression"),
        ("a{", " ^", "unclosed counted repetition"),
        ("a{1,2,3}", " ^^^^", "unclosed counted repetition"),
        ("a{,3}", "  ^", "repetition quantifier expects a valid decimal"),
        ("a{3,2}", " ^^^^^", "invalid repetition count range, the start must be <= the end"),
        ("a{99999999999}", "  ^^^^^^^^^^^", "decimal literal invalid"),
        ("a++", " ^^", "possessive repetition is not supported"),
        ("a{2}+", " ^^^^", "possessive repetition is not supported"),
        ("(?=a)", "^^^", LOOK_AROUND),
        ("a(?<!b)", " ^^^^", LOOK_AROUND),
        ("(?>a)", "  ^", "unrecognized flag"),
        ("(?P=n)", "  ^", "unrecognized flag"),
        (r"(a)\1", "   ^^", "backreferences are not supported"),
        (r"\q", "^^", "unrecognized escape sequence"),
        (r"a\Z", " ^^", "unrecognized escape sequence"),
        ("\\", "^", "incomplete escape sequence, reached end of pattern prematurely"),
        (r"\x{110000}", "   ^^^^^^", "hexadecimal literal is not a Unicode scalar value"),
        (r"\uD800", "  ^^^^", "hexadecimal literal is not a Unicode scalar value"),
        (r"\xzz", "  ^", "invalid hexadecimal digit"),
        (r"\x{}", "  ^^", "hexadecimal literal empty"),
        (r"\p{Foo}", "^^^^^^^", "Unicode property not found"),
        (r"\p{gc=Foo}", "^^^^^^^^^^", "Unicode property value not found"),
        (
            r"\b{foo}",
            "   ^^^",
            "unrecognized special word boundary assertion, valid choices are: start, end, start-half or end-half",
        ),
        ("(?z)", "  ^", "unrecognized flag"),
        ("(?i", "   ^", "expected flag but got end of regex"),
        ("(?ii)", "  ^^", "duplicate flag"),
        ("(?i-)", "   ^", "dangling flag negation operator"),
        ("(?--i)", "  ^^", "flag negation operator repeated"),
        ("(?P<n>a)(?<n>b)", "    ^      ^", "duplicate capture group name"),
        ("(?P<>a)", "    ^", "empty capture group name"),
        ("(?P<1>a)", "    ^", "invalid capture group character"),
        ("(?<n", "    ^", "unclosed capture group name"),
        ("(?-u:.)", "     ^", "pattern can match invalid UTF-8"),
        (r"(?-u:[\D])", "      ^^", "pattern can match invalid UTF-8"),
        ("(?-u:[é])", "      ^", "Unicode not allowed here"),
        ("(" * 252, " " * 250 + "^", "exceed the maximum number of nested parentheses/brackets (250)"),
    ],
)
def test_invalid_pattern_is_shown_with_carets(pattern: str, carets: str, reason: str) -> None:
    expected = f"Invalid regex: regex parse error:\n    {pattern}\n    {carets}\nerror: {reason}"
    assert caught(call, "regex_match", pattern, "a") == expected
    assert caught(call, "regex_replace", pattern, "", "a") == expected
    assert caught(call, "regex_captures", pattern, "a") == expected


def test_an_invalid_pattern_of_several_lines_is_numbered() -> None:
    line = "~" * 79
    assert caught(call, "regex_match", "a\n(b", "") == (
        f"Invalid regex: regex parse error:\n{line}\n1: a\n2: (b\n   ^\n{line}\nerror: unclosed group"
    )
    assert caught(call, "regex_match", "a{2\n,3", "") == (
        f"Invalid regex: regex parse error:\n{line}\n1: a{{2\n2: ,3\n{line}\n"
        "on line 1 (column 2) through line 2 (column 2)\nerror: unclosed counted repetition"
    )


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|aa)+$", "a" * 60 + "!"),
        (r"(\w+\s?)+$", "a" * 60 + "!"),
        ("(a*)*b", "a" * 2000),
        ("(x+x+)+y", "x" * 60),
        ("(a|b|ab)*c", "ab" * 40),
    ],
)
def test_a_pattern_that_would_backtrack_for_ever_ends(pattern: str, text: str) -> None:
    assert call("regex_match", pattern, text) is None


def test_a_pattern_beyond_both_engines_is_an_error() -> None:
    message = caught(call, "regex_match", "(?:(a|a){1,100}){100}$", "a" * 300 + "b")
    assert message.startswith("Runtime error: regex '(?:(a|a){1,100}){100}$': matching takes too long")


@pytest.mark.parametrize("pattern", ["((a|aa){1000}){1000}", "(?:(?:a{9}){999}){999}", "(?:ab){4294967295}"])
def test_a_pattern_that_unrolls_beyond_all_measure_is_refused(pattern: str) -> None:
    assert (
        caught(call, "regex_match", pattern, "")
        == "Invalid regex: Compiled regex exceeds size limit of 10485760 bytes."
    )


def test_patterns_are_kept_by_the_runtime() -> None:
    cache = RUNTIME.state(PatternCache)
    first = cache.get("kept")
    assert cache.get("kept") is first
    for index in range(200):
        cache.get(f"x{index}")
    assert cache.get("kept") is not first


# --- properties -----------------------------------------------------------------------------------------------------

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "k",
        ".",
        "é",
        "[ab]",
        "[^a]",
        "[^b]",
        "[^ab]",
        r"\d",
        r"\w",
        r"\W",
        r"\b",
        "^",
        "$",
        r"\s",
        "ß",
        "[a-z&&[^b]]",
    ]
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("(?{}:{})".format, st.sampled_from(["i", "m", "s", "im"]), inner),
        st.builds("(?:{}){}".format, inner, counts),
    )


PATTERNS = st.recursive(ATOMS, nested, max_leaves=6)
TEXTS = st.text(alphabet="aabbkKéÉß1 \n\u212a", max_size=8)


def simulated(source: str) -> Pattern:
    pattern = Pattern(source)
    pattern._simulation = Simulation(parse_pattern(source))
    return pattern


@given(PATTERNS, TEXTS)
def test_both_engines_find_the_same_matches(source: str, text: str) -> None:
    engine = Pattern(source)
    found = [[match.group(index) for index in range(engine.groups + 1)] for match in engine.matches(text)]
    linear = simulated(source)
    assert found == [[match.group(index) for index in range(linear.groups + 1)] for match in linear.matches(text)]


ASCII_TEXTS = st.text(alphabet="aabbkK1 _\n\t\x1c\r.", max_size=8)


@given(
    PATTERNS | st.sampled_from([r"\B", r"\b", r"a\B", r"\x1c", r"\p{Lu}", r"[[:^alpha:]&&\w]", r"(?i)\u{212a}"]),
    ASCII_TEXTS,
)
def test_the_engine_for_ascii_texts_finds_the_same_matches(source: str, text: str) -> None:
    engine = Pattern(source)
    for _ in range(40):  # enough for a pattern to count as one in use
        engine.replace_all("", "")
    linear = simulated(source)
    groups = range(linear.groups + 1)
    assert [(match.span(), [match.group(index) for index in groups]) for match in engine.matches(text)] == [
        (match.span(), [match.group(index) for index in groups]) for match in linear.matches(text)
    ]
    for replacement in ("<$0|$1>", "x", "\\1"):
        assert engine.replace_all(text, replacement) == linear.replace_all(text, replacement)


SAME_IN_PYTHON = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", ".", "[a-k]"]),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=6,
)


@given(SAME_IN_PYTHON, st.sampled_from(["", "+", "+?", "{1,3}"]), TEXTS)
def test_matching_agrees_with_python_where_the_flavours_do(source: str, count: str, text: str) -> None:
    source = f"(?:{source}){count}"
    assert call("regex_match", source, text) == ([match[0] for match in re.finditer(source, text)] or None)


@given(PATTERNS, TEXTS)
def test_replacing_every_match_by_itself_changes_nothing(source: str, text: str) -> None:
    assert call("regex_replace", source, "$0", text) == text


@given(st.text(alphabet="ab[]()*+?{}|^$\\.-&~:,123<>P=!iImsUuxdwpLzABR#\n é", max_size=10), TEXTS)
def test_any_text_is_a_pattern_or_an_invalid_regex(source: str, text: str) -> None:
    try:
        call("regex_captures", source, text)
    except HarnError as error:
        assert error.caught.startswith("Invalid regex: regex parse error:\n")
        assert "\nerror: " in error.caught

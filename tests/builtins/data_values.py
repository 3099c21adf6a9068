"""Values for property tests of the data formats, and equality that tells 1, 1.0 and true apart."""

from __future__ import annotations

from hypothesis import strategies as st

from harnpy.vm.compare import structural_key
from harnpy.vm.values import Value


def identical(a: Value, b: Value) -> bool:
    """Whether two values are the same in every type and digit."""
    return structural_key(a) == structural_key(b)


def texts() -> st.SearchStrategy[str]:
    """Strings with everything that formats trip over."""
    awkward = st.sampled_from(
        [
            *("", " ", "yes", "No", "null", "~", "1", "0x1F", "0123", "1.5", ".inf", "true", "2024-01-01", "<<", "="),
            *("a: b", "#x", "x #y", "- a", "-", "?", "? a", ":a", "[", "{", "&x", "*x", "!x", "|", ">", "%", "@"),
            *("it's", '"q"', "a\nb", "a\n", "\n", "\n\na", " a", "a ", "  x\n y", "a\n\n", "a \nb", "\t", "a\tb"),
            *("é", "😀", "---", "...", "\x85", "\u2028", "\ufeff", "\x7f", "\\", "a\\", "'''", '"""', "\x00", "\r\n"),
            "k" * 129,
        ]
    )
    return st.one_of(awkward, st.text(max_size=8), st.text(alphabet="ab:#- \n'\"[],{}?!|>\\", max_size=6))


def data(*, with_nil: bool = True) -> st.SearchStrategy[Value]:
    """Nested data: bools, ints, floats, strings, lists, dicts."""
    scalars = [
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        texts(),
    ]
    if with_nil:
        scalars.append(st.none())
    return st.recursive(
        st.one_of(*scalars),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
        max_leaves=12,
    )


def mutations(text: str, pieces: list[str]) -> st.SearchStrategy[str]:
    """text with some characters dropped and some pieces put in."""

    @st.composite
    def mutated(draw: st.DrawFn) -> str:
        result = text
        for _ in range(draw(st.integers(0, 4))):
            place = draw(st.integers(0, len(result)))
            if draw(st.booleans()):
                result = result[:place] + result[place + 1 :]
            else:
                result = result[:place] + draw(st.sampled_from(pieces)) + result[place:]
        return result

    return mutated()

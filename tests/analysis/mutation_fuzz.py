"""Give the static tools many mutated programs, by hand: the search that the test suite has no time for.

    .venv/bin/python tests/analysis/mutation_fuzz.py --programs 20000 --seed 1

takes programs of the suites, removes, repeats, swaps, replaces (mostly by others of their kind) and cuts off tokens, and asks of each result that checker
(strict and not), linter, formatter, effect analysis and the search for foreign spellings end with an answer; that fixes
leave a program that parses; that formatting keeps the program and is done after once; and that a text with syntax errors
is reported as that, with what is whole of it checked all the same. A failing program is printed whole.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/syntax")]

from formatting import check_formatting  # noqa: E402

from harnpy.analysis.checker.check import check_program  # noqa: E402
from harnpy.analysis.effects.infer import infer  # noqa: E402
from harnpy.analysis.effects.model import Module  # noqa: E402
from harnpy.analysis.fixes import apply  # noqa: E402
from harnpy.analysis.lint.lint import lint_program  # noqa: E402
from harnpy.analysis.lint.options import LintOptions  # noqa: E402
from harnpy.cli.builtin_types import BUILTIN_TYPES  # noqa: E402
from harnpy.cli.catalog import BUILTIN_MODULES  # noqa: E402
from harnpy.cli.check_cache import CheckCache  # noqa: E402
from harnpy.cli.check_passes import CheckOptions, partial_findings  # noqa: E402
from harnpy.cli.effect_catalog import effect_catalog  # noqa: E402
from harnpy.cli.source_files import SourceFile, Sources  # noqa: E402
from harnpy.cli.spellings import spelling_findings  # noqa: E402
from harnpy.syntax.diagnostics import HarnSyntaxError  # noqa: E402
from harnpy.syntax.lexer import lex_lenient  # noqa: E402
from harnpy.syntax.parser import parse_program  # noqa: E402

# Longer ones take longer and find nothing else.
_LONGEST = 6_000
_REPORTED = 1000


def sources() -> list[str]:
    """The programs that are mutated: all of the suites that are not too long."""
    places = ("tests/lang", "examples", "stdlib", "bench", "harnpy/cli/templates")
    found = []
    for path in sorted(path for place in places for path in (ROOT / place).rglob("*.harn") if path.is_file()):
        text = path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
        if 0 < len(text) <= _LONGEST:
            found.append(text)
    return found


def mutated(text: str, other: str, chance: random.Random) -> str:
    """text with one to four changes to its tokens; other lends some."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        tokens = lex_lenient(text)
        if not tokens:
            break
        at = chance.randrange(len(tokens))
        start, end = tokens[at].span.start, tokens[at].span.end
        match chance.randrange(12):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + text[start:end] + " " + text[start:]
            case 2:
                second = chance.choice(tokens).span
                low, high = sorted([(start, end), (second.start, second.end)])
                if low[1] <= high[0]:
                    middle = text[low[1] : high[0]]
                    text = text[: low[0]] + text[slice(*high)] + middle + text[slice(*low)] + text[high[1] :]
            case 3:
                text = text[:start] + text[tokens[min(len(tokens) - 1, at + chance.randint(1, 20))].span.end :]
            case 4:
                lent = lex_lenient(other) or tokens
                first = chance.randrange(len(lent))
                last = min(len(lent) - 1, first + chance.randrange(12))
                piece = other if lent is not tokens else text
                text = text[:start] + " " + piece[lent[first].span.start : lent[last].span.end] + " " + text[start:]
            case 5:
                text = text[:start] if chance.random() < 0.3 else text[:start] + "// odd\n" + text[start:]
            case _:
                same = [each.span for each in tokens if each.type == tokens[at].type]
                chosen = chance.choice(same)
                text = text[:start] + text[chosen.start : chosen.end] + text[end:]
    return text


def examine(text: str) -> str:
    """What kind of text it was; raises whatever goes wrong."""
    try:
        program = parse_program(text, "fuzz.harn")
    except HarnSyntaxError as error:
        assert error.diagnostics
        partial_findings(
            SourceFile("fuzz.harn", text.encode("utf-8", "replace"), Sources(CheckCache(()))), CheckOptions()
        )
        return "broken"
    found = check_program(program, BUILTIN_TYPES, False, text)
    assert check_program(program, BUILTIN_TYPES, False, text) == found
    check_program(program, BUILTIN_TYPES, True, text)
    linted = lint_program(program, text, "fuzz.harn", LintOptions(builtins=frozenset(BUILTIN_MODULES)))
    for each in (*found, *linted):
        assert 0 <= each.span.start <= each.span.end <= len(text) + 1, each
    spelled = spelling_findings(program, text)
    infer({"fuzz.harn": Module("fuzz.harn", program, {})}, "fuzz.harn", effect_catalog())
    fixed, count = apply(text, [*linted, *found, *spelled])
    if count:
        parse_program(fixed, "fixed.harn")
    check_formatting(text)
    return "with findings" if found or linted else "silent"


def main() -> int:
    """Search; 1 if anything was found."""
    parser = argparse.ArgumentParser(description="Give the static tools many mutated programs.")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pool, began = sources(), time.monotonic()
    kinds: Counter[str] = Counter()
    failures = 0
    for count in range(1, arguments.programs + 1):
        chance = random.Random(f"{arguments.seed} {count}")
        text = mutated(chance.choice(pool), chance.choice(pool), chance)
        try:
            kinds[examine(text)] += 1
        except Exception:
            failures += 1
            print(f"--- seed {arguments.seed}, program {count}\n{text}\n---", flush=True)
            traceback.print_exc(limit=-4, file=sys.stdout)
        if count % _REPORTED == 0:
            print(f"{count} programs after {time.monotonic() - began:.0f} s, {failures} failures", flush=True)
    print(f"{sum(kinds.values())} programs: {dict(kinds)}; {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

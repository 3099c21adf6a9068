"""Every block of every page of the documentation does what the page says it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from doc_blocks import ROOT, blocks_of, commands_of, fits, pages
from doc_runner import run_page


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_of_a_page_does_what_is_shown(path: Path, tmp_path: Path) -> None:
    outcome = run_page(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)), tmp_path)
    assert outcome.failures == [], "\n\n".join(outcome.failures)


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_block_of_a_page_is_overlooked(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    blocks = blocks_of(page)
    fences = sum(line.startswith("```") for line in page.splitlines())
    assert fences == 2 * (len(blocks) + sum(block.expected is not None for block in blocks))


PAGE = """# A page

`lib/numbers.harn`:

```harn
pub fn twice(n) { return n * 2 }
```

<!-- before
let start = 20
-->
```harn
import { twice } from "lib/numbers"
println(twice(start))
```
```text
{result}
```

```console
$ printf 'exit(3)' > three.harn; harn run three.harn
$ echo "status $?"
status {status}
```

<!-- model
Yes.
-->
```harn
println(llm_call("Well?").text)
```
```text
Yes.
```
"""


def page_with(**values: object) -> str:
    page = PAGE
    for name, value in values.items():
        page = page.replace("{" + name + "}", str(value))
    return page


def test_a_page_that_tells_the_truth_has_no_failures(tmp_path: Path) -> None:
    page = page_with(result=40, status=3)
    outcome = run_page(page, "page.md", tmp_path)
    assert (outcome.failures, outcome.page) == ([], page)


def test_each_wrong_output_is_a_failure_and_the_right_one_is_told(tmp_path: Path) -> None:
    outcome = run_page(page_with(result=41, status=4), "page.md", tmp_path)
    assert [failure.split(": ")[0] for failure in outcome.failures] == ["page.md:12", "page.md:20"]
    assert outcome.page == page_with(result=40, status=3)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('```harn\nprintln("unseen")\n```\n', "not what is shown"),
        ("```harn\nlet = 1\n```\n", "Expected"),
        ("<!-- compiled -->\n```harn\nlet = 1\n```\n", "Expected"),
        ('```harn\nlog_error("unseen")\n```\n```text\n```\n', "not what is shown"),
        ('<!-- model\none\n---\ntwo\n-->\n```harn\nllm_call("?")\n```\n', "1 model calls for 2 answers"),
        ("```python\nraise SystemExit(2)\n```\n", "ends with 2"),
        ("```python\nprint('unseen')\n```\n", "not what is shown"),
        ("```toml\na = \n```\n", "TOMLDecodeError"),
        ("```json\n{\n```\n", "JSONDecodeError"),
        ("```cobol\nSTOP RUN.\n```\n", "'cobol'"),
        ("```console\noutput alone\n```\n", "begins with a command"),
    ],
)
def test_a_block_that_does_not_work_is_a_failure(block: str, reason: str, tmp_path: Path) -> None:
    (failure,) = run_page(block, "page.md", tmp_path).failures
    assert reason in failure


def test_a_comment_concerns_the_next_block_only_if_nothing_stands_between() -> None:
    close, far = blocks_of("<!-- compiled -->\n\n```harn\n```\n<!-- compiled -->\nText.\n```harn\n```\n")
    assert ("compiled" in close.directives, "compiled" in far.directives) == (True, False)


def test_commands_of_a_console_go_on_behind_a_backslash() -> None:
    assert commands_of("$ echo a \\\n    b\na b\n$ true\n") == [("echo a \\\n    b", "a b\n"), ("true", "")]


@pytest.mark.parametrize(
    ("printed", "shown", "verdict"),
    [
        ("a (12 ms)\n", "a (… ms)\n", True),
        ("a (12 s)\n", "a (… ms)\n", False),
        ("a\nb\nc\n", "a\n…\nc\n", True),
        ("a\nc\n", "a\n…\nc\n", True),
        ("a\nb\n", "…\n", True),
        ("a\nb\nd\n", "a\n…\nc\n", False),
        ("a\nb\n", "a…\n", False),
        ("a.b\n", "a?b\n", False),
    ],
)
def test_an_ellipsis_stands_for_what_differs_from_run_to_run(printed: str, shown: str, verdict: bool) -> None:
    assert fits(printed, shown) is verdict

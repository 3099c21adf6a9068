"""Every link inside the documentation leads to a file, and to a heading, that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doc_blocks import DOCS, ROOT, pages

_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links_of(page: str) -> list[str]:
    """Where the links of a page lead, but for those out of this repository; code has none."""
    targets = _LINK.findall(_CODE.sub(lambda code: re.sub(r"[\[\]]", "", code[0]), page))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors_of(page: str) -> set[str]:
    """The anchors that Markdown renderers give to the headings of a page."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(link: str, page: Path) -> bool:
    """Whether link leads nowhere from page."""
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    if not target.resolve().is_relative_to(ROOT) or not target.exists():
        return True
    return bool(anchor) and anchor not in anchors_of(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [link for link in links_of(page.read_text(encoding="utf-8")) if broken(link, page)] == []


def test_every_page_can_be_reached_from_the_map() -> None:
    linked = {link.partition("#")[0] for link in links_of((DOCS / "index.md").read_text(encoding="utf-8"))}
    assert {path.name for path in DOCS.glob("*.md")} - {"index.md"} - linked == set()


def test_the_readme_leads_to_the_map() -> None:
    assert "docs/index.md" in links_of((ROOT / "README.md").read_text(encoding="utf-8"))


def test_a_link_to_what_is_not_there_is_broken(tmp_path: Path) -> None:
    index = DOCS / "index.md"
    assert broken("nothing.md", index)
    assert broken("agents.md#nothing", index)
    assert broken("../../outside.md", index)
    assert not broken("agents.md#a-first-agent", index)


def test_links_are_found_with_code_in_their_text_and_not_in_code() -> None:
    page = "[`a`](a.md) and `[b](b.md)`\n\n```text\n[c](c.md)\n```\n[d](https://d.test)\n"
    assert links_of(page) == ["a.md"]

"""Which names other files use, as far as the targets of one command tell (chapter 10 section 1.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.cli.source_files import SourceFile


def used_elsewhere(files: Iterable[SourceFile]) -> frozenset[str]:
    """Every name in a selective import of any of the files, whichever module that is from."""
    return frozenset([name for file in files for name in file.facts.selected])

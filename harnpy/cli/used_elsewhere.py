"""Which declarations of a file other files use, as far as the targets of one command tell (chapter 10 section 1.4)."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.vm.module_paths import imported_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.cli.source_files import SourceFile


def used_elsewhere(files: Sequence[SourceFile]) -> dict[str, frozenset[str]]:
    """For the path of each file the names that are used outside of it.

    That is every name in a selective import of any file, whichever module that is from, and what a file exports if
    another one imports all of it.
    """
    selected = frozenset([name for file in files for name in file.facts.selected])
    wholly = {
        os.path.realpath(target)
        for file in files
        for each in file.facts.imports
        if each.names is None and (target := imported_file(each.path, file.path)) is not None
    }
    return {
        file.path: selected.union(file.facts.exported) if wholly and os.path.realpath(file.path) in wholly else selected
        for file in files
    }

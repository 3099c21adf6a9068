"""The names of the bundled `std/*` modules, for listing them."""

from __future__ import annotations

import os

from harnpy.vm.module_paths import standard_module


def standard_module_names() -> list[str]:
    """All NAMEs of `import "std/NAME"`, sorted; they all lie where the module `async` does."""
    known = standard_module("async")
    if known is None:
        return []
    return sorted(name.removesuffix(".harn") for name in os.listdir(os.path.dirname(known)) if name.endswith(".harn"))

"""The configuration of model calls as a program in the working directory would see it, for commands that run none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harnpy.cli.compose import make_runtime
from harnpy.llm.context import CallContext
from harnpy.vm.directories import absolute


@contextmanager
def model_view() -> Iterator[CallContext]:
    """A context of model calls that is closed at the end. What is wrong with provider files is said on stderr."""
    runtime = make_runtime()
    # The manifest is looked for from the directory of the program upwards.
    runtime.entry_path = absolute("main.harn")
    try:
        yield CallContext(runtime.main_fiber())
    finally:
        runtime.close()

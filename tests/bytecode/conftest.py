"""What bytecode means is the interpreter's word. Runtimes raise Python's recursion limit; done before the tests it does
not happen under Hypothesis's eyes."""

import pytest

from harnpy.stack_room import make_room

make_room()


@pytest.fixture(autouse=True, scope="session")
def interpreted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARN_JIT", "off")
        yield

"""What a runtime leaves behind once it is closed: nothing, so that a process may make as many as it likes."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from support import HANG_SECONDS, make_test_runtime

PROGRAMS = {
    "no task": "println(1)",
    "a sleep": "sleep(1ms)",
    "tasks that were awaited": "let tasks = [1, 2, 3].map({ n -> spawn { sleep(1ms) } })\nfor t in tasks { await(t) }",
    "parallel bodies": "parallel each [1, 2, 3] { n -> sleep(1ms) }",
    "tasks that failed": 'let t = spawn { throw "no" }\ntry { await(t) } catch (e) { println(e) }',
    "a generator": "fn g() { yield 1\nyield 2 }\nfor x in g() { println(x) }",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_closed_runtime_is_freed(name):
    others = set(threading.enumerate())
    runtime = make_test_runtime(virtual_time=True)
    runtime.run(runtime.compile(PROGRAMS[name], "test.harn", use_cache=False))
    runtime.close()
    left = weakref.ref(runtime)
    del runtime
    for thread in set(threading.enumerate()) - others:
        thread.join(timeout=HANG_SECONDS)  # a watchdog ends by itself, a moment later
    gc.collect()
    assert left() is None

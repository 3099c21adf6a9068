"""Running programs in virtual time, where waiting forever is an error after a day that takes no time."""

from __future__ import annotations

from support import make_test_runtime

_DAY_MS = 86_400_000


def run_virtually(source: str, path: str = "test.harn") -> str:
    """What a program prints in virtual time; Deadline exceeded when every task waits forever."""
    runtime = make_test_runtime(virtual_time=True)
    make_fiber = runtime.main_fiber

    def main_fiber():
        fiber = make_fiber()
        fiber.enter_deadline(_DAY_MS)
        return fiber

    runtime.main_fiber = main_fiber
    try:
        runtime.run(runtime.compile(source, path, use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output

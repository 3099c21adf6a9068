"""Worker processes for tests that run at the same time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def worker_pool(task_count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh interpreters, one a processor but no more than there are tasks.

    Ctrl-C is for the parent, which then drops what has not begun.
    """
    workers = max(1, min(task_count, os.cpu_count() or 1))
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)

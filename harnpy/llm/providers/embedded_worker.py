"""The thread on which embedded models are loaded and run: one model at a time, one answer at a time, in order of asking."""

from __future__ import annotations

import atexit
import functools
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from harnpy.llm.deltas import Delta
from harnpy.llm.providers.embedded import Generation
from harnpy.llm.providers.embedded_engine import Engine

# How long the end of the process waits for a computation under way: no more than one piece of a prompt.
_CLOSING_SECONDS = 10


class Started:
    """The job's turn has come and its model is loaded."""


Report: TypeAlias = Started | Delta | Exception


class Job:
    """One answer to generate. report is called on the worker thread, with Started first, then with the deltas of the
    answer up to Done, or with the failure; never again after abandon.
    """

    def __init__(self, path: Path, wanted: Generation, report: Callable[[Report], None]) -> None:
        self.path = path
        self.wanted = wanted
        self._report = report
        self._abandoned = False

    @property
    def abandoned(self) -> bool:
        return self._abandoned

    def abandon(self) -> None:
        """Nobody wants the answer any more: whatever is still to be done for it is left undone. From any thread."""
        self._abandoned = True

    def report(self, report: Report) -> None:
        if not self._abandoned:
            self._report(report)


class Worker:
    """Runs jobs on a thread of its own, which starts with the first one."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._path: Path | None = None
        self._engine: Engine | None = None

    def submit(self, job: Job) -> None:
        """Let a job take its turn; returns at once."""
        self._jobs.put(job)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="embedded-model", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop what is being generated, free the model and end the thread. Call it once, when the process ends."""
        self._closing = True
        self._jobs.put(None)
        if self._thread is not None:
            # A thread inside the library while the process ends would crash it.
            self._thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closing:
            if not job.abandoned:
                self._do(job)
            del job  # while this waits, nothing keeps the answer's receiver alive
        self._unload()

    def _do(self, job: Job) -> None:
        try:
            engine = self._loaded(job.path)
            job.report(Started())
            for delta in engine.generate(job.wanted, lambda: job.abandoned or self._closing):
                job.report(delta)
        except Exception as error:
            # Whatever it is, the fiber that waits for the answer has to hear of it.
            job.report(error)

    def _loaded(self, path: Path) -> Engine:
        if self._engine is None or self._path != path:
            self._unload()
            self._engine, self._path = Engine(path), path
        return self._engine

    def _unload(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


@functools.cache
def shared_worker() -> Worker:
    """The worker of this process: all runtimes share it and the model that it has loaded."""
    worker = Worker()
    atexit.register(worker.close)
    return worker

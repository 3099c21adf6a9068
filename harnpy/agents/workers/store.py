"""All workers of a runtime, by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.workers.handle import Worker, referenced_id
from harnpy.vm.errors import runtime_error
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class WorkerStore:
    """The registry. watched says that the end of the program ends the workers that still run; swept are the directories
    of snapshots that have been freed from what killed processes left there.
    """

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self.watched = False
        self.swept: set[str] = set()

    def put(self, worker: Worker) -> None:
        """Register a worker, in place of one of the same id."""
        self._workers[worker.id] = worker

    def get(self, worker_id: str) -> Worker | None:
        return self._workers.get(worker_id)

    def all(self) -> list[Worker]:
        """Sorted by id."""
        return [self._workers[worker_id] for worker_id in sorted(self._workers)]

    def children(self, worker_id: str) -> list[Worker]:
        """The workers that a worker has started."""
        return [each for each in self.all() if each.parent_worker_id == worker_id]


def store_of(fiber: Fiber) -> WorkerStore:
    return fiber.runtime.state(WorkerStore)


def find_worker(fiber: Fiber, reference: Value) -> Worker:
    """The worker that a handle or an id names. Raises runtime errors for anything else and for unknown ids."""
    worker_id = referenced_id(reference)
    worker = store_of(fiber).get(worker_id)
    if worker is None:
        raise runtime_error(f"unknown worker: {worker_id}")
    return worker

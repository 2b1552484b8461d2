"""Runs short work on a database for a request, and lets the request go on without it when it takes too long.

Time-outs of drivers do not suffice: a server that was stopped lets a connection be opened and then says
nothing, for as long as it likes. So the work is done by a few threads of its own. When all are held up,
everybody else is sent on at once.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from cds_service.store.errors import StoreUnavailableError

DEFAULT_WAIT_SECONDS: Final = 0.15

_T = TypeVar("_T")


class _Task(Generic[_T]):
    """One piece of work and what came of it."""

    __slots__ = ("abandoned", "done", "failure", "result", "work")

    def __init__(self, work: Callable[[], _T]) -> None:
        self.work = work
        self.done = threading.Event()
        self.abandoned = False
        self.result: _T | None = None
        self.failure: Exception | None = None

    def perform(self) -> None:
        try:
            self.result = self.work()
        except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
            self.failure = error


class BoundedCalls:
    """A few threads for short work. Nobody waits longer than `wait_seconds`, and few wait at all."""

    def __init__(
        self, *, threads: int = 2, waiting: int = 16, wait_seconds: float = DEFAULT_WAIT_SECONDS
    ) -> None:
        """Start nothing: threads come with the first work, in the process that has it."""
        self._threads = threads
        self._waiting = waiting
        self._wait_seconds = wait_seconds
        self._reset()
        method = weakref.WeakMethod(self._reset)
        os.register_at_fork(after_in_child=lambda: (reset := method()) and reset())

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._tasks: SimpleQueue[_Task[Any]] = SimpleQueue()
        self._started = 0
        self._unfinished = 0

    def run(self, work: Callable[[], _T]) -> _T:
        """Return what the work returns or raise what it raises; StoreUnavailableError when it is too slow.

        Work that was given up before it began is not done. Work that had begun may still take effect.
        """
        task = self._give(work, self._threads + self._waiting)
        if not task.done.wait(self._wait_seconds):
            task.abandoned = True
            raise StoreUnavailableError("TooSlow")
        if task.failure is not None:
            raise task.failure
        return task.result  # type: ignore[return-value]  # set, as there was no failure

    def start(self, work: Callable[[], object]) -> None:
        """Have the work done, and do not wait for it; StoreUnavailableError when no thread is free."""
        self._give(work, self._threads)

    def _give(self, work: Callable[[], _T], most: int) -> _Task[_T]:
        """Hand work to the threads, unless `most` pieces are under way or waiting."""
        task = _Task(work)
        with self._lock:
            if self._unfinished >= most:
                raise StoreUnavailableError("Busy")
            self._unfinished += 1
            if self._started < min(self._threads, self._unfinished):
                self._started += 1
                threading.Thread(target=self._work, name="store-call", daemon=True).start()
        self._tasks.put(task)
        return task

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            if not task.abandoned:
                task.perform()
            with self._lock:
                self._unfinished -= 1
            task.done.set()  # last: whoever waited may come back at once, and must find its place free

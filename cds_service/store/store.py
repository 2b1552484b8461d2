"""What a request sees of the store: it hands things over, and never waits longer than it can afford.

One thread of each process writes. Cards wait in a bounded queue, and are counted and let go when it is full:
no card is ever late or lost because of the database. An answer of a clinician is written at once, and whoever
brought it waits a fraction of a second for word that it is durable; without that word it was not kept, and
the client is told to send it again.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

from cds_service.log import where_it_failed
from cds_service.store.errors import StoreUnavailableError
from cds_service.store.records import CardRecord, FeedbackCall


class Writable(Protocol):
    """What the writing thread needs of a database."""

    def write_cards(self, records: list[CardRecord]) -> None:
        """Keep card records; raises StoreUnavailableError."""

    def write_feedback(self, calls: list[FeedbackCall]) -> None:
        """Keep feedback durably; raises StoreUnavailableError."""

    def forget(self) -> None:
        """Leave the connections to the process that this one was forked from."""

    def dispose(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the store. Times in seconds.

    `feedback_wait` is how long a client may wait for word, `item_wait` how much longer for each further item:
    a long list takes its time, and must not be refused for that again and again. `card_linger` is how long
    cards gather before they are written together, `retry_pause` how long they rest after a failure.
    """

    cards_waiting: int = 10_000
    cards_at_once: int = 500
    calls_waiting: int = 256
    feedback_wait: float = 0.3
    item_wait: float = 0.001
    card_linger: float = 0.2
    retry_pause: float = 1.0


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What the store did since this process started: counts, and the code of its last failure."""

    cards_kept: int = 0
    cards_dropped: int = 0
    cards_waiting: int = 0
    calls_kept: int = 0
    calls_refused: int = 0
    failures: int = 0
    failing: bool = False
    last_failure: str = ""


class _Job:
    """One call of feedback on its way to the database."""

    __slots__ = ("abandoned", "call", "done", "kept")

    def __init__(self, call: FeedbackCall) -> None:
        self.call = call
        self.done = threading.Event()
        self.kept = False
        self.abandoned = False


_CLOSING_SECONDS: Final = 2.0


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls a method as long as its object lives."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if (living := reference()) is not None:
            living()

    return call


class Store:
    """The store of one process, and of each process forked from it. Without a database it keeps nothing."""

    def __init__(
        self,
        database: Writable | None,
        *,
        logger: Any = None,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        count: Callable[[str, int], None] | None = None,
    ) -> None:
        """Start nothing: the writing thread comes with the first thing to write, where there is one.

        `count` hears of what was kept and what was not, by the names of `StoreCounts`.
        """
        self.database = database
        self._logger = logger
        self._limits = limits or Limits()
        self._monotonic = monotonic
        self._counts = StoreCounts()
        self._heard_by = count
        self._reset()
        if database is not None:
            # Both outlive this object, so they must not keep it alive.
            os.register_at_fork(after_in_child=_weakly(self._after_fork))
            atexit.register(_weakly(self.close))

    def _reset(self) -> None:
        self._wake = threading.Condition(threading.Lock())
        self._cards: deque[CardRecord] = deque()
        self._jobs: deque[_Job] = deque()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._busy_since: float | None = None

    def _after_fork(self) -> None:
        self._reset()
        if self.database is not None:
            self.database.forget()

    # -- what requests call ---------------------------------------------------------------------------------

    def record_cards(self, records: Iterable[CardRecord]) -> None:
        """Hand over the cards of one answer; returns at once, whatever the database does."""
        if self.database is None:
            return
        try:
            self._queue_cards(records)
        except Exception as error:  # noqa: BLE001 (a card goes out, whatever becomes of its record)
            with self._wake:
                self._count(cards_dropped=1)
                self._counts = replace(self._counts, last_failure=where_it_failed(error))

    def _queue_cards(self, records: Iterable[CardRecord]) -> None:
        with self._wake:
            room = self._limits.cards_waiting - len(self._cards)
            first = not self._cards
            for record in records:
                if room <= 0:
                    self._count(cards_dropped=1)
                    continue
                self._cards.append(record)
                room -= 1
            if self._cards and (first or self._thread is None):
                self._start()
                self._wake.notify()

    def keep_feedback(self, call: FeedbackCall) -> bool:
        """Say whether the items of a call are durable now; False means: not known to be, send again."""
        if self.database is None:
            return False
        job = _Job(call)
        with self._wake:
            full = len(self._jobs) >= self._limits.calls_waiting
            if full or self._closing or self._stuck():
                self._count(calls_refused=1)
                return False
            self._jobs.append(job)
            self._start()
            self._wake.notify()
        job.done.wait(self._limits.feedback_wait + self._limits.item_wait * (len(call.items) - 1))
        with self._wake:
            if not job.kept:
                job.abandoned = True
                self._count(calls_refused=1)
            return job.kept

    def _stuck(self) -> bool:
        """Say whether the write under way has lasted so long that waiting behind it is in vain."""
        since = self._busy_since
        return since is not None and self._monotonic() - since > self._limits.feedback_wait

    def counts(self) -> StoreCounts:
        """Return what was done so far, for metrics."""
        with self._wake:
            return replace(self._counts, cards_waiting=len(self._cards))

    def close(self) -> None:
        """Write what waits, as far as that goes within two seconds, and close the connections."""
        with self._wake:
            thread, self._closing = self._thread, True
            self._wake.notify()
        if thread is not None:
            thread.join(_CLOSING_SECONDS)
        if self.database is not None and (thread is None or not thread.is_alive()):
            self.database.dispose()

    # -- the writing thread ---------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._work, name="store", daemon=True)
            with suppress(
                RuntimeError
            ):  # there may be no room for a thread now; whoever comes next tries again
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        while True:
            jobs, cards = self._next()
            if not jobs and not cards:
                return
            self._write(jobs, cards)
            with self._wake:
                self._busy_since = None
                if self._closing and self._counts.failing:  # one attempt at the end, then no more
                    self._count(cards_dropped=len(self._cards))
                    self._cards.clear()

    def _next(self) -> tuple[list[_Job], list[CardRecord]]:
        """Wait for something to write and take it; nothing at all means that the store is closing."""
        limits = self._limits
        with self._wake:
            while True:
                while not (self._cards or self._jobs or self._closing):
                    self._wake.wait()
                if not (self._jobs or self._closing):  # cards alone have time
                    self._wake.wait(limits.retry_pause if self._counts.failing else limits.card_linger)
                jobs = [job for job in self._jobs if not job.abandoned]
                self._jobs.clear()
                number = min(len(self._cards), limits.cards_at_once)
                cards = [self._cards.popleft() for _ in range(number)]
                if jobs or cards or self._closing:
                    self._busy_since = self._monotonic()
                    return jobs, cards

    def _write(self, jobs: list[_Job], cards: list[CardRecord]) -> None:
        """Write what was taken: answers first, somebody waits for them."""
        failure = self._write_jobs(jobs)
        if cards and failure is None:
            failure = self._attempt(lambda database: database.write_cards(cards))
            if failure is None:
                with self._wake:
                    self._count(cards_kept=len(cards))
                cards = []
        if cards:
            self._put_back([] if failure is not None and failure.content else cards, len(cards))

    def _write_jobs(self, jobs: list[_Job]) -> StoreUnavailableError | None:
        if not jobs:
            return None
        failure = self._attempt(lambda database: database.write_feedback([job.call for job in jobs]))
        if failure is not None and failure.content and len(jobs) > 1:
            # One call that the database cannot take must not cost the others: each for itself.
            return [self._write_jobs([job]) for job in jobs][-1]
        with self._wake:
            for job in jobs:
                job.kept = failure is None
                job.done.set()
            if failure is None:
                self._count(calls_kept=len(jobs))
        return failure

    def _attempt(self, write: Callable[[Writable], None]) -> StoreUnavailableError | None:
        failure: StoreUnavailableError | None = None
        try:
            if self.database is not None:
                write(self.database)
        except StoreUnavailableError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 (the thread must live on; whoever waits is told 503)
            failure = StoreUnavailableError(where_it_failed(error))
        self._note(failure)
        return failure

    def _put_back(self, cards: list[CardRecord], taken: int) -> None:
        """Keep cards for the next attempt as far as there is room; the rest is counted and let go."""
        with self._wake:
            room = max(0, self._limits.cards_waiting - len(self._cards))
            back = cards[:room]
            self._cards.extendleft(reversed(back))
            self._count(cards_dropped=taken - len(back))

    def _note(self, failure: StoreUnavailableError | None) -> None:
        """Note how the last write went; a line is logged only when that changes."""
        with self._wake:
            before = self._counts
            if failure is None:
                self._counts = replace(before, failing=False)
            else:
                self._counts = replace(
                    before, failing=True, failures=before.failures + 1, last_failure=failure.code
                )
            now = replace(self._counts, cards_waiting=len(self._cards))
        if now.failing != before.failing and self._logger is not None:
            self._logger.info("store", **asdict(now))

    def _count(self, **added: int) -> None:
        """Add to the counts; the caller holds the lock."""
        self._counts = replace(
            self._counts, **{name: getattr(self._counts, name) + number for name, number in added.items()}
        )
        if self._heard_by is not None:
            for name, number in added.items():
                self._heard_by(name, number)

"""A shared memory of used tokens that cannot hold a request up when its database stands still.

The driver's own time-outs are kept by the database, and a database that stands still keeps none. So the
question is asked in a thread of its own, and whoever asks waits a bounded time for the answer.
"""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass, field
from typing import Final

from cds_service.trust.replay import ReplayStore, ReplayStoreError

WAIT_SECONDS: Final = 0.1
"""How long a request waits to hear whether its token was used elsewhere."""


@dataclass(slots=True)
class _Question:
    arguments: tuple[str, str, int, int]
    answered: threading.Event = field(default_factory=threading.Event)
    first: bool | None = None  # None: the store could not tell


class BoundedReplayStore:
    """Asks another store in one thread; while that thread is held up, every other question fails at once."""

    def __init__(self, store: ReplayStore, seconds: float = WAIT_SECONDS) -> None:
        """Start nothing: the thread comes with the first question, so that it is this process's own."""
        self._store = store
        self._seconds = seconds
        self._turn = threading.Lock()
        self._questions: queue.SimpleQueue[_Question] = queue.SimpleQueue()
        self._asked_in = 0

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use; raises ReplayStoreError if that is slow."""
        question = _Question((issuer_hash, token_hash, expires_at, now))
        if not self._turn.acquire(timeout=self._seconds):
            raise ReplayStoreError
        # The turn is given back by the thread when the store has answered, however long that takes.
        self._start()
        self._questions.put(question)
        question.answered.wait(self._seconds)
        if question.first is None:
            raise ReplayStoreError
        return question.first

    def _start(self) -> None:
        if self._asked_in != os.getpid():  # a thread does not follow into a forked worker
            self._asked_in = os.getpid()
            threading.Thread(target=self._work, name="replay", daemon=True).start()

    def _work(self) -> None:
        while True:
            question = self._questions.get()
            try:
                question.first = self._store.first_use(*question.arguments)
            except Exception:  # noqa: BLE001, S110 (drivers have kinds of their own: whichever, it cannot tell)
                pass  # `first` stays None, which whoever asks hears as ReplayStoreError
            finally:
                question.answered.set()
                self._turn.release()

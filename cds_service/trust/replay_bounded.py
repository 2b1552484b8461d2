"""A shared memory of used tokens that cannot hold a request up when its database stands still."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cds_service.store.bounded import BoundedCalls
from cds_service.trust.replay import ReplayStore, ReplayStoreError

WAIT_SECONDS: Final = 0.1
"""How long a request waits to hear whether its token was used elsewhere."""


class BoundedReplayStore:
    """Asks another store in threads of its own, and waits for the answer a short while.

    Once an answer failed or was late, nobody waits: questions are left with a free thread, and when one is
    answered in time, the next are waited for again: a database that stands still costs each process one wait.
    """

    def __init__(
        self, store: ReplayStore, seconds: float = WAIT_SECONDS, *, threads: int = 2, waiting: int = 16
    ) -> None:
        """Start nothing: a thread comes with the first question, in the process that has it."""
        self._store = store
        self._seconds = seconds
        self._calls = BoundedCalls(threads=threads, waiting=waiting, wait_seconds=seconds)
        self._failing = False

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use; raises ReplayStoreError if it is slow."""

        def ask() -> bool:
            return self._store.first_use(issuer_hash, token_hash, expires_at, now)

        try:
            if not self._failing:
                return self._calls.run(ask)
            self._calls.start(lambda: self._hear(ask))
        except Exception:  # noqa: BLE001 (drivers have kinds of their own: whichever, the store cannot tell)
            self._failing = True
        raise ReplayStoreError

    def _hear(self, ask: Callable[[], bool]) -> None:
        """Ask with nobody waiting; after an answer in good time the next question is waited for again."""
        began = time.monotonic()
        with suppress(Exception):  # whichever: the store cannot tell yet
            ask()
            self._failing = time.monotonic() - began > self._seconds

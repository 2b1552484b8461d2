"""A shared memory of used tokens that cannot hold a request up when its database stands still."""

from __future__ import annotations

from typing import Final

from cds_service.store.bounded import BoundedCalls
from cds_service.trust.replay import ReplayStore, ReplayStoreError

WAIT_SECONDS: Final = 0.1
"""How long a request waits to hear whether its token was used elsewhere."""


class BoundedReplayStore:
    """Asks another store in a thread of its own, one question at a time: a worker has one request at a time.

    While the store is held up, every other question fails at once.
    """

    def __init__(self, store: ReplayStore, seconds: float = WAIT_SECONDS, threads: int = 1) -> None:
        """Start nothing: a thread comes with the first question, in the process that has it."""
        self._store = store
        self._calls = BoundedCalls(threads=threads, waiting=0, wait_seconds=seconds)

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use; raises ReplayStoreError if it is slow."""
        try:
            return self._calls.run(
                lambda: self._store.first_use(issuer_hash, token_hash, expires_at, now),
            )
        except Exception:  # noqa: BLE001 (drivers have kinds of their own: whichever, the store cannot tell)
            raise ReplayStoreError from None

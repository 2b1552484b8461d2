"""Tokens are used once: what was seen, in memory and shared, and what happens without the shared store.

What is kept is a hash of the issuer and a hash of the token's id, until the token has expired by itself. When
the database is down, each replica remembers alone: a token could then be used once on each of them, and only
until it expires. That is preferred to a service that falls silent with its database, and it is counted.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final, Protocol

from cds_service.trust.reasons import Count, TrustEvent

MOST_REMEMBERED: Final = 200_000
"""Tokens kept in the memory of one process: 15 minutes at more than 200 calls a second."""

RETRY_SECONDS: Final = 0.2
"""How long a shared store that failed is left alone. Short: once it failed no request waits for it, and
until it was asked again each process believes a token once."""


class ReplayStoreError(Exception):
    """The shared store did not answer. Carries no text: a database's error may quote what was stored."""


class ReplayStore(Protocol):
    """Remembers which tokens were used."""

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use; of several racers exactly one hears True.

        The hashes are SHA-256 in hexadecimal (`hash_of`), the times whole seconds since 1970. Raises
        ReplayStoreError when the store cannot tell.
        """


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text in 64 hexadecimal digits; a lone surrogate is no error."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class MemoryReplayStore:
    """The store of one process. Full, it forgets first what expires first, and counts that."""

    def __init__(self, count: Count, most: int = MOST_REMEMBERED) -> None:
        self._count = count
        self._most = most
        self._expiries: list[tuple[int, bytes]] = []
        self._seen: set[bytes] = set()
        self._lock = threading.Lock()

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use in this process."""
        key = bytes.fromhex(issuer_hash + token_hash)
        with self._lock:
            self._forget(lambda expiry: expiry < now)
            if key in self._seen:
                return False
            if len(self._seen) >= self._most:
                self._count(TrustEvent.REPLAY_MEMORY_FULL)
                self._forget(lambda _expiry: len(self._seen) >= self._most)
            self._seen.add(key)
            heappush(self._expiries, (expires_at, key))
            return True

    def __len__(self) -> int:
        """Return how many tokens are remembered."""
        return len(self._seen)

    def _forget(self, due: Callable[[int], bool]) -> None:
        while self._expiries and due(self._expiries[0][0]):
            _, key = heappop(self._expiries)
            self._seen.discard(key)


class FallbackReplayStore:
    """The shared store, with this process's own memory before it and instead of it when it is down.

    The memory is asked first, so that what this process has seen stays seen when the database goes away.
    After a failure the database is left alone for `RETRY_SECONDS`; every use without it is counted.
    """

    def __init__(
        self,
        shared: ReplayStore,
        memory: ReplayStore,
        *,
        count: Count,
        monotonic: Callable[[], float],
    ) -> None:
        self._shared = shared
        self._memory = memory
        self._count = count
        self._monotonic = monotonic
        self._failed_at: float | None = None

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use, as far as can be known. Never raises."""
        if not self._memory.first_use(issuer_hash, token_hash, expires_at, now):
            return False
        failed_at = self._failed_at
        if failed_at is not None and self._monotonic() - failed_at < RETRY_SECONDS:
            self._count(TrustEvent.REPLAY_STORE_UNAVAILABLE)
            return True
        try:
            first = self._shared.first_use(issuer_hash, token_hash, expires_at, now)
        except ReplayStoreError:
            self._failed_at = self._monotonic()
            self._count(TrustEvent.REPLAY_STORE_UNAVAILABLE)
            return True
        self._failed_at = None
        return first

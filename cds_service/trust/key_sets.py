"""The keys of an issuer: given in the file, or fetched, kept through outages, never fetched at will.

A token with an unknown key id may cause a fetch, but no more than one in 30 seconds for its issuer whatever
ids come, so that nobody can use this service to flood a key server. Keys that are known stay in use while the
key server is down, for a day and an hour; an empty or unusable answer never replaces them.

Calls with known keys never wait. Of the others only a few wait for a fetch under way, whatever their number
and that of the issuers: a key server that hangs must not hold the threads that answer everybody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

from cds_service.trust.keys import VerificationKey, index_keys, read_key
from cds_service.trust.reasons import Count, RefusalReason, TokenRefusedError, TrustEvent
from fhir_mappings.strict_json import StrictJsonError, loads_strict

REFRESH_SECONDS: Final = 30.0
"""Least time between two fetches for one issuer, successful or not."""

FRESH_SECONDS: Final = 600.0
"""Age after which known keys are fetched again beside the calls that use them: a withdrawn key ends then."""

KEPT_SECONDS: Final = 25 * 3600.0
"""How long keys are used without a successful fetch: a day's outage, and an hour to notice its end."""

MOST_KEYS: Final = 64
MOST_WAITING: Final = 3
"""Calls of a process that wait for key servers at a time; the next are refused at once."""

_LONGEST_WAIT_SECONDS: Final = 2.0


class KeySetError(Exception):
    """A key set could not be had. Carries no detail: an address or an answer has no place in a log."""


class KeySource(Protocol):
    """Where the keys of one issuer come from."""

    def key(self, key_id: str) -> VerificationKey:
        """Return the key of that id; raises TokenRefusedError (unknown, or no keys to be had)."""

    def prepare(self) -> None:
        """Get the keys before the first token comes, where they have to be got; never raises."""


class GivenKeys:
    """Keys that were exchanged out of band and stand in the file; nothing is ever fetched."""

    def __init__(self, keys: tuple[VerificationKey, ...]) -> None:
        self._keys = index_keys(list(keys))

    def key(self, key_id: str) -> VerificationKey:
        """Return the key of that id; raises TokenRefusedError."""
        return _found(self._keys, key_id)

    def prepare(self) -> None:
        """Do nothing: the keys are here."""


def read_key_set(body: bytes, pinned: frozenset[str]) -> dict[str, VerificationKey]:
    """Return the usable keys of a JSON Web Key Set; raises KeySetError when there is none, or too many."""
    try:
        document = loads_strict(body)
    except StrictJsonError:
        raise KeySetError from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise KeySetError
    read = [read_key(entry, pinned) for entry in entries]
    keys = index_keys([key for key in read if isinstance(key, VerificationKey)])
    if not keys:
        raise KeySetError
    return keys


def in_background(work: Callable[[], None]) -> None:
    """Do the work in a thread of its own; whoever asked does not wait."""
    threading.Thread(target=work, name="key-refresh", daemon=True).start()


class FetchedKeys:
    """The key set of one issuer, in one process. Safe to be asked from several threads.

    `fetch` returns the body of the key set or raises KeySetError within its own deadline; it is called with
    the one address of the configuration and never with one from a token. `monotonic` counts seconds.
    `waiting` has the places of those who wait, which the key sets of a process share.
    """

    def __init__(
        self,
        fetch: Callable[[], bytes],
        pinned: frozenset[str],
        *,
        monotonic: Callable[[], float],
        count: Count,
        beside: Callable[[Callable[[], None]], None] = in_background,
        waiting: threading.Semaphore | None = None,
    ) -> None:
        self._fetch = fetch
        self._pinned = pinned
        self._monotonic = monotonic
        self._count = count
        self._beside = beside
        self._keys: dict[str, VerificationKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._turn = threading.Lock()
        self._waiting = waiting or threading.Semaphore(MOST_WAITING)
        self._fetched = threading.Event()
        self._fetched.set()  # cleared while a fetch is under way

    def key(self, key_id: str) -> VerificationKey:
        """Return the key of that id, fetching where that may help; raises TokenRefusedError."""
        now = self._monotonic()
        known = self._usable(now).get(key_id)
        if known is not None:
            if self._fetched_at is not None and now - self._fetched_at > FRESH_SECONDS:
                self._fetch_if_due(now)
            return known
        self._fetch_if_due(now)
        self._wait_for_a_fetch_under_way()
        return _found(self._usable(self._monotonic()), key_id)

    def prepare(self) -> None:
        """Fetch once, before any call. A server that forks afterwards hands the keys to all of its workers.

        Where it fails, the first call tries again at once.
        """
        self._refresh()
        self._tried_at = self._fetched_at

    def _usable(self, now: float) -> dict[str, VerificationKey]:
        kept = self._fetched_at is not None and now - self._fetched_at <= KEPT_SECONDS
        return self._keys if kept else {}

    def _fetch_if_due(self, now: float) -> None:
        """Have the keys fetched beside this call: exactly one caller does in each period."""
        with self._turn:
            if self._tried_at is not None and now - self._tried_at < REFRESH_SECONDS:
                return
            self._tried_at = now
            self._fetched.clear()
        try:
            self._beside(self._refresh)
        except RuntimeError:  # there is no room for a thread now: in the next period there may be
            self._fetched.set()

    def _refresh(self) -> None:
        try:
            keys = read_key_set(self._fetch(), self._pinned)
        except KeySetError:
            self._count(TrustEvent.KEYS_FETCH_FAILED)
        else:
            self._keys, self._fetched_at = keys, self._monotonic()
            self._count(TrustEvent.KEYS_FETCHED)
        finally:
            self._fetched.set()

    def _wait_for_a_fetch_under_way(self) -> None:
        """Let a few calls profit from a fetch that one of them, or another before them, has set off."""
        if not self._fetched.is_set() and self._waiting.acquire(blocking=False):
            try:
                self._fetched.wait(_LONGEST_WAIT_SECONDS)
            finally:
                self._waiting.release()


def _found(keys: dict[str, VerificationKey], key_id: str) -> VerificationKey:
    if not keys:
        raise TokenRefusedError(RefusalReason.KEYS_UNAVAILABLE)
    key = keys.get(key_id)
    if key is None:
        raise TokenRefusedError(RefusalReason.KEY_UNKNOWN)
    return key

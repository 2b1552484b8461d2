"""Leaves a failing server alone for a few seconds, and then lets one request find out whether it is well.

Written here because the libraries for it hold a lock for as long as the guarded call lasts, which makes all
calls to one server wait for each other, and read a clock that can be set back.
"""

from __future__ import annotations

from enum import StrEnum
from threading import Lock
from time import monotonic

from fhir_mappings.acquisition.deadline import Seconds


class Admission(StrEnum):
    """Whether a request may ask a server."""

    ALLOWED = "allowed"
    TRIAL = "trial"  # only with one question at first: nobody knows whether the server is well again
    REFUSED = "refused"


class CircuitBreaker:
    """Counts the failures of one server in a row; thread-safe, and no lock is held while anyone waits.

    After `failures` of them nothing is asked for `pause_seconds`; then one trial at a time.
    """

    def __init__(self, *, failures: int, pause_seconds: float, clock: Seconds = monotonic) -> None:
        self._most = failures
        self._pause = pause_seconds
        self._clock = clock
        self._lock = Lock()
        self._failed = 0
        self._closed_until: float | None = None

    def admission(self) -> Admission:
        """Say whether to ask now. One request gets the trial; should it never report, a later one does."""
        with self._lock:
            if self._closed_until is None:
                return Admission.ALLOWED
            now = self._clock()
            if now < self._closed_until:
                return Admission.REFUSED
            self._closed_until = now + self._pause
            return Admission.TRIAL

    def answered(self) -> None:
        """Note that the server answered, with whatever."""
        with self._lock:
            self._failed = 0
            self._closed_until = None

    def failed(self, questions: int) -> None:
        """Note that a request got no answer to any of its questions."""
        with self._lock:
            self._failed += questions
            if self._failed >= self._most:
                self._closed_until = self._clock() + self._pause

    @property
    def is_open(self) -> bool:
        """Say whether the server is left alone at present."""
        with self._lock:
            return self._closed_until is not None

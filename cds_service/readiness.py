"""Whether this process should get requests: loaded, warm, and not about to stop."""

from __future__ import annotations

import signal
from enum import StrEnum
from typing import Final

DRAIN_SIGNAL: Final = signal.SIGUSR1
"""What the serving process sends its workers before it stops them."""


class State(StrEnum):
    """The states that `/readyz` tells apart."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Readiness:
    """The state of one process. It never looks at the database or a FHIR server.

    A service that cannot reach these still answers every order, and says what is missing; taking it out of
    rotation would turn a named gap into silence.
    """

    def __init__(self) -> None:
        self._warm = False
        self._draining = False

    @property
    def state(self) -> State:
        """Return the state now; a process that drains never becomes ready again."""
        if self._draining:
            return State.DRAINING
        return State.READY if self._warm else State.STARTING

    def warmed(self) -> None:
        """Say that everything is loaded and was used once."""
        self._warm = True

    def drain(self) -> None:
        """Say that this process is about to stop. Requests are still answered; no new ones should come."""
        self._draining = True

    def drain_on_signal(self) -> None:
        """Drain when `DRAIN_SIGNAL` arrives. Call in the main thread of a worker; ValueError elsewhere."""
        signal.signal(DRAIN_SIGNAL, lambda _number, _frame: self.drain())

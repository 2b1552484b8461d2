"""One moment at which a whole call ends, however many steps it has; measured by a clock that never jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

Seconds: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a call, in the seconds of `clock`."""

    at: float
    clock: Seconds = monotonic

    @staticmethod
    def after(seconds: float, clock: Seconds = monotonic) -> Deadline:
        """Return the deadline so many seconds from now."""
        return Deadline(clock() + seconds, clock)

    @property
    def remaining_seconds(self) -> float:
        """Return how much is left; zero or less once it has passed."""
        return self.at - self.clock()

    @property
    def passed(self) -> bool:
        """Say whether nothing is left."""
        return self.remaining_seconds <= 0

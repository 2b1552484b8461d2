"""Places for the requests that wait for one server, and a few for those that wait for a place.

Both are counted, because both hold a thread: without a bound on the second, a server that hangs would take
every thread of a busy service for a moment, and orders that need nothing of it would queue behind.
"""

from __future__ import annotations

from threading import BoundedSemaphore


class Bulkhead:
    """`places` requests at a time, and `queue` more that wait for a place."""

    def __init__(self, places: int, queue: int) -> None:
        self._places = BoundedSemaphore(places)
        self._queue = BoundedSemaphore(queue)

    def enter(self, seconds: float) -> bool:
        """Take a place, waiting so many seconds for one; False, at once where the queue is full too."""
        if self._places.acquire(blocking=False):
            return True
        if not self._queue.acquire(blocking=False):
            return False
        try:
            return self._places.acquire(timeout=max(seconds, 0.0))
        finally:
            self._queue.release()

    def leave(self) -> None:
        """Give a place back that was taken."""
        self._places.release()

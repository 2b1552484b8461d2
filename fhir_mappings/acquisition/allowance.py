"""How many bytes may be read for one request, by all its questions together."""

from __future__ import annotations

from threading import Lock


class Allowance:
    """A number of bytes that is used up while they arrive, so that nothing is held beyond it."""

    __slots__ = ("_left", "_lock")

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._lock = Lock()

    def take(self, count: int) -> bool:
        """Use up bytes that are about to be kept; False, and nothing used, where there are not so many."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

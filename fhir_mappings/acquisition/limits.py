"""How long, how much and how many at once: what a site may set about fetching, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

MEBIBYTE: Final = 1024 * 1024
RESERVE_MS: Final = 100
"""What is kept of an answer's time for reading, deciding and writing."""


class LimitError(ValueError):
    """A limit out of its bounds; the message names it and them."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """The limits of fetching for one request, and of all requests to one server at once.

    `fetch_budget_ms` is the whole time for fetching, `answer_budget_ms` the whole time of an answer.
    `response_bytes` bounds one page and `total_bytes` all that is read for one request; `pages` and `entries`
    count per prefetch key, `medications` the reads of single Medications. `waiting_requests` may wait for one
    server at a time, over `connections` connections, and `queued_requests` for a place among them. A server
    is left alone for `pause_seconds` once `failures` of its answers in a row failed.
    """

    fetch_budget_ms: int = 350
    answer_budget_ms: int = 500
    response_bytes: int = 4 * MEBIBYTE
    total_bytes: int = 8 * MEBIBYTE
    pages: int = 10
    entries: int = 5000
    medications: int = 10
    waiting_requests: int = 4
    connections: int = 12
    failures: int = 3
    pause_seconds: int = 8

    def __post_init__(self) -> None:
        for field in fields(self):
            least, most = BOUNDS[field.name]
            if not least <= getattr(self, field.name) <= most:
                raise LimitError(f"{field.name} must lie between {least} and {most}")
        if self.fetch_budget_ms + RESERVE_MS > self.answer_budget_ms:
            raise LimitError(f"fetch_budget_ms must leave {RESERVE_MS} ms of answer_budget_ms")
        if self.response_bytes > self.total_bytes:
            raise LimitError("response_bytes must not exceed total_bytes")

    @property
    def queued_requests(self) -> int:
        """Return how many may wait for a place: half as many again."""
        return max(1, self.waiting_requests // 2)


BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "fetch_budget_ms": (50, 10_000),
    "answer_budget_ms": (150, 12_000),
    "response_bytes": (64 * 1024, 64 * MEBIBYTE),
    "total_bytes": (64 * 1024, 128 * MEBIBYTE),
    "pages": (1, 100),
    "entries": (100, 50_000),
    "medications": (0, 50),
    "waiting_requests": (1, 5),  # and the queue: fewer than the threads of a worker, whatever a site sets
    "connections": (1, 64),
    "failures": (1, 50),
    "pause_seconds": (1, 9),
}
"""The least and the most of each. A pause ends within ten seconds, so that a server that is well is asked."""

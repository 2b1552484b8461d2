"""A connection to PostgreSQL that does not wait for a silent server without an end.

The server's own time-outs end what is slow, and the system notices a machine that has gone. A server process
that was stopped is neither: the connection stays, and nobody says anything. So waiting itself has a bound.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors


class NoAnswerError(psycopg.OperationalError):
    """The server has not answered in time; whether it did what it was told is not known."""


class BoundedConnection(psycopg.Connection[Any]):
    """Waits for each answer at most `answer_seconds`, and is closed after that."""

    answer_seconds: float = 2.0

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for one exchange with the server; raises NoAnswerError."""
        try:
            return super().wait(
                gen, interval=interval, timeout=self.answer_seconds if timeout is None else timeout
            )
        except errors._WaitTimeout:  # noqa: SLF001 (the driver hands it to whoever waits, and names it nowhere)
            self.close()  # an answer that came later would be taken for that to the next question
            raise NoAnswerError from None

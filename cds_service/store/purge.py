"""Deletes what has been kept long enough, a little at a time, so that whoever writes need not wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, delete, select, tuple_

from cds_service.store.tables import CARDS, FEEDBACK, SEEN_TOKENS

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted."""

    cards: int
    feedback: int
    tokens: int


def purge(engine: Engine, *, before: datetime, now: datetime) -> Purged:
    """Delete cards shown and feedback received before an instant, and tokens that are no longer valid.

    Raises SQLAlchemyError; what was deleted by then stays deleted.
    """
    return Purged(
        cards=_delete(engine, CARDS, CARDS.c.created_at < before),
        feedback=_delete(engine, FEEDBACK, FEEDBACK.c.received_at < before),
        tokens=_delete(engine, SEEN_TOKENS, SEEN_TOKENS.c.expires_at < int(now.timestamp())),
    )


def _delete(engine: Engine, table: Table, condition: ColumnElement[bool]) -> int:
    key: Any = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(condition).limit(_AT_ONCE)
    statement = delete(table).where(key.in_(some))
    deleted = 0
    while True:
        with engine.begin() as connection:
            count = connection.execute(statement).rowcount
        deleted += count
        if count < _AT_ONCE:
            return deleted

"""The tables as SQLAlchemy knows them; docs/store.md says what each column is for and how long it lives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    CHAR,
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData()


class Instant(TypeDecorator[datetime]):
    """An aware instant. SQLite has no zones, so it is kept in UTC and read as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, for SQLite without its zone."""
        if value is None:
            return None
        instant = value.astimezone(UTC)
        return instant if dialect.name == "postgresql" else instant.replace(tzinfo=None)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Return what was kept, aware and in UTC."""
        if not isinstance(value, datetime):
            return None
        return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


CARDS: Final = Table(
    "cards",
    METADATA,
    Column("card", String(36), primary_key=True),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("knowledge", Text, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_cards_created_at", "created_at"),
)

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("item_key", CHAR(64), primary_key=True),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("card", String(36), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("accepted", JSON, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason_system", Text, nullable=False),
    Column("commented", Boolean, nullable=False),
    Column("outcome_timestamp", Text, nullable=False),
    Column("outcome_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_feedback_card", "card"),
    Index("ix_feedback_received_at", "received_at"),
)

SEEN_TOKENS: Final = Table(
    "seen_tokens",
    METADATA,
    Column("issuer_hash", CHAR(64), primary_key=True),
    Column("token_hash", CHAR(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_seen_tokens_expires_at", "expires_at"),
)

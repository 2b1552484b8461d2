"""Tokens used once across replicas: one row for each, and the primary key decides every race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from cds_service.trust.replay import ReplayStoreError

PURGE_SECONDS: Final = 300.0
"""How often one process removes what has expired."""

SEEN_TOKENS: Final = Table(
    "seen_tokens",
    MetaData(),
    Column("issuer_hash", String(64), primary_key=True),
    Column("token_hash", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)
"""As the migrations make it; nothing is created here."""


class SqlReplayStore:
    """The store of all replicas, on SQLite or PostgreSQL. The engine's own time-outs bound each call."""

    def __init__(self, engine: Engine, *, monotonic: Callable[[], float]) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._purged_at = monotonic()
        self._turn = threading.Lock()
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(SEEN_TOKENS).on_conflict_do_nothing()
        # Without the option the count of an insert is lost with some drivers, and no use would be the first.
        self._insert = insert.execution_options(preserve_rowcount=True)

    def first_use(self, issuer_hash: str, token_hash: str, expires_at: int, now: int) -> bool:
        """Note a token and say whether this was its first use on any replica; raises ReplayStoreError."""
        row = {"issuer_hash": issuer_hash, "token_hash": token_hash, "expires_at": expires_at}
        try:
            with self._engine.begin() as connection:
                first = connection.execute(self._insert, row).rowcount == 1
        except SQLAlchemyError:
            raise ReplayStoreError from None
        if self._purge_is_due():
            self._purge(now)
        return first

    def _purge_is_due(self) -> bool:
        with self._turn:
            at = self._monotonic()
            due = at - self._purged_at >= PURGE_SECONDS
            if due:
                self._purged_at = at
            return due

    def _purge(self, now: int) -> None:
        """Remove what has expired, apart from the use just noted: success or not changes no answer."""
        with suppress(SQLAlchemyError), self._engine.begin() as connection:
            connection.execute(delete(SEEN_TOKENS).where(SEEN_TOKENS.c.expires_at < now))

"""Writes to the database: one transaction at a time, durable when it returns, harmless when repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from cds_service.store.address import DatabaseAddress
from cds_service.store.engine import SERVING, Patience, make_engine
from cds_service.store.errors import StoreUnavailableError
from cds_service.store.migrate import migrate
from cds_service.store.postgres_connection import NoAnswerError
from cds_service.store.records import CardRecord, FeedbackCall, item_key
from cds_service.store.sqlite_file import FileIdentity, identity, prepare
from cds_service.store.tables import CARDS, FEEDBACK


class Database:
    """One database and its engine.

    SQLite makes and updates its tables itself. PostgreSQL's are made by `infliximab-cds migrate`, with rights
    that the service need not have.
    """

    def __init__(self, address: DatabaseAddress, patience: Patience = SERVING) -> None:
        """Check the file of SQLite, raising StoreRefusedError; a server is first asked when it is needed."""
        self.address = address
        self.engine: Engine = make_engine(address, patience)
        self._opened: FileIdentity | None = None
        self._ready = False
        if address.path is not None:
            prepare(address.path)
            self._opened = identity(address.path)
        if self._embedded:
            with suppress(StoreUnavailableError):  # locked or full now: every write tries again
                self._make_ready()

    @property
    def _embedded(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def write_cards(self, records: Sequence[CardRecord]) -> None:
        """Keep card records; those that are kept already stay as they are. Raises StoreUnavailableError."""
        rows = [
            {
                **record._asdict(),
                "client": storable(record.client),
                "tenant": storable(record.tenant),
                "suggestions": dict(record.suggestions),
            }
            for record in records
        ]
        self._write(CARDS, rows)

    def write_feedback(self, calls: Sequence[FeedbackCall]) -> None:
        """Keep the answers of some calls, each once, or none; raises StoreUnavailableError."""
        rows = {
            item_key(call, item): {
                "client": storable(call.client),
                "tenant": storable(call.tenant),
                "service": call.service,
                "card": item.card,
                "outcome": item.outcome.value,
                "accepted": list(item.accepted),
                "reason_code": item.reason_code,
                "reason_system": item.reason_system,
                "commented": item.commented,
                "outcome_timestamp": item.outcome_timestamp,
                "outcome_at": item.outcome_at,
                "received_at": call.received_at,
            }
            for call in calls
            for item in call.items
        }
        # Sorted, so that two writers of the same answers cannot wait for each other.
        self._write(FEEDBACK, [{"item_key": key, **rows[key]} for key in sorted(rows)])

    def _write(self, table: Table, rows: list[dict[str, Any]]) -> None:
        make = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        statement = make(table).on_conflict_do_nothing()
        self._run(lambda connection: connection.execute(statement, rows))

    def _run(self, work: Callable[[Connection], object]) -> None:
        """Do the work in one transaction. A connection that died meanwhile is replaced, once."""
        self._check_file()
        self._make_ready()
        try:
            try:
                self._transaction(work)
            except DBAPIError as error:
                if not error.connection_invalidated or isinstance(error.orig, NoAnswerError):
                    raise
                self._transaction(work)
        except Exception as error:  # noqa: BLE001 (drivers have kinds of their own: whichever, not durable)
            raise unavailable(error) from None
        self._check_file()  # it may have gone meanwhile

    def _transaction(self, work: Callable[[Connection], object]) -> None:
        with self.engine.begin() as connection:
            work(connection)
            if not self._embedded:
                # A time-out while COMMIT waits for a standby would be reported as success.
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")

    def _check_file(self) -> None:
        """Refuse to go on when the file of SQLite was taken away or replaced under a running service.

        What is written to a file without a name is lost, and another file would be read through the log
        (-wal) of the first. So nothing is acknowledged until it is back, or the service was started anew.
        """
        if self.address.path is not None and identity(self.address.path) != self._opened:
            raise StoreUnavailableError("FileReplaced")

    def _make_ready(self) -> None:
        """Make the tables of SQLite where that was not possible at the start."""
        if self._ready or not self._embedded:
            return
        try:
            migrate(self.engine)
        except Exception as error:  # noqa: BLE001 (as above)
            raise unavailable(error) from None
        self._ready = True

    def forget(self) -> None:
        """Leave the connections to the process that this one was forked from."""
        self.engine.dispose(close=False)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def unavailable(error: Exception) -> StoreUnavailableError:
    """Return the failure by its kind and the database's code; its text may quote what was written."""
    original = getattr(error, "orig", None) or error
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or ""
    name = type(original if isinstance(error, SQLAlchemyError) else error).__name__
    content = isinstance(error, DataError | IntegrityError)
    return StoreUnavailableError(f"{name} {code}".strip(), content=content)


def storable(text: str) -> str:
    """Return text that every database takes; what UTF-8 or PostgreSQL cannot hold is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")

"""Engines: how each database is opened, and how long anything may take there.

Nobody waits without an end: for a connection out of the pool, to connect, for a lock, for a statement, or for
a peer that no longer answers. There is no ping before use, it could hang as well as any statement: whoever
meets a dead connection tries once more with a new one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool, StaticPool

from cds_service.store.address import DatabaseAddress, Kind


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection of the pool, a new one, a lock, a statement."""

    acquire: float
    connect: int
    lock: float
    statement: float


SERVING: Final = Patience(acquire=0.15, connect=2, lock=0.15, statement=0.25)
"""While a request waits."""

AT_LEISURE: Final = Patience(acquire=5, connect=10, lock=10, statement=600)
"""For commands that a person started."""

_POOL_SIZE: Final = 4

# Their own lines quote the database's errors, and those the values; here failures are logged by code.
for _name in ("sqlalchemy", "psycopg", "alembic"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

_PEER_SILENT_MS: Final = 3000


def make_engine(address: DatabaseAddress, patience: Patience = SERVING) -> Engine:
    """Return an engine; nothing is opened yet."""
    if address.kind is Kind.SQLITE:
        return _sqlite(address, patience)
    return create_engine(
        address.url,
        poolclass=QueuePool,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=patience.acquire,
        hide_parameters=True,
        connect_args={
            "application_name": "infliximab-cds",
            "connect_timeout": patience.connect,
            "tcp_user_timeout": _PEER_SILENT_MS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": " ".join(
                f"-c {name}={value}"
                for name, value in {
                    "statement_timeout": _milliseconds(patience.statement),
                    "lock_timeout": _milliseconds(patience.lock),
                    "idle_in_transaction_session_timeout": _milliseconds(patience.statement + 10),
                    # What was acknowledged must be on disk, whatever the server's default says.
                    "synchronous_commit": "on",
                }.items()
            ),
        },
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _sqlite(address: DatabaseAddress, patience: Patience) -> Engine:
    engine = create_engine(
        address.url,
        hide_parameters=True,
        connect_args={"timeout": patience.lock, "check_same_thread": False},
        **(
            {"poolclass": StaticPool}
            if address.in_memory
            else {
                "poolclass": QueuePool,
                "pool_size": _POOL_SIZE,
                "max_overflow": 0,
                "pool_timeout": patience.acquire,
            }
        ),
    )
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    """Set a connection up: durable at every commit, readers beside the one writer."""
    connection.isolation_level = None  # the driver begins no transactions of its own; see below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    """Begin as the writer at once: a lock is then waited for here, and never fails in mid-transaction."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

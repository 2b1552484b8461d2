"""What can befall a database, played on real ones, and what it does to cards and to feedback.

`python -m tests.faults.database_faults` plays every fault and prints a table.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, select

from cds_service.store.address import parse_address
from cds_service.store.database import Database
from cds_service.store.errors import StoreUnavailableError
from cds_service.store.operate import migrate_store
from cds_service.store.store import Limits
from cds_service.store.tables import FEEDBACK
from tests.cds_service.conftest import SIGN, example
from tests.cds_service.store.conftest import Site, call, item, site_on
from tests.support.postgres import Postgres

FEEDBACK_PATH = SIGN + "/feedback"
CARDS_BEFORE, CARDS_DURING = 150, 150
FEEDBACK_DURING = 12
HEALED_WITHIN_SECONDS = 10


@dataclass
class Seen:
    """What clients saw of one fault. Times in milliseconds."""

    cards: int = 0
    card_failures: int = 0
    card_p99_before: float = 0
    card_p99_during: float = 0
    feedback_statuses: list[int] = field(default_factory=list)
    feedback_slowest: float = 0
    healed_after: float = -1
    acknowledged: int = 0
    lost: int = 0

    @property
    def added_p99(self) -> float:
        return self.card_p99_during - self.card_p99_before


@dataclass
class Patient:
    """A service on a database that something will happen to."""

    site: Site
    database: Database
    server: Postgres | None = None
    name: str = ""
    path: Path | None = None

    def as_owner(self, *statements: str) -> None:
        """Run statements as somebody who may do everything."""
        if self.server is not None:
            for statement in statements:
                self.server.run(statement, self.name)
        else:
            with sqlite3.connect(self.path, timeout=10) as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()

    def end_connections(self) -> None:
        """Make the service connect anew, as settings of a database hold for new connections only."""
        self.server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cds_service'"
        )


Fault = Callable[[Patient], AbstractContextManager[Any]]


# -- the faults -------------------------------------------------------------------------------------------


@contextmanager
def crash(patient: Patient) -> Iterator[None]:
    with patient.server.crashed():
        yield


@contextmanager
def stopped_process(patient: Patient) -> Iterator[None]:
    with patient.server.stopped():
        yield


@contextmanager
def locks(patient: Patient) -> Iterator[None]:
    if patient.server is None:
        holder = sqlite3.connect(patient.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
        holder.close()
        return
    import psycopg  # noqa: PLC0415 (only this fault needs a connection of its own)

    with psycopg.connect(patient.server.url(patient.name)) as connection:
        connection.execute("LOCK TABLE cards, feedback IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


@contextmanager
def read_only(patient: Patient) -> Iterator[None]:
    if patient.server is None:
        with _on_new_connections(patient, "PRAGMA query_only = ON"):
            yield
        return
    patient.as_owner(f"ALTER DATABASE {patient.name} SET default_transaction_read_only = on")
    patient.end_connections()
    yield
    patient.server.run(f"ALTER DATABASE {patient.name} RESET default_transaction_read_only")
    patient.end_connections()


@contextmanager
def _on_new_connections(patient: Patient, pragma: str) -> Iterator[None]:
    def apply(connection: Any, _record: Any) -> None:
        connection.execute(pragma)

    engine = patient.database.engine
    event.listen(engine, "connect", apply)
    engine.dispose()
    yield
    event.remove(engine, "connect", apply)
    engine.dispose()


@contextmanager
def pool_exhausted(patient: Patient) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(patient.database.engine.connect())
        yield


@contextmanager
def connections_exhausted(patient: Patient) -> Iterator[None]:
    patient.as_owner(f"ALTER DATABASE {patient.name} CONNECTION LIMIT 0")
    patient.end_connections()
    yield
    patient.as_owner(f"ALTER DATABASE {patient.name} CONNECTION LIMIT -1")


@contextmanager
def full(patient: Patient) -> Iterator[None]:
    if patient.server is None:
        with _on_new_connections(patient, "PRAGMA max_page_count = 1"):  # no more than there are now
            with suppress(StoreUnavailableError):
                for number in range(10_000):  # the pages that there are have some room left
                    patient.database.write_feedback([call(item(10_000 + number))])
            yield
        return
    patient.as_owner(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON cards EXECUTE FUNCTION full_disk()",
        "CREATE TRIGGER full_disk BEFORE INSERT ON feedback EXECUTE FUNCTION full_disk()",
    )
    yield
    patient.as_owner("DROP FUNCTION full_disk CASCADE")


@contextmanager
def old_schema(patient: Patient) -> Iterator[None]:
    patient.as_owner(
        "ALTER TABLE feedback RENAME COLUMN commented TO later",
        "ALTER TABLE cards RENAME COLUMN rule TO later",
    )
    yield
    patient.as_owner(
        "ALTER TABLE feedback RENAME COLUMN later TO commented",
        "ALTER TABLE cards RENAME COLUMN later TO rule",
    )


@contextmanager
def not_a_database(patient: Patient) -> Iterator[None]:
    """The file was replaced by something else, as by a restore gone wrong."""
    aside, garbage = patient.path.with_suffix(".aside"), patient.path.with_suffix(".garbage")
    garbage.touch(0o600)
    garbage.write_bytes(b"not a database" * 1000)
    aside.hardlink_to(patient.path)
    garbage.replace(patient.path)
    yield
    aside.replace(patient.path)


POSTGRESQL_FAULTS: tuple[Fault, ...] = (
    crash, stopped_process, locks, read_only, pool_exhausted, connections_exhausted, full, old_schema,
)  # fmt: skip
SQLITE_FAULTS: tuple[Fault, ...] = (locks, read_only, pool_exhausted, full, old_schema, not_a_database)


# -- the play ---------------------------------------------------------------------------------------------


@contextmanager
def patient_on_sqlite(folder: Path) -> Iterator[Patient]:
    path = folder / "store.sqlite3"
    database = Database(parse_address(f"sqlite:///{path}"))
    site = site_on(database, Limits())
    yield Patient(site, database, path=path)
    site.store.close()


@contextmanager
def patient_on_postgres(server: Postgres) -> Iterator[Patient]:
    """The service has the rights that it needs and no others: it can neither make nor change a table."""
    with server.temporary_database() as name:
        migrate_store(server.url(name))
        if not server.run("SELECT 1 FROM pg_roles WHERE rolname = 'cds_service'"):
            server.run("CREATE ROLE cds_service LOGIN")
        server.run("GRANT SELECT, INSERT, DELETE ON cards, feedback, seen_tokens TO cds_service", name)
        database = Database(parse_address(server.url(name).replace("postgres@", "cds_service@")))
        site = site_on(database, Limits())
        yield Patient(site, database, server, name)
        site.store.close()


def play(patient: Patient, fault: Fault) -> Seen:
    """Serve before, during and after a fault; return what clients saw."""
    seen = Seen()
    body = example()
    acknowledged: set[str] = set()
    for _ in range(20):
        _card(patient, body, seen)
    assert _feedback(patient, acknowledged) == 200
    seen.card_p99_before = _p99([_card(patient, body, seen) for _ in range(CARDS_BEFORE)])
    with fault(patient):
        times = []
        for number in range(CARDS_DURING):
            times.append(_card(patient, body, seen))
            if number % (CARDS_DURING // FEEDBACK_DURING) == 0:
                begun = time.perf_counter()
                seen.feedback_statuses.append(_feedback(patient, acknowledged))
                seen.feedback_slowest = max(seen.feedback_slowest, _milliseconds(begun))
        seen.card_p99_during = _p99(times)
    begun = time.monotonic()
    while time.monotonic() - begun < HEALED_WITHIN_SECONDS:
        if _feedback(patient, acknowledged) == 200:
            seen.healed_after = time.monotonic() - begun
            break
        time.sleep(0.05)
    seen.acknowledged = len(acknowledged)
    with patient.database.engine.connect() as connection:
        kept = set(connection.execute(select(FEEDBACK.c.card)).scalars())
    seen.lost = len(acknowledged - kept)
    return seen


def _card(patient: Patient, body: Any, seen: Seen) -> float:
    begun = time.perf_counter()
    response = patient.site.post(SIGN, body)
    taken = _milliseconds(begun)
    seen.cards += 1
    if response.status_code != 200 or len(response.get_json()["cards"]) != 1:
        seen.card_failures += 1
    return taken


def _feedback(patient: Patient, acknowledged: set[str]) -> int:
    card = str(UUID(int=uuid4().int))
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-03-09T14:31:00Z"}
    response = patient.site.post(FEEDBACK_PATH, {"feedback": [item]})
    if response.status_code == 200:
        acknowledged.add(card)
    elif response.status_code == 503:
        assert response.headers["Retry-After"]
    return response.status_code


def _milliseconds(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99) - 1]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Play every fault on both databases and print what clients saw."""
    _say(
        "| database | fault | cards | failed | p99 before | p99 during | feedback | slowest | healed | lost |"
    )
    _say("|---|---|---|---|---|---|---|---|---|---|")
    failed = 0
    server = Postgres()
    try:
        for fault in POSTGRESQL_FAULTS:
            with patient_on_postgres(server) as patient:
                failed += _judge("PostgreSQL", fault, play(patient, fault))
        for fault in SQLITE_FAULTS:
            with tempfile.TemporaryDirectory() as folder, patient_on_sqlite(Path(folder)) as patient:
                failed += _judge("SQLite", fault, play(patient, fault))
    finally:
        server.close()
    return 1 if failed else 0


def _judge(database: str, fault: Fault, seen: Seen) -> int:
    statuses = ", ".join(
        f"{seen.feedback_statuses.count(status)} × {status}" for status in sorted(set(seen.feedback_statuses))
    )
    _say(
        f"| {database} | {fault.__name__.replace('_', ' ')} | {seen.cards} | {seen.card_failures} "
        f"| {seen.card_p99_before:.1f} ms | {seen.card_p99_during:.1f} ms | {statuses} "
        f"| {seen.feedback_slowest:.0f} ms | {seen.healed_after:.1f} s "
        f"| {seen.lost} of {seen.acknowledged} |"
    )
    return seen.card_failures + seen.lost + (set(seen.feedback_statuses) != {503}) + (seen.healed_after < 0)


if __name__ == "__main__":
    sys.exit(main())

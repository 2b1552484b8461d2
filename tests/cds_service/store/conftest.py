"""The store on both databases: SQLite in a folder of its own, PostgreSQL as the tests started it."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient
from sqlalchemy import Table, func, select

from cds_service.application import create_app
from cds_service.callers import Caller
from cds_service.log import make_logger
from cds_service.settings import Settings
from cds_service.store.address import parse_address
from cds_service.store.database import Database
from cds_service.store.operate import migrate_store
from cds_service.store.records import CardRecord, FeedbackCall, FeedbackItem, Outcome
from cds_service.store.store import Limits, Store
from tests.cds_service.conftest import loaded
from tests.support.postgres import Postgres

NOW = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)
PATIENT = Limits(feedback_wait=10, card_linger=0.01, retry_pause=0.02)
CALLER = "X-Test-Caller"


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def card(number: int = 1, **changes: Any) -> CardRecord:
    plain = CardRecord(
        card=uuid_of(number),
        client="epic",
        tenant="north",
        service="infliximab-tdm-order-sign",
        verdict="intensify",
        rule="R-1",
        certainty="moderate",
        knowledge="2026.11.22",
        suggestions=((uuid_of(1000 + number), "raise-dose"), (uuid_of(2000 + number), "laboratory-order")),
        created_at=NOW,
    )
    return plain._replace(**changes)


def item(number: int = 1, **changes: Any) -> FeedbackItem:
    plain = FeedbackItem(
        card=uuid_of(number),
        outcome=Outcome.OVERRIDDEN,
        outcome_timestamp="2026-03-09T14:31:00Z",
        outcome_at=datetime(2026, 3, 9, 14, 31, tzinfo=UTC),
    )
    return replace(plain, **changes)


def call(*items: FeedbackItem, **changes: Any) -> FeedbackCall:
    plain = FeedbackCall(
        client="epic",
        tenant="north",
        service="infliximab-tdm-order-sign",
        received_at=datetime(2026, 3, 9, 14, 32, tzinfo=UTC),
        items=items,
    )
    return replace(plain, **changes)


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """The clock runs here: pools and threads wait by it."""


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> tuple[Postgres, str]:
    """One database with its tables for all tests of this process; each leaves it empty."""
    name = postgres.new_database()
    migrate_store(postgres.url(name))
    return postgres, name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty store with its tables made."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/store.sqlite3"
        migrate_store(url)
        yield url
    else:
        postgres, name = request.getfixturevalue("migrated")
        yield postgres.url(name)
        postgres.run("DELETE FROM cards; DELETE FROM feedback; DELETE FROM seen_tokens", name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(parse_address(database_url))
    yield opened
    opened.dispose()


def rows(database: Database, table: Table) -> list[dict[str, Any]]:
    with database.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def count(database: Database, table: Table) -> int:
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@dataclass
class Site:
    """A running service with a store, and a client that may call as anybody."""

    app: Flask
    client: FlaskClient
    store: Store
    database: Database
    stream: io.BytesIO

    def post(self, path: str, body: Any, caller: str = "epic/north") -> Any:
        return self.client.post(path, json=body, headers={CALLER: caller})

    def settle(self) -> None:
        """Wait until all cards are written."""
        self.store.close()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def site_on(database: Database, limits: Limits = PATIENT) -> Site:
    stream = io.BytesIO()
    services = replace(loaded(Settings()), logger=make_logger(stream))
    store = Store(database, logger=services.logger, limits=limits)
    app = create_app(services=replace(services, store=store))

    @app.before_request
    def name_the_caller() -> None:
        client, _, tenant = request.headers.get(CALLER, "epic/north").partition("/")
        g.caller = Caller(client, tenant)

    return Site(app, app.test_client(), store, database, stream)


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    running = site_on(database)
    yield running
    running.store.close()


@pytest.fixture
def started() -> Iterator[Callable[..., Store]]:
    """Make stores that are closed at the end."""
    made: list[Store] = []

    def start(database: Any, **limits: Any) -> Store:
        store = Store(database, limits=replace(PATIENT, **limits))
        made.append(store)
        return store

    yield start
    for store in made:
        store.close()

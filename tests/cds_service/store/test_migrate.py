"""The tables: made once, by whoever comes first, as the code describes them, and never halfway."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from cds_service.store import migrate as migrating
from cds_service.store.address import parse_address
from cds_service.store.engine import AT_LEISURE, make_engine
from cds_service.store.operate import migrate_store
from cds_service.store.tables import METADATA


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        postgres = request.getfixturevalue("postgres")
        with postgres.temporary_database() as name:
            yield postgres.url(name)


@pytest.fixture
def engine(empty_url):
    made = make_engine(parse_address(empty_url), AT_LEISURE)
    yield made
    made.dispose()


def test_an_empty_database_gets_the_tables_and_a_second_run_changes_nothing(empty_url):
    newest = migrating.newest_revision()
    assert migrate_store(empty_url) == ("", newest)
    assert migrate_store(empty_url) == (newest, newest)


def test_the_steps_lead_to_the_tables_that_the_code_describes(engine):
    migrating.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_eight_at_once_migrate_once(empty_url):
    results = []
    start = threading.Barrier(8)

    def run():
        start.wait()
        results.append(migrate_store(empty_url))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = migrating.newest_revision()
    assert sorted(results) == [("", newest)] + [(newest, newest)] * 7


def test_a_step_that_fails_leaves_nothing_behind(engine, monkeypatch):
    real = migrating.revision_of
    asked = []

    def fail_at_the_end(connection):
        asked.append(connection)
        if len(asked) == 2:  # after the steps, before the commit
            raise RuntimeError("interrupted")
        return real(connection)

    monkeypatch.setattr(migrating, "revision_of", fail_at_the_end)
    with pytest.raises(RuntimeError, match="interrupted"):
        migrating.migrate(engine)
    assert inspect(engine).get_table_names() == []


def test_tables_of_a_later_release_are_left_alone(engine):
    migrating.migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert migrating.migrate(engine) == ("9999", "9999")


def test_a_percent_sign_in_the_path_of_the_installation_does_not_matter(monkeypatch, tmp_path):
    monkeypatch.setattr(migrating, "_STEPS", tmp_path / "100%" / "migrations")
    assert migrating._configuration().get_main_option("script_location") == str(
        tmp_path / "100%" / "migrations"
    )

"""What is written: once, durably, and nothing beyond what is documented."""

import stat
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from cds_service.store.address import parse_address
from cds_service.store.database import Database, storable
from cds_service.store.engine import SERVING
from cds_service.store.errors import StoreRefusedError, StoreUnavailableError
from cds_service.store.operate import migrate_store
from cds_service.store.records import Outcome, item_key
from cds_service.store.tables import CARDS, FEEDBACK, Instant
from tests.cds_service.store.conftest import NOW, call, card, count, item, rows, uuid_of


def test_a_card_is_kept_as_it_was_handed_over(database):
    database.write_cards([card(1)])
    (row,) = rows(database, CARDS)
    assert row == {**card(1)._asdict(), "suggestions": dict(card(1).suggestions)}


def test_a_card_that_is_written_twice_is_kept_once(database):
    database.write_cards([card(1), card(2)])
    database.write_cards([card(2), card(3)])
    assert count(database, CARDS) == 3


def test_feedback_is_kept_with_all_that_is_documented(database):
    database.write_feedback(
        [
            call(
                item(
                    1,
                    outcome=Outcome.ACCEPTED,
                    accepted=(uuid_of(7),),
                    reason_code="patient-refuses",
                    reason_system="http://x",
                    commented=True,
                )
            )
        ]
    )
    (row,) = rows(database, FEEDBACK)
    assert row.pop("item_key")
    assert row == {
        "client": "epic",
        "tenant": "north",
        "service": "infliximab-tdm-order-sign",
        "card": uuid_of(1),
        "outcome": "accepted",
        "accepted": [uuid_of(7)],
        "reason_code": "patient-refuses",
        "reason_system": "http://x",
        "commented": True,
        "outcome_timestamp": "2026-03-09T14:31:00Z",
        "outcome_at": datetime(2026, 3, 9, 14, 31, tzinfo=UTC),
        "received_at": datetime(2026, 3, 9, 14, 32, tzinfo=UTC),
    }


def test_the_same_answer_a_hundred_times_is_one_answer(database):
    for minute in range(10):
        again = call(*[item(1)] * 10, received_at=NOW + timedelta(minutes=minute))
        database.write_feedback([again])
    assert count(database, FEEDBACK) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"card": uuid_of(2)},
        {"outcome": Outcome.ACCEPTED},
        {"outcome_timestamp": "2026-03-09T14:31:00.1Z"},
        {"accepted": (uuid_of(9),)},
        {"reason_code": "other"},
        {"reason_system": "http://y"},
        {"commented": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_that_differs_in_anything_kept_is_another_answer(database, change):
    database.write_feedback([call(item(1)), call(item(1, **change))])
    assert count(database, FEEDBACK) == 2


@pytest.mark.parametrize(
    "change", [{"client": "oracle"}, {"tenant": "south"}, {"client": "epi", "tenant": "cnorth"}]
)
def test_the_same_answer_from_somebody_else_is_another_answer(database, change):
    database.write_feedback([call(item(1)), call(item(1), **change)])
    assert count(database, FEEDBACK) == 2


def test_the_order_of_accepted_suggestions_and_the_service_named_do_not_make_another_answer():
    one = item(1, accepted=(uuid_of(1), uuid_of(2)))
    other = item(1, accepted=(uuid_of(2), uuid_of(1)))
    assert item_key(call(), one) == item_key(call(service="infliximab-tdm-order-select"), other)


def test_instants_of_any_zone_come_back_as_the_same_instant(database):
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    database.write_cards([card(1, created_at=there)])
    assert rows(database, CARDS)[0]["created_at"] == NOW


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(client=st.text(max_size=40), tenant=st.text(max_size=300))
def test_no_name_of_a_caller_can_keep_an_answer_out(database, client, tenant):
    database.write_feedback([call(item(1), client=client + "\x00", tenant=tenant)])
    database.write_cards([card(1, client=client, tenant=tenant + "\ud800")])


def test_an_instant_that_is_not_there_stays_not_there(database):
    dialect = database.engine.dialect
    assert Instant().process_bind_param(None, dialect) is None
    assert Instant().process_result_value(None, dialect) is None


def test_what_a_database_cannot_hold_is_spelt_out():
    assert storable("a\x00b\ud800c") == "a\\x00b\\ud800c"
    assert storable("Krankenhaus Nord, Wien 🏥") == "Krankenhaus Nord, Wien 🏥"


def test_a_failure_is_told_by_its_code_and_never_by_a_value(database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE feedback RENAME TO elsewhere")
    try:
        with pytest.raises(StoreUnavailableError) as failed:
            database.write_feedback([call(item(1, reason_code="canary"))])
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO feedback")
    expected = "UndefinedTable 42P01" if database.engine.dialect.name == "postgresql" else "OperationalError"
    assert failed.value.code.startswith(expected)
    assert "canary" not in str(failed.value)
    assert not failed.value.content


def test_values_that_are_refused_are_told_from_a_database_that_is_down(database):
    with pytest.raises(StoreUnavailableError) as failed:
        database.write_cards([card(1, verdict=None)])
    assert failed.value.content


# -- SQLite alone ---------------------------------------------------------------------------------------


@pytest.fixture
def file_database(tmp_path):
    opened = Database(parse_address(f"sqlite:///{tmp_path}/own.sqlite3"))
    yield opened
    opened.dispose()


def test_sqlite_makes_its_tables_itself_in_files_for_its_owner_only(file_database, tmp_path):
    file_database.write_cards([card(1)])
    files = sorted(tmp_path.glob("own.sqlite3*"))
    assert [path.name for path in files] == ["own.sqlite3", "own.sqlite3-shm", "own.sqlite3-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_sqlite_writes_to_disk_at_every_commit(file_database):
    with file_database.engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    assert settings == ["wal", 2]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path, mode):
    path = tmp_path / "open.sqlite3"
    path.touch()
    path.chmod(mode)
    with pytest.raises(StoreRefusedError, match=r"database_url .* chmod 600"):
        Database(parse_address(f"sqlite:///{path}"))


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(StoreRefusedError, match="database_url names a file in a folder"):
        Database(parse_address(f"sqlite:///{tmp_path}/none/store.sqlite3"))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(StoreRefusedError, match="database_url"):
        Database(parse_address(f"sqlite:///{tmp_path}"))


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    link = tmp_path / "store.sqlite3"
    link.symlink_to(tmp_path / "none" / "store.sqlite3")
    with pytest.raises(StoreRefusedError, match="folder that does not exist"):
        Database(parse_address(f"sqlite:///{link}"))


def test_a_device_in_place_of_the_file_is_refused():
    with pytest.raises(StoreRefusedError, match="not a regular file"):
        Database(parse_address("sqlite:////dev/null"))


@pytest.mark.parametrize("put_another", [False, True], ids=["taken away", "replaced"])
def test_a_file_that_is_another_one_now_is_not_written_to_until_it_is_back(
    file_database, tmp_path, put_another
):
    path, aside = tmp_path / "own.sqlite3", tmp_path / "aside"
    file_database.write_feedback([call(item(1))])
    path.rename(aside)
    if put_another:
        path.touch(0o600)
    with pytest.raises(StoreUnavailableError, match="FileReplaced"):
        file_database.write_feedback([call(item(2))])
    aside.rename(path)
    file_database.write_feedback([call(item(3))])
    assert {row["card"] for row in rows(file_database, FEEDBACK)} == {uuid_of(1), uuid_of(3)}


def test_a_file_that_goes_while_it_is_written_to_is_not_acknowledged(file_database, tmp_path):
    def take_away(_connection):
        (tmp_path / "own.sqlite3").unlink(missing_ok=True)

    event.listen(file_database.engine, "commit", take_away)
    with pytest.raises(StoreUnavailableError, match="FileReplaced"):
        file_database.write_feedback([call(item(1))])


def test_in_memory_it_works_until_it_is_closed():
    opened = Database(parse_address("sqlite://"))
    opened.write_feedback([call(item(1))])
    assert count(opened, FEEDBACK) == 1
    opened.dispose()


# -- PostgreSQL alone ----------------------------------------------------------------------------------


def test_postgresql_acknowledges_only_what_is_on_disk_whatever_the_servers_default(postgres):
    with postgres.temporary_database() as name:
        postgres.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
        opened = Database(parse_address(postgres.url(name)))
        with opened.engine.connect() as connection:
            shown = {
                setting: connection.exec_driver_sql(f"SHOW {setting}").scalar()
                for setting in ("synchronous_commit", "statement_timeout", "lock_timeout")
            }
        opened.dispose()
    assert shown == {"synchronous_commit": "on", "statement_timeout": "250ms", "lock_timeout": "150ms"}


def test_a_connection_that_died_meanwhile_is_replaced_without_a_failure(postgres):
    with postgres.temporary_database() as name:
        migrate_store(postgres.url(name))
        opened = Database(parse_address(postgres.url(name)))
        opened.write_feedback([call(item(1))])
        postgres.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'infliximab-cds'"
        )
        opened.write_feedback([call(item(2))])
        assert count(opened, FEEDBACK) == 2
        opened.dispose()


def test_no_time_out_can_cut_a_commit_short_and_have_it_look_like_success(postgres, migrated):
    _, name = migrated
    opened = Database(parse_address(postgres.url(name)))
    statements = []
    event.listen(
        opened.engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: statements.append(statement)
    )
    event.listen(opened.engine, "commit", lambda _connection: statements.append("COMMIT"))
    opened.write_cards([card(1)])
    assert statements[-2:] == ["SET LOCAL statement_timeout = 0", "COMMIT"]
    opened.dispose()
    postgres.run("DELETE FROM cards", name)


def test_a_server_that_says_nothing_is_given_up_without_a_second_try(postgres, migrated):
    _, name = migrated
    opened = Database(parse_address(postgres.url(name)), replace(SERVING, answer=0.2))
    opened.write_feedback([call(item(1))])
    with postgres.stopped():
        begun = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="NoAnswerError"):
            opened.write_feedback([call(item(2))])
        assert time.monotonic() - begun < 2  # connecting once more would have taken longer
    opened.dispose()
    postgres.run("DELETE FROM feedback", name)

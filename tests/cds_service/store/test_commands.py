"""`migrate`, `report feedback` and `purge` as an operator runs them."""

import csv
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from cds_service.cli import main
from cds_service.services import system_clock
from cds_service.store import purge as purging
from cds_service.store.migrate import newest_revision
from cds_service.store.records import Outcome
from cds_service.store.tables import CARDS, FEEDBACK, SEEN_TOKENS
from tests.cds_service.store.conftest import call, card, count, item, rows, uuid_of


def invoke(url, *arguments):
    environment = {"COLUMNS": "140", "INFLIXIMAB_CDS_DATABASE_URL": url}
    return CliRunner(env=environment).invoke(main, list(arguments))


@pytest.fixture
def filled(database):
    database.write_cards([card(1), card(2), card(3, created_at=datetime(2025, 1, 1, tzinfo=UTC))])
    database.write_feedback(
        [
            call(
                item(1, outcome=Outcome.ACCEPTED, accepted=(uuid_of(1001),)),
                item(2, reason_code="patient-refuses", reason_system="http://x"),
                item(9),
            )
        ]
    )
    return database


@pytest.mark.parametrize("command", [["migrate"], ["report", "feedback"], ["purge"]])
def test_each_command_explains_itself_with_an_example(command):
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output


def test_migrate_says_where_the_tables_stand(tmp_path):
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    first, second = invoke(url, "migrate"), invoke(url, "migrate")
    assert (first.exit_code, first.output) == (0, f"tables at revision {newest_revision()} (before: none)\n")
    assert (second.exit_code, second.output) == (0, f"tables at revision {newest_revision()}\n")


@pytest.mark.parametrize("command", [["report", "feedback"], ["purge", "--older-than", "1"]])
def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path, command):
    result = invoke(f"sqlite:///{tmp_path}/new.sqlite3", *command)
    assert result.exit_code == 4
    assert "database_url names a file that does not exist" in result.output
    assert list(tmp_path.iterdir()) == []


def test_checking_a_configuration_looks_at_the_store_and_makes_nothing(tmp_path, monkeypatch):
    file = tmp_path / "new.sqlite3"
    assert invoke(f"sqlite:///{file}", "check-config").exit_code == 0
    assert list(tmp_path.iterdir()) == []
    file.touch(mode=0o644)
    refused = invoke(f"sqlite:///{file}", "check-config")
    assert (refused.exit_code, "database-world-readable" in refused.output) == (4, True)
    file.chmod(0o600)
    assert invoke(f"sqlite:///{file}", "check-config").exit_code == 0
    assert file.stat().st_size == 0
    monkeypatch.setattr(
        os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    closed = invoke(f"sqlite:///{file}", "check-config")
    assert (closed.exit_code, "cannot be written: Permission denied" in closed.output) == (4, True)
    monkeypatch.setattr(Path, "is_dir", lambda _: (_ for _ in ()).throw(PermissionError(13, "no")))
    locked = invoke(f"sqlite:///{file}", "check-config")
    assert (locked.exit_code, "closed to us" in locked.output) == (4, True)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    nowhere = invoke(f"sqlite:///{tmp_path}/nowhere/new.sqlite3", "check-config")
    assert (nowhere.exit_code, "folder that does not exist" in nowhere.output) == (4, True)


def test_a_report_as_csv_has_one_line_for_each_outcome(filled, database_url):
    result = invoke(database_url, "report", "feedback", "--format", "csv", "--since", "2026-01-01")
    assert result.exit_code == 0
    lines = list(csv.DictReader(io.StringIO(result.output)))
    assert [(one["rule"], one["outcome"], one["detail"], one["system"], one["cards"]) for one in lines] == [
        ("R-1", "accepted", "raise-dose", "", "1"),
        ("R-1", "overridden", "patient-refuses", "http://x", "1"),
        ("", "overridden", "", "", "1"),
    ]
    assert {one["shown"] for one in lines[:2]} == {"2"}


def test_a_report_as_a_table_shows_shares_and_names_a_rule_once(filled, database_url):
    result = invoke(database_url, "report", "feedback")
    assert result.exit_code == 0
    assert result.output.count("R-1") == 1
    assert "33%" in result.output
    assert "unanswered" in result.output
    assert "(card not on record)" in result.output


def test_a_period_includes_its_last_day(filled, database_url):
    until = invoke(database_url, "report", "feedback", "--format", "csv", "--until", "2026-03-09")
    before = invoke(database_url, "report", "feedback", "--format", "csv", "--until", "2026-03-08")
    assert until.output.count("R-1") == 3
    assert before.output.count("R-1") == 1


def test_a_report_of_one_client_leaves_the_others_out(filled, database_url):
    assert invoke(database_url, "report", "feedback", "--client", "oracle").output.startswith("No cards")


def test_purge_deletes_what_is_old_and_keeps_the_rest(filled, database_url):
    database = filled
    now = system_clock()
    database.write_cards([card(4, created_at=now)])
    database.write_feedback([call(item(4), received_at=now)])
    with database.engine.begin() as connection:
        for number, expires_at in enumerate((now - timedelta(hours=1), now + timedelta(hours=1))):
            connection.execute(
                insert(SEEN_TOKENS).values(
                    issuer_hash="0" * 64, token_hash=f"{number:064d}", expires_at=int(expires_at.timestamp())
                )
            )
    result = invoke(database_url, "purge", "--older-than", "30")
    assert (result.exit_code, result.output) == (0, "deleted: 3 cards, 3 feedback, 1 tokens\n")
    assert [row["card"] for row in rows(database, CARDS)] == [uuid_of(4)]
    assert [row["card"] for row in rows(database, FEEDBACK)] == [uuid_of(4)]
    assert [row["token_hash"] for row in rows(database, SEEN_TOKENS)] == [f"{1:064d}"]


def test_purge_goes_on_until_all_that_is_old_is_gone(database, monkeypatch):
    monkeypatch.setattr(purging, "_AT_ONCE", 10)
    database.write_cards([card(number) for number in range(30)])
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert purging.purge(database.engine, before=now, now=now).cards == 30
    assert count(database, CARDS) == 0


@pytest.mark.parametrize("arguments", [[], ["--older-than", "0"], ["--older-than", "-1"]])
def test_purge_wants_an_age(arguments):
    assert CliRunner().invoke(main, ["purge", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    ("url", "exit_code", "named"),
    [
        ("mysql://x", 4, "database_url"),
        ("sqlite:////nowhere/at/all", 4, "database_url"),
        ("postgresql://cds@/cds?host=/nowhere", 7, "OperationalError"),
    ],
)
@pytest.mark.parametrize("command", [["migrate"], ["report", "feedback"], ["purge", "--older-than", "1"]])
def test_a_store_that_cannot_be_used_ends_in_a_sentence_and_an_exit_code(url, exit_code, named, command):
    result = invoke(url, *command)
    assert result.exit_code == exit_code
    assert named in result.output
    assert "Traceback" not in result.output


def test_a_report_on_a_database_without_tables_says_so_by_code(tmp_path):
    (tmp_path / "new.sqlite3").touch(mode=0o600)
    result = invoke(f"sqlite:///{tmp_path}/new.sqlite3", "report", "feedback")
    assert result.exit_code == 7
    assert "migrated?" in result.output

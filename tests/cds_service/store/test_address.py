"""Addresses of databases: what is taken, and what is refused because it would be unsafe or lose feedback."""

from pathlib import Path

import pytest

from cds_service.settings import Settings, SettingsError, settings_from_environment
from cds_service.store.address import DEFAULT_DATABASE_URL, DatabaseAddressError, Kind, parse_address


@pytest.mark.parametrize(
    ("url", "kind", "path"),
    [
        ("sqlite:////var/lib/cds/store.sqlite3", Kind.SQLITE, Path("/var/lib/cds/store.sqlite3")),
        ("sqlite:///store.sqlite3", Kind.SQLITE, Path("store.sqlite3")),
        ("sqlite:///with%20space", Kind.SQLITE, Path("with space")),
        (DEFAULT_DATABASE_URL, Kind.SQLITE, Path("infliximab-cds.sqlite3")),
        ("sqlite://", Kind.SQLITE, None),
        ("postgresql://cds@/cds", Kind.POSTGRESQL, None),
        ("postgresql://cds@localhost/cds", Kind.POSTGRESQL, None),
        ("postgresql://cds@[::1]:5433/cds", Kind.POSTGRESQL, None),
        ("postgresql+psycopg://cds@/cds?host=/run/postgresql", Kind.POSTGRESQL, None),
        ("postgresql://cds@db.example.org/cds?sslmode=verify-full", Kind.POSTGRESQL, None),
    ],
)
def test_these_are_taken(url, kind, path):
    address = parse_address(url)
    assert (address.kind, address.path) == (kind, path)
    assert address.in_memory == (url == "sqlite://")


def test_the_driver_is_always_the_one_that_is_installed():
    for url in ("postgresql://cds@/cds?host=/run", "postgresql+psycopg://cds@/cds?host=/run"):
        assert parse_address(url).url == "postgresql+psycopg://cds@/cds?host=/run"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql://x/y", "must begin with"),
        ("postgresql+asyncpg://x/y", "must begin with"),
        ("store.sqlite3", "must begin with"),
        ("sqlite://store.sqlite3", "sqlite:///relative/file"),
        ("sqlite:///", "sqlite:///relative/file"),
        ("sqlite:///:memory:", "sqlite:///relative/file"),
        ("sqlite:///file?mode=ro", "sqlite:///relative/file"),
        ("postgresql://[", "not an address"),
        ("postgresql://cds@db:99999999/cds", "not an address"),
        ("postgresql://cds@/cds?hostaddr=192.0.2.7", "sslmode=verify-full"),
        ("postgresql://cds@localhost/cds?hostaddr=192.0.2.7", "sslmode=verify-full"),
        ("postgresql://cds@db/cds?sslmode=disable&sslmode=verify-full", "sslmode=verify-full"),
        ("postgresql://cds@/cds?service=elsewhere", "pg_service.conf"),
        ("postgresql://cds:HUSH@/cds", "PGPASSFILE"),
        ("postgresql://cds:@/cds", "PGPASSFILE"),
        ("postgresql://cds@/cds?password=HUSH", "PGPASSFILE"),
        ("postgresql://cds@db.example.org/cds", "sslmode=verify-full"),
        ("postgresql://cds@db.example.org/cds?sslmode=require", "sslmode=verify-full"),
        ("postgresql://cds@/cds?host=db.example.org", "sslmode=verify-full"),
        ("postgresql://cds@/cds?host=/run,db.example.org&sslmode=prefer", "sslmode=verify-full"),
    ],
)
def test_these_are_refused_by_a_sentence_that_names_the_setting_and_quotes_nothing(url, named):
    with pytest.raises(DatabaseAddressError) as refused:
        parse_address(url)
    assert named in str(refused.value)
    assert str(refused.value).startswith("database_url ")
    assert "HUSH" not in str(refused.value)
    with pytest.raises(SettingsError, match="database_url"):
        Settings(database_url=url)


def test_sqlite_with_several_replicas_refuses_to_start_and_names_both_keys():
    with pytest.raises(SettingsError, match=r"replicas .* database_url is SQLite"):
        settings_from_environment({"INFLIXIMAB_CDS_REPLICAS": "2"})
    Settings(database_url="sqlite:///file", replicas=1)
    Settings(database_url="postgresql://cds@/cds", replicas=2)


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_replicas_that_cannot_be_is_refused(given):
    with pytest.raises(SettingsError, match=r"(?i)replicas must be"):
        settings_from_environment({"INFLIXIMAB_CDS_REPLICAS": given})


def test_a_store_in_memory_is_for_the_sandbox_only():
    with pytest.raises(SettingsError, match="sandbox"):
        Settings(database_url="sqlite://")
    Settings(database_url="sqlite://", sandbox=True)

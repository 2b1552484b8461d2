"""Where the store is: the database address from the settings, checked before anything is opened.

An address carries no password. PostgreSQL's client library reads one from the file that `PGPASSFILE` names,
so that no secret stands in the environment, a process list or a printed configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

DEFAULT_DATABASE_URL: Final = "sqlite:///infliximab-cds.sqlite3"
"""The embedded database: one file in the folder that the service was started in."""

IN_MEMORY: Final = "sqlite://"
"""Keeps nothing beyond the process: for the sandbox only."""

_VERIFIED: Final = frozenset({"verify-ca", "verify-full"})
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DRIVERS: Final = ("postgresql", "postgresql+psycopg")
_NO_LOGIN: Final = (
    "database_url must not carry a password; put it into the file that PGPASSFILE names [database-secret]"
)


class DatabaseAddressError(ValueError):
    """An address that cannot be used or is not safe; the sentence names the setting."""


class Kind(StrEnum):
    """The databases that are supported."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A checked address. `path` is the file of SQLite, None in memory and for PostgreSQL."""

    kind: Kind
    url: str
    path: Path | None = None

    @property
    def in_memory(self) -> bool:
        """Whether nothing outlives the process."""
        return self.kind is Kind.SQLITE and self.path is None


def parse_address(url: str) -> DatabaseAddress:
    """Return the checked address; raises DatabaseAddressError, whose sentence never quotes the address."""
    try:
        parts = urlsplit(url)
        password, host = parts.password, parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise DatabaseAddressError("database_url is not an address") from None
    if parts.scheme == "sqlite":
        return _sqlite(url)
    if parts.scheme not in _DRIVERS:
        raise DatabaseAddressError("database_url must begin with sqlite:/// or postgresql://")
    if password is not None:
        raise DatabaseAddressError(_NO_LOGIN)
    return _postgresql(url, host)


def _sqlite(url: str) -> DatabaseAddress:
    if url == IN_MEMORY:
        return DatabaseAddress(Kind.SQLITE, url)
    name = url.removeprefix("sqlite:///")
    if name == url or not name or ":memory:" in name or "?" in name or "#" in name:
        raise DatabaseAddressError(
            "database_url for SQLite must be sqlite:///relative/file or sqlite:////absolute/file"
        )
    return DatabaseAddress(Kind.SQLITE, url, Path(unquote(name)))


def _postgresql(url: str, host: str) -> DatabaseAddress:
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    if "password" in query:
        raise DatabaseAddressError(_NO_LOGIN)
    if "service" in query:
        raise DatabaseAddressError(
            "database_url must name the server itself, not a service of pg_service.conf"
        )
    named = [*query.get("host", []), *query.get("hostaddr", [])]
    hosts = [host, *(one for value in named for one in value.split(","))]
    remote = [one for one in hosts if one and not one.startswith(("/", "@")) and one not in _LOCAL_HOSTS]
    if remote and not _VERIFIED.issuperset(query.get("sslmode", [""])):
        raise DatabaseAddressError(
            "database_url names a server on the network: add sslmode=verify-full (and sslrootcert) to it"
        )
    return DatabaseAddress(Kind.POSTGRESQL, "postgresql+psycopg" + url[url.index("://") :])


def check_address(url: str, *, replicas: int, sandbox: bool) -> None:
    """Refuse what would lose feedback; raises DatabaseAddressError. "" is no store at all."""
    if not url:
        return
    address = parse_address(url)
    if address.in_memory and not sandbox:
        raise DatabaseAddressError(
            "database_url keeps nothing in memory outside of sandbox mode; name a file"
        )
    if address.kind is Kind.SQLITE and replicas > 1:
        raise DatabaseAddressError(
            "replicas is more than 1 and database_url is SQLite, which they cannot share; use PostgreSQL "
            "[sqlite-with-replicas]"
        )

"""Opens the store that the settings name. SQLAlchemy is loaded only where there is one to open."""

from __future__ import annotations

from typing import Any

from cds_service.store.address import IN_MEMORY, parse_address
from cds_service.store.sqlite_file import prepare
from cds_service.store.store import Store


def open_store(database_url: str, *, sandbox: bool = False, logger: Any = None) -> Store:
    """Return the store at an address; "" is none, and in sandbox mode one that forgets.

    Raises DatabaseAddressError or StoreRefusedError when the address is not safe to use. A database that does
    not answer now is no reason not to start: cards do not need it.
    """
    if sandbox:
        database_url = IN_MEMORY  # whatever is set: what is invented stays out of the real store
    if not database_url:
        return Store(None)
    address = parse_address(database_url)
    from cds_service.store.database import Database  # noqa: PLC0415 (commands without a store start faster)

    return Store(Database(address), logger=logger)


def check_store(database_url: str) -> None:
    """Raise what `open_store` would raise, before workers are started that would all fail alike.

    The file of SQLite is made if it is not there yet; a server is not asked.
    """
    if database_url and (path := parse_address(database_url).path) is not None:
        prepare(path)

"""Opens the store that the settings name, and the memory of used tokens in it.

SQLAlchemy is loaded only where there is one to open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cds_service.store.address import IN_MEMORY, parse_address
from cds_service.store.sqlite_file import check
from cds_service.store.store import Store
from cds_service.trust.replay import ReplayStore


def open_store(
    database_url: str,
    *,
    sandbox: bool = False,
    logger: Any = None,
    count: Callable[[str, int], None] | None = None,
) -> Store:
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

    return Store(Database(address), logger=logger, count=count)


def check_store(database_url: str) -> None:
    """Raise what `open_store` would for this address; nothing is made or opened."""
    path = parse_address(database_url).path if database_url else None
    if path is not None:
        check(path, may_be_absent=True)


def shared_replay(store: Store) -> ReplayStore | None:
    """Return where the replicas that share a store remember used tokens; None where there is no database."""
    if store.database is None:
        return None
    from cds_service.store.database import Database  # noqa: PLC0415 (as above)
    from cds_service.trust.replay_bounded import BoundedReplayStore  # noqa: PLC0415 (as above)
    from cds_service.trust.replay_sql import SqlReplayStore  # noqa: PLC0415 (as above)

    if not isinstance(store.database, Database):
        return None
    return BoundedReplayStore(SqlReplayStore(store.database.engine, monotonic=time.monotonic))

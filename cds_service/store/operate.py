"""What operators do with a store: bring its tables up to date, report, delete what is old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store import migrate, purge, report
from cds_service.store.address import parse_address
from cds_service.store.database import unavailable
from cds_service.store.engine import AT_LEISURE, make_engine
from cds_service.store.purge import Purged
from cds_service.store.report import Period, ReportLine
from cds_service.store.sqlite_file import check, prepare


@contextmanager
def _opened(database_url: str, *, check_file: Callable[[Path], None] = check) -> Iterator[Engine]:
    """Open a store; raises StoreRefusedError for the file, StoreUnavailableError for all that fails later."""
    address = parse_address(database_url)
    if address.path is not None:
        check_file(address.path)
    engine = make_engine(address, AT_LEISURE)
    try:
        yield engine
    except SQLAlchemyError as error:
        raise unavailable(error) from None
    finally:
        engine.dispose()


def migrate_store(database_url: str) -> tuple[str, str]:
    """Bring the tables up to date; returns the revision before ("" for none) and after."""
    with _opened(database_url, check_file=prepare) as engine:
        return migrate.migrate(engine)


def report_feedback(database_url: str, period: Period) -> list[ReportLine]:
    """Return what became of the cards of a period."""
    with _opened(database_url) as engine:
        return report.feedback_report(engine, period)


def purge_store(database_url: str, *, before: datetime, now: datetime) -> Purged:
    """Delete cards and feedback from before an instant, and tokens that have expired."""
    with _opened(database_url) as engine:
        return purge.purge(engine, before=before, now=now)

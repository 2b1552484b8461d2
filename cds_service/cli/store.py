"""`infliximab-cds migrate`, `report feedback` and `purge`: what operators do with the store.

SQLAlchemy is loaded inside the commands that need it, so that all others start without it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.table import Table

from cds_service.cli.common import CommandError, Exit, refuse_configuration, settings_for_command
from cds_service.services import system_clock
from cds_service.store.errors import StoreRefusedError, StoreUnavailableError

if TYPE_CHECKING:
    from cds_service.store.report import ReportLine


@contextmanager
def _configured_store() -> Iterator[str]:
    """Give the address of the store in the environment; failures become sentences with an exit code."""
    try:
        yield settings_for_command().database_url
    except StoreRefusedError as error:
        refuse_configuration(error)
    except StoreUnavailableError as error:
        raise CommandError(
            f"the store cannot be used ({error.code}); is the database up, reachable and migrated?",
            Exit.STORE,
        ) from None


@click.command(
    epilog="""\b
Example:
  INFLIXIMAB_CDS_DATABASE_URL=postgresql://owner@/cds infliximab-cds migrate"""
)
def migrate() -> None:
    """Bring the tables of the store up to date; safe to run at any time, by several at once.

    Run it before a new release is started; the release before works on the new tables too. SQLite needs no
    such step, the service does it when it starts.
    """
    from cds_service.store.operate import migrate_store  # noqa: PLC0415 (see above)

    with _configured_store() as database_url:
        before, after = migrate_store(database_url)
    click.echo(f"tables at revision {after}" + ("" if before == after else f" (before: {before or 'none'})"))


@click.group()
def report() -> None:
    """Print what the store knows."""


_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


@report.command(
    "feedback",
    epilog="""\b
Examples:
  infliximab-cds report feedback --since 2026-01-01
  infliximab-cds report feedback --client epic-main --format csv > feedback.csv""",
)
@click.option("--since", type=_DAY, help="First day of the cards (UTC).")
@click.option("--until", type=_DAY, help="Last day of the cards (UTC).")
@click.option("--client", default="", help="Only cards shown to this client.")
@click.option("--format", "form", type=click.Choice(["table", "csv"]), default="table", show_default=True)
def report_feedback(since: datetime | None, until: datetime | None, client: str, form: str) -> None:
    """Count acceptances and overrides by rule and reason; every card counts once, by its last answer."""
    from cds_service.store import operate  # noqa: PLC0415 (see above)
    from cds_service.store.report import Period  # noqa: PLC0415 (see above)

    period = Period(
        since=since.replace(tzinfo=UTC) if since is not None else None,
        until=until.replace(tzinfo=UTC) + timedelta(days=1) if until is not None else None,
        client=client,
    )
    with _configured_store() as database_url:
        lines = operate.report_feedback(database_url, period)
    if form == "csv":
        _print_csv(lines)
    elif lines:
        _print_table(lines)
    else:
        click.echo("No cards and no feedback on record for this period.")


_COLUMNS: Final = ("verdict", "rule", "shown", "outcome", "detail", "system", "cards")


def _print_csv(lines: list[ReportLine]) -> None:
    writer = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, lines))


def _print_table(lines: list[ReportLine]) -> None:
    table = Table("Verdict", "Rule", "Outcome", "Reason or suggestion")
    for name in ("Cards", "Of shown", "Share"):
        table.add_column(name, justify="right")
    previous: tuple[str, str] | None = None
    for line in lines:
        rule = (line.verdict, line.rule or "(card not on record)")
        table.add_row(
            *(("", "") if rule == previous else rule),
            line.outcome,
            line.detail,
            str(line.cards),
            str(line.shown) if line.shown else "",
            f"{line.cards / line.shown:.0%}" if line.shown else "",
        )
        previous = rule
    Console().print(table)


@click.command(
    epilog="""\b
Example:
  infliximab-cds purge --older-than 730"""
)
@click.option("--older-than", "days", type=click.IntRange(1, 36_500), required=True, help="Age in days.")
def purge(days: int) -> None:
    """Delete card records and feedback older than some days, and tokens that have expired."""
    from cds_service.store.operate import purge_store  # noqa: PLC0415 (see above)

    now = system_clock()
    with _configured_store() as database_url:
        deleted = purge_store(database_url, before=now - timedelta(days=days), now=now)
    click.echo(f"deleted: {deleted.cards} cards, {deleted.feedback} feedback, {deleted.tokens} tokens")

"""`infliximab-cds explain`: why a request gets the card it gets, for a clinician and for an engineer."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
import orjson
from rich.console import Console

from cds_service.cli.common import (
    CommandError,
    Exit,
    as_of_option,
    json_option,
    read_input,
    request_argument,
    services_for_command,
    site_option,
)
from cds_service.errors import FAULTS, RequestRefusedError
from cds_service.evaluate import Evaluated, evaluate_all, examine
from cds_service.explanation import explanation_document
from cds_service.explanation_text import print_explanation
from cds_service.request import Hook, HookRequest, parse_request
from cds_service.services import Services, moment_at
from tdm.facts import Moment

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LAST_MINUTE = time(23, 59)


class _Envelope(msgspec.Struct):
    """The one field that says which service a request is meant for."""

    hook: str


@click.command(
    epilog="""\b
Examples:
  infliximab-cds explain request.json
  infliximab-cds explain request.json --as-of 2026-03-09
  infliximab-cds explain request.json --as-of 2026-03-09T08:15:00+01:00 --json
  curl -s localhost:8000/sandbox/requests/adult-loss-of-response | infliximab-cds explain -"""
)
@request_argument
@as_of_option
@json_option
@site_option
def explain(request_file: str, as_of: str | None, as_json: bool, site_path: Path | None) -> None:  # noqa: FBT001 (a command-line flag)
    """Show facts, data issues, the rule that fired, its neighbours and the card of a CDS Hooks request.

    REQUEST.json is the body that a client posts to one of the services; "-" reads standard input.
    """
    services = services_for_command(site_path)
    now = moment_of(as_of, services)
    evaluated = evaluated_of(request_of(read_input(request_file)), services, now)
    if as_json:
        document = explanation_document(evaluated, now, services.knowledge)
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        print_explanation(evaluated, now, services.knowledge, Console())
    _exit_if_not_completed(evaluated)


def evaluated_of(request: HookRequest, services: Services, now: Moment) -> tuple[Evaluated, ...]:
    """Return what the service makes of a request; exits with UNREADABLE_INPUT where it would refuse it."""
    try:
        return evaluate_all(examine(request, services, now), request, services, now)
    except RequestRefusedError as error:
        raise _refused(error) from error


def moment_of(as_of: str | None, services: Services) -> Moment:
    """Return the decision's moment; a bare day means its last minute, so that the day's results count."""
    if as_of is None:
        return services.now()
    try:
        at = _instant(as_of, services.zone)
    except ValueError:
        raise click.BadParameter(
            f"{as_of!r} is neither a day (2026-03-09) nor an instant with offset (2026-03-09T08:15:00+01:00)",
            param_hint="--as-of",
        ) from None
    return moment_at(at, services.zone)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    if _DAY.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), _LAST_MINUTE, zone).astimezone(UTC)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)


def request_of(body: bytes) -> HookRequest:
    """Return the request in a file; exits with UNREADABLE_INPUT when it is none."""
    try:
        hook = Hook(msgspec.json.decode(body, type=_Envelope).hook)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        known = ", ".join(Hook)
        raise CommandError(
            f"this is not the body of a CDS Hooks request for one of the hooks {known}", Exit.UNREADABLE_INPUT
        ) from error
    try:
        return parse_request(body, hook)
    except RequestRefusedError as error:
        raise _refused(error) from error


def _refused(error: RequestRefusedError) -> CommandError:
    entry = FAULTS[error.fault]
    return CommandError(
        f"the service answers this request with {entry.status} ({error.fault.value}): {entry.text}",
        Exit.UNREADABLE_INPUT,
    )


def _exit_if_not_completed(evaluated: tuple[Evaluated, ...]) -> None:
    if any(one.reason for one in evaluated):
        raise SystemExit(int(Exit.NOT_COMPLETED))

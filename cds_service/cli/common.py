"""What the commands share: exit codes, errors a person can act on, the site option, loading."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import click

from cds_service.services import Services, load_services, system_clock
from cds_service.settings import ENVIRONMENT_PREFIX, Settings, SettingsError, settings_from_environment
from cds_service.site_overlay import SiteError
from cds_service.store.errors import StoreRefusedError
from cds_service.trust.reasons import TrustError
from fhir_mappings.codes import CodeSetError
from tdm.knowledge.errors import KnowledgeError


class Exit(IntEnum):
    """Exit codes of the command line; part of its contract with scripts."""

    USAGE = 2
    UNREADABLE_INPUT = 3
    CONFIGURATION = 4
    NOT_COMPLETED = 5
    PORT_TAKEN = 6
    STORE = 7


class CommandError(click.ClickException):
    """A failure with its own exit code and a sentence that says what to do."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = int(exit_code)  # type: ignore[misc]  # Click reads it from the instance


site_option = click.option(
    "--site",
    "site_path",
    type=click.Path(path_type=Path),
    help="Site overlay to apply (default: $INFLIXIMAB_CDS_SITE, else none).",
)

request_argument = click.argument("request_file", metavar="REQUEST.json")

as_of_option = click.option(
    "--as-of",
    "as_of",
    metavar="DATE",
    help="Decide as at the end of this day (site's zone) or at this instant, with offset. Default: now.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")

trust_option = click.option(
    "--trust",
    "trust_path",
    type=click.Path(path_type=Path),
    help="Trust file: which clients are believed (default: $INFLIXIMAB_CDS_TRUST).",
)


def services_for_command(  # noqa: PLR0913 (one for each way in which commands differ)
    site_path: Path | None,
    *,
    sandbox: bool = False,
    public_base_url: str = "",
    trust_path: Path | None = None,
    believing: bool = False,
    keeping: bool = True,
    fhir_bases: Sequence[str] = (),
    clock: Callable[[], datetime] = system_clock,
    logger: Any = None,
) -> Services:
    """Load the services with the environment's settings; exits with CONFIGURATION when refused.

    The trust file is read only for commands that are about believing: the others work for people who may not
    read it. The sandbox refuses to start beside one.
    """
    try:
        settings = settings_from_environment(os.environ, sandbox=sandbox)
        settings = replace(
            settings,
            site_path=site_path or settings.site_path,
            public_base_url=public_base_url or settings.public_base_url,
            trust_path=(trust_path or settings.trust_path) if believing or sandbox else None,
            sandbox_fhir_bases=tuple(fhir_bases),
            # Only what serves keeps anything; other commands neither make nor open a database.
            database_url=settings.database_url if believing else "",
        )
        return load_services(settings, clock=clock, logger=logger, keeping=keeping)
    except (SettingsError, SiteError, KnowledgeError, CodeSetError, TrustError, StoreRefusedError) as error:
        refuse_configuration(error)


def hand_down(site_path: Path | None, trust_path: Path | None) -> None:
    """Put what was given on the command line where the workers of a server read their settings."""
    for name, path in (("SITE", site_path), ("TRUST", trust_path)):
        if path is not None:
            os.environ[ENVIRONMENT_PREFIX + name] = str(path.absolute())


def settings_for_command() -> Settings:
    """Return the environment's settings; exits with CONFIGURATION when refused."""
    try:
        return settings_from_environment(os.environ)
    except SettingsError as error:
        refuse_configuration(error)


def refuse_configuration(error: Exception) -> NoReturn:
    """Exit with the sentence of a configuration error."""
    raise CommandError(f"configuration refused: {error}", Exit.CONFIGURATION) from error


def read_input(path: str) -> bytes:
    """Return the bytes of a file, or of standard input for "-"."""
    try:
        with click.open_file(path, "rb") as stream:
            content: bytes = stream.read()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}", Exit.UNREADABLE_INPUT) from error
    return content

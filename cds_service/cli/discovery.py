"""`infliximab-cds discovery`: the discovery document, as a client would get it."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from cds_service.cli.common import services_for_command, site_option
from cds_service.discovery import discovery_document


@click.command(
    epilog="""\b
Example:
  infliximab-cds discovery --site site.toml > discovery.json"""
)
@site_option
def discovery(site_path: Path | None) -> None:
    """Print the discovery document: services, hooks and prefetch templates."""
    services = services_for_command(site_path)
    document = discovery_document(services.hooks)
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())

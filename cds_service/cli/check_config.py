"""`infliximab-cds check-config`: whether a configuration can be used, and what it amounts to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from cds_service.cli.common import services_for_command, site_option, trust_option
from cds_service.effective_config import differences, effective_configuration


@click.command(
    "check-config",
    epilog="""\b
Examples:
  infliximab-cds check-config --site site.toml
  infliximab-cds check-config --site site.toml --trust trust.toml
  infliximab-cds check-config --site site.toml --json > effective.json""",
)
@site_option
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole effective configuration as JSON.")
def check_config(site_path: Path | None, trust_path: Path | None, as_json: bool) -> None:  # noqa: FBT001 (a command-line flag)
    """Check the configuration; print what is in force and how it differs from the defaults.

    Exits with 4 and names the key when the service would refuse to start.
    """
    services = services_for_command(site_path, trust_path=trust_path, believing=True, keeping=False)
    effective = effective_configuration(services)
    changed = differences(services)
    if as_json:
        document = {"effective": effective, "differences": changed}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return
    for name in ("settings", "site", "time_zone", "services", "knowledge", "policy"):
        _print_entry(name, effective[name])
    _print_trust(effective["trust"])
    click.echo(f"\nDifferences from the defaults: {len(changed) or 'none'}")
    for line in changed:
        click.echo(f"  {line}")


def _print_trust(trust: dict[str, Any]) -> None:
    """Print who is believed, client by client, or that nobody is."""
    if not trust:
        click.echo("trust: (none; `infliximab-cds serve` refuses to start without a trust file)")
        return
    clients = trust.pop("clients")
    _print_entry("trust", trust)
    for name, client in clients.items():
        tenants = client.pop("tenants")
        _print_entry(f"trust client {name}", client)
        for tenant, bases in tenants.items():
            click.echo(f"  tenant {tenant}: {_shown(bases)}")


def _print_entry(name: str, value: object) -> None:
    if isinstance(value, dict):
        click.echo(f"{name}:")
        for key, child in value.items():
            click.echo(f"  {key}: {_shown(child)}")
    else:
        click.echo(f"{name}: {_shown(value)}")


def _shown(value: object) -> str:
    if value is None or value in ("", []):
        return "(none)"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

"""The command `infliximab-cds`: one module per subcommand."""

from __future__ import annotations

import click

from cds_service.cli.check_config import check_config
from cds_service.cli.discovery import discovery
from cds_service.cli.explain import explain
from cds_service.cli.forecast import forecast
from cds_service.cli.inspect import inspect
from cds_service.cli.sandbox import sandbox
from cds_service.cli.serve import serve
from cds_service.cli.store import migrate, purge, report

_EPILOG = """\b
Examples:
  infliximab-cds sandbox
  infliximab-cds explain request.json --as-of 2026-03-09
  infliximab-cds forecast request.json --option "5 mg/kg q6w"
  infliximab-cds inspect laboratory-bundle.json
  infliximab-cds check-config --site site.toml --trust trust.toml
  infliximab-cds serve --site site.toml --trust trust.toml

\b
Exit codes:
  0  done
  2  wrong usage
  3  the given file cannot be read as what it should be
  4  the configuration was refused
  5  the check was not completed (explain), or there is no forecast (forecast)
  6  the port is taken (sandbox, serve)
  7  the store cannot be used (migrate, report, purge)
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="infliximab-cds")
def main() -> None:
    """Decision support for infliximab in Crohn's disease, from level and antibodies to a card."""


for _command in (sandbox, serve, explain, forecast, inspect, discovery, check_config, migrate, report, purge):
    main.add_command(_command)

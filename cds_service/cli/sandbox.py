"""`infliximab-cds sandbox`: the service on this machine with synthetic patients."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from cards.terminal import print_card
from cds_service.application import create_app
from cds_service.cli.common import CommandError, Exit, services_for_command, site_option
from cds_service.evaluate import evaluate
from cds_service.log import make_logger
from cds_service.render import render_json
from cds_service.request import Hook, parse_request
from cds_service.sandbox.patients import ExamplePatient, example_patients
from cds_service.services import Services
from cds_service.warm_up import warm_up

HOST = "127.0.0.1"
_ORDER_SIGN = "infliximab-tdm-order-sign"
_HIGHEST_PORT = 65535


class _QuietHandler(WSGIRequestHandler):
    """Leaves the log to the service, whose lines hold no path and nothing else of what was sent."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (the name in Werkzeug)
        """Write nothing: neither request lines, which may be quoted, nor messages of exceptions."""


@click.command(
    epilog="""\b
Examples:
  infliximab-cds sandbox
  infliximab-cds sandbox --port 8080
  infliximab-cds sandbox --fhir-base http://127.0.0.1:8103/fhir/R4"""
)
@click.option("--port", type=click.IntRange(0, _HIGHEST_PORT), default=8000, show_default=True)
@click.option(
    "--fhir-base",
    "fhir_bases",
    metavar="URL",
    multiple=True,
    help="A FHIR server on this machine that requests may name as fhirServer; may be given several times.",
)
@site_option
def sandbox(port: int, fhir_bases: tuple[str, ...], site_path: Path | None) -> None:
    """Start the service on this machine only, with synthetic patients and without client authentication."""
    server = bind(port)
    services = services_for_command(
        site_path,
        sandbox=True,
        public_base_url=f"http://{HOST}:{server.port}",
        fhir_bases=fhir_bases,
        logger=make_logger(sys.stderr.buffer),
    )
    server.app = create_app(services=services)
    console = Console()
    print_welcome(services, server.port, console)
    warm_up(services)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        console.print("\nStopped.")
    finally:
        server.server_close()


def bind(port: int) -> BaseWSGIServer:
    """Return a server that listens on loopback; exits with PORT_TAKEN when the port is in use.

    It has no application yet: cards name the address of the service, so the port that port 0 stands for must
    be known first. What connects in between waits.
    """
    try:
        with redirect_stderr(StringIO()):  # Werkzeug's own advice names options that are not ours
            return make_server(HOST, port, Flask(__name__), threaded=True, request_handler=_QuietHandler)
    except (OSError, SystemExit):  # Werkzeug leaves the process where the address is in use
        _port_taken(port)


def _port_taken(port: int) -> NoReturn:
    raise CommandError(
        f"port {port} on {HOST} cannot be used; try: infliximab-cds sandbox --port {port + 1}",
        Exit.PORT_TAKEN,
    )


def print_welcome(services: Services, port: int, console: Console) -> None:
    """Print what this is, where it listens, one command per example patient, and one card."""
    base = f"http://{HOST}:{port}"
    console.print(
        Panel(
            Text(
                "SANDBOX MODE. Synthetic patients only, no client authentication, this machine only.\n"
                "Never send real patient data here. Not a medical device; not for clinical use.",
                justify="center",
            ),
            style="bold yellow",
            width=min(console.width, 100),
        )
    )
    # Addresses and commands are written without wrapping or styling, so that they can be copied whole.
    click.echo(f"Discovery:     {base}/cds-services")
    click.echo(f"Transparency:  {base}/transparency")
    click.echo(f"Patients:      {base}/sandbox\n")
    for patient in example_patients():
        click.echo(f"# {patient.title}")
        click.echo(
            f"curl -s {base}/sandbox/requests/{patient.slug} | "
            f"curl -s -H 'Content-Type: application/json' -d @- {base}/cds-services/{_ORDER_SIGN}\n"
        )
    first = example_patients()[0]
    click.echo(f"The card of the first one ({first.title}):\n")
    for card in cards_of(first, services):
        print_card(card, console)
    click.echo("\nStop with Ctrl-C.")


def cards_of(patient: ExamplePatient, services: Services) -> list[dict[str, Any]]:
    """Return the cards that an example patient gets now; also warms every part of the service up."""
    now = services.now()
    body = services_json(patient, services)
    return evaluate(parse_request(body, Hook.ORDER_SIGN), services, now)


def services_json(patient: ExamplePatient, services: Services) -> bytes:
    """Return the request of an example patient as bytes, as of the services' clock."""
    return render_json(patient.request(today=services.now().day, zone=services.zone))

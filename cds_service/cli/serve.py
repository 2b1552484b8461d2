"""`infliximab-cds serve`: the service in production, behind a proxy that speaks TLS."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from pathlib import Path

import click

from cds_service.cli.common import CommandError, Exit, hand_down, site_option, trust_option
from cds_service.metrics_folder import shared_numbers
from cds_service.serving import TARGET, ServeOptions, check_free, server

_HIGHEST_PORT = 65535
_LEAST_LIFETIME_SECONDS = 60
_NO_FOLDER = "no folder for the workers' numbers ({}); name one by PROMETHEUS_MULTIPROC_DIR"


@click.command(
    epilog="""\b
Examples:
  infliximab-cds serve --trust trust.toml --site site.toml
  infliximab-cds serve --host 0.0.0.0 --workers 4 --workers-lifetime 86400

\b
The public address comes from $INFLIXIMAB_CDS_PUBLIC_BASE_URL; it is what tokens are made out to."""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on, for the proxy.")
@click.option("--port", type=click.IntRange(1, _HIGHEST_PORT), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option(
    "--workers-lifetime",
    type=click.IntRange(_LEAST_LIFETIME_SECONDS),
    help="Replace each worker after so many seconds (default: never).",
)
@click.option(
    "--workers-max-rss",
    type=click.IntRange(64),
    help="Replace a worker that holds more than so many MiB (default: never).",
)
@click.option(
    "--stop-timeout",
    type=click.IntRange(1, 600),
    default=30,
    show_default=True,
    help="Seconds that a worker gets to finish its requests when it is told to stop.",
)
@click.option(
    "--drain-seconds",
    type=click.IntRange(0, 300),
    default=5,
    show_default=True,
    help="Seconds between being told to stop, when /readyz says so, and stopping.",
)
@site_option
@trust_option
def serve(  # noqa: PLR0913, PLR0917 (one parameter for each option of the command line)
    host: str,
    port: int,
    workers: int,
    workers_lifetime: int | None,
    workers_max_rss: int | None,
    stop_timeout: int,
    drain_seconds: int,
    site_path: Path | None,
    trust_path: Path | None,
) -> None:
    """Serve clients that prove who they are; refuses to start when anything configured is unsafe.

    Plain HTTP: put a proxy in front that speaks TLS and takes requests in whole before it passes them on.
    """
    hand_down(site_path, trust_path)
    options = ServeOptions(
        host=host,
        port=port,
        workers=workers,
        stop_seconds=stop_timeout,
        workers_lifetime_seconds=workers_lifetime,
        workers_max_rss_mib=workers_max_rss,
        drain_seconds=drain_seconds,
    )
    with ExitStack() as until_stopped:
        if workers > 1:
            try:
                until_stopped.enter_context(shared_numbers())
            except OSError as error:
                raise CommandError(_NO_FOLDER.format(error.strerror), Exit.CONFIGURATION) from error
        _serve(options)


def _serve(options: ServeOptions) -> None:
    importlib.import_module(TARGET.partition(":")[0])  # loaded, checked and warm before any worker is forked
    try:
        check_free(options.host, options.port)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}", Exit.PORT_TAKEN
        ) from error
    click.echo(
        f"infliximab-cds serves on {options.host}:{options.port} with {options.workers} workers.", err=True
    )
    server(options).serve()

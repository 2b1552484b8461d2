"""The production server: granian behind one small door, so that another could stand there.

One blocking thread in each worker: deciding is work for the processor, and a second thread would only wait
for the first. TLS, slow clients and buffering of requests belong to the proxy in front, without which this
must not be reachable.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cds_service.application import freeze_after_warm_up
from cds_service.evaluate import evaluate
from cds_service.render import render_json
from cds_service.request import Hook, parse_request
from cds_service.sandbox.patients import example_patients
from cds_service.services import Services

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

TARGET: Final = "cds_service.wsgi:app"
_WARM_ROUNDS: Final = 3
_STANDARD_ERROR: Final = {
    "class": "logging.StreamHandler",
    "formatter": "generic",
    "stream": "ext://sys.stderr",  # standard output is for the service's own lines, each of them JSON
}


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve. Times in seconds, `workers_max_rss_mib` in MiB; None leaves a worker its whole life.

    A worker that was told to stop finishes the requests it has; after `stop_seconds` it is killed.
    """

    host: str
    port: int
    workers: int
    stop_seconds: int
    workers_lifetime_seconds: int | None = None
    workers_max_rss_mib: int | None = None


def warm_up(services: Services) -> None:
    """Decide the invented examples, so that no real request is the first, and freeze what is loaded by then.

    They go straight to the evaluation: nothing is logged, nobody is authenticated, nothing is kept.
    """
    now = services.now()
    for _ in range(_WARM_ROUNDS):
        for patient in example_patients():
            body = render_json(patient.request(today=now.day, zone=services.zone))
            evaluate(parse_request(body, Hook.ORDER_SIGN), services, now)
    freeze_after_warm_up()


def check_free(host: str, port: int) -> None:
    """Raise OSError when nothing can listen there: the server's workers would only die of it, one by one."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def server(options: ServeOptions) -> AbstractServer[Any]:
    """Return the server, not yet started. Its `serve` returns after a signal to stop and its last answer."""
    # Imported where it is used: neither the workers' decisions nor any other command needs it.
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 (see above)
    from granian.log import LogLevels  # noqa: PLC0415 (see above)
    from granian.server import Server  # noqa: PLC0415 (see above)

    return Server(
        TARGET,
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=options.workers,
        blocking_threads=1,
        workers_kill_timeout=options.stop_seconds,
        workers_lifetime=options.workers_lifetime_seconds,
        workers_max_rss=options.workers_max_rss_mib,
        respawn_failed_workers=True,
        # The service writes its own line for each request, without paths; an access log would hold them.
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": {"console": _STANDARD_ERROR, "access": _STANDARD_ERROR}},
    )

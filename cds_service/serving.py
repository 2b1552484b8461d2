"""The production server: granian behind one small door, so that another could stand there.

A few blocking threads in each worker: deciding is work for the processor, but asking a client's FHIR server
is waiting, and one that hangs must not hold up the orders of others. TLS, slow clients and buffering of
requests belong to the proxy in front, without which this must not be reachable.
"""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cds_service.draining import drain_before_stop

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

TARGET: Final = "cds_service.wsgi:app"
BLOCKING_THREADS: Final = 8
"""In each worker: more than may ever wait for one FHIR server, so that some are left for everybody else."""
_M_MMAP_THRESHOLD: Final = -3  # its name in malloc.h
_LARGE_BYTES: Final = 1024 * 1024
_STANDARD_ERROR: Final = {
    "class": "logging.StreamHandler",
    "formatter": "generic",
    "stream": "ext://sys.stderr",  # standard output is for the service's own lines, each of them JSON
}


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve. Times in seconds, `workers_max_rss_mib` in MiB; None leaves a worker its whole life.

    A worker that was told to stop finishes the requests it has; after `stop_seconds` it is killed. For
    `drain_seconds` before, it only says that it is not ready any more.
    """

    host: str
    port: int
    workers: int
    stop_seconds: int
    workers_lifetime_seconds: int | None = None
    workers_max_rss_mib: int | None = None
    drain_seconds: int = 0


class Replacements(dict[int, float]):
    """When each worker was last replaced, as granian notes and asks it, on a monotonic clock in seconds.

    Granian ends the whole server when a replaced worker dies again within seconds, and then the healthy ones
    stop answering too. So "never" is answered until `most` were replaced within `window_seconds`: that
    is a service that cannot run, and whoever supervises it should hear of it.
    """

    def __init__(self, most: int = 60, window_seconds: float = 60.0) -> None:
        """Note nothing yet."""
        super().__init__()
        self._most = most
        self._window_seconds = window_seconds
        self._times: deque[float] = deque()

    def __setitem__(self, worker: int, at: float) -> None:
        """Note that a worker is replaced."""
        self._times.append(at)
        while at - self._times[0] > self._window_seconds:
            self._times.popleft()
        super().__setitem__(worker, at)

    def get(self, worker: int, default: Any = None) -> Any:
        """Return when a worker was replaced, if too many were of late; else `default`, which means never."""
        return super().get(worker, default) if len(self._times) > self._most else default


def check_free(host: str, port: int) -> None:
    """Raise OSError when nothing can listen there: the server's workers would only die of it, one by one."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def hand_back_large_blocks() -> None:
    """Have the C library give large blocks back to the system as soon as they are free.

    By itself glibc learns from the first large body to keep such blocks, and does so for each thread: after
    a few large charts a worker would hold a hundred MiB that nobody uses. Nothing happens where the library
    has no such setting.
    """
    with suppress(ImportError, AttributeError, OSError):
        import ctypes  # noqa: PLC0415 (not every build of Python has it)

        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def _share_one_socket(made: Any, options: ServeOptions) -> None:
    """Have all workers accept from one socket, which the process that leads them holds too.

    By itself granian gives each worker a socket of its own, and with a worker that is killed all connections
    end that it had not accepted yet. Here the next worker takes them, and nobody waits for a busy worker
    beside an idle one. There is no setting for this: it is done as granian does where a system knows no
    SO_REUSEPORT. `made` is its server, whose types say nothing of it.
    """
    from granian.net import SocketHolder  # type: ignore[attr-defined]  # noqa: PLC0415 (as in `server`)

    def open_socket() -> None:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server(
            (options.host, options.port),
            family=family,
            backlog=made.backlog,
            dualstack_ipv6=family is socket.AF_INET6,  # "::" is every address, also those of IPv4
        )
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # every connection inherits it
        listener.set_inheritable(True)
        holder = SocketHolder(listener.fileno(), False, made.backlog)  # type: ignore[call-arg]  # noqa: FBT003 (it takes no names)
        made._ssp, made._shd, made._sso = None, holder, listener  # noqa: SLF001 (see above)

    made._init_shared_socket = open_socket  # noqa: SLF001 (see above)


def server(options: ServeOptions, target: str = TARGET) -> AbstractServer[Any]:
    """Return the server, not yet started. Its `serve` returns after a signal to stop and its last answer."""
    # Imported where it is used: neither the workers' decisions nor any other command needs it.
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 (see above)
    from granian.log import LogLevels  # noqa: PLC0415 (see above)
    from granian.server import Server  # noqa: PLC0415 (see above)

    made = Server(
        target,
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=options.workers,
        blocking_threads=BLOCKING_THREADS,
        workers_kill_timeout=options.stop_seconds,
        workers_lifetime=options.workers_lifetime_seconds,
        workers_max_rss=options.workers_max_rss_mib,
        respawn_failed_workers=True,
        # The service writes its own line for each request, without paths; an access log would hold them.
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": {"console": _STANDARD_ERROR, "access": _STANDARD_ERROR}},
    )
    _share_one_socket(made, options)
    hand_back_large_blocks()
    made.respawned_wrks = Replacements()
    drain_before_stop(made, options.drain_seconds)
    return made

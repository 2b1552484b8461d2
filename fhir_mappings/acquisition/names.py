"""Looks host names up, one look-up per host at a time, and nobody waits for one beyond a deadline.

The system's look-up takes no time limit and cannot be interrupted: where name servers are silent it lasts
many seconds. So it has a thread of its own, which all who ask for the same host wait for, while they can.
A name service that hangs holds one thread for each host, and no thread of those that answer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeAlias

Addresses: TypeAlias = list[tuple[Any, ...]]
"""What `socket.getaddrinfo` returns."""

_Host: TypeAlias = tuple[str, int]


class NameLookup:
    """The look-ups of one process; safe for several threads, and in a process that was forked meanwhile."""

    def __init__(self, look_up: Callable[..., Addresses] | None = None) -> None:
        self._look_up = look_up
        self._lock = threading.Lock()
        self._under_way: dict[_Host, tuple[threading.Thread, Future[Addresses]]] = {}

    def addresses(self, host: str, port: int, seconds: float) -> Addresses:
        """Return where to connect to; raises OSError: TimeoutError where it is not known within `seconds`."""
        try:
            return self._future((host, port)).result(timeout=max(seconds, 0.0))
        except RuntimeError:  # there is no room for a thread now
            raise TimeoutError from None

    def _future(self, host: _Host) -> Future[Addresses]:
        """Return the look-up under way, or begin one. One whose thread did not survive a fork is none."""
        with self._lock:
            thread, future = self._under_way.get(host, (None, Future()))
            if thread is None or not thread.is_alive():
                future = Future()
                thread = threading.Thread(
                    target=self._look, args=(host, future), name="name-lookup", daemon=True
                )
                thread.start()
                self._under_way[host] = thread, future
            return future

    def _look(self, host: _Host, future: Future[Addresses]) -> None:
        name, port = host
        look_up = self._look_up or socket.getaddrinfo
        try:
            future.set_result(look_up(name, port, 0, socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
            future.set_exception(error)
        with self._lock:
            if self._under_way.get(host, (None, None))[1] is future:
                del self._under_way[host]


NAMES = NameLookup()

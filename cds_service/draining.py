"""Stop a production server without losing anybody: first not ready, then a pause, then the stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from cds_service.readiness import DRAIN_SIGNAL

if TYPE_CHECKING:
    from granian.server.common import AbstractServer


_AGAIN_SECONDS: Final = 0.25


def drain_before_stop(server: AbstractServer[Any], seconds: float) -> None:
    """Make SIGTERM and SIGINT drain the workers first and stop the server `seconds` later.

    Meanwhile everything is still answered, but `/readyz` says no, so that whoever spreads the requests sends
    them elsewhere. A second signal stops at once. Call before `server.serve()`; each worker must call
    `Readiness.drain_on_signal` before it answers.
    """
    stop: Callable[[], None] = server.signal_handler_interrupt
    draining = threading.Event()
    owner = os.getpid()

    def drain() -> None:
        for _ in range(ceil(seconds / _AGAIN_SECONDS)):
            _tell(server)  # again and again: a worker that was only starting has not heard the first time
            sleep(_AGAIN_SECONDS)
        stop()

    def on_signal(*_: object) -> None:
        if os.getpid() != owner:  # a worker that is still loading, and has only inherited this handler
            raise SystemExit(0)
        if draining.is_set() or seconds <= 0:
            stop()
            return
        draining.set()
        threading.Thread(target=drain, daemon=True).start()

    # Workers inherit this until they listen: the signal must not end one that is still loading. Where the
    # application was loaded before, they inherit its handler instead.
    if signal.getsignal(DRAIN_SIGNAL) is signal.SIG_DFL:
        signal.signal(DRAIN_SIGNAL, signal.SIG_IGN)
    server.signal_handler_interrupt = on_signal  # type: ignore[method-assign]  # granian has no hook before it stops


def _tell(server: AbstractServer[Any]) -> None:
    for worker in list(server.wrks):
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(worker.inner.pid, DRAIN_SIGNAL)

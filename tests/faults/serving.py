"""Start a production server on a free loopback port, in a process of its own, and look after it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    target: str, *, log: Path, workers: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application with granian; yield (port, process id); stop it afterwards.

    What the service writes goes to `log`. `target` is "module:name".
    """
    port = free_port()
    arguments = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--log-level", "error",
        "--respawn-failed-workers", target,
    ]  # fmt: skip
    with log.open("wb") as written:
        process = subprocess.Popen(
            arguments,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_up(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until discovery answers at all; raises RuntimeError where it never does."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        if process.poll() is not None:
            message = f"the server ended with {process.returncode} before it answered"
            raise RuntimeError(message)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/cds-services")
            connection.getresponse().read()
            connection.close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = f"the server did not answer within {PATIENCE_SECONDS} s"
    raise RuntimeError(message)


def children(process_id: int) -> set[int]:
    """Return the worker processes of a server."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return {int(one) for one in listed.split()}

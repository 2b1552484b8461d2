"""Start a production server on a free loopback port, in a process of its own, and look after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving import free_port, wait_until_up

STOPPING_SECONDS = 60


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
            process.wait(timeout=STOPPING_SECONDS)


def children(process_id: int) -> set[int]:
    """Return the worker processes of a server."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return {int(one) for one in listed.split()}

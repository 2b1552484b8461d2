"""Serves an application as `infliximab-cds serve` does, on a free loopback port, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving import free_port, wait_until_up

ROOT = Path(__file__).resolve().parents[2]
STOPPING_SECONDS = 60


@contextmanager
def served(
    target: str, *, workers: int = 1, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application ("module:name"); yield (port, process id); stop it afterwards.

    What the service writes goes to `log`. No setting of whoever runs this reaches it, only `environment`.
    """
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("INFLIXIMAB_CDS_")}
    with (log or Path(os.devnull)).open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.serve_here", target, str(port), str(workers)],
            env={**inherited, "PYTHONUNBUFFERED": "1", **(environment or {})},
            cwd=ROOT,
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

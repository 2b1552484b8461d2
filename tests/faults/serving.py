"""Serves an application as `infliximab-cds serve` does, on a free loopback port, in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving import free_port, started


@contextmanager
def served(
    target: str, *, workers: int = 1, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application ("module:name"); yield (port, process id); stop it afterwards.

    What the service writes goes to `log`. No setting of whoever runs this reaches it, only `environment`.
    """
    port = free_port()
    arguments = [sys.executable, "-m", "tests.faults.serve_here", target, str(port), str(workers)]
    with started(arguments, port, environment=own_environment(environment), log=log) as (process, _):
        yield port, process.pid


def own_environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a server with these settings, and none of whoever runs this."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("INFLIXIMAB_CDS_")}
    return inherited | dict(settings or {})


def children(process_id: int) -> set[int]:
    """Return the worker processes of a server."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return {int(one) for one in listed.split()}

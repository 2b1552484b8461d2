"""Start a production server with one worker on a free loopback port, and talk to it over one connection."""

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

ROOT = Path(__file__).resolve().parents[1]
STOPPING_SECONDS = 60
SERVICE_PATH = "/cds-services/infliximab-tdm-order-sign"
DISCOVERY_PATH = "/cds-services"
CONSTANT_PATH = "/benchmark/constant"
HEADERS = {"Content-Type": "application/json"}
APP = "benchmarks.wsgi:app"
FRAME = "benchmarks.frame:app"
"""What is served: the service beside the constant route, or the frame of the service alone."""


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(server: str, port: int, app: str = APP) -> list[str]:
    """Return the command line of one single-worker, single-threaded server."""
    if server == "granian":
        return [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1", "--blocking-threads", "1", "--no-ws",
            "--log-level", "error", app,
        ]  # fmt: skip
    if server == "gunicorn":
        return [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
            "--threads", "1", "--worker-class", "gthread", "--keep-alive", "30",
            "--log-level", "error", app,
        ]  # fmt: skip
    message = f"unknown server {server!r}: granian or gunicorn"
    raise ValueError(message)


@contextmanager
def started(
    arguments: list[str],
    port: int,
    *,
    environment: Mapping[str, str] = os.environ,
    log: Path | None = None,
    asked: str = DISCOVERY_PATH,
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start a server; yield its process and the seconds until it answered; stop it afterwards.

    `asked` is what it has to answer: another path where discovery is not open to everybody. What it writes
    goes to `log`; without one its errors are seen and the rest is not.
    """
    with (log or Path(os.devnull)).open("wb") as written:
        process = subprocess.Popen(
            arguments,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdout=written,
            stderr=None if log is None else subprocess.STDOUT,
        )
        try:
            yield process, wait_until_up(port, process, asked)
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(timeout=STOPPING_SECONDS)
            finally:
                process.kill()  # one that does not stop fails its caller, and is not left behind


@contextmanager
def served(server: str, app: str = APP) -> Iterator[tuple[int, int]]:
    """Serve an application; yield (port, process id); stop it afterwards."""
    port = free_port()
    with started(command(server, port, app), port) as (process, _seconds):
        yield port, process.pid


def wait_until_up(port: int, process: subprocess.Popen[bytes], asked: str) -> float:
    """Wait for a path to answer; return the seconds it took."""
    started = time.perf_counter()
    while time.perf_counter() - started < 30:
        if process.poll() is not None:
            message = f"the server ended with {process.returncode} before it answered"
            raise RuntimeError(message)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", asked)
            with connection.getresponse() as answer:
                if answer.status == 200:
                    return time.perf_counter() - started
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    message = f"the server did not answer {asked} within 30 s"
    raise RuntimeError(message)


class Client:
    """One kept-alive connection; each call returns its wall time in microseconds and the answer."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        sock = self.connection.sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes) -> tuple[float, int, bytes]:
        """POST once and read the whole answer."""
        started = time.perf_counter_ns()
        self.connection.request("POST", path, body=body, headers=HEADERS)
        response = self.connection.getresponse()
        answer = response.read()
        return (time.perf_counter_ns() - started) / 1000, response.status, answer

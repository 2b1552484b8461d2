"""`python -m benchmarks.servers`: the same order-sign through each production server, and rough treatment.

One worker each, 50 resources. Requests per second and latency at 1 and 8 connections, rounds of all servers
in turn so that a noisy machine disturbs all alike; processor time of the server for each order, which noise
disturbs least; cold start and memory; SIGTERM under load, with and without draining first; latency of a
normal order beside clients that send half a header or drip a body.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from benchmarks.bodies import body
from benchmarks.load import RESOURCES, load
from benchmarks.served import percentile
from benchmarks.serving import HEADERS, SERVICE_PATH, Client, free_port, started
from benchmarks.start import resident_mib

APPLICATION = "benchmarks.wsgi:app"
CONNECTIONS = 8
HALF_HEADERS, SLOW_BODIES = 200, 50
PATIENCE_SECONDS = 8.0


def _gunicorn(port: int, *arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--keep-alive", "30", "--graceful-timeout", "20", "--log-level", "critical", *arguments, APPLICATION,
    ]  # fmt: skip


SERVERS: dict[str, Callable[[int], list[str]]] = {
    "granian": lambda port: [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "1", "--http", "1", "--no-ws", "--workers-kill-timeout", "20",
        "--log-level", "error", APPLICATION,
    ],
    "gunicorn sync": lambda port: _gunicorn(port, "--worker-class", "sync"),
    "gunicorn gthread 4": lambda port: _gunicorn(port, "--worker-class", "gthread", "--threads", "4"),
}  # fmt: skip


@contextmanager
def running(server: str) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """Start one server; yield its port, its process and the seconds until it answered."""
    port = free_port()
    with started(SERVERS[server](port), port) as (process, seconds):
        yield port, process, seconds


def throughput(rounds: int, seconds: float) -> dict[str, dict[int, dict[str, float]]]:
    """Return, by server and connections, the medians over the rounds (microseconds)."""
    runs: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for server in SERVERS:
            with running(server) as (port, process, _seconds):
                for connections in (1, CONNECTIONS):
                    before = processor_seconds(process.pid)
                    figures = load(port, SERVICE_PATH, connections, seconds)
                    spent = processor_seconds(process.pid) - before
                    figures["cpu"] = spent / (figures["per_second"] * seconds) * 1e6
                    runs.setdefault((server, connections), []).append(figures)
    return {
        server: {
            connections: {
                name: statistics.median(run[name] for run in runs[server, connections])
                for name in ("per_second", "p50", "p99", "cpu")
            }
            for connections in (1, CONNECTIONS)
        }
        for server in SERVERS
    }


def start_and_memory(server: str, repeats: int) -> dict[str, float]:
    """Return medians of the cold start in seconds, and MiB of a worker fresh and after 500 orders."""
    starts, fresh, used = [], [], []
    for _ in range(repeats):
        with running(server) as (port, process, seconds):
            starts.append(seconds)
            fresh.append(resident_mib(process.pid))
            client, payload = Client(port), body(RESOURCES)
            for _ in range(500):
                client.post(SERVICE_PATH, payload)
            used.append(resident_mib(process.pid))
    return {
        "start": statistics.median(starts),
        "fresh": statistics.median(fresh),
        "used": statistics.median(used),
    }


def _until_stopped(port: int, leave: Event, queue: multiprocessing.Queue[dict[str, int]]) -> None:
    """Send orders on one connection until told to leave or until nobody listens; say how each ended."""
    payload, ended = body(RESOURCES), Counter[str]()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    while not leave.is_set():
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:
            break  # nobody listens any more: a balancer would have gone elsewhere, nothing is lost
        try:
            connection.request("POST", SERVICE_PATH, body=payload, headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            ended["answered" if answer.status == 200 else f"status {answer.status}"] += 1
        except (OSError, http.client.HTTPException):
            ended["lost"] += 1
            connection.close()
    queue.put(dict(ended))


def _watch_readiness(port: int, leave: Event) -> None:
    """Play the balancer: ask `/readyz` ten times a second and send nothing more once it says no."""
    while not leave.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status != 200:
                leave.set()
        except OSError:
            leave.set()
        finally:
            connection.close()
        time.sleep(0.1)


def stop_under_load(server: str, repeats: int, *, drained: bool) -> dict[str, float]:
    """Return how many orders were answered and lost over all stops, and the longest stop in seconds."""
    total, longest = Counter[str](), 0.0
    for _ in range(repeats):
        with running(server) as (port, process, _seconds):
            queue: multiprocessing.Queue[dict[str, int]] = multiprocessing.Queue()
            leave = multiprocessing.Event()
            clients = [
                multiprocessing.Process(target=_until_stopped, args=(port, leave, queue))
                for _ in range(CONNECTIONS)
            ]
            for client in clients:
                client.start()
            time.sleep(1.0)
            if drained:
                watcher = threading.Thread(target=_watch_readiness, args=(port, leave))
                watcher.start()
                for worker in children(process.pid):
                    worker_signal(worker)
                time.sleep(1.0)
                watcher.join()
            stopped = time.perf_counter()
            process.terminate()
            process.wait(timeout=30)
            longest = max(longest, time.perf_counter() - stopped)
            for _ in clients:
                total.update(queue.get(timeout=30))
            for client in clients:
                client.join()
    return {**total, "longest": longest}


def children(process_id: int) -> list[int]:
    """Return the processes that a process has started (Linux only)."""
    text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def processor_seconds(process_id: int) -> float:
    """Return the processor time that a process and its children have used so far (Linux only)."""
    ticks = 0
    for one in (process_id, *children(process_id)):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def worker_signal(process_id: int) -> None:
    """Tell one worker to drain, if it serves (granian's resource tracker does not, and ignores it)."""
    command = Path(f"/proc/{process_id}/cmdline").read_bytes()
    if b"resource_tracker" not in command:
        subprocess.run(["kill", f"-{signal.SIGUSR1.name}", str(process_id)], check=True)


def slow_clients(port: int, *, half_headers: int, slow_bodies: int, tls: bool) -> dict[str, float]:
    """Return latency of normal orders (microseconds) and how many got no answer, beside slow clients."""
    payload = body(RESOURCES)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the proxy's certificate is its own
    slow: list[socket.socket] = []
    start = b"POST " + SERVICE_PATH.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    length = f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n".encode()
    for number in range(half_headers + slow_bodies):
        one = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        if tls:
            one = context.wrap_socket(one)
        one.sendall(start if number < half_headers else start + length + payload[:1000])
        slow.append(one)
    time.sleep(0.5)
    times, unanswered = [], 0
    while len(times) < 100 and unanswered < 2:
        connection = (
            http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS, context=context)
            if tls
            else http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        )
        started = time.perf_counter()
        try:
            connection.request("POST", SERVICE_PATH, body=payload, headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append((time.perf_counter() - started) * 1e6)
        except (OSError, http.client.HTTPException):
            unanswered += 1
        finally:
            connection.close()
    for one in slow:
        one.close()
    return {
        "answered": len(times),
        "unanswered": unanswered,
        "p50": statistics.median(times) if times else float("nan"),
        "p99": percentile(times, 0.99) if times else float("nan"),
    }


@contextmanager
def proxied(upstream: int) -> Iterator[int]:
    """Run nginx with the configuration that is shipped, its addresses exchanged; yield its port."""
    port = free_port()
    shipped = Path(__file__).parent.parent / "deploy" / "nginx" / "nginx.conf"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt",
                "-subj", "/CN=127.0.0.1", "-days", "2",
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        text = (
            shipped.read_text(encoding="utf-8")
            .replace("/tmp/", f"{folder}/")  # noqa: S108 (the path in the shipped file)
            .replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
            .replace("listen 8443 ssl", f"listen 127.0.0.1:{port} ssl")
            .replace("/etc/nginx/tls/", f"{folder}/")
            .replace("/dev/stdout", f"{folder}/access.log")
        )
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            ["nginx", "-e", "stderr", "-c", str(configuration), "-g", "daemon off;"],
            stderr=subprocess.DEVNULL,
        )
        try:
            while True:
                assert process.poll() is None, "nginx did not start"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=10)


def beside_slow_clients() -> dict[str, dict[str, float]]:
    """Return latency beside slow clients: each server bare, and granian behind the shipped proxy."""
    kinds = {
        "nobody": (0, 0),
        f"{HALF_HEADERS} half headers": (HALF_HEADERS, 0),
        f"{SLOW_BODIES} slow bodies": (0, SLOW_BODIES),
    }
    figures: dict[str, dict[str, float]] = {}
    for server in SERVERS:
        for kind, (half, slow) in kinds.items():
            with running(server) as (port, _process, _seconds):
                figures[f"{server}, {kind}"] = slow_clients(
                    port, half_headers=half, slow_bodies=slow, tls=False
                )
    if shutil.which("nginx") is None:
        print("nginx is not installed: the proxy was not measured")
        return figures
    for kind, (half, slow) in kinds.items():
        with running("granian") as (upstream, _process, _seconds), proxied(upstream) as port:
            figures[f"granian behind nginx, {kind}"] = slow_clients(
                port, half_headers=half, slow_bodies=slow, tls=True
            )
    return figures


def main() -> None:
    """Measure all servers and print the tables of docs/operations.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--stops", type=int, default=5)
    parser.add_argument("--only", choices=("throughput", "start", "stop", "slow"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}

    def wanted(part: str) -> bool:
        return arguments.only in (None, part)

    if wanted("throughput"):
        figures["throughput"] = throughput(arguments.rounds, arguments.seconds)
        for server, by_connections in figures["throughput"].items():
            cells = [
                f"{one['per_second']:.0f}/s, p50 {one['p50'] / 1000:.1f} ms, p99 {one['p99'] / 1000:.1f} ms, "
                f"cpu {one['cpu'] / 1000:.2f} ms"
                for one in by_connections.values()
            ]
            print(f"| {server} | {' | '.join(cells)} |", flush=True)
    if wanted("start"):
        figures["start"] = {server: start_and_memory(server, 3) for server in SERVERS}
        for server, one in figures["start"].items():
            print(
                f"{server}: start {one['start']:.2f} s, {one['fresh']:.0f} MiB fresh, "
                f"{one['used']:.0f} MiB after 500",
                flush=True,
            )
    if wanted("stop"):
        figures["stop"] = {
            server: stop_under_load(server, arguments.stops, drained=False) for server in SERVERS
        }
        figures["stop"]["granian, drained"] = stop_under_load("granian", arguments.stops, drained=True)
        for server, one in figures["stop"].items():
            print(f"SIGTERM, {server}: {one}", flush=True)
    if wanted("slow"):
        figures["slow"] = beside_slow_clients()
        for server, one in figures["slow"].items():
            print(f"slow clients, {server}: {one}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()

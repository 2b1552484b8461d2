"""`python -m benchmarks.load`: requests per second and latency at 8 connections, decision beside constant."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from pathlib import Path

from benchmarks.bodies import body
from benchmarks.served import percentile
from benchmarks.serving import CONSTANT_PATH, SERVICE_PATH, Client, served

RESOURCES = 50


def _connection(port: int, path: str, seconds: float, queue: multiprocessing.Queue[list[float]]) -> None:
    client, payload, times = Client(port), body(RESOURCES), []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        times.append(client.post(path, payload)[0])
    queue.put(times)


def load(port: int, path: str, connections: int, seconds: float) -> dict[str, float]:
    """Drive one route from `connections` processes; return throughput and latency in microseconds."""
    queue: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=_connection, args=(port, path, seconds, queue))
        for _ in range(connections)
    ]
    for worker in workers:
        worker.start()
    times = [value for _ in workers for value in queue.get()]
    for worker in workers:
        worker.join()
    return {
        "per_second": len(times) / seconds,
        "p50": statistics.median(times),
        "p99": percentile(times, 0.99),
    }


def main() -> None:
    """Alternate both routes three times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="granian", choices=("granian", "gunicorn"))
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {SERVICE_PATH: [], CONSTANT_PATH: []}
    with served(arguments.server) as (port, _):
        for _ in range(3):
            for path, figures in runs.items():
                figures.append(load(port, path, arguments.connections, arguments.seconds))
    summary = {
        path: {name: statistics.median(run[name] for run in figures) for name in figures[0]}
        for path, figures in runs.items()
    }
    print(f"{arguments.server}, one worker, {arguments.connections} connections, {RESOURCES} resources")
    for path, figure in summary.items():
        print(
            f"{path:45} {figure['per_second']:>8.0f}/s "
            f"p50 {figure['p50']:>7.0f} µs p99 {figure['p99']:>7.0f} µs"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()

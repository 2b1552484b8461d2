"""`python -m benchmarks.inprocess`: the same ratio without a network.

Calls the WSGI application directly; decision and constant interleaved. Counted is the CPU time of the calling
thread, so that other work on the machine disturbs the figures less; the log goes nowhere. The process is warm
and its collector frozen, as in a worker that serves.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

import orjson
from flask import Flask

from benchmarks.bodies import body
from benchmarks.served import percentile
from benchmarks.server import application
from benchmarks.serving import CONSTANT_PATH, SERVICE_PATH
from cds_service.application import freeze_after_warm_up
from cds_service.log import make_logger


def environ(path: str, payload: bytes) -> dict[str, Any]:
    """Return a minimal WSGI environment."""
    return {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(payload)), "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(payload), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def main() -> None:
    """Print medians and ratios for 5, 50 and 500 resources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1500)
    arguments = parser.parse_args()
    with Path(os.devnull).open("wb") as nowhere:
        compare(application(logger=make_logger(nowhere)), arguments.rounds)


def compare(app: Flask, rounds: int) -> None:
    """Interleave decision, constant and parsing alone, and print a table in microseconds."""

    def call(path: str, payload: bytes) -> float:
        request = environ(path, payload)
        started = time.thread_time_ns()
        b"".join(app.wsgi_app(request, lambda *_: None))
        return (time.thread_time_ns() - started) / 1000

    def parse(payload: bytes) -> float:
        started = time.thread_time_ns()
        orjson.loads(payload)
        return (time.thread_time_ns() - started) / 1000

    for _ in range(20):
        call(SERVICE_PATH, body(50))
    freeze_after_warm_up()
    print(
        f"{'resources':>9} {'decision p50':>12} {'p99':>8} {'constant p50':>12} {'orjson p50':>10} "
        f"{'ratio':>6}"
    )
    for size in (5, 50, 500):
        payload = body(size)
        times: dict[str, list[float]] = {SERVICE_PATH: [], CONSTANT_PATH: [], "parse": []}
        order = list(times) * rounds
        random.Random(size).shuffle(order)
        for path in order:
            times[path].append(parse(payload) if path == "parse" else call(path, payload))
        decision, constant = times[SERVICE_PATH], times[CONSTANT_PATH]
        print(
            f"{size:>9} {statistics.median(decision):>12.0f} {percentile(decision, 0.99):>8.0f} "
            f"{statistics.median(constant):>12.0f} {statistics.median(times['parse']):>10.0f} "
            f"{statistics.median(decision) / statistics.median(constant):>6.2f}"
        )


if __name__ == "__main__":
    main()

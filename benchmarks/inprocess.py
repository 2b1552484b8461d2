"""`python -m benchmarks.inprocess`: the same ratio without a network, and where the time goes.

Calls the WSGI application directly; decision and constant interleaved.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import time
from typing import Any

import orjson

from benchmarks.bodies import body
from benchmarks.served import percentile
from benchmarks.server import application
from benchmarks.serving import CONSTANT_PATH, SERVICE_PATH


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
    app = application()

    def call(path: str, payload: bytes) -> float:
        request = environ(path, payload)
        started = time.perf_counter_ns()
        b"".join(app.wsgi_app(request, lambda *_: None))
        return (time.perf_counter_ns() - started) / 1000

    def parse(payload: bytes) -> float:
        started = time.perf_counter_ns()
        orjson.loads(payload)
        return (time.perf_counter_ns() - started) / 1000

    print(
        f"{'resources':>9} {'decision p50':>12} {'p99':>8} {'constant p50':>12} {'orjson p50':>10} "
        f"{'ratio':>6}"
    )
    for size in (5, 50, 500):
        payload = body(size)
        times: dict[str, list[float]] = {SERVICE_PATH: [], CONSTANT_PATH: [], "parse": []}
        order = list(times) * arguments.rounds
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

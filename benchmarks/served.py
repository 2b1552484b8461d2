"""`python -m benchmarks.served`: the whole decision over HTTP beside a constant route of the same server.

One worker, one connection; decision and constant are interleaved in random order in one run, so that a noisy
machine disturbs both alike. Prints medians, p99 and their ratios.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
from pathlib import Path

from benchmarks.bodies import body
from benchmarks.serving import APP, CONSTANT_PATH, FRAME, SERVICE_PATH, Client, served

SIZES = (5, 50, 500, 1000, 2000, 5000)
LIMITS = {5: 1.5, 50: 1.5, 500: 0.8}


def percentile(values: list[float], share: float) -> float:
    """Return the value at `share` (0-1) of the sorted list, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(port: int, size: int, rounds: int) -> dict[str, float]:
    """Interleave both routes for one body size; return the figures in microseconds."""
    payload = body(size)
    client = Client(port)
    times: dict[str, list[float]] = {SERVICE_PATH: [], CONSTANT_PATH: []}
    for path in times:
        for _ in range(30):
            _, status, answer = client.post(path, payload)
            if status != 200 or b'"cards":[{' not in answer:
                message = f"{path} answered {status} for {size} resources: not a measurement"
                raise RuntimeError(message)
    order = list(times) * rounds
    random.Random(size).shuffle(order)
    gc.disable()
    for path in order:
        microseconds, _, _ = client.post(path, payload)
        times[path].append(microseconds)
    gc.enable()
    decision, constant = times[SERVICE_PATH], times[CONSTANT_PATH]
    return {
        "resources": size,
        "bytes": len(payload),
        "decision_p50": statistics.median(decision),
        "decision_p99": percentile(decision, 0.99),
        "constant_p50": statistics.median(constant),
        "constant_p99": percentile(constant, 0.99),
        "ratio": statistics.median(decision) / statistics.median(constant),
        "p99_over_p50": percentile(decision, 0.99) / statistics.median(decision),
    }


def linearity(rows: list[dict[str, float]]) -> float:
    """Return R² of decision time against resources."""
    sizes = [row["resources"] for row in rows]
    times = [row["decision_p50"] for row in rows]
    return statistics.correlation(sizes, times) ** 2


def main() -> None:
    """Run, print a table, optionally keep the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="granian", choices=("granian", "gunicorn"))
    parser.add_argument("--rounds", type=int, default=1500)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--frame", action="store_true", help="the service with its answer given")
    arguments = parser.parse_args()
    rows = []
    with served(arguments.server, FRAME if arguments.frame else APP) as (port, _):
        for size in SIZES:
            rounds = arguments.rounds if size <= 500 else max(60, arguments.rounds // 10)
            rows.append(measure(port, size, rounds))
    print(f"{arguments.server}, one worker, one connection, interleaved; microseconds")
    print(
        f"{'resources':>9} {'bytes':>9} {'decision p50':>12} {'p99':>8} {'constant p50':>12} {'p99':>8} "
        f"{'ratio':>6} {'limit':>6} {'p99/p50':>8}"
    )
    for row in rows:
        limit = LIMITS.get(int(row["resources"]))
        print(
            f"{row['resources']:>9} {row['bytes']:>9} "
            f"{row['decision_p50']:>12.0f} {row['decision_p99']:>8.0f} "
            f"{row['constant_p50']:>12.0f} {row['constant_p99']:>8.0f} {row['ratio']:>6.2f} "
            f"{limit or '-':>6} {row['p99_over_p50']:>8.2f}"
        )
    print(f"linear to {SIZES[-1]} resources: R² = {linearity(rows):.4f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"server": arguments.server, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()

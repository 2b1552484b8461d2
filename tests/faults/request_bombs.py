"""`python -m tests.faults.request_bombs`: large requests to a real server: how fast, how much memory.

A body beyond the limit is to be refused before it is read; one within it costs its own size and little more.
"""

from __future__ import annotations

import http.client
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bodies import body
from tests.faults.serving import children, served

SIGN = "/cds-services/infliximab-tdm-order-sign"
LIMIT_BYTES = 16 * 1024 * 1024
MOST_EXTRA_MIB = 20
ROUNDS = 9
SIZES = (1_250, 2_500, 5_000, 10_000)


def peak_mib(process_id: int) -> float:
    """Return the most memory that a process ever held, in MiB."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    (line,) = [one for one in status.splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def reset_peak(process_id: int) -> None:
    """Let the peak start at what a process holds now."""
    Path(f"/proc/{process_id}/clear_refs").write_text("5", encoding="ascii")


def refused(port: int) -> tuple[float, int]:
    """Announce a body beyond the limit, send its start; return milliseconds to the answer, and its status."""
    head = (
        f"POST {SIGN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {LIMIT_BYTES + 1}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        began = time.perf_counter()
        connection.sendall(head.encode() + b"{" * 1024)
        answer = connection.recv(4096)
        return (time.perf_counter() - began) * 1000, int(answer.split()[1])


def answered(port: int, payload: bytes) -> tuple[float, int, bytes]:
    """Post once; return milliseconds, status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("POST", SIGN, body=payload, headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return (time.perf_counter() - began) * 1000, response.status, answer


def held_over(port: int, worker: int, payload: bytes) -> float:
    """Return how many MiB a worker holds at most beside a body and what it held before."""
    answered(port, payload)
    reset_peak(worker)
    before = peak_mib(worker)
    for _ in range(ROUNDS):
        answered(port, payload)
    return peak_mib(worker) - before - len(payload) / 2**20


def main() -> int:
    """Print the figures; 1 when one of them is not reached."""
    failed = []
    with (
        tempfile.TemporaryDirectory() as folder,
        served("tests.faults.sandbox_app:app", log=Path(folder) / "log") as (port, server),
    ):
        (worker,) = children(server)
        refusals = [refused(port) for _ in range(ROUNDS)]
        median = statistics.median(one for one, _ in refusals)
        sys.stdout.write(f"a body of {LIMIT_BYTES + 1} bytes: {refusals[0][1]} after {median:.1f} ms\n")
        failed += [status for _, status in refusals if status != 413]
        payloads = {size: body(size) for size in SIZES}
        extra = {size: held_over(port, worker, payload) for size, payload in payloads.items()}
        failed += [one for one in extra.values() if one > MOST_EXTRA_MIB]
        took: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(ROUNDS):  # in turn, so that a noisy machine disturbs all sizes alike
            for size, payload in payloads.items():
                milliseconds, status, answer = answered(port, payload)
                took[size].append(milliseconds)
                failed += [status] if status != http.client.OK or b'"cards":[{' not in answer else []
        medians = {size: statistics.median(some) for size, some in took.items()}
        for size, payload in payloads.items():
            sys.stdout.write(
                f"{size:>6} resources, {len(payload) / 2**20:4.1f} MiB: {medians[size]:6.1f} ms, "
                f"memory {extra[size]:+.1f} MiB over the body\n"
            )
        fit = statistics.correlation(SIZES, list(medians.values())) ** 2
        sys.stdout.write(f"linear: R² = {fit:.4f}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.start`: cold start to the first discovery answer, and memory of the worker."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from benchmarks.bodies import body
from benchmarks.serving import SERVICE_PATH, Client, command, free_port, started


def resident_mib(process_id: int) -> float:
    """Return the largest resident set among the process and its children, in MiB (Linux only)."""
    sizes = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue  # the process ended while we looked
        if str(process_id) in (fields["Pid"].strip(), fields["PPid"].strip()) and "VmRSS" in fields:
            sizes.append(int(fields["VmRSS"].split()[0]) / 1024)
    return max(sizes)


def main() -> None:
    """Start the server five times and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="granian", choices=("granian", "gunicorn"))
    arguments = parser.parse_args()
    starts, before, after = [], [], []
    for _ in range(5):
        port = free_port()
        with started(command(arguments.server, port), port) as (process, seconds):
            starts.append(seconds)
            before.append(resident_mib(process.pid))
            client, payload = Client(port), body(50)
            for _ in range(500):
                client.post(SERVICE_PATH, payload)
            after.append(resident_mib(process.pid))
    print(
        f"{arguments.server}: cold start {statistics.median(starts):.2f} s, "
        f"worker {statistics.median(before):.0f} MiB after start, "
        f"{statistics.median(after):.0f} MiB after 500 requests"
    )


if __name__ == "__main__":
    main()

"""`python -m tests.faults.served_fuzz`: mutated requests through a real server, over real connections.

The same mutants and the same judge as the campaign in process. Beside what must never be answered, no worker
may end: the process that answers the last request is the one that answered the first.
"""

from __future__ import annotations

import argparse
import http.client
import random
import sys
import tempfile
from pathlib import Path

from tests.campaigns.fuzz import INTERNAL, SERVICE, Tally, bases, judge, report
from tests.campaigns.mutators import mutant
from tests.faults.serving import children, served
from tests.support.service import response_is_valid

HEADERS = {"Content-Type": "application/json"}


def post(connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
    """POST once over a kept connection."""
    connection.request("POST", path, body=body, headers=HEADERS)
    answer = connection.getresponse()
    return answer.status, answer.read()


def run(count: int, seed: int, port: int) -> Tally:
    """Send `count` mutants one after the other; the mutant of number i depends on seed and i alone."""
    tally = Tally()
    stories = bases()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        story, request = stories[number % len(stories)]
        body, value = mutant(chance, request)
        try:
            status, answer = post(connection, SERVICE[story.hook], body)
        except (OSError, http.client.HTTPException) as error:
            tally.failures.append((f"connection: {type(error).__name__}", number))
            connection.close()
            continue
        judge(number, status, answer, value, tally, response_is_valid)
    connection.close()
    return tally


def main() -> None:
    """Run a campaign and print the tally; exit 1 on any failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261126)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with served("tests.faults.sandbox_app:app", log=log) as (port, process_id):
            before = children(process_id)
            tally = run(arguments.count, arguments.seed, port)
            ended = len(before - children(process_id))
        failed = log.read_bytes().count(INTERNAL)
    tally.failures += [("worker ended", 0)] * ended + [("internal failure", 0)] * failed
    headline = f"{arguments.count} mutants through a server, seed {arguments.seed}, {ended} workers ended"
    sys.exit(report(headline, tally))


if __name__ == "__main__":
    main()

"""Kills a worker every two seconds while feedback comes in, and then counts what is in the database.

`python -m tests.faults.kill_workers` does it for a minute on each database. Nothing that was acknowledged may
be missing, nothing may be there twice, and a client that tries once more must not see an error. What a client
without a second try sees is measured too: its answer is lost with the worker that had its connection.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from cds_service.store.address import parse_address
from cds_service.store.engine import AT_LEISURE, make_engine
from cds_service.store.operate import migrate_store
from cds_service.store.tables import CARDS, FEEDBACK
from tests.cds_service.conftest import example
from tests.faults.serving import children, served
from tests.support.postgres import Postgres

SERVICE = "/cds-services/infliximab-tdm-order-sign"
CLIENTS = 2
APPLICATION = "tests.faults.served_app:app"
_NOT_ANSWERED = 0
_SOON = 0.02


@dataclass
class Outcome:
    """What the clients saw and what was in the database afterwards."""

    requests: int = 0
    failed_first: int = 0
    failed_twice: int = 0
    server_errors: int = 0
    kills: int = 0
    acknowledged: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    lost: int = 0
    duplicates: int = 0
    unjoined: int = 0

    def row(self, database: str) -> str:
        return (
            f"| {database} | {self.kills} | {self.requests} | {self.failed_first} "
            f"({self.failed_first / max(1, self.requests):.2%}) | {self.failed_twice} | {self.server_errors} "
            f"| {self.lost} of {len(self.acknowledged)} | {self.duplicates} | {self.unjoined} |"
        )


HEAD = (
    "| database | kills | requests | errors without a retry | with one retry | of these 5xx "
    "| acknowledged feedback lost | kept twice | without its card record |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def _ask(port: int, method: str, path: str, body: bytes | None) -> tuple[int, bytes, float]:
    """Ask once, over a connection of its own; return status, answer and when to try again.

    Status 0 means that there was no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read(), float(response.headers.get("Retry-After", _SOON))
    except (OSError, http.client.HTTPException):
        return _NOT_ANSWERED, b"", _SOON
    finally:
        connection.close()


class Load:
    """Clients that ask for a card, answer it, and remember what was acknowledged."""

    def __init__(self, port: int, pause: float) -> None:
        self.port = port
        self.pause = pause
        self.outcome = Outcome()
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.body = json.dumps(example()).encode()

    def run(self) -> None:
        while not self.stop.is_set():
            status, answer = self._twice(SERVICE, self.body)
            if status == 200:
                card = json.loads(answer)["cards"][0]["uuid"]
                item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-03-09T14:31:00Z"}
                status, _ = self._twice(f"{SERVICE}/feedback", json.dumps({"feedback": [item]}).encode())
                with self.lock:
                    self.outcome.shown.add(card)
                    if status == 200:
                        self.outcome.acknowledged.add(card)
            time.sleep(self.pause)

    def _twice(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Ask, and ask once more when that failed: at once, or when the answer said."""
        first, answer, wait = _ask(self.port, "POST", path, body)
        status = first
        if first != 200:
            time.sleep(wait)
            status, answer, _ = _ask(self.port, "POST", path, body)
        with self.lock:
            self.outcome.requests += 1
            self.outcome.failed_first += first != 200
            self.outcome.failed_twice += status != 200
            self.outcome.server_errors += first >= 500
        return status, answer


def kill_under_load(
    database_url: str,
    *,
    seconds: float,
    workers: int = 2,
    every: float = 2.0,
    seed: int = 1,
    pause: float = 0.01,
) -> Outcome:
    """Kill a worker each `every` seconds while clients send feedback; return what became of it."""
    chance = random.Random(seed)
    environment = {"INFLIXIMAB_CDS_DATABASE_URL": database_url}
    with served(APPLICATION, workers=workers, environment=environment) as (port, leader):
        load = Load(port, pause)
        threads = [threading.Thread(target=load.run) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() + every < end:
            time.sleep(every)
            there = sorted(children(leader))
            if len(there) >= workers:  # as a supervisor would have it: the others are there
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(there), signal.SIGKILL)
                    load.outcome.kills += 1
        time.sleep(max(0.0, end - time.monotonic()))
        load.stop.set()
        for thread in threads:
            thread.join()
        time.sleep(1)  # the last card records are on their way
    outcome = load.outcome
    _count(outcome, database_url)
    return outcome


def _count(outcome: Outcome, database_url: str) -> None:
    engine = make_engine(parse_address(database_url), AT_LEISURE)
    with engine.connect() as connection:
        query = select(FEEDBACK.c.card, func.count()).group_by(FEEDBACK.c.card)
        kept = {card: number for card, number in connection.execute(query)}  # noqa: C416 (rows are no pairs)
        cards = set(connection.execute(select(CARDS.c.card)).scalars())
    engine.dispose()
    outcome.lost = len(outcome.acknowledged - set(kept))
    outcome.duplicates = sum(number > 1 for number in kept.values())
    outcome.unjoined = len(set(kept) - cards)


def _measured(database: str, url: str, manner: dict[str, Any]) -> int:
    """Do it on one database and print the row; return how much must not have happened."""
    outcome = kill_under_load(url, **manner)
    sys.stdout.write(outcome.row(database) + "\n")
    sys.stdout.flush()
    return outcome.lost + outcome.duplicates + outcome.failed_twice


def main() -> int:
    """Run on both databases and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=2, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    manner = {
        "seconds": options.seconds,
        "every": options.every,
        "seed": options.seed,
        "workers": options.workers,
    }
    sys.stdout.write(HEAD + "\n")
    bad = 0
    postgres = Postgres()
    try:
        with postgres.temporary_database() as name:
            migrate_store(postgres.url(name))
            bad += _measured("PostgreSQL", postgres.url(name), manner)
        with tempfile.TemporaryDirectory() as folder:
            bad += _measured("SQLite", f"sqlite:///{folder}/store.sqlite3", manner)
    finally:
        postgres.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

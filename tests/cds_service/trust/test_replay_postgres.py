"""Three replicas and eight racers against a real PostgreSQL: each token is believed exactly once."""

import json
import subprocess
import sys
from collections import Counter

import pytest
import time_machine
from sqlalchemy import create_engine, text

from cds_service.trust.replay_sql import SEEN_TOKENS

TOKENS = 200
RACERS_OF_REPLICA = (3, 3, 2)

REPLICA = """
import json, random, sys, threading, time
from sqlalchemy import create_engine
from cds_service.trust.replay import FallbackReplayStore, MemoryReplayStore, hash_of
from cds_service.trust.replay_bounded import BoundedReplayStore
from cds_service.trust.replay_sql import SqlReplayStore

url, racers, tokens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
engine = create_engine(url, pool_size=racers)
events, accepted, times, lock = [], [], [], threading.Lock()
store = FallbackReplayStore(
    BoundedReplayStore(SqlReplayStore(engine, monotonic=time.monotonic), seconds=30, threads=racers),
    MemoryReplayStore(events.append),
    count=events.append,
    monotonic=time.monotonic,
)
issuer = hash_of("https://ehr.example")
for racer in range(racers):  # connect before the start
    engine.connect().close()

def race(seed):
    # Each racer begins near the same place, so that they meet at the same tokens.
    dice = random.Random(seed)
    order = sorted(range(tokens), key=lambda number: number + dice.random() * 4)
    for number in order:
        began = time.perf_counter()
        first = store.first_use(issuer, hash_of(f"token-{number}"), 2_000_000_000, 1_700_000_000)
        with lock:
            if first:  # the others were mostly known without asking the database
                times.append((time.perf_counter() - began) * 1000)
                accepted.append(number)

print("ready", flush=True)
time.sleep(max(0.0, float(sys.stdin.readline()) - time.time()))  # all at the same moment
threads = [threading.Thread(target=race, args=(seed,)) for seed in range(racers)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps({"accepted": accepted, "events": [str(event) for event in events], "times": times}))
"""


@pytest.fixture
def address(postgres):
    """The address of an empty database, with the driver that replicas use."""
    with postgres.temporary_database() as name:
        yield postgres.url(name).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def engine(address):
    made = create_engine(address)
    SEEN_TOKENS.metadata.create_all(made)
    yield made
    made.dispose()


def test_eight_racers_on_three_replicas_are_believed_once_for_each_token(address, engine):
    replicas = [
        subprocess.Popen(
            [sys.executable, "-c", REPLICA, address, str(racers), str(TOKENS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for racers in RACERS_OF_REPLICA
    ]
    for replica in replicas:
        assert replica.stdout.readline() == "ready\n"
    start = time_machine.escape_hatch.time.time() + 0.5  # the clock of this test stands still
    for replica in replicas:
        replica.stdin.write(f"{start}\n")
        replica.stdin.flush()
    reports = [json.loads(replica.communicate(timeout=60)[0]) for replica in replicas]
    accepted = Counter(number for report in reports for number in report["accepted"])
    assert accepted == dict.fromkeys(range(TOKENS), 1)
    assert [report["events"] for report in reports] == [[], [], []]
    assert sum(bool(report["accepted"]) for report in reports) > 1  # they did meet: none had it all
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM seen_tokens")).scalar_one() == TOKENS
    times = sorted(time for report in reports for time in report["times"])
    print(f"p50 {times[len(times) // 2]:.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms")  # noqa: T201 (a figure)

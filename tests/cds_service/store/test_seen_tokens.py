"""The table of tokens that were seen: of many racers, exactly one is the first."""

import threading

import pytest
from sqlalchemy import text

from cds_service.store.address import parse_address
from cds_service.store.database import Database

RACERS, TOKENS = 8, 200
INSERT = text(
    "INSERT INTO seen_tokens (issuer_hash, token_hash, expires_at) VALUES (:issuer, :token, :expires)"
    " ON CONFLICT DO NOTHING"
)


@pytest.fixture
def replicas(database_url):
    """Three engines, as three instances of the service would have them."""
    made = [Database(parse_address(database_url)) for _ in range(3)]
    yield made
    for database in made:
        database.dispose()


def test_of_eight_racers_on_three_replicas_each_token_is_accepted_exactly_once(replicas):
    accepted = []
    start = threading.Barrier(RACERS)
    failures = []

    def race(racer):
        engine = replicas[racer % 3].engine
        start.wait()
        for number in range(TOKENS):
            row = {"issuer": "a" * 64, "token": f"{number:064d}", "expires": 2_000_000_000}
            for _attempt in range(50):  # SQLite may say "locked" to one of so many writers
                try:
                    with engine.begin() as connection:
                        if connection.execute(INSERT, row).rowcount == 1:
                            accepted.append(number)
                    break
                except Exception as error:  # noqa: BLE001 (a failure is counted, not hidden)
                    last = error
            else:
                failures.append(last)

    threads = [threading.Thread(target=race, args=(racer,)) for racer in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(accepted) == list(range(TOKENS))


def test_the_same_token_of_another_issuer_is_another_token(replicas):
    with replicas[0].engine.begin() as connection:
        counts = [
            connection.execute(INSERT, {"issuer": issuer * 64, "token": "0" * 64, "expires": 1}).rowcount
            for issuer in "aba"
        ]
    assert counts == [1, 1, 0]

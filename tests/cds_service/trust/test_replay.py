"""A token counts once: in memory, in the database, among racers, and when the database is away."""

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from cds_service.trust.replay import (
    RETRY_SECONDS,
    FallbackReplayStore,
    MemoryReplayStore,
    ReplayStoreError,
    hash_of,
)
from cds_service.trust.replay_sql import PURGE_SECONDS, SEEN_TOKENS, SqlReplayStore

ISSUER = hash_of("https://ehr.example")
NOW = 1_700_000_000


def use(store, name, expires_at=NOW + 300, now=NOW, issuer=ISSUER):
    return store.first_use(issuer, hash_of(name), expires_at, now)


def ignore(_what):
    pass


class Clock:
    """Seconds that the test moves."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def engine(tmp_path):
    made = create_engine(f"sqlite:///{tmp_path / 'store.db'}", connect_args={"timeout": 30})
    SEEN_TOKENS.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(params=["memory", "sql"])
def store(request):
    if request.param == "memory":
        return MemoryReplayStore(ignore)
    return SqlReplayStore(request.getfixturevalue("engine"), monotonic=Clock())


def test_the_second_use_of_a_token_is_noticed(store):
    assert use(store, "a")
    assert not use(store, "a")
    assert use(store, "b")
    assert use(store, "a", issuer=hash_of("https://other.example"))


def test_of_many_racers_exactly_one_is_first(store):
    racers, tokens = 8, 200
    firsts = Counter()
    lock = threading.Lock()
    start = threading.Barrier(racers)

    def race():
        start.wait()
        for number in range(tokens):
            if use(store, f"token-{number}"):
                with lock:
                    firsts[number] += 1

    threads = [threading.Thread(target=race) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert firsts == dict.fromkeys(range(tokens), 1)


def test_memory_forgets_what_has_expired_and_nothing_else():
    store = MemoryReplayStore(ignore)
    assert use(store, "short", expires_at=NOW + 10)
    assert use(store, "long", expires_at=NOW + 900)
    assert not use(store, "short", now=NOW + 10)
    assert use(store, "later", expires_at=NOW + 900, now=NOW + 11)
    assert len(store) == 2
    assert not use(store, "long", now=NOW + 11)


def test_a_full_memory_forgets_first_what_expires_first_and_counts_it():
    counted = Counter()
    store = MemoryReplayStore(lambda what: counted.update([what.value]), most=3)
    for place, name in enumerate(("first", "second", "third", "fourth")):
        assert use(store, name, expires_at=NOW + 100 + place)
    assert len(store) == 3
    assert counted == {"replay-memory-full": 1}
    assert not use(store, "fourth")
    assert not use(store, "second")
    assert use(store, "first")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 50), st.integers(1, 60)), max_size=60))
def test_memory_never_believes_a_token_twice_before_it_expires(uses):
    store = MemoryReplayStore(ignore)
    alive: dict[str, int] = {}
    now = NOW
    for name, later, life in uses:
        now += later
        seen = alive.get(name, -1) >= now
        assert use(store, name, expires_at=now + life, now=now) is not seen
        if not seen:
            alive[name] = now + life


def test_a_token_id_that_no_encoder_likes_is_hashed_all_the_same():
    assert len(hash_of("\ud800\0")) == 64
    assert hash_of("\ud800") != hash_of("\ud801")


class Shared:
    """A shared store that can be switched off, and its calls."""

    def __init__(self):
        self.down = False
        self.calls = 0
        self.memory = MemoryReplayStore(ignore)

    def first_use(self, *args):
        self.calls += 1
        if self.down:
            raise ReplayStoreError
        return self.memory.first_use(*args)


def fallback(shared, clock, counted):
    return FallbackReplayStore(
        shared,
        MemoryReplayStore(ignore),
        count=lambda what: counted.update([what.value]),
        monotonic=clock,
    )


def test_replicas_that_share_a_store_see_each_other():
    shared, clock, counted = Shared(), Clock(), Counter()
    one, other = fallback(shared, clock, counted), fallback(shared, clock, counted)
    assert use(one, "a")
    assert not use(other, "a")
    assert not use(one, "a")
    assert shared.calls == 2  # the last was known without asking
    assert counted == {}


def test_without_the_database_each_replica_remembers_alone_and_says_so():
    shared, clock, counted = Shared(), Clock(), Counter()
    one, other = fallback(shared, clock, counted), fallback(shared, clock, counted)
    assert use(one, "before")
    shared.down = True
    assert not use(one, "before")
    assert use(one, "a")
    assert not use(one, "a")
    assert use(other, "a")  # the price of answering: once on each replica, until it expires
    assert counted == {"replay-store-unavailable": 2}


def test_a_database_that_failed_is_left_alone_for_a_while_and_then_asked_again():
    shared, clock, counted = Shared(), Clock(), Counter()
    one = fallback(shared, clock, counted)
    shared.down = True
    for number in range(100):
        assert use(one, f"t{number}")
    assert shared.calls == 1
    assert counted == {"replay-store-unavailable": 100}
    shared.down = False
    clock.now += RETRY_SECONDS
    assert use(one, "again")
    assert use(one, "and again")
    assert shared.calls == 3


def test_a_database_without_the_table_is_an_error_without_text(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    store = SqlReplayStore(engine, monotonic=Clock())
    with pytest.raises(ReplayStoreError) as caught:
        use(store, "SECRET")
    assert str(caught.value) == ""
    assert caught.value.__cause__ is None
    engine.dispose()


def rows(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM seen_tokens")).scalar_one()


def test_expired_rows_are_removed_now_and_then(engine):
    clock = Clock()
    store = SqlReplayStore(engine, monotonic=clock)
    assert use(store, "old", expires_at=NOW + 10)
    assert use(store, "new", expires_at=NOW + 900, now=NOW + 100)
    assert rows(engine) == 2
    clock.now += PURGE_SECONDS
    assert use(store, "newest", expires_at=NOW + 900, now=NOW + 100)
    assert rows(engine) == 2


def test_what_is_stored_is_hashes_and_a_time(engine):
    use(SqlReplayStore(engine, monotonic=Clock()), "token-id")
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM seen_tokens")).all()
    assert tuple(row) == (ISSUER, hash_of("token-id"), NOW + 300)

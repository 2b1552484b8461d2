"""Work for a request is done in time or done without."""

import os
import threading
import time

import pytest
from sqlalchemy import text

from cds_service.store.address import parse_address
from cds_service.store.bounded import BoundedCalls
from cds_service.store.database import Database
from cds_service.store.errors import StoreUnavailableError


@pytest.fixture
def gate():
    made = threading.Event()
    yield made
    made.set()


def test_what_the_work_returns_or_raises_reaches_who_asked():
    calls = BoundedCalls(wait_seconds=10)
    assert calls.run(lambda: 7) == 7
    assert calls.run(lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        calls.run(lambda: 1 / 0)


def test_slow_work_is_given_up_and_the_next_is_done_by_another_thread(gate):
    calls = BoundedCalls(threads=2, wait_seconds=0.05)
    with pytest.raises(StoreUnavailableError, match="TooSlow"):
        calls.run(gate.wait)
    calls._wait_seconds = 10
    assert calls.run(lambda: 7) == 7


def test_when_all_threads_are_held_up_few_wait_and_the_rest_goes_on_at_once(gate):
    calls = BoundedCalls(threads=2, waiting=3, wait_seconds=0.05)
    codes = []
    for _ in range(50):
        with pytest.raises(StoreUnavailableError) as refused:
            calls.run(gate.wait)
        codes.append(refused.value.code)
    assert codes == ["TooSlow"] * 5 + ["Busy"] * 45
    assert calls._started == 2


def test_work_that_nobody_waits_for_is_done_where_a_thread_is_free_and_never_waits_in_line(gate):
    calls, done = BoundedCalls(threads=1, waiting=16, wait_seconds=0.05), threading.Event()
    began = time.monotonic()
    calls.start(gate.wait)
    with pytest.raises(StoreUnavailableError, match="Busy"):
        calls.start(done.set)
    assert time.monotonic() - began < 1
    gate.set()
    calls._wait_seconds = 10
    calls.run(lambda: None)
    calls.start(done.set)
    assert done.wait(10)


def test_work_that_was_given_up_before_it_began_is_not_done(gate):
    calls = BoundedCalls(threads=1, wait_seconds=0.05)
    done = []
    with pytest.raises(StoreUnavailableError):
        calls.run(gate.wait)
    with pytest.raises(StoreUnavailableError):
        calls.run(lambda: done.append("late"))
    gate.set()
    calls._wait_seconds = 10
    calls.run(lambda: done.append("now"))
    assert done == ["now"]


def test_after_a_while_of_trouble_all_is_as_before(gate):
    calls = BoundedCalls(threads=2, waiting=2, wait_seconds=0.05)
    for _ in range(10):
        with pytest.raises(StoreUnavailableError):
            calls.run(gate.wait)
    gate.set()
    end = time.monotonic() + 10
    while calls._unfinished:
        assert time.monotonic() < end
        time.sleep(0.005)
    calls._wait_seconds = 10
    assert [calls.run(lambda n=number: n) for number in range(20)] == list(range(20))
    assert calls._started == 2


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forking beside threads: the point
def test_a_forked_process_has_threads_of_its_own():
    calls = BoundedCalls(wait_seconds=10)
    calls.run(os.getpid)
    child = os.fork()
    if child == 0:
        os._exit(0 if calls.run(os.getpid) == os.getpid() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_stopped_postgresql_keeps_no_request_longer_than_its_wait(postgres, migrated):
    _, name = migrated
    database = Database(parse_address(postgres.url(name)))
    calls = BoundedCalls(wait_seconds=10)

    def ask():
        with database.engine.begin() as connection:
            return connection.execute(text("SELECT 1")).scalar_one()

    assert calls.run(ask) == 1
    calls._wait_seconds = 0.15
    slowest = 0.0
    with postgres.stopped():
        for _ in range(40):
            begun = time.monotonic()
            with pytest.raises(StoreUnavailableError):
                calls.run(ask)
            slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 2  # of which 0.15 s are ours; the rest is for a busy machine
    end = time.monotonic() + 20
    while True:
        try:
            assert calls.run(ask) == 1
        except Exception:  # noqa: BLE001 (whichever; it has time to recover)
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            break
    database.dispose()

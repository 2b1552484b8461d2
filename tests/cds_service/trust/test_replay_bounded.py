"""A shared memory of used tokens that cannot hold a request up."""

import threading
import time
from contextlib import suppress

import pytest

from cds_service.trust.reasons import TrustEvent
from cds_service.trust.replay import FallbackReplayStore, MemoryReplayStore, ReplayStoreError, hash_of
from cds_service.trust.replay_bounded import BoundedReplayStore

TOKEN = (hash_of("issuer"), hash_of("token"), 2_000_000_000, 1_900_000_000)


class Asked:
    """A store that answers as it is told, or stands still until it is let go."""

    def __init__(self, answer=True, *, still=False):
        self.answer, self.still, self.go = answer, still, threading.Event()
        self.arguments = []

    def first_use(self, *arguments):
        self.arguments.append(arguments)
        if self.still:
            self.go.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def until_believed(bounded):
    """Ask until the store is heard again: one question that nobody waits for must be answered first."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(ReplayStoreError):
            assert bounded.first_use(*TOKEN)
            return
        time.sleep(0.001)
    pytest.fail("a store that answers again is not asked")


@pytest.mark.parametrize("answer", [True, False])
def test_the_answer_is_the_store_s_own(answer):
    store = Asked(answer)
    assert BoundedReplayStore(store).first_use(*TOKEN) is answer
    assert store.arguments == [TOKEN]


@pytest.mark.parametrize("error", [ReplayStoreError(), RuntimeError("of a driver"), RecursionError()])
def test_whatever_goes_wrong_there_is_one_kind_of_error_here_and_the_next_question_is_asked(error):
    store = Asked(error)
    bounded = BoundedReplayStore(store)
    with pytest.raises(ReplayStoreError):
        bounded.first_use(*TOKEN)
    store.answer = True
    until_believed(bounded)


def test_a_store_that_stands_still_is_waited_for_once_and_asked_again_when_it_moves():
    store = Asked(still=True)
    bounded = BoundedReplayStore(store, seconds=0.05, threads=1)
    for _ in range(3):
        with pytest.raises(ReplayStoreError):
            bounded.first_use(*TOKEN)
    assert len(store.arguments) == 1
    store.still = False
    store.go.set()
    until_believed(bounded)


def test_behind_the_fallback_a_database_that_stands_still_costs_one_short_wait():
    counted = []
    store = FallbackReplayStore(
        BoundedReplayStore(Asked(still=True), seconds=0.05),
        MemoryReplayStore(counted.append),
        count=counted.append,
        monotonic=time.monotonic,
    )
    uses = [store.first_use(hash_of("issuer"), hash_of(str(n)), TOKEN[2], TOKEN[3]) for n in range(20)]
    assert uses == [True] * 20
    assert counted == [TrustEvent.REPLAY_STORE_UNAVAILABLE] * 20
    assert not store.first_use(hash_of("issuer"), hash_of("3"), TOKEN[2], TOKEN[3])


def test_a_database_that_stands_still_for_long_costs_one_wait_and_not_one_for_each_try():
    store, waited = Asked(ReplayStoreError(), still=True), []
    bounded = BoundedReplayStore(store, seconds=0.2)
    for _ in range(6):
        store.go.set()  # the driver gives up: its thread is free again, and the next question meets the same
        began = time.monotonic()
        with suppress(ReplayStoreError):
            store.go.clear()
            bounded.first_use(*TOKEN)
        waited.append(time.monotonic() - began)
    store.go.set()
    assert sum(one >= 0.2 for one in waited) == 1


def test_requests_at_the_same_time_wait_for_one_another_and_are_all_answered():
    store = Asked()
    store.first_use = lambda *_: time.sleep(0.005) or True
    bounded, answers = BoundedReplayStore(store, seconds=10), []
    threads = [threading.Thread(target=lambda: answers.append(bounded.first_use(*TOKEN))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8

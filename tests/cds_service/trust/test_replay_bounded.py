"""A shared memory of used tokens that cannot hold a request up."""

import os
import threading
import time

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
    assert bounded.first_use(*TOKEN)


def test_a_store_that_stands_still_is_waited_for_once_and_asked_again_when_it_moves():
    store = Asked(still=True)
    bounded = BoundedReplayStore(store, seconds=0.05)
    for _ in range(3):
        with pytest.raises(ReplayStoreError):
            bounded.first_use(*TOKEN)
    assert len(store.arguments) == 1
    store.still = False
    store.go.set()
    patient = BoundedReplayStore(store, seconds=5)
    patient._turn, patient._questions, patient._asked_in = bounded._turn, bounded._questions, os.getpid()
    assert patient.first_use(*TOKEN)


def test_a_worker_that_was_forked_has_a_thread_of_its_own():
    bounded = BoundedReplayStore(Asked(), seconds=5)
    bounded._asked_in = os.getpid() + 1
    assert bounded.first_use(*TOKEN)
    assert bounded._asked_in == os.getpid()


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

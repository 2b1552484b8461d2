"""How many threads one server may hold: those with a place and those in its queue, and nobody else."""

import threading
import time

from fhir_mappings.acquisition.bulkhead import Bulkhead
from fhir_mappings.acquisition.limits import FetchLimits


def test_as_many_as_there_are_places_enter_without_waiting():
    bulkhead = Bulkhead(2, 1)
    assert [bulkhead.enter(0) for _ in range(3)] == [True, True, False]
    bulkhead.leave()
    assert bulkhead.enter(0)


def test_whoever_is_in_the_queue_gets_the_place_that_falls_free():
    bulkhead = Bulkhead(1, 1)
    assert bulkhead.enter(0)
    threading.Timer(0.05, bulkhead.leave).start()
    assert bulkhead.enter(10)


def test_a_full_queue_sends_everybody_else_on_at_once():
    bulkhead = Bulkhead(1, 2)
    assert bulkhead.enter(0)
    queued = [threading.Thread(target=bulkhead.enter, args=(1,)) for _ in range(2)]
    for thread in queued:
        thread.start()
    time.sleep(0.2)  # both are waiting now
    began = time.monotonic()
    assert not any(bulkhead.enter(60) for _ in range(20))
    assert time.monotonic() - began < 0.5
    for thread in queued:
        thread.join()
    threading.Timer(0.05, bulkhead.leave).start()
    assert bulkhead.enter(10)  # the queue is free again


def test_the_queue_is_half_as_long_as_there_are_places_and_never_nothing():
    assert [FetchLimits(waiting_requests=n).queued_requests for n in (1, 2, 4, 5)] == [1, 1, 2, 2]

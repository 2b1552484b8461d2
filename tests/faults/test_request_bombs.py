"""Large requests through a real server: what a worker holds when they are answered."""

import http.client
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.bodies import body
from benchmarks.start import resident_mib
from cds_service.serving import BLOCKING_THREADS
from tests.faults.request_bombs import answered
from tests.faults.serving import children, served


@pytest.fixture(autouse=True)
def frozen_clock():
    """The clock runs here: servers are waited for by it."""


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_large_bodies_do_not_stay_in_every_thread_of_a_worker():
    small, large = body(50), body(5_000)
    with (
        served("tests.faults.sandbox_app:app") as (port, leader),
        ThreadPoolExecutor(BLOCKING_THREADS) as many,
    ):
        (worker,) = children(leader)
        list(many.map(lambda _: answered(port, small), range(50)))
        before = resident_mib(worker)
        answers = list(many.map(lambda _: answered(port, large), range(3 * BLOCKING_THREADS)))
        assert {status for _, status, _ in answers} == {http.client.OK}
        # What eight of them needed at once may remain, in small pieces; it was half as much again.
        assert resident_mib(worker) - before < 2 * BLOCKING_THREADS * len(large) / 2**20
